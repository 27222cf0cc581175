//! Commands that hold others: `if`, `for`, `case`, functions.

use std::rc::Rc;

use super::UNEXPECTED;
use crate::identity::openrc::cursor::Parser;
use crate::identity::openrc::error::Fault;
use crate::identity::openrc::syntax::{Arm, Kind, List, Word};

impl Parser<'_> {
    /// `do ... done`.
    pub fn body(&mut self, at: usize) -> Result<List, Fault> {
        self.keyword("do", at, "this loop has no `do`")?;
        let body = self.filled(&["done"])?;
        self.keyword("done", at, "this loop has no `done`")?;
        Ok(body)
    }

    pub fn if_command(&mut self) -> Result<Kind, Fault> {
        let at = self.at;
        let mut arms = Vec::new();
        let mut otherwise = List::new();
        self.at += "if".len();
        loop {
            let condition = self.filled(&["then"])?;
            self.keyword("then", at, "this `if` has no `then`")?;
            arms.push((condition, self.filled(&["elif", "else", "fi"])?));
            if self.stands("elif") && self.take("elif") {
                continue;
            }
            if self.stands("else") && self.take("else") {
                otherwise = self.filled(&["fi"])?;
            }
            self.keyword("fi", at, "this `if` has no `fi`")?;
            return Ok(Kind::If { arms, otherwise });
        }
    }

    pub fn for_loop(&mut self, word: &str) -> Result<Kind, Fault> {
        let at = self.at;
        self.at += word.len();
        self.skip_blanks();
        if self.rest().starts_with("((")
            && let Some(expression) = self.arithmetic("((", "))")
        {
            self.skip_blanks();
            self.take(";");
            return Ok(Kind::Count { expression, body: self.body(at)? });
        }
        let name = self.name().to_owned();
        if name.is_empty() {
            return self.refuse(at, "this loop names no variable");
        }
        self.skip_lines()?;
        let mut words = None;
        if self.stands("in") && self.take("in") {
            let mut list = Vec::new();
            loop {
                self.skip_blanks();
                let word = self.word()?;
                if word.pieces.is_empty() {
                    break;
                }
                list.push(word);
            }
            words = Some(list);
        }
        self.skip_blanks();
        self.take(";");
        Ok(Kind::For { name, words, chosen: word == "select", body: self.body(at)? })
    }

    pub fn case_command(&mut self) -> Result<Kind, Fault> {
        let at = self.at;
        self.at += "case".len();
        self.skip_blanks();
        let word = self.word()?;
        if word.pieces.is_empty() {
            return self.refuse(at, UNEXPECTED);
        }
        self.keyword("in", at, "this `case` has no `in`")?;
        let mut arms = Vec::new();
        loop {
            self.skip_lines()?;
            if self.stands("esac") && self.take("esac") {
                return Ok(Kind::Case { word, arms });
            }
            let patterns = self.case_patterns()?;
            let body = self.list(&[";;", ";&", "esac"])?;
            let falls = self.rest().starts_with(";&") || self.rest().starts_with(";;&");
            let ended = self.take(";;&") || self.take(";;") || self.take(";&") || self.stands("esac");
            if !ended {
                return self.refuse(at, "this `case` has no `esac`");
            }
            arms.push(Arm { patterns, body, falls });
        }
    }

    fn case_patterns(&mut self) -> Result<Vec<Word>, Fault> {
        let at = self.at;
        self.take("(");
        let mut patterns = Vec::new();
        loop {
            self.skip_blanks();
            self.patterns = true;
            let word = self.word();
            self.patterns = false;
            let word = word?;
            if word.pieces.is_empty() {
                return self.refuse(at, UNEXPECTED);
            }
            patterns.push(word);
            self.skip_blanks();
            if self.take(")") {
                return Ok(patterns);
            }
            if !self.take("|") {
                return self.refuse(at, UNEXPECTED);
            }
        }
    }

    /// `name () command`, `function name command`.
    pub fn function(&mut self) -> Result<Option<Kind>, Fault> {
        let at = self.at;
        let explicit = self.stands_word("function") && self.take("function");
        self.skip_blanks();
        let name: String =
            self.rest().chars().take_while(|c| c.is_alphanumeric() || "_-.:+@/%,".contains(*c)).collect();
        self.at += name.len();
        self.skip_blanks();
        let mut called = self.at;
        if self.take("(") {
            self.skip_blanks();
            called = if self.take(")") { self.at } else { at };
        } else if !explicit {
            called = at;
        }
        if name.is_empty() || called == at {
            self.at = at;
            return if explicit { self.refuse(at, UNEXPECTED) } else { Ok(None) };
        }
        self.skip_lines()?;
        let body = self.any_command()?;
        if matches!(body.kind, Kind::Simple { .. }) {
            return self.refuse(at, "this function has no body");
        }
        Ok(Some(Kind::Function { name, body: Rc::new(body) }))
    }
}
