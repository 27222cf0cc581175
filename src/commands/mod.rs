//! One file a verb: arguments, then the parts below, then output.

mod ask;
mod completions;
mod credential;
mod detach;
mod env;
mod exec;
mod given;
mod hook;
mod init;
mod login;
mod logout;
mod refresh;
mod renew;
mod revoke;
mod session;
mod settings;
mod status;
mod token;

use crate::LONGEST_TEXT;
use crate::cli::{Cli, Command};
use crate::clock::Clock;
use crate::error::{Error, Exit, escaped};
use crate::identity::Environment;
use std::io::{BufRead, Write};
use std::time::Instant;

/// What a command is given of the process it runs in.
pub struct Context<'a> {
    /// The environment as it was at the start.
    pub environment: &'a Environment,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// When the program started.
    pub started: Instant,
    /// Standard input.
    pub stdin: &'a mut dyn BufRead,
    /// Standard output: the answer and nothing else.
    pub stdout: &'a mut dyn Write,
    /// Standard error: messages.
    pub stderr: &'a mut dyn Write,
    /// Whether standard error is a terminal: progress is shown.
    pub terminal: bool,
    /// Whether standard output takes colours.
    pub colour: bool,
}

impl Context<'_> {
    /// Writes the answer.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn answer(&mut self, text: &str) -> Result<(), Error> {
        let written = self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush());
        written.map_err(|error| Error::Io { what: "standard output", error })
    }

    /// Says what went wrong beside the answer.
    pub fn warn(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "ostoken: warning: {}", escaped(text, LONGEST_TEXT));
    }

    /// Runs `work`, which asks Keystone; shows on a terminal that it does.
    pub fn with_progress<T>(&mut self, host: &str, work: impl FnOnce() -> T) -> T {
        if self.terminal {
            let _ = write!(self.stderr, "asking {host} ...");
            let _ = self.stderr.flush();
        }
        let answer = work();
        if self.terminal {
            let _ = write!(self.stderr, "\r\x1b[K");
        }
        answer
    }
}

/// Runs the command.
///
/// # Errors
/// What the command could not do.
pub fn run(cli: Cli, context: &mut Context) -> Result<Exit, Error> {
    let Cli { global, command } = cli;
    match command {
        Command::Login { password_stdin } => login::run(&global, password_stdin, context),
        Command::Token { format, min_ttl } => token::run(&global, format, min_ttl, context),
        Command::Env { shell } => env::run(&global, shell, context),
        Command::Exec { command } => exec::run(&global, &command, context),
        Command::Status { json, check } => status::run(&global, json, check, context),
        Command::Refresh => refresh::run(&global, context),
        Command::Revoke { all } => revoke::run(&global, all, context),
        Command::Logout => logout::run(&global, context),
        Command::Init { shell } => init::run(shell, context),
        Command::Completions { shell } => completions::run(shell, context),
        Command::Man { folder } => completions::man(&folder),
        Command::Get => credential::get(&global, context),
        Command::Store => credential::store(&global, context),
        Command::Erase => credential::erase(&global, context),
        Command::Capability => credential::capability(context),
        Command::Hook(arguments) => hook::run(&global, &arguments, context),
        Command::Renew => renew::run(&global, context),
    }
}
