//! What is exported, that a prompt starts no process, and when the hook asks again.

use std::fs;
use std::process::Command;
use std::time::Instant;

use super::{DUE, drop_lease, halves, has_token, start};
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::processes;
use crate::support::pty::{LIMIT, SESSION, Shell};
use crate::support::tool;

#[test]
fn the_token_is_exported_and_the_user_domain_taken_away() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    assert_eq!(shell.greeting, "");
    let seen = shell.text("env | grep -E '^(OS|OSTOKEN)_' | LC_ALL=C sort");
    let want = [
        "OSTOKEN_EXPIRES_AT=4000000000",
        "OSTOKEN_EXPORTED=0123456789abcdef",
        "OSTOKEN_FOR=fedcba9876543210",
        "OSTOKEN_USER_DOMAIN_NAME=Default",
        "OS_AUTH_TYPE=token",
        "OS_AUTH_URL=https://keystone.test:5000/v3",
        "OS_PASSWORD=s3cret-word",
        "OS_PROJECT_DOMAIN_NAME=Default",
        "OS_PROJECT_NAME=engine",
        &format!("OS_TOKEN={TOKEN}"),
        "OS_USERNAME=ada",
    ];
    assert_eq!(seen, want.join("\n"));
    assert_eq!(fake.calls(), ["hook --shell fish --said "]);
    assert!(!fake.saw_terminal());
}

#[test]
fn no_variable_of_the_hook_is_exported_and_the_token_has_no_second_copy() {
    let Some(fish) = tool("fish") else { return };
    let (_fake, mut shell) = start(&fish);
    assert_eq!(shell.text("env | grep -c __ostoken"), "0");
    let (first, second) = halves();
    assert_eq!(shell.text(&format!("set | grep -c -e '{first}'\"\"'{second}'")), "1");
    assert_eq!(shell.text("set -U | grep -c -i ostoken"), "0", "nothing is universal");
}

#[test]
fn a_fresh_token_makes_no_call_at_any_prompt() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    for _ in 0..20 {
        shell.run("");
    }
    shell.run("true");
    // Set to what it was.
    shell.run("set -gx OS_PROJECT_NAME engine");
    shell.run("OS_PROJECT_NAME=other true");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn a_fast_prompt_starts_no_process() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let shell = [fish.to_str().expect("UTF-8"), "--no-config", "-c"];
    let script = |times| format!("{}for i in (seq {times})\n__ostoken_hook\nend", fake.source("fish"));
    let Some(once) = processes(&fake, &shell, script, 1) else { return };
    assert!(once > 2, "the slow path is seen: {once}");
    assert_eq!(processes(&fake, &shell, script, 201), Some(once));
}

#[test]
fn a_fast_prompt_takes_a_small_part_of_what_a_process_takes() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    // 400 hooks and 20 processes, which take about the same time, in turns.
    let script = "__ostoken_hook
        eval \"function hooks; $(string repeat -n 400 '__ostoken_hook;'); end\"
        eval \"function processes; $(string repeat -n 20 'set -l out (/bin/true);'); end\"
        for round in (seq 25)
            set -l start (date +%s%N)
            hooks
            set -l middle (date +%s%N)
            processes
            echo $start $middle (date +%s%N)
        end";
    let output = Command::new(&fish)
        .args(["--no-config", "-c", &format!("{}{script}", fake.source("fish"))])
        .envs(SESSION.iter().copied())
        .env("HOME", fake.home())
        .output()
        .expect("fish runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(fake.calls().len(), 1);
    let text = String::from_utf8(output.stdout).expect("numbers");
    let ratio = |line: &str| {
        let times: Vec<f64> = line.split(' ').map(|time| time.parse().expect("a time")).collect();
        (times[2] - times[1]) / 20.0 / ((times[1] - times[0]) / 400.0)
    };
    let mut ratios: Vec<f64> = text.lines().map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    assert_eq!(ratios.len(), 25);
    // Other load falls on some of the hooks, or on some of the processes: a quarter of the rounds is to be spared it.
    assert!(ratios[18] >= 20.0, "prompts in the time of one process: {ratios:.1?}");
}

#[test]
fn status_and_pipestatus_are_the_commands_own_at_fast_and_slow_prompts() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    for round in 0..2 {
        assert_eq!(shell.run("sh -c 'exit 7'").status, 7);
        assert_eq!(shell.text("echo $status"), "7");
        if round == 0 {
            fake.renew_elsewhere();
        }
        shell.run("true | sh -c 'exit 3' | sh -c 'exit 4'");
        assert_eq!(shell.text("echo $pipestatus"), "0 3 4");
        // The slow path just before the command, too.
        shell.run("sh -c 'exit 5'");
        drop_lease(&fake);
        assert_eq!(shell.text("echo $status"), "5");
    }
    assert_eq!(fake.calls().len(), 4);
}

#[test]
fn the_next_command_after_an_idle_time_has_the_new_token() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    fake.renew_elsewhere();
    has_token(&mut shell, RENEWED);
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_lease_that_is_gone_makes_exactly_one_call_at_the_prompt() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    fake.renew_elsewhere();
    shell.run("");
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
    has_token(&mut shell, RENEWED);
}

#[test]
fn a_due_refresh_makes_exactly_one_call() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    fake.left(1);
    let mut shell = Shell::fish(&fish, &fake, &fake.source("fish"));
    fake.token(RENEWED).left(7200);
    let end = Instant::now() + LIMIT;
    while fake.calls().len() < 2 {
        assert!(Instant::now() < end);
        shell.run("");
    }
    shell.run("");
    has_token(&mut shell, RENEWED);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn the_clock_of_systems_without_proc_works_too() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let text = fs::read_to_string(fake.path().join("init.fish")).expect("the hook");
    fs::write(fake.path().join("init.fish"), text.replace("/proc/uptime", "/nowhere")).expect("the hook");
    let mut shell = Shell::fish(&fish, &fake, &fake.source("fish"));
    shell.run("");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 1);
    fake.token(RENEWED);
    shell.run(DUE);
    has_token(&mut shell, RENEWED);
    assert_eq!(fake.calls().len(), 2);
    // A clock that went back.
    shell.run("for name in since due fresh; set -g __ostoken__$name 90000000000; end");
    shell.run("");
    assert_eq!(fake.calls().len(), 3);
}
