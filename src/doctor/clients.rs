//! The clients that PATH leads to, and their versions.

use super::Finding;
use crate::error::escaped;
use crate::identity::Environment;
use crate::output::change::SECRETS;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a client may take to name its version: it loads some hundred Python modules.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// More clients are not asked, and more of an answer is not read, in bytes.
const MOST: usize = 3;
const LONGEST: u64 = 4096;

const NAME: &str = if cfg!(windows) { "openstack.exe" } else { "openstack" };

/// Asks each `openstack` on PATH for its version, all at once.
pub fn check(environment: &Environment) -> Vec<Finding> {
    let programs = programs(environment);
    if programs.is_empty() {
        return vec![Finding::note("client", "no `openstack` on PATH", "pipx install python-openstackclient")];
    }
    std::thread::scope(|scope| {
        let asked: Vec<_> = programs.iter().map(|program| scope.spawn(|| client(program))).collect();
        asked.into_iter().filter_map(|client| client.join().ok()).collect()
    })
}

/// The different programs of that name, in the order of PATH. A folder that is not absolute is another one everywhere.
fn programs(environment: &Environment) -> Vec<PathBuf> {
    let path = environment.get("PATH").unwrap_or_default();
    let mut seen = BTreeSet::new();
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let programs = folders.map(|folder| folder.join(NAME)).filter(|program| is_program(program));
    programs.filter(|program| seen.insert(program.canonicalize().ok())).take(MOST).collect()
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    path.metadata().is_ok_and(|data| data.is_file() && data.mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn client(program: &Path) -> Finding {
    let name = program.to_string_lossy();
    match version(program) {
        Ok(version) => Finding::ok("client", &format!("{} ({name})", escaped(&version, 60))),
        Err(why) => Finding::problem("client", &format!("{name} does not run: {why}"), &format!("{name} --version")),
    }
}

/// What `PROGRAM --version` prints; it is given no secret and no token.
fn version(program: &Path) -> Result<String, String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    for name in SECRETS.into_iter().chain(["OS_TOKEN", "OSTOKEN_PASSCODE"]) {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        // Not waited for: whoever else holds the other end may never let go of it.
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = output.take(LONGEST).read_to_end(&mut text);
            let _ = sender.send(text);
        });
    }
    end_of(&mut child)?;
    let text = receiver.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    match text.trim().lines().last() {
        Some(line) => Ok(line.trim().to_owned()),
        None => Err("it prints no version".into()),
    }
}

/// Waits for the end of a program that has to succeed, and ends it if it takes too long.
fn end_of(child: &mut Child) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(status.to_string()),
            Ok(None) if Instant::now() < end => std::thread::sleep(PAUSE),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no answer within {} s", PATIENCE.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}
