//! What begins with `$` or a backtick. `$(...)` is parsed, so that its end is where bash sees it,
//! and then forgotten: it is never run.

use super::cursor::Parser;
use super::error::{Fault, refuse};
use super::grammar::Closer;
use super::names;
use super::syntax::{Form, Parameter, Piece};

impl<'a> Parser<'a> {
    pub(super) fn dollar(&mut self, pieces: &mut Vec<Piece<'a>>, quoted: bool) -> Result<(), Fault> {
        let at = self.at;
        match self.byte(1) {
            Some(b'{') => self.deeper(|parser| parser.braced(pieces, quoted)),
            Some(b'(') if self.byte(2) == Some(b'(') => self.refuse_here(3, "arithmetic is not understood here"),
            Some(b'[') => self.refuse_here(2, "arithmetic is not understood here"),
            Some(b'(') => self.deeper(|parser| parser.substitution(pieces, quoted)),
            Some(b'\'') if !quoted => self.ansi_quoted(pieces),
            Some(b'"') if !quoted => {
                self.at += 1;
                self.double_quoted(pieces)
            }
            Some(b'\\') if self.byte(2) == Some(b'\n') => self.refuse_here(2, "a line is broken inside an expansion"),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                self.at += 1;
                let name = self.variable_name();
                if self.at_continuation() {
                    return refuse(at, self.at, "a line is broken inside an expansion");
                }
                let end = self.at;
                let parameter = Parameter { name, quoted, form: Form::Value, at, end };
                pieces.push(Piece::Parameter(Box::new(parameter)));
                Ok(())
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?-$!".contains(&byte) => {
                self.at += 2;
                pieces.push(Piece::Unknown { at, end: self.at, quoted });
                Ok(())
            }
            _ => {
                let text = self.text.get(at..=at).unwrap_or_default();
                pieces.push(if quoted { Piece::Quoted(text) } else { Piece::Plain(text) });
                self.at += 1;
                Ok(())
            }
        }
    }

    /// The variable's name that begins here; empty if none does.
    pub(super) fn variable_name(&mut self) -> &'a str {
        let rest = self.text.get(self.at..self.end).unwrap_or_default();
        let name = rest.get(..names::name_length(rest)).unwrap_or_default();
        self.at += name.len();
        std::str::from_utf8(name).unwrap_or_default()
    }

    fn substitution(&mut self, pieces: &mut Vec<Piece<'a>>, quoted: bool) -> Result<(), Fault> {
        let at = self.at;
        self.at += b"$(".len();
        self.substitutions += 1;
        self.list(Closer::Parenthesis)?;
        self.substitutions -= 1;
        if self.peek() != Some(b')') {
            return refuse(at, at + 2, "this `$(` is not closed");
        }
        self.at += 1;
        pieces.push(Piece::Unknown { at, end: self.at, quoted });
        Ok(())
    }

    pub(super) fn backticks(&mut self, pieces: &mut Vec<Piece<'a>>, quoted: bool) -> Result<(), Fault> {
        let at = self.at;
        let rest = self.text.get(at + 1..self.end).unwrap_or_default();
        let Some(length) = rest.iter().position(|&byte| byte == b'`') else {
            return refuse(at, at + 1, "this backtick is not closed");
        };
        let close = at + 1 + length;
        if rest.iter().take(length).any(|&byte| byte == b'\\') {
            return refuse(at, close + 1, "a backslash between backticks");
        }
        self.at += 1;
        let outer_end = std::mem::replace(&mut self.end, close);
        self.substitutions += 1;
        self.deeper(|parser| parser.list(Closer::End))?;
        self.substitutions -= 1;
        self.end = outer_end;
        self.at = close + 1;
        pieces.push(Piece::Unknown { at, end: self.at, quoted });
        Ok(())
    }
}
