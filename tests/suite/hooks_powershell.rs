//! What only the PowerShell hook has, or says in its own way, in a real PowerShell, against a fake `ostoken`; the rest
//! is in `hooks`. Most cases feed lines through a pipe; those that need PSReadLine are in `terminal`.

mod file;
mod loading;
mod peers;
mod terminal;
mod troubles;
mod wrappers;

use std::process::Stdio;

use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::hooks::processes_in;
use crate::support::powershell::{command, hooked, printed, pwsh};
use crate::support::process::finish;
use crate::support::pty::SESSION;
use crate::support::tool;

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
