//! `ostoken exec -- CMD`: runs a command with the token in its environment, and no password.

use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit, escaped};
use crate::login_history::Caller;
use crate::output::change::{SECRETS, Scrub};
use crate::session::Session;
use std::ffi::OsString;
use std::process::Command;

/// Becomes the command; where the system cannot do that, waits for it and ends with its status.
pub fn run(global: &Global, command: &[OsString], context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let kept = session.obtain(0, context)?.kept;
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::argument("exec", "no command given"));
    };
    let mut child = Command::new(program);
    child.args(arguments);
    for name in SECRETS.into_iter().chain(["OSTOKEN_PASSCODE"]) {
        child.env_remove(name);
    }
    for (name, value) in
        session.export(&kept, Scrub::UserAndSecret, context).iter().filter_map(|change| session.variable(change))
    {
        match value {
            Some(value) => child.env(name, value),
            None => child.env_remove(name),
        };
    }
    let name = escaped(&program.to_string_lossy(), 200);
    become_it(child).map_err(|error| Error::Exec { program: name, error })
}

#[cfg(unix)]
fn become_it(mut command: Command) -> Result<Exit, std::io::Error> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<Exit, std::io::Error> {
    // Ctrl-C reaches both: what it means is the command's to say, and its status is waited for.
    let _ = ctrlc::set_handler(|| {});
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1));
}
