//! What goes wrong: failures, messages, interrupts; and that no trace shows a secret.

use std::fs;
use std::time::Instant;

use super::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};

pub fn a_failure_leaves_the_environment_alone_and_is_not_repeated_at_once(kind: Kind) {
    for mode in ["fail", "partial", "oneline"] {
        let fake = FakeOstoken::new();
        fake.mode(mode);
        let Some(mut shell) = kind.open(&fake, "") else { return };
        shell.quietly("");
        assert_eq!(kind.values(&mut shell, "OS_TOKEN PARTIAL OS_USER_DOMAIN_NAME"), "gone gone Default", "{mode}");
        assert_eq!(fake.calls().len(), 1, "{mode}");
        assert_eq!(shell.greeting, "", "{mode}");
        fake.mode("ok");
        shell.quietly(kind.half_a_minute_later());
        kind.has_token(&mut shell, TOKEN);
    }
}

pub fn a_failed_renewal_keeps_the_token_there_is(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.mode("fail").renew_elsewhere();
    shell.quietly("");
    shell.quietly("");
    kind.has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}

pub fn a_message_is_said_once_and_its_kind_handed_back(kind: Kind) {
    let fake = FakeOstoken::new();
    fake.mode("noisy").left(7200);
    let Some(mut shell) = kind.open(&fake, "") else { return };
    assert_eq!(shell.greeting, "ostoken: keystone cannot be reached\n");
    shell.quietly(kind.due());
    assert_eq!(fake.calls(), [kind.call(""), kind.call("unreachable")]);
    assert_eq!(shell.run("ostoken_on").text, "ostoken: keystone cannot be reached\n", "who asks is told");
}

pub fn a_program_that_is_gone_is_named_once(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fs::remove_file(fake.program()).expect("the program");
    let gone = format!("ostoken: {} is gone ({} ends this hook)\n", fake.program().display(), kind.off());
    assert_eq!(shell.run(kind.due()).text, gone);
    shell.quietly(kind.due());
    kind.has_token(&mut shell, TOKEN);
}

pub fn an_interrupt_gives_the_prompt_at_once_and_no_second_call(kind: Kind) {
    // Once because the lease is gone, once because the environment is another.
    for line in ["", &kind.set("OS_PROJECT_NAME", "other")] {
        let Some((fake, mut shell)) = kind.start() else { return };
        if kind != Kind::Fish {
            shell.run("set -x");
        }
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
        if kind != Kind::Fish {
            let state = shell.run("case $- in *x*) set +x; echo traced ;; esac").text;
            assert!(state.ends_with("traced\n"), "options are given back: {state}");
        }
        // Another environment has no token of the one before.
        kind.has_token(&mut shell, if line.is_empty() { TOKEN } else { "gone" });
        assert_eq!(fake.calls().len(), 2, "{line}");
    }
}

pub fn what_is_typed_ahead_is_kept(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.mode("wait").renew_elsewhere();
    shell.send("");
    fake.await_calls(2);
    shell.send("echo 'typed ahead'");
    fake.go();
    shell.prompt();
    let text = shell.prompt().text;
    assert!(text.ends_with("\ntyped ahead\n"), "{text}");
    kind.has_token(&mut shell, RENEWED);
    assert!(!fake.saw_terminal());
}

pub fn tracing_never_shows_the_token(kind: Kind) {
    let fake = FakeOstoken::new();
    let scrub = kind.sets(&[("OSTOKEN_SCRUB", "1"), ("OS_PASSCODE", "passc0de")]);
    let trace = if kind == Kind::Fish { "set -gx fish_trace 1" } else { "set -x" };
    let Some(mut shell) = kind.open(&fake, &format!("{scrub}{trace}\n")) else { return };
    let file = fake.openrc("use", &kind.answer(&[("OS_PROJECT_NAME", Some("x"))]));
    let mut seen = shell.greeting.clone();
    let mut lines = vec![
        String::new(),
        kind.set("OS_PROJECT_NAME", "other"),
        "ostoken_off".into(),
        "ostoken_on".into(),
        format!("ostoken_use '{}'", file.display()),
    ];
    // The hook is loaded where the export is there already: in a child shell, which in fish inherits the trace.
    match kind {
        Kind::Fish => lines.extend([kind.child().expect("it runs"), "ostoken_off".into(), "exit".into()]),
        _ => lines.push(kind.source(&fake).trim_end().to_owned()),
    }
    lines.push(kind.unset("OS_AUTH_URL"));
    for line in &lines {
        seen += &shell.run(line).text;
    }
    let mark = if kind == Kind::Bash { "+" } else { ">" };
    assert!(seen.contains(&format!("{mark} ostoken_on")), "there is a trace: {seen}");
    assert!(shell.run("echo one").text.contains(&format!("{mark} echo one")), "and it is still there");
    assert_eq!(fake.calls().len(), 6, "{:?}", fake.calls());
    // Of the password the lines above take it from the environment, so nothing here ever sees it. fish's child shows how
    // the rc file sets the passcode. bash and zsh know a token again by its last characters, which a trace may show.
    let seen = if kind == Kind::Fish { seen.replace("set -gx OS_PASSCODE passc0de", "") } else { seen };
    let tail = &TOKEN[TOKEN.len() - 8..];
    let tail = if kind == Kind::Fish { tail.to_owned() } else { format!("={tail}") };
    for secret in [&TOKEN[..9], &tail, "s3cret", "passc0de"] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
}
