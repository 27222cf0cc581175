//! What the shells say in different words. A line of a test is written so that every shell understands it; where that
//! cannot be, it stands here.

use std::path::PathBuf;

use crate::support::powershell::pwsh;
use crate::support::tool;

/// The shell itself; without it the test is to return.
pub fn program(shell: &str) -> Option<PathBuf> {
    if shell == "powershell" { pwsh() } else { tool(shell) }
}

/// Whether an OpenRC file can be sourced in it.
pub fn is_posix(shell: &str) -> bool {
    matches!(shell, "bash" | "zsh")
}

/// The line of a start-up file that loads the hook.
pub fn init(shell: &str) -> String {
    match shell {
        "fish" => "ostoken init fish | source\n".into(),
        "powershell" => ". ([scriptblock]::Create((& ostoken init powershell) -join \"`n\"))\n".into(),
        _ => format!("eval \"$(ostoken init {shell})\"\n"),
    }
}

/// `export`, `unset` and `source` (of lines `export NAME='VALUE'`) for the shells that lack them.
pub fn words(shell: &str) -> &'static str {
    match shell {
        "fish" => "function unset; set -e $argv; end\n",
        "powershell" => {
            r#"function export { foreach ($a in $args) { $n, $v = $a -split '=', 2; Set-Item -LiteralPath "Env:$n" $v } }
function unset { foreach ($n in $args) { Remove-Item -LiteralPath "Env:$n" -ErrorAction Ignore } }
function source {
  foreach ($line in Get-Content $args[0]) {
    if ($line -match "^export (\w+)='(.*)'$") { Set-Item -LiteralPath "Env:$($Matches[1])" $Matches[2].Replace("'\''", "'") }
  }
}
"#
        }
        _ => "",
    }
}

/// Takes away every variable whose name begins with OS_.
pub fn clear(shell: &str) -> &'static str {
    match shell {
        "bash" => "unset ${!OS_@}",
        "zsh" => "unset -m 'OS_*'",
        "fish" => "set -e (set -n | string match 'OS_*')",
        _ => "Remove-Item Env:OS_*",
    }
}

/// Starts a shell within the shell, as tmux does: it reads the same start-up file.
pub fn inner(shell: &str) -> String {
    match shell {
        "bash" => "bash --noprofile --rcfile ~/.bashrc -i".into(),
        "zsh" => "zsh -d -i".into(),
        "fish" => "fish".into(),
        _ => "pwsh -NoLogo".into(),
    }
}

/// Has the shell show what it runs, and ends that.
pub fn trace(shell: &str) -> (&'static str, &'static str) {
    match shell {
        "fish" => ("set -g fish_trace 1", "set -e fish_trace"),
        "powershell" => ("Set-PSDebug -Trace 2", "Set-PSDebug -Off"),
        _ => ("set -x", "set +x"),
    }
}

/// Prints the lines that were typed.
pub fn history(shell: &str) -> &'static str {
    match shell {
        "fish" => "history | cat",
        "powershell" => "Get-History | ForEach-Object CommandLine",
        _ => "history; fc -l 1",
    }
}

/// Evaluates what `command` prints, and then runs `then`, in a child of the shell.
pub fn evaluate(shell: &str, command: &str, then: &str) -> String {
    match shell {
        "fish" => format!("fish -c '{command} | source; {then}'"),
        "powershell" => {
            let script = format!("{command} | Out-String | Invoke-Expression; {then}");
            format!("pwsh -NoProfile -c '{script}'")
        }
        _ => format!("(eval \"$({command})\"; {then})"),
    }
}

/// A script that ends at the first error, and its arguments.
pub fn strict(shell: &str, script: &str) -> Vec<String> {
    match shell {
        "fish" => vec!["-c".into(), script.into()],
        "powershell" => {
            let first = "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'\n";
            vec!["-NoProfile".into(), "-c".into(), first.to_owned() + script]
        }
        _ => vec!["-eu".into(), "-c".into(), script.into()],
    }
}
