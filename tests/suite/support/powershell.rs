//! PowerShell in two ways: fed by a pipe, which is fast and has no PSReadLine, and on a pseudo-terminal with it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rexpect::process::{PtyProcess, Signal};
use rustix::termios::{Winsize, tcsetwinsize};

use super::fake_ostoken::{FakeOstoken, RENEWED};
use super::process::{Output, finish};
use super::pty::LIMIT;
use super::tools::named;

/// After so long without a word a shell is looked at again.
const SILENCE: Duration = Duration::from_secs(5);

/// The PowerShell that PWSH names, since neither Debian nor PyPI brings one; without it the test is to return.
pub fn pwsh() -> Option<PathBuf> {
    named("PWSH")
}

/// pwsh in the home of this fake, with these variables and nothing else of the caller's but PATH.
pub fn command(pwsh: &PathBuf, fake: &FakeOstoken, vars: &[(&str, &str)]) -> Command {
    let home = fake.home();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut command = Command::new(pwsh);
    command.env_clear().env("PATH", path).env("HOME", &home).env("TERM", "xterm").env("NO_COLOR", "1");
    for (name, folder) in
        [("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache"), ("TMPDIR", "tmp")]
    {
        fs::create_dir_all(home.join(folder)).expect("a folder");
        command.env(name, home.join(folder));
    }
    command.env("POWERSHELL_TELEMETRY_OPTOUT", "1").env("POWERSHELL_UPDATECHECK", "Off");
    command.envs(vars.iter().copied()).current_dir(home).arg("-NoLogo");
    command
}

/// Words for scripts: `renew` takes the lease away and has another token ready, `drop` only takes the lease away, `mode`
/// tells the fake what to answer, `calls` counts the calls so far, `ours` lists the variables.
fn words(fake: &FakeOstoken) -> String {
    let folder = fake.path().display();
    format!(
        "function drop {{ [IO.File]::Delete(\"{folder}/a lease, it's one\") }}\n\
         function renew {{ drop; [IO.File]::WriteAllText('{folder}/token', \"{RENEWED}`n\") }}\n\
         function mode($mode) {{ [IO.File]::WriteAllText('{folder}/mode', \"$mode`n\") }}\n\
         function calls {{ if ([IO.File]::Exists('{folder}/calls')) {{ [IO.File]::ReadAllLines('{folder}/calls').Count }} else {{ 0 }} }}\n\
         function ours {{ Get-ChildItem Env: | Where-Object Name -cmatch '^OS(TOKEN)?_' | Sort-Object Name | ForEach-Object {{ \"$($_.Name)=$($_.Value)\" }} }}\n"
    )
}

/// Feeds these lines to an interactive pwsh without a profile.
pub fn piped(pwsh: &PathBuf, fake: &FakeOstoken, vars: &[(&str, &str)], script: &str) -> Output {
    let mut command = command(pwsh, fake, vars);
    command.arg("-NoProfile").stdin(Stdio::piped());
    finish(&mut command, Some(&format!("{}{script}\n", words(fake))))
}

/// What such a script printed: all but prompts, with the echo of what was read.
pub fn printed(output: &Output) -> Vec<&str> {
    output.stdout.lines().filter(|line| !line.starts_with("PS ")).collect()
}

/// The usual case: the hook is there from the first line on, and nothing may be said on standard error.
#[track_caller]
pub fn hooked(pwsh: &PathBuf, fake: &FakeOstoken, vars: &[(&str, &str)], script: &str) -> Vec<String> {
    let output = piped(pwsh, fake, vars, &format!("{}{script}", fake.source("powershell")));
    assert_eq!(output.stderr, "", "{output:#?}");
    printed(&output).into_iter().map(str::to_owned).collect()
}

/// An interactive pwsh with PSReadLine; killed when dropped.
pub struct Terminal {
    process: PtyProcess,
    keyboard: File,
    screen: Receiver<String>,
    unread: String,
}

