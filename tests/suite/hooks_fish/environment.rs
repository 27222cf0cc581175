//! The environment changes: by all of fish's ways to set a variable, universal ones among them.

use super::has_token;
use crate::hooks::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::pty::SESSION;

#[test]
fn another_project_makes_one_call_however_it_is_set() {
    let Some((fake, mut shell)) = Kind::Fish.start() else { return };
    for (calls, line) in [
        "set -gx OS_PROJECT_NAME other",
        "export OS_PROJECT_NAME=third",
        "echo fourth | read -gx OS_PROJECT_NAME",
        "echo set -gx OS_PROJECT_NAME fifth | source",
        "set -e OS_PROJECT_NAME",
        "set -gx OS_PASSWORD longer-than-it-was",
    ]
    .iter()
    .enumerate()
    {
        let token = format!("{RENEWED}{calls}");
        fake.token(&token);
        shell.run(line);
        has_token(&mut shell, &token);
        assert_eq!(fake.calls().len(), calls + 2, "{line}");
    }
}

/// A session whose user domain is a universal variable.
const UNIVERSAL: &str = "set -q OS_USER_DOMAIN_NAME; or set -Ux OS_USER_DOMAIN_NAME Default\n";

fn without_domain() -> Vec<(&'static str, &'static str)> {
    SESSION.iter().copied().filter(|(name, _)| *name != "OS_USER_DOMAIN_NAME").collect()
}

#[test]
fn a_universal_variable_is_hidden_here_and_stays_for_other_shells() {
    let fake = FakeOstoken::new();
    let rc = format!("{UNIVERSAL}{}", fake.source("fish"));
    let Some(mut shell) = Kind::Fish.open_in(&fake, &rc, &without_domain()) else { return };
    has_token(&mut shell, TOKEN);
    shell.run("");
    assert_eq!(fake.calls().len(), 1, "what it hid looks absent");
    assert_eq!(shell.text("env | grep -c ^OS_USER_DOMAIN_NAME=."), "0");
    assert_eq!(shell.text("set -U | grep USER_DOMAIN"), "OS_USER_DOMAIN_NAME Default");
    assert_eq!(shell.text("echo $OSTOKEN_USER_DOMAIN_NAME"), "Default");
    shell.run("ostoken_off");
    assert_eq!(shell.text("env | grep ^OS_USER_DOMAIN_NAME"), "OS_USER_DOMAIN_NAME=Default");
    assert_eq!(shell.text("set -gn | grep -c USER_DOMAIN"), "0", "no cover is left");
    assert_eq!(shell.text("set -gn | grep -c __ostoken"), "3", "the program's path and settings");
    shell.run("ostoken_on");
    assert_eq!(shell.text("env | grep -c ^OS_USER_DOMAIN_NAME=."), "0");
    // Without the session, it is universal as before.
    shell.run("set -e OS_AUTH_URL");
    assert_eq!(shell.text("env | grep -E '^OS_(USER_DOMAIN|TOKEN)'"), "OS_USER_DOMAIN_NAME=Default");
}

#[test]
fn a_child_shell_that_got_no_answer_shows_a_hidden_universal_variable_again() {
    let Some(child) = Kind::Fish.child() else { return };
    let fake = FakeOstoken::new();
    let rc = format!("{UNIVERSAL}{}", fake.source("fish"));
    let Some(mut shell) = Kind::Fish.open_in(&fake, &rc, &without_domain()) else { return };
    has_token(&mut shell, TOKEN);
    fake.mode("fail");
    shell.run(&child);
    assert_eq!(shell.text("env | grep -c ^OS_USER_DOMAIN_NAME=."), "0");
    shell.run("ostoken_off");
    assert_eq!(shell.text("env | grep ^OS_USER_DOMAIN_NAME"), "OS_USER_DOMAIN_NAME=Default");
    assert_eq!(shell.text("set -gn | grep -c USER_DOMAIN"), "0", "no cover is left");
}

#[test]
fn a_universal_variable_that_is_set_anew_is_seen() {
    let fake = FakeOstoken::new();
    let rc = format!("{UNIVERSAL}{}", fake.source("fish"));
    let Some(mut shell) = Kind::Fish.open_in(&fake, &rc, &without_domain()) else { return };
    has_token(&mut shell, TOKEN);
    fake.token(RENEWED);
    shell.run("set -Ux OS_USER_DOMAIN_NAME Other");
    has_token(&mut shell, RENEWED);
    assert_eq!(shell.text("echo $OSTOKEN_USER_DOMAIN_NAME"), "Other");
    assert_eq!(shell.text("env | grep -c ^OS_USER_DOMAIN_NAME=."), "0");
    // A global one of your own over it stays.
    shell.run("ostoken_off; set -gx OS_USER_DOMAIN_NAME Mine; ostoken_on; ostoken_off");
    assert_eq!(shell.text("echo $OS_USER_DOMAIN_NAME"), "Mine");
    assert_eq!(shell.text("set -U | grep USER_DOMAIN"), "OS_USER_DOMAIN_NAME Other");
}

#[test]
fn a_token_for_the_local_variables_of_a_block_ends_with_them() {
    let Some((fake, mut shell)) = Kind::Fish.start() else { return };
    shell.run("begin; set -lx OS_PROJECT_NAME other; ostoken_on; end");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 3, "one for the block, one after it");
    shell.run("ostoken_on");
    shell.run("");
    assert_eq!(fake.calls().len(), 4);
}
