//! Job control over a wrapped program: the keys of a terminal do to it what they do without ostoken.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::init;
use crate::support::Fake;
use crate::support::pty::LIMIT;
use crate::support::tools::{tool, wait_until};
use crate::user::User;

/// Says that it runs, and repeats what is typed. It starts no process, which ^Z could catch on its way.
const WORKER: &str = r#"#!/bin/sh
trap 'echo quit; exit 6' QUIT
echo "$$" >"$0.pid"
printf 'it %s\n' works
while read -r line; do printf '%s it is\n' "$line"; done
"#;

fn keys_reach_a_wrapped_program(name: &str) {
    if tool(name).is_none() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake);
    let bin = user.home.outside("bin");
    fs::create_dir_all(&bin).unwrap();
    let worker = bin.join("worker");
    fs::write(&worker, WORKER).unwrap();
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).unwrap();
    let user = user.with("PATH", &format!("{}:{}", bin.display(), User::new(Vec::new()).home.search_path()));
    let rc = init(name).replace(&format!("init {name}"), &format!("init {name} --wrap worker"));
    let Some(mut shell) = user.terminal(name, &rc) else { return };
    // ^C ends it as it ends any program.
    shell.send("worker");
    shell.await_text("it works");
    shell.interrupt();
    assert_eq!(shell.prompt().status, 130, "{name}");
    // ^Z stops it, with ostoken beside it; fg goes on.
    shell.send("worker");
    shell.await_text("it works");
    let pid = fs::read_to_string(bin.join("worker.pid")).unwrap().trim().to_owned();
    shell.key(0x1a);
    let stopped = shell.prompt();
    let state = |pid: &str| fs::read_to_string(format!("/proc/{pid}/stat")).map(|stat| stat.contains(") T ")).ok();
    assert_eq!(state(&pid), Some(true), "{name}: {stopped:?}");
    // zsh names no job of a function.
    let jobs = shell.text("jobs");
    assert!(jobs.contains(if name == "zsh" { "suspended" } else { "worker" }), "{name}: {jobs}");
    shell.send("fg");
    assert!(wait_until(LIMIT, || state(&pid) == Some(false)), "{name}");
    shell.send("typed");
    shell.await_text("typed it is");
    shell.key(0x1c);
    let ended = shell.prompt();
    // The fg of zsh and fish has a status of its own.
    assert!((name != "bash" || ended.status == 6) && ended.text.contains("quit"), "{name}: {ended:?}");
    assert!(wait_until(LIMIT, || state(&pid).is_none()), "{name}");
    // The shell is itself again.
    assert_eq!(shell.text("echo on"), "on");
    assert_eq!(fake.posts(), 1);
}

#[test]
fn keys_reach_a_program_wrapped_in_bash() {
    keys_reach_a_wrapped_program("bash");
}

#[test]
fn keys_reach_a_program_wrapped_in_zsh() {
    keys_reach_a_wrapped_program("zsh");
}

#[test]
fn keys_reach_a_program_wrapped_in_fish() {
    keys_reach_a_wrapped_program("fish");
}
