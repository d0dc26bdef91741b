//! A YAML mapping as text: every plain value keeps the characters that the file has.
//!
//! Guessing types would turn the suffix `.10` into a number and back into `0.1`. So the file is read twice: once for the
//! shape of each value, once for its text.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::error::UsageError;

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    Text(String),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

impl Value {
    /// The one value of `key`.
    ///
    /// # Errors
    /// If it has none, or more.
    pub fn into_text(self, key: &str) -> Result<String, UsageError> {
        Err(UsageError::new(match self {
            Self::Text(text) => return Ok(text),
            Self::Null => format!("{key} has no value; the empty one is ''"),
            Self::List(_) => format!("{key} takes one value, not a list"),
            Self::Map(_) => format!("{key} takes one value, not a mapping"),
        }))
    }

    /// The values of `key`; one value is a list of one.
    ///
    /// # Errors
    /// If it has none, or they have names.
    pub fn into_list(self, key: &str) -> Result<Vec<String>, UsageError> {
        match self {
            Self::List(texts) => Ok(texts),
            Self::Map(_) => Err(UsageError::new(format!("{key} takes a list, not a mapping"))),
            value => Ok(vec![value.into_text(key)?]),
        }
    }
}

/// The keys and values of the mapping that `text` is; none if it is empty.
///
/// # Errors
/// What is wrong and where, if it is no mapping, or a value has more than one level.
pub fn parse(text: &str) -> Result<BTreeMap<String, Value>, String> {
    let options = || {
        serde_saphyr::options! {
            with_snippet: false,
            non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
        }
    };
    let shapes: BTreeMap<String, Shape> =
        serde_saphyr::from_str_with_options(text, options()).map_err(|error| error.to_string())?;
    serde_saphyr::with_deserializer_from_str_with_options(text, options(), |deserializer| {
        Values(&shapes).deserialize(deserializer)
    })
    .map_err(|error| error.to_string())
}

enum Shape {
    Null,
    Scalar,
    List,
    Map,
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shape::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Shape::Map)
    }
}

/// Reads the mapping again, each value as its shape asks for.
struct Values<'a>(&'a BTreeMap<String, Shape>);

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = BTreeMap<String, Value>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = BTreeMap<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of options to values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = match self.0.get(&key) {
                Some(Shape::Scalar) => Value::Text(map.next_value()?),
                Some(Shape::List) => Value::List(map.next_value()?),
                Some(Shape::Map) => Value::Map(map.next_value()?),
                Some(Shape::Null) | None => {
                    map.next_value::<IgnoredAny>()?;
                    Value::Null
                }
            };
            values.insert(key, value);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn plain_values_keep_their_text() {
        let values = parse("a: .10\nb: 1e10\nc: true\nd: '007'\ne: 1_000\nf: x: y\n");
        assert!(values.is_err(), "a colon needs quotes");
        let values = parse("a: .10\nb: 1e10\nc: true\nd: '007'\ne: 1_000\nf: 60s\ng: ''\nh: .inf\n").unwrap();
        let expected = [".10", "1e10", "true", "007", "1_000", "60s", "", ".inf"].map(text);
        assert_eq!(values.into_values().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn lists_and_mappings_have_one_level() {
        let values = parse("a: [1.10, x]\nb:\n  - .json\n  - '*'\nc: {t: 5, u: yes}\nd:\n").unwrap();
        assert_eq!(values["a"], Value::List(vec!["1.10".to_owned(), "x".to_owned()]));
        assert_eq!(values["b"], Value::List(vec![".json".to_owned(), "*".to_owned()]));
        let map = [("t".to_owned(), "5".to_owned()), ("u".to_owned(), "yes".to_owned())].into();
        assert_eq!(values["c"], Value::Map(map));
        assert_eq!(values["d"], Value::Null);
        assert!(parse("a: [[1]]").is_err());
        assert!(parse("a: {b: {c: 1}}").is_err());
    }

    #[test]
    fn what_is_no_mapping_is_an_error_that_says_where() {
        assert!(parse("- a\n- b\n").is_err());
        assert!(parse("a: 1\na: 2\n").unwrap_err().contains("duplicate"));
        assert!(parse("a: 'b\n").unwrap_err().contains("line"));
        assert_eq!(parse("# nothing\n"), Ok(BTreeMap::new()));
    }
}
