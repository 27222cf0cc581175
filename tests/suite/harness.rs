//! The harness itself: homes, keyrings and the fake Keystone.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Answer, Fake, Home, Session, http, keyutils, tool};

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn gnome_keyring_keeps_finds_and_locks() {
    let home = Home::new();
    let Some(session) = Session::start(&home) else {
        return;
    };
    if tool("secret-tool").is_none() {
        return;
    }
    let attributes = [("service", home.service()), ("username", "token")];
    session.store("a token", &attributes, "gAAAAA-secret");
    assert_eq!(session.lookup(&attributes).as_deref(), Some("gAAAAA-secret"));
    assert_eq!(session.lookup(&[("service", "nobody")]), None);
    session.lock();
    session.unlock();
    assert_eq!(session.lookup(&attributes).as_deref(), Some("gAAAAA-secret"));
    assert!(home.files_containing(&["gAAAAA-secret"]).is_empty());
}

#[test]
fn a_hung_keyring_owns_its_name_and_does_not_answer() {
    let home = Home::new();
    let Some(session) = Session::start_hung(&home) else {
        return;
    };
    let mut command = session.command("timeout");
    command.args(["1", "secret-tool", "lookup", "service", "x"]);
    assert_eq!(home.run(&mut command).status, 124);
    session.resume();
    assert!(!session.is_locked());
}

#[test]
fn keys_of_a_home_are_listed_and_end_with_it() {
    if !keyutils::available() {
        return;
    }
    let home = Home::new();
    let service = home.service().to_owned();
    keyutils::write(&service, "one", b"1");
    keyutils::write(&service, "two", b"2");
    assert_eq!(keyutils::accounts(&service), ["one", "two"]);
    assert_eq!(keyutils::read(&service, "two").as_deref(), Some(&b"2"[..]));
    keyutils::remove(&service, "one");
    assert_eq!(keyutils::accounts(&service), ["two"]);
    drop(home);
    assert!(keyutils::accounts(&service).is_empty());
}

#[test]
fn a_home_runs_programs_in_its_own_environment_and_finds_what_they_wrote() {
    let home = Home::new();
    let mut command = home.command("sh");
    command.args(["-c", "env; cat; echo secret >\"$HOME/file\"; exit 3"]);
    let output = home.run_with_input(&mut command, "typed").expect_status(3);
    assert!(output.stdout.contains(home.service()) && output.stdout.ends_with("typed"));
    assert!(!output.stdout.contains("CARGO"), "{}", output.stdout);
    assert_eq!(home.files_containing(&["absent", "secret"]), [home.path().join("file")]);
    let killed = home.run(home.command("sh").args(["-c", "kill -9 $$"]));
    assert_eq!(killed.status, -9);
}

#[test]
fn processes_left_behind_end_with_their_home() {
    let home = Home::new();
    let mut sleep = home.command("sleep").arg("60").stdout(Stdio::null()).spawn().unwrap();
    assert_eq!(home.processes(), [i32::try_from(sleep.id()).unwrap()]);
    let folder = home.path();
    drop(home);
    assert!(!sleep.wait().unwrap().success());
    assert!(!fs::exists(folder).unwrap());
}

#[test]
fn the_fake_keystone_issues_shows_and_revokes_tokens() {
    let fake = Fake::start();
    fake.issue(5000, 60).skew_clock(1000);
    let made = http::request(fake.port(), "POST", "/v3/auth/tokens", &[JSON], "{}");
    let token = made.header("x-subject-token").unwrap().to_owned();
    assert_eq!((made.status, token.len()), (201, 5000));
    let headers = [("X-Auth-Token", token.as_str()), ("X-Subject-Token", token.as_str())];
    let ask = |method| http::request(fake.port(), method, "/v3/auth/tokens", &headers, "").status;
    assert_eq!([ask("GET"), ask("DELETE"), ask("DELETE"), ask("GET")], [200, 204, 401, 401]);
    assert_eq!((fake.posts(), fake.count("DELETE")), (1, 2));
    assert_eq!(fake.requests()[0].body, "{}");
}

#[test]
fn the_fake_keystone_answers_as_it_was_told() {
    let fake = Fake::start();
    fake.then(Answer::too_many(Some("7"))).then(Answer::giant(5 << 20));
    fake.always(Answer::html(502).delay(Duration::from_millis(50)));
    let ask = || http::request(fake.port(), "POST", "/v3/auth/tokens", &[JSON], "{}");
    assert_eq!(ask().header("Retry-After"), Some("7"));
    assert!(ask().body.len() > 5 << 20);
    assert!(ask().body.contains("Bad gateway"));
    assert_eq!(ask().status, 502);
    fake.recover();
    assert_eq!(ask().status, 201);
    fake.then(Answer::new(200).body("slow").drip(Duration::from_millis(1)));
    assert_eq!(ask().body, "slow");
    assert_eq!(fake.posts(), 6);
}

#[test]
fn what_a_childs_end_interrupts_counts_once_and_a_thread_not_at_all() {
    let log = "7 execve(\"/bin/bash\") = 0\n\
        7 clone(flags=SIGCHLD) = ? ERESTARTNOINTR (To be restarted)\n\
        7 --- SIGCHLD {si_signo=SIGCHLD} ---\n\
        7 clone(flags=SIGCHLD <unfinished ...>\n\
        8 clone3({flags=CLONE_THREAD} <unfinished ...>\n\
        7 <... clone resumed>) = ? ERESTARTNOINTR (To be restarted)\n\
        8 <... clone3 resumed>) = ? ERESTARTNOINTR (To be restarted)\n\
        7 clone(flags=SIGCHLD <unfinished ...>\n\
        7 <... clone resumed>) = 9\n";
    assert_eq!(crate::support::hooks::processes_in(log), 2);
}
