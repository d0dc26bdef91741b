//! Processors as users write them, run natively.

use std::io::{self, BufRead as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::num::ParseIntError;

use sandmill_guest::testing::{File, Reject, Task, run};
use sandmill_guest::{
    Context as _, DynRow, Error, Input, Output, OutputFile, Result, Row, Value, emit, emit_file, log, param, reject,
    shared, skip,
};

#[derive(Debug, Row)]
struct Fruit<'a, T: Value> {
    name: &'a str,
    #[row(rename = "how many")]
    count: T,
    r#type: Option<String>,
}

#[derive(Row)]
struct Size {
    bytes: u64,
}

fn columns_of<O: Output>() -> Option<&'static [&'static str]> {
    O::COLUMNS
}

mod rows {
    use super::*;

    #[test]
    fn a_derived_row_declares_its_columns_and_writes_them_in_order() {
        fn fruit(input: &mut Input) -> Result<Fruit<'_, u8>> {
            Ok(Fruit { name: input.text()?, count: 24, r#type: None })
        }
        let outcome = run(fruit, "app\"le");
        assert_eq!(outcome.rows.unwrap(), [r#"{"name":"app\"le","how many":24,"type":null}"#]);
        assert_eq!(columns_of::<Result<Fruit<'_, u8>>>(), Some(["name", "how many", "type"].as_slice()));
    }

    #[test]
    fn a_processor_returns_one_row_or_none_or_many() {
        fn one(input: &mut Input) -> Size {
            Size { bytes: input.len() }
        }
        fn perhaps(input: &mut Input) -> Option<Size> {
            (!input.is_empty()).then(|| Size { bytes: input.len() })
        }
        fn many(input: &mut Input) -> Result<Vec<Size>> {
            Ok(input.bytes()?.iter().map(|byte| Size { bytes: u64::from(*byte) }).collect())
        }
        fn nothing(_input: &mut Input) {}

        assert_eq!(run(one, "abc").rows.unwrap(), [r#"{"bytes":3}"#]);
        assert_eq!(run(perhaps, "abc").rows.unwrap(), [r#"{"bytes":3}"#]);
        assert!(run(perhaps, "").rows.unwrap().is_empty());
        assert_eq!(run(many, [1, 2]).rows.unwrap(), [r#"{"bytes":1}"#, r#"{"bytes":2}"#]);
        assert!(run(nothing, "abc").rows.unwrap().is_empty());
        assert_eq!(columns_of::<Option<Size>>(), Some(["bytes"].as_slice()));
        assert_eq!(columns_of::<Result<Vec<Size>>>(), Some(["bytes"].as_slice()));
        assert_eq!(columns_of::<()>(), None);
        assert_eq!(columns_of::<Result<DynRow>>(), None);
    }

    #[test]
    fn emitted_rows_precede_the_returned_one() {
        fn emits(input: &mut Input) -> Size {
            // More than one portion, and a row that is larger than one.
            for bytes in 0..20_000 {
                emit(Size { bytes });
            }
            emit(Fruit { name: &"x".repeat(200_000), count: 1, r#type: None });
            Size { bytes: input.len() }
        }
        let rows = run(emits, "").rows.unwrap();
        assert_eq!(rows.len(), 20_002);
        assert_eq!(rows[19_999], r#"{"bytes":19999}"#);
        assert_eq!(rows[20_001], r#"{"bytes":0}"#);
    }
}

mod failures {
    use super::*;

    fn number(input: &mut Input) -> Result<Size> {
        emit(Size { bytes: 1 });
        let text = input.text()?;
        if text.is_empty() {
            skip!("nothing in {}", input.path());
        }
        Ok(Size { bytes: text.parse().context("parse the size")? })
    }

    #[test]
    fn an_error_is_a_failure_with_its_sources_and_without_rows() {
        let error = run(number, "x").rows.unwrap_err();
        assert_eq!(error.to_string(), "parse the size: invalid digit found in string");
        assert!(!error.is_skip());
        let error = run(number, [0xff]).rows.unwrap_err();
        assert_eq!(error.to_string(), "the input is not text: invalid utf-8 sequence of 1 bytes from index 0");
    }

    #[test]
    fn a_skipped_task_has_a_reason_and_no_rows() {
        let error = Task::new("").path("a/b.txt").run(number).rows.unwrap_err();
        assert_eq!(error.to_string(), "nothing in a/b.txt");
        assert!(error.is_skip());
    }

    #[test]
    fn rows_of_a_failed_task_do_not_reach_the_next_one() {
        assert!(run(number, "x").rows.is_err());
        assert_eq!(run(number, "7").rows.unwrap(), [r#"{"bytes":1}"#, r#"{"bytes":7}"#]);
    }

    #[test]
    fn a_processor_may_fail_with_errors_of_another_type() {
        fn foreign(input: &mut Input) -> Result<Option<Size>, ParseIntError> {
            input.path().parse().map(|bytes| Some(Size { bytes }))
        }
        assert_eq!(run(foreign, "").rows.unwrap_err().to_string(), "cannot parse integer from empty string");
        assert_eq!(Task::new("").path("3").run(foreign).rows.unwrap(), [r#"{"bytes":3}"#]);
    }
}

mod inputs {
    use super::*;

    /// Larger than what is pulled at once, and no multiple of it.
    fn large() -> Vec<u8> {
        (0_u32..100_000).flat_map(|number| format!("{number}\n").into_bytes()).collect()
    }

    /// Runs a processor with the input in memory, and with the input pulled: it must not see a difference.
    fn run_both_ways(function: fn(&mut Input) -> Result<DynRow>, input: &[u8]) -> Result<Vec<String>> {
        let rows = run(function, input).rows?;
        assert_eq!(Task::new(input).pulled().run(function).rows?, rows);
        Ok(rows)
    }

    fn row(name: &str, value: impl Value) -> Result<DynRow> {
        Ok([(name, value)].into_iter().collect())
    }

    #[test]
    fn the_bytes_are_the_whole_input() {
        fn checksum(input: &mut Input) -> Result<DynRow> {
            let sum: u64 = input.bytes()?.iter().map(|byte| u64::from(*byte)).sum();
            assert_eq!(input.bytes()?.len() as u64, input.len());
            row("sum", sum)
        }
        let sum: u64 = large().iter().map(|byte| u64::from(*byte)).sum();
        assert_eq!(run_both_ways(checksum, &large()).unwrap(), [format!(r#"{{"sum":{sum}}}"#)]);
        assert_eq!(run_both_ways(checksum, b"").unwrap(), [r#"{"sum":0}"#]);
    }

    #[test]
    fn an_input_can_be_read_to_its_end() {
        fn length(input: &mut Input) -> Result<DynRow> {
            let mut read = Vec::new();
            input.reader().read_to_end(&mut read)?;
            assert_eq!(input.offset(), input.len());
            assert!(input.bytes()?.is_empty());
            row("length", read.len())
        }
        assert_eq!(run_both_ways(length, &large()).unwrap(), [format!(r#"{{"length":{}}}"#, large().len())]);
        assert_eq!(run_both_ways(length, b"").unwrap(), [r#"{"length":0}"#]);
    }

    #[test]
    fn the_bytes_are_what_has_not_been_read() {
        fn parts(input: &mut Input) -> Result<DynRow> {
            let mut first = String::new();
            input.reader().read_line(&mut first)?;
            assert_eq!(first, "0\n");
            let unread = input.len() - 2;
            assert_eq!(input.bytes()?.len() as u64, unread);
            // Asking for the bytes has not read them.
            let mut second = [0; 2];
            input.reader().read_exact(&mut second)?;
            assert_eq!(&second, b"1\n");
            assert_eq!(input.bytes()?.len() as u64, unread - 2);
            row("copied", io::copy(&mut input.reader(), &mut io::sink())?)
        }
        assert_eq!(run_both_ways(parts, &large()).unwrap(), [format!(r#"{{"copied":{}}}"#, large().len() - 4)]);
    }

    #[test]
    fn bytes_between_looking_and_consuming_change_nothing() {
        fn mixed(input: &mut Input) -> Result<DynRow> {
            input.reader().fill_buf()?;
            input.bytes()?;
            input.reader().consume(3);
            row("offset", [input.offset(), input.bytes()?.len() as u64])
        }
        assert_eq!(run_both_ways(mixed, &large()).unwrap(), [format!(r#"{{"offset":[3,{}]}}"#, large().len() - 3)]);
    }

    #[test]
    fn lines_know_their_numbers_and_offsets() {
        fn places(input: &mut Input) -> Result<DynRow> {
            let mut places = Vec::new();
            let mut lines = input.lines();
            while let Some(line) = lines.next_line() {
                places.push(format!("{}@{}:{}", line.number, line.offset, line.text()?));
            }
            row("lines", places)
        }
        let json = |lines: &str| [format!(r#"{{"lines":[{lines}]}}"#)];
        assert_eq!(run_both_ways(places, b"a\r\n\nb\rc\n").unwrap(), json(r#""1@0:a","2@3:","3@4:b\rc""#));
        assert_eq!(run_both_ways(places, b"a\nb").unwrap(), json(r#""1@0:a","2@2:b""#));
        assert_eq!(run_both_ways(places, b"\n").unwrap(), json(r#""1@0:""#));
        assert_eq!(run_both_ways(places, b"").unwrap(), json(""));
        assert_eq!(run_both_ways(places, &large()).unwrap().len(), 1);
    }

    #[test]
    fn a_line_may_be_longer_than_what_is_pulled_at_once() {
        fn lengths(input: &mut Input) -> Result<DynRow> {
            let mut lengths = Vec::new();
            let mut lines = input.lines();
            while let Some(line) = lines.next_line() {
                lengths.push(line.bytes.len());
            }
            row("lengths", lengths)
        }
        let input = [vec![b'x'; 300_000], vec![b'y'; 5], vec![b'z'; 200_000]].join(&b'\n');
        assert_eq!(run_both_ways(lengths, &input).unwrap(), [r#"{"lengths":[300000,5,200000]}"#]);
    }

    #[test]
    fn reading_goes_on_where_the_lines_were_left() {
        fn header(input: &mut Input) -> Result<DynRow> {
            let header = input.lines().next_line().map(|line| line.bytes.to_vec());
            assert_eq!(header.as_deref(), Some(b"0".as_slice()));
            row("next", input.lines().next_line().map(|line| line.offset))
        }
        assert_eq!(run_both_ways(header, &large()).unwrap(), [r#"{"next":2}"#]);
    }

    #[cfg(feature = "json")]
    #[test]
    fn json_may_borrow_from_the_input() {
        fn second(input: &mut Input) -> Result<DynRow> {
            let words: Vec<&str> = input.json()?;
            row("second", words.get(1).copied())
        }
        assert_eq!(run_both_ways(second, br#"["a", "b"]"#).unwrap(), [r#"{"second":"b"}"#]);
        let error = run(second, "[").rows.unwrap_err();
        assert_eq!(error.to_string(), "EOF while parsing a list at line 1 column 1");
    }
}

mod side_channels {
    use super::*;

    #[test]
    fn rejects_are_reported_and_the_task_goes_on() {
        fn numbers(input: &mut Input) -> Result<Vec<Size>> {
            let mut rows = Vec::new();
            let mut lines = input.lines();
            while let Some(line) = lines.next_line() {
                match line.text().and_then(|text| Ok(text.parse()?)) {
                    Ok(bytes) => rows.push(Size { bytes }),
                    Err(error) => line.reject(error),
                }
            }
            reject(4, None, "the footer is missing");
            Ok(rows)
        }
        let outcome = run(numbers, b"1\nx\n\xff\n4");
        assert_eq!(outcome.rows.unwrap(), [r#"{"bytes":1}"#, r#"{"bytes":4}"#]);
        let reject = |record, offset, reason: &str| Reject { record, offset, reason: reason.to_owned() };
        let expected = [
            reject(2, Some(2), "invalid digit found in string"),
            reject(3, Some(4), "line 3 is not text: invalid utf-8 sequence of 1 bytes from index 0"),
            reject(4, None, "the footer is missing"),
        ];
        assert_eq!(outcome.rejects, expected);
    }

    #[test]
    fn shared_data_is_read_whole_in_pieces_and_from_anywhere() {
        fn looks_up(_: &mut Input) -> Result<()> {
            let mut table = shared("d/table").ok_or_else(|| Error::msg("no table"))?;
            log!("{} {:?}", table.len(), String::from_utf8_lossy(&table.to_vec()));
            let mut piece = [0; 4];
            assert_eq!(table.read_at(8, &mut piece), 2);
            assert_eq!((table.read_at(10, &mut piece), table.read_at(u64::MAX, &mut piece)), (0, 0));
            table.seek(SeekFrom::End(-3))?;
            let mut rest = String::new();
            table.read_to_string(&mut rest)?;
            log(rest);
            Ok(())
        }
        let outcome = Task::new("").shared("d/table", "0123456789").run(looks_up);
        outcome.rows.unwrap();
        assert_eq!(outcome.log, ["10 \"0123456789\"", "789"]);
        assert_eq!(run(looks_up, "").rows.unwrap_err().to_string(), "no table");
    }

    #[test]
    fn parameters_the_path_and_the_log_are_those_of_the_task() {
        fn greets(input: &mut Input) -> Result<()> {
            let name = param("name").ok_or_else(|| Error::msg("no name"))?;
            log!("{name} looks at {}", input.path());
            log("and goes");
            Ok(())
        }
        let outcome = Task::new("").path("a/b").param("name", "Ada").run(greets);
        assert_eq!(outcome.log, ["Ada looks at a/b", "and goes"]);
        assert_eq!(run(greets, "").rows.unwrap_err().to_string(), "no name");
    }
}

#[test]
fn an_input_of_unknown_size_is_read_in_any_of_the_ways() {
    let text = "x\n".repeat(100_000);
    let lines = |input: &mut Input| {
        assert_eq!(input.known_len(), None);
        let mut lines = input.lines();
        let mut bytes = 0;
        while let Some(line) = lines.next_line() {
            bytes += line.bytes.len() as u64 + 1;
        }
        Size { bytes }
    };
    let whole = |input: &mut Input| -> Result<Size> {
        assert!(!input.is_empty());
        Ok(Size { bytes: input.text()?.len() as u64 })
    };
    let len = |input: &mut Input| Size { bytes: input.len() };
    let expected = [r#"{"bytes":200000}"#];
    assert_eq!(Task::new(text.clone()).of_unknown_size().run(lines).rows.unwrap(), expected);
    assert_eq!(Task::new(text.clone()).of_unknown_size().run(whole).rows.unwrap(), expected);
    assert_eq!(Task::new(text).of_unknown_size().run(len).rows.unwrap(), expected);
}

#[test]
fn records_are_the_lines_that_have_something_in_them() {
    fn numbers(input: &mut Input) {
        assert_eq!((input.chunk_offset(), input.first_record()), (70, Some(5)));
        let mut records = input.records();
        while let Some(record) = records.next_record() {
            match record.text().map(str::parse::<u64>) {
                Ok(Ok(bytes)) => emit(Size { bytes }),
                _ => record.reject("no number"),
            }
        }
    }
    let outcome = Task::new("1\n\n \r\nx\n4").pulled().chunk(70, Some(5)).run(numbers);
    assert_eq!(outcome.rows.unwrap(), [r#"{"bytes":1}"#, r#"{"bytes":4}"#]);
    assert_eq!((outcome.rejects[0].record, outcome.rejects[0].offset), (2, Some(6)));
}

mod files {
    use super::*;

    #[test]
    fn files_have_all_that_was_written_to_them() {
        fn give(input: &mut Input) -> Result<()> {
            emit_file("whole", input.bytes()?);
            OutputFile::create("a/empty");
            let mut file = OutputFile::create("a/parts");
            for _ in 0..100_000 {
                write!(file, "ab")?;
            }
            emit_file("whole", b"!");
            Ok(())
        }
        let files = run(give, "abc").files;
        let expected = [("whole", "abc!".to_owned()), ("a/empty", String::new()), ("a/parts", "ab".repeat(100_000))];
        let expected = expected.map(|(name, text)| File { name: name.to_owned(), bytes: text.into_bytes() });
        assert_eq!(files, expected);
    }
}
