//! Tells what a JSON document is made of: how many values of each kind, and how deep they lie. Works on any JSON.

use std::fmt;

use sandmill_guest::{Input, Result, Row};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

#[derive(Row)]
struct Composition {
    bytes: u64,
    objects: u64,
    arrays: u64,
    strings: u64,
    numbers: u64,
    booleans: u64,
    nulls: u64,
    depth: u64,
}

fn shape(input: &mut Input) -> Result<Composition> {
    let bytes = input.len();
    let Shape { objects, arrays, strings, numbers, booleans, nulls, depth } = input.json()?;
    Ok(Composition { bytes, objects, arrays, strings, numbers, booleans, nulls, depth })
}

sandmill_guest::processor!(shape);

/// The values in one value, itself included.
#[derive(Default)]
struct Shape {
    objects: u64,
    arrays: u64,
    strings: u64,
    numbers: u64,
    booleans: u64,
    nulls: u64,
    /// 0 for a value that holds no others.
    depth: u64,
}

impl Shape {
    /// Takes in a value that lies within this one.
    fn hold(&mut self, inner: &Self) {
        self.objects += inner.objects;
        self.arrays += inner.arrays;
        self.strings += inner.strings;
        self.numbers += inner.numbers;
        self.booleans += inner.booleans;
        self.nulls += inner.nulls;
        self.depth = self.depth.max(inner.depth + 1);
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape { booleans: 1, ..Shape::default() })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape { numbers: 1, ..Shape::default() })
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape { numbers: 1, ..Shape::default() })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape { numbers: 1, ..Shape::default() })
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape { strings: 1, ..Shape::default() })
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape { nulls: 1, ..Shape::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut shape = Shape { arrays: 1, ..Shape::default() };
        while let Some(inner) = seq.next_element()? {
            shape.hold(&inner);
        }
        Ok(shape)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut shape = Shape { objects: 1, ..Shape::default() };
        while let Some((_, inner)) = map.next_entry::<serde::de::IgnoredAny, Shape>()? {
            shape.hold(&inner);
        }
        Ok(shape)
    }
}

#[cfg(test)]
mod tests {
    use sandmill_guest::testing::run;

    use super::shape;

    #[test]
    fn every_kind_of_value_is_counted() {
        let rows = run(shape, r#"{"a": [1, 2.5, -3, "x"], "b": {"c": null, "d": [[]]}, "e": true}"#).rows;
        let expected =
            r#"{"bytes":64,"objects":2,"arrays":3,"strings":1,"numbers":3,"booleans":1,"nulls":1,"depth":3}"#;
        assert_eq!(rows.expect("valid JSON").concat(), expected);
    }

    #[test]
    fn what_is_not_json_is_an_error_that_says_where() {
        let error = run(shape, "[1, ").rows.expect_err("not JSON");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
