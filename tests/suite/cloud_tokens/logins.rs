//! `ostoken login`: by terminal, by standard input, by OpenRC file, and what is kept when it fails.

use std::fs;

use super::member;
use crate::support::fake_issuer::now;
use crate::support::pty::{LIMIT, Shell};
use crate::support::tools::wait_until;
use crate::support::{Fake, people, tool};
use crate::user::User;

#[test]
fn a_secret_on_standard_input_ends_with_its_line() {
    let Some((cloud, mut bob)) = member("bob", "demo") else { return };
    bob.unset("OS_PASSWORD");
    for ending in ["", "\n", "\r\n"] {
        let input = people::password("bob") + ending;
        let login = bob.run_with_input(&["login", "--password-stdin"], &input).success();
        assert!(login.stdout.contains("bob") && login.stderr.is_empty(), "{login:?}");
        assert!(cloud.accepts(&bob.token()));
        assert_eq!(bob.kept("secret"), 1);
        bob.run(&["logout"]).success();
    }
    let empty = bob.run_with_input(&["login", "--password-stdin"], "\n").expect_status(2);
    assert!(empty.stderr.contains("empty"), "{}", empty.stderr);
    assert_eq!((cloud.creations(), cloud.answers_to("POST", 401)), (3, 0));
}

#[test]
fn a_secret_of_an_openrc_file_is_kept_and_its_line_is_named() {
    let Some((cloud, mut bob)) = member("bob", "demo") else { return };
    bob.change_to(Vec::new());
    let file = bob.home.outside("openrc.sh");
    cloud.openrc_file(&file, "bob", "demo");
    let path = file.display().to_string();
    let text = fs::read_to_string(&file).unwrap();
    let line = 1 + text.lines().position(|line| line.contains("OS_PASSWORD=")).unwrap();
    let login = bob.run(&["login", "--openrc", &path]).success();
    let named = format!("you can now remove line {line} of {path} (OS_PASSWORD)\n");
    assert!(login.stdout.ends_with(&named), "{}", login.stdout);
    assert!(login.stdout.contains("three days"), "keyutils forget: {}", login.stdout);
    // Without the line the keyring has it; the token is that of the login.
    let without: String =
        text.lines().filter(|line| !line.contains("OS_PASSWORD=")).map(|l| l.to_owned() + "\n").collect();
    fs::write(&file, without).unwrap();
    let token = bob.run(&["token", "--openrc", &path]).success().stdout;
    assert!(cloud.accepts(token.trim_end()));
    let again = bob.run_with_input(&["login", "--password-stdin", "--openrc", &path], &people::password("bob"));
    assert!(!again.success().stdout.contains("you can now remove"));
    assert_eq!(cloud.creations(), 2);
}

#[test]
fn a_secret_of_the_environment_is_kept_and_named() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    let login = alice.run(&["login"]).success();
    assert!(login.stdout.contains("`unset OS_PASSWORD`"), "{}", login.stdout);
    alice.unset("OS_PASSWORD");
    assert!(cloud.accepts(&alice.token()));
    let mut robot = alice;
    robot.change_to(cloud.app_credential_environment());
    let login = robot.run(&["login"]).success();
    assert!(login.stdout.contains("OS_APPLICATION_CREDENTIAL_SECRET"), "{}", login.stdout);
    robot.unset("OS_APPLICATION_CREDENTIAL_SECRET");
    assert!(cloud.accepts(&robot.token()));
    assert_eq!((robot.kept("secret"), cloud.creations()), (2, 2));
}

#[test]
fn a_login_asks_on_the_terminal_and_shows_nothing_of_the_answer() {
    let Some(bash) = tool("bash") else { return };
    let Some((cloud, mut bob)) = member("bob", "demo") else { return };
    bob.unset("OS_PASSWORD").set("OSTOKEN_KEYRING", "keyutils");
    let mut shell = Shell::at_home(&bash, &bob.home, "", &bob.variables);
    shell.send("ostoken login");
    shell.await_text(&format!("Password for bob at {}: ", cloud.auth_url()));
    shell.send(&people::password("bob"));
    let answer = shell.prompt();
    assert_eq!(answer.status, 0, "{}", answer.text);
    assert!(!answer.text.contains(&people::password("bob")), "{}", answer.text);
    assert!(answer.text.contains("saved in the kernel's keyring"), "{}", answer.text);
    assert!(cloud.accepts(&bob.token()));
    assert_eq!(shell.text("stty -a | grep -o -- '-*echo '"), "echo", "the terminal echoes again");
}

