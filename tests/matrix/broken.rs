//! Inputs that are no baskets, each for another reason.

/// The class and the bytes of each.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    let tables: [(&str, &[&[u8]]); 4] =
        [("text", TEXTS), ("value", VALUES), ("structure", STRUCTURES), ("category", CATEGORIES)];
    for (class, texts) in tables {
        all.extend(texts.iter().map(|text| (class, text.to_vec())));
    }
    for count in COUNTS {
        let spelled = [
            format!(r#"{{"fruits": {{"a": {count}}}}}"#),
            format!(r#"{{"meat":{{"a":1,"b":{count},"c":2}},"fruits":{{}}}}"#),
            format!("{{\"fruits\":{{\"a\":0}},\"vegetables\":{{\"a\" :\n{count}\n}}}}"),
        ];
        all.extend(spelled.map(|text| ("count", text.into_bytes())));
    }
    for name in NAMES {
        // In a name of a category, of a count, and in one that is the last thing in the input.
        for (before, after) in
            [(r#"{"fr"#, r#"": {}}"#), (r#"{"fruits": {"a": 1, "b"#, r#"c": 2}}"#), (r#"{"fruits": {""#, "")]
        {
            all.push(("name", [before.as_bytes(), name, after.as_bytes()].concat()));
        }
    }
    for extra in EXTRAS {
        let basket = br#"{"fruits": {"a": 1}, "meat": {"b": 2}}"#;
        all.push(("after", [basket.as_slice(), extra].concat()));
        all.push(("before", [extra, basket.as_slice()].concat()));
        // Between what belongs together, where only white space may be.
        for at in [1, 9, 10, 11, 12, 15, 18, 19, 20] {
            all.push(("between", [&basket[..at], extra, &basket[at..]].concat()));
        }
    }
    for depth in [3, 100, 600, 5_000, 100_000] {
        let open = |text: &str| text.repeat(depth).into_bytes();
        let nested = |open: &str, close: &str| [&open.repeat(depth), "1", &close.repeat(depth)].concat();
        all.push(("deep", open("[")));
        all.push(("deep", open("{\"fruits\":")));
        all.push(("deep", nested("[", "]").into_bytes()));
        all.push(("deep", format!(r#"{{"fruits": {{"a": {}}}}}"#, nested("[", "]")).into_bytes()));
        all.push(("deep", format!(r#"{{"fruits": {}}}"#, nested(r#"{"a":"#, "}")).into_bytes()));
    }
    let basket = r#"{"fruits": {"\u0061p": 24, "é🍌": 33}, "vegetables": {}, "meat": {"beef": 12, "": 0}}"#.as_bytes();
    all.extend((0..basket.len()).map(|end| ("truncated", basket[..end].to_vec())));
    // A byte of a basket that is not white space, without which it is none.
    all.extend((0..basket.len()).filter(|at| b"{}\",:".contains(&basket[*at])).map(|at| lacking(basket, at)));
    all
}

fn lacking(basket: &[u8], at: usize) -> (&'static str, Vec<u8>) {
    ("lacking", [&basket[..at], &basket[at + 1..]].concat())
}

/// Whole inputs.
const TEXTS: &[&[u8]] = &[
    b"",
    b" ",
    b"\n\r\t ",
    b"\0",
    b"\0\0\0\0",
    b"fruits",
    b"\xff\xfe{\0}\0",
    b"\xfe\xff\0{\0}",
    b"\xef\xbb\xbf{}",
    b"\xef\xbb\xbf",
    b"{\0}\0",
    b"\x80",
    b"{}\x80",
    b"<fruits/>",
    b"fruits: {}",
    b"\x1f\x8b\x08\0",
];

/// Values that are no object.
const VALUES: &[&[u8]] = &[
    b"1",
    b"0",
    b"\"fruits\"",
    b"null",
    b"true",
    b"false",
    b"[]",
    b"[{}]",
    b"[{}, {}, {}]",
    b"[[\"fruits\", {}]]",
    b"{\"fruits\": []}",
    b"{\"fruits\": [[\"a\", 1]]}",
    b"{\"fruits\": [1]}",
    b"{\"fruits\": 1}",
    b"{\"fruits\": null}",
    b"{\"fruits\": \"\"}",
    b"{\"fruits\": true}",
];

/// Objects that JSON does not know.
const STRUCTURES: &[&[u8]] = &[
    b"{",
    b"}",
    b"{,}",
    b"{\"fruits\"}",
    b"{\"fruits\":}",
    b"{\"fruits\" {}}",
    b"{\"fruits\"= {}}",
    b"{\"fruits\": {},}",
    b"{,\"fruits\": {}}",
    b"{\"fruits\": {},, \"meat\": {}}",
    b"{\"fruits\": {} \"meat\": {}}",
    b"{\"fruits\": {}; \"meat\": {}}",
    b"{\"fruits\": {\"a\": 1,}}",
    b"{\"fruits\": {\"a\": 1 \"b\": 2}}",
    b"{\"fruits\": {\"a\" 1}}",
    b"{\"fruits\": {\"a\"}}",
    b"{\"fruits\": {1: 1}}",
    b"{\"fruits\": {a: 1}}",
    b"{\"fruits\": {'a': 1}}",
    b"{'fruits': {}}",
    b"{fruits: {}}",
    b"{null: {}}",
    b"{\"fruits\": {}]",
    b"[\"fruits\": {}}",
    b"{\"fruits\": {\"a\": 1]}",
    b"{\"fruits\"\": {}}",
    b"({})",
];

/// Categories that are unknown or come twice.
const CATEGORIES: &[&[u8]] = &[
    b"{\"fruit\": {}}",
    b"{\"Fruits\": {}}",
    b"{\"FRUITS\": {}}",
    b"{\"fruits \": {}}",
    b"{\" fruits\": {}}",
    b"{\"fruits\\u0000\": {}}",
    b"{\"\": {}}",
    b"{\"__proto__\": {}}",
    b"{\"constructor\": {}}",
    b"{\"toString\": {}}",
    b"{\"fruits\": {}, \"fish\": {\"cod\": 1}}",
    b"{\"fish\": 1, \"fruits\": {}}",
    b"{\"fruits\": {}, \"fruits\": {}}",
    b"{\"fruits\": {\"a\": 1}, \"fruits\": {\"a\": 1}}",
    b"{\"meat\": {}, \"fruits\": {}, \"meat\": {}}",
    b"{\"fruits\": {}, \"\\u0066ruits\": {}}",
    b"{\"\\u006deat\": {}, \"me\\u0061t\": {}}",
    // The letters are full-width ones, a Cyrillic one and a long s, which some take for equal.
    "{\"\u{ff46}ruits\": {}}".as_bytes(),
    "{\"me\u{430}t\": {}}".as_bytes(),
    "{\"fruit\u{17f}\": {}}".as_bytes(),
];

/// What is no count, or is too many.
const COUNTS: &[&str] = &[
    "-1",
    "-0",
    "+1",
    "01",
    "00",
    "-",
    "1.0",
    "1.5",
    "0.0",
    "1.",
    ".5",
    "1e2",
    "1E2",
    "1e+2",
    "1e-0",
    "0e0",
    "1e",
    "1e400",
    "1e-400",
    "0x10",
    "1_000",
    "1,000",
    "1 000",
    "1n",
    "NaN",
    "Infinity",
    "-Infinity",
    "9007199254740992",
    "9007199254740993",
    "9007199254740991, \"z\": 1",
    "9007199254740991, \"z\": 9007199254740991",
    "9007199254740991.0",
    "9223372036854775807, \"z\": 9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "18446744073709551615, \"z\": 1",
    "100000000000000000000000000000000000000000000000000",
    "\"1\"",
    "\"\"",
    "null",
    "true",
    "false",
    "[]",
    "[1]",
    "{}",
    "{\"a\": 1}",
    "undefined",
    "",
    "\u{ff11}",
    "\u{661}",
    "1\u{301}",
    "/**/1",
    "1//",
];

/// What must not stand in a string: not UTF-8, not escaped, or badly escaped.
const NAMES: &[&[u8]] = &[
    b"\xff",
    b"\x80",
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xc3",
    b"\xe0\x80\x80",
    b"\xe0\x9f\xbf",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xed\xa0\xbc\xed\xbd\x8c",
    b"\xf0\x80\x80\x80",
    b"\xf0\x9f\x8d",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xe9",
    b"\0",
    b"\x01",
    b"\t",
    b"\n",
    b"\r",
    b"\x1f",
    b"\\",
    b"\\x41",
    b"\\'",
    b"\\0",
    b"\\a",
    b"\\\n",
    b"\\u",
    b"\\u12",
    b"\\u00zz",
    b"\\u 123",
    b"\\u+123",
    b"\\u1_23",
    b"\\u{61}",
    b"\\U0061",
    b"\\ud83c",
    b"\\udf4c",
    b"\\udf4c\\ud83c",
    b"\\ud83c\\ud83c",
    b"\\ud83c\\u0041",
    b"\\ud83c\\n",
    b"\\ud83cx",
    b"\\ud83c\\udf",
];

/// What may stand nowhere outside of a string, though some readers take it for white space or nothing.
const EXTRAS: &[&[u8]] = &[
    b"\0",
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x85",
    b"\xc2\x85",
    b"\xc2\xa0",
    b"\xe2\x80\xa8",
    b"\xef\xbb\xbf",
    b"\xe3\x80\x80",
    b"/**/",
    b"//\n",
    b"#\n",
    b"x",
    b" 1",
    b"{}",
    b"\"\"",
    b"\\n",
    b"}",
];
