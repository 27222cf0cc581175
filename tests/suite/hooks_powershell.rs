//! The PowerShell hook in a real PowerShell, against a fake `ostoken`. What belongs here: what a PowerShell user can
//! see, and the rules of the hook file itself. Most cases feed lines through a pipe; those that need PSReadLine are in
//! `terminal`.

mod file;
mod loading;
mod peers;
mod terminal;
mod troubles;
mod wrappers;

use std::process::Stdio;

use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::processes_in;
use crate::support::powershell::{command, hooked, printed, pwsh};
use crate::support::process::finish;
use crate::support::pty::SESSION;
use crate::support::tool;

#[test]
fn the_token_is_exported_and_the_user_domain_taken_away() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let seen = hooked(&pwsh, &fake, SESSION, "ours\n");
    let token = format!("OS_TOKEN={TOKEN}");
    let want = [
        "OS_AUTH_TYPE=token",
        "OS_AUTH_URL=https://keystone.test:5000/v3",
        "OS_PASSWORD=s3cret-word",
        "OS_PROJECT_DOMAIN_NAME=Default",
        "OS_PROJECT_NAME=engine",
        &token,
        "OS_USERNAME=ada",
        "OSTOKEN_EXPIRES_AT=4000000000",
        "OSTOKEN_EXPORTED=0123456789abcdef",
        "OSTOKEN_FOR=fedcba9876543210",
        "OSTOKEN_USER_DOMAIN_NAME=Default",
    ];
    let mut seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    let mut want = Vec::from(want);
    seen.sort_unstable();
    want.sort_unstable();
    assert_eq!(seen, want);
    assert_eq!(fake.calls(), ["hook --shell powershell --said "]);
    assert!(!fake.saw_terminal());
}

#[test]
fn a_fresh_token_makes_no_call_and_a_lease_that_is_gone_exactly_one() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let script = format!("{}calls\nrenew\n$env:OS_TOKEN\n{}calls\n", "$null\n".repeat(20), "$null\n".repeat(20));
    assert_eq!(hooked(&pwsh, &fake, SESSION, &script), ["1", RENEWED, "2"]);
}

#[test]
fn a_due_refresh_and_a_clock_that_went_back_make_one_call_each() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let set = |name: &str, value: &str| format!("& (Get-Module ostoken) {{ $script:{name} = {value} }}\n");
    let script = format!(
        "{}$null\ncalls\n{}$null\ncalls\n",
        set("due", "[DateTime]::UtcNow"),
        set("since", "[DateTime]::UtcNow.AddDays(1)"),
    );
    assert_eq!(hooked(&pwsh, &fake, SESSION, &script), ["2", "3"]);
}

#[test]
fn a_change_of_the_environment_makes_one_call() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let openrc: String = SESSION.iter().map(|(name, value)| format!("$env:{name} = '{value}'; ")).collect();
    let script = format!(
        "$env:OS_PROJECT_NAME = 'other'\n$null\ncalls\n{openrc}\n\"<$env:OS_USER_DOMAIN_NAME>\"\ncalls\n\
         {openrc}\n$env:OSTOKEN_USER_DOMAIN_NAME\ncalls\n"
    );
    assert_eq!(hooked(&pwsh, &fake, SESSION, &script), ["2", "<>", "3", "Default", "4"]);
}

#[test]
fn no_two_environments_look_alike() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let lines = "$env:OS_PROJECT_ID = 'a|b'; $env:OS_PROJECT_NAME = 'c'\n\n\"first=$(calls)\"\n\
                 $env:OS_PROJECT_ID = 'a'; $env:OS_PROJECT_NAME = 'b|c'\n\n\"second=$(calls)\"";
    assert_eq!(hooked(&pwsh, &fake, SESSION, lines), ["first=2", "second=3"]);
}

#[test]
fn without_a_session_nothing_is_called_and_one_that_was_cleared_leaves_nothing() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let script = "$null\ncalls\n$env:OS_AUTH_URL = 'https://k.test/v3'\n$env:OS_TOKEN\ncalls\n\
        Remove-Item Env:OS_AUTH_URL\nours\ncalls\n$null\ncalls\n";
    assert_eq!(hooked(&pwsh, &fake, &[], script), ["0", TOKEN, "1", "1", "1"]);
}

#[test]
fn what_the_program_says_to_restore_is_restored() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let more = [("OSTOKEN_SCRUB", "1"), ("OS_AUTH_TYPE", "v3password"), ("OS_PASSCODE", "1 2")];
    let session = [SESSION, &more].concat();
    let script = "\"<$env:OS_USERNAME$env:OS_PASSCODE$env:OS_PASSWORD>\"\nmode restore; drop\n\
        \"$env:OS_USERNAME $env:OS_PASSCODE $env:OS_AUTH_TYPE $env:OS_USER_DOMAIN_NAME\"\n\
        ours | Where-Object { $_ -match '^OSTOKEN|TOKEN=' }\ncalls\n";
    let want = ["<>", "ada 1 2 v3password Default", "OSTOKEN_SCRUB=1", "2"];
    assert_eq!(hooked(&pwsh, &fake, &session, script), want);
}