#[test]
fn a_password_that_is_typed_the_moment_it_is_asked_for_is_not_shown() {
    let Some(bash) = tool("bash") else { return };
    let fake = Fake::start();
    let Some(mut alice) = User::with_keyutils(fake.environment()) else { return };
    alice.unset("OS_PASSWORD").set("OSTOKEN_KEYRING", "keyutils");
    let mut shell = Shell::at_home(&bash, &alice.home, "", &alice.variables);
    for _ in 0..20 {
        shell.send("ostoken login");
        shell.await_text("Password for alice");
        shell.send("typed at once");
        let answer = shell.prompt();
        assert!(!answer.text.contains("typed at once"), "{}", answer.text);
        assert_eq!(answer.status, 0, "{}", answer.text);
    }
}

#[test]
fn a_login_that_is_interrupted_leaves_an_echoing_terminal_and_nothing_kept() {
    let Some(bash) = tool("bash") else { return };
    let Some((cloud, mut bob)) = member("bob", "demo") else { return };
    bob.unset("OS_PASSWORD").set("OSTOKEN_KEYRING", "keyutils");
    let mut shell = Shell::at_home(&bash, &bob.home, "", &bob.variables);
    shell.send("ostoken login");
    shell.await_text("Password for bob");
    shell.interrupt();
    assert_eq!(shell.prompt().status, 130);
    assert_eq!(shell.text("stty -a | grep -o -- '-*echo '"), "echo");
    assert_eq!((bob.kept("secret"), cloud.requests().len()), (0, 0));
}

#[test]
fn a_login_without_terminal_and_secret_says_how_to_give_one() {
    let Some(setsid) = tool("setsid") else { return };
    let Some((cloud, mut bob)) = member("bob", "demo") else { return };
    bob.unset("OS_PASSWORD");
    let mut command = bob.command(setsid);
    command.args(["--wait", env!("CARGO_BIN_EXE_ostoken"), "login"]);
    let output = bob.home.run(&mut command).expect_status(2);
    assert!(output.stderr.contains("--password-stdin"), "{}", output.stderr);
    assert_eq!((cloud.requests().len(), bob.kept("secret")), (0, 0));
}

#[test]
fn a_wrong_password_at_login_is_exit_4_and_nothing_is_kept() {
    let Some((cloud, mut bob)) = member("bob", "demo") else { return };
    bob.unset("OS_PASSWORD");
    let login = bob.run_with_input(&["login", "--password-stdin"], "not it").expect_status(4);
    assert_eq!(login.stdout, "");
    assert!(login.stderr.contains("401") && login.stderr.contains("hint: "), "{}", login.stderr);
    assert!(!login.stderr.contains("not it"), "{}", login.stderr);
    assert_eq!((bob.kept("secret"), bob.tokens_kept()), (0, (0, 0, 0)));
    bob.run(&["token"]).expect_status(3);
    assert_eq!(cloud.answers_to("POST", 401), 1);
}

#[test]
fn a_wrong_password_at_a_second_login_leaves_the_first_one_in_place() {
    let Some((cloud, mut bob)) = member("bob", "demo") else { return };
    bob.run(&["login"]).success();
    bob.unset("OS_PASSWORD");
    let token = bob.token();
    bob.run_with_input(&["login", "--password-stdin"], "not it").expect_status(4);
    assert_eq!(bob.token(), token);
    bob.run(&["revoke"]).success();
    assert!(cloud.accepts(&bob.token()), "the first secret is still good");
    assert_eq!(cloud.answers_to("POST", 401), 1);
}

#[test]
fn a_changed_password_works_at_once_after_login() {
    let Some((cloud, mut bob)) = member("bob", "demo") else { return };
    bob.run(&["login"]).success();
    let before = bob.unset("OS_PASSWORD").token();
    cloud.change_password("bob", "näw one");
    // Keystone revokes what it issued until then, and counts whole seconds.
    let changed = now();
    assert!(wait_until(LIMIT, || now() > changed));
    let refresh = bob.run(&["refresh"]).expect_status(4);
    assert!(refresh.stderr.contains("ostoken login"), "{}", refresh.stderr);
    bob.run_with_input(&["login", "--password-stdin"], "näw one\n").success();
    let after = bob.token();
    assert!(after != before && cloud.accepts(&after));
    bob.run(&["revoke"]).success();
    assert!(cloud.accepts(&bob.token()), "the keyring has the new one");
    assert_eq!((bob.kept("secret"), cloud.answers_to("POST", 401)), (1, 1));
}
