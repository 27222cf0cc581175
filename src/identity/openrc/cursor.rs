//! Where the parser stands in the text, and what it steps over: blanks, comments, here documents.

use std::cell::OnceCell;
use std::rc::Rc;

use zeroize::Zeroizing;

use super::error::{Fault, refuse};
use super::names;
use super::syntax::{Piece, PieceKind, Span, Word};

/// How deep commands and expansions may lie in each other.
const DEPTH_MAX: usize = 60;

/// A here document whose lines follow.
struct Pending {
    end: String,
    quoted: bool,
    strips_tabs: bool,
    body: Rc<OnceCell<Word>>,
}

pub(super) struct Parser<'a> {
    text: &'a str,
    pub at: usize,
    pub depth: usize,
    /// Where everything is said to stand: the text is built by the file, or taken out of backticks.
    place: Option<Span>,
    pending: Vec<Pending>,
    /// Where commands begin.
    pub starts: Vec<usize>,
    /// What stands in `[[ ]]` or `case` may hold a pattern with parentheses.
    pub patterns: bool,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str) -> Self {
        Parser { text, at: 0, depth: 0, place: None, pending: Vec::new(), starts: Vec::new(), patterns: false }
    }

    /// A parser of text that has no place of its own in the file.
    pub fn built(text: &'a str, place: Span, depth: usize) -> Self {
        Parser { place: Some(place), depth, ..Parser::new(text) }
    }

    pub fn span(&self, at: usize) -> Span {
        self.place.unwrap_or((at, self.at.max(at)))
    }

    pub fn refuse<T>(&self, at: usize, why: &'static str) -> Result<T, Fault> {
        let (begin, end) = self.place.unwrap_or((at, (at + 1).max(self.at)));
        refuse(begin, end, why)
    }

    pub fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    pub fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub fn slice(&self, at: usize, end: usize) -> &'a str {
        self.text.get(at..end).unwrap_or_default()
    }

    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Steps over `text` if it stands here.
    pub fn take(&mut self, text: &str) -> bool {
        let is_here = self.rest().starts_with(text);
        self.at += if is_here { text.len() } else { 0 };
        is_here
    }

    /// Steps over one character and gives it.
    pub fn character(&mut self) -> Option<char> {
        let character = self.rest().chars().next()?;
        self.at += character.len_utf8();
        Some(character)
    }

    pub fn name(&mut self) -> &'a str {
        let length = names::name_length(self.rest().as_bytes());
        self.at += length;
        self.slice(self.at - length, self.at)
    }

    /// What lies in something else is parsed by `part`, if that is not too deep.
    pub fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= DEPTH_MAX {
            return self.refuse(self.at, "this is nested too deeply");
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }

    /// Blanks, continued lines, a comment.
    pub fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.byte(1) == Some(b'\n') => self.at += 2,
                Some(b'#') => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ => return,
            }
        }
    }

    /// Blanks and the ends of lines, with the here documents that begin there.
    pub fn skip_lines(&mut self) -> Result<(), Fault> {
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'\n') {
                return Ok(());
            }
            self.at += 1;
            for pending in std::mem::take(&mut self.pending) {
                self.document(&pending)?;
            }
        }
    }

    /// Notes that the lines of a here document follow; they are put where this tells.
    pub fn expect_document(&mut self, delimiter: &Word, strips_tabs: bool) -> Result<Rc<OnceCell<Word>>, Fault> {
        let Some(end) = delimiter.literal() else {
            return self.refuse(delimiter.span.0, "this end of a here document is not understood here");
        };
        let quoted = delimiter.pieces.iter().any(|piece| piece.quoted);
        let body = Rc::new(OnceCell::new());
        self.pending.push(Pending { end: end.to_string(), quoted, strips_tabs, body: Rc::clone(&body) });
        Ok(body)
    }

    fn document(&mut self, pending: &Pending) -> Result<(), Fault> {
        let begin = self.at;
        let mut body = Zeroizing::new(String::new());
        while self.at < self.text.len() {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            self.at += line.len();
            let line = if pending.strips_tabs { line.trim_start_matches('\t') } else { line };
            if line.trim_end_matches('\n') == pending.end {
                break;
            }
            body.push_str(line);
        }
        let span = self.span(begin);
        let pieces = if pending.quoted {
            vec![Piece { kind: PieceKind::Text(body), quoted: true, span }]
        } else {
            Parser::built(&body, span, self.depth).document_pieces()?
        };
        let _ = pending.body.set(Word { pieces, span });
        Ok(())
    }
}
