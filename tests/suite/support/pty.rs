//! Interactive shells on a pseudo-terminal, or PowerShell fed by a pipe, one line at a time.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rexpect::process::{PtyProcess, Signal};

use super::fake_ostoken::FakeOstoken;
use super::home::Home;
use super::powershell;

/// How long anything may take before a test fails: long, since a loaded machine is no error.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The session that the guide's OpenRC file makes.
pub const SESSION: &[(&str, &str)] = &[
    ("OS_AUTH_URL", "https://keystone.test:5000/v3"),
    ("OS_USERNAME", "ada"),
    ("OS_PASSWORD", "s3cret-word"),
    ("OS_PROJECT_NAME", "engine"),
    ("OS_USER_DOMAIN_NAME", "Default"),
    ("OS_PROJECT_DOMAIN_NAME", "Default"),
];

/// An interactive shell; killed when dropped.
pub struct Shell {
    process: Process,
    keyboard: File,
    enter: char,
    screen: Receiver<String>,
    unread: String,
    /// What it printed before its first prompt.
    pub greeting: String,
}

enum Process {
    Terminal(PtyProcess),
    Pipe(Child),
}

/// What one line led to.
#[derive(Debug)]
pub struct Answer {
    /// What was printed, without the echo of the line.
    pub text: String,
    /// `$?` as the prompt shows it.
    pub status: i32,
}

impl Shell {
    /// bash with this rc file and these variables.
    pub fn bash_in(program: &Path, fake: &FakeOstoken, rc: &str, vars: &[(&str, &str)]) -> Self {
        Self::start(bash_command(program, &fake.home(), rc), fake, vars)
    }

    /// zsh with this rc file and these variables.
    pub fn zsh_in(program: &Path, fake: &FakeOstoken, rc: &str, vars: &[(&str, &str)]) -> Self {
        Self::start(zsh_command(program, &fake.home(), rc), fake, vars)
    }

    /// fish with this config.fish and these variables.
    pub fn fish_in(program: &Path, fake: &FakeOstoken, rc: &str, vars: &[(&str, &str)]) -> Self {
        Self::start(fish_command(program, &fake.home(), rc), fake, vars)
    }

    /// pwsh with this profile and these variables. Its input is a pipe, and what it and its programs print goes into
    /// another: this is fast, and pwsh itself writes down each line that it reads, as a terminal would.
    pub fn pwsh_in(program: &Path, fake: &FakeOstoken, rc: &str, vars: &[(&str, &str)]) -> Self {
        let home = fake.home();
        let mut command = pwsh_command(program, &home, rc);
        settle(&mut command, fake);
        be_plain(&mut command);
        // Its own time to start is no message of the hook's; what it puts into the folder for temporary files may stay.
        command.arg("-NoProfileLoadTime").env("TMPDIR", &home);
        command.envs(vars.iter().copied()).current_dir(&home);
        let (input, keyboard) = io::pipe().expect("a pipe");
        let (screen, output) = io::pipe().expect("a pipe");
        command.stdin(input).stdout(output.try_clone().expect("a pipe")).stderr(output);
        let process = Process::Pipe(command.spawn().expect("pwsh runs"));
        // The command holds the other ends of the pipes.
        drop(command);
        Self::watched(process, OwnedFd::from(keyboard).into(), '\n', watch(OwnedFd::from(screen).into()))
    }

    /// The program named bash, zsh, fish or pwsh with this rc file, the environment of this home and these variables.
    pub fn at_home(program: &Path, home: &Home, rc: &str, vars: &[(String, String)]) -> Self {
        let command = match program.file_name().and_then(OsStr::to_str) {
            Some("zsh") => zsh_command,
            Some("fish") => fish_command,
            Some("pwsh") => pwsh_command,
            _ => bash_command,
        };
        let mut command = command(program, &home.path(), rc);
        command.env_clear().envs(home.environment());
        Self::on_terminal(command, &home.path(), vars)
    }

    fn start(mut command: Command, fake: &FakeOstoken, vars: &[(&str, &str)]) -> Self {
        settle(&mut command, fake);
        Self::on_terminal(command, &fake.home(), vars)
    }

