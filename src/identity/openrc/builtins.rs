//! The commands that set, unset or ask for variables: `export`, `declare`, `unset`, `read`, `set`,
//! `return`. Everything else goes to `quiet`.

use super::error::{Fault, refuse};
use super::expanded::Place;
use super::names;
use super::redirections::certain_redirections;
use super::shell::{Shell, Status};
use super::syntax::{Piece, Simple, Word};
use super::variables::Value;

impl Shell<'_> {
    pub(super) fn builtin(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        match command.name.as_str() {
            "export" | "declare" | "typeset" => self.export(command),
            "unset" => self.unset(command),
            "read" => self.read(command),
            "set" => self.set(command),
            "return" | "exit" => self.leave(command),
            "[" | "test" => self.test(command),
            _ => self.pass_over(command),
        }
    }

    fn export(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        certain_redirections(command, &[])?;
        if command.name_quoted {
            return refuse(command.at, command.end, "behind a quoted name the shell would split the values");
        }
        let known: &[u8] = if command.name == "export" { b"np" } else { b"xg" };
        let arguments = operands(command, known)?;
        // The shell expands all arguments before it assigns the first.
        let mut values = Vec::new();
        for word in arguments {
            if let Some(target) = word.assignment() {
                refuse_braces(word)?;
                let value = self.expand(&word.pieces, target.skip, Place::Assignment, word.span())?;
                values.push((target.name.to_owned(), target.append, value, word));
            } else if word.name().is_none() {
                self.quoted_assignment(word, &mut values)?;
            }
        }
        for (name, append, value, word) in values {
            let target = super::syntax::Target { name: &name, append, skip: 0 };
            self.assign_target(&target, value, word.at, word.end)?;
        }
        Ok(Some(true))
    }

    /// `export "NAME=value"`: one argument only once its quotes are gone.
    fn quoted_assignment<'w>(
        &mut self,
        word: &'w Word<'w>,
        values: &mut Vec<(String, bool, super::expanded::Expanded, &'w Word<'w>)>,
    ) -> Result<(), Fault> {
        const WHY: &str = "neither NAME nor NAME=value (no space goes before or behind the `=`)";
        let argument = self.expand(&word.pieces, 0, Place::Argument, word.span())?;
        let Some(text) = argument.known() else {
            return refuse(word.at, word.end, WHY);
        };
        let length = names::name_length(text);
        let name = text.get(..length).map(String::from_utf8_lossy);
        let (Some(name), Some(b'=')) = (name, text.get(length)) else {
            return refuse(word.at, word.end, WHY);
        };
        let name = name.into_owned();
        if name.is_empty() {
            return refuse(word.at, word.end, WHY);
        }
        values.push((name, false, argument.behind(length + 1), word));
        Ok(())
    }

    fn unset(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        certain_redirections(command, &[])?;
        let functions = command.arguments.first().and_then(Word::literal);
        if functions.is_some_and(|option| *option == b"-f") {
            return Ok(None);
        }
        for word in operands(command, b"v")? {
            let Some(name) = word.name() else {
                return refuse(word.at, word.end, "this is no variable's name");
            };
            if names::is_computed(&name) {
                return refuse(word.at, word.end, "this variable changes how the shell works");
            }
            if names::is_openstack(&name) {
                self.certain(word.at, word.end)?;
            }
            let value = self.uncertain.then_some(Value::Unknown);
            self.variables.set(&name, value, word.at);
        }
        Ok(Some(true))
    }
}

/// The arguments behind the options, of which only those of the letters in `known` may stand.
fn operands<'w, 'a>(command: &'w Simple<'a>, known: &[u8]) -> Result<&'w [Word<'a>], Fault> {
    let mut rest = command.arguments.as_slice();
    while let Some((word, others)) = rest.split_first() {
        match word.literal().as_ref().map(|text| text.as_slice()) {
            Some(b"--") => return Ok(others),
            Some([b'-', letters @ ..]) => {
                if letters.is_empty() || !letters.iter().all(|letter| known.contains(letter)) {
                    return refuse(word.at, word.end, "this option is not understood here");
                }
                rest = others;
            }
            _ => break,
        }
    }
    Ok(rest)
}

pub(super) fn first_byte(word: &Word<'_>) -> Option<u8> {
    match word.pieces.first()? {
        Piece::Plain(text) | Piece::Quoted(text) => text.first().copied(),
        _ => None,
    }
}

/// An argument of `export` is a word in which `{a,b}` makes two of one.
fn refuse_braces(word: &Word<'_>) -> Result<(), Fault> {
    let mut open = false;
    for piece in &word.pieces {
        if let Piece::Plain(text) = piece {
            for byte in *text {
                open |= *byte == b'{';
                if open && *byte == b'}' {
                    return refuse(word.at, word.end, "the shell may expand these braces: put the value in quotes");
                }
            }
        }
    }
    Ok(())
}
