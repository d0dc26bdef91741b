//! The longer texts of `--help`. The flags explain themselves where they are defined.

/// Heading of flags that two structs share.
pub const GUESTS: &str = "Guests";
pub const BUDGETS: &str = "Budget of each task";

pub const ABOUT: &str = "\
Map a WebAssembly processor over every file of a tree, exactly once.

Each input runs in a sandbox of its own, with its own budget of fuel, time, memory and output, and without files, network, \
clock or chance. Its rows go into one table; a failure is recorded, and ends that task alone. A run can be killed at any \
instant: the same command goes on where it was.";

pub const MAIN_EXAMPLES: &str = "\
Start with:
  sandmill test count.wasm data/a.json             one file, everything shown
  sandmill run count.wasm data --suffix .json -o out
  sandmill status out

`sandmill run --help` explains the rest.";

pub const RUN_USAGE: &str = "\
sandmill run [OPTIONS] <PROCESSOR> <INPUT>... -o <OUT>
       sandmill run [OPTIONS] --config <FILE> [PROCESSOR]";

pub const PLAN_USAGE: &str = "\
sandmill plan [OPTIONS] <PROCESSOR> <INPUT>... -o <OUT>
       sandmill plan [OPTIONS] --config <FILE> [PROCESSOR]";

pub const RUN: &str = "\
Run PROCESSOR on every INPUT, and gather its rows in the folder OUT.

PROCESSOR is a WebAssembly module: a WASI command, which reads an input on stdin and writes JSON objects to stdout, or one \
made with an SDK. Every input is one task; it ends as done (any number of rows), skipped by the processor, or failed.

Running the same command again resumes: inputs with an outcome on record are kept, new and changed ones run, failed ones \
only with --retry-failed. Nothing is lost by Ctrl-C, a kill or a power cut but the tasks in flight.";

pub const RUN_SEE: &str = "\
`sandmill run --help` has more on each option, examples, and the exit codes.";

pub const PLAN: &str = "\
Show what `run` with the same arguments would do with each input, and run nothing.

One line for each input, in input order: what happens (run, keep, fail, drop), why, and its path.";

pub const TEST: &str = "\
Run PROCESSOR on one file in the foreground, as `run` would, and show everything.

Rows go to standard output as NDJSON; the outcome, rejects, log, fuel, time, memory and, of a trap, the backtrace go to \
standard error. Nothing is recorded. Exits with 0 if the task is done or skipped, with 3 if it failed.";

pub const TEST_EXAMPLES: &str = "\
Examples:
  sandmill test count.wasm data/a.json
  sandmill test count.wasm data/a.json --param threshold=5 | jq .
  sandmill test count.wasm data/big.json --fuel 10x --memory 2GiB";

pub const SELFTEST: &str = "\
Make every attack that we know of on this machine, and show what stops each.

An attack is a small guest that is in this program: it loops, recurses, asks for memory, floods its output, lies about \
pointers, opens files, writes what is no row. Each is made as all the kinds of processor that it can be, between two tasks that \
are not to notice. Some are modules that must be refused before any task.

Give the budget that your run will have: it is the budget that stops most of them. With one that is smaller than an attack \
needs, that budget may end it before what was made for it does, which is as good. Only --fuel has another default than a run, \
so that endless loops end sooner; the same holds with more.

One line for each: the attack, as what it was made, how its task ended, after what time, how much memory its guest had, and what \
stopped it. Exits with 0 if all were stopped and cost no other task anything, with 1 if not; please report that. Nothing is read \
or written.";

pub const SELFTEST_EXAMPLES: &str = "\
Examples:
  sandmill selftest
  sandmill selftest --memory 64MiB --timeout 2s --max-output 1MiB
  sandmill selftest loop memory_grow --json | jq .trials";

pub const NEW: &str = "\
Make a folder with a processor of your own, its sample inputs and a README.

It prints the command that builds the processor and the one that runs it. With the SDK, a processor can report records that \
it could not use, skip inputs, ask for parameters and declare its columns; a copy of the SDK is in the folder. With --no-sdk \
it is a plain program, which reads its input from standard input and prints JSON objects.";

pub const NEW_EXAMPLES: &str = "\
Examples:
  sandmill new word-count --lang rust
  sandmill new word-count --lang c --no-sdk";

pub const RUN_EXAMPLES: &str = "\
Examples:
  Every .json file below data, and again after adding some:
    sandmill run count.wasm data --suffix .json -o out

  Give what ran out of fuel ten times as much:
    sandmill run count.wasm data --suffix .json -o out --retry-failed=out_of_fuel --fuel 10x

  Inputs from a list, with a parameter:
    git ls-files -z '*.json' | sandmill run count.wasm --files-from - -0 -o out --param threshold=5

  The same with a parameter for each, from a table with the columns path and threshold:
    sandmill run count.wasm --files-from list.tsv --files-format tsv -o out

  A program that was not written for sandmill, its output in a column, or in a file for each input:
    sandmill run jq.wasm data -o out --args '-r .title' --result text
    sandmill run gzip.wasm data -o out --args '-9' --result file --file-suffix .gz

  Rows into a pipe, nothing kept:
    sandmill run count.wasm data --stdout ndjson | jq .fruits

  Results for pandas, DuckDB or Polars, with a type for each column:
    sandmill run count.wasm data -o out --format parquet --columns name:string,count:int64

  A config.yaml of R-3PO:
    sandmill run --config config.yaml count.wasm

The folder OUT:
  ledger.db     every task with its outcome: the truth, of which the rest is made
  results.csv   the path and the processor's columns, in input order; or .ndjson, .parquet, .arrow
  errors.csv    failed tasks, with kind, message and hint, and rejected records
  run.json      what ran, and within which limits
  files/        files that the processor gave, below the path of their input

Exit codes:
  0    every task is done or skipped
  1    the run failed; what it committed stays
  2    the command line or the configuration makes no sense
  3    finished, and failed tasks or rejects are on record
  4    stopped by --fail-fast or --max-errors
  130  interrupted (Ctrl-C; a second one does not wait for what is in flight)
  141  standard output was closed
  143  terminated";
