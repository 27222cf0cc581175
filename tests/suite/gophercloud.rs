//! Go programs under `exec`: both ways in which gophercloud logs in, and a token that expires while the program runs.

use crate::support::process::Output;
use crate::support::tools::prepared;
use crate::support::{Cloud, CloudOptions};
use crate::user::User;

/// A cloud, and a user of it who has a token.
fn user(options: CloudOptions, variables: fn(&Cloud) -> Vec<(String, String)>) -> Option<(Cloud, User)> {
    let cloud = Cloud::start(options)?;
    let user = User::new(variables(&cloud));
    user.token();
    Some((cloud, user))
}

fn run(user: &User, exec: &[&str], way: &str, seconds: &str) -> Option<Output> {
    let program = prepared("gophercloud")?;
    let program = [program.to_str().expect("UTF-8"), way, seconds];
    Some(user.run(&[&["exec"], exec, &["--"], &program].concat()))
}

fn password(cloud: &Cloud) -> Vec<(String, String)> {
    cloud.openrc_environment("alice", "demo")
}

/// Both ways to log in under exec with these options: whether gophercloud takes what it finds there. No row creates a token.
fn takes(variables: fn(&Cloud) -> Vec<(String, String)>, exec: &[&str], expected: [bool; 2]) {
    let Some((cloud, user)) = user(CloudOptions::default(), variables) else { return };
    for (way, expected) in ["environment", "clientconfig"].into_iter().zip(expected) {
        let Some(output) = run(&user, exec, way, "0") else { return };
        let answered = output.status == 0 && output.stdout.split_whitespace().any(|name| name == "demo");
        assert_eq!(answered, expected, "{exec:?} {way}: {output:?}");
    }
    assert_eq!(cloud.creations(), 1, "the one that was kept before");
}

#[test]
fn a_program_that_uses_clientconfig_creates_no_token() {
    takes(password, &[], [false, true]);
}

#[test]
fn a_program_that_reads_the_environment_creates_no_token_with_for_gophercloud() {
    takes(password, &["--for", "gophercloud"], [true, true]);
}

#[test]
fn an_application_credential_creates_no_token_either_way() {
    takes(Cloud::app_credential_environment, &[], [true, true]);
}

#[test]
fn a_token_that_expires_while_the_program_runs_is_replaced() {
    let options = CloudOptions { expiration: 20, ..CloudOptions::default() };
    let Some((cloud, user)) = user(options, password) else { return };
    let first = user.token();
    let Some(output) = run(&user, &[], "clientconfig", "24") else { return };
    assert!(output.status == 0 && output.stdout.lines().all(|names| names.contains("demo")), "{output:?}");
    assert!(!cloud.accepts(&first));
}
