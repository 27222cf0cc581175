//! What Keystone and the network can do wrong: limits, outages, refusals, redirects and hostile answers. The state
//! folder's faults are in faults_state.rs, those of the way there (TLS, proxies) in faults_network.rs.

use std::time::Duration;

use crate::support::fake_issuer::{characters, now, timestamp};
use crate::support::process::Output;
use crate::support::{Answer, Fake};
use crate::user::User;

const PASSWORD: &str = "correct horse battery";

/// Asserts exit code and message, and that the message is two lines that hold no secret.
#[track_caller]
fn fails(output: Output, status: i32, words: &str) -> Output {
    let output = output.expect_status(status);
    assert!(output.stderr.contains(words), "no `{words}` in {output:?}");
    assert_eq!(output.stdout, "");
    assert!(output.stderr.starts_with("ostoken: ") && output.stderr.lines().count() == 2, "{output:?}");
    assert!(output.stderr.lines().last().unwrap().starts_with("hint: "), "{output:?}");
    assert!(!output.stderr.contains(PASSWORD) && !output.stderr.contains('\u{1b}'), "{output:?}");
    output
}

/// A user with a stale token of this Keystone.
fn stale(fake: &Fake) -> (User, String) {
    let user = User::of(fake);
    let token = user.token();
    user.make_stale();
    (user, token)
}

// Rate limits.

/// After this answer nothing is sent, by anybody of this login, and the message names seconds in this range.
fn limited(answer: Answer, seconds: std::ops::RangeInclusive<u64>) {
    let fake = Fake::start();
    fake.then(answer);
    let mut user = User::of(&fake);
    for call in [&["token"][..], &["token"], &["refresh"], &["env", "--shell", "bash"], &["login"]] {
        let output = fails(user.run(call), 5, "rate limited");
        let number = output.stderr.split_whitespace().find_map(|word| word.parse::<u64>().ok());
        assert!(number.is_some_and(|number| seconds.contains(&number)), "{seconds:?}: {output:?}");
    }
    let hook = user.hook("").success();
    assert!(hook.stdout.contains("__ostoken_said=limited") && hook.stderr.lines().count() == 1, "{hook:?}");
    assert_eq!(user.hook_after(&hook).success().stderr, "");
    user.set("OS_PROJECT_NAME", "other");
    fails(user.run(&["token"]), 5, "rate limited");
    assert_eq!(fake.posts(), 1);
}

#[test]
fn a_rate_limit_in_seconds_holds_for_every_command_prompt_and_scope() {
    limited(Answer::too_many(Some("1700")), 1600..=1700);
}

#[test]
fn a_rate_limit_until_a_date_holds() {
    let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs((now() + 900).try_into().unwrap()));
    limited(Answer::too_many(Some(&date)), 800..=901);
}

#[test]
fn a_rate_limit_without_a_time_holds_for_a_minute() {
    limited(Answer::too_many(None), 1..=60);
}

#[test]
fn a_rate_limit_of_days_holds_for_an_hour() {
    limited(Answer::too_many(Some("999999")), 3500..=3600);
}

#[test]
fn a_rate_limit_that_makes_no_sense_holds_for_a_minute() {
    limited(Answer::too_many(Some("as long as it takes")), 1..=60);
}

#[test]
fn a_rate_limits_date_is_read_by_the_clock_that_wrote_it() {
    let http_date =
        |unix: i64| httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(unix.try_into().unwrap()));
    let theirs = now() + 7200;
    let answer = Answer::too_many(Some(&http_date(theirs + 300))).header("Date", &http_date(theirs));
    limited(answer, 200..=301);
}

#[test]
fn a_rate_limit_met_by_another_request_than_a_creation_holds_too() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    fake.always(Answer::too_many(Some("600")));
    fails(user.run(&["status", "--check"]), 5, "rate limited");
    for command in [&["status", "--check"][..], &["refresh"], &["revoke"]] {
        fails(user.run(command), 5, "rate limited");
    }
    assert_eq!(fake.requests().len(), 2);
}

