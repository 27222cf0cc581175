//! What goes wrong.

use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::powershell::{hooked, piped, printed, pwsh};
use crate::support::pty::SESSION;
use crate::support::tools::processes_with;

/// As if half a minute had passed.
const LATER: &str = "& (Get-Module ostoken) { $script:due = [DateTime]::UtcNow }\n";

#[test]
fn a_failure_leaves_the_environment_alone_and_is_not_repeated_at_once() {
    let Some(pwsh) = pwsh() else { return };
    for mode in ["fail", "partial", "oneline"] {
        let fake = FakeOstoken::new();
        fake.mode(mode);
        let script = format!(
            "$null\n\"<$env:OS_TOKEN$env:PARTIAL> $env:OS_USER_DOMAIN_NAME\"\ncalls\nmode ok\n{LATER}$env:OS_TOKEN\n"
        );
        assert_eq!(hooked(&pwsh, &fake, SESSION, &script), ["<> Default", "1", TOKEN], "{mode}");
    }
}

#[test]
fn a_failed_renewal_keeps_the_token_there_is() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    assert_eq!(hooked(&pwsh, &fake, SESSION, "mode fail; drop\n$null\n$env:OS_TOKEN\ncalls\n"), [TOKEN, "2"]);
}

#[test]
fn a_message_is_said_once_and_its_kind_handed_back() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    fake.mode("noisy");
    let script = format!("{}$null\n{LATER}calls\nostoken_on\n", fake.source("powershell"));
    let output = piped(&pwsh, &fake, SESSION, &script);
    let said = "ostoken: keystone cannot be reached";
    assert_eq!(output.stderr.lines().collect::<Vec<_>>(), [said, said], "at first, and to who asks");
    assert_eq!(printed(&output), ["2"]);
    assert_eq!(fake.calls()[1], "hook --shell powershell --said unreachable");
}

#[test]
fn a_program_that_is_gone_is_named_once() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let program = fake.program();
    let script = format!(
        "{}[IO.File]::Delete('{}')\n{LATER}$null\n{LATER}$env:OS_TOKEN\n",
        fake.source("powershell"),
        program.display()
    );
    let output = piped(&pwsh, &fake, SESSION, &script);
    assert_eq!(
        output.stderr.trim_end(),
        format!("ostoken: {} is gone (Disable-OsToken ends this hook)", program.display())
    );
    assert_eq!(printed(&output), [TOKEN]);
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
