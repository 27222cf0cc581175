//! How tokens end: refresh, revoke, logout, and what status says of it.

use super::member;
use crate::support::people;

#[test]
fn refresh_makes_a_new_token_and_forgets_those_of_the_other_scopes() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    let first = alice.token();
    let of_other = alice.set("OS_PROJECT_NAME", "other").token();
    alice.set("OS_PROJECT_NAME", "demo");
    let refreshed = alice.run(&["refresh"]).success();
    assert_eq!(refreshed.stderr, "");
    assert!(refreshed.stdout.contains("alice") && refreshed.stdout.contains("demo"), "{}", refreshed.stdout);
    assert_eq!((cloud.creations(), alice.tokens_kept()), (3, (1, 1, 1)));
    let second = alice.token();
    assert_ne!(second, first);
    assert_ne!(alice.set("OS_PROJECT_NAME", "other").token(), of_other);
    assert_eq!(cloud.creations(), 4);
}

#[test]
fn a_revoked_token_is_dead_at_keystone_and_gone_here() {
    let Some((cloud, alice)) = member("alice", "demo") else { return };
    let token = alice.token();
    assert_eq!(alice.tokens_kept(), (1, 1, 1));
    let revoked = alice.run(&["revoke"]).success();
    assert_eq!((revoked.stdout.as_str(), revoked.stderr.as_str()), ("revoked the token\n", ""));
    assert!([401, 404].contains(&cloud.look_at(&token).status));
    assert_eq!(alice.tokens_kept(), (0, 0, 0));
    assert_eq!(cloud.answers_to("DELETE", 204), 1);
    assert_eq!(alice.run(&["revoke"]).success().stdout, "no token to revoke\n");
    assert_eq!(cloud.answers_to("DELETE", 204), 1, "nothing is sent for nothing");
    let next = alice.token();
    assert!(next != token && cloud.accepts(&next));
}

#[test]
fn a_token_that_was_revoked_elsewhere_can_be_revoked_and_replaced() {
    let Some((cloud, alice)) = member("alice", "demo") else { return };
    let token = alice.token();
    cloud.revoke(&token);
    let checked = alice.run(&["status", "--check"]).expect_status(4);
    assert!(checked.stdout.contains("ostoken refresh"), "{}", checked.stdout);
    assert_eq!(alice.status()["token"]["known_to_keystone"], serde_json::Value::Null);
    alice.run(&["revoke"]).success();
    assert_eq!(alice.tokens_kept(), (0, 0, 0));
    assert!(cloud.accepts(&alice.token()));
    alice.run(&["status", "--check"]).success();
}

#[test]
fn revoke_all_takes_every_scope_of_the_login_and_of_no_other() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    let mut of_alice = vec![alice.token()];
    of_alice.push(alice.set("OS_PROJECT_NAME", "other").token());
    alice.set("OS_PROJECT_NAME", "demo").set("OS_USERNAME", "bob").set("OS_PASSWORD", &people::password("bob"));
    let of_bob = alice.token();
    alice.set("OS_USERNAME", "alice").unset("OS_PASSWORD");
    let revoked = alice.run(&["revoke", "--all"]).success();
    assert_eq!(revoked.stdout, "revoked 2 tokens\n");
    assert!(of_alice.iter().all(|token| !cloud.accepts(token)));
    assert!(cloud.accepts(&of_bob));
    assert_eq!(alice.tokens_kept(), (1, 1, 1));
}

#[test]
fn revoke_alone_leaves_the_other_scopes() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    let demo = alice.token();
    let other = alice.set("OS_PROJECT_NAME", "other").token();
    alice.run(&["revoke"]).success();
    assert!(cloud.accepts(&demo) && !cloud.accepts(&other));
    assert_eq!(alice.set("OS_PROJECT_NAME", "demo").token(), demo);
}

#[test]
fn logout_forgets_the_secret_and_revokes_every_token() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    alice.run(&["login"]).success();
    let mut tokens = vec![alice.unset("OS_PASSWORD").token()];
    tokens.push(alice.set("OS_PROJECT_NAME", "other").token());
    let out = alice.run(&["logout"]).success();
    assert!(out.stdout.contains("alice") && out.stderr.is_empty(), "{out:?}");
    assert!(tokens.iter().all(|token| !cloud.accepts(token)));
    assert_eq!((alice.kept("secret"), alice.tokens_kept()), (0, (0, 0, 0)));
    let without = alice.run(&["token"]).expect_status(3);
    assert!(without.stderr.contains("ostoken login"), "{}", without.stderr);
    alice.run(&["logout"]).success();
    assert_eq!(cloud.creations(), 2);
}

#[test]
fn a_slow_answer_is_not_taken_for_a_wrong_clock() {
    let Some((cloud, alice)) = member("alice", "demo") else { return };
    cloud.set_delay(3.0);
    alice.token();
    let remaining = alice.status()["token"]["remaining_seconds"].as_i64().unwrap();
    assert!(remaining <= 3600, "it would be handed out {} s longer than it lives", remaining - 3600);
}

#[test]
fn status_tells_a_person_and_a_program_the_same() {
    let Some((cloud, mut alice)) = member("alice", "demo") else { return };
    let before = alice.status();
    assert_eq!(before["token"], serde_json::Value::Null);
    assert_eq!(before["identity"]["account"], "alice");
    assert_eq!(before["identity"]["auth_url"], cloud.auth_url());
    assert_eq!(cloud.requests().len(), 0, "status alone asks nobody");
    alice.run(&["login"]).success();
    alice.unset("OS_PASSWORD");
    let token = alice.token();
    let after = alice.status();
    assert_eq!(after["token"]["state"], "fresh");
    assert_eq!(after["keyring"]["backend"], "keyutils");
    assert_eq!(after["secret"], "in the keyring");
    assert_eq!(after["requests_last_minute"], 1);
    assert_eq!(after["last_failure"], serde_json::Value::Null);
    let remaining = after["token"]["remaining_seconds"].as_i64().unwrap();
    assert!(remaining > 3400, "{after}");
    let text = alice.run(&["status", "--check"]).success().stdout;
    for word in ["alice", &cloud.auth_url(), "demo", "fresh", "keyutils", "the token is valid", "[#"] {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
    assert!(!text.contains(&token) && !after.to_string().contains(&token));
    let checked = people::parse(&alice.run(&["status", "--json", "--check"]).success().stdout);
    assert_eq!(checked["token"]["known_to_keystone"], true);
}
