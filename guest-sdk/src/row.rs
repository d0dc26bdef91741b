//! Rows: what a processor makes of its input.

use crate::value::Value;

/// A row of the results: names and values, in order.
///
/// `#[derive(Row)]` makes a struct a row whose columns are known before the first task runs; sandmill then holds the
/// processor to them. A [`DynRow`] brings its own names instead.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row",
    note = "add `#[derive(Row)]` to a struct with named fields, or build a `DynRow`"
)]
pub trait Row {
    /// The columns of every such row, in order; `None` if they differ from row to row.
    const COLUMNS: Option<&'static [&'static str]>;

    /// Gives the names and values of this row, in the order of [`COLUMNS`](Self::COLUMNS).
    fn write_fields(&self, fields: &mut Fields<'_>);
}

impl<R: Row> Row for &R {
    const COLUMNS: Option<&'static [&'static str]> = R::COLUMNS;

    fn write_fields(&self, fields: &mut Fields<'_>) {
        (**self).write_fields(fields);
    }
}

/// Takes the fields of a row, one after the other.
#[derive(Debug)]
pub struct Fields<'a> {
    /// The inside of a JSON object.
    members: &'a mut String,
    is_first: bool,
}

impl Fields<'_> {
    /// Adds a field. A name may be there once only.
    pub fn push(&mut self, name: &str, value: &(impl Value + ?Sized)) {
        if !self.is_first {
            self.members.push(',');
        }
        self.is_first = false;
        name.write_json(self.members);
        self.members.push(':');
        value.write_json(self.members);
    }
}

/// Appends `row` to `out` as a JSON object.
pub(crate) fn write_object(row: &impl Row, out: &mut String) {
    out.push('{');
    row.write_fields(&mut Fields { members: out, is_first: true });
    out.push('}');
}

/// A row that is built by hand, when the columns are not known before the input is.
///
/// ```
/// use sandmill_guest::DynRow;
///
/// let mut row = DynRow::new();
/// row.push("name", "apples");
/// row.push("count", 24);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DynRow {
    members: String,
}

impl DynRow {
    /// A row without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field. A name may be there once only.
    pub fn push(&mut self, name: &str, value: impl Value) {
        let is_first = self.members.is_empty();
        Fields { members: &mut self.members, is_first }.push(name, &value);
    }
}

impl Row for DynRow {
    const COLUMNS: Option<&'static [&'static str]> = None;

    fn write_fields(&self, fields: &mut Fields<'_>) {
        fields.members.push_str(&self.members);
    }
}

impl<N: AsRef<str>, V: Value> Extend<(N, V)> for DynRow {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, fields: I) {
        for (name, value) in fields {
            self.push(name.as_ref(), value);
        }
    }
}

impl<N: AsRef<str>, V: Value> FromIterator<(N, V)> for DynRow {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut row = Self::new();
        row.extend(fields);
        row
    }
}

#[cfg(test)]
mod tests {
    use super::{DynRow, Row as _, write_object};

    #[test]
    fn a_row_by_hand_brings_its_own_names() {
        let mut row: DynRow = [("b", 1), ("a\n", 2)].into_iter().collect();
        row.push("c", "x");
        let mut json = String::new();
        write_object(&row, &mut json);
        assert_eq!(json, r#"{"b":1,"a\n":2,"c":"x"}"#);
        assert_eq!(DynRow::COLUMNS, None);
    }

    #[test]
    fn a_row_may_have_no_fields() {
        let mut json = String::new();
        write_object(&DynRow::new(), &mut json);
        assert_eq!(json, "{}");
    }
}
