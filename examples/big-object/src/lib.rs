//! Takes entries of a JSON object, `{"id": {"fruit": count, ...}}` one a line, and makes a row of each.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sandmill_guest::{Input, Row, emit};
use serde::Deserialize;

#[derive(Row)]
struct Basket<'a> {
    id: &'a str,
    fruits: u64,
}

/// An object of one entry.
#[derive(Deserialize)]
struct Entry<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, BTreeMap<Cow<'a, str>, u32>>);

fn baskets(input: &mut Input) {
    let mut records = input.records();
    while let Some(record) = records.next_record() {
        let Some(Entry(baskets)) = record.json_or_reject() else { continue };
        for (id, counts) in &baskets {
            emit(Basket { id: id.as_ref(), fruits: counts.values().copied().map(u64::from).sum() });
        }
    }
}

sandmill_guest::processor!(baskets, row = Basket);

#[cfg(test)]
mod tests {
    use sandmill_guest::testing;

    use super::*;

    #[test]
    fn entries_become_rows_and_broken_ones_are_rejected() {
        let outcome = testing::run(baskets, "{\"a\": {\"apple\": 2, \"pear\": 3}}\n{\"b\": [}\n{\"c\": {}}\n");
        assert_eq!(outcome.rows.unwrap(), [r#"{"id":"a","fruits":5}"#, r#"{"id":"c","fruits":0}"#]);
        assert_eq!((outcome.rejects.len(), outcome.rejects[0].record), (1, 2));
    }
}
