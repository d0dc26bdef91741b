//! Sums up what is in each basket: an example of a sandmill processor, and the guest that the benchmarks run.
//!
//! `basket` parses; this is the processor itself.

mod basket;

use basket::Basket;
use sandmill_guest::{Input, Result, Row};

#[derive(Row)]
struct Counts {
    fruits: u64,
    vegetables: u64,
    meat: u64,
}

fn count(input: &mut Input) -> Result<Counts> {
    let basket: Basket = input.json()?;
    // A basket without meat is a basket.
    Ok(Counts {
        fruits: basket.fruits.unwrap_or(0),
        vegetables: basket.vegetables.unwrap_or(0),
        meat: basket.meat.unwrap_or(0),
    })
}

sandmill_guest::processor!(count);

#[cfg(test)]
mod tests {
    use sandmill_guest::testing::run;

    use super::count;

    fn row(input: &str) -> String {
        run(count, input).rows.expect("a basket").concat()
    }

    fn error(input: impl Into<Vec<u8>>) -> String {
        run(count, input).rows.expect_err("no basket").to_string()
    }

    #[test]
    fn counts_are_summed_by_category() {
        let basket = include_str!("../../inputs/file_0.json");
        assert_eq!(row(basket), r#"{"fruits":60,"vegetables":58,"meat":14}"#);
    }

    #[test]
    fn a_category_that_is_missing_or_empty_counts_nothing() {
        assert_eq!(row(r#"{"meat": {"beef": 1}, "fruits": {}}"#), r#"{"fruits":0,"vegetables":0,"meat":1}"#);
        assert_eq!(row("{}"), r#"{"fruits":0,"vegetables":0,"meat":0}"#);
    }

    #[test]
    fn names_may_be_escaped_and_come_twice() {
        let basket = r#"{"fr\u0075its": {"\ud83c\udf4c": 1, "🍌": 2, "": 3}}"#;
        assert_eq!(row(basket), r#"{"fruits":6,"vegetables":0,"meat":0}"#);
    }

    #[test]
    fn a_category_that_is_unknown_or_comes_twice_is_an_error() {
        assert!(error(r#"{"fruit": {}}"#).starts_with("unknown variant `fruit`"), "{}", error(r#"{"fruit": {}}"#));
        assert!(error(r#"{"meat": {}, "meat": {}}"#).starts_with("a category is there twice"));
    }

    #[test]
    fn counts_are_whole_numbers_up_to_a_limit() {
        let basket = r#"{"meat": {"a": 9007199254740990, "b": 1}}"#;
        assert_eq!(row(basket), r#"{"fruits":0,"vegetables":0,"meat":9007199254740991}"#);
        assert!(error(r#"{"meat": {"a": 9007199254740991, "b": 1}}"#).starts_with("the counts add up to more"));
        assert!(error(r#"{"meat": {"a": 9007199254740992}}"#).starts_with("the counts add up to more"));
        for count in ["18446744073709551616", "1e999", "-1", "-0", "1.0", "1e2", "01", "null", "\"1\"", "[1]"] {
            error(format!(r#"{{"meat": {{"beef": {count}}}}}"#));
        }
    }

    #[test]
    fn what_is_not_one_json_object_is_an_error() {
        let inputs =
            ["", "[]", "[{}, {}, {}]", "null", "{} {}", "{,}", r#"{"meat": {}"#, r#"{"meat": []}"#, "\u{feff}{}"];
        for input in inputs {
            error(input);
        }
        error(*b"{\"meat\": {\"\xff\": 1}}");
        error(r#"{"meat": {"\ud83c": 1}}"#);
    }
}
