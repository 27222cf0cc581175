//! `ostoken init`: prints the hook of a shell, with this program's own path in it.

use crate::context::Context;
use crate::error::{Error, Exit};
use crate::output::hook::{HookShell, hook};
use crate::secret::random_number;

/// How the names of the hooks' own variables begin.
const STATE: &str = "__ostoken__";

/// Prints the hook, with a function for each of the programs to `wrap`.
pub fn run(shell: HookShell, wrap: &[String], context: &mut Context) -> Result<Exit, Error> {
    let path = std::env::current_exe().map_err(|error| Error::Io { what: "this program's path", error })?;
    let unusable =
        || Error::usage("init", "this program's path is not valid UTF-8", "install ostoken in another folder");
    // The name that git looks for is the same program under another name.
    let path = path.to_str().ok_or_else(unusable)?.replace("git-credential-ostoken", "ostoken");
    // A .env can set any variable, but not one whose name it cannot know.
    context.answer(&hook(shell, &path, wrap).replace(STATE, &format!("__ostoken_{}_", random_number()?)))?;
    Ok(Exit::Done)
}
