//! `read`: what a file asks a person for.

use super::builtins::first_byte;
use super::error::{Fault, refuse};
use super::expanded::Place;
use super::names;
use super::redirections::certain_redirections;
use super::shell::{Shell, Status};
use super::syntax::{Piece, Simple, Word};
use super::variables::Value;

impl Shell<'_> {
    /// `read` asks a person. What it would get is not here, so the variable counts as not given.
    pub(super) fn read(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        certain_redirections(command, &[b"/dev/tty", b"/dev/stdin"])?;
        let mut silent = false;
        let mut words = command.arguments.iter().peekable();
        while let Some(word) = words.next_if(|word| first_byte(word) == Some(b'-')) {
            self.ignore(&word.pieces, word.span())?;
            let Some((flags, value_follows)) = read_option(word) else {
                return refuse(word.at, word.end, "this option of `read` is not understood here");
            };
            silent |= flags.contains(&b's');
            if let Some(value) = words.next_if(|_| value_follows) {
                self.expand(&value.pieces, 0, Place::Argument, value.span())?;
            }
        }
        if words.peek().is_none() {
            self.variables.set("REPLY", Some(Value::Asked { assigned: false }), command.at);
        }
        for word in words {
            let Some(name) = word.name().filter(|name| !names::is_computed(name)) else {
                return refuse(word.at, word.end, "this is no variable's name");
            };
            self.asked(&name, silent, word)?;
        }
        Ok(None)
    }

    fn asked(&mut self, name: &str, silent: bool, word: &Word<'_>) -> Result<(), Fault> {
        if names::is_openstack(name) {
            self.certain(word.at, word.end)?;
            if !silent && !names::is_secret(name.as_bytes()) {
                return refuse(word.at, word.end, "the file asks for this at the terminal; write the value into it");
            }
        }
        let value = if self.uncertain { Value::Unknown } else { Value::Asked { assigned: false } };
        self.variables.set(name, Some(value), word.at);
        Ok(())
    }
}

/// The letters of an option of `read`, and whether the next argument is its value.
fn read_option(word: &Word<'_>) -> Option<(Vec<u8>, bool)> {
    let text = match word.pieces.first()? {
        Piece::Plain(text) => text.strip_prefix(b"-")?,
        _ => return None,
    };
    let flags: Vec<u8> = text.iter().copied().take_while(|flag| b"ser".contains(flag)).collect();
    match text.get(flags.len()) {
        None => (!flags.is_empty() && word.pieces.len() == 1).then_some((flags, false)),
        Some(b'p' | b't' | b'n' | b'N') => {
            let value_follows = text.len() == flags.len() + 1 && word.pieces.len() == 1;
            Some((flags, value_follows))
        }
        Some(_) => None,
    }
}
