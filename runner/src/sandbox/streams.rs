//! A guest's standard streams, its clocks and its randomness, as wasmtime-wasi wants them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand_core::TryRng;
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, async_trait};

use super::io::{Io, READ_BYTES, WALL_CLOCK_LEAD};

/// What a guest may write in one go; wasmtime-wasi writes in smaller pieces.
const WRITE_BYTES: usize = 64 << 10;

/// Which of the two output streams.
#[derive(Clone, Copy)]
pub enum Output {
    Stdout,
    Stderr,
}

/// Standard input.
#[derive(Clone)]
pub struct In(pub Arc<Io>);

/// Standard output or standard error.
#[derive(Clone)]
pub struct Out(pub Arc<Io>, pub Output);

/// The clocks: fixed, but for sleeping.
pub struct Clock(pub Arc<Io>);

/// The generator.
pub struct Random(pub Arc<Io>);

impl IsTerminal for In {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for In {
    // Preview 1 takes the other form; this one is for preview 3.
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncRead + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for In {
    async fn ready(&mut self) {}
}

impl InputStream for In {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            // No bytes would be an interruption to preview 1, which a program may answer by trying again for ever.
            return Err(StreamError::Closed);
        }
        let mut buffer = vec![0; size.min(READ_BYTES)];
        let read_bytes = self.0.read_stdin(&mut buffer).map_err(|failure| StreamError::Trap(failure.into()))?;
        buffer.truncate(read_bytes);
        if buffer.is_empty() { Err(StreamError::Closed) } else { Ok(buffer.into()) }
    }
}

impl IsTerminal for Out {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Out {
    // As for standard input.
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Out {
    async fn ready(&mut self) {}
}

impl OutputStream for Out {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        match self.1 {
            Output::Stdout => self.0.write_stdout(&bytes).map_err(|failure| StreamError::Trap(failure.into())),
            Output::Stderr => {
                self.0.log(&bytes);
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        WALL_CLOCK_LEAD.saturating_add(Duration::from_nanos(self.0.now_ns()))
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.now_ns()
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill_random(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill_random(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_random(bytes);
        Ok(())
    }
}
