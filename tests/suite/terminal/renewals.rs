//! New tokens: made elsewhere, behind the prompt, or by a Keystone that takes its time.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{in_each_shell, init, member};
use crate::support::tools::wait_until;
use crate::support::{Answer, Cloud, CloudOptions, Fake};
use crate::user::User;

in_each_shell! {
    a_token_renewed_elsewhere_is_there_at_the_next_prompt
    a_revoked_token_is_replaced_at_the_next_prompt
    short_lived_tokens_are_good_at_every_prompt
    a_keystone_that_takes_four_seconds_holds_no_prompt_up_and_makes_one_token
    a_keystone_that_hangs_holds_no_prompt_up_and_leaves_nothing_running
}

fn a_token_renewed_elsewhere_is_there_at_the_next_prompt(name: &str) {
    let Some((cloud, person)) = member("alice", "demo") else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let first = shell.token();
    let Some(mut second_shell) = person.terminal(name, &init(name)) else { return };
    assert_eq!(second_shell.get("OS_TOKEN"), first);
    person.run(&["refresh"]).success();
    let renewed = person.token();
    assert_ne!(renewed, first);
    for shell in [&mut shell, &mut second_shell] {
        shell.run("");
        assert_eq!(shell.get("OS_TOKEN"), renewed);
    }
    assert_eq!(cloud.creations(), 2);
}

fn a_revoked_token_is_replaced_at_the_next_prompt(name: &str) {
    let Some((cloud, person)) = member("erin", "remote") else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let first = shell.token();
    let revoked = shell.run("ostoken revoke");
    assert!(revoked.status == 0 && revoked.text.ends_with("revoked the token\n"), "{revoked:?}");
    let second = shell.new_token(&first);
    assert!(second != first && cloud.accepts(&second) && !cloud.accepts(&first));
    assert_eq!(cloud.creations(), 2);
    assert_eq!(shell.exported("OS_USER_DOMAIN"), "");
}

fn short_lived_tokens_are_good_at_every_prompt(name: &str) {
    let options = CloudOptions { expiration: 20, ..CloudOptions::default() };
    let Some(cloud) = Cloud::start(options) else { return };
    let Some(person) = User::with_keyutils(cloud.openrc_environment("alice", "demo")) else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    shell.token();
    let mut seen = BTreeSet::new();
    let two_lives = wait_until(Duration::from_secs(60), || {
        shell.run("");
        let token = shell.get("OS_TOKEN");
        assert!(cloud.accepts(&token), "a dead token after {} others: {token:?}", seen.len());
        seen.insert(token);
        seen.len() == 2
    });
    assert!(two_lives, "{} tokens", seen.len());
    person.await_renewals();
    assert!((2..=3).contains(&cloud.creations()), "{} creations", cloud.creations());
}

fn a_keystone_that_takes_four_seconds_holds_no_prompt_up_and_makes_one_token(name: &str) {
    let Some((cloud, mut person)) = member("alice", "demo") else { return };
    let url = cloud.auth_url();
    person.logged_in();
    person.unset("OS_AUTH_URL");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    cloud.set_delay(4.0);
    assert_eq!(shell.run_in_time(&format!("export OS_AUTH_URL={url}")).text, "");
    let mut prompts = 1;
    let is_there = wait_until(Duration::from_secs(30), || {
        prompts += 1;
        shell.run_in_time("");
        shell.run_in_time("printenv OS_TOKEN").text.trim() != ""
    });
    assert!(is_there, "no token after {prompts} prompts");
    cloud.set_delay(0.0);
    assert!(cloud.accepts(&shell.get("OS_TOKEN")));
    assert_eq!(shell.exported("OS_USER_DOMAIN"), "");
    assert_eq!(cloud.creations(), 1);
}

fn a_keystone_that_hangs_holds_no_prompt_up_and_leaves_nothing_running(name: &str) {
    let fake = Fake::start();
    fake.always(Answer::new(201).delay(Duration::from_secs(30)));
    let Some(person) = User::with_keyutils(fake.environment()) else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    assert_eq!(shell.greeting, "");
    for _ in 0..5 {
        assert_eq!(shell.run_in_time("").text, "");
    }
    let is_at_work = || (person.renewals().len(), fake.posts()) == (1, 1);
    assert!(wait_until(Duration::from_secs(10), is_at_work), "one is at work: {} sent", fake.posts());
    assert!(wait_until(Duration::from_secs(25), || person.renewals().is_empty()), "it works on after its 20 s");
    // The hooks back off, and say so once.
    let said = shell.run_in_time("").text;
    assert_eq!(fake.posts(), 1, "nothing is sent again at once");
    assert!(said.starts_with("ostoken: ") && said.contains("could not reach Keystone"), "{said:?}");
    assert_eq!(said.lines().count(), 1, "{said:?}");
    for _ in 0..3 {
        assert_eq!(shell.run_in_time("").text, "");
    }
    assert_eq!((person.renewals().len(), fake.posts()), (0, 1), "nothing is sent again at once");
}