#[test]
fn a_rate_limit_ends() {
    let fake = Fake::start();
    fake.then(Answer::too_many(Some("1")));
    let user = User::of(&fake);
    fails(user.run(&["token"]), 5, "rate limited");
    let over = crate::support::tools::wait_until(crate::user::LIMIT, || user.run(&["token"]).status == 0);
    assert!(over);
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_rate_limited_user_goes_on_with_a_stale_token_and_one_warning() {
    let fake = Fake::start();
    let (user, token) = stale(&fake);
    fake.then(Answer::too_many(Some("600")));
    for _ in 0..2 {
        let output = user.run(&["token"]).success();
        assert_eq!(output.stdout.trim_end(), token);
        assert!(output.stderr.contains("warning: rate limited") && output.stderr.lines().count() == 1, "{output:?}");
    }
    let hook = user.hook("").success();
    assert!(hook.stdout.starts_with(&token) && hook.stdout.contains("__ostoken_said=limited"), "{hook:?}");
    assert_eq!(fake.posts(), 2);
}

#[test]
fn the_fifty_first_request_in_a_minute_is_not_sent() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for _ in 0..50 {
        user.run(&["refresh"]).success();
    }
    fails(user.run(&["refresh"]), 5, "50 requests in the last 60 s");
    fails(user.run(&["status", "--check"]), 5, "50 requests");
    user.token();
    assert_eq!((fake.posts(), fake.count("GET")), (50, 0));
}

// Outages.

/// A fault that commands meet at each call and hooks meet once.
fn out_of_order(answer: Answer, words: &str) {
    let fake = Fake::start();
    fake.always(answer);
    let user = User::of(&fake);
    for calls in 1..=2 {
        fails(user.run(&["token"]), 6, words);
        assert_eq!(fake.posts(), calls, "a command tries at once");
    }
    let hook = user.hook("").success();
    assert!(hook.stderr.lines().count() == 1 && hook.stdout.contains("__ostoken_said=unreachable"), "{hook:?}");
    let hook = user.hook_after(&hook).success();
    assert_eq!(hook.stderr, "");
    assert_eq!(fake.posts(), 2, "a hook backs off");
    fake.recover();
    user.token();
    assert!(user.hook_after(&hook).success().stdout.contains("__ostoken_said=\n"));
}

#[test]
fn a_503_is_an_outage() {
    out_of_order(Answer::error(503, "Service Unavailable", "Try later."), "status 503: Try later.");
}

#[test]
fn a_hang_up_without_an_answer_is_an_outage() {
    out_of_order(Answer::close(), "could not reach Keystone");
}

#[test]
fn a_proxys_page_is_an_outage_and_cannot_steer_a_terminal() {
    out_of_order(Answer::html(502), "status 502");
}

#[test]
fn a_first_prompt_in_an_outage_says_so_once_and_backs_off_for_15_seconds() {
    let fake = Fake::start();
    fake.always(Answer::error(503, "Service Unavailable", "Try later."));
    let user = User::of(&fake);
    let hook = user.hook("").success();
    assert!(hook.stderr.contains("could not reach Keystone") && hook.stderr.lines().count() == 1, "{hook:?}");
    let left = hook.stdout.lines().find_map(|line| line.strip_prefix("__ostoken_left=")?.parse::<u64>().ok());
    assert!(left.is_some_and(|left| (1..=15).contains(&left)), "{hook:?}");
    for _ in 0..3 {
        assert_eq!(user.hook_after(&hook).success().stderr, "");
    }
    assert_eq!(fake.posts(), 1);
}

#[test]
fn nobody_listening_is_an_outage_and_a_stale_token_outlives_it() {
    let fake = Fake::start();
    let (user, token) = stale(&fake);
    drop(fake);
    let output = user.run(&["token"]).success();
    assert_eq!(output.stdout.trim_end(), token);
    assert!(output.stderr.contains("warning: could not reach Keystone"), "{output:?}");
    assert!(user.hook("").success().stdout.starts_with(&token));
    user.make_dead();
    fails(user.run(&["token"]), 6, "could not reach Keystone");
}

// Refusals.

