//! From a command's standard output to its rows or its file, by what `--result` takes it for.

use super::Settings;
use super::io::output_limit;
use crate::config::CommandResult;
use crate::file::GivenFile;
use crate::outcome::{Failure, FailureKind};
use crate::row::{Rows, Schema};

/// Adds to `rows`, which know the task.
///
/// # Errors
/// `bad_output` or `schema` if it is not what it is taken for.
pub fn take(
    stdout: Vec<u8>,
    settings: &Settings,
    mut rows: Rows,
    schema: &Schema,
) -> Result<(Rows, Vec<GivenFile>), Failure> {
    let mut files = Vec::new();
    match &settings.command.result {
        CommandResult::Json => rows.push_json(&stdout, schema)?,
        CommandResult::Text { column } => {
            rows.push_json(text_row(stdout, column, settings.budget.output_bytes)?.as_bytes(), schema)?;
        }
        CommandResult::File { .. } => files.push(GivenFile { name: None, bytes: stdout }),
    }
    Ok((rows, files))
}

/// The row of a text: one cell. The line end that nearly every program writes last is not part of it.
fn text_row(stdout: Vec<u8>, column: &str, limit_bytes: usize) -> Result<String, Failure> {
    let text = String::from_utf8(stdout).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let message = format!("the output is not text: invalid UTF-8 at byte {offset}");
        Failure::new(FailureKind::BadOutput, message)
    })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let row = serde_json::json!({ column: text }).to_string();
    // A control character takes six bytes in JSON. The ledger has room for rows half as long again as the output.
    if row.len() > limit_bytes.saturating_add(limit_bytes / 2).saturating_add(column.len() * 6) {
        return Err(output_limit(limit_bytes));
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_cell_without_its_last_line_end() {
        let row = |text: &str| text_row(text.as_bytes().to_vec(), "t", 1_000).unwrap();
        assert_eq!(row("a \"b\"\nc\n\n"), r#"{"t":"a \"b\"\nc\n"}"#);
        assert_eq!(row("a\r\n"), r#"{"t":"a"}"#);
        assert_eq!(row(""), r#"{"t":""}"#);
    }

    #[test]
    fn what_is_no_text_is_told_where() {
        let failure = text_row(b"ab\xff".to_vec(), "t", 1_000).unwrap_err();
        assert_eq!(failure.to_string(), "bad_output: the output is not text: invalid UTF-8 at byte 2");
    }

    #[test]
    fn a_text_that_grows_in_json_is_bounded() {
        let failure = text_row(vec![1; 1_000], "t", 1_000).unwrap_err();
        assert_eq!(failure.kind, FailureKind::OutputLimit);
    }
}