impl Terminal {
    /// pwsh with this profile; `prompt` is a function that shows `ps[$?,$LASTEXITCODE]ps `.
    pub fn start(pwsh: &PathBuf, fake: &FakeOstoken, vars: &[(&str, &str)], profile: &str) -> Self {
        let command = command(pwsh, fake, vars);
        let folder = fake.home().join("config/powershell");
        fs::create_dir_all(&folder).expect("the profile's folder");
        let first = "function prompt { \"ps[$?,$global:LASTEXITCODE]ps \" }\n\
            Set-PSReadLineOption -PredictionSource None -BellStyle None\n";
        let profile = format!("{first}{}{profile}\n", words(fake));
        fs::write(folder.join("Microsoft.PowerShell_profile.ps1"), profile).expect("the profile");
        let process = PtyProcess::new(command).expect("pwsh on a pty");
        let keyboard = process.get_file_handle().expect("the terminal");
        // No line is ever broken, so a line's echo has one line end, its last character.
        let size = Winsize { ws_row: 60, ws_col: 2000, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&keyboard, size).expect("a terminal's size");
        let screen = watch(process.get_file_handle().expect("the terminal"));
        let mut terminal = Self { process, keyboard, screen, unread: String::new() };
        terminal.prompt();
        terminal
    }

    /// Runs a line; returns what it printed and what the next prompt shows as `$?,$LASTEXITCODE`.
    pub fn run(&mut self, line: &str) -> (String, String) {
        self.send(line);
        self.prompt()
    }

    /// What a line prints, without the last line break.
    pub fn text(&mut self, line: &str) -> String {
        self.run(line).0.trim_end().to_owned()
    }

    /// Types a line and waits for nothing.
    pub fn send(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\r").as_bytes()).expect("the shell reads");
    }

    /// Types ^C.
    pub fn interrupt(&mut self) {
        self.keyboard.write_all(b"\x03").expect("the shell reads");
    }

    /// Waits for the next prompt; returns what came before it, without the echo, and what it shows.
    pub fn prompt(&mut self) -> (String, String) {
        let (before, shown) = self.whole_prompt();
        let text = before.split_once('\n').map_or("", |(_, text)| text);
        (text.to_owned(), shown)
    }

    /// The same with the line that was typed, and with what stands before it.
    pub fn whole_prompt(&mut self) -> (String, String) {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some((before, rest)) = self.unread.split_once("ps[")
                && let Some((shown, after)) = rest.split_once("]ps ")
            {
                let result = (before.to_owned(), shown.to_owned());
                self.unread = after.to_owned();
                return result;
            }
            match self.screen.recv_timeout(SILENCE) {
                Ok(text) => self.unread += &text,
                // An Enter that comes while PSReadLine asks where the cursor is can get lost: the line is still being typed.
                Err(RecvTimeoutError::Timeout) if Instant::now() < end => {
                    if !self.unread.is_empty() && !self.unread.contains('\n') {
                        self.send("");
                    }
                }
                Err(error) => panic!("no prompt ({error}) after: {:?}", self.unread),
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.process.signal(Signal::SIGKILL).is_ok() {
            drop(self.process.wait());
        }
    }
}

/// Reads the screen without its escape sequences, and tells PSReadLine where the cursor is when it asks.
pub fn watch(mut terminal: File) -> Receiver<String> {
    let (sender, screen) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        let mut rest = String::new();
        while let Ok(count @ 1..) = terminal.read(&mut buffer) {
            rest += &String::from_utf8_lossy(&buffer[..count]);
            let (text, asked, unfinished) = plain(&rest);
            rest = unfinished;
            for _ in 0..asked {
                if terminal.write_all(b"\x1b[1;1R").is_err() {
                    return;
                }
            }
            if sender.send(text).is_err() {
                return;
            }
        }
    });
    screen
}

/// The text without escape sequences and carriage returns, how often the cursor was asked for, and an unfinished sequence.
fn plain(screen: &str) -> (String, usize, String) {
    let (mut text, mut asked, mut rest) = (String::new(), 0, screen);
    while let Some((before, sequence)) = rest.split_once('\x1b') {
        text += before;
        let unfinished = &rest[before.len()..];
        let end = match sequence.chars().next() {
            None => return (text.replace('\r', ""), asked, unfinished.to_owned()),
            Some('[') => sequence[1..].find(|c: char| ('@'..='~').contains(&c)).map(|at| at + 2),
            Some(']') => sequence.find('\x07').map(|at| at + 1),
            Some(one) => Some(one.len_utf8()),
        };
        let Some(end) = end else { return (text.replace('\r', ""), asked, unfinished.to_owned()) };
        asked += usize::from(&sequence[..end] == "[6n");
        rest = &sequence[end..];
    }
    text += rest;
    (text.replace('\r', ""), asked, String::new())
}
