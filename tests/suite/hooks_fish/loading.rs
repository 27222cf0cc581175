//! Loading and unloading, `ostoken_use`, scripts, and the file itself.

use std::fs;
use std::process::Command;

use super::{HOOK, has_token, or_gone, start};
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::pty::{SESSION, Shell};
use crate::support::tool;

#[test]
fn sourced_three_times_is_sourced_once() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let source = fake.source("fish");
    let mut shell = Shell::fish(&fish, &fake, &format!("{source}{source}{source}"));
    let handlers = "functions --handlers-type generic | grep -c __ostoken_hook";
    assert_eq!(shell.text(handlers), "2", "at the prompt and before a command");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn off_leaves_three_words_and_on_brings_all_back() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let rc = "set -gx OS_AUTH_URL https://k.test/v3\n";
    let mut shell = Shell::fish_in(&fish, &fake, rc, &[]);
    shell.run(fake.source("fish").trim_end());
    has_token(&mut shell, TOKEN);
    for round in 0..2 {
        assert_eq!(shell.run("ostoken_off").text, "");
        let left = shell.text("set -n | grep -E '^(__ostoken|OSTOKEN|OS_)'");
        assert_eq!(left, "OS_AUTH_URL\n__ostoken__bin\n__ostoken__pinned\n__ostoken__pins", "{round}");
        let words = "__ostoken_call\n__ostoken_load\nostoken_off\nostoken_on\nostoken_use";
        assert_eq!(shell.text("functions -a -n | string split , | string match '*ostoken*' | sort"), words);
        assert_eq!(shell.text("functions --handlers | grep -c ostoken"), "0");
        assert_eq!(shell.run("ostoken_off").text, "", "twice is once");
        let calls = fake.calls().len();
        assert_eq!(shell.run("ostoken_on; echo $OS_TOKEN").text, format!("{TOKEN}\n"));
        assert_eq!(fake.calls().len(), calls + 1);
        fake.renew_elsewhere();
        shell.run("");
        has_token(&mut shell, RENEWED);
        fake.token(TOKEN);
    }
}

#[test]
fn off_says_that_a_scrubbed_password_is_not_put_back() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let rc = format!("set -gx OSTOKEN_SCRUB 1\n{}", fake.source("fish"));
    let mut shell = Shell::fish(&fish, &fake, &rc);
    let text = shell.run("ostoken_off").text;
    assert_eq!(text, "ostoken: OS_PASSWORD was taken away and is not put back\n");
    assert_eq!(shell.text("echo $OS_USERNAME"), "ada");
    assert_eq!(shell.text(&or_gone("OS_PASSWORD")), "gone");
}

#[test]
fn use_makes_a_file_the_environment_and_refreshes_at_once() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc(
        "an openrc, it is",
        "__ostoken_unset OS_PROJECT_ID\nset -gx OS_PROJECT_NAME 'it\\'s'\nset -gx OS_AUTH_URL 'https://k.test/v3'\n\
         set -gx OS_USER_DOMAIN_NAME 'Other'\n",
    );
    let rc = format!("{}ostoken_use '{}'; set -g r $status\n", fake.source("fish"), file.display());
    let mut shell = Shell::fish_in(&fish, &fake, &rc, &[("OS_PROJECT_ID", "old")]);
    assert_eq!(
        shell.text(
            "echo $r $OS_TOKEN $OS_PROJECT_NAME \"<$OS_PROJECT_ID$OS_USER_DOMAIN_NAME>\" $OSTOKEN_USER_DOMAIN_NAME"
        ),
        format!("0 {TOKEN} it's <> Other")
    );
    let use_call = format!("hook --shell fish --use {}", file.display());
    assert_eq!(fake.calls(), [use_call.as_str(), "hook --shell fish --said "]);
    // Again, in one line with the command that needs it.
    fake.token(RENEWED);
    let line = format!("ostoken_use '{}' && echo $OS_TOKEN", file.display());
    assert_eq!(shell.text(&line), RENEWED);
    // And after ostoken_off it turns the hook on.
    shell.run("ostoken_off");
    assert_eq!(shell.text(&line), RENEWED);
    fake.token(TOKEN);
    shell.run("set -gx OS_PROJECT_NAME another");
    has_token(&mut shell, TOKEN);
}

#[test]
fn use_of_a_file_that_cannot_be_read_changes_nothing() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    let before = shell.text("env | grep OS | sort");
    let answer = shell.run("ostoken_use nowhere");
    assert_eq!((answer.status, answer.text.as_str()), (4, "ostoken: no such file\n"));
    assert_eq!(shell.text("env | grep OS | sort"), before);
    let answer = shell.run("ostoken_use");
    assert_eq!((answer.status, answer.text.as_str()), (2, "usage: ostoken_use FILE\n"));
    shell.run("ostoken_off");
    assert_eq!(shell.run("ostoken_use nowhere").status, 4);
    assert_eq!(shell.text("functions -a -n | string split , | grep -c __ostoken"), "2", "still off");
    assert_eq!(fake.calls().len(), 3);
}

#[test]
fn in_a_script_the_hook_is_inert_and_silent_and_use_works() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc("rc", "set -gx OS_AUTH_URL 'https://k.test/v3'\n");
    let run = |script: String| {
        let mut command = Command::new(&fish);
        command.args(["--no-config", "-c", &script]).env("HOME", fake.home()).env_remove("OS_TOKEN");
        command
    };
    let script = format!(
        "{}set -gx OS_PROJECT_NAME other\nemit fish_prompt\nfunctions --handlers | grep ostoken\necho \"<$OS_TOKEN>\"",
        fake.source("fish")
    );
    let output = run(script).envs(SESSION.iter().copied()).output().expect("fish runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "<>\n");
    assert_eq!(fake.calls().len(), 0);
    // Also beside functions that not even fish's own interactive start could bear.
    let named = ["source", "functions", "echo", "printf", "math", "count", "contains", "path"]
        .map(|name| format!("function {name}; builtin echo called {name}; end\n"))
        .concat();
    let script = format!(
        "{named}{}ostoken_use '{}' && builtin echo $OS_TOKEN",
        fake.source("fish").replace("| source", "| builtin source"),
        file.display()
    );
    let output = run(script).output().expect("fish runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{TOKEN}\n"));
}

#[test]
fn fish_can_parse_the_file_and_finds_it_in_order() {
    let (Some(fish), Some(indent)) = (tool("fish"), tool("fish_indent")) else {
        return;
    };
    for (program, option) in [(fish, "--no-execute"), (indent, "--check")] {
        let output = Command::new(program).arg(option).arg(HOOK).output().expect("it runs");
        assert!(output.status.success(), "{option}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
    assert!(fs::read_to_string(HOOK).expect("the hook").is_ascii());
}
