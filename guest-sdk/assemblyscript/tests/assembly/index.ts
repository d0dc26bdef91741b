// Does all that the SDK can, for tests/assemblyscript.rs: what it is to do, the input or the parameter `do` says.

import {
  Input,
  JsonKind,
  JsonReader,
  Outcome,
  Row,
  decode,
  done,
  emit,
  fail,
  log,
  param,
  process,
  reject,
  skip,
} from "../..";
export * from "../../abi";

function run(input: Input): Outcome {
  const what = param("do");
  if (what === null) return items(input);
  if (what == "values") return values();
  if (what == "text") return text(input);
  if (what == "throw") throw new Error("thrown");
  if (what == "skip") {
    emit(new Row().set("x", 1));
    return skip("not for us");
  }
  return fail("unknown: " + what);
}

// A row for each item of a JSON array; whatever JSON is no array is read and gives nothing.
function items(input: Input): Outcome {
  const whole = new JsonReader(input.bytes());
  whole.skip();
  whole.end();
  if (whole.hasFailed) return fail(whole.error);
  const json = new JsonReader(input.bytes());
  if (json.peek() != JsonKind.Array) return done();
  json.enterArray();
  while (json.nextItem()) {
    const row = new Row();
    const kind = json.peek();
    if (kind == JsonKind.String) {
      row.set("string", json.string());
    } else if (kind == JsonKind.Number) {
      const again = new JsonReader(Uint8Array.wrap(String.UTF8.encode(json.number())));
      const whole = again.i64();
      if (again.hasFailed) {
        row.set("problem", true);
      } else {
        row.set("i64", whole);
      }
    } else if (kind == JsonKind.Bool) {
      row.set("bool", json.bool());
    } else if (kind == JsonKind.Null) {
      json.null();
      row.set<string | null>("null", null);
    } else if (kind == JsonKind.Object) {
      json.enterObject();
      while (json.nextName()) row.set(json.name, json.f64());
    } else {
      json.skip();
      row.set("array", true);
    }
    emit(row);
  }
  json.end();
  return json.hasFailed ? fail("read twice: " + json.error) : done();
}

function values(): Outcome {
  emit(new Row());
  emit(
    new Row()
      .set<u8>("u8", 255)
      .set<i8>("i8", -128)
      .set("u64", u64.MAX_VALUE)
      .set("i64", i64.MIN_VALUE)
      .set("f64", 1.5)
      .set("tiny", f64.MIN_VALUE)
      .set("nan", f64.NaN)
      .set("bool", true)
      .set("text", '"\\\n\u{1f34c}\ud800!')
      .set<string | null>("nothing", null),
  );
  reject(7, -1, "rejected");
  log("logged");
  console.log("printed");
  trace("traced", 2, 1, 2.5);
  return done();
}

function text(input: Input): Outcome {
  const part = new Uint8Array(3);
  const size = input.read(part);
  emit(
    new Row()
      .set("name", input.path)
      .set("size", input.size)
      .set("start", decode(part.subarray(0, size)))
      .set("isText", input.isText())
      .set("rest", input.text()),
  );
  return done();
}

process(run);
