//! Words: quotes, and what stands behind a dollar sign.

use std::rc::Rc;

use zeroize::Zeroizing;

use super::cursor::Parser;
use super::error::Fault;
use super::syntax::{Operation, Parameter, Piece, PieceKind, Word};

const UNCLOSED: &str = "this quote is not closed";

/// Where a word ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// At a blank or an operator.
    Blank,
    /// At the `}` of `${...}`, or at this byte before it.
    Brace(Option<u8>),
    /// At the `]` of an index.
    Bracket,
    /// At the end of the text.
    End,
}

impl Parser<'_> {
    /// The word that begins here; one without pieces where none does.
    pub fn word(&mut self) -> Result<Word, Fault> {
        self.deeper(|parser| parser.word_until(Until::Blank, false))
    }

    /// The word in `[...]`, behind the bracket.
    pub fn index(&mut self) -> Result<Word, Fault> {
        let at = self.at;
        self.at += 1;
        let word = self.deeper(|parser| parser.word_until(Until::Bracket, false))?;
        if self.take("]") { Ok(word) } else { self.refuse(at, "this bracket is not closed") }
    }

    /// The lines of a here document.
    pub fn document_pieces(mut self) -> Result<Vec<Piece>, Fault> {
        Ok(self.word_until(Until::End, true)?.pieces)
    }

    fn word_until(&mut self, until: Until, quoted: bool) -> Result<Word, Fault> {
        let start = self.at;
        let mut pieces = Vec::new();
        while let Some(byte) = self.peek() {
            let ends = match until {
                Until::Blank => match byte {
                    b'<' | b'>' => self.byte(1) != Some(b'('),
                    b'(' => !(self.patterns && self.is_pattern(&pieces)),
                    _ => b" \t\n;&|)".contains(&byte),
                },
                Until::Brace(stop) => byte == b'}' || Some(byte) == stop,
                Until::Bracket => byte == b']',
                Until::End => false,
            };
            if ends {
                break;
            }
            self.piece(&mut pieces, until, quoted)?;
        }
        Ok(Word { pieces, span: self.span(start) })
    }

    /// Whether a `(` belongs to an extended pattern such as `@(a|b)`.
    fn is_pattern(&self, pieces: &[Piece]) -> bool {
        matches!(pieces.last(), Some(Piece { kind: PieceKind::Text(text), quoted: false, .. })
            if text.ends_with(['?', '*', '+', '@', '!']))
    }

    fn piece(&mut self, pieces: &mut Vec<Piece>, until: Until, quoted: bool) -> Result<(), Fault> {
        let at = self.at;
        match self.peek() {
            Some(b'\\') => self.backslash(pieces, quoted, until),
            Some(b'\'') if !quoted => {
                self.at += 1;
                let Some(length) = self.rest().find('\'') else { return self.refuse(at, UNCLOSED) };
                let text = self.slice(self.at, self.at + length);
                self.at += length + 1;
                self.push(pieces, at, text, true);
            }
            Some(b'"') if until != Until::End => {
                self.at += 1;
                self.push(pieces, at, "", true);
                while self.peek() != Some(b'"') {
                    if self.peek().is_none() {
                        return self.refuse(at, UNCLOSED);
                    }
                    self.deeper(|parser| parser.piece(pieces, Until::Blank, true))?;
                }
                self.at += 1;
            }
            Some(b'$') if quoted && matches!(until, Until::Brace(_)) && matches!(self.byte(1), Some(b'\'' | b'"')) => {
                return self.refuse(at, "this quote is not understood here");
            }
            // In `"${A:-'b'}"` they are text, but bash wants them in pairs.
            Some(b'\'') if matches!(until, Until::Brace(_)) => {
                let rest = self.slice(at + 1, at + self.rest().len());
                match rest.split_once('\'') {
                    Some((inside, _)) if !inside.contains(['}', '"', '$', '`', '\\']) => {
                        self.at += inside.len() + 2;
                        self.push(pieces, at, self.slice(at, self.at), quoted);
                    }
                    _ => return self.refuse(at, "this quote is not understood here"),
                }
            }
            Some(b'$') if !quoted && matches!(self.byte(1), Some(b'\'')) => {
                let text = self.ansi_quoted()?;
                self.push(pieces, at, &text, true);
            }
            Some(b'$') if !quoted && matches!(self.byte(1), Some(b'"')) => self.at += 1,
            Some(b'$') => self.deeper(|parser| parser.dollar(pieces, quoted))?,
            Some(b'`') => self.deeper(|parser| parser.backticks(pieces, quoted))?,
            Some(b'<' | b'>') if !quoted && until == Until::Blank && self.byte(1) == Some(b'(') => {
                self.at += 1;
                let kind = self.command(true)?;
                pieces.push(Piece { kind, quoted, span: self.span(at) });
            }
            Some(b'<' | b'>') if !quoted && matches!(until, Until::Brace(_)) && self.byte(1) == Some(b'(') => {
                return self.refuse(at, "a command is not understood here");
            }
            Some(b'(') if !quoted && until == Until::Blank => {
                self.parentheses(pieces)?;
                pieces.push(Piece { kind: PieceKind::Bad, quoted, span: self.span(at) });
            }
            _ => {
                self.character();
                let text = self.slice(at, self.at);
                self.push(pieces, at, text, quoted);
            }
        }
        Ok(())
    }

    /// Adds text, to the piece before it where that is text of the same kind.
    fn push(&self, pieces: &mut Vec<Piece>, at: usize, text: &str, quoted: bool) {
        let span = self.span(at);
        match pieces.last_mut() {
            Some(Piece { kind: PieceKind::Text(before), quoted: same, span: (_, end) }) if *same == quoted => {
                let needed = before.len() + text.len();
                if before.capacity() < needed {
                    // Grown by hand: a secret leaves no copy behind.
                    let mut whole = Zeroizing::new(String::with_capacity(needed.next_power_of_two()));
                    whole.push_str(before);
                    *before = whole;
                }
                before.push_str(text);
                *end = span.1;
            }
            _ => pieces.push(Piece { kind: PieceKind::Text(Zeroizing::new(text.to_owned())), quoted, span }),
        }
    }

    fn backslash(&mut self, pieces: &mut Vec<Piece>, quoted: bool, until: Until) {
        let at = self.at;
        self.at += 1;
        let Some(next) = self.peek() else { return self.push(pieces, at, "\\", quoted) };
        let escapes = match (quoted, until) {
            (false, _) => true,
            (true, Until::End) => b"$`\\\n".contains(&next),
            (true, Until::Brace(_)) => b"$`\"\\\n}".contains(&next),
            (true, _) => b"$`\"\\\n".contains(&next),
        };
        let begin = if escapes { self.at } else { at };
        self.character();
        let text = if next == b'\n' && escapes { "" } else { self.slice(begin, self.at) };
        if !text.is_empty() {
            self.push(pieces, at, text, true);
        }
    }

    fn dollar(&mut self, pieces: &mut Vec<Piece>, quoted: bool) -> Result<(), Fault> {
        let at = self.at;
        self.at += 1;
        let kind = match self.peek() {
            Some(b'(') if self.byte(1) == Some(b'(') => match self.arithmetic("((", "))") {
                Some(text) => PieceKind::Arithmetic(text),
                None => self.command(false)?,
            },
            Some(b'(') => self.command(false)?,
            Some(b'[') => match self.arithmetic("[", "]") {
                Some(text) => PieceKind::Arithmetic(text),
                None => return self.refuse(at, "arithmetic is not understood here"),
            },
            Some(b'{') => self.braced(quoted)?,
            Some(byte) if byte.is_ascii_digit() || b"@*#?$!-".contains(&byte) => {
                self.at += 1;
                parameter(self.slice(self.at - 1, self.at))
            }
            _ => match self.name() {
                "" if self.rest().starts_with("\\\n") => {
                    return self.refuse(at, "a name that goes on in the next line is not understood here");
                }
                "" => {
                    self.push(pieces, at, "$", quoted);
                    return Ok(());
                }
                _ if self.rest().starts_with("\\\n")
                    && self.byte(2).is_some_and(|byte| byte.is_ascii_alphanumeric()) =>
                {
                    return self.refuse(at, "a name that goes on in the next line is not understood here");
                }
                name => parameter(name),
            },
        };
        pieces.push(Piece { kind, quoted, span: self.span(at) });
        Ok(())
    }

    /// The text between `open` and `close`, where the parentheses and brackets in it match; else nothing is taken.
    pub fn arithmetic(&mut self, open: &str, close: &str) -> Option<String> {
        let begin = self.at + open.len();
        let mut depth = 0_usize;
        for (offset, byte) in self.slice(begin, self.at + self.rest().len()).bytes().enumerate() {
            match byte {
                // Quotes and braces may hold what ends it.
                b'\'' | b'"' | b'\\' | b'`' | b'{' | b'}' => return None,
                b'(' | b'[' => depth += 1,
                b')' | b']' if depth > 0 => depth -= 1,
                b')' | b']' => {
                    let end = begin + offset;
                    if !self.slice(end, end + close.len()).eq(close) {
                        return None;
                    }
                    self.at = end + close.len();
                    return Some(self.slice(begin, end).to_owned());
                }
                _ => {}
            }
        }
        None
    }

    /// `(list)`, the parenthesis being here.
    fn command(&mut self, process: bool) -> Result<PieceKind, Fault> {
        let at = self.at;
        self.at += 1;
        let patterns = std::mem::replace(&mut self.patterns, false);
        let list = self.list(&[")"])?;
        self.patterns = patterns;
        if !self.take(")") {
            return self.refuse(at, "this parenthesis is not closed");
        }
        Ok(PieceKind::Command { list: Rc::new(list), process })
    }

    /// Steps over a balanced pair of parentheses.
    pub fn parentheses(&mut self, pieces: &mut Vec<Piece>) -> Result<(), Fault> {
        let at = self.at;
        self.at += 1;
        while self.peek() != Some(b')') {
            match self.peek() {
                None => return self.refuse(at, "this parenthesis is not closed"),
                Some(b'(') => self.deeper(|parser| parser.parentheses(pieces))?,
                Some(_) => self.piece(pieces, Until::Brace(None), false)?,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn backticks(&mut self, pieces: &mut Vec<Piece>, quoted: bool) -> Result<(), Fault> {
        let at = self.at;
        self.at += 1;
        let mut text = Zeroizing::new(String::new());
        loop {
            match self.character() {
                None => return self.refuse(at, UNCLOSED),
                Some('`') => break,
                Some('\\') if self.peek().is_some_and(|next| b"$`\\".contains(&next) || quoted && next == b'"') => {
                    text.extend(self.character());
                }
                Some(other) => text.push(other),
            }
        }
        let span = self.span(at);
        let mut inner = Parser::built(&text, span, self.depth);
        let list = inner.script()?;
        pieces.push(Piece { kind: PieceKind::Command { list: Rc::new(list), process: false }, quoted, span });
        Ok(())
    }

    /// `${...}`, the brace being here.
    fn braced(&mut self, quoted: bool) -> Result<PieceKind, Fault> {
        let at = self.at;
        self.at += 1;
        let after = self.at;
        if let Some(parameter) = self.parameter(quoted)?
            && self.take("}")
        {
            return Ok(PieceKind::Parameter(Rc::new(parameter)));
        }
        self.at = after;
        self.word_until(Until::Brace(None), quoted)?;
        if self.take("}") { Ok(PieceKind::Bad) } else { self.refuse(at, "this brace is not closed") }
    }

    fn parameter(&mut self, quoted: bool) -> Result<Option<Parameter>, Fault> {
        let counts = self.peek() == Some(b'#') && !matches!(self.byte(1), Some(b'}' | b':' | b'-' | b'#' | b'%'));
        let indirect = self.peek() == Some(b'!') && !matches!(self.byte(1), Some(b'}' | b':' | b'-'));
        self.at += usize::from(counts || indirect);
        let name = match self.peek() {
            Some(b'0'..=b'9') => {
                let length = self.rest().bytes().take_while(u8::is_ascii_digit).count();
                self.at += length;
                self.slice(self.at - length, self.at)
            }
            Some(b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => {
                self.at += 1;
                self.slice(self.at - 1, self.at)
            }
            _ => self.name(),
        };
        if name.is_empty() {
            return Ok(None);
        }
        let name = name.to_owned();
        let index = if self.peek() == Some(b'[') { Some(self.index()?) } else { None };
        if indirect && (self.rest().starts_with("@}") || self.rest().starts_with("*}")) {
            self.at += 1;
            return Ok(Some(Parameter { name, index, indirect: false, operation: Operation::Names }));
        }
        let operation = if counts { Operation::Length } else { self.operation(quoted)? };
        Ok(Some(Parameter { name, index, indirect, operation }))
    }

    fn operation(&mut self, quoted: bool) -> Result<Operation, Fault> {
        let colon = self.peek() == Some(b':') && matches!(self.byte(1), Some(b'-' | b'=' | b'?' | b'+'));
        self.at += usize::from(colon);
        let Some(kind) = self.peek().filter(|kind| *kind != b'}') else { return Ok(Operation::None) };
        self.at += 1;
        let doubled = self.peek() == Some(kind);
        Ok(match kind {
            b'-' | b'=' | b'?' | b'+' => {
                let word = self.word_until(Until::Brace(None), quoted)?;
                Operation::Absent { empty_too: colon, kind, word }
            }
            b'#' | b'%' => {
                self.at += usize::from(doubled);
                let pattern = self.word_until(Until::Brace(None), false)?;
                Operation::Trim { suffix: kind == b'%', longest: doubled, pattern }
            }
            b'/' => {
                let anchor = self.peek().filter(|byte| matches!(byte, b'#' | b'%'));
                self.at += usize::from(doubled || anchor.is_some());
                let pattern = self.word_until(Until::Brace(Some(b'/')), false)?;
                let with = if self.take("/") {
                    self.word_until(Until::Brace(None), false)?
                } else {
                    Word { pieces: Vec::new(), span: self.span(self.at) }
                };
                Operation::Replace { all: doubled, anchor, pattern, with }
            }
            b'^' | b',' => {
                self.at += usize::from(doubled);
                match self.peek() {
                    Some(b'}') => Operation::Case { upper: kind == b'^', all: doubled },
                    _ => self.other()?,
                }
            }
            b':' => {
                let begin = self.at;
                self.word_until(Until::Brace(None), false)?;
                Operation::Slice(self.slice(begin, self.at).to_owned())
            }
            b'@' => self.other()?,
            _ => {
                self.at -= 1;
                Operation::None
            }
        })
    }

    fn other(&mut self) -> Result<Operation, Fault> {
        self.word_until(Until::Brace(None), false)?;
        Ok(Operation::Other)
    }
}

fn parameter(name: &str) -> PieceKind {
    let (name, operation) = (name.to_owned(), Operation::None);
    PieceKind::Parameter(Rc::new(Parameter { name, index: None, indirect: false, operation }))
}
