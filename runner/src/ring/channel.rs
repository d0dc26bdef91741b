//! Messages over a socket, one after the other: a length, and the message in postcard's form.
//!
//! The runner's side loses its patience with a child that says nothing, and takes no message that is larger than it has
//! reason to be. It counts the seconds that it waited, and looks at no clock: while it is stopped, so is its patience.

use std::fmt;
use std::io::{self, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The unit of patience.
const BEAT: Duration = Duration::from_secs(1);

/// What is read ahead: nearly every message fits.
const READ_BYTES: usize = 16 << 10;

const LENGTH_BYTES: usize = 8;

pub struct Channel {
    stream: BufReader<UnixStream>,
    buffer: Vec<u8>,
    most_bytes: usize,
    /// How many beats are waited for one message.
    patience: u64,
}

/// Why there are no messages any more.
#[derive(Debug)]
pub enum Broken {
    /// The other side is gone.
    Closed,
    /// The other side has said nothing for so many seconds.
    Silent(u64),
    /// What came is no message, for this reason.
    Nonsense(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the other side is gone"),
            Self::Silent(seconds) => write!(f, "nothing was said for {seconds} s"),
            Self::Nonsense(reason) => write!(f, "what was said makes no sense: {reason}"),
        }
    }
}

impl std::error::Error for Broken {}

impl Channel {
    /// One that waits for ever, and takes everything: for a child, which has to trust its runner.
    pub fn trusting(stream: UnixStream) -> Self {
        let stream = BufReader::with_capacity(READ_BYTES, stream);
        Self { stream, buffer: Vec::new(), most_bytes: usize::MAX, patience: u64::MAX }
    }

    /// One that takes messages of at most `most_bytes`.
    ///
    /// # Errors
    /// If the socket is none.
    pub fn wary(stream: UnixStream, most_bytes: usize) -> io::Result<Self> {
        stream.set_read_timeout(Some(BEAT))?;
        stream.set_write_timeout(Some(BEAT))?;
        Ok(Self { most_bytes, patience: 0, ..Self::trusting(stream) })
    }

    /// Waits for each further message for so long.
    pub fn be_patient(&mut self, time: Duration) {
        self.patience = time.as_secs().max(1);
    }

    /// # Errors
    /// If the other side is gone, or does not listen.
    pub fn send<T: Serialize>(&mut self, message: &T) -> Result<(), Broken> {
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        bytes.extend([0; LENGTH_BYTES]);
        let mut bytes = postcard::to_extend(message, bytes)
            .map_err(|error| Broken::Nonsense(format!("it cannot be said: {error}")))?;
        let length = (bytes.len() - LENGTH_BYTES) as u64;
        bytes[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
        let written = self.write(&bytes);
        self.keep(bytes);
        written
    }

    /// # Errors
    /// If the other side is gone, says nothing, or says what is no message.
    pub fn receive<T: DeserializeOwned>(&mut self) -> Result<T, Broken> {
        let mut length = [0; LENGTH_BYTES];
        self.read(&mut length)?;
        let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > self.most_bytes {
            return Err(Broken::Nonsense(format!("a message of {length} bytes")));
        }
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        bytes.resize(length, 0);
        self.read(&mut bytes)?;
        let message = postcard::from_bytes(&bytes).map_err(|error| Broken::Nonsense(error.to_string()));
        self.keep(bytes);
        message
    }

    /// Keeps a buffer for the next message, unless this one was larger than most.
    fn keep(&mut self, bytes: Vec<u8>) {
        const MOST_KEPT_BYTES: usize = 1 << 20;
        if bytes.capacity() <= MOST_KEPT_BYTES {
            self.buffer = bytes;
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Broken> {
        let mut beats = 0;
        while !bytes.is_empty() {
            match self.stream.get_ref().write(bytes) {
                Ok(0) => return Err(Broken::Closed),
                Ok(written_bytes) => bytes = &bytes[written_bytes..],
                Err(error) => self.wait(&error, &mut beats)?,
            }
        }
        Ok(())
    }

    fn read(&mut self, mut buffer: &mut [u8]) -> Result<(), Broken> {
        let mut beats = 0;
        while !buffer.is_empty() {
            match self.stream.read(buffer) {
                Ok(0) => return Err(Broken::Closed),
                Ok(read_bytes) => buffer = &mut buffer[read_bytes..],
                Err(error) => self.wait(&error, &mut beats)?,
            }
        }
        Ok(())
    }

    /// After a beat, or an interruption, goes on until the patience is over.
    fn wait(&self, error: &io::Error, beats: &mut u64) -> Result<(), Broken> {
        match error.kind() {
            ErrorKind::Interrupted => Ok(()),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                *beats += 1;
                if *beats > self.patience { Err(Broken::Silent(self.patience)) } else { Ok(()) }
            }
            _ => Err(Broken::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(most_bytes: usize) -> (Channel, Channel) {
        let (one, other) = UnixStream::pair().unwrap();
        (Channel::wary(one, most_bytes).unwrap(), Channel::trusting(other))
    }

    #[test]
    fn messages_come_as_they_were_sent() {
        let (mut runner, mut child) = pair(1 << 20);
        for text in ["", "a", &"long".repeat(10_000)] {
            child.send(&(7_u32, text)).unwrap();
            assert_eq!(runner.receive::<(u32, String)>().unwrap(), (7, text.to_owned()));
        }
    }

    #[test]
    fn a_wary_channel_is_not_talked_into_anything() {
        let (mut runner, mut child) = pair(100);
        child.send(&"x".repeat(101)).unwrap();
        assert!(matches!(runner.receive::<String>(), Err(Broken::Nonsense(reason)) if reason.contains("102 bytes")));
        let (mut runner, mut child) = pair(100);
        child.send(&[0xff_u8; 3]).unwrap();
        assert!(matches!(runner.receive::<String>(), Err(Broken::Nonsense(_))));
        let (mut runner, child) = pair(100);
        assert!(matches!(runner.receive::<String>(), Err(Broken::Silent(0))), "nobody says anything");
        drop(child);
        assert!(matches!(runner.receive::<String>(), Err(Broken::Closed)));
    }
}
