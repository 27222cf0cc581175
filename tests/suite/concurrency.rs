//! Many processes at once: one creation, one token, nobody fails and nobody waits in vain.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use ostoken::broker::Broker;
use ostoken::clock::{Clock, SystemClock};
use ostoken::identity::Environment;
use ostoken::keystone::Keystone;
use ostoken::login_history::Caller;
use ostoken::record::{RefreshRule, Times};
use ostoken::secret::Token;
use ostoken::store::folder::Folder;
use ostoken::store::keyring::{Backend, Keyring};
use ostoken::store::lock::{Guard, try_lock};
use ostoken::store::{Store, StoredToken};

use crate::support::fake_issuer::{characters, now, timestamp};
use crate::support::tools::wait_until;
use crate::support::{Answer, Cloud, CloudOptions, Fake, keyutils};
use crate::user::{LIMIT, User, at_once, text};

/// Takes the lock of the user's token, as another process would that hangs.
fn hold_lock(user: &User) -> Guard {
    let record = user.record_path();
    let name = record.file_stem().unwrap().to_str().unwrap();
    let folder = Folder::open(user.home.state().join("ostoken")).unwrap().inner(user.get("OSTOKEN_KEYRING"));
    try_lock(&folder, &format!("{name}.lock")).unwrap().expect("nobody holds it")
}

#[test]
fn two_hundred_cold_processes_make_one_token() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let user = User::new(cloud.openrc_environment("alice", "demo"));
    let outputs = user.at_once(200, &["token"]);
    let tokens: BTreeSet<&str> = outputs.iter().map(|output| text(&output.stdout)).collect();
    for output in &outputs {
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
    assert_eq!((tokens.len(), cloud.creations()), (1, 1));
    assert!(cloud.accepts(tokens.first().unwrap().trim_end()));
}

#[test]
fn processes_whose_record_outlived_the_keyring_make_one_token() {
    // The kernel's keyring goes with a restart of the machine, the state folder does not.
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "keyutils");
    user.token();
    keyutils::clear(user.home.service());
    let outputs = user.at_once(40, &["token"]);
    let tokens: BTreeSet<&str> = outputs.iter().map(|output| text(&output.stdout)).collect();
    assert!(outputs.iter().all(|output| output.status.success()));
    assert_eq!((tokens.len(), fake.posts()), (1, 2));
}

#[test]
fn fifty_prompts_at_once_renew_a_stale_token_once() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let old = user.token();
    user.make_stale();
    let fingerprint = user.record()["fingerprint"].clone();
    let outputs = user.at_once(50, &["hook", "--shell", "bash"]);
    for output in &outputs {
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert!(text(&output.stdout).starts_with("gAAAAA"), "{output:?}");
    }
    user.wait_for_renewal(&fingerprint);
    assert_ne!(user.token(), old);
    assert_eq!(fake.posts(), 2);
    assert_eq!(user.leases().len(), 1);
}

