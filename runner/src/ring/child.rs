//! A child: confines itself, loads the processor, and runs task after task until its run is gone.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;

use super::channel::{Broken, Channel};
use super::confine::Confines;
use super::distant::Distant;
use super::message::{FromChild, Hello, Ready, Report, ToChild};
use crate::sandbox::{self, Processor, Settings, Shared};
use crate::seat::Seat;

/// Serves the run at the other end of standard input, within `confines`.
///
/// # Errors
/// If nobody is there.
pub fn run(confines: &str) -> anyhow::Result<()> {
    let socket = io::stdin().as_fd().try_clone_to_owned().context("take the socket")?;
    let mut channel = Channel::trusting(UnixStream::from(socket));
    // Before a word is heard.
    let confined = confine(confines);
    let hello: Hello = channel.receive()?;
    let worker = hello.worker;
    let processor = confined.and_then(|()| load(hello));
    let seat = processor.as_ref().map_err(|error| format!("{error:#}"));
    let seat = seat.and_then(|processor| Seat::new(processor, worker).map_err(|error| format!("{error:#}")));
    let ready: Ready = seat.as_ref().map(|_| ()).map_err(Clone::clone);
    channel.send(&ready)?;
    match seat {
        Ok(mut seat) => work(&mut seat, channel),
        Err(_) => Ok(()),
    }
}

fn confine(confines: &str) -> anyhow::Result<()> {
    // What has to be opened before.
    sandbox::watch_memory();
    serde_json::from_str::<Confines>(confines).context("understand what is allowed")?.close()
}

fn load(hello: Hello) -> anyhow::Result<Processor> {
    let Hello { settings, shared, source, .. } = hello;
    let shared = shared.map(|share| Arc::new(Shared::of_another(share)));
    Processor::load(&source.0, Settings { shared, ..settings })
}

fn work(seat: &mut Seat<'_>, channel: Channel) -> anyhow::Result<()> {
    let channel = Arc::new(Mutex::new(channel));
    loop {
        let told = channel.lock().unwrap_or_else(PoisonError::into_inner).receive();
        let (id, size_bytes, chunk, params, content) = match told {
            Ok(ToChild::Task { id, size_bytes, chunk, params, content }) => (id, size_bytes, chunk, params, content),
            // An answer that nobody waits for any more.
            Ok(_) => continue,
            Err(Broken::Closed) => return Ok(()),
            Err(broken) => return Err(broken.into()),
        };
        let input = Distant { channel: Arc::clone(&channel), size_bytes, chunk, params, content, position: 0 };
        let report = Report::from(seat.run(&id, Box::new(input))?);
        channel.lock().unwrap_or_else(PoisonError::into_inner).send(&FromChild::Ended(Box::new(report)))?;
    }
}
