//! What can go wrong, what the caller does next, and the exit code that says so.

use std::borrow::Cow;
use std::path::PathBuf;

/// The program's exit codes (documented in docs/settings.md; scripts rely on them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; also "not mine", for the credential protocol.
    Done = 0,
    /// Anything that has no code of its own.
    Other = 1,
    /// The arguments, the environment or an OpenRC file cannot be understood.
    Usage = 2,
    /// No credentials for this identity.
    NoCredentials = 3,
    /// Keystone refused (400, 401, 403, 404, 409).
    Refused = 4,
    /// Rate limited: 429, or the budget of this machine is spent.
    RateLimited = 5,
    /// Keystone was not reachable in time, or its answer was none.
    Unreachable = 6,
    /// No usable keyring.
    NoKeyring = 7,
    /// `exec`: the command was found and could not be run (as env(1) and the shells have it).
    NotRunnable = 126,
    /// `exec`: the command was not found.
    NotFound = 127,
}

/// What a hook says once, and remembers that it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Keystone refused the secret or the scope.
    Refused,
    /// Rate limited, by the cloud or by the own budget.
    Limited,
    /// Keystone did not answer in time.
    Unreachable,
    /// There is no secret to make a token with.
    NoCredentials,
    /// The keyring cannot be used.
    NoKeyring,
    /// The secret belongs to another auth URL.
    OtherHost,
    /// The state folder cannot be used.
    State,
    /// A variable or file cannot be understood.
    Usage,
    /// The login is of a kind that ostoken does not do: a hook says nothing about it.
    Unsupported,
}

impl Kind {
    /// The word that the hooks pass as `--said`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Refused => "refused",
            Kind::Limited => "limited",
            Kind::Unreachable => "unreachable",
            Kind::NoCredentials => "no-credentials",
            Kind::NoKeyring => "no-keyring",
            Kind::OtherHost => "other-host",
            Kind::State => "state",
            Kind::Usage => "usage",
            Kind::Unsupported => "unsupported",
        }
    }
}

/// An error of ostoken. `Display` gives "what failed: why"; [`Error::hint`] the next thing to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that cannot be used: correct it.
    #[error("{what}: {why}")]
    Usage {
        /// The variable, argument or input.
        what: String,
        /// What was expected, and what was found.
        why: String,
        /// What to do.
        hint: Cow<'static, str>,
    },
    /// The login is of a kind that is not supported: choose another one, as the hint says.
    #[error("{what}: {why}")]
    Unsupported {
        /// The variable, or the place in a file, that selects it.
        what: String,
        /// What it selects.
        why: String,
        /// What to do.
        hint: &'static str,
    },
    /// The OpenRC file decides an OS_* variable in a way that data cannot: mend that line.
    #[error("{0}")]
    OpenRc(String),
    /// The environment names no login: source an OpenRC file.
    #[error("no cloud selected: {0} is not set")]
    NoIdentity(&'static str),
    /// No secret in the environment and none in the keyring: `ostoken login`.
    #[error("no {secret} saved for {login}")]
    NoSecret {
        /// What a login of its kind has: a password or a secret.
        secret: &'static str,
        /// The login, in words.
        login: String,
    },
    /// The login was not made here, or its server was trusted in another way then: `ostoken login`, if this is wanted.
    #[error("{0}")]
    OtherHost(String),
    /// Keystone refused the request: correct what its message names.
    #[error("{what}: Keystone answered {status}: {message}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// Keystone's own message, escaped and bounded.
        message: String,
    },
    /// Keystone refused this secret before; it was not sent again.
    #[error("Keystone rejected this {secret} before; not sending it again (to avoid locking the account): {message}")]
    RefusedBefore {
        /// What a login of its kind has: a password or a secret.
        secret: &'static str,
        /// Keystone's own message.
        message: String,
    },
    /// The cloud limits requests: wait.
    #[error("rate limited: Keystone asks to wait another {0} s")]
    RateLimited(u64),
    /// The own budget of requests is spent: wait.
    #[error("rate limited: {sent} requests in the last {window} s, next one allowed in {seconds} s")]
    BudgetSpent {
        /// How many requests were sent.
        sent: usize,
        /// In how many seconds.
        window: i64,
        /// Until the next one, in seconds.
        seconds: u64,
    },
    /// Keystone did not answer: check the network and the auth URL.
    #[error("could not reach Keystone at {url}: {why}")]
    Unreachable {
        /// Where it was asked.
        url: String,
        /// Why there is no answer.
        why: String,
        /// Whether there was none in time.
        is_timeout: bool,
    },
    /// A hook does not ask again yet, after a failure.
    #[error("{message}; next attempt in {seconds} s")]
    BackingOff {
        /// Until the next try.
        seconds: u64,
        /// What failed.
        message: String,
        /// What a hook calls it.
        kind: Kind,
    },
    /// A renewal that a hook started left no token, and nothing else tells why.
    #[error("no token: {0}")]
    Renewal(String),
    /// The answer is none that Keystone gives: check the auth URL.
    #[error("unexpected response from {url}: {why}")]
    BadAnswer {
        /// Where it was asked.
        url: String,
        /// What was wrong with the answer.
        why: String,
    },
    /// The server sent a redirect: set the auth URL to it, if it is right.
    #[error("unexpected response from {url}: redirect to {location}")]
    Redirected {
        /// Where it was asked.
        url: String,
        /// Where the server points.
        location: String,
    },
    /// Another process holds the lock: see what it does.
    #[error("timed out after {seconds} s waiting for the lock {}", shown(path))]
    LockTimeout {
        /// The lock file.
        path: PathBuf,
        /// How long it was waited for, in seconds.
        seconds: u64,
    },
    /// No keyring can be used: start or unlock one, or choose another.
    #[error("no usable keyring: {0}")]
    NoKeyring(String),
    /// The state folder or a file in it cannot be used.
    #[error("cannot use {}: {why}", shown(path))]
    State {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What to do.
        hint: &'static str,
    },
    /// A token was made and could not be kept: each call makes another one until that is mended.
    #[error("created a token but could not save it: {0}")]
    NotKept(String),
    /// Tokens of this cloud never live as long as asked for: ask for less.
    #[error("--min-ttl: this cloud's tokens live {lifetime} s, requested {wanted} s")]
    MinTtl {
        /// Asked for, in seconds.
        wanted: i64,
        /// A whole token life, in seconds.
        lifetime: i64,
    },
    /// The program of `exec` could not be started.
    #[error("exec: {program}: {error}")]
    Exec {
        /// The program's name, escaped.
        program: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// Input or output failed.
    #[error("{what}: {error}")]
    Io {
        /// What was read or written.
        what: &'static str,
        /// The system's reason.
        error: std::io::Error,
    },
}