#[test]
fn fifty_prompts_at_once_make_a_dead_token_new_once() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let old = user.token();
    user.make_dead();
    let outputs = user.at_once(50, &["hook", "--shell", "bash"]);
    for output in &outputs {
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert!(!text(&output.stdout).starts_with(&old), "a dead token was handed out");
    }
    assert_ne!(user.token(), old);
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_hundred_commands_at_once_renew_a_stale_token_once() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let old = user.token();
    user.make_stale();
    for output in user.at_once(100, &["token"]) {
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
    assert_ne!(user.token(), old);
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_stale_token_is_handed_out_while_somebody_else_renews() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let old = user.token();
    user.make_stale();
    let guard = hold_lock(&user);
    assert_eq!(user.token(), old);
    assert!(user.hook("").success().stdout.starts_with(&old));
    assert_eq!(fake.posts(), 1);
    drop(guard);
    // The renewal that the hook left behind may be at it already: then it holds the lock now.
    assert!(wait_until(LIMIT, || user.token() != old));
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_prompt_with_a_dead_token_and_a_held_lock_ends_in_time_and_the_next_one_is_short() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    user.make_dead();
    let guard = hold_lock(&user);
    let first = user.hook("").success();
    assert!(first.elapsed.as_millis() < 2500, "{first:?}");
    assert!(first.stdout.starts_with('\n') && first.stdout.contains("__ostoken_said=pending"), "{first:?}");
    let next = user.hook("pending").success();
    assert!(next.elapsed < first.elapsed && next.stdout.contains("__ostoken_said=pending"), "{next:?}");
    assert_eq!(fake.posts(), 1);
    drop(guard);
    user.token();
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_command_waits_for_a_dead_tokens_lock_and_takes_what_its_holder_made() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    user.make_dead();
    let guard = hold_lock(&user);
    let waiting = user.ostoken(&["token"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    // Somebody with another state of mind: this process makes the record good again and keeps the lock.
    user.edit_record(|record| {
        for name in ["issued_at", "expires_at", "refresh_at"] {
            record[name] = (record[name].as_i64().unwrap() + 3600).into();
        }
    });
    let output = waiting.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fake.posts(), 1);
    drop(guard);
}

#[test]
fn a_lock_holder_that_hangs_is_named_after_25_seconds() {
    // Slow: the limit is what it is about.
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    user.make_dead();
    let _guard = hold_lock(&user);
    let output = user.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains(".lock") && output.stderr.contains("fuser"), "{output:?}");
    assert!((24..35).contains(&output.elapsed.as_secs()), "{output:?}");
    assert_eq!(fake.posts(), 1);
}

#[test]
fn two_scopes_and_two_users_at_once_share_nothing() {
    let fake = Fake::start();
    let (mut user, mut commands) = (User::of(&fake), Vec::new());
    for name in ["alice", "bob"] {
        for project in ["demo", "other"] {
            user.set("OS_USERNAME", name);
            user.set("OS_PROJECT_NAME", project);
            commands.extend((0..10).map(|_| user.ostoken(&["token"])));
        }
    }
    let outputs = at_once(commands);
    let tokens: Vec<&str> = outputs.iter().map(|output| text(&output.stdout)).collect();
    let of_each: Vec<BTreeSet<&str>> = tokens.chunks(10).map(|ten| ten.iter().copied().collect()).collect();
    assert!(of_each.iter().all(|ten| ten.len() == 1), "{of_each:?}");
    assert_eq!(tokens.iter().collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(fake.posts(), 4);
}

#[test]
fn a_wrong_password_in_many_scopes_at_once_does_not_lock_the_user_out() {
    let fake = Fake::start();
    fake.always(Answer::unauthorized().delay(std::time::Duration::from_millis(300)));
    let mut user = User::of(&fake);
    let commands = (0..12).map(|number| {
        user.set("OS_PROJECT_NAME", &format!("project-{number}"));
        user.ostoken(&["token"])
    });
    for output in at_once(commands.collect()) {
        assert_eq!(output.status.code(), Some(4), "{output:?}");
    }
    assert!(fake.posts() < 3, "sent {} times: Keystone locks a user out after three or five", fake.posts());
}

#[test]
fn a_record_is_not_rebuilt_from_a_token_that_somebody_replaced_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let state = Folder::open(home.path().join("state")).unwrap();
    let memory = keyring_core::mock::Store::new().unwrap();
    let store = Store::new(Keyring::new(Backend::File, memory, "test"), &state, &SystemClock);
    let variables = [("OS_AUTH_URL", "https://h/v3"), ("OS_USERNAME", "me"), ("OS_PASSWORD", "x")];
    let environment: Environment = variables.into_iter().collect();
    let source = environment.source(false).unwrap();
    let (key, rule) = (source.identity.key(), RefreshRule { after: 28_800, spread: 1.0 });
    let clock = SystemClock;
    let times = Times { issued_at: clock.now(), expires_at: clock.now() + 3600, clock_offset: 0 };
    let write = |token: &str| {
        let token = Token::parse(token).unwrap();
        let stored = StoredToken::new(&source.identity, &token, times, rule, &source.tls_policy, &clock).unwrap();
        store.try_lock(key.as_str()).unwrap().unwrap().write(&stored, None).unwrap();
        stored
    };
    // Somebody reads the first token without its lease; before they have the lock, another one is written.
    let before = write("first");
    std::fs::remove_file(store.lease(&before.record).unwrap()).unwrap();
    let after = write("second");
    let issuer = Keystone { tls_policy: &source.tls_policy, environment: &environment, clock: &clock, deadline: None };
    let broker = Broker {
        store: &store,
        state: &state,
        issuer: &issuer,
        clock: &clock,
        source: &source,
        rule,
        caller: Caller::Command,
    };
    broker.repair(before);
    assert_eq!(store.record(&key).unwrap(), Some(after.record.clone()), "the record is the second token's");
    assert!(store.lease(&after.record).is_some(), "and its lease is there");
}

