//! Why a file was refused, and how that is told without telling a secret.

use crate::error::escaped;
use std::borrow::Cow;

/// More of a file's name is not shown, in characters.
pub(super) const LONGEST_NAME: usize = 1000;

/// An OpenRC file that cannot be read as data. The caller shows it and uses nothing of the file.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: `{found}`: {why}")]
pub struct OpenRcError {
    /// The file's name as it was given, control characters escaped.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// A short excerpt of the text that was found, escaped, and cut before the value of a secret.
    pub found: String,
    /// What is wrong with it and, where there is one, the way out.
    pub why: String,
}

impl OpenRcError {
    /// An error about the file as a whole.
    pub(super) fn of_file(file: &str, fault: FileFault) -> Self {
        Self { file: escaped(file, LONGEST_NAME), line: fault.line, found: fault.found, why: fault.why.to_owned() }
    }
}

/// What makes a file unreadable before its first word is looked at.
pub(super) struct FileFault {
    pub line: usize,
    pub found: String,
    pub why: &'static str,
}

/// A refusal inside the reader: a piece of the text and the reason. `why` names variables at most.
#[derive(Debug)]
pub(super) struct Fault {
    pub at: usize,
    pub end: usize,
    pub why: Cow<'static, str>,
}

/// Shorthand for a refusal of `text[at..end]`.
pub(super) fn refuse<T>(at: usize, end: usize, why: impl Into<Cow<'static, str>>) -> Result<T, Fault> {
    Err(Fault { at, end, why: why.into() })
}