    fn on_terminal<T: AsRef<OsStr>>(mut command: Command, home: &Path, vars: &[(T, T)]) -> Self {
        command
            .env("ZDOTDIR", home)
            .env("INPUTRC", "/dev/null")
            // Also for a shell within the shell: it would write after the folder is gone.
            .env("HISTFILE", "")
            .env("fish_history", "")
            .env("TERM", "dumb")
            .envs(vars.iter().map(|(name, value)| (name, value)))
            .current_dir(home);
        let is_pwsh = Path::new(command.get_program()).ends_with("pwsh");
        if is_pwsh {
            be_plain(&mut command);
        }
        let process = PtyProcess::new(command).expect("a shell on a pty");
        let keyboard = process.get_file_handle().expect("the terminal");
        let terminal = process.get_file_handle().expect("the terminal");
        let screen = if is_pwsh { powershell::watch(terminal) } else { watch(terminal) };
        let enter = if is_pwsh { '\r' } else { '\n' };
        Self::watched(Process::Terminal(process), keyboard, enter, screen)
    }

    fn watched(process: Process, keyboard: File, enter: char, screen: Receiver<String>) -> Self {
        let (unread, greeting) = (String::new(), String::new());
        let mut shell = Self { process, keyboard, enter, screen, unread, greeting };
        shell.greeting = shell.prompt().text;
        shell
    }

    /// Runs a line and waits for the prompt after it.
    pub fn run(&mut self, line: &str) -> Answer {
        self.send(line);
        let mut answer = self.prompt();
        // The first line is the echo (rexpect turns it off, the rc file on).
        answer.text = match answer.text.split_once('\n') {
            Some((_, rest)) => rest.to_owned(),
            None => String::new(),
        };
        answer
    }

    /// What a line prints, without the last line break.
    pub fn text(&mut self, line: &str) -> String {
        self.run(line).text.trim_end().to_owned()
    }

    /// Runs a line that prints nothing, as does the prompt after it.
    #[track_caller]
    pub fn quietly(&mut self, line: &str) {
        assert_eq!(self.run(line).text, "", "after {line}");
    }

    /// Types a line and waits for nothing.
    pub fn send(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}{}", self.enter).as_bytes()).expect("the shell reads");
    }

    /// Types ^C.
    pub fn interrupt(&mut self) {
        self.key(0x03);
    }

    /// Types this control character.
    pub fn key(&mut self, key: u8) {
        self.keyboard.write_all(&[key]).expect("the shell reads");
    }

    /// Waits until a program has printed this, which stays unread.
    pub fn await_text(&mut self, text: &str) {
        let end = Instant::now() + LIMIT;
        while !self.unread.contains(text) {
            self.read_more(end);
        }
    }

    /// Waits for the next prompt; returns all that came before it.
    pub fn prompt(&mut self) -> Answer {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some((before, status, after)) = split_at_prompt(&self.unread) {
                let answer = Answer { text: plain(before), status };
                self.unread = after.to_owned();
                return answer;
            }
            self.read_more(end);
        }
    }

    fn read_more(&mut self, end: Instant) {
        let left = end.saturating_duration_since(Instant::now());
        match self.screen.recv_timeout(left) {
            Ok(text) => self.unread += &text,
            Err(error) => panic!("no prompt ({error}) after: {:?}", self.unread),
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        match &mut self.process {
            // Not PtyProcess's own end: it asks with SIGTERM, which an interactive shell ignores.
            Process::Terminal(process) => {
                if process.signal(Signal::SIGKILL).is_ok() {
                    drop(process.wait());
                }
            }
            Process::Pipe(process) => {
                if process.kill().is_ok() {
                    drop(process.wait());
                }
            }
        }
    }
}

/// The home of this fake, and nothing else of the caller's but PATH.
fn settle(command: &mut Command, fake: &FakeOstoken) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("HOME", fake.home());
}

