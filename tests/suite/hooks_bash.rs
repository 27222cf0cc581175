//! What only the bash hook has, or says in its own way, in real, interactive shells, against a fake `ostoken`; the rest
//! is in `hooks`.

mod before_commands;
mod folders;
mod hostile;
mod prompt_command;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::hooks::Kind;
use crate::hooks::customs::{traps_stay, what_traps_print_is_not_taken_for_the_answer, works_under};
use crate::hooks::loading::off_and_on;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{bash, has_token};
use crate::support::pty::SESSION;
use crate::support::tool;

const HOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/ostoken.bash");

/// A shell's state with every number of the hook's own in it replaced.
fn unnumbered(text: &str) -> String {
    let mut parts = text.split("__ostoken_");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += "__ostoken_";
        plain += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    plain
}

/// Major and minor version as one number.
pub fn version(bash: &Path) -> u32 {
    let output = Command::new(bash)
        .args(["-c", "echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))"])
        .output()
        .expect("bash runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

#[test]
fn a_project_whose_name_differs_in_case_alone_is_another() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    shell.run("shopt -s nocasematch");
    shell.run("export OS_PROJECT_NAME=ENGINE");
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn the_hook_works_under_any_option_and_the_option_stays() {
    let options = [
        "set -u",
        "set -e",
        "set -eu; set -o pipefail",
        "set -a",
        "set -C",
        "set -f",
        "set -k",
        "set -o posix",
        "set -E; set -T",
        "shopt -s failglob",
        "shopt -s nullglob",
        "shopt -s extdebug",
        "IFS=0123456789",
        "IFS=",
        "shopt -u promptvars; PS1='ps[0]ps '",
    ];
    // Not $SHELLOPTS: in bash 3.2 that is behind until an option is set.
    works_under(Kind::Bash, &options, r#"echo "$-"; set -o; shopt || :"#);
}

#[test]
fn traps_of_the_user_stay_and_do_not_fire_for_the_hook() {
    let traps = "set -E\ntrap 'echo int' INT\ntrap 'echo err' ERR\ntrap 'echo exit' EXIT\n";
    traps_stay(Kind::Bash, traps, "trap -p");
}

#[test]
fn a_debug_trap_that_prints_each_command_sees_no_token() {
    let fake = FakeOstoken::new();
    let rc = format!("{}shopt -s extdebug\nset -T\ntrap 'echo \"$BASH_COMMAND\" >>log' DEBUG\n", fake.source("bash"));
    let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
    has_token(&mut shell, TOKEN);
    fake.renew_elsewhere();
    shell.run("");
    has_token(&mut shell, RENEWED);
    let log = fs::read_to_string(fake.home().join("log")).expect("the trap's log");
    assert!(log.contains("__ostoken"), "{log}");
    assert!(!log.contains("gAAAA"), "{log}");
}

#[test]
fn what_a_debug_trap_prints_is_not_taken_for_the_answer() {
    let traps = ["set -T\ntrap 'printf trapped' DEBUG", "set -T\ntrap 'echo trapped' DEBUG"];
    what_traps_print_is_not_taken_for_the_answer(Kind::Bash, &traps);
}

#[test]
fn sourced_three_times_is_sourced_once() {
    for first in ["", "export PROMPT_COMMAND=:\n", "OSTOKEN_PREEXEC=1\n"] {
        let fake = FakeOstoken::new();
        let source = fake.source("bash");
        let state = "declare -p PROMPT_COMMAND PS0 | sed 's/PS0=[$]/PS0=/'; declare -F; compgen -v __ostoken_";
        let Some(mut once) = Kind::Bash.open_in(&fake, &format!("{first}{source}"), SESSION) else { return };
        let Some(mut shell) = Kind::Bash.open_in(&fake, &format!("{first}{source}{source}{source}"), SESSION) else {
            return;
        };
        assert_eq!(unnumbered(&shell.text(state)), unnumbered(&once.text(state)), "{first}");
        assert_eq!(fake.calls().len(), 2, "{first}");
    }
}

#[test]
fn off_leaves_three_words_and_on_brings_all_back() {
    let Some(bash) = bash() else { return };
    // bash 3.2 lists functions among the variables, unless in posix mode.
    let list = if version(&bash) < 404 { "(set -o posix; set)" } else { "declare -p" };
    let passing = "(_|PIPESTATUS|SECONDS|EPOCH.*|SRANDOM|RANDOM|BASH_.*|LINENO|HISTCMD|FUNCNAME|OLDPWD)(=|$)";
    // What stays is the program's path and the settings for it.
    let ours = |line: &&str| {
        let rest = line.split_once("__ostoken_").map_or("", |(_, rest)| rest.trim_start_matches(char::is_numeric));
        rest.starts_with("_bin=") || rest.starts_with("_pins=")
    };
    off_and_on(Kind::Bash, "", &|shell, fake, when| {
        shell.run(&format!("{list} | grep -v -E '(^| ){passing}' >{when}"));
        if when == "before" {
            return;
        }
        let read = |name| fs::read_to_string(fake.home().join(name)).expect("a state");
        let (before, after) = (read("before"), read(when));
        assert_eq!(after.lines().filter(|line| !ours(line)).collect::<Vec<_>>(), before.lines().collect::<Vec<_>>());
        let words =
            ["__ostoken_call", "__ostoken_load", "__ostoken_serves", "ostoken_off", "ostoken_on", "ostoken_use"];
        assert_eq!(shell.text("declare -F"), words.map(|word| format!("declare -f {word}")).join("\n"));
    });
}

#[test]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = tool("shellcheck") else {
        return;
    };
    let output = Command::new(shellcheck).arg(HOOK).output().expect("shellcheck runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn shfmt_would_change_nothing() {
    let Some(shfmt) = tool("shfmt") else { return };
    let output = Command::new(shfmt).args(["-d", "-i", "2", HOOK]).output().expect("shfmt runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
