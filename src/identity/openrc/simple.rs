//! Simple commands: assignments, a name, arguments, redirections; and the words of `[[ ... ]]`.

use super::cursor::Parser;
use super::error::{Fault, refuse};
use super::keywords;
use super::names;
use super::syntax::{Piece, Redirection, Simple, Word};

const NOT_PLAIN: &str = "what runs here is known only when it runs";

impl<'a> Parser<'a> {
    pub(super) fn simple(&mut self) -> Result<Simple<'a>, Fault> {
        let at = self.at;
        let mut words: Vec<Word<'a>> = Vec::new();
        let mut redirections = Vec::new();
        let mut assignments = Vec::new();
        let mut end = at;
        loop {
            self.skip_blanks();
            match self.peek() {
                None | Some(b'\n' | b';' | b'|' | b'(' | b')') => break,
                Some(b'&') if self.byte(1) != Some(b'>') => break,
                Some(b'<' | b'>' | b'&') => redirections.push(self.redirection()?),
                Some(_) => {
                    let word = self.word()?;
                    if self.names_descriptor(&word)? {
                        continue;
                    }
                    if !words.is_empty() {
                        words.push(word);
                    } else if word.assignment().is_some() {
                        assignments.push(word);
                    } else {
                        refuse_element(&word)?;
                        words.push(word);
                    }
                }
            }
            end = self.at;
        }
        if end == at {
            return self.refuse_here(1, "the shell does not expect this here");
        }
        let mut words = words.into_iter();
        let (name, name_quoted) = match words.next() {
            Some(word) => command_name(&word, end)?,
            None => (String::new(), false),
        };
        let arguments = words.collect();
        Ok(Simple { assignments, name, name_quoted, arguments, redirections, at, end })
    }

    /// The words up to `]]`. Its operators `&&`, `||`, `<`, `(` and patterns have rules of their own.
    pub(super) fn brackets(&mut self) -> Result<Vec<Word<'a>>, Fault> {
        let start = self.at;
        self.at += b"[[".len();
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None | Some(b'\n' | b';' | b'|' | b'&' | b'(' | b')' | b'<' | b'>') => {
                    let why = "of `[[ ]]` only one test on one line is understood here";
                    return refuse(start, self.line_end(), why);
                }
                Some(_) => {
                    let word = self.word()?;
                    if word.bare().is_some_and(|text| *text == b"]]") {
                        return Ok(words);
                    }
                    words.push(word);
                }
            }
        }
    }

    /// Whether the word is the number of a redirection that follows at once.
    fn names_descriptor(&self, word: &Word<'a>) -> Result<bool, Fault> {
        let Some(b'<' | b'>') = self.peek() else {
            return Ok(false);
        };
        match word.bare() {
            Some(text) if text.starts_with(b"{") => refuse(word.at, word.end, "a redirection that sets a variable"),
            Some(text) => Ok(text.iter().all(u8::is_ascii_digit)),
            None => Ok(false),
        }
    }

    fn redirection(&mut self) -> Result<Redirection<'a>, Fault> {
        let at = self.at;
        let rest = self.text.get(at..self.end).unwrap_or_default();
        if rest.starts_with(b"<<") {
            return self.refuse_here(2, "here documents and here strings are not understood here");
        }
        let operators: [&[u8]; 9] = [b"&>>", b"&>", b">>", b">|", b">&", b"<&", b"<>", b"<", b">"];
        let operator = operators.iter().find(|operator| rest.starts_with(operator));
        let operator = operator.copied().unwrap_or_default();
        self.at += operator.len();
        self.skip_blanks();
        match self.peek() {
            None | Some(b'\n' | b';' | b'|' | b'&' | b'(' | b')' | b'<' | b'>') => {
                refuse(at, self.at, "a redirection to something that is not a plain file")
            }
            Some(_) => Ok(Redirection { at, duplicates: matches!(operator, b">&" | b"<&"), target: self.word()? }),
        }
    }
}

/// `NAME[...]` in front: an element of an array, whose index may assign to anything.
fn refuse_element(word: &Word<'_>) -> Result<(), Fault> {
    if let Some(Piece::Plain(text)) = word.pieces.first() {
        let length = names::name_length(text);
        if length > 0 && text.get(length) == Some(&b'[') {
            return refuse(word.at, word.at + length + 1, "arrays are not understood here");
        }
    }
    Ok(())
}

/// The name of the command, and whether it is quoted. `end` is the command's, for the excerpt.
fn command_name(word: &Word<'_>, end: usize) -> Result<(String, bool), Fault> {
    let Some(text) = word.literal() else {
        return refuse(word.at, word.end, NOT_PLAIN);
    };
    let text = String::from_utf8_lossy(&text).into_owned();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./+:,@%-".contains(&byte);
    if text == "[" {
        return Ok((text, word.bare().is_none()));
    }
    if text.contains('=') {
        return refuse(word.at, word.end, "this is no assignment: there is no plain NAME before the `=`");
    }
    if names::is_openstack(&text) {
        return refuse(word.at, word.end, "a variable's name where a command belongs (no space goes before `=`)");
    }
    if text.is_empty() || !text.bytes().all(plain) || keywords::is_reserved(text.as_bytes()) {
        return refuse(word.at, word.end, NOT_PLAIN);
    }
    match keywords::refused_command(&text) {
        Some(why) => refuse(word.at, end, why),
        None => Ok((text, word.bare().is_none())),
    }
}
