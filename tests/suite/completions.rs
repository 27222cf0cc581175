//! The files in completions/ are what the definitions of the command line give today, and the shells take them.

use crate::support::powershell::pwsh;
use crate::support::pty::Shell;
use crate::support::{Home, tool};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("completions")
}

#[test]
fn the_files_are_what_the_program_prints() {
    let home = Home::new();
    for (shell, name) in
        [("bash", "ostoken.bash"), ("zsh", "_ostoken"), ("fish", "ostoken.fish"), ("powershell", "_ostoken.ps1")]
    {
        let printed = home.run(&mut home.ostoken(&["completions", shell])).stdout;
        let kept = std::fs::read_to_string(folder().join(name)).unwrap_or_default();
        let way_out = format!("it is old: run `ostoken completions {shell} > completions/{name}`");
        assert!(printed == kept, "completions/{name}: {way_out}");
    }
}

#[test]
fn bash_completes_the_commands() {
    let Some(bash) = tool("bash") else { return };
    let home = Home::new();
    let script =
        r#"source "$1"; COMP_WORDS=(ostoken sta); COMP_CWORD=1; _ostoken ostoken sta ostoken; echo "${COMPREPLY[@]}""#;
    let file = folder().join("ostoken.bash");
    let mut command = home.command(bash);
    command.args(["--norc", "-c", script, "bash"]).arg(file);
    let output = home.run(&mut command);
    assert_eq!((output.stdout.trim(), output.stderr.as_str()), ("status", ""));
}

#[test]
fn zsh_completes_the_commands() {
    let Some(zsh) = tool("zsh") else { return };
    let home = Home::new();
    let rc = format!(
        "fpath=({} $fpath); autoload -Uz compinit; compinit -u -D\nostoken() {{ print -r -- \"called: $*\" }}\n",
        folder().display()
    );
    let mut shell = Shell::at_home(&zsh, &home, &rc, &[]);
    assert_eq!(shell.greeting, "");
    let answer = shell.run("ostoken sta\t --jso\t");
    assert!(answer.text.contains("called: status --json"), "{answer:?}");
}

#[test]
fn fish_completes_commands_and_values() {
    let Some(fish) = tool("fish") else { return };
    let home = Home::new();
    let mut command = home.command(fish);
    let script = "source $argv[1]; complete -C 'ostoken sta'; complete -C 'ostoken env --shell posi'";
    command.args(["--no-config", "-c", script]).arg(folder().join("ostoken.fish"));
    let output = home.run(&mut command);
    let words: Vec<&str> = output.stdout.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!((words, output.stderr.as_str()), (vec!["status", "posix"], ""));
}

#[test]
fn powershell_completes_the_commands() {
    let Some(pwsh) = pwsh() else { return };
    let home = Home::new();
    let file = folder().join("_ostoken.ps1");
    let script = format!(
        "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'; . '{}'; \
         foreach ($line in 'ostoken sta', 'ostoken token --for') {{ (TabExpansion2 $line).CompletionMatches.CompletionText }}",
        file.display()
    );
    let mut command = home.command(pwsh);
    command.envs([("POWERSHELL_TELEMETRY_OPTOUT", "1"), ("POWERSHELL_UPDATECHECK", "Off"), ("NO_COLOR", "1")]);
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        command.env(name, home.path());
    }
    let output = home.run(command.args(["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", &script]));
    assert_eq!((output.stdout.trim(), output.stderr.as_str()), ("status\n--format", ""));
}

#[test]
fn the_man_pages_are_written_and_name_each_command() {
    let home = Home::new();
    let pages = home.outside("man");
    home.run(home.ostoken(&["man"]).arg(&pages)).expect_status(0);
    let page = std::fs::read_to_string(pages.join("ostoken.1")).expect("the page");
    for command in ["login", "token", "exec", "status", "get"] {
        assert!(page.contains(command), "{command}");
        assert!(pages.join(format!("ostoken-{command}.1")).exists(), "{command}");
    }
    assert!(!page.contains("renew"), "what people do not call is not documented");
}
