//! The command line, as data. Help, man pages and completions come from here.

use crate::error::Error;
use crate::output::change::Reader;
use crate::output::format::Format;
use crate::output::hook::HookShell;
use crate::output::shell::Shell;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Keep an OpenStack token in your keyring and always have a valid one
#[derive(Debug, Parser)]
#[command(
    name = "ostoken",
    version,
    disable_help_subcommand = true,
    after_help = "Example:\n  ostoken login --openrc ~/openrc.sh\n  eval \"$(ostoken init bash)\"; ostoken_use ~/openrc.sh"
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// `ostoken token` with nothing after it, which scripts and status lines call over and over: it needs no parser, whose
    /// definitions of all commands would cost as much as the rest of the call.
    pub fn of_plain_token(arguments: &[OsString]) -> Option<Cli> {
        let command = Command::Token { format: Format::Value, min_ttl: None };
        let is_plain = arguments.len() == 2 && arguments[1] == "token";
        is_plain.then(|| Cli { global: Global::default(), command })
    }
}

/// The error of a command line that clap refused, with the suggestion that it has.
pub fn error(error: &clap::Error) -> Error {
    let context = |kind| {
        error.get(kind).map(|value| match value {
            ContextValue::Strings(values) => values.join(", "),
            ContextValue::StyledStrs(values) => values.iter().map(|value| value.to_string()).collect(),
            other => other.to_string(),
        })
    };
    let argument = || context(ContextKind::InvalidArg).unwrap_or_default();
    let value = context(ContextKind::InvalidValue).filter(|value| !value.is_empty());
    let found = value.map_or_else(|| "no value".to_owned(), |value| format!("`{value}`"));
    let (what, why) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            (context(ContextKind::InvalidSubcommand).unwrap_or_default(), "not a command of ostoken".to_owned())
        }
        ErrorKind::UnknownArgument => (argument(), "unexpected argument".into()),
        ErrorKind::MissingRequiredArgument => (argument(), "required, but not given".into()),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            (argument(), format!("{found}: {why}"))
        }
        ErrorKind::InvalidValue => match context(ContextKind::ValidValue).filter(|values| !values.is_empty()) {
            Some(values) => (argument(), format!("expected one of {values}, found {found}")),
            None => (argument(), format!("expected a value, found {found}")),
        },
        // What else there is says nothing of the value, which may be a secret.
        kind => (argument(), kind.to_string()),
    };
    let similar = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let hint = match similar.into_iter().find_map(context) {
        Some(similar) => format!("did you mean `{similar}`? see `ostoken --help`"),
        None => "see `ostoken --help`".into(),
    };
    Error::usage(if what.is_empty() { "arguments".into() } else { what }, why, hint)
}

/// A program as people type it: a shell's function gets this name.
fn program_name(text: &str) -> Result<String, String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._+-".contains(character);
    match text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.chars().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("expected a program's name without its folder".into()),
    }
}

/// What every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// Read the login from this OpenRC file instead of the environment
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub openrc: Option<PathBuf>,
    /// Use this cloud of clouds.yaml instead of the environment
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "openrc")]
    pub cloud: Option<String>,
    /// Allow plain-http auth URLs that are not on this machine
    #[arg(long, global = true)]
    pub allow_http: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in: ask for the password, verify it with Keystone, save it in the keyring
    Login {
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a valid token
    Token {
        /// Output format
        #[arg(long, value_enum, default_value = "value")]
        format: Format,
        /// Require this much remaining lifetime, for example 6h
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        min_ttl: Option<std::time::Duration>,
    },
    /// Print shell code that exports the token
    Env {
        /// The shell to print for
        #[arg(long, value_enum)]
        shell: Shell,
        /// Require this much remaining lifetime, for example 6h
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        min_ttl: Option<std::time::Duration>,
    },
    /// Run a command with the token, and without the password, in its environment
    Exec {
        /// Require this much remaining lifetime, for example 6h
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        min_ttl: Option<std::time::Duration>,
        /// Give the command the token alone: for programs that leave this machine or outlive this one
        #[arg(long)]
        direct: bool,
        /// Set the environment for programs that read it in another way
        #[arg(long = "for", value_enum, value_name = "PROGRAM", conflicts_with = "direct")]
        reader: Option<Reader>,
        /// Run the command as it is if there is no login
        #[arg(long, hide = true)]
        wrapped: bool,
        /// The command and its arguments, after `--`
        #[arg(required = true, trailing_var_arg = true, value_hint = clap::ValueHint::CommandWithArguments)]
        command: Vec<OsString>,
    },
    /// Show the current login, token, keyring and last error
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Check with Keystone that the token is still valid
        #[arg(long)]
        check: bool,
    },
    /// Find what is wrong, and print the command that mends it
    #[command(after_help = "Example:\n  ostoken doctor --openrc ~/openrc.sh")]
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Renew the token now
    Refresh,
    /// Revoke the token and delete it
    Revoke {
        /// Revoke the tokens of every scope of this login
        #[arg(long)]
        all: bool,
    },
    /// Log out: revoke this login's tokens and delete them and the password from the keyring
    Logout,
    /// Print the shell hook, for the shell's startup file
    #[command(after_help = "Example:\n  eval \"$(ostoken init bash --wrap openstack)\"")]
    Init {
        /// The shell
        #[arg(value_enum)]
        shell: HookShell,
        /// Run this program through `ostoken exec` when its name is typed; may be repeated
        #[arg(long, value_name = "PROGRAM", value_parser = program_name, value_hint = clap::ValueHint::CommandName)]
        wrap: Vec<String>,
    },
    /// Print shell completions
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the man pages to a folder
    Man {
        /// The folder
        #[arg(value_hint = clap::ValueHint::DirPath)]
        folder: PathBuf,
    },
    /// Credential protocol: print the token for the host described on stdin
    Get,
    /// Credential protocol: save a token created elsewhere
    Store,
    /// Credential protocol: delete the given token
    Erase,
    /// Credential protocol: print the capabilities of this helper
    Capability,
    /// What the hooks call
    #[command(hide = true)]
    Hook(HookArgs),
    /// What a hook leaves behind to make a token
    #[command(hide = true)]
    Renew,
}

#[derive(Args, Debug)]
pub struct HookArgs {
    #[arg(long, value_enum)]
    pub shell: HookShell,
    /// What this shell was told, as the last answer has it
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    pub said: String,
    /// OS_TOKEN is the one that this shell exported
    #[arg(long)]
    pub own: bool,
    /// Answer `ostoken_use FILE`
    #[arg(long = "use", value_name = "FILE", allow_hyphen_values = true)]
    pub use_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_call_that_needs_no_parser_means_what_the_parser_says() {
        let plain = ["ostoken", "token"].map(OsString::from);
        let parsed = Cli::try_parse_from(&plain).expect("parsed");
        assert_eq!(format!("{:?}", Cli::of_plain_token(&plain).expect("plain")), format!("{parsed:?}"));
        assert!(Cli::of_plain_token(&["ostoken", "token", "--format", "json"].map(OsString::from)).is_none());
    }
}
