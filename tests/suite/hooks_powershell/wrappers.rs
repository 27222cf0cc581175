//! Beside what wraps PSReadLine, loaded before and after the hook, and beside a PSReadLine that is loaded again.

use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::powershell::{Terminal, pwsh};
use crate::support::pty::SESSION;

/// As VS Code's shell integration does it: wraps PSConsoleHostReadLine.
const VSCODE_LIKE: &str = r#"
$global:their_readline = $function:PSConsoleHostReadLine
$global:lines = 0
function global:PSConsoleHostReadLine { $line = & $global:their_readline; $global:lines++; $line }
"#;

#[test]
fn beside_a_wrapper_like_vs_codes_there_is_one_call_simulated() {
    let Some(pwsh) = pwsh() else { return };
    let fake = FakeOstoken::new();
    let ours = fake.source("powershell");
    for profile in [format!("{VSCODE_LIKE}{ours}"), format!("{ours}{VSCODE_LIKE}")] {
        let before = fake.calls().len();
        let mut shell = Terminal::start(&pwsh, &fake, SESSION, &profile);
        assert_eq!(shell.text("$env:OS_TOKEN"), TOKEN);
        assert_eq!(shell.run("/bin/sh -c 'exit 7'").1, "False,7");
        fake.renew_elsewhere();
        assert_eq!(shell.text("\"$? $LASTEXITCODE $($Error.Count) $env:OS_TOKEN\""), format!("False 7 0 {RENEWED}"));
        assert_eq!(fake.calls().len() - before, 2);
        assert_eq!(shell.text("$lines"), "4");
        // Whoever wrapped the hook keeps working without it.
        assert_eq!(shell.text("Remove-Module ostoken; 'gone'"), "gone");
        assert_eq!(shell.text("$env:OS_USERNAME"), "ada");
        assert_eq!(shell.text("Enable-OsToken; Disable-OsToken; \"<$env:OS_TOKEN>\""), "<>");
        fake.token(TOKEN);
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
