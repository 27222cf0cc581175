//! Loading and unloading, and the words for people.

use crate::hooks::Kind;
use crate::hooks::loading::off_and_on;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::powershell::{hooked, piped, printed, pwsh};
use crate::support::pty::SESSION;

#[test]
fn loaded_three_times_is_loaded_once_and_remove_module_ends_it() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let source = fake.source("powershell");
    let script = format!(
        "{source}{source}$before = calls\nrenew\n$env:OS_TOKEN\n(calls) - $before\n@(Get-Module ostoken -All).Count\n\
         Remove-Module ostoken\ndrop\n(calls) - $before\nprompt\n(Get-Command prompt).ModuleName -eq ''\n"
    );
    let prompt = format!("PS {}> ", fake.home().display());
    let output =
        piped(&pwsh, &fake, SESSION, &format!("$old = $function:prompt\n{source}{script}$old -eq $function:prompt\n"));
    assert_eq!(output.stderr, "");
    assert_eq!(printed(&output), [RENEWED, "1", "1", "1", "True", "True"], "{output:#?}");
    assert!(output.stdout.contains(&format!("\n{prompt}\n")), "what `prompt` itself gives: {output:#?}");
}

#[test]
fn off_leaves_the_words_and_on_brings_all_back() {
    let list = "Get-ChildItem Function:, Variable:, Alias: | Where-Object Name -match ostoken | ForEach-Object Name | Sort-Object";
    let words = [
        "Disable-OsToken",
        "Enable-OsToken",
        "ostoken_off",
        "ostoken_on",
        "ostoken_use",
        "Use-OsToken",
        "__ostoken_arguments",
        "__ostoken_bin",
        "__ostoken_load",
        "__ostoken_pins",
        "__ostoken_put",
        "__ostoken_with",
    ];
    off_and_on(Kind::PowerShell, "", &|shell, _, when| {
        assert_eq!(Kind::PowerShell.environment(shell), ["OS_AUTH_URL=https://k.test/v3"], "{when}");
        assert_eq!(shell.text(list), if when == "before" { String::new() } else { words.join("\n") }, "{when}");
        assert_eq!(shell.text("$Error.Count -le 30"), "True", "{when}");
    });
}

#[test]
fn use_makes_a_file_the_environment_and_refreshes_at_once() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let code = "unset OS_PROJECT_ID\nset OS_PROJECT_NAME=it's \\u005c \\u00e9\nset OS_AUTH_URL=https://k.test/v3\n\
        set OS_USER_DOMAIN_NAME=Other\nset PATH=none\n";
    let file = fake.openrc("an openrc, it\u{e9} \"is\"", code);
    let home_file = fake.openrc("home/openrc", code);
    let name = file.file_name().expect("a name").to_str().expect("UTF-8");
    let script = format!(
        "Set-Location ..; Use-OsToken '{name}'; \"$? $env:OS_TOKEN\"\n\
         \"<$env:OS_PROJECT_ID$env:OS_USER_DOMAIN_NAME> $env:OSTOKEN_USER_DOMAIN_NAME\"\n\
         $env:OS_PROJECT_NAME -ceq \"it's \\ $([char]0xe9)\"; $env:PATH -ne 'none'\n\
         Set-Location Env:; Disable-OsToken; ostoken_use ~/openrc; $env:OS_TOKEN\n\
         Remove-Item Env:OS_TOKEN; ostoken_use '{name}'; $env:OS_TOKEN\n"
    );
    let seen = hooked(&pwsh, &fake, &[("OS_PROJECT_ID", "old")], &script);
    let first = format!("True {TOKEN}");
    assert_eq!(seen, [first.as_str(), "<> Other", "True", "True", TOKEN, TOKEN]);
    let calls = fake.calls();
    let used: Vec<&str> = calls.iter().filter_map(|call| call.split_once("--use ")).map(|(_, file)| file).collect();
    assert_eq!(used, [file.to_str().unwrap(), home_file.to_str().unwrap(), file.to_str().unwrap()]);
}

