//! `ostoken completions` and `man`: both from the definitions of the command line.

use crate::cli::Cli;
use crate::context::Context;
use crate::error::{Error, Exit};
use clap::{Command, CommandFactory};
use std::path::Path;

/// Prints the completions of a shell.
pub fn run(shell: clap_complete::Shell, context: &mut Context) -> Result<Exit, Error> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut public(), "ostoken", &mut text);
    context.answer(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

/// The command line without what hooks alone call: the generators would offer it.
fn public() -> Command {
    let whole = Cli::command();
    let commands: Vec<Command> = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let about = whole.get_about().cloned().unwrap_or_default();
    Command::new("ostoken")
        .about(about)
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(whole.get_arguments().cloned())
        .subcommands(commands)
}

/// Writes `ostoken.1` and a page for each command into `folder`.
pub fn man(folder: &Path) -> Result<Exit, Error> {
    let write = || {
        fs_err::create_dir_all(folder)?;
        clap_mangen::generate_to(Cli::command(), folder)
    };
    write().map_err(|error| Error::Io { what: "man pages", error })?;
    Ok(Exit::Done)
}
