//! The environment changes: other projects, files sourced again, sessions cleared, universal variables.

use std::fs;

use super::{drop_lease, has_token, or_gone, session, start};
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::pty::{SESSION, Shell};
use crate::support::tool;

#[test]
fn another_project_makes_one_call_however_it_is_set() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
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

#[test]
fn the_same_openrc_sourced_again_makes_one_call_and_its_domain_goes_again() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    fs::write(fake.home().join("openrc.fish"), session()).expect("an OpenRC file");
    shell.run("source openrc.fish");
    assert_eq!(shell.text(&or_gone("OS_USER_DOMAIN_NAME")), "gone");
    assert_eq!(shell.text("echo $OSTOKEN_USER_DOMAIN_NAME"), "Default");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_session_that_was_cleared_takes_the_token_along_and_leaves_nothing() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    shell.run("set -e OS_AUTH_URL OS_USERNAME OS_PASSWORD OS_PROJECT_NAME OS_PROJECT_DOMAIN_NAME");
    assert_eq!(shell.text("env | grep -c -E '^OS(TOKEN)?_'"), "0");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn without_a_session_nothing_is_ever_called() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let mut shell = Shell::fish_in(&fish, &fake, &fake.source("fish"), &[]);
    shell.run("");
    assert_eq!(shell.run("sh -c 'exit 9'").status, 9);
    assert_eq!(fake.calls().len(), 0);
    shell.run("set -gx OS_AUTH_URL https://keystone.test:5000/v3");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn what_the_program_says_to_restore_is_restored() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let rc = format!(
        "set -gx OSTOKEN_SCRUB 1\nset -gx OSTOKEN_KEYRING file\nset -gx OS_AUTH_TYPE v3password\n\
         set -gx OS_PASSCODE '1 2'\n{}",
        fake.source("fish")
    );
    let mut shell = Shell::fish(&fish, &fake, &rc);
    for name in ["OS_USERNAME", "OS_PASSCODE", "OS_PASSWORD"] {
        assert_eq!(shell.text(&or_gone(name)), "gone");
    }
    fake.mode("restore");
    drop_lease(&fake);
    shell.run("");
    assert_eq!(
        shell.text("env | grep -E '^OS(TOKEN)?_' | LC_ALL=C sort | grep -v PROJECT"),
        "OSTOKEN_KEYRING=file\nOSTOKEN_SCRUB=1\nOS_AUTH_TYPE=v3password\n\
         OS_AUTH_URL=https://keystone.test:5000/v3\nOS_PASSCODE=1 2\n\
         OS_USERNAME=ada\nOS_USER_DOMAIN_NAME=Default"
    );
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_token_of_your_own_is_not_taken_away() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    fake.mode("nothing");
    shell.run("set -gx OS_TOKEN gAAAA-a-token-of-mine");
    shell.run("ostoken_off");
    has_token(&mut shell, "gAAAA-a-token-of-mine");
    assert_eq!(shell.text("echo $OS_USER_DOMAIN_NAME"), "Default");
}

#[test]
fn a_child_shell_asks_once_and_can_take_the_export_back() {
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    shell.run(&format!("'{}'", fish.display()));
    has_token(&mut shell, TOKEN);
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
    assert_eq!(shell.text(&or_gone("OS_USER_DOMAIN_NAME")), "gone");
    // Before its first answer, too: what it inherited is ours.
    fake.mode("fail");
    shell.run(&format!("'{}'", fish.display()));
    shell.run("ostoken_off");
    assert_eq!(shell.text(&or_gone("OS_TOKEN")), "gone");
    assert_eq!(shell.text("echo $OS_USER_DOMAIN_NAME"), "Default");
}

/// A session whose user domain is a universal variable.
const UNIVERSAL: &str = "set -q OS_USER_DOMAIN_NAME; or set -Ux OS_USER_DOMAIN_NAME Default\n";

fn without_domain() -> Vec<(&'static str, &'static str)> {
    SESSION.iter().copied().filter(|(name, _)| *name != "OS_USER_DOMAIN_NAME").collect()
}

#[test]
fn a_universal_variable_is_hidden_here_and_stays_for_other_shells() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let rc = format!("{UNIVERSAL}{}", fake.source("fish"));
    let mut shell = Shell::fish_in(&fish, &fake, &rc, &without_domain());
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
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let rc = format!("{UNIVERSAL}{}", fake.source("fish"));
    let mut shell = Shell::fish_in(&fish, &fake, &rc, &without_domain());
    has_token(&mut shell, TOKEN);
    fake.mode("fail");
    shell.run(&format!("'{}'", fish.display()));
    assert_eq!(shell.text("env | grep -c ^OS_USER_DOMAIN_NAME=."), "0");
    shell.run("ostoken_off");
    assert_eq!(shell.text("env | grep ^OS_USER_DOMAIN_NAME"), "OS_USER_DOMAIN_NAME=Default");
    assert_eq!(shell.text("set -gn | grep -c USER_DOMAIN"), "0", "no cover is left");
}

#[test]
fn a_universal_variable_that_is_set_anew_is_seen() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let rc = format!("{UNIVERSAL}{}", fake.source("fish"));
    let mut shell = Shell::fish_in(&fish, &fake, &rc, &without_domain());
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
    let Some(fish) = tool("fish") else { return };
    let (fake, mut shell) = start(&fish);
    shell.run("begin; set -lx OS_PROJECT_NAME other; ostoken_on; end");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 3, "one for the block, one after it");
    shell.run("ostoken_on");
    shell.run("");
    assert_eq!(fake.calls().len(), 4);
}
