//! `set`, `return` and `exit`: what changes how the rest of the file is read.

use super::error::{Fault, refuse};
use super::redirections::certain_redirections;
use super::shell::{Shell, Status};
use super::syntax::{Simple, Word};

impl Shell<'_> {
    /// `set -a` changes nothing here, since plain assignments count too. `set -e` is refused: with
    /// it, whether the next line runs depends on every command that is passed over.
    pub(super) fn set(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        certain_redirections(command, &[])?;
        let mut words = command.arguments.iter();
        while let Some(word) = words.next() {
            let option = word.literal().unwrap_or_default();
            let (on, letters) = match option.as_slice() {
                [b'-', letters @ ..] => (true, letters),
                [b'+', letters @ ..] => (false, letters),
                _ => (true, b"".as_slice()),
            };
            let letters = match letters {
                b"o" => words.next().and_then(Word::literal).and_then(|name| option_letter(&name)),
                letters => Some(letters),
            };
            let allowed: &[u8] = if on { b"auxvfh" } else { b"aeuxvfh" };
            match letters.filter(|letters| !letters.is_empty()) {
                Some(letters) if letters.iter().all(|letter| allowed.contains(letter)) => {
                    if letters.contains(&b'u') {
                        self.certain(word.at, word.end)?;
                        self.nounset = on;
                    }
                }
                _ => {
                    return refuse(word.at, word.end, "this option of `set` changes how the rest of the file is read");
                }
            }
        }
        Ok(Some(true))
    }

    pub(super) fn leave(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        certain_redirections(command, &[])?;
        if command.name == "exit" {
            return refuse(command.at, command.end, "this ends the shell");
        }
        self.certain(command.at, command.end)?;
        let number =
            |word: &Word<'_>| word.bare().is_some_and(|text| text.len() <= 3 && text.iter().all(u8::is_ascii_digit));
        if command.arguments.len() > 1 || !command.arguments.iter().all(number) {
            return refuse(command.at, command.end, "`return` takes one number");
        }
        self.stopped = true;
        Ok(None)
    }
}

/// The letter of `set -o NAME`; options of the command line's editing are as good as `h`.
fn option_letter(name: &[u8]) -> Option<&'static [u8]> {
    Some(match name {
        b"allexport" => b"a",
        b"nounset" => b"u",
        b"xtrace" => b"x",
        b"verbose" => b"v",
        b"noglob" => b"f",
        b"history" | b"vi" | b"emacs" | b"hashall" => b"h",
        _ => return None,
    })
}
