//! OpenRC files, read as data.
//!
//! An OpenRC file is a shell script, and the usual way to read one is to run it. A token helper must not: a file from a
//! download folder, or one that an `.envrc` names, would then run whatever stands in it. This module follows the script as
//! bash would, runs nothing, and knows at each place which values are certain. Where only a run would tell (`$(...)`, a
//! condition on something outside) it goes both ways. At the end each `OS_*` variable has a value that bash would have
//! given it too, or none is given: a secret is then absent, and whatever else decides about the login refuses the file.
//!
//! text -> `source` -> `grammar` with `cursor`, `word` and `ansi` ([`syntax`])
//! -> `shell` with `builtins`, `conditions`, `expand`, `braces` and `pattern` ([`state`]) -> [`OpenRc`].

mod ansi;
mod braces;
mod builtins;
mod conditions;
mod cursor;
mod error;
mod expand;
mod grammar;
mod names;
mod pattern;
mod shell;
mod source;
mod state;
mod syntax;
mod word;

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

pub use error::OpenRcError;

use error::{Fault, refuse};
use state::{Content, Unknown, Value};

const COMMAND: &str = "only running the file would tell this; write the value itself";
const TYPED: &str = "the file asks for this at the terminal; write the value into it";

/// The `OS_*` variables that an OpenRC file sets.
///
/// Debug prints names only, since any value may be a password.
#[derive(Clone)]
pub struct OpenRc {
    variables: BTreeMap<String, Entry>,
    unknown: Vec<String>,
}

impl From<OpenRcError> for crate::error::Error {
    fn from(error: OpenRcError) -> Self {
        crate::error::Error::OpenRc(error.to_string())
    }
}

/// What a variable holds at the end of the file, and the line that gave it.
#[derive(Clone)]
struct Entry {
    value: Zeroizing<String>,
    line: usize,
}

impl OpenRc {
    /// The value of an `OS_*` variable at the end of the file; `None` if it is unset there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|entry| entry.value.as_str())
    }

    /// The line, counted from 1, of the assignment that gave the final value.
    pub fn line_of(&self, name: &str) -> Option<usize> {
        self.variables.get(name).map(|entry| entry.line)
    }

    /// The names of those that are set to something only a run would tell: secrets that the file asks for, and whatever
    /// decides nothing about the login.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Those of [`OpenRc::unknown`] that are no secrets: what a person may miss.
    pub fn left_out(&self) -> Vec<&str> {
        self.unknown.iter().map(String::as_str).filter(|name| !names::is_secret(name.as_bytes())).collect()
    }

    /// Names and values, sorted by name, exported or not.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, entry)| (name.as_str(), entry.value.as_str()))
    }
}

impl fmt::Debug for OpenRc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

/// Reads an OpenRC file as bash would have read it in an environment without `OS_*` variables.
///
/// `text` is the file's content and `file` its name, for messages. `outer` gives the environment's
/// variables; it is asked only for names that do not begin with `OS_`, so that what an earlier file
/// left behind decides nothing.
///
/// # Errors
///
/// The file is too large, is not a shell script, or an `OS_*` variable depends on something that
/// only a run of the file would tell. The error never contains the value of a secret.
pub fn read(text: &[u8], file: &str, outer: &dyn Fn(&str) -> Option<String>) -> Result<OpenRc, OpenRcError> {
    let text = source::normalized(text).map_err(|why| OpenRcError::of_file(file, why))?;
    let mut source = source::Source::new(&text);
    interpret(&mut source, file, outer).map_err(|fault| source.explain(file, fault))
}

fn interpret(
    source: &mut source::Source<'_>,
    file: &str,
    outer: &dyn Fn(&str) -> Option<String>,
) -> Result<OpenRc, Fault> {
    let text = source.text;
    let mut parser = cursor::Parser::new(text);
    let script = parser.script();
    source.note_commands(parser.starts);
    let mut shell = shell::Shell::new(outer, file);
    shell.file(&script?)?;
    if shell.state.dead {
        let ended = shell.ended.unwrap_or(Unknown { why: "the shell does not get to its end", span: (0, text.len()) });
        return refuse(ended.span.0, ended.span.1, ended.why);
    }
    let mut read = OpenRc { variables: BTreeMap::new(), unknown: Vec::new() };
    for (name, slot) in shell.state.variables.into_iter().filter(|(name, _)| names::is_openstack(name)) {
        let value = match slot.content {
            Content::Unset => continue,
            Content::Text(value) => value,
            Content::Array(elements) => match elements.values.into_iter().next() {
                Some((_, value)) => value,
                None => continue,
            },
        };
        match value {
            Value::Known(text) => {
                source::check(&text, slot.span)?;
                let line = source.line(slot.span.0);
                read.variables.insert(name, Entry { value: text, line });
            }
            Value::Unknown(unknown) if names::decides(&name) => return refuse(slot.span.0, slot.span.1, unknown.why),
            Value::Unknown(_) => read.unknown.push(name),
        }
    }
    Ok(read)
}
