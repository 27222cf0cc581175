//! A real Secret Service of the test's own: gnome-keyring on a private message bus.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use super::{Home, process, tool, tools};

/// What unlocks the keyring; a person would type it at their login.
const PASSWORD: &str = "login keyring";

/// The bus and the keyring; both end with this value, or with the test program.
#[derive(Debug)]
pub struct Session<'home> {
    home: &'home Home,
    supervisor: Child,
    address: String,
    keyring: i32,
}

impl<'home> Session<'home> {
    /// Starts both, unlocked, with all their files in this home; without the programs the test is to return.
    pub fn start(home: &'home Home) -> Option<Session<'home>> {
        for name in ["dbus-daemon", "dbus-send", "gnome-keyring-daemon"] {
            tool(name)?;
        }
        let script = tools::root().join("tests/suite/support/secret-service.sh");
        let folder = home.runtime().join("secret-service");
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = home.command("sh");
        command.arg(script).arg(&folder);
        command.env("XDG_DATA_HOME", home.path().join(".local/share"));
        let mut supervisor = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(supervisor.stdin.as_mut().unwrap(), "{PASSWORD}").unwrap();
        let mut line = String::new();
        BufReader::new(supervisor.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (address, keyring) = line.trim().split_once(' ').expect("no Secret Service");
        Some(Session { home, supervisor, address: address.to_owned(), keyring: keyring.parse().unwrap() })
    }

    /// The same with a keyring that owns its name on the bus and never answers.
    pub fn start_hung(home: &'home Home) -> Option<Session<'home>> {
        let session = Session::start(home)?;
        session.hang();
        Some(session)
    }

    /// DBUS_SESSION_BUS_ADDRESS.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The variable as `Command::envs` takes it.
    pub fn environment(&self) -> Vec<(String, String)> {
        vec![("DBUS_SESSION_BUS_ADDRESS".into(), self.address.clone())]
    }

    /// A command of the home that finds this Secret Service.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.home.command(program);
        command.envs(self.environment());
        command
    }

    /// Stops the keyring in its tracks: from here on it never answers.
    pub fn hang(&self) {
        process::signal(self.keyring, Signal::STOP);
    }

    /// Lets it answer again.
    pub fn resume(&self) {
        process::signal(self.keyring, Signal::CONT);
    }

    /// Locks every item, as a screen lock may.
    pub fn lock(&self) {
        let mut command = self.secrets("org.freedesktop.Secret.Service.Lock");
        command.arg("array:objpath:/org/freedesktop/secrets/collection/login");
        self.home.run(&mut command).success();
        assert!(self.is_locked(), "the keyring is still open");
    }

    /// Unlocks it, as a login does.
    pub fn unlock(&self) {
        let python = tools::prepared("client").expect("tests/setup makes it");
        let mut command = self.command(python.join("bin/python"));
        command.arg(tools::root().join("tests/suite/support/unlock.py"));
        self.home.run_with_input(&mut command, PASSWORD).success();
        assert!(!self.is_locked(), "the keyring is still locked");
    }

    /// Whether the collection of the login is locked.
    pub fn is_locked(&self) -> bool {
        let mut command = self.command("dbus-send");
        command
            .args(["--session", "--print-reply=literal"])
            .args(["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login"])
            .args(["org.freedesktop.DBus.Properties.Get", "string:org.freedesktop.Secret.Collection"])
            .arg("string:Locked");
        let answer = self.home.run(&mut command).success();
        answer.stdout.contains("true")
    }

    /// What `secret-tool` finds under these attributes.
    pub fn lookup(&self, attributes: &[(&str, &str)]) -> Option<String> {
        let mut command = self.command("secret-tool");
        command.arg("lookup");
        for (name, value) in attributes {
            command.args([name, value]);
        }
        let output = self.home.run(&mut command);
        (output.status == 0).then_some(output.stdout)
    }

    /// Keeps a secret under these attributes, as another program would.
    pub fn store(&self, label: &str, attributes: &[(&str, &str)], secret: &str) {
        let mut command = self.command("secret-tool");
        command.args(["store", &format!("--label={label}")]);
        for (name, value) in attributes {
            command.args([name, value]);
        }
        self.home.run_with_input(&mut command, secret).success();
    }

    fn secrets(&self, method: &str) -> Command {
        let mut command = self.command("dbus-send");
        command
            .args(["--session", "--print-reply"])
            .args(["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
            .arg(method);
        command
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // The end of its standard input is the script's sign to end both.
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}
