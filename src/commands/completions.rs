//! `ostoken completions` and `man`: both from the definitions of the command line.

use super::Context;
use crate::cli::Cli;
use crate::error::{Error, Exit};
use clap::CommandFactory;
use std::path::Path;

/// Prints the completions of a shell.
pub fn run(shell: clap_complete::Shell, context: &mut Context) -> Result<Exit, Error> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ostoken", &mut text);
    context.answer(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
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
