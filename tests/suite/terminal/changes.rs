//! The environment changes under the hook: another OpenRC, none, off and on, a token of the user's own.

use std::collections::BTreeSet;
use std::fs;

use super::{in_each_shell, init, language, member, openrc, sourced, user_of_fake};
use crate::support::{Cloud, CloudOptions, people};
use crate::user::User;

in_each_shell! {
    off_puts_everything_back_and_on_starts_again
    the_openrc_of_another_user_gives_their_token_and_uses_nothing_of_the_first
    another_user_without_a_domain_is_not_given_the_domain_of_the_first
    another_project_has_its_own_token_and_the_way_back_makes_none
    variables_that_are_cleared_leave_nothing_of_ours
    a_token_exported_by_hand_is_left_alone
    a_token_exported_by_hand_over_ours_is_left_alone
    off_leaves_a_token_exported_by_hand
    a_shell_within_leaves_a_token_exported_by_hand
}

fn off_puts_everything_back_and_on_starts_again(name: &str) {
    let Some((fake, mut person)) = user_of_fake() else { return };
    person.set("OS_AUTH_TYPE", "v3password");
    let before_file = person.home.outside("before");
    let rc = format!("env >{}\n{}", before_file.display(), init(name));
    let Some(mut shell) = person.terminal(name, &rc) else { return };
    let ours = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with("OS_") || line.starts_with("OSTOKEN_"));
        lines.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let before = ours(&fs::read_to_string(before_file).unwrap());
    let token = shell.token();
    assert_ne!(token, "");
    let off = shell.run("ostoken_off");
    assert_eq!((off.status, off.text.as_str()), (0, ""));
    shell.run("");
    assert_eq!(ours(&shell.exported("OS_|OSTOKEN_")), before);
    // Off stays off, also when the environment changes.
    shell.run("export OS_DEFAULT_DOMAIN=default");
    assert_eq!(shell.get("OS_TOKEN"), "");
    shell.run("unset OS_DEFAULT_DOMAIN");
    assert_eq!(shell.run("ostoken_on").text, "");
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!(shell.exported("OS_USER_DOMAIN"), "");
    shell.run("ostoken_off");
    assert_eq!(ours(&shell.exported("OS_|OSTOKEN_")), before, "the second time as well");
    assert_eq!(fake.posts(), 1);
}

