//! A Windows of the test's own, and `ostoken.exe` in it.

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use ostoken::identity::Environment;
use serde_json::Value;

use crate::support::cloud_users::Variables;
use crate::support::process::Output;
use crate::support::tools::{prepared, root, skip};
use crate::support::{Home, people, tool};

/// Where the program is installed, as Windows names it.
pub const PROGRAM: &str = "C:\\Program Fil\u{e9}s\\ostoken.exe";
/// The same again, for batch files: those are read in the console's code page.
pub const PLAIN: &str = "C:\\ostoken.exe";
/// The user's folder, as this machine's files name it below drive C.
pub const USER: &str = "users/J\u{f6}rg M\u{fc}ller";
/// The user's local data.
const LOCAL: &str = "users/J\u{f6}rg M\u{fc}ller/AppData/Local";

/// What ^C is to the programs on a console.
pub enum CtrlC {
    Key,
    Event,
}

/// A Windows with a user; it ends with this value, and all processes in it.
pub struct Machine {
    pub home: Home,
    variables: Variables,
    /// A program that waits for a line: while it runs, so do the services of that Windows, which would otherwise be
    /// started by each program, and hold its standard streams open.
    idle: Option<Child>,
}

impl Machine {
    /// Somebody with this environment and the program as it is shipped. Without Wine or the program the test is to return.
    pub fn new(variables: Variables) -> Option<Machine> {
        Machine::with_program(variables, "shipped")
    }

    /// Somebody whose program has stop points.
    pub fn with_failpoints(variables: Variables) -> Option<Machine> {
        Machine::with_program(variables, "failpoints")
    }

    fn with_program(variables: Variables, kind: &str) -> Option<Machine> {
        let program = program(kind)?;
        let (_, _, template) = (tool("wine")?, tool("wineserver")?, prepared("windows")?);
        let mut machine = Machine { home: Home::new(), variables, idle: None };
        furnish(&machine.prefix(), &template);
        let installed = machine.drive("Program Fil\u{e9}s");
        fs::create_dir(&installed).unwrap();
        fs::copy(&program, installed.join("ostoken.exe")).unwrap();
        fs::copy(&program, machine.drive("ostoken.exe")).unwrap();
        let mut idle = machine.windows("cmd", &["/c", "set /p LINE=ready"]);
        let mut idle = idle.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ready = [0; 5];
        idle.stdout.as_mut().unwrap().read_exact(&mut ready).expect("Wine starts");
        machine.idle = Some(idle);
        machine.logged_in();
        Some(machine)
    }

    /// Notes that the login of these variables was made here.
    pub fn logged_in(&self) {
        let environment: Environment = self.variables.iter().cloned().collect();
        self.home.logged_in_at(&self.drive(LOCAL).join("ostoken/data"), &environment);
    }

    fn prefix(&self) -> PathBuf {
        self.home.outside("windows")
    }

    /// A path on drive C.
    pub fn drive(&self, path: &str) -> PathBuf {
        self.prefix().join("drive_c").join(path)
    }

    /// Writes a file on drive C and gives its name in Windows.
    pub fn file(&self, path: &str, bytes: impl AsRef<[u8]>) -> String {
        let file = self.drive(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
        format!("C:\\{}", path.replace('/', "\\"))
    }

    /// Sets a variable from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.variables.push((name.into(), value.into()));
    }

