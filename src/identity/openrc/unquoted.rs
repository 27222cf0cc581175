//! Text without quotes, in which `~`, `*` and `{` may mean something.

use super::error::{Fault, refuse};
use super::expanded::{Expanded, Place, UNQUOTED};
use super::shell::Shell;
use super::variables::Value;

impl Shell<'_> {
    /// Text without quotes. `opens` says whether it follows the beginning or an unquoted colon,
    /// where the shell expects `~`; `last` whether the word ends with it.
    pub(super) fn plain(
        &mut self,
        out: &mut Expanded,
        text: &[u8],
        (mut opens, last): (bool, bool),
        place: Place,
        span: (usize, usize),
    ) -> Result<(), Fault> {
        match place {
            Place::Assignment => {}
            Place::Ignored => {
                out.push(text);
                return Ok(());
            }
            Place::Argument | Place::Brackets => {
                return self.looked_at(out, text, opens && last, place, span);
            }
        }
        for part in text.split_inclusive(|&byte| byte == b':') {
            match part.strip_prefix(b"~").filter(|_| opens) {
                Some(rest) if matches!(rest.first(), Some(b'/' | b':')) || rest.is_empty() && last => {
                    self.home(out, span)?;
                    out.push(rest);
                }
                Some(_) => {
                    return refuse(span.0, span.1, "of `~` only the own home directory is understood here");
                }
                None => out.push(part),
            }
            opens = true;
        }
        Ok(())
    }

    /// Text of an argument that is looked at. `whole` says whether it is all there is of the word.
    fn looked_at(
        &mut self,
        out: &mut Expanded,
        text: &[u8],
        whole: bool,
        place: Place,
        span: (usize, usize),
    ) -> Result<(), Fault> {
        let rest = text.strip_prefix(b"~").filter(|_| whole && !out.exists);
        let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with(b"/"));
        if rest.is_some() {
            self.home(out, span)?;
        }
        let text = rest.unwrap_or(text);
        let special: &[u8] = if place == Place::Argument { b"~*?[{ \t\n" } else { b"~" };
        if text.iter().any(|byte| special.contains(byte)) {
            return refuse(span.0, span.1, UNQUOTED);
        }
        out.push(text);
        Ok(())
    }

    fn home(&mut self, out: &mut Expanded, span: (usize, usize)) -> Result<(), Fault> {
        match self.variables.get("HOME") {
            Some(Value::Known(home)) if home.starts_with(b"/") && !home.ends_with(b"/") => {
                out.push(home);
                Ok(())
            }
            _ => refuse(span.0, span.1, "`~` is used and HOME is not known; write the path itself"),
        }
    }
}
