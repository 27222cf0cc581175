//! What a command is given of the process it runs in.

use crate::LONGEST_TEXT;
use crate::clock::Clock;
use crate::error::{Error, escaped};
use crate::identity::Environment;
use std::io::{BufRead, Write};
use std::time::Instant;

/// Environment, time and streams.
pub struct Context<'a> {
    /// The environment as it was at the start.
    pub environment: &'a Environment,
    /// Tells the time.
    pub clock: &'static dyn Clock,
    /// When the program started.
    pub started: Instant,
    /// Standard input.
    pub stdin: &'a mut dyn BufRead,
    /// Standard output: the answer and nothing else.
    pub stdout: &'a mut dyn Write,
    /// Standard error: messages.
    pub stderr: &'a mut dyn Write,
    /// Whether standard error is a terminal: progress is shown.
    pub terminal: bool,
    /// Whether standard output takes colours.
    pub colour: bool,
}

impl Context<'_> {
    /// Writes the answer.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn answer(&mut self, text: &str) -> Result<(), Error> {
        let written = self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush());
        written.map_err(|error| Error::Io { what: "standard output", error })
    }

    /// Says what went wrong beside the answer.
    pub fn warn(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "ostoken: warning: {}", escaped(text, LONGEST_TEXT));
    }

    /// Runs `work`, which asks Keystone; shows on a terminal that it does.
    pub fn with_progress<T>(&mut self, host: &str, work: impl FnOnce() -> T) -> T {
        if self.terminal {
            let _ = write!(self.stderr, "asking {host} ...");
            let _ = self.stderr.flush();
        }
        let answer = work();
        if self.terminal {
            let _ = write!(self.stderr, "\r\x1b[K");
        }
        answer
    }
}