impl Error {
    /// A value that cannot be used, with what to do.
    pub fn usage(what: impl Into<String>, why: impl Into<String>, hint: impl Into<Cow<'static, str>>) -> Error {
        Error::Usage { what: what.into(), why: why.into(), hint: hint.into() }
    }

    /// A variable of the environment or an OpenRC file that cannot be used.
    pub fn variable(name: impl Into<String>, why: impl Into<String>) -> Error {
        Error::usage(name, why, "correct it in the environment or the OpenRC file")
    }

    /// An argument that cannot be used.
    pub fn argument(name: impl Into<String>, why: impl Into<String>) -> Error {
        Error::usage(name, why, "see `ostoken --help`")
    }

    /// The exit code of this error.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Usage { .. } | Error::Unsupported { .. } | Error::OpenRc(_) => Exit::Usage,
            Error::NoIdentity(_) | Error::NoSecret { .. } | Error::OtherHost(_) => Exit::NoCredentials,
            Error::Refused { .. } | Error::RefusedBefore { .. } => Exit::Refused,
            Error::RateLimited(_) | Error::BudgetSpent { .. } => Exit::RateLimited,
            Error::Unreachable { .. }
            | Error::BackingOff { .. }
            | Error::Renewal(_)
            | Error::BadAnswer { .. }
            | Error::Redirected { .. }
            | Error::LockTimeout { .. } => Exit::Unreachable,
            Error::NoKeyring(_) => Exit::NoKeyring,
            Error::Exec { error, .. } if error.kind() == std::io::ErrorKind::NotFound => Exit::NotFound,
            Error::Exec { .. } => Exit::NotRunnable,
            Error::State { .. } | Error::MinTtl { .. } | Error::Io { .. } | Error::NotKept(_) => Exit::Other,
        }
    }

    /// What a hook calls this error.
    pub fn kind(&self) -> Kind {
        match self {
            Error::NoIdentity(_) | Error::NoSecret { .. } => Kind::NoCredentials,
            Error::Usage { .. } | Error::OpenRc(_) => Kind::Usage,
            Error::Unsupported { .. } => Kind::Unsupported,
            Error::OtherHost(_) => Kind::OtherHost,
            Error::Refused { .. } | Error::RefusedBefore { .. } => Kind::Refused,
            Error::RateLimited(_) | Error::BudgetSpent { .. } => Kind::Limited,
            Error::NoKeyring(_) => Kind::NoKeyring,
            Error::State { .. } | Error::Io { .. } | Error::MinTtl { .. } | Error::Exec { .. } | Error::NotKept(_) => {
                Kind::State
            }
            Error::BackingOff { kind, .. } => *kind,
            Error::Unreachable { .. }
            | Error::Renewal(_)
            | Error::BadAnswer { .. }
            | Error::Redirected { .. }
            | Error::LockTimeout { .. } => Kind::Unreachable,
        }
    }

    /// The next thing to do, without a trailing period.
    pub fn hint(&self) -> String {
        match self {
            Error::Usage { hint, .. } => hint.clone().into_owned(),
            Error::OpenRc(_) => "write that line as a plain `export NAME=value`".into(),
            Error::NoIdentity(_) => {
                "source an OpenRC file, set OS_CLOUD, or use `--openrc FILE` or `--cloud NAME`".into()
            }
            Error::NoSecret { .. } => "run `ostoken login`".into(),
            Error::OtherHost(_) => "run `ostoken login` if you trust this server".into(),
            Error::Refused { status: 401, .. } => {
                "check user, domain, password and project, then run `ostoken login`".into()
            }
            Error::Refused { .. } => "check the scope (OS_PROJECT_*, OS_DOMAIN_*) and the auth URL".into(),
            Error::RefusedBefore { .. } => "check user, domain, password and project, then run `ostoken login`".into(),
            Error::RateLimited(seconds) | Error::BudgetSpent { seconds, .. } => {
                format!("wait {seconds} s; `ostoken status` shows the requests sent")
            }
            Error::Unreachable { .. } => "check the network, OS_AUTH_URL, OS_CACERT and the proxy variables".into(),
            Error::BackingOff { .. } | Error::Renewal(_) => "run `ostoken refresh` to try again now".into(),
            Error::BadAnswer { .. } => "check that OS_AUTH_URL is Keystone's, for example https://host/v3".into(),
            Error::Redirected { location, .. } => format!("if that is your cloud, set OS_AUTH_URL to `{location}`"),
            Error::LockTimeout { .. } => LOCKED.into(),
            Error::NoKeyring(_) => NO_KEYRING.into(),
            Error::State { hint, .. } | Error::Unsupported { hint, .. } => (*hint).into(),
            Error::NotKept(_) => "fix the keyring or the state folder; until then every call creates a token".into(),
            Error::MinTtl { .. } => "request less".into(),
            Error::Exec { .. } => "check the command's name and PATH".into(),
            Error::Io { .. } => "check that stream or file".into(),
        }
    }
}

