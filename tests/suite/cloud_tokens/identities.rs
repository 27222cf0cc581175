//! Who gets a token for what, and that nobody gets another's.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::member;
use crate::support::tools::wait_until;
use crate::support::{Cloud, CloudOptions, people};
use crate::user::User;

/// What Keystone says of a token.
fn body(cloud: &Cloud, token: &str) -> Value {
    let answer = cloud.look_at(token);
    assert_eq!(answer.status, 200, "{}", answer.body);
    people::parse(&answer.body)["token"].clone()
}

#[test]
fn a_password_gets_a_token_for_a_project_by_name_and_by_id() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    let by_name = alice.token();
    alice.unset("OS_PROJECT_NAME").unset("OS_PROJECT_DOMAIN_NAME");
    alice.set("OS_PROJECT_ID", &people::project_id("other"));
    let by_id = alice.token();
    assert_eq!(body(&cloud, &by_name)["project"]["name"], "demo");
    assert_eq!(body(&cloud, &by_id)["project"]["name"], "other");
    assert_eq!(body(&cloud, &by_id)["methods"], serde_json::json!(["password"]));
    assert_eq!(body(&cloud, &by_id)["user"]["id"], people::user_id("alice"));
    assert_eq!(cloud.creations(), 2);
}

#[test]
fn a_user_by_id_and_one_in_another_domain_get_their_own_tokens() {
    let Some((cloud, mut erin)) = member("erin", "remote") else { return };
    let by_name = erin.token();
    erin.unset("OS_USERNAME").unset("OS_USER_DOMAIN_NAME").set("OS_USER_ID", &people::user_id("erin"));
    let by_id = erin.token();
    erin.unset("OS_USER_ID").set("OS_USERNAME", "erin");
    erin.set("OS_USER_DOMAIN_ID", &people::user_field("erin", "domain_id"));
    let by_domain_id = erin.token();
    for token in [by_name, by_id, by_domain_id] {
        assert_eq!(body(&cloud, &token)["user"]["domain"]["name"], "elsewhere");
        assert_eq!(body(&cloud, &token)["project"]["name"], "remote");
    }
}

#[test]
fn the_older_tenant_names_mean_the_same_projects() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    alice.unset("OS_PROJECT_NAME").set("OS_TENANT_NAME", "demo");
    let by_name = alice.token();
    alice.set("OS_PROJECT_NAME", "demo");
    assert_eq!(alice.token(), by_name, "the same identity by another word");
    alice.unset("OS_PROJECT_NAME").set("OS_TENANT_ID", &people::project_id("other"));
    let by_id = alice.token();
    assert_eq!(body(&cloud, &by_name)["project"]["name"], "demo");
    assert_eq!(body(&cloud, &by_id)["project"]["name"], "other", "an id beats a name");
    assert_eq!(cloud.creations(), 2);
}

#[test]
fn domain_system_and_no_scope_give_tokens_of_that_scope() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(mut alice) = User::with_keyutils(cloud.user_environment("alice")) else { return };
    let unscoped = body(&cloud, &alice.token());
    assert!(unscoped["project"].is_null() && unscoped["system"].is_null(), "{unscoped}");
    let by_name = alice.set("OS_DOMAIN_NAME", "Default").token();
    let by_id = alice.unset("OS_DOMAIN_NAME").set("OS_DOMAIN_ID", "default").token();
    for token in [by_name, by_id] {
        assert_eq!(body(&cloud, &token)["domain"]["name"], "Default");
    }
    let system = alice.unset("OS_DOMAIN_ID").set("OS_SYSTEM_SCOPE", "all").token();
    assert_eq!(body(&cloud, &system)["system"]["all"], true);
    assert_eq!(alice.status()["identity"]["scope"], "system");
}