#[test]
fn a_child_shell_knows_the_export_for_its_own() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let inherited = [("OS_TOKEN", TOKEN), ("OS_AUTH_TYPE", "token"), ("OSTOKEN_EXPORTED", "0"), ("OSTOKEN_FOR", "0")];
    let session = [SESSION, &inherited].concat();
    let script = "$env:OS_TOKEN\ncalls\nDisable-OsToken\n\"<$env:OS_TOKEN$env:OS_AUTH_TYPE>\"\n";
    assert_eq!(hooked(&pwsh, &fake, &session, script), [TOKEN, "1", "<>"]);
    // One that a person exported over it ends in another way, and stays.
    let script = "$env:OS_TOKEN = 'by-hand'; Disable-OsToken\n$env:OS_TOKEN\n";
    assert_eq!(hooked(&pwsh, &fake, &session, script), ["by-hand"]);
}

#[test]
fn prompts_start_no_process() {
    let (Some(pwsh), Some(strace)) = (pwsh(), tool("strace")) else { return };
    let fake = FakeOstoken::new();
    let started = |prompts: usize| {
        let log = fake.path().join("strace");
        let inner = command(&pwsh, &fake, SESSION);
        let mut outer = std::process::Command::new(&strace);
        outer.args(["-f", "-qq", "-e", "trace=clone,clone3,fork,vfork,execve", "-o"]).arg(&log).arg(&pwsh);
        outer.args(["-NoLogo", "-NoProfile"]).env_clear().current_dir(fake.home());
        outer.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let script = format!("{}{}", fake.source("powershell"), "$null\n".repeat(prompts));
        finish(outer.stdin(Stdio::piped()), Some(&script)).success();
        processes_in(&std::fs::read_to_string(log).expect("strace's log"))
    };
    let once = started(1);
    assert!(once > 2, "the slow path is seen: {once}");
    assert_eq!(once, started(201));
}

#[test]
fn the_fast_path_takes_a_twentieth_of_a_process_at_most() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    // In turns, so that both see the same machine; the best round of each, so that other programs do not count. The
    // first rounds are for the compilers.
    let script = "$hook = $process = 1e9; $clock = [Diagnostics.Stopwatch]::new(); \
        foreach ($round in 1..300) { \
        $clock.Restart(); foreach ($n in 1..100) { $null = __ostoken_hook }; \
        $hook = [Math]::Min($hook, $clock.Elapsed.TotalMilliseconds / 100); \
        $clock.Restart(); $null = & /bin/true; \
        $process = [Math]::Min($process, $clock.Elapsed.TotalMilliseconds) }; \
        \"{0:0} {1:0}\" -f ($hook * 1e6), ($process * 1e6)\ncalls\n";
    let seen = hooked(&pwsh, &fake, SESSION, script);
    let times: Vec<f64> = seen[0].split(' ').map(|time| time.parse().expect("nanoseconds")).collect();
    println!("hook {} ns, process {} ns: 1/{:.0}", times[0], times[1], times[1] / times[0]);
    assert!(times[0] * 20.0 <= times[1], "nanoseconds of the hook and of a process: {times:?}");
    assert_eq!(seen[1], "1");
}

#[test]
fn a_script_gets_the_words_and_no_hook() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc("a file", "set OS_AUTH_URL=https://k.test/v3\n");
    let script = fake.home().join("script.ps1");
    let text = format!(
        "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'\n{}\"<$env:OS_TOKEN>\"\n\
         if ($args) {{ ostoken_use $args[0]; $env:OS_TOKEN }}\n",
        fake.source("powershell")
    );
    std::fs::write(&script, &text).expect("a script");
    let mut runs = [command(&pwsh, &fake, SESSION), command(&pwsh, &fake, SESSION)];
    runs[0].args(["-NoProfile", "-NonInteractive", "-File"]).arg(&script);
    runs[1].args(["-NoProfile", "-Command", &text]);
    for run in &mut runs {
        let output = finish(run.stdin(Stdio::null()), None).success();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("<>\n", ""));
        assert_eq!(fake.calls().len(), 0);
    }
    let mut run = command(&pwsh, &fake, &[]);
    run.args(["-NoProfile", "-File"]).arg(&script).arg(file);
    let output = finish(run.stdin(Stdio::null()), None).success();
    assert_eq!(printed(&output), ["<>", TOKEN], "{output:?}");
    assert_eq!(output.stderr, "");
}
