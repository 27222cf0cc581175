//! Somebody who runs `ostoken` in a home of their own, with the kernel's keyring.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use crate::support::cloud_users::Variables;
use crate::support::process::Output;
use crate::support::tools::wait_until;
use crate::support::{Home, keyutils, people};

/// A home and the variables that every program in it gets.
#[derive(Debug)]
pub struct Person {
    /// Where they work.
    pub home: Home,
    /// What an OpenRC file has set.
    pub variables: Variables,
}

impl Person {
    /// Where the kernel has no keyrings, the test is to return.
    pub fn new(variables: Variables) -> Option<Person> {
        keyutils::available().then(|| Person { home: Home::new(), variables })
    }

    /// Sets a variable from now on.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Person {
        self.variables.retain(|(found, _)| found != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Takes a variable away from now on.
    pub fn unset(&mut self, name: &str) -> &mut Person {
        self.variables.retain(|(found, _)| found != name);
        self
    }

    /// Any program in this environment.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.home.command(program);
        command.env("OSTOKEN_KEYRING", "keyutils").envs(self.variables.iter().cloned());
        command
    }

    /// `ostoken` with these arguments.
    pub fn ostoken(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_ostoken"));
        command.args(arguments);
        command
    }

    /// Runs `ostoken` with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.home.run(&mut self.ostoken(arguments))
    }

    /// The same with something on standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        self.home.run_with_input(&mut self.ostoken(arguments), input)
    }

    /// What `ostoken token` prints.
    #[track_caller]
    pub fn token(&self) -> String {
        let output = self.run(&["token"]).success();
        assert_eq!(output.stderr, "");
        output.stdout.trim_end().to_owned()
    }

    /// What `ostoken status --json` prints.
    #[track_caller]
    pub fn status(&self) -> Value {
        people::parse(&self.run(&["status", "--json"]).success().stdout)
    }

    /// A prompt: `ostoken hook`, then the end of what it left behind.
    pub fn prompt(&self) -> Output {
        let output = self.run(&["hook", "--shell", "bash"]);
        self.await_renewals();
        output
    }

    /// Waits until nothing that a hook started is left.
    #[track_caller]
    pub fn await_renewals(&self) {
        let is_over = || self.renewals().is_empty() && self.locks_are_free();
        assert!(wait_until(Duration::from_secs(60), is_over), "still running: {:?}", self.renewals());
    }

    /// The processes that hooks left behind and that still run.
    pub fn renewals(&self) -> Vec<i32> {
        let is_renewal = |number: &i32| {
            let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
            line.ends_with(b"ostoken\0renew\0")
        };
        self.home.processes().into_iter().filter(is_renewal).collect()
    }

    /// For whoever may not read the environment of these processes: they work under a lock.
    fn locks_are_free(&self) -> bool {
        self.files("lock").iter().all(|path| match fs::File::open(path) {
            Ok(file) => flock(&file, FlockOperation::NonBlockingLockShared).is_ok(),
            Err(_) => true,
        })
    }

    /// How many entries of a kind ("secret", "token") the keyring has.
    pub fn kept(&self, kind: &str) -> usize {
        let accounts = keyutils::accounts(self.home.service());
        accounts.iter().filter(|account| account.starts_with(&format!("{kind}:"))).count()
    }

    /// The files of the state folder with this ending; of leases the beginning, `lease`.
    pub fn files(&self, kind: &str) -> Vec<PathBuf> {
        let folder = self.home.state().join("ostoken/keyutils");
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let is_kind = |path: &PathBuf| match kind {
            "lease" => name(path).starts_with("lease."),
            "record" => name(path).ends_with(".json") && !name(path).ends_with(".login.json"),
            other => name(path).ends_with(&format!(".{other}")),
        };
        entries.map(|entry| entry.path()).filter(is_kind).collect()
    }

    /// Entries, records and leases of tokens: how many there are of each.
    pub fn tokens_kept(&self) -> (usize, usize, usize) {
        (self.kept("token"), self.files("record").len(), self.files("lease").len())
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
