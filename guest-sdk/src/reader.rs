//! The input as the standard library reads.

use std::io::{self, BufRead, Read};

use crate::input::Input;

/// Reads an input; made by [`Input::reader`]. Reading does not fail. What one reader has left is there for the next.
#[derive(Debug)]
pub struct Reader<'a> {
    input: &'a mut Input,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a mut Input) -> Self {
        Self { input }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let amount = self.fill_buf()?.read(buffer)?;
        self.consume(amount);
        Ok(amount)
    }
}

impl BufRead for Reader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.input.window().is_empty() {
            self.input.widen();
        }
        Ok(self.input.window())
    }

    fn consume(&mut self, amount: usize) {
        self.input.take(amount);
    }
}
