//! Commands that are passed over. Nothing is run; what must be sure is only that they set no
//! variable, and those that set one by name are known here.

use super::builtins::first_byte;
use super::error::{Fault, refuse};
use super::expanded::Place;
use super::keywords;
use super::names;
use super::shell::{Shell, Status};
use super::syntax::{Piece, Simple, Word};
use super::variables::Value;

impl Shell<'_> {
    pub(super) fn pass_over(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        let known_quiet = matches!(command.name.as_str(), "echo" | "printf" | ":" | "true" | "false");
        for word in &command.arguments {
            let argument = self.expand(&word.pieces, 0, Place::Ignored, word.span())?;
            let text = argument.known().unwrap_or_default();
            if !known_quiet && (names::mentions_assignment(text) || mentions(word)) {
                return refuse(command.at, command.end, "this command may set an OS_* variable");
            }
        }
        match command.name.as_str() {
            ":" | "true" => return Ok(Some(true)),
            "false" => return Ok(Some(false)),
            "printf" => self.printf(command)?,
            "alias" => self.alias(command)?,
            "cd" | "pushd" | "popd" => {
                for name in ["PWD", "OLDPWD"] {
                    self.variables.set(name, Some(Value::Unknown), command.at);
                }
            }
            "command" => {
                let looks = command.arguments.first().and_then(Word::bare);
                if !looks.is_some_and(|option| matches!(option.as_slice(), b"-v" | b"-V")) {
                    return refuse(command.at, command.end, "of `command` only `command -v` is understood here");
                }
            }
            _ => {}
        }
        Ok(None)
    }

    /// `printf -v NAME` and the `%n` of its format set a variable.
    fn printf(&mut self, command: &Simple<'_>) -> Result<(), Fault> {
        const WHY: &str = "`printf` may set a variable here";
        let mut words = command.arguments.iter();
        let mut format = words.next();
        if format.and_then(Word::bare).is_some_and(|text| *text == b"-v") {
            let Some(name) = words.next() else {
                return refuse(command.at, command.end, WHY);
            };
            match name.name() {
                Some(variable) if !names::is_openstack(&variable) && !names::is_computed(&variable) => {
                    self.variables.set(&variable, Some(Value::Unknown), name.at);
                }
                _ => return refuse(name.at, name.end, WHY),
            }
            format = words.next();
        }
        if format.and_then(Word::bare).is_some_and(|text| *text == b"--") {
            format = words.next();
        }
        let Some(word) = format else { return Ok(()) };
        let format = self.perhaps(|shell| shell.expand(&word.pieces, 0, Place::Argument, word.span()))?;
        match format.known() {
            Some(text) if format.exists && !text.starts_with(b"-") && !counts(text) => Ok(()),
            _ => refuse(word.at, word.end, WHY),
        }
    }

    /// An alias runs when a later line uses it, so its name is remembered; one that would change
    /// the meaning of a command that counts is refused.
    fn alias(&mut self, command: &Simple<'_>) -> Result<(), Fault> {
        for word in &command.arguments {
            if first_byte(word) == Some(b'-') {
                continue;
            }
            let name = match word.pieces.first() {
                Some(Piece::Plain(text) | Piece::Quoted(text)) => text.split(|&byte| byte == b'=').next(),
                _ => None,
            };
            let name = name.map(String::from_utf8_lossy).unwrap_or_default().into_owned();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
            if name.is_empty() || !name.bytes().all(plain) || counts_as_command(&name) {
                return refuse(word.at, word.end, "this alias would change how the rest of the file is read");
            }
            self.aliases.insert(name);
        }
        Ok(())
    }
}

/// Whether the word's own text, apart from what it expands to, reads like an assignment to `OS_*`.
fn mentions(word: &Word<'_>) -> bool {
    word.pieces.iter().any(|piece| match piece {
        Piece::Plain(text) | Piece::Quoted(text) => names::mentions_assignment(text),
        Piece::Decoded(text) => names::mentions_assignment(text),
        Piece::Parameter(_) | Piece::Unknown { .. } => false,
    })
}

/// Whether a format of `printf` has a `%n`.
fn counts(format: &[u8]) -> bool {
    format.split(|&byte| byte == b'%').skip(1).any(|rest| {
        let conversion = rest.iter().find(|byte| !b"0123456789.*-+ #'hlLjzt".contains(byte));
        conversion == Some(&b'n')
    })
}

fn counts_as_command(name: &str) -> bool {
    const COUNT: [&str; 11] =
        ["export", "declare", "typeset", "unset", "read", "set", "return", "test", "printf", "alias", "command"];
    COUNT.contains(&name) || keywords::is_reserved(name.as_bytes()) || keywords::refused_command(name).is_some()
}
