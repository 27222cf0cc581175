//! What goes wrong: failures, messages, interrupts; traces, names and settings of the user.

use std::fs;
use std::time::Instant;

use super::{DUE, drop_lease, halves, has_token, or_gone, start};
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::pty::Shell;
use crate::support::tool;

#[test]
fn a_failure_leaves_the_environment_alone_and_is_not_repeated_at_once() {
    let Some(fish) = tool("fish") else { return };
    for mode in ["fail", "partial", "oneline"] {
        let fake = FakeOstoken::new();
        fake.mode(mode);
        let mut shell = Shell::fish(&fish, &fake, &fake.source("fish"));
        shell.run("");
        for name in ["OS_TOKEN", "PARTIAL"] {
            assert_eq!(shell.text(&or_gone(name)), "gone", "{mode}");
        }
        assert_eq!(shell.text("echo $OS_USER_DOMAIN_NAME"), "Default", "{mode}");
        assert_eq!(fake.calls().len(), 1, "{mode}");
        assert_eq!(shell.greeting, "", "{mode}");
        fake.mode("ok");
        // Half a minute later.
        shell.run("for name in due fresh; set -g __ostoken__$name (math $__ostoken__due - 30); end");
        has_token(&mut shell, TOKEN);
    }
}

#[test]
fn a_failed_renewal_keeps_the_token_there_is() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    fake.mode("fail").renew_elsewhere();
    shell.run("");
    shell.run("");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_message_is_said_once_and_its_kind_handed_back() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    fake.mode("noisy").left(7200);
    let mut shell = Shell::fish(&fish, &fake, &fake.source("fish"));
    assert_eq!(shell.greeting, "ostoken: keystone cannot be reached\n");
    assert_eq!(shell.run(DUE).text, "");
    assert_eq!(fake.calls().last().expect("calls"), "hook --shell fish --said unreachable");
    assert_eq!(shell.run("ostoken_on").text, "ostoken: keystone cannot be reached\n", "who asks is told");
}

#[test]
fn a_program_that_is_gone_is_named_once() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    fs::remove_file(fake.program()).expect("the program");
    let text = shell.run(DUE).text;
    assert!(text.contains("is gone (ostoken_off ends this hook)"), "{text}");
    assert_eq!(shell.run(DUE).text, "");
    has_token(&mut shell, TOKEN);
}

#[test]
fn an_interrupt_gives_the_prompt_at_once_and_no_second_call() {
    let Some(fish) = tool("fish") else { return };
    // Once because the lease is gone, once because the environment is another.
    for line in ["", "set -gx OS_PROJECT_NAME other"] {
        let (fake, mut shell) = start(&fish);
        fake.mode("slow");
        if line.is_empty() {
            fake.renew_elsewhere();
        }
        shell.send(line);
        fake.await_calls(2);
        let asked = Instant::now();
        shell.interrupt();
        shell.prompt();
        assert!(asked.elapsed().as_secs() < 10, "the call itself takes a minute");
        shell.run("");
        // Another environment has no token of the one before.
        has_token(&mut shell, if line.is_empty() { TOKEN } else { "" });
        assert_eq!(fake.calls().len(), 2, "{line}");
    }
}

#[test]
fn what_is_typed_ahead_is_kept() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    fake.mode("wait").renew_elsewhere();
    shell.send("");
    fake.await_calls(2);
    shell.send("echo typed ahead");
    fake.go();
    shell.prompt();
    let text = shell.prompt().text;
    assert!(text.ends_with("typed ahead\n"), "{text}");
    has_token(&mut shell, RENEWED);
    assert!(!fake.saw_terminal());
}