// What to do where it differs from system to system.
const LOCKED: &str = if cfg!(windows) {
    "find the process that holds it: `tasklist /fi \"imagename eq ostoken.exe\"`"
} else {
    "find the process that holds it: `fuser -v FILE`"
};
const NO_KEYRING: &str = if cfg!(windows) {
    "choose one with OSTOKEN_KEYRING=credential-manager or file"
} else if cfg!(target_os = "macos") {
    "unlock it, or choose one with OSTOKEN_KEYRING=keychain or file"
} else {
    "unlock your keyring, or choose one with OSTOKEN_KEYRING=keyutils, secret-service or file"
};

/// `text` with control characters escaped and at most `longest` characters, for a terminal.
pub fn escaped(text: &str, longest: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == longest {
            out.push_str("...");
            break;
        }
        if c.is_control() || is_invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// A path for a terminal.
fn shown(path: &std::path::Path) -> String {
    escaped(&path.to_string_lossy(), 1000)
}

/// Characters that reorder or hide what stands beside them on a terminal, or end its line (Unicode's bidirectional
/// controls, format characters of no width, line separators, tags).
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_steer_a_terminal() {
        assert_eq!(escaped("a\u{1b}[31mb\n\u{202e}", 99), "a\\u{1b}[31mb\\u{a}\\u{202e}");
        for hidden in ["\u{ad}", "\u{61c}", "\u{200b}", "\u{2028}", "\u{2060}", "\u{2069}", "\u{9b}31m", "\u{e0041}"] {
            assert!(escaped(hidden, 99).is_ascii(), "{hidden:?}");
        }
        assert_eq!(escaped("\u{e9}\u{1f511} \u{4e2d}", 99), "\u{e9}\u{1f511} \u{4e2d}");
        assert_eq!(escaped("abcdef", 3), "abc...");
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let codes = [Exit::Done, Exit::Other, Exit::Usage, Exit::NoCredentials, Exit::Refused, Exit::RateLimited];
        assert_eq!(codes.map(|code| code as u8), [0, 1, 2, 3, 4, 5]);
        assert_eq!(
            [Exit::Unreachable, Exit::NoKeyring, Exit::NotRunnable, Exit::NotFound].map(|code| code as u8),
            [6, 7, 126, 127]
        );
    }
}
