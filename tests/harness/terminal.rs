//! The real program on a terminal: a pseudo-terminal, and an emulator that says what a user sees.

use std::fs::File;
use std::io::Read as _;
use std::num::NonZeroU16;
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::program::Program;

/// What is waited for comes within this, on any machine, or not at all.
const WATCHDOG: Duration = Duration::from_secs(120);

pub struct Terminal {
    controller: OwnedFd,
    written: Receiver<Vec<u8>>,
    emulator: vt100::Parser,
    child: Child,
}

impl Terminal {
    /// Starts the program on a terminal with so many rows and columns.
    pub fn start(program: Program, rows: u16, columns: u16) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        resize(&controller, rows, columns);
        let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
        let side = File::options().read(true).write(true).open(name).unwrap();
        let mut command = program.env("TERM", "xterm").into_command();
        command.stdout(Stdio::from(side.try_clone().unwrap())).stderr(Stdio::from(side));
        let child = command.spawn().unwrap();
        // The program's own are the last ones then, and the end of it the end of what is written.
        drop(command);
        let mut reader = File::from(controller.as_fd().try_clone_to_owned().unwrap());
        let (sender, written) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal whose other side is closed is an error to read from.
            while let Ok(bytes @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..bytes].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { controller, written, emulator: vt100::Parser::new(size(rows), size(columns), 0), child }
    }

    pub fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// What is on the screen, row by row: also where the program has let one run over into the next.
    pub fn screen(&self) -> String {
        self.emulator.screen().rows(0, u16::MAX).collect::<Vec<_>>().join("\n")
    }

    pub fn resize(&mut self, rows: u16, columns: u16) {
        resize(&self.controller, rows, columns);
        self.emulator.screen_mut().set_size(size(rows), size(columns));
    }

    /// Waits until the screen is as `is_expected` wants it, and returns it.
    #[track_caller]
    pub fn wait_for(&mut self, is_expected: impl Fn(&str) -> bool) -> String {
        loop {
            let screen = self.screen();
            if is_expected(&screen) {
                return screen;
            }
            match self.written.recv_timeout(WATCHDOG) {
                Ok(bytes) => self.emulator.process(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("the screen stays as it is:\n{screen}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the program has ended, and the screen is:\n{screen}"),
            }
        }
    }

    /// Waits for the program to end, and returns how, and what it has left on the screen.
    pub fn end(mut self) -> (ExitStatus, String) {
        while let Ok(bytes) = self.written.recv_timeout(WATCHDOG) {
            self.emulator.process(&bytes);
        }
        (self.child.wait().unwrap(), self.screen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).unwrap()
}

fn resize(controller: &OwnedFd, rows: u16, columns: u16) {
    tcsetwinsize(controller, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}
