//! `sandmill run`.

use crate::cli::error::StdoutClosed;
use crate::cli::exit::Exit;
use crate::cli::request::Request;
use crate::cli::watch::Watch;

/// # Errors
/// If the run cannot be watched, or standard output was closed. Other errors are told by the run's display.
pub fn run(request: &Request) -> anyhow::Result<Exit> {
    let watch = Watch::start(request)?;
    let ended = sandmill::run(&request.config, &watch);
    let printed = watch.close();
    let summary = match ended {
        Ok(summary) => summary,
        Err(error) => return Ok(watch.display.error(&error)),
    };
    match printed {
        Ok(()) => {
            let exit = Exit::of_run(&summary);
            watch.display.summary(&summary, request.job_name.as_deref(), exit);
            Ok(exit)
        }
        Err(error) if error.is::<StdoutClosed>() => Err(error),
        Err(error) => Ok(watch.display.error(&error)),
    }
}
