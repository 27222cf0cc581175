//! What may be wrong on this machine, and the command that mends it.
//!
//! Each check is a function that gives findings; none sends a secret or a token, creates one, or waits for longer than some
//! seconds. What they say is escaped where a finding is made.

mod clients;
mod files;
mod keyring;
mod leftovers;
mod login;
mod mend;
pub mod report;
mod server;
mod startup;

use crate::LONGEST_TEXT;
use crate::cli::Global;
use crate::clock::Clock;
use crate::error::{Error, escaped};
use crate::identity::{Environment, IdentitySource};
use crate::login_history::Caller;
use crate::session::source::identity_source;
use mend::Words;
use serde::Serialize;
use std::path::Path;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, and could be better.
    Note,
    /// Does not work, or gives a secret away.
    Problem,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at.
    pub subject: &'static str,
    /// What was found.
    pub text: String,
    /// The command that mends it, or what to do where there is no such command.
    pub mend: Option<String>,
}

impl Finding {
    fn new(level: Level, subject: &'static str, text: &str, mend: Option<&str>) -> Finding {
        let text = escaped(text, LONGEST_TEXT);
        Finding { level, subject, text, mend: mend.map(|mend| escaped(mend, LONGEST_TEXT)) }
    }

    fn ok(subject: &'static str, text: &str) -> Finding {
        Finding::new(Level::Ok, subject, text, None)
    }

    fn note(subject: &'static str, text: &str, mend: &str) -> Finding {
        Finding::new(Level::Note, subject, text, Some(mend))
    }

    fn problem(subject: &'static str, text: &str, mend: &str) -> Finding {
        Finding::new(Level::Problem, subject, text, Some(mend))
    }
}

/// What is looked at.
pub struct Examination<'a> {
    global: &'a Global,
    environment: &'a Environment,
    clock: &'static dyn Clock,
    source: Result<IdentitySource, Error>,
    words: Words<'a>,
}

impl<'a> Examination<'a> {
    /// Reads the identity; `parent` is the name of the program that started this one, if the system tells.
    pub fn new(
        global: &'a Global,
        environment: &'a Environment,
        clock: &'static dyn Clock,
        parent: Option<&str>,
    ) -> Examination<'a> {
        let source = identity_source(global, environment, Caller::Command);
        Examination { global, environment, clock, source, words: Words::new(environment, parent) }
    }

    /// The host that is asked, for messages.
    pub fn host(&self) -> String {
        match &self.source {
            Ok(source) => escaped(source.identity.login.auth_url.parts().1, 100),
            Err(_) => "this machine".into(),
        }
    }

    /// The environment of the selected login; that of this process if there is none.
    fn login_environment(&self) -> &Environment {
        self.source.as_ref().map_or(self.environment, |source| &source.environment)
    }

    /// `command` for the login of this OpenRC file.
    fn of_file(&self, command: &str, file: &Path) -> String {
        format!("{command} --openrc {}", self.words.path(file))
    }

    /// The problem that an error is.
    fn failed(&self, subject: &'static str, error: &Error) -> Finding {
        let mend = match error {
            Error::NoSecret { .. } | Error::OtherHost(_) | Error::RefusedBefore { .. } => match &self.global.openrc {
                Some(file) => self.of_file("ostoken login", file),
                None => "ostoken login".into(),
            },
            Error::State { path, .. } if everyone_writes(path) => format!("chmod go-w {}", self.words.path(path)),
            other => other.hint(),
        };
        Finding::problem(subject, &error.to_string(), &mend)
    }

    /// Does all checks. The clients, which take their time to start, are asked meanwhile.
    pub fn findings(&self) -> Vec<Finding> {
        std::thread::scope(|scope| {
            let clients = scope.spawn(|| clients::check(self.environment));
            let kept = keyring::check(self);
            let mut findings = vec![login::check(self)];
            findings.extend(kept.findings);
            findings.extend(server::check(self));
            findings.extend(startup::check(self));
            findings.extend(files::check(self, kept.has_secret));
            findings.extend(leftovers::check(self, kept.has_secret));
            findings.extend(clients.join().unwrap_or_default());
            findings
        })
    }
}

/// Whether that is what is wrong with a file or folder.
#[cfg(unix)]
fn everyone_writes(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_wide = |data: std::fs::Metadata| !data.is_symlink() && data.mode() & 0o002 != 0;
    std::fs::symlink_metadata(path).is_ok_and(is_wide)
}

/// Elsewhere the system keeps them for the user alone.
#[cfg(not(unix))]
fn everyone_writes(_: &Path) -> bool {
    false
}
