//! OpenRC files, read as data.
//!
//! An OpenRC file is a shell script, and the usual way to read one is to run it. A token helper
//! must not: a file from a download folder, or one that an `.envrc` names, would then run whatever
//! stands in it. This module reads the part of bash that such files are written in and gives what
//! bash would have given, or refuses the file. It never guesses: a value that only a run would tell
//! (`$(...)`, a condition on something outside) is an error wherever it would decide an `OS_*` variable.
//!
//! text -> `source` -> `grammar` with `simple`, `words` and `dollar` (a tree that borrows from the text)
//! -> `shell` with `expand`, `builtins` and `conditions` -> [`OpenRc`].

mod ansi;
mod ask;
mod assign;
mod braces;
mod builtins;
mod conditions;
mod cursor;
mod dollar;
mod error;
mod expand;
mod expanded;
mod grammar;
mod keywords;
mod names;
mod options;
mod quiet;
mod redirections;
mod shell;
mod simple;
mod source;
mod syntax;
mod unquoted;
mod variables;
mod words;

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

pub use error::OpenRcError;

/// The `OS_*` variables that an OpenRC file sets.
///
/// Debug prints names only, since any value may be a password.
pub struct OpenRc {
    variables: BTreeMap<String, Entry>,
}

impl From<OpenRcError> for crate::error::Error {
    fn from(error: OpenRcError) -> Self {
        crate::error::Error::OpenRc(error.to_string())
    }
}

/// What a variable holds at the end of the file, and the line that gave it.
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
    let variables = interpret(&mut source, outer).map_err(|fault| source.explain(file, fault))?;
    Ok(OpenRc { variables })
}

fn interpret(
    source: &mut source::Source<'_>,
    outer: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Entry>, error::Fault> {
    let mut parser = cursor::Parser::new(source.text);
    let script = parser.script();
    source.commands = parser.into_command_starts();
    let mut shell = shell::Shell::new(outer);
    shell.run(&script?)?;
    shell.variables.into_openstack(source)
}
