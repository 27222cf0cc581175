//! What the tests of all hooks have in common: their shells, the assertion that most of them end
//! with, and what a prompt costs.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::fake_ostoken::FakeOstoken;
use super::pty::{SESSION, Shell};
use super::tools::{skip, tool};

/// The bash under test: Debian's, or the one that `OSTOKEN_TEST_BASH` names.
pub fn bash() -> Option<PathBuf> {
    let Some(named) = std::env::var_os("OSTOKEN_TEST_BASH") else { return tool("bash") };
    let path = PathBuf::from(named);
    if !path.is_file() {
        skip(&format!("{}, which OSTOKEN_TEST_BASH names, is not there", path.display()));
        return None;
    }
    Some(path)
}

/// The assertion of most tests: the token is there, and the shell still works.
pub fn has_token(shell: &mut Shell, token: &str) {
    assert_eq!(shell.text(r#"echo "<${OS_TOKEN-}>""#), format!("<{token}>"));
}

/// Takes the lease away, the token stays.
pub fn drop_lease(fake: &FakeOstoken) {
    fs::remove_file(fake.path().join("a lease, it's one")).expect("there is a lease");
}

/// The variables that a token depends on and that no session of these tests has.
pub const OTHER_VARIABLES: &[&str] = &[
    "OS_CLOUD",
    "OS_USER_ID",
    "OS_PROJECT_ID",
    "OS_PROJECT_DOMAIN_ID",
    "OS_TENANT_ID",
    "OS_TENANT_NAME",
    "OS_USER_DOMAIN_ID",
    "OS_DEFAULT_DOMAIN",
    "OS_DEFAULT_DOMAIN_ID",
    "OS_DEFAULT_DOMAIN_NAME",
    "OS_DOMAIN_ID",
    "OS_DOMAIN_NAME",
    "OS_SYSTEM_SCOPE",
    "OS_TRUST_ID",
    "OS_APPLICATION_CREDENTIAL_ID",
    "OS_APPLICATION_CREDENTIAL_NAME",
    "OS_APPLICATION_CREDENTIAL_SECRET",
    "OS_CACERT",
    "OS_INSECURE",
    "OS_CLIENT_CONFIG_FILE",
    "OS_PASSCODE",
    "OS_CERT",
    "OS_KEY",
];

/// How many processes were started while the hook ran so many times; `script` makes that a script.
pub fn processes(fake: &FakeOstoken, shell: &[String], script: impl Fn(u32) -> String, times: u32) -> Option<usize> {
    let log = fake.path().join("strace");
    let status = Command::new(tool("strace")?)
        .args(["-f", "-qq", "-e", "trace=clone,clone3,fork,vfork,execve", "-o"])
        .arg(&log)
        .args(shell)
        .arg(script(times))
        .envs(SESSION.iter().copied())
        .env("HOME", fake.home())
        .env_remove("OS_TOKEN")
        .status()
        .expect("strace runs");
    assert!(status.success());
    let text = fs::read_to_string(log).expect("strace's log");
    Some(processes_in(&text))
}

/// How many processes a log of strace tells of, and programs in them: each `clone`, `fork` and `execve`, but for threads
/// and for what a child's end interrupted, which the kernel does again (ERESTARTNOINTR).
pub fn processes_in(log: &str) -> usize {
    let mut unfinished = HashSet::new();
    let mut count = 0;
    for line in log.lines() {
        let who = line.split(' ').next();
        if line.contains(" resumed>") {
            count -= usize::from(unfinished.remove(&who) && line.contains("ERESTART"));
        } else if line.contains('(') && !line.contains("CLONE_THREAD") && !line.contains("ERESTART") {
            count += 1;
            if line.contains("<unfinished") {
                unfinished.insert(who);
            }
        }
    }
    count
}

/// How often the hook and `$(/bin/true)` run in one round of [`cost`].
pub const ROUND: (u32, u32) = (100, 5);

/// What one hook and one `$(/bin/true)` in the same shell cost, in microseconds. The script prints a line when it begins and
/// then, again and again, one after each half of a [`ROUND`]; after each line it waits for one, so that no time is
/// missing where this reader was kept waiting. The best of each counts: others use this machine, too, and in many short
/// rounds there is one that nobody disturbs.
pub fn cost(fake: &FakeOstoken, shell: &[String], script: &str) -> (f64, f64) {
    let mut child = Command::new(&shell[0])
        .args(&shell[1..])
        .arg(script)
        .envs(SESSION.iter().copied())
        .env("HOME", fake.home())
        .env_remove("OS_TOKEN")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the shell runs");
    let mut go = child.stdin.take().expect("its input");
    let mut times = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
        line.expect("a line");
        times.push(Instant::now());
        go.write_all(b"\n").expect("it waits");
    }
    assert!(child.wait().expect("the shell ends").success());
    let spans: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let best = |half: usize| spans.iter().skip(half).step_by(2).min().expect("rounds").as_secs_f64();
    (best(0) / f64::from(ROUND.0) * 1e6, best(1) / f64::from(ROUND.1) * 1e6)
}
