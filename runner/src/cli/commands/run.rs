//! `sandmill run`.

use crate::cli::error::StdoutClosed;
use crate::cli::exit::Exit;
use crate::cli::request::Request;
use crate::cli::watch::Watch;

/// # Errors
/// If the run cannot be watched, or standard output was closed. Other errors are told by the run's display.
pub fn run(request: &Request) -> anyhow::Result<Exit> {
    // The watch has threads, and only what starts after the lockdown is bound by it.
    let prepared = sandmill::prepare(&request.config);
    let watch = Watch::start(request)?;
    let ended = prepared.and_then(|prepared| prepared.run(&watch));
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