#[test]
fn a_logout_finds_the_token_that_is_being_made_in_another_scope() {
    let fake = Fake::start();
    let mut user = User::of(&fake);
    user.run(&["login"]).success();
    user.unset("OS_PASSWORD");
    fake.always(
        Answer::token("gAAAAAlate", &timestamp(now()), &timestamp(now() + 3600)).delay(Duration::from_millis(1500)),
    );
    let mut elsewhere = user.ostoken(&["token"]);
    elsewhere.env("OS_PROJECT_NAME", "another").stdout(Stdio::null());
    let mut maker = elsewhere.spawn().unwrap();
    assert!(wait_until(Duration::from_secs(20), || fake.posts() == 2), "it is being made");
    fake.always(Answer::new(204));
    user.run(&["logout"]).success();
    maker.wait().unwrap();
    let mut status = user.ostoken(&["status", "--json"]);
    let output = user.home.run(status.env("OS_PROJECT_NAME", "another")).success();
    let status: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&status["token"], fake.count("DELETE")), (&serde_json::Value::Null, 2));
}

/// `ostoken token` in so many scopes of one login, started at once.
fn in_scopes(user: &User, scopes: std::ops::Range<usize>) -> Vec<std::process::Output> {
    let commands = scopes.map(|number| {
        let mut command = user.ostoken(&["token"]);
        command.env("OS_PROJECT_NAME", format!("p{number}"));
        command
    });
    at_once(commands.collect())
}

#[test]
fn many_scopes_of_one_login_at_once_all_get_their_token() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let (issued, expires) = (timestamp(now()), timestamp(now() + 3600));
    fake.always(Answer::token(&characters(70, 7), &issued, &expires).delay(Duration::from_secs(1)));
    let started = std::time::Instant::now();
    let finished = in_scopes(&user, 0..30);
    assert!(finished.iter().all(|one| one.status.success()), "{finished:?}");
    assert_eq!(fake.posts(), 30);
    // One after the other they take 30 s.
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
}

#[test]
fn a_secret_that_became_wrong_is_sent_by_three_at_most() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    fake.always(Answer::unauthorized().delay(Duration::from_millis(500)));
    let finished = in_scopes(&user, 0..10);
    assert!(finished.iter().all(|one| one.status.code() == Some(4)), "{finished:?}");
    // The first one was right.
    assert!((2..=4).contains(&fake.posts()), "{} were sent", fake.posts() - 1);
}

#[test]
fn a_mistyped_project_does_not_block_the_other_scopes() {
    let fake = Fake::start();
    let mut user = User::of(&fake);
    user.token();
    user.set("OS_PROJECT_NAME", "mistyped");
    fake.then(Answer::unauthorized());
    for _ in 0..3 {
        user.run(&["token"]).expect_status(4);
    }
    assert_eq!(fake.posts(), 2, "it is sent once");
    for (at, project) in ["other", "third"].into_iter().enumerate() {
        user.set("OS_PROJECT_NAME", project).token();
        assert_eq!(fake.posts(), 3 + at);
    }
    user.set("OS_PROJECT_NAME", "mistyped");
    user.run(&["token"]).expect_status(4);
    assert_eq!(fake.posts(), 4);
    // Two new scopes that are refused in a row: it is the secret.
    fake.always(Answer::unauthorized());
    for project in ["a", "b", "c", "d"] {
        user.set("OS_PROJECT_NAME", project).run(&["token"]).expect_status(4);
    }
    assert_eq!(fake.posts(), 6);
}
