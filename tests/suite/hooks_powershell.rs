//! What only the PowerShell hook has, or says in its own way, in a real PowerShell, against a fake `ostoken`; the rest
//! is in `hooks`. Most cases feed lines through a pipe; those that need PSReadLine are in `terminal`.

mod file;
mod loading;
mod peers;
mod terminal;
mod wrappers;

use std::process::Stdio;

use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::hooks::processes_in;
use crate::support::powershell::{command, hooked, printed, pwsh};
use crate::support::process::finish;
use crate::support::pty::SESSION;
use crate::support::tool;
use crate::support::tools::processes_with;

#[test]
fn no_two_environments_look_alike() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let lines = "$env:OS_PROJECT_ID = 'a|b'; $env:OS_PROJECT_NAME = 'c'\n\n\"first=$(calls)\"\n\
                 $env:OS_PROJECT_ID = 'a'; $env:OS_PROJECT_NAME = 'b|c'\n\n\"second=$(calls)\"";
    assert_eq!(hooked(&pwsh, &fake, SESSION, lines), ["first=2", "second=3"]);
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

#[test]
fn a_slow_call_ends_after_two_seconds_and_leaves_no_process() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let mark = format!("OSTOKEN_TEST_MARK={}", fake.path().display());
    let (name, value) = mark.split_once('=').expect("a variable");
    let session = [SESSION, &[(name, value)]].concat();
    let script = "$clock = [Diagnostics.Stopwatch]::StartNew(); mode slow; drop\n\
        $clock.Elapsed.TotalSeconds -gt 1.9 -and $clock.Elapsed.TotalSeconds -lt 20\n$env:OS_TOKEN\ncalls\n\
        @(Get-Process sleep -ErrorAction Ignore | Where-Object { $_.Parent.Id -eq $PID }).Count\n";
    assert_eq!(hooked(&pwsh, &fake, &session, script), ["True", TOKEN, "2", "0"]);
    assert_eq!(processes_with(&mark), Vec::<i32>::new());
}

#[test]
fn what_the_last_command_left_behind_stays() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    // Each line asks about the one before it; between the two stands a prompt, with and without a call.
    let script = "Remove-Variable LASTEXITCODE -Scope Global\nTest-Path Variable:LASTEXITCODE\ndrop\n\
        Test-Path Variable:LASTEXITCODE\n/bin/sh -c 'exit 7'\n$LASTEXITCODE\ndrop\n$LASTEXITCODE\n\
        $count = $Error.Count; mode fail; drop\n$added = $Error.Count - $count; $count = $Error.Count\n\
        $Error.Count - $count -eq $added\ncalls\n";
    let seen = hooked(&pwsh, &fake, SESSION, script);
    assert_eq!(seen, ["False", "False", "7", "7", "True", "4"]);
}
