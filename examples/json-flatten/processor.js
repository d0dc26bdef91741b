// JSON as tables: each record becomes a row, in which nested values are columns of their own. flatten.js does that.

import { Failure, Skip, init, param, processor } from "sandmill";

import { flatten, records } from "./flatten.js";

function options() {
  const separator = param("separator") ?? ".";
  const lists = param("lists") ?? "columns";
  if (separator === "") throw new Failure("the separator is not empty");
  if (lists !== "columns" && lists !== "json") throw new Failure(`lists are columns or json, not ${lists}`);
  return { separator, lists };
}

init(options);

processor(function* (input) {
  const { separator, lists } = options();
  if (input.size === 0) throw new Skip("it is empty");
  for (const { number, start, value, problem } of records(input)) {
    try {
      if (problem !== undefined) throw new Failure(problem);
      yield { record: number, ...flatten(value, separator, lists) };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      input.reject(number, error.message, start);
    }
  }
});
