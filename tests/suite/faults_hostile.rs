//! Answers that no Keystone gives: each ends in a clear error, and what was kept is still kept and handed out.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::fake_issuer::{characters, now, timestamp, token_body};
use crate::support::process::finish;
use crate::support::{Answer, Fake, tool};
use crate::user::User;

fn http_date(unix: i64) -> String {
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(unix.try_into().unwrap()))
}

/// A creation that gets this answer fails with 6, a renewal hands out the old token, and nothing of it is kept.
#[track_caller]
fn is_refused(answer: &Answer, words: &str) {
    let fake = Fake::start();
    fake.always(answer.clone());
    let output = User::of(&fake).run(&["token"]).expect_status(6);
    assert!(output.stderr.contains(words) && output.stdout.is_empty(), "no `{words}` in {output:?}");
    assert!(output.stderr.lines().count() == 2 && output.stderr.len() < 800, "{output:?}");

    fake.recover();
    let user = User::of(&fake);
    let token = user.token();
    user.make_stale();
    let fingerprint = user.record()["fingerprint"].clone();
    fake.always(answer.clone());
    let output = user.run(&["token"]).success();
    assert_eq!(output.stdout.trim_end(), token);
    assert!(output.stderr.contains(words) && output.stderr.lines().count() == 1, "{output:?}");
    assert_eq!(user.record()["fingerprint"], fingerprint);
    fake.recover();
    user.run(&["refresh"]).success();
}

#[test]
fn a_giant_body() {
    is_refused(&Answer::giant(5 << 20), "larger than 4194304 bytes");
}

#[test]
fn a_web_page() {
    is_refused(&Answer::html(200), "status 200");
    is_refused(&Answer::html(201).header("X-Subject-Token", "gAAAAA"), "not a token document");
}

#[test]
fn no_token_at_all_or_one_with_bad_characters() {
    let body = token_body(&timestamp(now()), &timestamp(now() + 3600));
    is_refused(&Answer::new(201).json(&body), "no token");
    for token in ["gAAAA A", "gAAAA'; touch pwned; '", "gAAAA$(id)", "gAAAA\u{e9}", "", &"a".repeat(16_385)] {
        is_refused(&Answer::new(201).header("X-Subject-Token", token).json(&body), "no token");
    }
}

#[test]
fn dates_that_make_no_sense() {
    let (start, end) = (timestamp(now()), timestamp(now() + 3600));
    for (issued_at, expires_at) in [
        (start.as_str(), "soon"),
        (&start, ""),
        (&start, "9999999999"),
        (&start, "9999-12-31T23:59:59.000000Z"),
        (&start, &start),
        (&end, &start),
        ("yesterday", &end),
        ("-0001-01-01T00:00:00Z", &end),
        (&start, "2026-02-31T00:00:00Z"),
    ] {
        is_refused(&Answer::token("gAAAAAx", issued_at, expires_at).header("Date", &http_date(now())), "");
    }
}

#[test]
fn a_token_that_is_dead_when_it_comes() {
    let (issued_at, expires_at) = (timestamp(now() - 90_000), timestamp(now() - 86_400));
    is_refused(&Answer::token("gAAAAAx", &issued_at, &expires_at).header("Date", &http_date(now())), "");
}

#[test]
fn a_date_header_from_another_century_makes_no_second_creation() {
    for theirs in [now() + 3_000_000_000, now() - 1_000_000_000] {
        let fake = Fake::start();
        let answer = Answer::token("gAAAAAx", &timestamp(now()), &timestamp(now() + 3600));
        fake.always(answer.header("Date", &http_date(theirs)));
        let user = User::of(&fake);
        assert_eq!((user.token(), user.token()), ("gAAAAAx".to_owned(), "gAAAAAx".to_owned()));
        assert_eq!(fake.posts(), 1, "date {}", http_date(theirs));
    }
}

#[test]
fn other_documents_than_a_tokens() {
    for body in [json!([]), json!({"token": null}), json!({"token": {"expires_at": 5}}), json!("x"), json!({})] {
        is_refused(&Answer::new(201).header("X-Subject-Token", "gAAAAAx").json(&body), "not a token document");
    }
    let deep = "[".repeat(100_000);
    is_refused(&Answer::new(201).header("X-Subject-Token", "gAAAAAx").body(&deep), "not a token document");
    is_refused(&Answer::new(204), "status 204");
    is_refused(&Answer::new(418), "status 418");
    is_refused(&Answer::new(302), "without a Location");
}