#[test]
fn a_wrong_password_is_sent_once_in_any_number_of_calls_and_scopes() {
    let fake = Fake::start();
    fake.always(Answer::unauthorized());
    let mut user = User::of(&fake);
    fails(user.run(&["token"]), 4, "requires authentication");
    for project in ["demo", "other", "third"] {
        user.set("OS_PROJECT_NAME", project);
        fails(user.run(&["token"]), 4, "not sending it again");
        fails(user.run(&["env", "--shell", "fish"]), 4, "not sending it again");
        let hook = user.hook("").success();
        assert!(hook.stdout.contains("__ostoken_said=refused") && hook.stderr.lines().count() == 1, "{hook:?}");
        assert_eq!(user.hook_after(&hook).success().stderr, "");
    }
    assert_eq!(fake.posts(), 1);
    fake.recover();
    user.run_with_input(&["login", "--password-stdin"], "the right one\n").success();
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_wrong_password_stays_refused_after_a_login_with_the_right_one() {
    let fake = Fake::start();
    fake.then(Answer::unauthorized());
    let mut user = User::of(&fake);
    fails(user.run(&["token"]), 4, "requires authentication");
    user.run_with_input(&["login", "--password-stdin"], "the right one\n").success();
    // Another shell still has the old password in its environment.
    user.set("OS_PROJECT_NAME", "other");
    fake.always(Answer::unauthorized());
    fails(user.run(&["token"]), 4, "not sending it again");
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_person_may_have_a_refused_password_sent_again() {
    let fake = Fake::start();
    fake.then(Answer::unauthorized());
    let user = User::of(&fake);
    fails(user.run(&["token"]), 4, "requires authentication");
    user.run(&["refresh"]).success();
    assert_eq!(fake.posts(), 2);
}

#[test]
fn a_refused_login_keeps_what_was_kept() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    fake.then(Answer::unauthorized());
    fails(user.run_with_input(&["login", "--password-stdin"], "wrong\n"), 4, "requires authentication");
    assert_eq!(user.token(), token);
    assert_eq!(user.status()["secret"], "in the environment or the OpenRC file");
}

#[test]
fn a_refusal_of_the_scope_is_no_refusal_of_the_password() {
    let fake = Fake::start();
    fake.then(Answer::error(403, "Forbidden", "No role in this project."));
    let mut user = User::of(&fake);
    fails(user.run(&["token"]), 4, "No role in this project.");
    user.set("OS_PROJECT_NAME", "other");
    user.token();
}

// Redirects and versions.

#[test]
fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let (fake, other) = (Fake::start(), Fake::start());
        let location = format!("{}/auth/tokens", other.auth_url());
        fake.always(Answer::redirect(status, &location));
        let output = fails(User::of(&fake).run(&["token"]), 6, "redirect to");
        assert!(output.stderr.contains(&other.auth_url()), "{output:?}");
        assert_eq!((fake.posts(), other.requests().len()), (1, 0));
    }
}

#[test]
fn a_version_document_of_the_same_server_is_followed_once() {
    for first in [300, 404] {
        let fake = Fake::start();
        let elsewhere = format!("http://127.0.0.1:{}/identity/v3", fake.port());
        fake.then(Answer::new(first)).then(Answer::versions(&elsewhere));
        fake.then(Answer::token(&characters(90, 1), &timestamp(now()), &timestamp(now() + 3600)));
        assert_eq!(User::of(&fake).token(), characters(90, 1));
        let asked: Vec<_> = fake.requests().into_iter().map(|request| request.method + " " + &request.path).collect();
        assert_eq!(asked, ["POST /v3/auth/tokens", "GET /", "POST /identity/v3/auth/tokens"]);
    }
}

#[test]
fn a_version_document_that_names_another_machine_gets_no_secret_there() {
    let other = Fake::start();
    let with_userinfo = |fake: &Fake| format!("http://127.0.0.1:{}@127.0.0.1:{}/v3", fake.port(), other.port());
    for link in [&|_: &Fake| other.auth_url(), &with_userinfo as &dyn Fn(&Fake) -> String] {
        let fake = Fake::start();
        fake.then(Answer::new(300)).then(Answer::versions(&link(&fake)));
        fails(User::of(&fake).run(&["token"]), 6, "redirect to");
        assert_eq!((fake.posts(), other.requests().len()), (1, 0));
        assert!(!fake.requests()[1].body.contains(PASSWORD) && fake.requests()[1].headers.len() < 9);
    }
}

#[test]
fn a_version_document_that_leads_in_circles_ends() {
    let fake = Fake::start();
    fake.always(Answer::versions(&format!("http://127.0.0.1:{}/identity/v3", fake.port())));
    fails(User::of(&fake).run(&["token"]), 6, "status 300");
    assert_eq!(fake.requests().len(), 3);
}
