//! Words and the shell's quoting.

use super::cursor::Parser;
use super::error::{Fault, refuse};
use super::syntax::{Piece, Word};

impl<'a> Parser<'a> {
    /// The word that begins here; the caller has seen that one does.
    pub(super) fn word(&mut self) -> Result<Word<'a>, Fault> {
        let at = self.at;
        let mut pieces = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b'|' | b'&' | b';' | b'(' | b')' | b'<' | b'>' => break,
                _ => self.unquoted(&mut pieces, b" \t\n|&;()<>\\'\"$`")?,
            }
        }
        Ok(Word { pieces, at, end: self.at })
    }

    /// One piece outside double quotes; `stops` are the bytes that end plain text here.
    pub(super) fn unquoted(&mut self, pieces: &mut Vec<Piece<'a>>, stops: &[u8]) -> Result<(), Fault> {
        match self.peek() {
            Some(b'\\') if self.at_continuation() => {
                self.at += 2;
                Ok(())
            }
            Some(b'\\') => {
                self.at += 1;
                self.escaped(pieces)
            }
            Some(b'\'') => self.single_quoted(pieces),
            Some(b'"') => self.double_quoted(pieces),
            Some(b'$') => self.dollar(pieces, false),
            Some(b'`') => self.backticks(pieces, false),
            _ => {
                let text = self.run(stops);
                pieces.push(Piece::Plain(text));
                Ok(())
            }
        }
    }

    /// Text up to the next of `stops`, at least one byte.
    pub(super) fn run(&mut self, stops: &[u8]) -> &'a [u8] {
        let rest = self.text.get(self.at..self.end).unwrap_or_default();
        let more = rest.iter().skip(1).position(|byte| stops.contains(byte));
        let length = more.map_or(rest.len(), |more| more + 1);
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The byte behind a backslash, taken as it is.
    pub(super) fn escaped(&mut self, pieces: &mut Vec<Piece<'a>>) -> Result<(), Fault> {
        if self.peek().is_none() {
            return refuse(self.at.saturating_sub(1), self.at, "a backslash at the end");
        }
        pieces.push(Piece::Quoted(self.text.get(self.at..=self.at).unwrap_or_default()));
        self.at += 1;
        Ok(())
    }

    fn single_quoted(&mut self, pieces: &mut Vec<Piece<'a>>) -> Result<(), Fault> {
        let start = self.at;
        let rest = self.text.get(start + 1..self.end).unwrap_or_default();
        let Some(length) = rest.iter().position(|&byte| byte == b'\'') else {
            return refuse(start, start + 1, "this quote is not closed");
        };
        pieces.push(Piece::Quoted(rest.get(..length).unwrap_or_default()));
        self.at = start + length + 2;
        Ok(())
    }

    pub(super) fn double_quoted(&mut self, pieces: &mut Vec<Piece<'a>>) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        // Even empty quotes make a word.
        pieces.push(Piece::Quoted(b""));
        loop {
            match self.peek() {
                None => return refuse(start, start + 1, "this quote is not closed"),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') if self.at_continuation() => self.at += 2,
                Some(b'\\') if matches!(self.byte(1), Some(b'$' | b'`' | b'"' | b'\\')) => {
                    self.at += 1;
                    self.escaped(pieces)?;
                }
                Some(b'$') => self.dollar(pieces, true)?,
                Some(b'`') => self.backticks(pieces, true)?,
                Some(_) => pieces.push(Piece::Quoted(self.run(b"\"\\$`"))),
            }
        }
    }
}
