//! The verbs, a file each: arguments, then the parts below, then output.

mod completions;
mod credential;
mod doctor;
mod env;
mod exec;
mod init;
mod login;
mod logout;
mod refresh;
mod renew;
mod revoke;
mod status;
mod token;

use crate::cli::{Cli, Command};
use crate::context::Context;
use crate::error::{Error, Exit};
use crate::prompt;

/// Runs the command.
///
/// # Errors
/// What the command could not do.
pub fn run(cli: Cli, context: &mut Context) -> Result<Exit, Error> {
    let Cli { global, command } = cli;
    match command {
        Command::Login { password_stdin } => login::run(&global, password_stdin, context),
        Command::Token { format, min_ttl } => token::run(&global, format, seconds(min_ttl), context),
        Command::Env { shell, min_ttl } => env::run(&global, shell, seconds(min_ttl), context),
        Command::Exec { min_ttl, direct, reader, wrapped, command } => {
            exec::run(&global, &exec::Options { min_ttl: seconds(min_ttl), direct, reader, wrapped }, &command, context)
        }
        Command::Status { json, check } => status::run(&global, json, check, context),
        Command::Doctor { json } => doctor::run(&global, json, context),
        Command::Refresh => refresh::run(&global, context),
        Command::Revoke { all } => revoke::run(&global, all, context),
        Command::Logout => logout::run(&global, context),
        Command::Init { shell, wrap } => init::run(shell, &wrap, context),
        Command::Completions { shell } => completions::run(shell, context),
        Command::Man { folder } => completions::man(&folder),
        Command::Get => credential::get(&global, context),
        Command::Store => credential::store(&global, context),
        Command::Erase => credential::erase(&global, context),
        Command::Capability => credential::capability(context),
        Command::Hook(arguments) => prompt::run(&global, &arguments, context),
        Command::Renew => renew::run(&global, context),
    }
}

/// A lifetime that is asked for, in seconds.
fn seconds(duration: Option<std::time::Duration>) -> i64 {
    duration.map_or(0, |duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}
