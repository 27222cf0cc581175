//! Loading and unloading, the words for people, and scripts.

use std::process::Command;

use super::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::pty::{SESSION, Shell};

/// `ostoken_off` leaves what `left` expects (in each round), and `ostoken_on` brings the hook back. These lines are
/// there before the hook.
pub fn off_and_on(kind: Kind, before: &str, left: &dyn Fn(&mut Shell, &FakeOstoken, &str)) {
    let fake = FakeOstoken::new();
    let before = kind.sets(&[("OS_AUTH_URL", "https://k.test/v3")]) + before;
    let Some(mut shell) = kind.open_in(&fake, &before, &[]) else { return };
    left(&mut shell, &fake, "before");
    shell.quietly(kind.source(&fake).trim_end());
    kind.has_token(&mut shell, TOKEN);
    for round in ["first", "second"] {
        shell.quietly("ostoken_off");
        left(&mut shell, &fake, round);
        shell.quietly("ostoken_off");
        let calls = fake.calls().len();
        assert_eq!(shell.run("ostoken_on; printenv OS_TOKEN").text, format!("{TOKEN}\n"));
        assert_eq!(fake.calls().len(), calls + 1);
        fake.renew_elsewhere();
        shell.quietly("");
        kind.has_token(&mut shell, RENEWED);
        fake.token(TOKEN);
    }
}

pub fn off_says_that_a_scrubbed_password_is_not_put_back(kind: Kind) {
    let fake = FakeOstoken::new();
    let Some(mut shell) = kind.open(&fake, &kind.sets(&[("OSTOKEN_SCRUB", "1")])) else { return };
    let text = shell.run("ostoken_off").text;
    assert_eq!(text, "ostoken: OS_PASSWORD was unset and is not restored\n");
    assert_eq!(kind.values(&mut shell, "OS_USERNAME OS_PASSWORD"), "ada gone");
}

pub fn use_makes_a_file_the_environment_and_refreshes_at_once(kind: Kind) {
    let fake = FakeOstoken::new();
    let code = kind.answer(&[
        ("OS_PROJECT_ID", None),
        ("OS_PROJECT_NAME", Some("it's")),
        ("OS_AUTH_URL", Some("https://k.test/v3")),
        ("OS_USER_DOMAIN_NAME", Some("Other")),
    ]);
    let file = fake.openrc("an openrc, it is", &code);
    let (used, again) = match kind {
        Kind::Fish => ("set -gx r $status", "&& echo $OS_TOKEN"),
        Kind::PowerShell => ("$env:r = if ($?) { 0 } else { 1 }", "; $env:OS_TOKEN"),
        _ => ("r=$?", "&& echo $OS_TOKEN"),
    };
    let rc = format!("{}ostoken_use '{}'; {used}\n", kind.source(&fake), file.display());
    let Some(mut shell) = kind.open_in(&fake, &rc, &[("OS_PROJECT_ID", "old")]) else { return };
    let names = "r OS_TOKEN OS_PROJECT_NAME OS_PROJECT_ID OS_USER_DOMAIN_NAME OSTOKEN_USER_DOMAIN_NAME";
    assert_eq!(kind.values(&mut shell, names), format!("0 {TOKEN} it's gone gone Other"));
    let use_call = format!("hook --shell {} --use {}", kind.name(), file.display());
    assert_eq!(fake.calls(), [use_call, kind.call("")]);
    // Again, in one line with the command that needs it.
    fake.token(RENEWED);
    let line = format!("ostoken_use '{}' {again}", file.display());
    assert_eq!(shell.text(&line), RENEWED);
    // And after ostoken_off it turns the hook on.
    shell.quietly("ostoken_off");
    assert_eq!(shell.text(&line), RENEWED);
    fake.token(TOKEN);
    shell.quietly(&kind.set("OS_PROJECT_NAME", "another"));
    kind.has_token(&mut shell, TOKEN);
}

pub fn use_of_a_file_that_cannot_be_read_changes_nothing(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    let before = kind.environment(&mut shell);
    let answer = shell.run("ostoken_use nowhere");
    assert_eq!((answer.status, answer.text.as_str()), (4, "ostoken: no such file\n"));
    assert_eq!(kind.environment(&mut shell), before);
    let answer = shell.run("ostoken_use");
    assert_eq!((answer.status, answer.text.as_str()), (2, "usage: ostoken_use FILE\n"));
    shell.quietly("ostoken_off");
    assert_eq!(shell.run("ostoken_use nowhere").status, 4);
    let functions = match kind {
        Kind::Bash => "declare -F",
        Kind::Zsh => "typeset +f",
        _ => "functions -a -n | string split ,",
    };
    assert_eq!(shell.text(&format!("{functions} | grep -c __ostoken_hook")), "0", "still off");
    assert_eq!(fake.calls().len(), 3);
}

pub fn in_a_script_the_hook_is_inert_and_silent_and_use_works(kind: Kind) {
    let Some(program) = kind.program() else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc("rc", &kind.answer(&[("OS_AUTH_URL", Some("https://k.test/v3"))]));
    let no_rc = if kind == Kind::Bash { "--norc" } else { "-f" };
    let registered = "${PROMPT_COMMAND-none} ${PS0-none} ${precmd_functions-none} ${preexec_functions-none}";
    for options in ["-c", "-euc", "-euxc"] {
        let script = format!("set -o pipefail\n{}echo {registered} ${{OS_TOKEN-none}}", kind.source(&fake));
        let output = Command::new(&program)
            .args([no_rc, options, &script])
            .envs(SESSION.iter().copied())
            .env_remove("PROMPT_COMMAND")
            .output()
            .expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "none none none none none\n");
        if !options.contains('x') {
            assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        }
    }
    assert_eq!(fake.calls().len(), 0);
    let script = format!("{}ostoken_use '{}' && echo $OS_TOKEN {registered}", kind.source(&fake), file.display());
    let output =
        Command::new(&program).args([no_rc, "-euc", &script]).env_remove("PROMPT_COMMAND").output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{TOKEN} none none none none\n"));
}
