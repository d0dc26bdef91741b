//! The program `sandmill`: the shell around the library of the same name.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
