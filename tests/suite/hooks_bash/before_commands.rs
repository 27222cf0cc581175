//! Just before a command: the notice through PS0, OSTOKEN_PREEXEC, bash-preexec.

use super::version;
use crate::hooks::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{bash, drop_lease, has_token};
use crate::support::pty::SESSION;

#[test]
fn an_expired_token_is_announced_or_replaced_before_the_next_command() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    fake.expires(1);
    let Some(mut shell) = Kind::Bash.open(&fake, "") else { return };
    if version(&bash) >= 503 {
        fake.renew_elsewhere();
        has_token(&mut shell, RENEWED);
        return;
    }
    if version(&bash) < 404 {
        // No PS0: the next prompt asks again, and nothing is told before.
        assert_eq!(shell.run("echo out").text, "out\n");
        fake.renew_elsewhere();
        shell.run("");
        has_token(&mut shell, RENEWED);
        return;
    }
    let text = shell.run("echo out").text;
    assert!(text.starts_with("ostoken: the token expired while"), "{text}");
    assert!(text.ends_with("press Enter once, then repeat the command\nout\n"), "{text}");
    assert_eq!(shell.run("").text, "", "an empty line is no command");
    fake.expires(4_000_000_000).renew_elsewhere();
    shell.run("");
    assert_eq!(shell.run("echo out").text, "out\n");
}

#[test]
fn the_notice_leaves_ps0_as_it_was() {
    let Some(bash) = bash() else { return };
    if version(&bash) < 404 {
        return; // it has no PS0
    }
    let fake = FakeOstoken::new();
    fake.expires(1);
    let Some(mut shell) = Kind::Bash.open(&fake, "PS0='mine '\n") else { return };
    assert!(shell.run("echo out").text.ends_with("mine out\n"));
    shell.run("ostoken_off");
    assert_eq!(shell.run("echo $PS0").text, "mine mine\n");
}

#[test]
fn an_expiry_that_is_no_number_is_never_evaluated() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    shell.run("export OSTOKEN_EXPIRES_AT='a[$(touch pwned)]' OS_PROJECT_NAME=other");
    fake.mode("nothing");
    shell.run("");
    shell.run("true");
    assert!(!fake.home().join("pwned").exists());
    assert_eq!(shell.run("echo out").text, "out\n");
}

#[test]
fn with_ostoken_preexec_the_next_command_has_the_new_token() {
    // The second makes PROMPT_COMMAND a string.
    for first in ["", "export PROMPT_COMMAND=:\n"] {
        let fake = FakeOstoken::new();
        let Some(mut shell) = Kind::Bash.open(&fake, &format!("OSTOKEN_PREEXEC=1\n{first}")) else { return };
        for _ in 0..3 {
            fake.renew_elsewhere();
            has_token(&mut shell, RENEWED);
            shell.run("(exit 3)");
            assert_eq!(shell.text("echo $?"), "3");
            shell.run("true a b");
            assert_eq!(shell.text("echo $_"), "b");
        }
        assert_eq!(fake.calls().len(), 4);
        shell.run("ostoken_off");
        assert_eq!(shell.text("trap -p DEBUG"), "");
        assert_eq!(shell.text("echo \"${PROMPT_COMMAND-}\""), if first.is_empty() { "" } else { ":" });
    }
}

#[test]
fn with_ostoken_preexec_a_debug_trap_of_the_user_stays() {
    for functrace in ["", "set -T\n"] {
        let fake = FakeOstoken::new();
        let rc = format!("OSTOKEN_PREEXEC=1\n{}trap 'n=1' DEBUG\n{functrace}", fake.source("bash"));
        let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
        shell.run("");
        assert_eq!(shell.text("trap -p DEBUG"), "trap -- 'n=1' DEBUG");
        has_token(&mut shell, TOKEN);
    }
}

#[test]
fn beside_bash_preexec_its_preexec_functions_are_used() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    shell.run("bash_preexec_imported=defined; preexec_functions=(theirs)");
    fake.renew_elsewhere();
    shell.run("");
    assert_eq!(shell.text("echo ${preexec_functions[*]}"), "theirs", "a variable alone says nothing");
    shell.run("__bp_preexec_invoke_exec() { :; }");
    fake.renew_elsewhere();
    shell.run("");
    assert_eq!(shell.text("echo ${preexec_functions[*]} ${PS0-none}"), "theirs __ostoken_preexec none");
    fake.token(TOKEN);
    drop_lease(&fake);
    let line = "false; __ostoken_preexec; echo $? $OS_TOKEN";
    assert_eq!(shell.text(line), format!("0 {TOKEN}"));
    shell.run("ostoken_off");
    assert_eq!(shell.text("echo ${preexec_functions[*]}"), "theirs");
}