#[test]
fn an_application_credential_gets_a_token_whatever_else_is_set() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(mut robot) = User::with_keyutils(cloud.app_credential_environment()) else { return };
    let token = robot.token();
    assert_eq!(body(&cloud, &token)["methods"], serde_json::json!(["application_credential"]));
    assert_eq!(body(&cloud, &token)["project"]["name"], "demo");
    // Keystone refuses a scope beside an application credential: it is not sent.
    robot.set("OS_PROJECT_NAME", "other").set("OS_PROJECT_DOMAIN_ID", "default");
    assert_eq!(robot.token(), token);
    assert_eq!(cloud.creations(), 1);
}

#[test]
fn one_token_serves_every_call_and_every_form() {
    let Some((cloud, alice)) = member("alice", "demo") else { return };
    let token = alice.token();
    for _ in 0..10 {
        assert_eq!(alice.token(), token);
    }
    let print = |form: &str| alice.run(&["token", "--format", form]).success().stdout;
    assert_eq!(people::parse(&print("json"))["token"], token.as_str());
    assert_eq!(print("env"), format!("OS_TOKEN={token}\nOS_AUTH_TYPE=token\n"));
    assert_eq!(print("header"), format!("X-Auth-Token: {token}\n"));
    let min_ttl = alice.run(&["token", "--min-ttl", "30m"]).success();
    assert_eq!(min_ttl.stdout.trim_end(), token);
    let too_much = alice.run(&["token", "--min-ttl", "6h"]).expect_status(1);
    assert!(too_much.stderr.contains("3600 s"), "{}", too_much.stderr);
    assert_eq!((cloud.creations(), cloud.requests().len()), (1, 1));
}

#[test]
fn a_short_lived_token_is_renewed_and_never_handed_out_dead() {
    let options = CloudOptions { expiration: 8, ..CloudOptions::default() };
    let Some(cloud) = Cloud::start(options) else { return };
    let Some(alice) = User::with_keyutils(cloud.openrc_environment("alice", "demo")) else { return };
    let mut seen = BTreeSet::new();
    let three_lives = wait_until(Duration::from_secs(60), || {
        let token = alice.token();
        assert!(cloud.accepts(&token), "a dead token after {} others", seen.len());
        seen.insert(token);
        seen.len() == 3
    });
    assert!(three_lives, "{} tokens", seen.len());
    assert_eq!(cloud.creations(), 3, "each was made once");
    assert_eq!(alice.tokens_kept(), (1, 1, 1), "the older ones are gone");
}

#[test]
fn two_scopes_of_one_login_have_two_tokens_and_one_secret() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    alice.run(&["login"]).success();
    alice.unset("OS_PASSWORD");
    let demo = alice.token();
    let other = alice.set("OS_PROJECT_NAME", "other").token();
    assert_ne!(demo, other);
    assert_eq!(body(&cloud, &other)["project"]["name"], "other");
    assert_eq!((alice.kept("secret"), alice.tokens_kept()), (1, (2, 2, 2)));
    assert_eq!(alice.set("OS_PROJECT_NAME", "demo").token(), demo);
    assert_eq!(cloud.creations(), 2);
}

#[test]
fn two_users_never_share_secret_or_token() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    alice.run(&["login"]).success();
    let of_alice = alice.token();
    // bob in the same home, without a password of his own.
    alice.unset("OS_PASSWORD").set("OS_USERNAME", "bob");
    let refused = alice.run(&["token"]).expect_status(3);
    assert!(refused.stderr.contains("ostoken login"), "{}", refused.stderr);
    let of_bob = alice.set("OS_PASSWORD", &people::password("bob")).token();
    assert_eq!(body(&cloud, &of_alice)["user"]["name"], "alice");
    assert_eq!(body(&cloud, &of_bob)["user"]["name"], "bob");
    // A name is unique in its domain alone.
    alice.unset("OS_PASSWORD").set("OS_USERNAME", "alice").set("OS_USER_DOMAIN_NAME", "elsewhere");
    alice.run(&["token"]).expect_status(3);
    assert_eq!(cloud.creations(), 2);
    assert_eq!(cloud.answers_to("POST", 401), 0);
}
