//! Other ways to log in, and other clouds, in a shell that had a token by password.

use std::time::Duration;

use super::{in_each_shell, init, member, sourced};
use crate::support::cloud_users::Variables;
use crate::support::fake_issuer::{characters, now, timestamp};
use crate::support::pty::Shell;
use crate::support::{Answer, Cloud, CloudOptions, Fake, people};
use crate::user::User;

in_each_shell! {
    an_application_credential_sourced_over_a_password_is_left_as_its_file_made_it
    an_application_credential_used_over_a_password_is_left_as_its_file_made_it
    a_method_that_is_not_supported_is_left_alone_without_a_word
    an_export_that_was_asked_for_ends_when_it_is_no_longer
    the_way_back_to_the_first_auth_url_finds_its_token
    a_cloud_behind_its_own_authority_serves_every_folder
    a_token_is_gone_as_soon_as_the_environment_names_another_login
}

/// What Horizon's file for an application credential makes of an environment.
fn is_the_files_own(shell: &mut Shell, credential: &Variables) {
    let expected: Vec<_> = credential.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for line in expected.iter().filter(|line| !line.contains("SECRET")) {
        assert!(
            shell.exported("OS_").lines().any(|found| found == line),
            "{line} in {}",
            shell.exported("OS_|OSTOKEN")
        );
    }
    assert_eq!(shell.exported("OS_TOKEN|OSTOKEN_(EXP|FOR|AUTH_TYPE|USER)"), "");
}

fn an_application_credential_sourced_over_a_password_is_left_as_its_file_made_it(name: &str) {
    let Some((cloud, person)) = member("alice", "demo") else { return };
    let credential = cloud.app_credential_environment();
    let source = sourced(&person, "robot.sh", &credential);
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    shell.token();
    assert_eq!(shell.run(&source).text, "");
    is_the_files_own(&mut shell, &credential);
    shell.run("");
    is_the_files_own(&mut shell, &credential);
    assert_eq!(cloud.creations(), 1, "nothing is made for a credential whose client cannot bear it");
    let token = shell.text("ostoken token");
    let body = people::parse(&cloud.look_at(&token).body);
    assert_eq!(body["token"]["methods"][0], "application_credential");
}

fn an_application_credential_used_over_a_password_is_left_as_its_file_made_it(name: &str) {
    let Some((cloud, person)) = member("alice", "demo") else { return };
    let credential = cloud.app_credential_environment();
    sourced(&person, "robot.sh", &credential);
    let path = person.home.outside("robot.sh").display().to_string();
    person.run(&["login", "--openrc", &path]).success();
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    assert_eq!(shell.run(&format!("ostoken_use {path}")).text, "");
    is_the_files_own(&mut shell, &credential);
    assert_eq!(shell.exported("OS_(USER|PASSWORD|PROJECT|APPLICATION_CREDENTIAL_SECRET)"), "");
    assert!(cloud.accepts(&shell.text("ostoken token")));
}

fn a_method_that_is_not_supported_is_left_alone_without_a_word(name: &str) {
    let fake = Fake::start();
    let Some(person) = User::with_keyutils(fake.environment()) else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    shell.token();
    let mut other = fake.environment();
    other.push(("OS_AUTH_TYPE".into(), "v3oidcpassword".into()));
    for line in [&*sourced(&person, "oidc.sh", &other), "", "true", ""] {
        assert_eq!(shell.run(line).text, "");
    }
    assert_eq!(shell.get("OS_AUTH_TYPE"), "v3oidcpassword");
    assert_eq!(shell.get("OS_USER_DOMAIN_NAME"), "Default");
    assert_eq!(shell.exported("OS_TOKEN|OSTOKEN_(EXP|FOR)"), "");
    assert_eq!(fake.posts(), 1);
}

fn an_export_that_was_asked_for_ends_when_it_is_no_longer(name: &str) {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let credential = cloud.app_credential_environment();
    let Some(mut person) = User::with_keyutils(credential.clone()) else { return };
    person.set("OSTOKEN_EXPORT", "always");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    assert!(cloud.accepts(&token));
    assert_eq!(shell.get("OS_AUTH_TYPE"), "token");
    assert_eq!(shell.text("sh -c 'ostoken token'"), token);
    // A hook takes its settings when it is loaded, and when a person says so.
    shell.run("unset OSTOKEN_EXPORT");
    assert_eq!(shell.get("OS_TOKEN"), token);
    shell.run("ostoken_on");
    is_the_files_own(&mut shell, &credential);
    shell.run("export OSTOKEN_EXPORT=always");
    shell.run("ostoken_on");
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!(cloud.creations(), 1);
}

fn the_way_back_to_the_first_auth_url_finds_its_token(name: &str) {
    let Some((cloud, person)) = member("erin", "remote") else { return };
    let other = Fake::start();
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    assert!(cloud.accepts(&token));
    shell.said(&format!("export OS_AUTH_URL={}", other.auth_url()));
    assert_eq!(shell.get("OS_TOKEN"), "");
    assert_eq!(shell.run(&format!("export OS_AUTH_URL={}", cloud.auth_url())).text, "");
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!((cloud.creations(), cloud.answers_to("POST", 401)), (1, 0));
    assert_eq!(other.requests().len(), 0);
    shell.run("ostoken_off");
    assert_eq!(shell.get("OS_USER_DOMAIN_NAME"), "elsewhere");
}

fn a_token_is_gone_as_soon_as_the_environment_names_another_login(name: &str) {
    let (own, other) = (Fake::start(), Fake::start());
    other.issue(200, 3600);
    let Some(person) = User::with_keyutils(own.environment()) else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    // Another cloud with another password; it takes its time.
    let (now, later) = (timestamp(now()), timestamp(now() + 3600));
    other.then(Answer::token(&characters(200, 7), &now, &later).delay(Duration::from_secs(4)));
    let mut variables = other.environment();
    variables.retain(|(name, _)| name != "OS_PASSWORD");
    variables.push(("OS_PASSWORD".into(), "another one".into()));
    assert_eq!(shell.run_in_time(&sourced(&person, "other.sh", &variables)).text, "");
    // A client started now would send it to a host that it does not belong to.
    assert_ne!(shell.get("OS_TOKEN"), token);
    assert_eq!(shell.new_token(&token).len(), 200);
    assert_eq!((own.posts(), other.posts()), (1, 1));
}

fn a_cloud_behind_its_own_authority_serves_every_folder(name: &str) {
    let Some(cloud) = Cloud::start(CloudOptions { tls: true, ..CloudOptions::default() }) else { return };
    let Some(mut person) = User::with_keyutils(cloud.openrc_environment("alice", "demo")) else { return };
    person.run(&["login"]).success();
    person.unset("OS_PASSWORD");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    assert!(cloud.accepts(&token));
    shell.run("cd /");
    assert_eq!(shell.run("ostoken revoke 2>/dev/null").status, 0);
    let second = shell.new_token(&token);
    assert!(second != token && cloud.accepts(&second));
    // Another authority: the secret that is kept is not sent there.
    shell.run("unset OS_CACERT");
    let refused = shell.run("sh -c 'ostoken refresh 2>&1'");
    assert!(refused.text.contains("ostoken login"), "{}", refused.text);
    assert_eq!(cloud.creations(), 2);
}
