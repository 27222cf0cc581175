//! Keystones that are not there, refuse, or are not the one that the password belongs to.

use std::time::Duration;

use super::{in_each_shell, init};
use crate::support::pty::Shell;
use crate::support::tools::wait_until;
use crate::support::{Answer, Fake};
use crate::user::User;

in_each_shell! {
    a_keystone_that_is_down_is_said_once
    a_refusal_is_said_once_and_the_right_password_ends_it
    a_swapped_auth_url_is_sent_nothing_until_login
    a_missing_secret_is_said_once
    a_login_at_this_terminal_is_seen_by_its_next_prompt
    a_token_that_outlives_its_keystone_stays_in_use
}

/// A single line that ends in what to do.
#[track_caller]
fn one_line(text: &str, holding: &[&str]) {
    assert!(text.starts_with("ostoken: ") && text.lines().count() == 1, "{text:?}");
    for word in holding {
        assert!(text.contains(word), "{word} is not in {text:?}");
    }
}

/// What the hook said first.
fn greeting(shell: &mut Shell) -> String {
    if shell.greeting.is_empty() { shell.said("") } else { shell.greeting.clone() }
}

fn a_keystone_that_is_down_is_said_once(name: &str) {
    let Some(mut person) = User::with_keyutils(Fake::start().environment()) else { return };
    person.set("OS_AUTH_URL", "http://127.0.0.1:1/v3");
    person.logged_in();
    person.unset("OS_AUTH_URL");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    // Nobody listens on that port of any machine.
    let said = shell.said("export OS_AUTH_URL=http://127.0.0.1:1/v3");
    one_line(&said, &["could not reach Keystone"]);
    for line in ["", "true", "export OS_DEFAULT_DOMAIN=default", "export OS_PROJECT_NAME=other", ""] {
        assert_eq!(shell.run_in_time(line).text, "", "{line}");
    }
    assert_eq!(shell.exported("OS_TOKEN|OSTOKEN_(EXP|FOR)"), "");
    assert_eq!(shell.get("OS_USER_DOMAIN_NAME"), "Default");
    // A person who asks is told at once.
    let asked = shell.run("ostoken token");
    assert_eq!(asked.status, 6, "{}", asked.text);
    person.await_renewals();
}

fn a_refusal_is_said_once_and_the_right_password_ends_it(name: &str) {
    let fake = Fake::start();
    fake.always(Answer::unauthorized());
    let Some(person) = User::with_keyutils(fake.environment()) else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    one_line(&greeting(&mut shell), &["rejected", "ostoken login"]);
    for line in ["", "export OS_PROJECT_NAME=other", "", "export OS_PROJECT_NAME=demo"] {
        assert_eq!(shell.run_in_time(line).text, "", "{line}");
    }
    assert_eq!(fake.posts(), 1);
    fake.recover();
    // As long as the wrong one.
    let password = "x".repeat(shell.get("OS_PASSWORD").len());
    let mut said = shell.run_in_time(&format!("export OS_PASSWORD='{password}'")).text;
    assert!(wait_until(Duration::from_secs(20), || {
        said += &shell.run_in_time("").text;
        !shell.get("OS_TOKEN").is_empty()
    }));
    assert_eq!(said, "");
    assert_eq!(fake.posts(), 2);
}

fn a_swapped_auth_url_is_sent_nothing_until_login(name: &str) {
    let (own, other) = (Fake::start(), Fake::start());
    other.issue(200, 3600);
    let Some(person) = User::with_keyutils(own.environment()) else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let first = shell.token();
    assert_eq!((first.len(), own.posts()), (183, 1));
    let said = shell.said(&format!("export OS_AUTH_URL={}", other.auth_url()));
    one_line(&said, &["ostoken login", &other.auth_url()]);
    for line in ["", "export OS_PROJECT_NAME=other", "unset OS_PROJECT_NAME", "export OS_PROJECT_NAME=demo"] {
        assert_eq!(shell.run_in_time(line).text, "", "{line}");
    }
    assert_eq!(shell.exported("OS_TOKEN|OSTOKEN_EXP"), "", "the token is not for that host");
    person.await_renewals();
    assert_eq!(other.requests().len(), 0);
    // The same without the password in the environment: there is none to send.
    let password = shell.get("OS_PASSWORD");
    shell.run("unset OS_PASSWORD");
    shell.run(&format!("export OS_PASSWORD='{password}'"));
    person.await_renewals();
    assert_eq!(other.requests().len(), 0);
    let login = shell.run("ostoken login");
    assert_eq!(login.status, 0, "{}", login.text);
    shell.run("ostoken_on");
    assert_eq!(shell.token().len(), 200);
    assert_eq!((own.requests().len(), other.posts()), (1, 1));
}

fn a_missing_secret_is_said_once(name: &str) {
    let fake = Fake::start();
    let Some(mut person) = User::with_keyutils(fake.environment()) else { return };
    person.unset("OS_PASSWORD");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    one_line(&greeting(&mut shell), &["ostoken login"]);
    for line in ["", "export OS_PROJECT_NAME=other", "export OS_PROJECT_NAME=demo"] {
        assert_eq!(shell.run_in_time(line).text, "", "{line}");
    }
    assert_eq!(fake.requests().len(), 0);
}

fn a_login_at_this_terminal_is_seen_by_its_next_prompt(name: &str) {
    let fake = Fake::start();
    let Some(mut person) = User::with_keyutils(fake.environment()) else { return };
    person.unset("OS_PASSWORD");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    one_line(&greeting(&mut shell), &["run `ostoken login`"]);
    shell.send("ostoken login");
    shell.await_text("Password for alice");
    shell.send("a password");
    assert_eq!(shell.prompt().status, 0);
    assert_eq!(shell.get("OS_TOKEN"), person.token());
    assert_eq!(fake.posts(), 1);
}

fn a_token_that_outlives_its_keystone_stays_in_use(name: &str) {
    let fake = Fake::start();
    fake.issue(183, 60);
    let Some(mut person) = User::with_keyutils(fake.environment()) else { return };
    // Stale after a second, dead after 45.
    person.set("OSTOKEN_REFRESH_AFTER", "1s");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    assert_ne!(token, "");
    fake.always(Answer::html(503));
    let tried = || {
        shell.run_in_time("");
        fake.posts() > 1
    };
    assert!(wait_until(Duration::from_secs(30), tried), "it is renewed");
    person.await_renewals();
    // In the next seconds the hook asks what became of it.
    let mut said = String::new();
    let told = || {
        said += &shell.run_in_time("").text;
        !said.is_empty()
    };
    assert!(wait_until(Duration::from_secs(20), told), "it is said");
    one_line(&said, &["could not reach Keystone"]);
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!(fake.posts(), 2, "the hooks back off");
}
