//! On a terminal, with PSReadLine: the hook runs between a line's end and its command.

use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::powershell::{Terminal, pwsh};
use crate::support::pty::SESSION;

#[test]
fn the_first_command_and_the_one_after_an_idle_time_have_the_token() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let mut shell = Terminal::start(&pwsh, &fake, SESSION, &fake.source("powershell"));
    assert_eq!(shell.text("$env:OS_TOKEN"), TOKEN);
    fake.renew_elsewhere();
    assert_eq!(shell.text("$env:OS_TOKEN"), RENEWED);
    for _ in 0..20 {
        shell.run("");
    }
    assert_eq!(shell.text("calls"), "2");
    // One object from ReadLine, whatever the hook does.
    assert_eq!(
        shell.text("Get-History | ForEach-Object { $_.CommandLine.GetType().Name } | Select-Object -Unique"),
        "String"
    );
    assert!(!fake.saw_terminal());
}

#[test]
fn what_the_last_command_left_behind_stays() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let mut shell = Terminal::start(&pwsh, &fake, SESSION, &fake.source("powershell"));
    for round in 0..3 {
        assert_eq!(shell.run("/bin/sh -c 'exit 7'").1, "False,7");
        if round == 1 {
            fake.renew_elsewhere();
        }
        assert_eq!(shell.text("\"$? $LASTEXITCODE\""), "False 7", "{round}");
        assert_eq!(shell.run("Write-Error no -ErrorAction SilentlyContinue").1, "False,7");
        if round == 2 {
            fake.mode("fail").renew_elsewhere();
        }
        assert_eq!(shell.text("\"$? $($Error.Count)\""), format!("False {}", round + 1));
        shell.run("$null");
    }
    assert_eq!(shell.text("calls"), "3");
}

#[test]
fn without_psreadline_the_hook_is_at_the_prompt() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let profile = format!("Remove-Module PSReadLine\n{}", fake.source("powershell"));
    let mut shell = Terminal::start(&pwsh, &fake, SESSION, &profile);
    assert!(shell.text("$env:OS_TOKEN").ends_with(TOKEN));
    fake.renew_elsewhere();
    shell.run("");
    assert!(shell.text("$env:OS_TOKEN").ends_with(RENEWED));
    assert_eq!(shell.run("/bin/sh -c 'exit 7'").1, "False,7");
    let count = shell.text("@(prompt).Count");
    assert!(count.ends_with('1'), "one string: {count}");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn an_interrupt_gives_the_prompt_at_once_no_command_and_no_second_call() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let mut shell = Terminal::start(&pwsh, &fake, SESSION, &fake.source("powershell"));
    assert_eq!(shell.text("$env:OS_TOKEN"), TOKEN);
    fake.mode("slow").renew_elsewhere();
    shell.send("'the command', 'ran' -join ' '");
    fake.await_calls(2);
    let asked = Instant::now();
    shell.interrupt();
    let (text, _) = shell.prompt();
    assert!(!text.contains("the command ran"), "{text}");
    assert!(asked.elapsed().as_secs() < 10, "the call itself takes a minute");
    assert_eq!(shell.text("$env:OS_TOKEN"), TOKEN);
    assert_eq!(shell.text("calls"), "2");
}

#[test]
fn what_is_typed_ahead_is_kept() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let mut shell = Terminal::start(&pwsh, &fake, SESSION, &fake.source("powershell"));
    shell.run("$null");
    fake.mode("wait").renew_elsewhere();
    shell.send("$null");
    fake.await_calls(2);
    shell.send("'typed', 'ahead' -join ' '");
    fake.go();
    shell.prompt();
    let (text, _) = shell.prompt();
    assert!(text.contains("typed ahead"), "{text}");
    assert!(!fake.saw_terminal());
}

#[test]
fn neither_a_trace_nor_a_transcript_nor_the_history_shows_the_token() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc("openrc", "set OS_AUTH_URL=https://k.test/v3\n");
    let transcript = fake.home().join("transcript");
    let mut shell = Terminal::start(&pwsh, &fake, SESSION, &fake.source("powershell"));
    shell.run(&format!("$null = Start-Transcript '{}'", transcript.display()));
    let mut seen = shell.run("Set-PSDebug -Trace 2").0;
    let words = ["Disable-OsToken", "Enable-OsToken", "drop", "$null"];
    // The last loads the hook while the export is there already, as in a child shell.
    let (used, again) = (format!("Use-OsToken '{}'", file.display()), fake.source("powershell"));
    for line in [used.as_str()].into_iter().chain(words).chain([again.trim_end()]) {
        seen += &shell.run(line).0;
    }
    seen += &shell.run("Set-PSDebug -Off; $null = Stop-Transcript; 'no', 'more' -join ' '").0;
    assert!(seen.contains("DEBUG:") && seen.contains("no more"), "{seen}");
    for part in [&TOKEN[6..], &format!("'{}'", &TOKEN[TOKEN.len() - 8..])] {
        assert!(!seen.contains(part), "{part}: {seen}");
    }
    let kept = std::fs::read_to_string(transcript).expect("the transcript");
    assert!(kept.contains("Use-OsToken") && !kept.contains(&TOKEN[6..]), "{kept}");
    assert_eq!(shell.text("@(Get-History | Where-Object CommandLine -match 'first_token').Count"), "0");
    let variables =
        "@(& (Get-Module ostoken) { Get-Variable } | Where-Object { \"$($_.Value)\" -match 'first_[t]oken' }).Count";
    assert_eq!(shell.text(variables), "0");
}

#[test]
fn a_message_comes_before_the_commands_output_and_no_trouble_lands_in_error() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    fake.mode("noisy");
    let mut shell = Terminal::start(&pwsh, &fake, SESSION, &fake.source("powershell"));
    assert_eq!(shell.text("'output'"), "ostoken: keystone cannot be reached\noutput");
    // Cannot be started: .NET throws.
    std::fs::set_permissions(fake.program(), std::fs::Permissions::from_mode(0o644)).expect("chmod");
    shell.run("& (Get-Module ostoken) { $script:due = [DateTime]::UtcNow }");
    let gone = format!("ostoken: {} is gone (Disable-OsToken ends this hook)", fake.program().display());
    assert_eq!(shell.text("$Error.Count"), format!("{gone}\n0"));
    assert_eq!(shell.text("$env:OS_PROJECT_NAME = 'other'; $Error.Count"), "0");
    assert_eq!(shell.text("$Error.Count"), "0");
}
