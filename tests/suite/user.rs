//! A user of `ostoken`: a home, the variables of a login, and what the program left in its state folder. For the tests
//! of keyrings, concurrency, faults, secrets, protocol and output.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output as Finished, Stdio};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use crate::support::cloud_users::Variables;
use crate::support::fake_issuer::now;
use crate::support::home::Client;
use crate::support::process::Output;
use crate::support::tools::{prepared, wait_until};
use crate::support::{Fake, Home, keyutils};

/// Longer than anything takes; reached only where something is wrong.
pub const LIMIT: Duration = Duration::from_secs(40);

/// A home and an environment.
pub struct User {
    /// Where they work.
    pub home: Home,
    /// What an OpenRC file has set, and the choice of a keyring.
    pub variables: Variables,
}

impl User {
    /// Somebody with this environment, who keeps secrets in files.
    pub fn new(variables: Variables) -> User {
        User { home: Home::new(), variables }.with("OSTOKEN_KEYRING", "file")
    }

    /// Somebody who keeps secrets in the kernel's keyring; where there is none, the test is to return.
    pub fn with_keyutils(variables: Variables) -> Option<User> {
        keyutils::available().then(|| User::new(variables).with("OSTOKEN_KEYRING", "keyutils"))
    }

    /// A user of this Keystone.
    pub fn of(fake: &Fake) -> User {
        User::new(fake.environment())
    }

    /// The same user with this variable.
    pub fn with(mut self, name: &str, value: &str) -> User {
        self.set(name, value);
        self
    }

    /// The same user without this variable.
    pub fn without(mut self, name: &str) -> User {
        self.unset(name);
        self
    }

    /// The same user, whose `openstack` is this client; without it the test is to return.
    pub fn with_client(self, client: Client) -> Option<User> {
        let path = self.home.search_path_with(client)?;
        Some(self.with("PATH", &path))
    }

    /// The same user, whose Python programs find the keystoneauth plugin; where that was not prepared, the test is to
    /// return.
    pub fn with_plugin(self) -> Option<User> {
        let plugin = prepared("plugin")?;
        Some(self.with("PYTHONPATH", &plugin.display().to_string()))
    }

    /// Sets a variable from now on.
    pub fn set(&mut self, name: &str, value: &str) -> &mut User {
        self.unset(name).variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a variable away from now on.
    pub fn unset(&mut self, name: &str) -> &mut User {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Another environment, the same keyring.
    pub fn change_to(&mut self, variables: Variables) {
        self.variables.retain(|(known, _)| known == "OSTOKEN_KEYRING");
        self.variables.extend(variables);
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> &str {
        let found = self.variables.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("{name} is not set")).1
    }

    /// Any program in this environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.home.command(program);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The program under test, not started.
    pub fn ostoken(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_ostoken"));
        command.args(arguments);
        command
    }

    /// Runs the program under test.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.home.run(&mut self.ostoken(arguments))
    }

    /// Runs it with something on standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        self.home.run_with_input(&mut self.ostoken(arguments), input)
    }

    /// `ostoken token`, which has to succeed and to be silent.
    #[track_caller]
    pub fn token(&self) -> String {
        let output = self.run(&["token"]).success();
        assert_eq!(output.stderr, "");
        output.stdout.trim_end().to_owned()
    }

    /// Notes that this login was made here, as `ostoken login` does: without it, a prompt sends no password.
    pub fn logged_in(&self) {
        self.home.logged_in(&self.variables);
    }

    /// A call of a hook that said this last, of somebody who logged in before.
    pub fn hook(&self, said: &str) -> Output {
        self.logged_in();
        self.prompted(said)
    }

    /// The next call of the same shell's hook.
    pub fn hook_after(&self, before: &Output) -> Output {
        let said = before.stdout.lines().find_map(|line| line.strip_prefix("__ostoken_said="));
        self.hook(said.unwrap_or_else(|| panic!("no answer: {before:?}")))
    }