    /// Takes a variable away from now on.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(found, _)| found != name);
    }

    /// Takes all variables away from now on.
    pub fn clear(&mut self) {
        self.variables.clear();
    }

    /// A program of this machine in the environment of that Windows.
    fn command(&self, program: &str) -> Command {
        let mut command = self.home.command(program);
        command.env("WINEPREFIX", self.prefix()).env("WINEDEBUG", "-all");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.prefix().join("drive_c"));
        command
    }

    /// A program for Windows, by its name there.
    pub fn windows(&self, program: &str, arguments: &[&str]) -> Command {
        let start = start_of_wine();
        let mut command = self.command(start[0]);
        command.args(&start[1..]).arg(program).args(arguments);
        command
    }

    /// The program under test, not started.
    pub fn prepare(&self, arguments: &[&str]) -> Command {
        self.windows(PROGRAM, arguments)
    }

    /// The program under test for a terminal. A console hands ^C on as a key to who asks for keys, and as an event to
    /// all others; Wine has an event of the signal alone, so that a test says which it wants.
    pub fn on_terminal(&self, ctrl_c: CtrlC, arguments: &[&str]) -> Command {
        let setting = match ctrl_c {
            CtrlC::Key => "-isig",
            CtrlC::Event => "isig",
        };
        let mut command = self.command("sh");
        command.args(["-c", "stty $0 && exec \"$@\"", setting]).args(start_of_wine()).arg(PROGRAM).args(arguments);
        command.env("TERM", "xterm").stdin(Stdio::inherit());
        command
    }

    /// Runs the program under test.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.home.run(&mut self.prepare(arguments))
    }

    /// Runs a program whose descendants may outlive it. Wine hands this machine's standard error on to all of them,
    /// which Windows would not: so it is a file here, and nobody waits for its end.
    pub fn run_alone(&self, command: &mut Command) -> Output {
        let stream = |name: &str| fs::File::create(self.home.outside(name)).unwrap();
        let started = Instant::now();
        let mut child = command.stdout(stream("stdout")).stderr(stream("stderr")).spawn().unwrap();
        let status = child.wait().unwrap();
        let text = |name: &str| String::from_utf8_lossy(&fs::read(self.home.outside(name)).unwrap()).into_owned();
        let elapsed = started.elapsed();
        Output { status: status.code().unwrap_or(-1), stdout: text("stdout"), stderr: text("stderr"), elapsed }
    }

    /// Runs it with something on standard input.
    pub fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
        let file = self.home.outside("input");
        fs::write(&file, input).unwrap();
        self.home.run(self.prepare(arguments).stdin(fs::File::open(&file).unwrap()))
    }

    /// `ostoken token`, which has to succeed and to be silent.
    #[track_caller]
    pub fn token(&self) -> String {
        let output = self.run(&["token"]).success();
        assert_eq!(output.stderr, "");
        output.stdout.trim_end().to_owned()
    }

    /// `ostoken status --json`.
    #[track_caller]
    pub fn status(&self) -> Value {
        people::parse(&self.run(&["status", "--json"]).success().stdout)
    }

    /// The state folder of Credential Manager.
    pub fn state(&self) -> PathBuf {
        self.drive(LOCAL).join("ostoken/data/credential-manager")
    }

    /// The names in it that `keep` wants.
    pub fn names(&self, keep: impl Fn(&str) -> bool) -> Vec<String> {
        let entries = fs::read_dir(self.state()).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| keep(name)).collect()
    }

    /// The only record.
    #[track_caller]
    pub fn record_path(&self) -> PathBuf {
        let names = self.names(|name| name.len() == 64 + ".json".len() && name.ends_with(".json"));
        assert_eq!(names.len(), 1, "one record in {}", self.state().display());
        self.state().join(&names[0])
    }

    /// Lets the token grow older by so many seconds.
    #[track_caller]
    pub fn age(&self, seconds: i64) {
        let mut record = people::parse(&fs::read_to_string(self.record_path()).unwrap());
        for name in ["issued_at", "expires_at", "refresh_at"] {
            record[name] = (record[name].as_i64().unwrap() - seconds).into();
        }
        fs::write(self.record_path(), record.to_string()).unwrap();
    }

    /// The names of the entries in Credential Manager: only that Windows knows them.
    pub fn entries(&self) -> Vec<String> {
        let key = "HKCU\\Software\\Wine\\Credential Manager";
        let output = self.home.run(&mut self.windows("reg", &["query", key, "/s"]));
        let of_service = |line: &&str| line.starts_with("HKEY") && line.contains(self.home.service());
        let name = |line: &str| line.trim().rsplit('\\').next().unwrap_or_default().to_owned();
        output.stdout.lines().filter(of_service).map(name).collect()
    }

    /// The processes that hooks left behind and that still run.
    pub fn renewals(&self) -> Vec<i32> {
        let is_renewal = |number: &i32| {
            let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace(['\0', '"'], " ");
            line.contains("ostoken.exe") && line.trim_end().ends_with(" renew")
        };
        self.home.processes().into_iter().filter(is_renewal).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let mut server = self.command("wineserver");
        let _ = server.arg("-k").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if let Some(mut idle) = self.idle.take() {
            let _ = idle.wait();
        }
    }
}

