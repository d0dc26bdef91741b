//! What a run starts of itself: the spawner, and the processes for tasks that this starts.

use crate::cli::args::RingArgs;
use crate::cli::exit::Exit;
use crate::cli::interrupts;

/// # Errors
/// If no run is there.
pub fn spawner(args: &RingArgs) -> anyhow::Result<Exit> {
    interrupts::ignore()?;
    sandmill::ring::spawner(&args.confines)?;
    Ok(Exit::Success)
}

/// # Errors
/// If no run is there.
pub fn child(args: &RingArgs) -> anyhow::Result<Exit> {
    interrupts::ignore()?;
    sandmill::ring::child(&args.confines)?;
    Ok(Exit::Success)
}
