//! The spawner: starts children for a run that may start nothing, and tells how they ended. Both its sides are here.

use std::collections::HashMap;
use std::env;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail};
use rustix::cmsg_space;
use rustix::io::retry_on_intr;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::{Deserialize, Serialize};

use super::death::Death;
use crate::fault;

/// The hidden subcommands.
const SPAWNER: &str = "spawner";
const CHILD: &str = "child";

/// More than any message of these has.
const MOST_BYTES: usize = 4 << 10;

/// What the spawner is asked for. It answers each.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    /// A child of this number, whose standard input is the socket that comes with it.
    Start(u64),
    /// The end of a child, should it live, and how it ended.
    End(u64),
}

/// What it answers: nothing, or how the child ended, as the system says it; else why not.
type Answer = Result<i32, String>;

/// The run's side.
pub struct Spawner {
    process: Child,
    line: Mutex<Line>,
}

struct Line {
    /// `None` when the spawner is to end.
    socket: Option<OwnedFd>,
    next_number: u64,
}

/// A child as the spawner knows it.
#[derive(Clone, Copy, Debug)]
pub struct Number(u64);

impl Spawner {
    /// Starts `program`, which is sandmill, as a spawner whose children are confined by `confines`.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(program: &Path, confines: String) -> anyhow::Result<Self> {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
            .context("make a pair of sockets")?;
        // What the terminal sends to its foreground, Ctrl-C above all, is for the run to hear.
        let process = command(program)
            .args([SPAWNER, &confines])
            .stdin(theirs)
            .process_group(0)
            .spawn()
            .with_context(|| format!("start the spawner, {}", program.display()))?;
        Ok(Self { process, line: Mutex::new(Line { socket: Some(ours), next_number: 0 }) })
    }

    /// A new child, and the line to it.
    ///
    /// # Errors
    /// If there can be none.
    pub fn child(&self) -> anyhow::Result<(UnixStream, Number)> {
        let (ours, theirs) = UnixStream::pair().context("make a pair of sockets")?;
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.next_number += 1;
        let number = line.next_number;
        line.ask(&Order::Start(number), Some(theirs.as_fd())).context("start a process for tasks")?;
        Ok((ours, Number(number)))
    }

    /// Ends a child, if it has not ended by itself.
    ///
    /// # Errors
    /// If the spawner is gone.
    pub fn end(&self, Number(number): Number) -> anyhow::Result<Death> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.ask(&Order::End(number), None).map(Death::from_raw).context("learn how a process for tasks ended")
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        // It ends when nobody is there any more, and its children with it.
        self.line.get_mut().unwrap_or_else(PoisonError::into_inner).socket = None;
        let _ = self.process.wait();
    }
}

impl Line {
    fn ask(&mut self, order: &Order, socket: Option<BorrowedFd<'_>>) -> anyhow::Result<i32> {
        let line = self.socket.as_ref().context("the spawner is gone")?;
        send(line, order, socket).context("ask the spawner")?;
        match receive::<Answer>(line).context("hear the spawner")? {
            Some((answer, _)) => answer.map_err(anyhow::Error::msg),
            None => bail!("the spawner is gone"),
        }
    }
}

/// The spawner's side: starts children until the run at the other end of standard input is gone.
///
/// # Errors
/// If the run cannot be heard.
pub fn serve(confines: &str) -> anyhow::Result<()> {
    let line = io::stdin().as_fd().try_clone_to_owned().context("take the socket")?;
    let mut children = HashMap::new();
    while let Some((order, socket)) = receive(&line).context("hear the run")? {
        let answer: Answer = match (order, socket) {
            (Order::Start(number), Some(socket)) => start_child(confines, socket)
                .map(|child| children.insert(number, child))
                .map(|_| 0)
                .map_err(|error| error.to_string()),
            (Order::Start(_), None) => Err("no socket came with it".to_owned()),
            (Order::End(number), _) => end_child(children.remove(&number)).map_err(|error| error.to_string()),
        };
        send(&line, &answer, None).context("answer the run")?;
    }
    for child in children.values_mut() {
        // One that ended by itself is no matter any more.
        let _ = child.kill().and_then(|()| child.wait());
    }
    Ok(())
}

fn start_child(confines: &str, socket: OwnedFd) -> io::Result<Child> {
    command(&own_program()?).args([CHILD, confines]).stdin(socket).spawn()
}

/// What died already is not touched by the signal: it has ended as it ended.
fn end_child(child: Option<Child>) -> io::Result<i32> {
    let mut child = child.ok_or_else(|| io::Error::other("there is no such child"))?;
    child.kill()?;
    Ok(child.wait()?.into_raw())
}

/// The file that this process runs, whatever lies at its path by now.
///
/// # Errors
/// If the system does not tell.
pub fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { env::current_exe() }
}

/// sandmill, with nothing of the user's environment, and nothing to say to the user's terminal.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg0("sandmill").env_clear().stdout(Stdio::null()).stderr(Stdio::null());
    for name in fault::VARIABLES {
        command.envs(env::var_os(name).map(|value| (name, value)));
    }
    command
}

fn send(line: impl AsFd, message: &impl Serialize, socket: Option<BorrowedFd<'_>>) -> anyhow::Result<()> {
    let bytes = postcard::to_allocvec(message)?;
    let sockets = socket.as_slice();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !sockets.is_empty() && !control.push(SendAncillaryMessage::ScmRights(sockets)) {
        bail!("there is no room for a socket");
    }
    // Whoever is gone is an error, not a signal.
    retry_on_intr(|| sendmsg(&line, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL))?;
    Ok(())
}

/// The next message, and the socket that came with it; nothing if nobody is there any more.
fn receive<T: for<'de> Deserialize<'de>>(line: impl AsFd) -> anyhow::Result<Option<(T, Option<OwnedFd>)>> {
    let mut bytes = [0; MOST_BYTES];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received =
        retry_on_intr(|| recvmsg(&line, &mut [IoSliceMut::new(&mut bytes)], &mut control, RecvFlags::CMSG_CLOEXEC))?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let mut sockets = control.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(sockets) => sockets.collect(),
        _ => Vec::new(),
    });
    let socket = sockets.next();
    Ok(Some((postcard::from_bytes(&bytes[..received.bytes])?, socket)))
}
