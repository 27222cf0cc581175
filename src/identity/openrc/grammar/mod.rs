//! The grammar of bash: lists, pipelines, and every kind of command.

mod compound;
mod conditions;

use zeroize::Zeroizing;

use crate::identity::openrc::cursor::Parser;
use crate::identity::openrc::error::Fault;
use crate::identity::openrc::names;
use crate::identity::openrc::syntax::{
    Argument, Assigned, Assignment, Command, Feed, Item, Join, Kind, List, Pipeline, Redirection, Word,
};

const UNEXPECTED: &str = "the shell does not expect this here";

/// What ends a word.
const BETWEEN: [char; 10] = [' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>'];

const RESERVED: [&str; 18] = [
    "!", "[[", "]]", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while",
    "{", "}",
];

/// Their arguments may be assignments.
const DECLARING: [&str; 6] = ["export", "declare", "typeset", "local", "readonly", "alias"];

impl Parser<'_> {
    /// The whole text.
    pub fn script(&mut self) -> Result<List, Fault> {
        let list = self.list(&[])?;
        match self.peek() {
            None => Ok(list),
            Some(_) => self.refuse(self.at, UNEXPECTED),
        }
    }

    /// Commands up to one of these words or operators, which stays.
    pub fn list(&mut self, ends: &[&str]) -> Result<List, Fault> {
        let mut list = List::new();
        loop {
            self.skip_lines()?;
            if self.peek().is_none() || ends.iter().any(|end| self.stands(end)) {
                return Ok(list);
            }
            let mut item = self.deeper(Self::item)?;
            self.skip_blanks();
            match self.peek() {
                None | Some(b'\n') => {}
                Some(b';') if !matches!(self.byte(1), Some(b';' | b'&')) => self.at += 1,
                Some(b'&') => {
                    self.at += 1;
                    item.background = true;
                }
                _ if ends.iter().any(|end| self.stands(end) && !RESERVED.contains(end)) => {}
                _ => return self.refuse(self.at, UNEXPECTED),
            }
            list.push(item);
        }
    }

    /// A list that holds something.
    fn filled(&mut self, ends: &[&str]) -> Result<List, Fault> {
        let at = self.at;
        let list = self.list(ends)?;
        if list.is_empty() { self.refuse(at, UNEXPECTED) } else { Ok(list) }
    }

    /// Whether this word or operator stands here.
    fn stands(&self, end: &str) -> bool {
        let rest = self.rest();
        let after = rest.as_bytes().get(end.len());
        let is_whole = after.is_none_or(|byte| b" \t\n;&|()<>".contains(byte));
        rest.starts_with(end) && (is_whole || !RESERVED.contains(&end))
    }

    fn keyword(&mut self, word: &'static str, at: usize, why: &'static str) -> Result<(), Fault> {
        self.skip_lines()?;
        if self.stands(word) && self.take(word) { Ok(()) } else { self.refuse(at, why) }
    }

    fn item(&mut self) -> Result<Item, Fault> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let join = match (self.peek(), self.byte(1)) {
                (Some(b'&'), Some(b'&')) => Join::And,
                (Some(b'|'), Some(b'|')) => Join::Or,
                _ => return Ok(Item { first, rest, background: false }),
            };
            self.at += 2;
            self.skip_lines()?;
            rest.push((join, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, Fault> {
        let at = self.at;
        let mut negated = false;
        loop {
            if self.stands("!") && self.take("!") {
                negated = !negated;
            } else if self.rest().starts_with("time") && self.byte(4) == Some(b' ') {
                self.at += 4;
                self.skip_blanks();
                self.take("-p");
            } else {
                break;
            }
            self.skip_blanks();
        }
        let mut commands = vec![self.any_command()?];
        loop {
            self.skip_blanks();
            match (self.peek(), self.byte(1)) {
                (Some(b'|'), Some(b'|')) => break,
                (Some(b'|'), Some(b'&')) => self.at += 2,
                (Some(b'|'), _) => self.at += 1,
                _ => break,
            }
            self.skip_lines()?;
            commands.push(self.any_command()?);
        }
        let text = Zeroizing::new(self.slice(at, self.at).to_owned());
        Ok(Pipeline { negated, commands, text })
    }

    fn any_command(&mut self) -> Result<Command, Fault> {
        let at = self.at;
        self.starts.push(at);
        let kind = self.deeper(Self::kind)?;
        let mut redirections = Vec::new();
        if let Kind::Simple { .. } = kind {
            return self.simple();
        }
        loop {
            self.skip_blanks();
            match self.redirection()? {
                Some(redirection) => redirections.push(redirection),
                None => return Ok(Command { kind, redirections, span: self.span(at) }),
            }
        }
    }

    /// The compound command that begins here; an empty simple one where none does.
    fn kind(&mut self) -> Result<Kind, Fault> {
        let at = self.at;
        let simple = || Ok(Kind::Simple { assignments: Vec::new(), arguments: Vec::new() });
        let Some(word) = RESERVED.into_iter().find(|word| self.stands(word)) else {
            if self.rest().starts_with("((")
                && let Some(expression) = self.arithmetic("((", "))")
            {
                return Ok(Kind::Arithmetic(expression));
            }
            if self.take("(") {
                let list = self.filled(&[")"])?;
                return if self.take(")") {
                    Ok(Kind::Subshell(list))
                } else {
                    self.refuse(at, "this parenthesis is not closed")
                };
            }
            return match self.function()? {
                Some(function) => Ok(function),
                None if self.stands_word("select") => self.for_loop("select"),
                None if self.stands_word("coproc") => self.refuse(at, "this runs beside the shell and sets variables"),
                None => simple(),
            };
        };
        match word {
            "for" => self.for_loop("for"),
            "if" => self.if_command(),
            "case" => self.case_command(),
            "[[" => self.brackets(),
            "{" => {
                self.at += 1;
                let list = self.filled(&["}"])?;
                self.keyword("}", at, "this brace is not closed")?;
                Ok(Kind::Group(list))
            }
            "while" | "until" => {
                self.at += word.len();
                let condition = self.filled(&["do"])?;
                let body = self.body(at)?;
                Ok(Kind::While { until: word == "until", condition, body })
            }
            _ => {
                self.at += word.len();
                self.refuse(at, UNEXPECTED)
            }
        }
    }

    fn stands_word(&self, word: &str) -> bool {
        self.rest().strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t']))
    }

    fn simple(&mut self) -> Result<Command, Fault> {
        let at = self.at;
        let (mut assignments, mut arguments, mut redirections) = (Vec::new(), Vec::new(), Vec::new());
        let mut declares = false;
        loop {
            self.skip_blanks();
            if let Some(redirection) = self.redirection()? {
                redirections.push(redirection);
            } else if arguments.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                assignments.push(assignment);
            } else if declares && let Some(assignment) = self.assignment()? {
                arguments.push(Argument::Assignment(assignment));
            } else {
                let word = self.word()?;
                if word.pieces.is_empty() {
                    break;
                }
                declares |=
                    arguments.is_empty() && word.literal().is_some_and(|name| DECLARING.contains(&name.as_str()));
                declares &= !(arguments.is_empty() && word.pieces.iter().any(|piece| piece.quoted));
                arguments.push(Argument::Word(word));
            }
        }
        if assignments.is_empty() && arguments.is_empty() && redirections.is_empty() {
            return self.refuse(at, UNEXPECTED);
        }
        Ok(Command { kind: Kind::Simple { assignments, arguments }, redirections, span: self.span(at) })
    }

    /// `NAME=value`, `NAME[index]+=value`, `NAME=(...)`.
    fn assignment(&mut self) -> Result<Option<Assignment>, Fault> {
        let at = self.at;
        let name = self.name().to_owned();
        let mut index = None;
        if !name.is_empty() && self.peek() == Some(b'[') {
            index = Some(self.index()?);
        }
        if !name.is_empty() && self.rest().starts_with("\\\n") {
            return self.refuse(at, "a name that goes on in the next line is not understood here");
        }
        if index.is_some() && !self.rest().starts_with(['=', '+']) && self.slice(at, self.at).contains(BETWEEN) {
            return self.refuse(at, UNEXPECTED);
        }
        let appends = self.rest().starts_with("+=");
        if name.is_empty() || !(self.take("+=") || self.take("=")) {
            self.at = at;
            return Ok(None);
        }
        let value = if index.is_none() && self.peek() == Some(b'(') {
            let array = self.deeper(Self::array)?;
            if self.rest().starts_with(|next| !BETWEEN.contains(&next)) {
                return self.refuse(self.at, UNEXPECTED);
            }
            Assigned::Array(array)
        } else {
            Assigned::Word(self.word()?)
        };
        Ok(Some(Assignment { name, index, appends, value, span: self.span(at) }))
    }

    /// `(a b [key]=c)`.
    fn array(&mut self) -> Result<Vec<(Option<Word>, Word)>, Fault> {
        let at = self.at;
        self.at += 1;
        let mut elements = Vec::new();
        loop {
            self.skip_lines()?;
            if self.take(")") {
                return Ok(elements);
            }
            let before = self.at;
            let key = if self.peek() == Some(b'[') { Some(self.index()?).filter(|_| self.take("=")) } else { None };
            if key.is_none() {
                self.at = before;
            }
            let word = self.word()?;
            if key.is_none() && word.pieces.is_empty() {
                return self.refuse(at, UNEXPECTED);
            }
            elements.push((key, word));
        }
    }

    fn redirection(&mut self) -> Result<Option<Redirection>, Fault> {
        const OPERATORS: [&str; 13] = ["&>>", "&>", "<<<", "<<-", "<<", ">>", ">|", ">&", "<&", "<>", "<", ">", ""];
        let at = self.at;
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = self.slice(at, at + digits);
        self.at += digits;
        if self.peek() == Some(b'{') {
            let name = names::name_length(self.rest().as_bytes().get(1..).unwrap_or_default());
            let after = self.slice(self.at + 1 + name, self.at + 3 + name);
            if name > 0 && (after == "}<" || after == "}>") {
                return self.refuse(at, "a redirection that sets a variable");
            }
        }
        let operator = OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator)).unwrap_or_default();
        let is_process = matches!(operator, "<" | ">") && self.byte(1) == Some(b'(');
        if operator.is_empty() || is_process {
            self.at = at;
            return Ok(None);
        }
        self.at += operator.len();
        self.skip_blanks();
        let word = self.word()?;
        if word.pieces.is_empty() {
            return self.refuse(at, "this redirection leads nowhere");
        }
        let output = operator.starts_with('&') || operator.starts_with('>') && matches!(number, "" | "1");
        let kind = match operator {
            "<<<" => Feed::Text(word),
            "<<" | "<<-" => Feed::Document(self.expect_document(&word, operator == "<<-")?),
            "<" => Feed::File(word),
            "<&" => Feed::Descriptor(word),
            ">&" if word.bare().is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')) => {
                Feed::Descriptor(word)
            }
            _ => Feed::Nothing(word),
        };
        Ok(Some(Redirection { kind, output }))
    }
}