#[test]
fn a_slow_drip_ends_after_twenty_seconds() {
    // The slowest test of all: the limit is what it is about.
    let fake = Fake::start();
    let user = User::of(&fake);
    fake.always(Answer::giant(10_000).drip(Duration::from_millis(100)));
    let output = user.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains("the server did not finish its response within 20 s"), "{output:?}");
    assert!((19..30).contains(&output.elapsed.as_secs()), "{output:?}");
}

#[test]
fn a_clock_that_is_two_hours_off_keeps_a_token_fresh() {
    for skew in [7200, -7200] {
        let fake = Fake::start();
        fake.skew_clock(skew);
        let user = User::of(&fake);
        let token = user.token();
        assert_eq!(user.token(), token);
        let status = user.status();
        assert_eq!(status["token"]["state"], "fresh");
        let left = status["token"]["remaining_seconds"].as_i64().unwrap();
        assert!((3500..=3600).contains(&left), "{left}");
        let hook = user.hook("").success();
        assert!(hook.stdout.starts_with(&token), "{hook:?}");
        let ends = hook
            .stdout
            .lines()
            .find_map(|line| line.split_once("OSTOKEN_EXPIRES_AT=")?.1.trim_matches('\'').parse::<i64>().ok());
        assert!(ends.is_some_and(|ends| (now() + 3500..=now() + 3601).contains(&ends)), "by this clock: {hook:?}");
        assert_eq!(fake.posts(), 1);
    }
}

#[test]
fn a_clock_set_back_keeps_no_token_alive_longer_than_keystone_said() {
    let Some(faketime) = tool("faketime") else { return };
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    let set_back = |arguments: &[&str]| {
        let mut command = user.command(&faketime);
        command.args(["-f", "-2h", env!("CARGO_BIN_EXE_ostoken")]).args(arguments);
        finish(&mut command, None).success()
    };
    let status: Value = serde_json::from_str(&set_back(&["status", "--json"]).stdout).unwrap();
    let left = status["token"]["remaining_seconds"].as_i64().unwrap();
    assert!((3500..=3600).contains(&left), "{left}");
    assert_eq!(set_back(&["token"]).stdout.trim(), token);
    // As if it were an hour later: the record tells when this machine was started.
    user.edit_record(|record| record["boot"]["at"] = (record["boot"]["at"].as_i64().unwrap() + 3600).into());
    assert_ne!(set_back(&["token"]).stdout.trim(), token);
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_ttl_that_no_token_reaches_makes_none() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    for wanted in ["1h", "2h", "100days", "500years"] {
        let output = user.run(&["token", "--min-ttl", wanted]).expect_status(1);
        assert!(output.stderr.contains("this cloud's tokens live 3600 s"), "{output:?}");
    }
    assert_eq!((fake.posts(), user.token()), (1, token));
    user.run(&["token", "--min-ttl", "30m"]).success();
    assert_eq!(fake.posts(), 1);
    user.make_stale();
    let longer = user.run(&["token", "--min-ttl", "50m"]).success();
    assert_eq!((fake.posts(), longer.stdout.trim_end()), (2, user.token().as_str()));
    user.run(&["token", "--min-ttl", "nonsense"]).expect_status(2);
}

#[test]
fn a_token_of_sixteen_kibibytes_goes_all_the_way() {
    let fake = Fake::start();
    fake.issue(16_384, 3600);
    let user = User::of(&fake);
    let token = user.token();
    assert_eq!(token.len(), 16_384);
    assert_eq!(user.token(), token);
    assert!(user.hook("").success().stdout.starts_with(&format!("{token}\n")));
    assert_eq!(user.run(&["exec", "--", "sh", "-c", "printf %s \"$OS_TOKEN\""]).success().stdout, token);
    user.run(&["status", "--check"]).success();
    user.run(&["revoke"]).success();
    let last = fake.requests().pop().unwrap();
    assert_eq!((last.method.as_str(), last.header("X-Subject-Token")), ("DELETE", Some(token.as_str())));
}

#[test]
fn a_header_with_a_very_long_token_is_refused() {
    let body = token_body(&timestamp(now()), &timestamp(now() + 3600));
    is_refused(&Answer::new(201).header("X-Subject-Token", &characters(200_000, 1)).json(&body), "");
}
