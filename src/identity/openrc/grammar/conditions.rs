//! What stands in `[[ ]]`.

use super::UNEXPECTED;
use crate::identity::openrc::cursor::Parser;
use crate::identity::openrc::error::Fault;
use crate::identity::openrc::syntax::{Condition, Kind, Word};

impl Parser<'_> {
    pub fn brackets(&mut self) -> Result<Kind, Fault> {
        let at = self.at;
        self.at += "[[".len();
        self.patterns = true;
        let condition = self.any_of();
        self.patterns = false;
        let condition = condition?;
        self.keyword("]]", at, "this `[[` is not understood here")?;
        Ok(Kind::Brackets(condition))
    }

    fn any_of(&mut self) -> Result<Condition, Fault> {
        let mut condition = self.all_of()?;
        self.skip_lines()?;
        while self.take("||") {
            condition = Condition::Any(Box::new(condition), Box::new(self.all_of()?));
            self.skip_lines()?;
        }
        Ok(condition)
    }

    fn all_of(&mut self) -> Result<Condition, Fault> {
        let mut condition = self.deeper(Self::one_of)?;
        self.skip_lines()?;
        while self.take("&&") {
            condition = Condition::All(Box::new(condition), Box::new(self.deeper(Self::one_of)?));
            self.skip_lines()?;
        }
        Ok(condition)
    }

    fn one_of(&mut self) -> Result<Condition, Fault> {
        self.skip_lines()?;
        let at = self.at;
        if self.stands("!") && self.take("!") {
            return Ok(Condition::Not(Box::new(self.deeper(Self::one_of)?)));
        }
        if self.take("(") {
            let inner = self.any_of()?;
            return if self.take(")") { Ok(inner) } else { self.refuse(at, UNEXPECTED) };
        }
        let first = self.operand(at)?;
        self.skip_blanks();
        let unary = first.bare().filter(|text| text.len() == 2 && text.starts_with('-')).map(str::to_owned);
        if let Some(operator) = unary {
            return Ok(Condition::Unary(operator, self.operand(at)?));
        }
        let before = self.at;
        let operator = match self.peek() {
            Some(b'<' | b'>') if self.byte(1) != Some(b'(') => self.character().map(String::from),
            _ => self.word()?.bare().filter(|operator| is_binary(operator)).map(str::to_owned),
        };
        self.skip_blanks();
        match operator {
            Some(operator) if operator == "=~" => Ok(Condition::Binary(first, operator, self.regex()?)),
            Some(operator) => Ok(Condition::Binary(first, operator, self.operand(at)?)),
            None => {
                self.at = before;
                if self.peek() == Some(b'\n') {
                    return self.refuse(at, UNEXPECTED);
                }
                Ok(Condition::Word(first))
            }
        }
    }

    /// A word of `[[ ]]`.
    fn operand(&mut self, at: usize) -> Result<Word, Fault> {
        self.skip_blanks();
        let word = self.word()?;
        match word.pieces.is_empty() || word.bare() == Some("]]") {
            true => self.refuse(at, "a word is missing in this `[[`"),
            false => Ok(word),
        }
    }

    /// A regular expression ends at a blank outside of its parentheses. What it says is not followed, but what it
    /// expands may set a variable.
    fn regex(&mut self) -> Result<Word, Fault> {
        let at = self.at;
        let mut pieces = Vec::new();
        loop {
            match self.peek() {
                Some(b'(') => self.parentheses(&mut pieces)?,
                Some(b'|' | b'<' | b'>') => self.at += 1,
                None | Some(b' ' | b'\t' | b'\n' | b')' | b';' | b'&') => break,
                Some(_) => pieces.extend(self.word()?.pieces),
            }
        }
        Ok(Word { pieces, span: self.span(at) })
    }
}

/// The operators of `[[ ]]` between two words.
fn is_binary(operator: &str) -> bool {
    ["=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"].contains(&operator)
}
