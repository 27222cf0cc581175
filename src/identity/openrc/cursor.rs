//! The parser's place in the text, and the steps that every part of the grammar takes.

use super::error::{Fault, refuse};

/// `$(... ${... $(...)})` and `if` within `if`: deeper than any real file, shallow for the stack.
const DEPTH_MAX: usize = 24;

pub(super) struct Parser<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    /// Where reading stops: the text's end, or that of the backticks being read.
    pub(super) end: usize,
    depth: usize,
    /// How many `$(...)` and backticks are open; a line in one does not begin a command of the file.
    pub(super) substitutions: usize,
    command_starts: Vec<usize>,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, end: text.len(), depth: 0, substitutions: 0, command_starts: vec![0] }
    }

    /// Offsets of the lines on which a command begins, for excerpts.
    pub fn into_command_starts(self) -> Vec<usize> {
        self.command_starts
    }

    /// Runs a part of the grammar one level deeper.
    pub(super) fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= DEPTH_MAX {
            return self.refuse_here(1, "too deep");
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    pub(super) fn byte(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        self.text.get(at).copied().filter(|_| at < self.end)
    }

    /// A backslash before a line's end joins the lines.
    pub(super) fn at_continuation(&self) -> bool {
        self.peek() == Some(b'\\') && self.byte(1) == Some(b'\n')
    }

    /// Skips blanks, joined lines and, since a word may begin here, a comment.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.at_continuation() => self.at += 2,
                Some(b'#') => self.at = self.line_end(),
                _ => return,
            }
        }
    }

    pub(super) fn skip_newlines(&mut self) {
        self.skip_blanks();
        while self.peek() == Some(b'\n') {
            self.at += 1;
            if self.substitutions == 0 {
                self.command_starts.push(self.at);
            }
            self.skip_blanks();
        }
    }

    /// The bare word that begins here, or nothing.
    pub(super) fn keyword(&self) -> &'a [u8] {
        let rest = self.text.get(self.at..self.end).unwrap_or_default();
        let end = rest.iter().position(|byte| b" \t\n|&;()<>".contains(byte));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    pub(super) fn take_keyword(&mut self, keyword: &[u8]) -> bool {
        let taken = self.keyword() == keyword;
        if taken {
            self.at += keyword.len();
        }
        taken
    }

    pub(super) fn line_end(&self) -> usize {
        let rest = self.text.get(self.at..self.end).unwrap_or_default();
        self.at + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
    }

    pub(super) fn refuse_here<T>(&self, length: usize, why: &'static str) -> Result<T, Fault> {
        refuse(self.at, self.at + length, why)
    }
}
