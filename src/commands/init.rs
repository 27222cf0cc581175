//! `ostoken init`: prints the hook of a shell, with this program's own path in it.

use super::Context;
use crate::cli::HookShell;
use crate::error::{Error, Exit};
use crate::output::shell::posix;

const BASH: &str = include_str!("../../shell/ostoken.bash");
const ZSH: &str = include_str!("../../shell/ostoken.zsh");

/// The line of the hook that names the program.
const PROGRAM: &str = "__ostoken_bin=ostoken\n";

/// Prints the hook.
pub fn run(shell: HookShell, context: &mut Context) -> Result<Exit, Error> {
    let hook = match shell {
        HookShell::Bash => BASH,
        HookShell::Zsh => ZSH,
    };
    let path = std::env::current_exe().map_err(|error| Error::Io { what: "this program's path", error })?;
    let path = path.to_str().ok_or_else(|| Error::usage("init", "this program's path is no UTF-8 text"))?;
    // The name that git looks for is the same program under another name.
    let path = path.replace("git-credential-ostoken", "ostoken");
    context.answer(&hook.replacen(PROGRAM, &format!("__ostoken_bin={}\n", posix(&path)), 1))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hook_has_the_line_that_names_the_program_once() {
        for hook in [BASH, ZSH] {
            assert_eq!(hook.matches(PROGRAM).count(), 1);
        }
    }
}
