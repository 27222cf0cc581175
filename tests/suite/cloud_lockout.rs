//! A Keystone that locks users out: a wrong password is sent once, whoever asks, and never twice by itself.

use crate::support::{Cloud, CloudOptions, people};
use crate::user::User;

const WRONG: &str = "not the password";

/// A cloud that locks out after three attempts, and alice with a wrong password.
fn mistaken() -> Option<(Cloud, User)> {
    let cloud = Cloud::start(CloudOptions { lockout: Some(3), ..CloudOptions::default() })?;
    let mut alice = User::with_keyutils(cloud.openrc_environment("alice", "demo"))?;
    alice.set("OS_PASSWORD", WRONG);
    Some((cloud, alice))
}

/// Six prompts and six commands, in two scopes.
fn insist(alice: &mut User) {
    for round in 0..6 {
        alice.set("OS_PROJECT_NAME", if round % 2 == 0 { "demo" } else { "other" });
        let prompt = alice.prompt().success();
        assert!(prompt.stderr.contains("ostoken: ") && prompt.stderr.contains("ostoken login"), "{prompt:?}");
        assert_eq!(prompt.stdout.lines().next(), Some(""), "there is no token");
        let command = alice.run(&["token"]).expect_status(4);
        assert!(command.stderr.contains("hint: ") && !command.stderr.contains(WRONG), "{command:?}");
    }
}

#[test]
fn after_six_prompts_and_six_commands_the_right_password_works_at_once_in_the_environment() {
    let Some((cloud, mut alice)) = mistaken() else { return };
    insist(&mut alice);
    assert_eq!(cloud.answers_to("POST", 401), 1, "the wrong one was sent once");
    let token = alice.set("OS_PASSWORD", &people::password("alice")).token();
    assert!(cloud.accepts(&token));
    assert_eq!((cloud.answers_to("POST", 401), cloud.creations()), (1, 1));
    // The wrong one again, in a scope without a token: it is still not sent.
    alice.set("OS_PASSWORD", WRONG).set("OS_PROJECT_NAME", "demo");
    alice.prompt();
    alice.run(&["token"]).expect_status(4);
    assert_eq!(cloud.answers_to("POST", 401), 1);
}

#[test]
fn after_six_prompts_and_six_commands_the_right_password_works_at_once_at_login() {
    let Some((cloud, mut alice)) = mistaken() else { return };
    insist(&mut alice);
    alice.run_with_input(&["login", "--password-stdin"], &people::password("alice")).success();
    assert_eq!((cloud.answers_to("POST", 401), cloud.creations()), (1, 1));
    assert!(cloud.accepts(&alice.unset("OS_PASSWORD").token()));
    assert!(cloud.accepts(&alice.set("OS_PROJECT_NAME", "demo").token()), "from the keyring, in the other scope");
    assert_eq!(cloud.creations(), 2);
}

#[test]
fn a_kept_secret_that_became_wrong_is_sent_once() {
    let Some((cloud, mut alice)) = mistaken() else { return };
    alice.set("OS_PASSWORD", &people::password("alice"));
    alice.run(&["login"]).success();
    alice.unset("OS_PASSWORD").run(&["revoke"]).success();
    cloud.change_password("alice", "another one");
    insist(&mut alice);
    assert_eq!(cloud.answers_to("POST", 401), 1);
    alice.run_with_input(&["login", "--password-stdin"], "another one").success();
    assert_eq!(cloud.answers_to("POST", 401), 1);
}

#[test]
fn a_person_who_insists_is_obeyed_once_each_time() {
    let Some((cloud, mut alice)) = mistaken() else { return };
    alice.prompt();
    alice.run(&["refresh"]).expect_status(4);
    assert_eq!(cloud.answers_to("POST", 401), 2, "refresh sends it again, since a person said so");
    alice.prompt();
    alice.run(&["token"]).expect_status(4);
    assert_eq!(cloud.answers_to("POST", 401), 2);
    alice.set("OS_PASSWORD", &people::password("alice"));
    assert!(cloud.accepts(&alice.token()), "the third attempt is the right one");
}