#[test]
fn tracing_never_shows_the_token() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let rc =
        format!("set -gx OSTOKEN_SCRUB 1\nset -gx OS_PASSCODE passc0de\nset -gx fish_trace 1\n{}", fake.source("fish"));
    let mut shell = Shell::fish(&fish, &fake, &rc);
    let file = fake.openrc("use", "set -gx OS_PROJECT_NAME 'x'\n");
    let mut seen = shell.greeting.clone();
    for line in [
        "",
        "set -gx OS_PROJECT_NAME other",
        "ostoken_off",
        "ostoken_on",
        &format!("ostoken_use '{}'", file.display()),
        // A shell that inherits the trace and the export.
        &format!("'{}'", fish.display()),
        "ostoken_off",
        "exit",
        "set -e OS_AUTH_URL",
    ] {
        seen += &shell.run(line).text;
    }
    assert!(seen.contains("> ostoken_on"), "there is a trace: {seen}");
    assert!(shell.run("echo one").text.contains("> echo one"), "and it is still there");
    assert_eq!(fake.calls().len(), 6, "{:?}", fake.calls());
    // Of the password the lines above take it from the environment, so nothing here ever sees it.
    for secret in [&TOKEN[..9], &TOKEN[TOKEN.len() - 8..], "s3cret", "passc0de"] {
        assert!(!seen.replace("set -gx OS_PASSCODE passc0de", "").contains(secret), "{secret}: {seen}");
    }
}

#[test]
fn the_history_holds_what_was_typed_and_no_token() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let mut shell = Shell::fish(&fish, &fake, &format!("set -gx fish_history tested\n{}", fake.source("fish")));
    shell.run("echo first");
    shell.run("ostoken_off");
    shell.run("ostoken_on");
    has_token(&mut shell, TOKEN);
    let (first, second) = halves();
    let seen = shell.text("history save; cat $HOME/.local/share/fish/tested_history");
    assert!(seen.contains("cmd: ostoken_on"), "{seen}");
    assert!(!seen.contains(first) && !seen.contains(second), "{seen}");
}

#[test]
fn settings_and_names_of_the_user_do_no_harm() {
    let Some(fish) = tool("fish") else { return };
    let names = "date path cat ls echo math count contains emit type sh env command_not_found";
    let functions: String =
        names.split(' ').map(|name| format!("function {name}\n    builtin printf 'called {name}\\n'\nend\n")).collect();
    let variables: String = "now name out new secrets saved rest"
        .split(' ')
        .map(|name| format!("set -gx {name} 'of the user'\n"))
        .collect();
    for (what, settings) in [
        ("functions", functions.as_str()),
        ("private mode", "set -g fish_private_mode 1\n"),
        ("vi mode", "fish_vi_key_bindings\n"),
        ("no field separator", "set -g IFS ''\n"),
        ("field separators", "set -g IFS 0123456789ae\n"),
        ("variables", &variables),
    ] {
        let fake = FakeOstoken::new();
        // fish's own start calls such functions as well (and more of them than a test could bear: see the script's).
        let without = Shell::fish(&fish, &fake, settings).greeting.clone();
        let mut shell = Shell::fish(&fish, &fake, &format!("{settings}{}", fake.source("fish")));
        assert_eq!(shell.greeting, without, "{what}");
        let token = |shell: &mut Shell| shell.text("command printenv OS_TOKEN");
        assert_eq!(token(&mut shell), TOKEN, "{what}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{what}");
        assert_eq!(token(&mut shell), RENEWED, "{what}");
        assert_eq!(shell.run("ostoken_off").text, "", "{what}");
        assert_eq!(shell.run("ostoken_on").text, "", "{what}");
        assert_eq!(token(&mut shell), RENEWED, "{what}");
        assert_eq!(fake.calls().len(), 3, "{what}");
        if what == "variables" {
            assert_eq!(shell.text("env | grep -c '=of the user'"), "7");
        }
    }
}

#[test]
fn a_lease_that_is_lost_while_failing_is_asked_for_later() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    drop_lease(&fake);
    fake.mode("fail");
    for _ in 0..3 {
        shell.run("true");
    }
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}
