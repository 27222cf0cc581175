//! Somebody who runs `ostoken` in a home of their own, with the kernel's keyring.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use crate::support::cloud_users::Variables;
use crate::support::keyutils;
use crate::support::process::Output;
use crate::support::tools::wait_until;
use crate::user::User;

/// A [`User`] with the kernel's keyring.
pub struct Person(User);

impl Deref for Person {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl DerefMut for Person {
    fn deref_mut(&mut self) -> &mut User {
        &mut self.0
    }
}

impl Person {
    /// Where the kernel has no keyrings, the test is to return.
    pub fn new(variables: Variables) -> Option<Person> {
        keyutils::available().then(|| Person(User::new(variables).with("OSTOKEN_KEYRING", "keyutils")))
    }

    /// A prompt of somebody who logged in before: `ostoken hook`, then the end of what it left behind.
    pub fn prompt(&self) -> Output {
        self.logged_in();
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
