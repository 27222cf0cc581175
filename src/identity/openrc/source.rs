//! The text of the file: its bounds, its lines, and excerpts of it that are safe to print.

use zeroize::Zeroizing;

use super::error::{Fault, FileFault, LONGEST_NAME, OpenRcError, refuse};
use super::names;
use super::syntax::Span;
use crate::error::escaped;

/// Panels give files of 2 KiB; the bound keeps a wrong `--openrc` (a disk image) out of memory.
const FILE_MAX: usize = 64 * 1024;
/// Enough to find the place, short enough for one line of a terminal.
const EXCERPT_MAX: usize = 60;

/// The text without a byte order mark and without the CR of CRLF line ends (Windows editors add
/// both, and bash would put the CR into every value).
///
/// Bytes that are not UTF-8 become U+FFFD, which no value may hold: they are welcome in comments.
pub(super) fn normalized(text: &[u8]) -> Result<Zeroizing<String>, FileFault> {
    if text.len() > FILE_MAX {
        return Err(FileFault {
            line: 1,
            found: format!("{} bytes", text.len()),
            why: "an OpenRC file is at most 64 KiB",
        });
    }
    if let Some(at) = text.iter().position(|&byte| byte == 0) {
        return Err(FileFault {
            line: 1 + text.iter().take(at).filter(|&&byte| byte == b'\n').count(),
            found: "\\0".to_owned(),
            why: "this is no text file (UTF-16 must be saved as UTF-8)",
        });
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    for (at, &byte) in text.iter().enumerate() {
        if byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            out.push(byte);
        }
    }
    Ok(Zeroizing::new(String::from_utf8_lossy(&out).into_owned()))
}

/// Whether a value is text without characters that would break a header, a line of the credential protocol or a terminal.
/// The error says which kind, and never the value.
pub(super) fn check(value: &str, (at, end): Span) -> Result<(), Fault> {
    if value.contains('\u{fffd}') {
        return refuse(at, end, "the value is not UTF-8");
    }
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let line_end = character == '\r' && characters.peek() == Some(&'\n');
        if character.is_control() && !line_end && !matches!(character, '\t' | '\n') {
            return refuse(at, end, "the value contains a control character");
        }
    }
    Ok(())
}

/// The text, and where its lines and its commands begin.
pub(super) struct Source<'a> {
    pub text: &'a str,
    lines: Vec<usize>,
    /// Where commands begin, ascending.
    commands: Vec<usize>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        let ends = text.as_bytes().iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1));
        Self { text, lines: lines.collect(), commands: vec![0] }
    }

    /// Where commands begin. One behind another in a line counts as a part of it: an unquoted `;` may be a secret's.
    pub fn note_commands(&mut self, starts: Vec<usize>) {
        let line_before = |at: usize| self.text.get(..at).and_then(|before| before.rsplit('\n').next());
        self.commands = vec![0];
        self.commands
            .extend(starts.into_iter().filter(|&at| line_before(at).is_some_and(|line| line.trim().is_empty())));
        self.commands.sort_unstable();
    }

    /// The line, counted from 1, that holds this offset.
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start <= at).max(1)
    }

    /// Turns a refusal into the error a caller sees.
    pub fn explain(&self, file: &str, fault: Fault) -> OpenRcError {
        OpenRcError {
            file: escaped(file, LONGEST_NAME),
            line: self.line(fault.at),
            found: self.excerpt(fault.at, fault.end),
            why: fault.why.into_owned(),
        }
    }

    /// The text of `at..end`, one line, short. Where the command up to there assigns to the name of
    /// a secret, that name stands for all of it: an unquoted `&` in a password must not print the
    /// half of the password behind it.
    fn excerpt(&self, at: usize, end: usize) -> String {
        let command = self.commands.partition_point(|&start| start <= at);
        let command = self.commands.get(command.saturating_sub(1)).copied().unwrap_or(0);
        if let Some((name, after)) = names::secret_assignment(self.slice(command, end)) {
            return format!("{}…", shown(self.slice(command + name, command + after)));
        }
        let text = self.slice(at, end);
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or(text);
        match names::secret_name(line) {
            Some(after) => format!("{}…", shown(line.get(..after).unwrap_or(line))),
            None if line.len() < text.len() => format!("{}…", shown(line)),
            None => shown(line),
        }
    }

    fn slice(&self, at: usize, end: usize) -> &'a [u8] {
        self.text.as_bytes().get(at..end.min(self.text.len())).unwrap_or_default()
    }
}

fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut out = escaped(text.trim_end(), usize::MAX);
    if let Some((cut, _)) = out.char_indices().nth(EXCERPT_MAX) {
        out.truncate(cut);
        out.push('…');
    }
    out
}
