//! The command line, as data. Help, man pages and completions come from here.

use crate::output::Format;
use crate::output::hook::HookShell;
use crate::output::shell::Shell;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Keeps an OpenStack token in the keyring and hands out a valid one
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

/// What every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// Take the identity from this OpenRC file, not from the environment
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub openrc: Option<PathBuf>,
    /// Permit an auth URL without TLS on another machine
    #[arg(long, global = true)]
    pub allow_http: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask for the secret, prove it, and keep it in the keyring
    Login {
        /// Read the secret from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a valid token
    Token {
        /// How it is printed
        #[arg(long, value_enum, default_value = "value")]
        format: Format,
        /// It must live at least this long, such as 6h
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        min_ttl: Option<std::time::Duration>,
    },
    /// Print what a shell evaluates to have the token in its environment
    Env {
        /// For which shell
        #[arg(long, value_enum)]
        shell: Shell,
    },
    /// Run a command with the token in its environment, and no password
    Exec {
        /// The command and its arguments, after `--`
        #[arg(required = true, trailing_var_arg = true, value_hint = clap::ValueHint::CommandWithArguments)]
        command: Vec<OsString>,
    },
    /// Show identity, token, keyring and what went wrong last
    Status {
        /// Print an object for programs
        #[arg(long)]
        json: bool,
        /// Ask Keystone whether it still knows the token
        #[arg(long)]
        check: bool,
    },
    /// Renew the token now
    Refresh,
    /// Revoke the token at Keystone and forget it
    Revoke {
        /// Those of every scope of this login
        #[arg(long)]
        all: bool,
    },
    /// Forget secret and tokens of this login, and revoke them
    Logout,
    /// Print the hook of a shell, for its start-up file
    Init {
        /// The shell
        #[arg(value_enum)]
        shell: HookShell,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a folder
    Man {
        /// The folder
        #[arg(value_hint = clap::ValueHint::DirPath)]
        folder: PathBuf,
    },
    /// Credential protocol: give the token for the description on standard input
    Get,
    /// Credential protocol: take a token from elsewhere
    Store,
    /// Credential protocol: forget the given token
    Erase,
    /// Credential protocol: print what this helper can do
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
