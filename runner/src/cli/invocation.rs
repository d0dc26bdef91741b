//! From the words of the command line, and those of the file that `--config` names, to one command.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::args::{Cli, Command};
use super::config_file::ConfigFile;
use super::run_args::RunArgs;

/// A command, with the options of its configuration file filled in.
#[derive(Debug)]
pub struct Invocation {
    pub command: Command,
    pub file: Option<ConfigFile>,
}

impl Invocation {
    /// # Errors
    /// A [`clap::Error`], which a request for help is too, or one of the configuration file.
    pub fn parse(words: &[OsString]) -> anyhow::Result<Self> {
        let typed = Cli::command().try_get_matches_from(words)?;
        let cli = Cli::from_arg_matches(&typed)?;
        let Some(path) = run_args(&cli.command).and_then(|args| args.config.as_ref()) else {
            return Ok(Self { command: cli.command, file: None });
        };
        let file = ConfigFile::read(path)?;
        // The command comes first, since no option stands before it.
        let (command, rest) = words.split_at(words.len().min(2));
        let from_file = file.arguments(|id| typed.subcommand().is_some_and(|(_, typed)| is_set(typed, id)));
        let all = command.iter().cloned().chain(from_file).chain(rest.iter().cloned());
        let matches = Cli::command().try_get_matches_from(all)?;
        Ok(Self { command: Cli::from_arg_matches(&matches)?.command, file: Some(file) })
    }
}

fn run_args(command: &Command) -> Option<&RunArgs> {
    match command {
        Command::Run(args) => Some(args),
        Command::Plan(args) => Some(&args.run),
        Command::Status(_)
        | Command::Export(_)
        | Command::Test(_)
        | Command::Inspect(_)
        | Command::Selftest(_)
        | Command::New(_)
        | Command::Spawner(_)
        | Command::Child(_) => None,
    }
}

/// Whether the command line says something that stands in for option `id` of the file.
fn is_set(typed: &ArgMatches, id: &str) -> bool {
    let is_typed = |id: &str| typed.value_source(id) == Some(ValueSource::CommandLine);
    match id {
        // Inputs are replaced together, whichever way they are named.
        "files_from" | "files_format" | "null" => is_typed(id) || is_typed("files_from") || is_typed("inputs"),
        _ => is_typed(id),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use sandmill::config::{Config, Layout, Links, Markers, Output};
    use tempfile::TempDir;

    use super::super::request::Request;
    use super::*;

    /// What `sandmill run --config FILE WORDS` means, and the folder of FILE.
    fn run(config: &str, words: &[&str]) -> anyhow::Result<(Config, TempDir)> {
        let folder = TempDir::new()?;
        let path = folder.path().join("config.yaml");
        fs::write(&path, config)?;
        let mut all: Vec<OsString> = ["sandmill", "run"].map(OsString::from).to_vec();
        all.extend(words.iter().map(OsString::from));
        all.extend(["--config".into(), path.clone().into_os_string()]);
        let invocation = Invocation::parse(&all)?;
        assert_eq!(fs::read_to_string(path)?, config, "the file is never written");
        let Command::Run(args) = invocation.command else { anyhow::bail!("not run") };
        Ok((Request::new(*args, invocation.file)?.config, folder))
    }

    const R3PO: &str = "\
job_name: count_produce
output_path: output
processes: 2
source_file_part: .json
source_path: input
working_dir: working
";

    #[test]
    fn the_file_fills_in_what_was_not_typed() {
        let (config, folder) = run("inputs: data\noutput: out\ntimeout: 5s\nhidden: true\n", &["p.wasm"]).unwrap();
        assert_eq!(config.processor, Path::new("p.wasm"));
        assert_eq!(config.source.inputs, [folder.path().join("data")]);
        assert!(matches!(config.output, Output::Folder(out) if out == folder.path().join("out")));
        assert_eq!(config.budget.timeout, Duration::from_secs(5));
        assert!(config.source.filter.hidden);
    }

    #[test]
    fn the_command_line_wins() {
        let file = "\
processor: file.wasm
inputs: data
files_from: list
output: out
timeout: 5s
suffix: [.a, .b]
param: {x: 1, y: 2}
";
        let words = ["p.wasm", "in", "--timeout", "7s", "--suffix", ".c", "--param", "y=3", "-o", "o"];
        let (config, _folder) = run(file, &words).unwrap();
        assert_eq!(config.processor, Path::new("p.wasm"));
        assert_eq!(config.source.inputs, [Path::new("in")]);
        assert!(config.source.list.is_none());
        assert_eq!(config.budget.timeout, Duration::from_secs(7));
        assert_eq!(config.source.filter.suffixes, [".c"]);
        assert_eq!(config.params.into_values().collect::<Vec<_>>(), ["1", "3"]);
        assert!(matches!(config.output, Output::Folder(out) if out == Path::new("o")));
    }

    #[test]
    fn an_r3po_configuration_runs_as_it_is() {
        let (config, folder) = run(R3PO, &["p.wasm"]).unwrap();
        let root = folder.path();
        assert_eq!(config.source.inputs, [root.join("input")]);
        assert_eq!(config.source.filter.suffixes, [".json"]);
        assert_eq!(config.source.links, Links::Ignore);
        assert_eq!(config.workers.get(), 2);
        assert!(matches!(config.output, Output::Folder(out) if out == root.join("working")));
        let tables = 2.try_into().unwrap();
        assert_eq!(config.views.layout, Layout::Striped { folder: root.join("output"), tables });
        assert_eq!(config.views.markers, Markers::Tree { prefix: root.join("input") });
    }

    #[test]
    fn workers_can_be_typed_while_the_tables_stay() {
        let (config, _folder) = run(R3PO, &["p.wasm", "-j", "7", "--markers", "none"]).unwrap();
        assert_eq!(config.workers.get(), 7);
        assert!(matches!(config.views.layout, Layout::Striped { tables, .. } if tables.get() == 2));
        assert_eq!(config.views.markers, Markers::None);
    }

    #[test]
    fn an_r3po_configuration_needs_a_processor() {
        let error = run(R3PO, &[]).unwrap_err();
        assert!(error.to_string().starts_with("no processor: "), "{error}");
        assert!(run(&format!("{R3PO}processor: p.wasm\n"), &[]).is_ok());
    }

    #[test]
    fn an_option_typed_twice_counts_as_typed_last() {
        let (config, _folder) =
            run("output: out\n", &["p.wasm", "in", "-j1", "-j2", "--suffix=a", "--suffix=b"]).unwrap();
        assert_eq!(config.workers.get(), 2);
        assert_eq!(config.source.filter.suffixes, ["a", "b"]);
    }
}
