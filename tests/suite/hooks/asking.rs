//! When the hook asks: not without a session, once when the token is to be renewed, and once for each change of the
//! environment.

use std::fs;
use std::time::Instant;

use super::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{OTHER_VARIABLES, drop_lease};
use crate::support::pty::{LIMIT, SESSION};
use crate::support::tool;

pub fn the_next_command_after_an_idle_time_has_the_new_token(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.renew_elsewhere();
    kind.has_token(&mut shell, RENEWED);
    shell.quietly("");
    assert_eq!(fake.calls().len(), 2);
}

pub fn a_lease_that_is_gone_makes_exactly_one_call_at_the_prompt(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.renew_elsewhere();
    shell.quietly("");
    shell.quietly("");
    assert_eq!(fake.calls().len(), 2);
    kind.has_token(&mut shell, RENEWED);
    assert_eq!(fake.calls().len(), 2);
}

pub fn a_due_refresh_makes_exactly_one_call(kind: Kind) {
    let fake = FakeOstoken::new();
    fake.left(1);
    let Some(mut shell) = kind.open(&fake, "") else { return };
    fake.token(RENEWED).left(7200);
    let end = Instant::now() + LIMIT;
    while fake.calls().len() < 2 {
        assert!(Instant::now() < end);
        shell.quietly("");
    }
    shell.quietly("");
    kind.has_token(&mut shell, RENEWED);
    assert_eq!(fake.calls().len(), 2);
}

pub fn a_clock_that_went_back_counts_as_due(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    shell.quietly(kind.long_ago());
    shell.quietly("");
    assert_eq!(fake.calls().len(), 2);
}

pub fn another_project_makes_one_call(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.token(RENEWED);
    shell.quietly(&kind.set("OS_PROJECT_NAME", "other"));
    kind.has_token(&mut shell, RENEWED);
    shell.quietly("");
    assert_eq!(fake.calls().len(), 2);
}

pub fn every_variable_that_a_token_depends_on_makes_one_call(kind: Kind) {
    let options: &[&str] = match kind {
        Kind::Bash | Kind::Zsh => &["", "set -u\n"],
        _ => &[""],
    };
    for options in options {
        let fake = FakeOstoken::new();
        let Some(mut shell) = kind.open(&fake, options) else { return };
        let mut calls = 1;
        for name in SESSION.iter().map(|(name, _)| *name).chain(OTHER_VARIABLES.iter().copied()) {
            shell.quietly(&kind.set(name, "another"));
            calls += 1;
            assert_eq!(fake.calls().len(), calls, "{options}{name}");
        }
        shell.quietly(&kind.unset("OS_TOKEN"));
        shell.quietly("");
        assert_eq!(fake.calls().len(), calls + 1, "{options}");
        kind.has_token(&mut shell, TOKEN);
    }
}

pub fn the_same_openrc_sourced_again_makes_one_call_and_its_domain_goes_again(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    // Of this name, since PowerShell sources no other.
    fs::write(fake.home().join("openrc.ps1"), kind.sets(SESSION)).expect("an OpenRC file");
    for calls in [2, 3] {
        shell.quietly(". ./openrc.ps1");
        assert_eq!(kind.values(&mut shell, "OS_USER_DOMAIN_NAME OSTOKEN_USER_DOMAIN_NAME"), "gone Default");
        kind.has_token(&mut shell, TOKEN);
        assert_eq!(fake.calls().len(), calls);
    }
}

pub fn a_session_that_was_cleared_takes_the_token_along_and_leaves_nothing(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    shell.quietly(&kind.unset("OS_AUTH_URL OS_USERNAME OS_PASSWORD OS_PROJECT_NAME OS_PROJECT_DOMAIN_NAME"));
    assert_eq!(kind.environment(&mut shell), [""; 0]);
    assert_eq!(fake.calls().len(), 1);
}