/// How Wine is started: at addresses that are not random. One of 4,000 processes otherwise ends with 1 and not a word,
/// since its heap lies where Wine wants the page that all processes share (Wine 8, Linux 6). Where a sandbox forbids
/// that, Wine is started as it is.
fn start_of_wine() -> &'static [&'static str] {
    static IS_ALLOWED: OnceLock<bool> = OnceLock::new();
    let try_it = || Command::new("setarch").args(["-R", "true"]).output().is_ok_and(|output| output.status.success());
    match IS_ALLOWED.get_or_init(try_it) {
        true => &["setarch", "-R", "wine"],
        false => &["wine"],
    }
}

/// The program that `tests/windows` built, where it is of this source.
fn program(kind: &str) -> Option<PathBuf> {
    let program = root().join("target/windows").join(kind).join("ostoken.exe");
    let built = fs::metadata(&program).and_then(|data| data.modified()).ok();
    let newest = [newest(&root().join("src")), newest(&root().join("shell")), newest(&root().join("Cargo.lock"))];
    if built.is_none_or(|built| newest.into_iter().any(|changed| changed > built)) {
        skip("ostoken.exe of this source is not there, run tests/windows");
        return None;
    }
    Some(program)
}

/// When the newest file below `path` was changed.
fn newest(path: &Path) -> SystemTime {
    let data = fs::metadata(path).unwrap();
    match data.is_dir() {
        true => fs::read_dir(path).unwrap().map(|entry| newest(&entry.unwrap().path())).max().unwrap(),
        false => data.modified().unwrap(),
    }
}

/// Makes a Windows that shares all that nobody changes with the prepared one.
fn furnish(prefix: &Path, template: &Path) {
    let drive = prefix.join("drive_c");
    fs::create_dir_all(prefix.join("dosdevices")).unwrap();
    fs::create_dir_all(&drive).unwrap();
    symlink("../drive_c", prefix.join("dosdevices/c:")).unwrap();
    symlink("/", prefix.join("dosdevices/z:")).unwrap();
    for name in ["system.reg", "userdef.reg", ".update-timestamp"] {
        fs::copy(template.join(name), prefix.join(name)).unwrap();
    }
    for name in ["windows", "Program Files", "Program Files (x86)"] {
        symlink(template.join("drive_c").join(name), drive.join(name)).unwrap();
    }
    copy(&template.join("drive_c/users"), &drive.join("users"));
    copy(&template.join("drive_c/ProgramData"), &drive.join("ProgramData"));
    // The user's folders lie where a user of that name would have them.
    let user = fs::read_to_string(template.join("user.reg")).unwrap();
    let own = "C:\\\\users\\\\J\\xf6rg M\\xfcller";
    let moved = |line: &str| match line.split_once('=') {
        Some(("\"Local AppData\"", _)) => format!("\"Local AppData\"=\"{own}\\\\AppData\\\\Local\"\n"),
        Some(("\"Personal\"", _)) => format!("\"Personal\"=\"{own}\\\\Documents\"\n"),
        _ => format!("{line}\n"),
    };
    fs::write(prefix.join("user.reg"), user.lines().map(moved).collect::<String>()).unwrap();
    fs::create_dir_all(drive.join(LOCAL)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_symlink() => symlink(fs::read_link(entry.path()).unwrap(), target).unwrap(),
            _ => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
