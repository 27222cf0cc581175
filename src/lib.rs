//! ostoken keeps an OpenStack (Keystone v3) token in the OS keyring with a file-locked expiry record, and hands a valid
//! one out.
//!
//! Data goes one way: arguments and environment snapshot, [`identity`], its key, [`store`] (record, lock, keyring),
//! [`keystone`] when needed, [`output`]. The [`broker`] decides; [`commands`] put the parts together, a file a verb.

// The command line documents itself for its users; documentation of its types would say the same again.
#[allow(missing_docs)]
pub mod cli;

pub mod broker;
pub mod clock;
pub mod commands;
pub mod context;
pub mod credential;
pub mod doctor;
pub mod endpoint;
pub mod error;
pub mod failpoint;
pub mod identity;
pub mod keystone;
pub mod login_history;
pub mod output;
mod password_prompt;
mod process;
mod prompt;
pub mod protocol;
pub mod record;
pub mod secret;
mod secret_stdin;
pub mod session;
pub mod store;
pub mod streams;

use clap::Parser;
use clap::error::ErrorKind;
use clock::SystemClock;
use context::Context;
use error::{Error, Exit, escaped};
use identity::Environment;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;

/// The longest error or hint that is shown, in characters.
const LONGEST_TEXT: usize = 4000;

/// Runs the program with this process's arguments, environment and streams. `name` is the one it was built under.
pub fn run_from_process(name: &str) -> ExitCode {
    let started = Instant::now();
    protect_memory();
    let environment = Environment::of_process().before_endpoint();
    let is_dumb = environment.get("TERM") == Some("dumb");
    let terminal = std::io::stderr().is_terminal() && !is_dumb;
    let colour = std::io::stdout().is_terminal() && !is_dumb && environment.get("NO_COLOR").is_none();
    let mut context = Context {
        environment: &environment,
        clock: &SystemClock,
        started,
        stdin: &mut std::io::stdin().lock(),
        // Neither is locked: a hook's limit speaks while this thread hangs.
        stdout: &mut streams::stdout(),
        stderr: &mut std::io::stderr(),
        terminal,
        colour,
    };
    ExitCode::from(run(name, std::env::args_os().collect(), &mut context) as u8)
}

/// Runs one command: `arguments` begin with the program's name.
pub fn run(name: &str, arguments: Vec<OsString>, context: &mut Context) -> Exit {
    let parsed = match cli::Cli::of_plain_token(&arguments) {
        Some(cli) => Ok(cli),
        None => cli::Cli::try_parse_from(arguments),
    };
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return explain(name, &error, context),
    };
    let answer = commands::run(cli, context).and_then(|exit| match context.stdout.flush() {
        Ok(()) => Ok(exit),
        Err(error) => Err(Error::Io { what: "standard output", error }),
    });
    match answer {
        Ok(exit) => exit,
        Err(error) => fail(&error, context),
    }
}

/// `ostoken: what failed: why`, then the hint.
fn fail(error: &Error, context: &mut Context) -> Exit {
    match error {
        // Whoever read the output went away, as `| head -1` does: nobody is left to be told.
        Error::Io { error, .. } if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Done,
        error => {
            // Whatever an error was told by a file, a server or the system: this is where it meets a terminal.
            let (text, hint) = (escaped(&error.to_string(), LONGEST_TEXT), escaped(&error.hint(), LONGEST_TEXT));
            let _ = writeln!(context.stderr, "ostoken: {text}\nhint: {hint}");
            error.exit()
        }
    }
}

/// Help and version are answers; everything else is a usage error. git tells helpers to ignore
/// operations that they do not know, so under git's name such a verb is passed over.
fn explain(name: &str, error: &clap::Error, context: &mut Context) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match context.answer(&error.render().to_string()) {
            Ok(()) => Exit::Done,
            Err(error) => fail(&error, context),
        },
        ErrorKind::InvalidSubcommand if name == "git-credential-ostoken" => Exit::Done,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = write!(context.stderr, "{}", error.render());
            Exit::Usage
        }
        _ => fail(&cli::error(error), context),
    }
}

/// Keeps secrets out of core dumps, and out of the reach of other programs of the user that would attach to this one.
/// A program started by `exec` does not inherit it.
fn protect_memory() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
