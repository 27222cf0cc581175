//! Beside others that wrap the prompt or PSReadLine, loaded before and after the hook.

use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::powershell::{Terminal, pwsh};
use crate::support::pty::SESSION;

/// As starship does it: a prompt of its own that reads `$?` first, and its own handler for Enter.
const STARSHIP_LIKE: &str = r#"
function global:prompt { $ok = $global:?; $code = $global:LASTEXITCODE; $null = 1 + 1; "ps[$ok,$code]ps " }
Set-PSReadLineKeyHandler -Key Enter -ScriptBlock { [Microsoft.PowerShell.PSConsoleReadLine]::AcceptLine() }
"#;

/// As zoxide does it: wraps the prompt that is there, and counts.
const ZOXIDE_LIKE: &str = r#"
$global:their_prompt = $function:prompt
$global:prompts = 0
function global:prompt { & $global:their_prompt; $global:prompts++ }
"#;

/// As VS Code's shell integration does it: wraps PSConsoleHostReadLine.
const VSCODE_LIKE: &str = r#"
$global:their_readline = $function:PSConsoleHostReadLine
$global:lines = 0
function global:PSConsoleHostReadLine { $line = & $global:their_readline; $global:lines++; $line }
"#;

#[test]
fn beside_prompts_and_wrappers_in_either_order_there_is_one_call() {
    let Some(pwsh) = pwsh() else { return };
    for (name, theirs) in [("starship", STARSHIP_LIKE), ("zoxide", ZOXIDE_LIKE), ("VS Code", VSCODE_LIKE)] {
        let fake = FakeOstoken::new();
        let ours = fake.source("powershell");
        for profile in [format!("{theirs}{ours}"), format!("{ours}{theirs}")] {
            let before = fake.calls().len();
            let mut shell = Terminal::start(&pwsh, &fake, SESSION, &profile);
            assert_eq!(shell.text("$env:OS_TOKEN"), TOKEN, "{name}");
            let (_, shown) = shell.run("/bin/sh -c 'exit 7'");
            assert_eq!(shown, "False,7", "{name}");
            fake.renew_elsewhere();
            assert_eq!(
                shell.text("\"$? $LASTEXITCODE $($Error.Count) $env:OS_TOKEN\""),
                format!("False 7 0 {RENEWED}")
            );
            assert_eq!(fake.calls().len() - before, 2, "{name}");
            // Whoever wrapped the hook keeps working without it.
            assert_eq!(shell.text("Remove-Module ostoken; 'gone'"), "gone");
            assert_eq!(shell.text("$env:OS_USERNAME"), "ada", "{name}");
            assert_eq!(shell.text("Enable-OsToken; Disable-OsToken; \"<$env:OS_TOKEN>\""), "<>", "{name}");
            fake.token(TOKEN);
        }
    }
}

#[test]
fn a_reloaded_psreadline_drops_the_hook_and_enable_puts_it_back() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let mut shell = Terminal::start(&pwsh, &fake, SESSION, &fake.source("powershell"));
    assert_eq!(shell.text("$env:OS_TOKEN"), TOKEN);
    shell.run("Import-Module PSReadLine -Force");
    shell.run("Enable-OsToken");
    fake.renew_elsewhere();
    assert_eq!(shell.text("$env:OS_TOKEN"), RENEWED);
    assert_eq!(shell.text("@(Get-Module ostoken -All).Count"), "1");
}
