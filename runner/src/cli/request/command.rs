//! How a WASI command is called and what it gives: `--args`, `--result` and what belongs to them.

use sandmill::config::{Command, CommandResult, Views};

use crate::cli::args::{GuestArgs, ResultForm};
use crate::cli::error::UsageError;

/// The column of `--result text`, unless it is named.
const TEXT_COLUMN: &str = "text";

/// The longest suffix: most names leave that much of what file systems take.
const SUFFIX_BYTES: usize = 64;

/// # Errors
/// If the arguments are no shell words, or options do not go together.
pub fn command(args: &GuestArgs, views: &Views) -> Result<Command, UsageError> {
    check(args, views)?;
    Ok(Command {
        args: args.args.as_deref().map_or_else(|| Ok(Command::default().args), words)?,
        output_files: args.output_files,
        result: match args.result {
            ResultForm::Json => CommandResult::Json,
            ResultForm::Text => CommandResult::Text { column: text_column(args, views)? },
            ResultForm::File => CommandResult::File { suffix: file_suffix(args)? },
        },
    })
}

fn words(text: &str) -> Result<Vec<String>, UsageError> {
    if text.contains('\0') {
        return Err(UsageError::new("--args has a NUL, which ends an argument"));
    }
    shlex::split(text).ok_or_else(|| {
        UsageError::with_hint(
            format!("--args is not made of shell words: {text:?} ends in a quote that is open, or in a backslash"),
            "an argument with spaces is quoted, as in --args \"-e 'print(1)' {}\"",
        )
    })
}

fn text_column(args: &GuestArgs, views: &Views) -> Result<String, UsageError> {
    let column = args.text_column.as_deref().unwrap_or(TEXT_COLUMN);
    if column.is_empty() {
        return Err(UsageError::new("--text-column is empty"));
    }
    if column == views.path_column {
        return Err(UsageError::with_hint(
            format!("the column of the text is called {column:?}, as is that of the input's path"),
            "choose another with --text-column NAME",
        ));
    }
    Ok(column.to_owned())
}

fn file_suffix(args: &GuestArgs) -> Result<String, UsageError> {
    let suffix = args.file_suffix.clone().unwrap_or_default();
    if suffix.len() > SUFFIX_BYTES {
        return Err(UsageError::new(format!("--file-suffix is longer than {SUFFIX_BYTES} bytes")));
    }
    // An `@` at the end of a folder tells it from a file.
    if suffix.ends_with('@')
        || suffix.chars().any(|character| character.is_control() || matches!(character, '/' | '\\'))
    {
        return Err(UsageError::with_hint(
            format!("--file-suffix {suffix:?} has a slash, a backslash or a control character, or ends in '@'"),
            "it is the end of a name, as in --file-suffix .csv",
        ));
    }
    Ok(suffix)
}

fn check(args: &GuestArgs, views: &Views) -> Result<(), UsageError> {
    if args.text_column.is_some() && args.result != ResultForm::Text {
        return Err(UsageError::with_hint("--text-column is for --result text", "add --result text, or leave it out"));
    }
    if args.file_suffix.is_some() && args.result != ResultForm::File {
        return Err(UsageError::with_hint("--file-suffix is for --result file", "add --result file, or leave it out"));
    }
    if views.columns.is_some() && args.result != ResultForm::Json {
        return Err(UsageError::with_hint(
            "--columns is about rows of JSON objects",
            "leave it out; --text-column names the column of --result text",
        ));
    }
    Ok(())
}
