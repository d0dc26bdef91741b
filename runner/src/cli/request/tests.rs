//! What command lines mean, and which make no sense.

use clap::Parser as _;
use sandmill::outcome::FailureKind;

use super::super::args::{Cli, Command};
use super::super::error;
use super::*;

fn request(line: &str) -> anyhow::Result<Request> {
    let words = ["sandmill", "run"].into_iter().chain(line.split_whitespace());
    let Command::Run(args) = Cli::try_parse_from(words)?.command else { anyhow::bail!("not run") };
    Ok(Request::new(*args, None)?)
}

fn config(line: &str) -> Config {
    request(line).unwrap().config
}

/// The error of a command line that makes no sense.
fn refusal(line: &str) -> String {
    let error = request(line).unwrap_err();
    assert_eq!(error::exit_of(&error), super::super::exit::Exit::Usage, "{line}: {error}");
    error.to_string()
}

#[test]
fn the_shortest_line_has_the_defaults() {
    let request = request("p.wasm data -o out").unwrap();
    let config = request.config;
    assert_eq!(config.processor, Path::new("p.wasm"));
    assert_eq!(config.source.inputs, [Path::new("data")]);
    assert!(matches!(config.output, Output::Folder(out) if out == Path::new("out")));
    assert_eq!(Some(config.workers), thread::available_parallelism().ok());
    assert_eq!(config.isolation, config::Isolation::Task);
    assert_eq!(config.views.layout, Layout::OneTable);
    assert_eq!(config.views.markers, config::Markers::None);
    assert_eq!(config.views.max_columns, config::Views::default().max_columns);
    assert_eq!(config.views.path_column, config::Views::default().path_column);
    assert_eq!(config.resume.retry_failed, config::RetryFailed::None);
    assert_eq!(config.resume.retries, config::Resume::default().retries);
    assert_eq!(config.stop, config::StopPolicy::default());
    assert_eq!((request.quiet, request.progress, request.stdout), (false, Progress::Auto, None));
}

#[test]
fn a_processor_inputs_and_a_place_for_the_results_are_needed() {
    assert_eq!(refusal(""), "no processor");
    assert_eq!(refusal("p.wasm -o out"), "no inputs");
    assert_eq!(refusal("p.wasm data"), "no place for the results");
    assert!(request("p.wasm --files-from - -o out").is_ok());
}

#[test]
fn without_a_folder_nothing_is_kept() {
    assert!(matches!(config("p data --stdout csv").output, Output::Discard));
    assert!(matches!(config("p data --stdout csv -o out").output, Output::Folder(_)));
    assert_eq!(refusal("p data --stdout csv --retry-failed"), "--retry-failed is about an output folder");
}

#[test]
fn optional_values_need_an_equals_sign() {
    assert_eq!(config("p -o o --retry-failed timeout").resume.retry_failed, config::RetryFailed::All);
    let kinds = config::RetryFailed::Kinds(vec![FailureKind::Timeout]);
    assert_eq!(config("p in -o o --retry-failed=timeout").resume.retry_failed, kinds);
    assert_eq!(config("p in -o o --follow-symlinks").source.links, config::Links::WithinTree);
    assert_eq!(config("p in -o o --follow-symlinks=all").source.links, config::Links::All);
}

#[test]
fn a_list_of_inputs_may_be_standard_input() {
    let list = config("p -o o --files-from - -0").source.list.unwrap();
    assert_eq!((list.file, list.format), (None, config::ListFormat::Nul));
    let list = config("p in -o o --files-from list").source.list.unwrap();
    assert_eq!((list.file.as_deref(), list.format), (Some(Path::new("list")), config::ListFormat::Lines));
    let list = config("p -o o --files-from list --files-format tsv").source.list.unwrap();
    assert_eq!(list.format, config::ListFormat::Tsv);
    assert!(
        request("p -o o --files-from list --files-format ndjson -0").unwrap_err().to_string().contains("-0 is for")
    );
    assert!(request("p in -o o -0").is_err());
}

#[test]
fn names_must_not_collide() {
    assert_eq!(refusal("p in -o o --param a=1 --param a=2"), "--param a is given twice");
    assert!(refusal("p in -o o --columns a,path").contains("the column of the input's path"));
    assert!(request("p in -o o --columns a,path --path-column file").is_ok());
    assert!(refusal("p in -o o --columns a,b --max-columns 2").contains("--max-columns 2"));
    assert!(request("p in -o o --columns a,b,a").is_err());
}