#[test]
fn use_of_a_file_that_cannot_be_read_is_an_error_and_changes_nothing() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let script = format!(
        "{}$before = ours\nUse-OsToken nowhere; $?\nUse-OsToken; $?\n-not (Compare-Object $before (ours))\n\
         try {{ Use-OsToken nowhere -ErrorAction Stop }} catch {{ \"caught $_\" }}\n\
         Disable-OsToken; Use-OsToken nowhere; [bool](Get-Module ostoken)\n",
        fake.source("powershell")
    );
    let output = piped(&pwsh, &fake, SESSION, &script);
    assert_eq!(printed(&output), ["False", "False", "True", "caught ostoken: no such file", "False"], "{output:#?}");
    let said: Vec<&str> = output.stderr.lines().collect();
    let missing = "Use-OsToken: ostoken: no such file";
    assert_eq!(said, [missing, "Use-OsToken: usage: Use-OsToken FILE", missing]);
}

#[test]
fn strict_mode_stop_and_a_persons_own_names_do_no_harm() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let cmdlets = "Get-Module Remove-Module New-Module Import-Module Get-Location Join-Path Test-Path Get-Item Set-Item Write-Host Out-String";
    let mut names = String::from("Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'\n");
    for (number, cmdlet) in cmdlets.split(' ').enumerate() {
        names += &format!("function {cmdlet} {{ 'a function' }}; Set-Alias {cmdlet} bad{number}\n");
    }
    names += "$line = $text = $top = $look = $now = $answer = 'mine'; $WhatIfPreference = $true\n";
    let off_and_on = "ostoken_off\n\"<$env:OS_TOKEN>\"\nostoken_on; $env:OS_TOKEN\nrenew\n$env:OS_TOKEN\nostoken_off; ostoken_on\n\
        \"$line $text $top $look $now $answer\"\n";
    let output =
        piped(&pwsh, &fake, SESSION, &format!("{names}{}$env:OS_TOKEN\n{off_and_on}", fake.source("powershell")));
    assert_eq!(output.stderr, "", "{output:#?}");
    assert_eq!(printed(&output), [TOKEN, "<>", TOKEN, RENEWED, "mine mine mine mine mine mine"], "{output:#?}");
}

#[test]
fn it_works_in_constrained_language_loaded_before_and_after() {
    let Some(pwsh) = pwsh() else { return };
    let lock = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'\n";
    let rest = "$env:OS_TOKEN\nours | Where-Object { $_ -match 'DOMAIN_NAME' }\n\"<$($global:LASTEXITCODE)>\"\n\
        $env:OS_PROJECT_NAME = 'other'\n$null\nDisable-OsToken\nours | Where-Object { $_ -match 'TOKEN' }\n\
        if (BEFORE) { Enable-OsToken }; \"<$env:OS_TOKEN>\"\n";
    for before in [false, true] {
        let fake = FakeOstoken::new();
        let load = format!("& '{}' init powershell | Out-String | Invoke-Expression\n", fake.program().display());
        let script = if before { format!("{lock}{load}") } else { format!("{load}{lock}") };
        let output =
            piped(&pwsh, &fake, SESSION, &(script + &rest.replace("BEFORE", if before { "$true" } else { "$false" })));
        let domains = ["OS_PROJECT_DOMAIN_NAME=Default", "OSTOKEN_USER_DOMAIN_NAME=Default"];
        let mut seen = printed(&output);
        seen[1..3].sort_unstable();
        let mut want = Vec::from(domains);
        want.sort_unstable();
        // A hook that was loaded before the lock cannot be loaded again behind it.
        let token = if before { format!("<{TOKEN}>") } else { "<>".into() };
        assert_eq!(seen, [TOKEN, want[0], want[1], "<0>", &token], "{before} {output:#?}");
        assert_eq!(output.stderr, "", "{before}");
        assert_eq!(fake.calls().len(), 2 + usize::from(before), "{before}: {:?}", fake.calls());
    }
}
