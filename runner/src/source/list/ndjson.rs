//! Lists as NDJSON: an object for each input.

use std::fmt;
use std::io::BufRead;

use anyhow::Result;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Entry, checked_path, for_each_line};
use crate::param::Params;

/// The member that is the path. Every other one is a parameter.
const PATH: &str = "path";

/// A string is its text, a number or a truth value what stands there; null gives no parameter.
pub fn read(reader: impl BufRead, mut take: impl FnMut(Entry)) -> Result<()> {
    for_each_line(reader, |line, number| {
        if !line.iter().all(u8::is_ascii_whitespace) {
            take(entry(line, number)?);
        }
        Ok(())
    })
}

fn entry(line: &[u8], number: u64) -> Result<Entry, String> {
    let Members(members) = serde_json::from_slice(line).map_err(|error| what_is_wrong(&error))?;
    let (mut path, mut params) = (None, Vec::new());
    for (name, value) in members {
        let value = value.get();
        if name == PATH {
            let text: String = serde_json::from_str(value).map_err(|_| format!("its {PATH} is no string"))?;
            if path.replace(checked_path(text.as_bytes())?).is_some() {
                return Err(format!("it has two of {PATH}"));
            }
            continue;
        }
        let text = match value.as_bytes().first() {
            Some(b'n') => continue,
            Some(b'"') => serde_json::from_str(value).map_err(|_| format!("the value of {name} is no text"))?,
            Some(b'{' | b'[') => return Err(format!("the value of {name} is neither a string nor a number")),
            _ => value.into(),
        };
        params.push((name.into(), text));
    }
    let path = path.ok_or_else(|| format!("it has no {PATH}"))?;
    Ok(Entry { path, params: Some(Params::new(params)?), line: number })
}

/// Without the place, which serde has of a text that is one line.
fn what_is_wrong(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    format!("it is no JSON object ({reason} at column {})", error.column())
}

/// The members of an object in their order, those that are there twice, too.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::ListFormat::Ndjson;
    use crate::source::list::testing::{refusal, shown};

    #[test]
    fn every_member_but_the_path_is_a_parameter() {
        let text =
            "{\"path\": \"a\\u00e4\\n\", \"n\": 1.50, \"on\": true, \"s\": \"x\\ty\"}\n \n{\"z\":null,\"path\":\"b\"}";
        assert_eq!(shown(text, Ndjson), ["1 aä\n {\"n\":\"1.50\",\"on\":\"true\",\"s\":\"x\\ty\"}", "3 b {}"]);
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_what_is_wrong() {
        for (text, reason) in [
            (&b"{\"path\":\"a\"}\n[1]\n"[..], "line 2: it is no JSON object"),
            (b"a.json\n", "line 1: it is no JSON object"),
            (b"{\"path\":\"a\"", "line 1: it is no JSON object"),
            (b"{\"path\":\"a\"} x", "trailing characters at column 14"),
            (b"{\"file\":\"a\"}", "line 1: it has no path"),
            (b"{\"path\":1}", "line 1: its path is no string"),
            (b"{\"path\":\"\"}", "line 1: its path is empty"),
            (b"{\"path\":\"a\\u0000\"}", "line 1: its path has a NUL"),
            (b"{\"path\":\"a\",\"path\":\"b\"}", "line 1: it has two of path"),
            (b"{\"path\":\"a\",\"n\":1,\"n\":1}", "line 1: the parameter n is there twice"),
            (b"{\"path\":\"a\",\"n\":[1]}", "line 1: the value of n is neither"),
            (b"{\"path\":\"a\",\"n n\":1}", "line 1: a parameter's name"),
            (b"{\"path\":\"\xff\"}", "line 1: it is no JSON object"),
        ] {
            let refusal = refusal(text, Ndjson);
            assert!(refusal.contains(reason), "{refusal}");
        }
    }
}
