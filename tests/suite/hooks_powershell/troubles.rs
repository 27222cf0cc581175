//! What goes wrong.

use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::powershell::{hooked, pwsh};
use crate::support::pty::SESSION;
use crate::support::tools::processes_with;

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
