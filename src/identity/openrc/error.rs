//! Why a file was refused, and how that is told without telling a secret.

use std::borrow::Cow;

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
        Self { file: escaped(file), line: fault.line, found: fault.found, why: fault.why.to_owned() }
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

/// Names from outside must not move a terminal's cursor: control and format characters are escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let reorders = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffd}');
        if character.is_control() || reorders {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}
