//! The requests in access logs of web servers, in the Common Log Format or the Combined one.
//!
//! `entry` parses a line; this is the processor.

mod entry;

use entry::Entry;
use sandmill_guest::{Input, Row, emit};

#[derive(Row)]
struct Request<'a> {
    line: u64,
    host: &'a str,
    time: String,
    method: Option<&'a str>,
    target: Option<&'a str>,
    protocol: Option<&'a str>,
    status: u16,
    bytes: u64,
}

fn requests(input: &mut Input) {
    let mut lines = input.lines();
    while let Some(line) = lines.next_line() {
        match line.text().map(Entry::parse) {
            Ok(Ok(Entry { host, time, request, status, bytes })) => {
                let (method, target, protocol) = request.unzip();
                emit(Request { line: line.number, host, time, method, target, protocol, status, bytes });
            }
            Ok(Err(reason)) => line.reject(reason),
            Err(error) => line.reject(error),
        }
    }
}

sandmill_guest::processor!(requests, row = Request<'_>);

#[cfg(test)]
mod tests {
    use sandmill_guest::testing::run;

    use super::requests;

    #[test]
    fn each_line_is_a_row_or_a_reject() {
        let log = "192.0.2.7 - - [08/Mar/2026:09:12:44 +0100] \"GET / HTTP/1.1\" 304 -\n\nnot a line of a log\n";
        let outcome = run(requests, log);
        let row = r#"{"line":1,"host":"192.0.2.7","time":"2026-03-08T09:12:44+01:00","method":"GET","target":"/","protocol":"HTTP/1.1","status":304,"bytes":0}"#;
        assert_eq!(outcome.rows.expect("rows"), [row]);
        let rejects: Vec<_> = outcome.rejects.iter().map(|reject| (reject.record, reject.offset)).collect();
        assert_eq!(rejects, [(2, Some(66)), (3, Some(67))]);
    }
}