/// Has pwsh print no colors and ask nobody for updates.
fn be_plain(command: &mut Command) {
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    command.env("POWERSHELL_TELEMETRY_OPTOUT", "1").env("POWERSHELL_UPDATECHECK", "Off");
}

/// Reads the screen as it comes. rexpect's own reader polls ten times a second, which is most of a test's time.
fn watch(mut terminal: File) -> Receiver<String> {
    let (sender, screen) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = terminal.read(&mut buffer) {
            if sender.send(String::from_utf8_lossy(&buffer[..count]).into_owned()).is_err() {
                break;
            }
        }
    });
    screen
}

fn bash_command(program: &Path, home: &Path, rc: &str) -> Command {
    let file = home.join(".bashrc");
    let first = "stty cols 1000 echo\nPS1='ps[$?]ps '\n";
    fs::write(&file, format!("{first}{rc}\n")).expect(".bashrc");
    let mut command = Command::new(program);
    command.arg("--noprofile").arg("--rcfile").arg(file).arg("-i");
    command
}

fn zsh_command(program: &Path, home: &Path, rc: &str) -> Command {
    let first = "stty cols 1000 echo\nunsetopt prompt_cr prompt_sp\nPS1='ps[%?]ps '\n";
    fs::write(home.join(".zshrc"), format!("{first}{rc}\n")).expect(".zshrc");
    let mut command = Command::new(program);
    command.arg("-d").arg("-i");
    command
}

fn pwsh_command(program: &Path, home: &Path, rc: &str) -> Command {
    // PSReadLine breaks no line that fits the window, so a line's echo has one line end, its last character.
    let first = "if (-not [Console]::IsInputRedirected) {\n\
        stty cols 2000 rows 60\n\
        Set-PSReadLineOption -PredictionSource None -BellStyle None }\n\
        function prompt { $ok = $?; $code = $global:LASTEXITCODE\n\
        if ($ok) { $code = 0 } elseif (-not $code) { $code = 1 }; \"ps[$code]ps \" }\n";
    // For one that is started in there.
    let path = format!("$env:PATH += ':{}'\n", program.parent().unwrap_or(home).display());
    let folder = home.join(".config/powershell");
    fs::create_dir_all(&folder).expect("PowerShell's folder");
    fs::write(folder.join("Microsoft.PowerShell_profile.ps1"), format!("{path}{first}{rc}\n")).expect("the profile");
    let mut command = Command::new(program);
    command.arg("-NoLogo");
    command
}

fn fish_command(program: &Path, home: &Path, rc: &str) -> Command {
    // fish paints a prompt again at each word that is typed: what stands there once goes to standard error.
    let first = "stty cols 1000 echo\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n\
                 function fish_prompt\n    builtin echo -n \"ps[$status]ps \" >&2\nend\n\
                 function fish_mode_prompt\nend\n";
    let folder = home.join(".config/fish");
    fs::create_dir_all(&folder).expect("fish's folder");
    // Where this is missing, fish reads all the manual pages there are.
    fs::create_dir_all(home.join(".local/share/fish/generated_completions")).expect("fish's folder");
    // Also read by scripts, which have no terminal.
    let text = format!("if status is-interactive\n{first}end\n{rc}\n");
    fs::write(folder.join("config.fish"), text).expect("config.fish");
    Command::new(program)
}

/// A terminal's text without what moves the cursor or clears the screen, and without fish's mark for a missing line break.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{23ce}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    // The mark, a line of blanks, the mark again.
    plain.extend(parts.map(|part| part.trim_start_matches([' ', '\r'])));
    for code in ["\r", "\x1b[?2004h", "\x1b[?2004l", "\x1b[J"] {
        plain = plain.replace(code, "");
    }
    plain
}

/// Finds `ps[STATUS]ps `; returns what stands before it, the status and the rest.
fn split_at_prompt(text: &str) -> Option<(&str, i32, &str)> {
    for (start, mark) in text.match_indices("ps[") {
        let after = &text[start + mark.len()..];
        if let Some((digits, rest)) = after.split_once("]ps ")
            && let Ok(status) = digits.parse()
        {
            return Some((&text[..start], status, rest));
        }
    }
    None
}