    /// A call of a hook, whether or not anybody logged in before.
    pub fn prompted(&self, said: &str) -> Output {
        self.run(&["hook", "--shell", "bash", "--said", said])
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
        let is_kind = |name: &str| match kind {
            "lease" => name.starts_with("lease."),
            "record" => name.len() == 64 + ".json".len() && name.ends_with(".json"),
            other => name.ends_with(&format!(".{other}")),
        };
        self.names(is_kind).into_iter().map(|name| self.state().join(name)).collect()
    }

    /// Entries, records and leases of tokens: how many there are of each.
    pub fn tokens_kept(&self) -> (usize, usize, usize) {
        (self.kept("token"), self.files("record").len(), self.files("lease").len())
    }

    /// Starts so many at once and waits for all of them.
    pub fn at_once(&self, number: usize, arguments: &[&str]) -> Vec<Finished> {
        at_once((0..number).map(|_| self.ostoken(arguments)).collect())
    }

    /// `ostoken status --json`.
    #[track_caller]
    pub fn status(&self) -> Value {
        serde_json::from_str(&self.run(&["status", "--json"]).success().stdout).expect("JSON")
    }

    /// The state folder of this backend.
    pub fn folder(&self, backend: &str) -> PathBuf {
        self.home.state().join("ostoken").join(backend)
    }

    /// The state folder of the user's backend.
    pub fn state(&self) -> PathBuf {
        self.folder(self.get("OSTOKEN_KEYRING"))
    }

    /// The names in it that `keep` wants.
    pub fn names(&self, keep: impl Fn(&str) -> bool) -> Vec<String> {
        let entries = fs::read_dir(self.state()).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| keep(name)).collect()
    }

    /// The lease files.
    pub fn leases(&self) -> Vec<String> {
        self.names(|name| name.starts_with("lease."))
    }

    /// Half-written files.
    pub fn leftovers(&self) -> Vec<String> {
        self.names(|name| name.starts_with('.'))
    }

    /// The only KEY.json.
    #[track_caller]
    pub fn record_path(&self) -> PathBuf {
        let names = self.names(|name| name.len() == 64 + ".json".len() && name.ends_with(".json"));
        assert_eq!(names.len(), 1, "one record in {}", self.state().display());
        self.state().join(&names[0])
    }

    /// The only record.
    #[track_caller]
    pub fn record(&self) -> Value {
        serde_json::from_slice(&fs::read(self.record_path()).unwrap()).expect("a record")
    }

    /// Changes the record behind the program's back.
    #[track_caller]
    pub fn edit_record(&self, change: impl FnOnce(&mut Value)) {
        let mut record = self.record();
        change(&mut record);
        fs::write(self.record_path(), record.to_string()).unwrap();
    }

    /// Lets the token grow so old that it is to be renewed.
    #[track_caller]
    pub fn make_stale(&self) {
        self.edit_record(|record| {
            let past = record["refresh_at"].as_i64().unwrap() - now() + 1;
            grow_older(record, past);
        });
        assert_eq!(self.status()["token"]["state"], "stale");
    }

    /// Lets the token grow so old that it is of no use.
    #[track_caller]
    pub fn make_dead(&self) {
        self.edit_record(|record| {
            let past = record["expires_at"].as_i64().unwrap() - now() + 1;
            grow_older(record, past);
        });
        assert_eq!(self.status()["token"]["state"], "dead");
    }

    /// Waits until the record is of a token other than the one with this fingerprint.
    #[track_caller]
    pub fn wait_for_renewal(&self, old: &Value) {
        let renewed = || {
            let record = fs::read(self.record_path()).unwrap_or_default();
            serde_json::from_slice::<Value>(&record).is_ok_and(|record| record["fingerprint"] != *old)
        };
        assert!(wait_until(LIMIT, renewed), "nobody renewed");
    }
}

fn grow_older(record: &mut Value, seconds: i64) {
    for name in ["issued_at", "expires_at", "refresh_at"] {
        record[name] = (record[name].as_i64().unwrap() - seconds).into();
    }
}

/// Starts all of them before it waits for the first.
pub fn at_once(commands: Vec<Command>) -> Vec<Finished> {
    let start = |mut command: Command| {
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        started.expect("it starts")
    };
    let children: Vec<_> = commands.into_iter().map(start).collect();
    children.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

/// What a finished program printed.
pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}
