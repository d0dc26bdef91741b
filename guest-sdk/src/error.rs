//! Why a task does not end in rows.

use std::fmt::{self, Debug, Display};

/// The result of a function that may fail with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a task does not end in rows: it failed, or it is skipped on purpose.
///
/// Every [`std::error::Error`] becomes a failure by `?`, with its sources in the message. [`bail!`](crate::bail) and
/// [`skip!`](crate::skip) leave a function with a message of your own.
pub struct Error {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Failed,
    Skipped,
}

impl Error {
    /// A failure with this message: the task ends as `guest_error`.
    pub fn msg(message: impl Display) -> Self {
        Self { kind: Kind::Failed, message: message.to_string() }
    }

    /// Not a failure: the input is none of this processor's business, for this reason.
    pub fn skip(reason: impl Display) -> Self {
        Self { kind: Kind::Skipped, message: reason.to_string() }
    }

    /// Whether the task is skipped, and has not failed.
    pub fn is_skip(&self) -> bool {
        self.kind == Kind::Skipped
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }
}

/// The message, with its sources: `read header: invalid digit found in string`.
impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

// `Error` itself is no `std::error::Error`: it could not be made from all of those then.
impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            message.push_str(": ");
            message.push_str(&error.to_string());
            source = error.source();
        }
        Self { kind: Kind::Failed, message }
    }
}

/// Says what was being done when something went wrong.
///
/// ```
/// use sandmill_guest::{Context, Result};
///
/// fn year(text: &str) -> Result<u16> {
///     Ok(text.parse().context("parse year")?)
/// }
///
/// assert_eq!(year("20x6").unwrap_err().to_string(), "parse year: invalid digit found in string");
/// ```
pub trait Context<T> {
    /// Puts `context` before the message of an error.
    ///
    /// # Errors
    /// If this is one.
    fn context(self, context: impl Display) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn context(self, context: impl Display) -> Result<T> {
        self.map_err(|error| {
            let Error { kind, message } = error.into();
            Error { kind, message: format!("{context}: {message}") }
        })
    }
}

/// Ends the function with a failure: `bail!("{count} pages, at most 3 are allowed")`.
#[macro_export]
macro_rules! bail {
    ($($message:tt)+) => {
        return ::core::result::Result::Err($crate::Error::msg(::core::format_args!($($message)+)))
    };
}

/// Ends the function, and the task is skipped: `skip!("not a PNG")`.
#[macro_export]
macro_rules! skip {
    ($($reason:tt)+) => {
        return ::core::result::Result::Err($crate::Error::skip(::core::format_args!($($reason)+)))
    };
}

#[cfg(test)]
mod tests {
    use std::fmt::{self, Display};
    use std::num::ParseIntError;

    use super::{Context as _, Error, Result};

    #[derive(Debug)]
    struct Header(ParseIntError);

    impl Display for Header {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bad header")
        }
    }

    impl std::error::Error for Header {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    fn header(text: &str) -> Result<u8> {
        Ok(text.parse().map_err(Header)?)
    }

    #[test]
    fn the_message_has_the_sources_and_the_context() {
        let error = header("x").expect_err("not a number");
        assert_eq!(error.to_string(), "bad header: invalid digit found in string");
        let error = header("x").context("read 3").expect_err("not a number");
        assert_eq!(error.to_string(), "read 3: bad header: invalid digit found in string");
        assert!(!error.is_skip());
    }

    #[test]
    fn bail_fails_and_skip_skips() {
        fn bails(pages: u8) -> Result<()> {
            bail!("{pages} pages, and {} allowed", 3)
        }
        fn skips() -> Result<()> {
            skip!("not a PNG")
        }
        assert_eq!(format!("{:?}", bails(4).expect_err("bails")), "Failed: 4 pages, and 3 allowed");
        assert_eq!(format!("{:?}", skips().expect_err("skips")), "Skipped: not a PNG");
        assert!(skips().context("look").expect_err("skips").is_skip());
        assert_eq!(Error::msg("x").to_string(), "x");
    }
}
