//! The shell's grammar as far as OpenRC files use it: lists, `&&` and `||`, pipelines, `if`.
//! Everything else that bash knows (loops, functions, groups, here documents) is refused here, so
//! that what comes later only ever sees commands whose effect it can tell.

use super::cursor::Parser;
use super::error::{Fault, refuse};
use super::keywords;
use super::syntax::{Chain, Command, If, Join, List, Pipeline};

/// What ends a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Closer {
    End,
    Parenthesis,
    Keyword,
}

impl<'a> Parser<'a> {
    /// The whole file.
    pub fn script(&mut self) -> Result<List<'a>, Fault> {
        self.list(Closer::End)
    }

    pub(super) fn list(&mut self, closer: Closer) -> Result<List<'a>, Fault> {
        let mut list = List::new();
        loop {
            self.skip_newlines();
            let closed = match closer {
                Closer::End => false,
                Closer::Parenthesis => self.peek() == Some(b')'),
                Closer::Keyword => matches!(self.keyword(), b"then" | b"elif" | b"else" | b"fi"),
            };
            if closed || self.peek().is_none() {
                return Ok(list);
            }
            list.push(self.chain()?);
            self.separator(closer)?;
        }
    }

    /// What stands between two commands: `;`, a line's end, or the end of the list.
    fn separator(&mut self, closer: Closer) -> Result<(), Fault> {
        self.skip_blanks();
        match self.peek() {
            None | Some(b'\n') => Ok(()),
            Some(b')') if closer == Closer::Parenthesis => Ok(()),
            Some(b';') if !matches!(self.byte(1), Some(b';' | b'&')) => {
                self.at += 1;
                Ok(())
            }
            Some(b'&') => self.refuse_here(1, "a command in the background (quote the `&` if it belongs to a value)"),
            Some(b'(' | b')') => self.refuse_here(
                1,
                "functions, arrays and groups are not understood here (quote the parenthesis if it belongs to a value)",
            ),
            Some(_) => self.refuse_here(1, "the shell does not expect this here"),
        }
    }

    fn chain(&mut self) -> Result<Chain<'a>, Fault> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let join = match (self.peek(), self.byte(1)) {
                (Some(b'&'), Some(b'&')) => Join::And,
                (Some(b'|'), Some(b'|')) => Join::Or,
                _ => return Ok(Chain { first, rest }),
            };
            self.at += 2;
            self.skip_newlines();
            rest.push((join, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline<'a>, Fault> {
        let negated = self.take_keyword(b"!");
        self.skip_blanks();
        let mut commands = vec![self.command()?];
        loop {
            self.skip_blanks();
            match (self.peek(), self.byte(1)) {
                (Some(b'|'), Some(b'|')) => break,
                (Some(b'|'), Some(b'&')) => self.at += 2,
                (Some(b'|'), _) => self.at += 1,
                _ => break,
            }
            self.skip_newlines();
            commands.push(self.command()?);
        }
        Ok(Pipeline { negated, commands })
    }

    fn command(&mut self) -> Result<Command<'a>, Fault> {
        match self.keyword() {
            b"if" => self.deeper(Self::if_command).map(Command::If),
            b"[[" => self.brackets().map(Command::Brackets),
            word if keywords::is_reserved(word) => {
                let end = self.line_end();
                refuse(self.at, end, "of the shell's grammar only `if` is understood here")
            }
            _ => self.simple().map(Command::Simple),
        }
    }

    fn if_command(&mut self) -> Result<If<'a>, Fault> {
        let start = self.at;
        let mut arms = Vec::new();
        let mut otherwise = List::new();
        self.at += b"if".len();
        loop {
            let condition = self.filled_list(start)?;
            self.expect(b"then", start)?;
            arms.push((condition, self.filled_list(start)?));
            if self.take_keyword(b"elif") {
                continue;
            }
            if self.take_keyword(b"else") {
                otherwise = self.filled_list(start)?;
            }
            self.expect(b"fi", start)?;
            return Ok(If { arms, otherwise });
        }
    }

    fn filled_list(&mut self, start: usize) -> Result<List<'a>, Fault> {
        let list = self.list(Closer::Keyword)?;
        if list.is_empty() {
            return refuse(start, start + 2, "a part of this `if` is missing");
        }
        Ok(list)
    }

    fn expect(&mut self, keyword: &[u8], start: usize) -> Result<(), Fault> {
        if self.take_keyword(keyword) {
            return Ok(());
        }
        let keyword = String::from_utf8_lossy(keyword);
        refuse(start, start + 2, format!("this `if` has no `{keyword}`"))
    }
}
