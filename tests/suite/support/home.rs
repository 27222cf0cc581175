//! A home of its own for each test: folders, keyring entries and processes that nobody else has.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use ostoken::identity::Environment;
use ostoken::store::folder::Folder;
use ostoken::store::logins;
use rustix::process::Signal;

use super::process::{self, Output};
use super::{keyutils, tools};

/// Which of the two Python clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// python-openstackclient from PyPI, the newest.
    Pip,
    /// Debian's python3-openstackclient, the one the guide installs.
    Debian,
}

/// A temporary home. Everything in it, its keyring entries and its processes end with it.
#[derive(Debug)]
pub struct Home {
    folder: tempfile::TempDir,
    service: String,
}

impl Home {
    /// A new, empty home.
    pub fn new() -> Home {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::Builder::new().prefix("ostoken-home-").tempdir().unwrap();
        for name in ["home", "state", "run", "tmp", "outside"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let service = super::keyutils::service(number);
        Home { folder, service }
    }

    /// HOME.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// XDG_STATE_HOME.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// XDG_RUNTIME_DIR.
    pub fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// A place beside the home for what a test brings along, such as an OpenRC file with its password: it is not
    /// searched by `files_containing`.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join("outside").join(name)
    }

    /// OSTOKEN_KEYRING_SERVICE.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// PATH: the programs under test first, then the caller's own.
    pub fn search_path(&self) -> String {
        let programs = Path::new(env!("CARGO_BIN_EXE_ostoken")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        format!("{}:{path}", programs.display())
    }

    /// PATH in a shell where `openstack` is this client.
    pub fn search_path_with(&self, client: Client) -> Option<String> {
        let folder = openstack_program(client)?.parent()?.to_owned();
        Some(format!("{}:{}", folder.display(), self.search_path()))
    }

    /// A command with this home's environment and nothing else in it; its standard input is empty.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment()).current_dir(self.path()).stdin(Stdio::null());
        command
    }

    /// The variables that `command` sets, for programs that are started in another way (a pty, say).
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.display().to_string();
        vec![
            ("PATH".into(), self.search_path()),
            ("HOME".into(), text(self.path())),
            ("LANG".into(), "C.UTF-8".into()),
            ("TERM".into(), "dumb".into()),
            ("TMPDIR".into(), text(self.folder.path().join("tmp"))),
            ("XDG_STATE_HOME".into(), text(self.state())),
            ("XDG_RUNTIME_DIR".into(), text(self.runtime())),
            ("OSTOKEN_KEYRING_SERVICE".into(), self.service.clone()),
        ]
    }

    /// The program under test.
    pub fn ostoken(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_ostoken"));
        command.args(arguments);
        command
    }

    /// The real `openstack`; without it the test is to return.
    pub fn openstack(&self, client: Client, arguments: &[&str]) -> Option<Command> {
        let mut command = self.command(openstack_program(client)?);
        command.args(arguments);
        Some(command)
    }

    /// Runs a program to its end, and to the end of whoever else holds its output.
    pub fn run(&self, command: &mut Command) -> Output {
        process::finish(command, None)
    }

    /// The same with something on standard input.
    pub fn run_with_input(&self, command: &mut Command, input: &str) -> Output {
        process::finish(command.stdin(Stdio::piped()), Some(input))
    }

    /// Notes that the login of these variables was made here, as a command with a password in its environment does:
    /// without it, a prompt sends no password. Nothing happens where they name no login, or state cannot be kept.
    pub fn logged_in(&self, variables: &[(String, String)]) {
        let environment: Environment = self.environment().into_iter().chain(variables.iter().cloned()).collect();
        if let Some(home) = environment.get("XDG_STATE_HOME") {
            self.logged_in_at(&Path::new(home).join("ostoken"), &environment);
        }
    }

    /// The same in this state folder.
    pub fn logged_in_at(&self, state: &Path, environment: &Environment) {
        if let Ok(state) = Folder::open(state.to_owned())
            && let Ok(source) = environment.source(environment.get("OSTOKEN_ALLOW_HTTP").is_some())
        {
            let _ = logins::used(&state, &source.identity.login.key(), &source.tls_policy);
        }
    }

    /// Every file under this home (not `outside`) that holds one of these texts.
    pub fn files_containing(&self, needles: &[&str]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for name in ["home", "state", "run", "tmp"] {
            search(&self.folder.path().join(name), needles, &mut found);
        }
        found
    }

    /// The processes that were started in this home and still run.
    pub fn processes(&self) -> Vec<i32> {
        tools::processes_with(&format!("OSTOKEN_KEYRING_SERVICE={}", self.service))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for number in self.processes() {
            process::signal(number, Signal::KILL);
        }
        keyutils::clear(&self.service);
    }
}

fn openstack_program(client: Client) -> Option<PathBuf> {
    if client == Client::Pip {
        return tools::prepared("client").map(|folder| folder.join("bin/openstack"));
    }
    let program = PathBuf::from("/usr/bin/openstack");
    if !program.exists() {
        tools::skip("python3-openstackclient is not installed");
        return None;
    }
    Some(program)
}

fn search(folder: &Path, needles: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            search(&entry.path(), needles, found);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).unwrap_or_default();
            let holds = |needle: &&str| {
                let needle = needle.as_bytes();
                bytes.windows(needle.len()).any(|part| part == needle)
            };
            if needles.iter().any(holds) {
                found.push(entry.path());
            }
        }
    }
}
