//! What names on the command line mean: parameters, kinds of failure, columns.

use std::collections::BTreeMap;

use sandmill::column::{ColumnType, UnknownType};
use sandmill::config::RetryFailed;
use sandmill::hostile::ATTACKS;
use sandmill::outcome::FailureKind;

/// The name in `known` that someone who typed `name` probably meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this, names have little in common.
    const LEAST_SIMILARITY: f64 = 0.7;
    known
        .into_iter()
        // A name of a letter or two is in every long one, and not meant by it.
        .filter(|candidate| 2 * candidate.len() >= name.len())
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// An attack of the pack.
pub fn attack(name: &str) -> Result<String, String> {
    let known = || ATTACKS.iter().map(|attack| attack.name);
    if known().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    Err(match nearest(name, known()) {
        Some(meant) => format!("there is no such attack; did you mean {meant}?"),
        None => "there is no such attack; `sandmill selftest` without a name makes all and names them".to_owned(),
    })
}

/// `--param K=V`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    pub name: String,
    pub value: String,
}

/// `--param`.
pub fn param(text: &str) -> Result<Param, String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is expected, as in --param threshold=5")?;
    sandmill::param::check(name, value)?;
    Ok(Param { name: name.to_owned(), value: value.to_owned() })
}

/// What `--retry-failed` means without a value.
pub const ALL_KINDS: &str = "all";

/// `--retry-failed=KIND,...`.
pub fn retry_failed(text: &str) -> Result<RetryFailed, String> {
    if text == ALL_KINDS {
        return Ok(RetryFailed::All);
    }
    let mut kinds = Vec::new();
    for name in text.split(',').map(str::trim) {
        let kind = failure_kind(name)?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(RetryFailed::Kinds(kinds))
}

fn failure_kind(name: &str) -> Result<FailureKind, String> {
    name.parse().map_err(|_| {
        // `-` for `_` is the common slip, and no reason to guess further.
        let name = name.replace('-', "_");
        let kinds = || FailureKind::ALL.map(FailureKind::as_str);
        match nearest(&name, kinds()) {
            Some(kind) => format!("no kind of failure is called {name:?}; did you mean {kind}?"),
            None => format!("no kind of failure is called {name:?}; they are {}", kinds().join(", ")),
        }
    })
}

/// `--columns a,b:int64,c`: a list in one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub names: Vec<String>,
    /// Of those that have one.
    pub types: BTreeMap<String, ColumnType>,
}

/// `--columns`. What follows the last colon of an entry is a type, so a name with a colon in it needs one.
pub fn columns(text: &str) -> Result<Columns, String> {
    let mut columns = Columns::default();
    for entry in text.split(',').map(str::trim) {
        let (name, column_type) = match entry.rsplit_once(':') {
            Some((name, column_type)) => (name.trim_end(), Some(self::column_type(column_type.trim_start())?)),
            None => (entry, None),
        };
        if name.is_empty() {
            return Err("a column needs a name, and a comma stands between two".to_owned());
        }
        if columns.names.iter().any(|other| other == name) {
            return Err(format!("the column {name:?} is named twice"));
        }
        columns.names.push(name.to_owned());
        columns.types.extend(column_type.map(|column_type| (name.to_owned(), column_type)));
    }
    Ok(columns)
}

fn column_type(name: &str) -> Result<ColumnType, String> {
    name.parse().map_err(|UnknownType| {
        let types = || ColumnType::ALL.map(ColumnType::as_str);
        match nearest(name, types()) {
            Some(column_type) => format!("no type is called {name:?}; did you mean {column_type}?"),
            None => format!("no type is called {name:?}; they are {}", types().join(", ")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_plain_name_and_any_value() {
        let parsed = |text| param(text).map(|param| (param.name, param.value));
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(parsed("a.b-c_1=x=y z"), pair("a.b-c_1", "x=y z"));
        assert_eq!(parsed("a="), pair("a", ""));
        for text in ["", "a", "=1", "a b=1", "ä=1", "a=\0"] {
            assert!(param(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn kinds_are_listed_by_name() {
        assert_eq!(retry_failed("all"), Ok(RetryFailed::All));
        let kinds = vec![FailureKind::Timeout, FailureKind::OutOfFuel];
        assert_eq!(retry_failed("timeout, out_of_fuel,timeout"), Ok(RetryFailed::Kinds(kinds)));
    }

    #[test]
    fn an_unknown_kind_is_answered_with_the_nearest() {
        assert!(retry_failed("out-of-fuel").unwrap_err().ends_with("did you mean out_of_fuel?"));
        assert!(retry_failed("timout").unwrap_err().ends_with("did you mean timeout?"));
        assert!(retry_failed("zzz").unwrap_err().contains("guest_error, exit, trap"));
        assert!(retry_failed("").is_err());
    }

    #[test]
    fn columns_are_named_once() {
        assert_eq!(columns("a, b,c").map(|columns| columns.names), Ok(["a", "b", "c"].map(str::to_owned).to_vec()));
        for text in ["", "a,", "a,,b", "a,b,a", "a,a:bool", ":bool"] {
            assert!(columns(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn columns_may_have_types() {
        let parsed = columns("a:int64, b , c:d : string").unwrap();
        assert_eq!(parsed.names, ["a", "b", "c:d"]);
        let types = [("a", ColumnType::Int64), ("c:d", ColumnType::String)];
        assert_eq!(parsed.types, types.map(|(name, column_type)| (name.to_owned(), column_type)).into());
        assert!(columns("a:int").unwrap_err().ends_with("did you mean int64?"));
        assert!(columns("a:").unwrap_err().contains("bool, int64, uint64, float64, string, json"));
    }
}