pub fn without_a_session_nothing_is_ever_called(kind: Kind) {
    let fake = FakeOstoken::new();
    let Some(mut shell) = kind.open_in(&fake, &kind.source(&fake), &[]) else { return };
    shell.quietly("");
    assert_eq!(shell.run("sh -c 'exit 9'").status, 9);
    assert_eq!(fake.calls().len(), 0);
    shell.quietly(&kind.set("OS_AUTH_URL", "https://keystone.test:5000/v3"));
    kind.has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 1);
}

pub fn what_the_program_says_to_restore_is_restored(kind: Kind) {
    let fake = FakeOstoken::new();
    let before = kind.sets(&[
        ("OSTOKEN_SCRUB", "1"),
        ("OSTOKEN_KEYRING", "file"),
        ("OS_AUTH_TYPE", "v3password"),
        ("OS_PASSCODE", "1 2"),
    ]);
    let Some(mut shell) = kind.open(&fake, &before) else { return };
    assert_eq!(kind.values(&mut shell, "OS_USERNAME OS_PASSCODE OS_PASSWORD"), "gone gone gone");
    fake.mode("restore");
    drop_lease(&fake);
    shell.quietly("");
    let mut seen = kind.environment(&mut shell);
    seen.retain(|line| !line.contains("PROJECT"));
    let want = [
        "OSTOKEN_KEYRING=file",
        "OSTOKEN_SCRUB=1",
        "OS_AUTH_TYPE=v3password",
        "OS_AUTH_URL=https://keystone.test:5000/v3",
        "OS_PASSCODE=1 2",
        "OS_USERNAME=ada",
        "OS_USER_DOMAIN_NAME=Default",
    ];
    assert_eq!(seen, want);
    shell.quietly("");
    assert_eq!(fake.calls(), [kind.call(""), kind.call(" --own")]);
}

pub fn a_child_shell_asks_once_and_can_take_the_export_back(kind: Kind) {
    let (Some((fake, mut shell)), Some(child)) = (kind.start(), kind.child()) else { return };
    shell.quietly(&child);
    kind.has_token(&mut shell, TOKEN);
    shell.quietly("");
    assert_eq!(fake.calls().len(), 2);
    assert_eq!(kind.values(&mut shell, "OS_USER_DOMAIN_NAME OSTOKEN_USER_DOMAIN_NAME"), "gone Default");
    // Before its first answer, too: what it inherited is ours.
    fake.mode("fail");
    shell.quietly(&child);
    shell.quietly("ostoken_off");
    assert_eq!(kind.values(&mut shell, "OS_TOKEN OS_USER_DOMAIN_NAME"), "gone Default");
}

pub fn with_direnv_the_token_comes_and_goes_with_the_folder(kind: Kind) {
    let Some(direnv) = tool("direnv") else { return };
    let (direnv, name) = (direnv.display(), kind.name());
    let theirs = match kind {
        Kind::Fish => format!("'{direnv}' hook fish | source\n"),
        _ => format!("eval \"$('{direnv}' hook {name})\"\n"),
    };
    let quiet = kind.sets(&[("DIRENV_LOG_FORMAT", "")]);
    let fake = FakeOstoken::new();
    let ours = kind.source(&fake);
    fs::create_dir(fake.home().join("cloud")).expect("a folder");
    // direnv's own language is bash.
    fs::write(fake.home().join("cloud/.envrc"), Kind::Bash.sets(SESSION)).expect(".envrc");
    for rc in [format!("{quiet}{theirs}{ours}"), format!("{quiet}{ours}{theirs}")] {
        let Some(mut shell) = kind.open_in(&fake, &rc, &[]) else { return };
        shell.quietly("direnv allow cloud/.envrc");
        for _ in 0..2 {
            shell.quietly("cd cloud");
            // One more prompt: direnv may stand behind this hook.
            shell.quietly("");
            assert_eq!(kind.values(&mut shell, "OS_TOKEN OS_USER_DOMAIN_NAME"), format!("{TOKEN} gone"));
            shell.quietly("cd ..");
            shell.quietly("");
            assert_eq!(kind.environment(&mut shell), [""; 0]);
        }
    }
    assert_eq!(fake.calls().len(), 4);
}