fn the_openrc_of_another_user_gives_their_token_and_uses_nothing_of_the_first(name: &str) {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(person) = User::with_keyutils(Vec::new()) else { return };
    let file = |user: &str, project: &str| openrc(&person, &cloud, name, user, project);
    let (erin, bob) = (file("erin", "remote"), file("bob", "demo"));
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let user_of = |token: &str| {
        let body = people::parse(&cloud.look_at(token).body);
        body["token"]["user"]["name"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(shell.run(&erin).text, "");
    let of_erin = shell.token();
    assert_eq!(user_of(&of_erin), "erin");
    assert_eq!(shell.run(&bob).text, "");
    assert_eq!(user_of(&shell.new_token(&of_erin)), "bob");
    assert_eq!(shell.text("ostoken token"), shell.get("OS_TOKEN"));
    assert_eq!(shell.get("OSTOKEN_USER_DOMAIN_NAME"), "Default");
    shell.run(&erin);
    assert_eq!(user_of(&shell.get("OS_TOKEN")), "erin");
    assert_eq!((cloud.creations(), cloud.answers_to("POST", 401)), (2, 0));
}

fn another_user_without_a_domain_is_not_given_the_domain_of_the_first(name: &str) {
    let Some((cloud, person)) = member("erin", "remote") else { return };
    let mut alice = cloud.openrc_environment("alice", "demo");
    alice.retain(|(name, _)| name != "OS_USER_DOMAIN_NAME");
    let alice = sourced(&person, "alice.sh", &alice);
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let of_erin = shell.token();
    assert_eq!(shell.get("OSTOKEN_USER_DOMAIN_NAME"), "elsewhere");
    assert_eq!(shell.run(&alice).text, "");
    let body = people::parse(&cloud.look_at(&shell.new_token(&of_erin)).body);
    assert_eq!(body["token"]["user"]["name"], "alice");
    assert_eq!(shell.exported("OSTOKEN_USER|OS_USER_DOMAIN"), "");
    shell.run("ostoken_off");
    assert_eq!(shell.exported("OSTOKEN_USER|OS_USER_DOMAIN"), "");
    assert_eq!(cloud.answers_to("POST", 401), 0);
}

fn another_project_has_its_own_token_and_the_way_back_makes_none(name: &str) {
    let Some((fake, person)) = user_of_fake() else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let demo = shell.token();
    shell.run("export OS_PROJECT_NAME=other");
    let other = shell.new_token(&demo);
    assert!(other != demo && !other.is_empty());
    shell.run("export OS_PROJECT_NAME=demo");
    assert_eq!(shell.get("OS_TOKEN"), demo);
    assert_eq!(fake.posts(), 2);
}

fn variables_that_are_cleared_leave_nothing_of_ours(name: &str) {
    let Some((fake, person)) = user_of_fake() else { return };
    let variables = fake.environment();
    let source = sourced(&person, "erin.sh", &variables);
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    assert_eq!(shell.run(language::clear(name)).text, "");
    assert_eq!(shell.exported("OS_|OSTOKEN_(EXP|FOR|AUTH|USER|PASS|SCRUB)"), "");
    // What direnv does on leaving: it unsets what the folder's file had set, and knows nothing of OS_TOKEN.
    assert_eq!(shell.run(&source).text, "");
    assert_eq!(shell.get("OS_TOKEN"), token);
    let names: Vec<_> = variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(shell.run(&format!("unset {}", names.join(" "))).text, "");
    assert_eq!(shell.exported("OS_|OSTOKEN_(EXP|FOR|AUTH|USER|PASS|SCRUB)"), "");
    shell.run(&source);
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!(fake.posts(), 1);
}

fn a_token_exported_by_hand_is_left_alone(name: &str) {
    let Some((fake, mut person)) = user_of_fake() else { return };
    person.set("OS_TOKEN", "a-token-of-my-own");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let before = shell.exported("OS_|OSTOKEN_");
    assert!(before.contains("OS_TOKEN=a-token-of-my-own\n") && before.contains("OS_USER_DOMAIN_NAME"), "{before}");
    shell.run("export OS_PROJECT_NAME=other");
    assert_eq!(shell.get("OS_TOKEN"), "a-token-of-my-own");
    assert_eq!(fake.requests().len(), 0);
    shell.run("unset OS_TOKEN");
    shell.token();
}

fn a_token_exported_by_hand_over_ours_is_left_alone(name: &str) {
    let Some((fake, person)) = user_of_fake() else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let ours = shell.token();
    shell.run("export OS_TOKEN=a-token-of-my-own");
    assert_eq!(shell.get("OS_TOKEN"), "a-token-of-my-own");
    person.run(&["refresh"]).success();
    shell.run("");
    assert_eq!(shell.get("OS_TOKEN"), "a-token-of-my-own");
    shell.run("unset OS_TOKEN");
    let renewed = shell.token();
    assert!(renewed != ours && renewed == person.token());
    assert_eq!(fake.posts(), 2);
}

fn a_shell_within_leaves_a_token_exported_by_hand(name: &str) {
    let Some((fake, person)) = user_of_fake() else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    shell.token();
    shell.run("export OS_TOKEN=a-token-of-my-own");
    shell.run(&language::inner(name));
    shell.run("");
    shell.run("ostoken_off");
    assert_eq!(shell.get("OS_TOKEN"), "a-token-of-my-own");
    assert_eq!(shell.exported("OSTOKEN_(EXP|FOR)"), "");
    assert_eq!(fake.posts(), 1);
}

fn off_leaves_a_token_exported_by_hand(name: &str) {
    let Some((_fake, person)) = user_of_fake() else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    shell.run("export OS_TOKEN=a-token-of-my-own");
    shell.run("ostoken_off");
    assert_eq!(shell.get("OS_TOKEN"), "a-token-of-my-own");
    assert_eq!(shell.get("OS_USER_DOMAIN_NAME"), "Default");
}
