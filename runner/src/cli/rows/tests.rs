//! What rows look like on standard output, and how the stream ends.

use std::io;
use std::path::Path;
use std::sync::Arc;

use sandmill::outcome::Usage;
use sandmill::row::Schema;
use sandmill::task::{Reason, Task, TaskId, TaskPath};

use super::super::error::{self, StdoutClosed};
use super::super::exit::Exit;
use super::*;

/// Something to write to that can be looked at.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A pipe that nobody reads.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn done(path: &str, json: &str) -> Finished {
    let mut rows = Rows::default();
    rows.push_json(json.as_bytes(), &Schema::default()).unwrap();
    Finished {
        task: Task {
            id: TaskId::whole_file(TaskPath::from_path(Path::new(path))),
            reason: Reason::New,
            earlier_attempts: 0,
        },
        identity: None,
        params: None,
        outcome: Outcome::Done { rows, rejects: Vec::new() },
        usage: Usage::default(),
        attempts: 1,
        log: String::new(),
        files: Vec::new(),
    }
}

/// What is printed of each batch, and how it ended.
fn print(format: RowFormat, views: &Views, batches: &[&[Finished]]) -> (String, anyhow::Result<()>) {
    let out = Shared::default();
    let stream = RowStream::new(format, views, out.clone());
    for batch in batches {
        stream.write(batch);
    }
    let ended = stream.finish();
    let bytes = out.0.lock().unwrap().clone();
    (String::from_utf8(bytes).unwrap(), ended)
}

#[test]
fn ndjson_has_the_path_first() {
    let batch = [done("a/\"b\".json", "{\"x\": 1.0}{}"), done("c", "[]"), done("d", "{\"y\":null}")];
    let (text, ended) = print(RowFormat::Ndjson, &Views::default(), &[&batch]);
    assert_eq!(
        text,
        "{\"path\":\"a/\\\"b\\\".json\",\"x\":1.0}\n{\"path\":\"a/\\\"b\\\".json\"}\n{\"path\":\"d\",\"y\":null}\n"
    );
    assert!(ended.is_ok());
}

#[test]
fn the_path_column_can_have_another_name() {
    let views = Views { path_column: "the \"file\"".to_owned(), ..Views::default() };
    let batch = [done("a", "{\"x\":1}")];
    let (text, _) = print(RowFormat::Ndjson, &views, &[&batch]);
    assert_eq!(text, "{\"the \\\"file\\\"\":\"a\",\"x\":1}\n");
    let (text, _) = print(RowFormat::Csv, &views, &[&batch]);
    assert_eq!(text, "\"the \"\"file\"\"\",x\na,1\n");
}

#[test]
fn csv_takes_its_header_from_the_first_row() {
    let first = [done("a", "{\"x\":1,\"y\":\"p,q\"}")];
    let second = [done("b", "{\"y\":null}{\"y\":[1, 2],\"x\":2}")];
    let (text, ended) = print(RowFormat::Csv, &Views::default(), &[&first, &second]);
    assert_eq!(text, "path,x,y\na,1,\"p,q\"\nb,,\nb,2,\"[1,2]\"\n");
    assert!(ended.is_ok());
}

#[test]
fn csv_has_the_columns_that_were_asked_for() {
    let views = Views { columns: Some(vec!["y".to_owned(), "x".to_owned()]), ..Views::default() };
    let (text, _) = print(RowFormat::Csv, &views, &[&[done("a", "{\"x\":1,\"y\":2}")]]);
    assert_eq!(text, "path,y,x\na,2,1\n");
    let (text, _) = print(RowFormat::Csv, &views, &[]);
    assert_eq!(text, "path,y,x\n");
}

#[test]
fn csv_escapes_what_a_spreadsheet_would_compute_if_asked_for() {
    let views = Views { csv_formulas: CsvFormulas::Escape, ..Views::default() };
    let (text, _) = print(RowFormat::Csv, &views, &[&[done("=a", "{\"+x\":\"=1+1\",\"y\":-2}")]]);
    assert_eq!(text, "path,'+x,y\n'=a,'=1+1,-2\n");
}

#[test]
fn a_column_that_is_not_in_the_header_ends_the_stream_after_the_rows_before_it() {
    let batch = [done("a", "{\"x\":1}"), done("b", "{\"z\":1}"), done("c", "{\"x\":3}")];
    let (text, ended) = print(RowFormat::Csv, &Views::default(), &[&batch, &batch]);
    assert_eq!(text, "path,x\na,1\n");
    let error = ended.unwrap_err();
    assert!(error.to_string().contains("\"z\"") && error.to_string().contains("--stdout ndjson"), "{error}");
    assert_eq!(error::exit_of(&error), Exit::Failed);
}

#[test]
fn a_closed_pipe_ends_the_stream_quietly() {
    let stream = RowStream::new(RowFormat::Ndjson, &Views::default(), Broken);
    assert!(!stream.is_over());
    stream.write(&[done("a", "{}")]);
    assert!(stream.is_over());
    assert!(stream.finish().unwrap_err().is::<StdoutClosed>());
}
