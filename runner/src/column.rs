//! Types of columns: declared, or found out from all the values that a column has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the values of a column are, where a format wants to know. Each can be missing or null, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    Bool,
    Int64,
    Uint64,
    Float64,
    String,
    /// Any value, as its JSON text.
    Json,
}

impl ColumnType {
    pub const ALL: [Self; 6] = [Self::Bool, Self::Int64, Self::Uint64, Self::Float64, Self::String, Self::Json];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Json => "json",
        }
    }

    /// Whether `value` can stand in a column that is declared so.
    pub fn accepts(self, value: &RawValue) -> bool {
        Seen::of(value).is_within(match self {
            Self::Bool => Seen::BOOL,
            Self::Int64 => Seen::NEGATIVE.and(Seen::NATURAL),
            Self::Uint64 => Seen::NATURAL.and(Seen::LARGE),
            Self::Float64 => Seen::NEGATIVE.and(Seen::NATURAL).and(Seen::LARGE).and(Seen::HUGE).and(Seen::FRACTION),
            Self::String => Seen::STRING,
            Self::Json => return true,
        })
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No type is called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownType;

impl FromStr for ColumnType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        Self::ALL.into_iter().find(|column_type| column_type.as_str() == name).ok_or(UnknownType)
    }
}

/// The kinds of values that occurred in a column: a set of the constants below. Nulls are in none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen(u16);

impl Seen {
    const BOOL: Self = Self(1);
    /// An integer below 0 that has room in 64 bits.
    const NEGATIVE: Self = Self(1 << 1);
    /// An integer from 0 on that has room in 64 bits with a sign.
    const NATURAL: Self = Self(1 << 2);
    /// An integer that has room in 64 bits without a sign only.
    const LARGE: Self = Self(1 << 3);
    /// An integer that has no room in 64 bits.
    const HUGE: Self = Self(1 << 4);
    /// A number with a fraction or an exponent.
    const FRACTION: Self = Self(1 << 5);
    /// A number beyond what a 64-bit float can hold.
    const BEYOND: Self = Self(1 << 6);
    const STRING: Self = Self(1 << 7);
    /// An array or an object.
    const NESTED: Self = Self(1 << 8);

    /// The kind of one value.
    pub fn of(value: &RawValue) -> Self {
        let text = value.get();
        match text.as_bytes().first() {
            Some(b'n') => Self::default(),
            Some(b't' | b'f') => Self::BOOL,
            Some(b'"') => Self::STRING,
            Some(b'{' | b'[') => Self::NESTED,
            _ => Self::of_number(text),
        }
    }

    fn of_number(text: &str) -> Self {
        let is_finite = || text.parse::<f64>().is_ok_and(f64::is_finite);
        if let Ok(integer) = text.parse::<i64>() {
            return if integer < 0 { Self::NEGATIVE } else { Self::NATURAL };
        }
        if text.parse::<u64>().is_ok() {
            Self::LARGE
        } else if !is_finite() {
            Self::BEYOND
        } else if text.contains(['.', 'e', 'E']) {
            Self::FRACTION
        } else {
            Self::HUGE
        }
    }

    /// The union of two sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The narrowest type that holds every value without loss; text where no other does. Integers among fractions become
    /// the nearest floats, as fractions themselves do.
    pub fn column_type(self) -> ColumnType {
        const SIGNED: Seen = Seen::NEGATIVE.and(Seen::NATURAL);
        const UNSIGNED: Seen = Seen::NATURAL.and(Seen::LARGE);
        const NUMBER: Seen = SIGNED.and(UNSIGNED).and(Seen::HUGE).and(Seen::FRACTION);
        if self == Self::default() {
            ColumnType::String
        } else if self.is_within(Self::BOOL) {
            ColumnType::Bool
        } else if self.is_within(SIGNED) {
            ColumnType::Int64
        } else if self.is_within(UNSIGNED) {
            ColumnType::Uint64
        } else if self.is_within(NUMBER) && self.has(Self::FRACTION) {
            ColumnType::Float64
        } else {
            ColumnType::String
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(values: &[&str]) -> ColumnType {
        let seen = values.iter().map(|json| Seen::of(serde_json::from_str(json).unwrap()));
        seen.fold(Seen::default(), Seen::and).column_type()
    }

    #[test]
    fn a_column_has_the_narrowest_type_that_loses_nothing() {
        assert_eq!(inferred(&["true", "null", "false"]), ColumnType::Bool);
        assert_eq!(inferred(&["0", "-9223372036854775808", "9223372036854775807"]), ColumnType::Int64);
        assert_eq!(inferred(&["1", "18446744073709551615"]), ColumnType::Uint64);
        assert_eq!(inferred(&["1", "1.5", "-2e3"]), ColumnType::Float64);
        assert_eq!(inferred(&["\"x\"", "null"]), ColumnType::String);
    }

    #[test]
    fn what_has_no_common_type_is_text() {
        for values in [
            &["null"][..],
            &["true", "1"],
            &["1", "\"1\""],
            &["[1]"],
            &["{}", "1.5"],
            // Digits would be lost.
            &["-1", "18446744073709551615"],
            &["18446744073709551616"],
            &["-9223372036854775809", "3"],
            &["1e400", "1.5"],
        ] {
            assert_eq!(inferred(values), ColumnType::String, "{values:?}");
        }
        // Beside a fraction, an integer of many digits is a float that was written so.
        assert_eq!(inferred(&["100000000000000000000", "0.5"]), ColumnType::Float64);
    }

    #[test]
    fn a_declared_type_takes_its_values_and_null() {
        let accepts = |column_type: &str, json: &str| {
            column_type.parse::<ColumnType>().unwrap().accepts(serde_json::from_str(json).unwrap())
        };
        for column_type in ColumnType::ALL {
            assert!(accepts(column_type.as_str(), "null"));
            assert_eq!(accepts(column_type.as_str(), "{\"a\":1}"), column_type == ColumnType::Json);
        }
        assert!(accepts("bool", "true") && !accepts("bool", "1"));
        assert!(accepts("int64", "-1") && !accepts("int64", "1.0") && !accepts("int64", "9223372036854775808"));
        assert!(accepts("uint64", "18446744073709551615") && !accepts("uint64", "-1"));
        assert!(accepts("float64", "1") && accepts("float64", "1e308") && !accepts("float64", "1e309"));
        assert!(accepts("string", "\"\"") && !accepts("string", "1"));
        assert!(accepts("json", "\"x\"") && accepts("json", "[1,2]"));
        assert_eq!("int".parse::<ColumnType>(), Err(UnknownType));
    }
}