#[test]
fn empty_values_are_refused() {
    for line in ["--suffix=", "--exclude=", "--glob=", "--path-column="] {
        assert!(refusal(&format!("p in -o o {line}")).contains("is empty"), "{line}");
    }
    assert!(request("p in --output=").is_err());
}

#[test]
fn markers_lie_below_the_tasks_path_or_that_of_r3po() {
    assert_eq!(config("p in -o o --markers tree").views.markers, config::Markers::Tree { prefix: PathBuf::new() });
    let root = absolute_root(&config("p in -o o --root /a/../b/./c").source).unwrap();
    assert_eq!(root, Path::new("/b/c"));
    let here = env::current_dir().unwrap();
    assert_eq!(absolute_root(&config("p in -o o").source).unwrap(), here.join("in"));
    assert_eq!(absolute_root(&config("p in other -o o").source).unwrap(), here);
    assert_eq!(absolute_root(&config("p /../../etc/x/.. -o o").source).unwrap(), Path::new("/etc"));
}

#[test]
fn a_test_is_one_task_that_records_nothing() {
    let words = ["sandmill", "test", "p.wasm", "f", "--fuel", "10x", "--param", "a=1", "--columns", "a,b"];
    let Command::Test(args) = Cli::parse_from(words).command else { panic!("test was typed") };
    let config = test_config(&args).unwrap();
    assert!(matches!(config.output, Output::Discard));
    assert_eq!(config.budget.fuel.base, 10 * config::Fuel::DEFAULT.base);
    assert_eq!(config.views.columns.unwrap(), ["a", "b"]);
}

/// A line whose words a shell has split already.
fn request_words(words: &[&str]) -> anyhow::Result<Request> {
    let words = ["sandmill", "run", "p.wasm", "data", "-o", "out"].iter().chain(words);
    let Command::Run(args) = Cli::try_parse_from(words)?.command else { anyhow::bail!("not run") };
    Ok(Request::new(*args, None)?)
}

#[test]
fn the_arguments_of_a_command_are_shell_words() {
    let args = |text| request_words(&["--args", text]).unwrap().config.command.args;
    assert_eq!(config("p.wasm data -o out").command, config::Command::default());
    assert_eq!(args(""), [] as [&str; 0]);
    assert_eq!(args("-r '.a | .b' {}"), ["-r", ".a | .b", "{}"]);
    assert_eq!(args(r#""a \"b\"" c\ d '' $HOME *"#), ["a \"b\"", "c d", "", "$HOME", "*"]);
    let error = request_words(&["--args", "'open"]).unwrap_err();
    assert!(error.to_string().contains("quote that is open"), "{error}");
}

#[test]
fn the_result_of_a_command_is_json_unless_something_else_is_said() {
    use config::CommandResult::{File, Text};
    let result = |line: &str| config(&format!("p.wasm data -o out {line}")).command.result;
    assert_eq!(result("--result text"), Text { column: "text".to_owned() });
    assert_eq!(result("--result text --text-column size"), Text { column: "size".to_owned() });
    assert_eq!(result("--result file"), File { suffix: String::new() });
    assert_eq!(result("--result file --file-suffix .csv"), File { suffix: ".csv".to_owned() });
    assert!(refusal("p.wasm data -o out --file-suffix .csv").contains("--result file"));
    assert!(refusal("p.wasm data -o out --result file --file-suffix a/b").contains("slash"));
    assert!(refusal("p.wasm data -o out --result file --file-suffix .x@").contains("'@'"));
    assert!(refusal("p.wasm data --stdout ndjson --result file").contains("output folder"));
    assert!(refusal("p.wasm data -o out --text-column size").contains("--result text"));
    assert!(refusal("p.wasm data -o out --result text --columns a").contains("--columns"));
    assert!(refusal("p.wasm data -o out --result text --text-column path").contains("path"));
    assert!(refusal("p.wasm data -o out --result text --path-column text").contains("text"));
    assert!(refusal("p.wasm data -o out --result text --text-column=").contains("empty"));
}
