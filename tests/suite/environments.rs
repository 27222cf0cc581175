//! Which login a set of variables means, or why it means none: what the two Python clients would do, seen at a Keystone.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::support::{Answer, Cloud, CloudOptions, Fake, people};
use crate::user::User;

/// Every command that reads an identity.
const COMMANDS: [&[&str]; 11] = [
    &["token"],
    &["env", "--shell", "bash"],
    &["exec", "--", "env"],
    &["get"],
    &["status"],
    &["status", "--check"],
    &["login"],
    &["refresh"],
    &["revoke"],
    &["revoke", "--all"],
    &["logout"],
];

/// Sees that each command refuses this environment with a text that holds `named`, and gives nothing.
#[track_caller]
fn each_command_refuses(fake: &Fake, user: &User, named: &str) {
    for command in COMMANDS {
        let output = user.run_with_input(command, "").expect_status(2);
        assert_eq!(output.stdout, "", "{command:?}");
        assert!(output.stderr.starts_with("ostoken: ") && output.stderr.contains(named), "{command:?}: {output:?}");
        assert!(output.stderr.contains("\nhint: "), "{command:?}: {output:?}");
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_cloud_of_clouds_yaml_is_no_login_of_the_variables_beside_it() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_CLOUD", "lab");
    each_command_refuses(&fake, &user, "OS_CLOUD: no cloud `lab`: no clouds.yaml found");
    let hook = user.hook("").success();
    assert_eq!(hook.stderr, "");
    assert!(!hook.stdout.contains("OS_TOKEN"), "{hook:?}");
    let elsewhere = user.run_with_input(&["get"], "protocol=https\nhost=github.com\n\n").success();
    assert_eq!((elsewhere.stdout.as_str(), elsewhere.stderr.as_str()), ("", ""));
    let own = format!("protocol=http\nhost=127.0.0.1:{}\n\n", fake.port());
    assert_eq!(user.run_with_input(&["get"], &own).success().stdout, "");
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_file_takes_the_place_of_a_cloud_unless_it_names_one() {
    let fake = Fake::start();
    let user = User::new(Vec::new()).with("OS_CLOUD", "lab");
    let mut text: String =
        fake.environment().iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
    let file = user.home.outside("openrc.sh");
    let token = |text: &str| {
        fs::write(&file, text).unwrap();
        user.run(&["token", "--openrc", file.to_str().unwrap()])
    };
    token(&text).success();
    assert_eq!(fake.posts(), 1);
    text += "export OS_CLOUD=other\n";
    assert!(token(&text).expect_status(2).stderr.contains("OS_CLOUD: no cloud `other`"));
    assert_eq!(fake.posts(), 1);
}

#[test]
fn an_authentication_method_that_is_not_supported_is_named() {
    let fake = Fake::start();
    for method in ["v3oidcpassword", "v3totp", "v3multifactor", "v3kerberos", "v3websso", "v3samlpassword", "v3oauth1"]
    {
        let user = User::of(&fake).with("OS_AUTH_TYPE", method);
        let said = user.run(&["token"]).expect_status(2);
        assert!(
            said.stdout.is_empty()
                && said.stderr.contains(&format!("OS_AUTH_TYPE: the authentication method `{method}`"))
        );
        let hook = user.hook("").success();
        assert_eq!(hook.stderr, "", "{method}");
        assert!(!hook.stdout.contains("OS_TOKEN"), "{hook:?}");
    }
    each_command_refuses(&fake, &User::of(&fake).with("OS_AUTH_TYPE", "v3oidcpassword"), "v3oidcpassword");
}

#[test]
fn a_value_that_is_not_utf8_is_refused_by_name() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for name in
        ["OS_PROJECT_NAME", "OS_PASSWORD", "OS_CACERT", "OS_TENANT_ID", "XDG_STATE_HOME", "OSTOKEN_REFRESH_AFTER"]
    {
        let mut command = user.ostoken(&["token"]);
        command.env(name, OsStr::from_bytes(b"/caf\xe9"));
        let output = user.home.run(&mut command).expect_status(2);
        assert!(output.stdout.is_empty() && output.stderr.contains(name), "{name}: {output:?}");
        assert!(!output.stderr.contains("caf") || name != "OS_PASSWORD", "{output:?}");
    }
    // What nobody reads may hold what it likes.
    let mut command = user.ostoken(&["token"]);
    command.env("OS_REGION_NAME", OsStr::from_bytes(b"\xe9"));
    user.home.run(&mut command).success();
    assert_eq!(fake.posts(), 1);
}

#[test]
fn the_hint_of_a_redirect_is_the_new_auth_url() {
    let fake = Fake::start();
    for (location, named) in [
        ("https://new.example.org:5000/identity/v3/auth/tokens", "`https://new.example.org:5000/identity/v3`"),
        ("/identity/v3/auth/tokens?a=b", "/identity/v3`"),
    ] {
        fake.always(Answer::new(301).header("Location", location));
        let output = User::of(&fake).run(&["token"]).expect_status(6);
        let hint = output.stderr.split_once("hint: ").unwrap().1;
        assert!(hint.contains(named) && !hint.contains("/auth/tokens"), "{output:?}");
    }
}

#[test]
fn a_wait_that_makes_no_sense_is_bounded() {
    let fake = Fake::start();
    for (value, seconds) in [("0", 1), ("10000000000000000000000", 3600), ("-5", 60), ("soon", 60), ("", 60)] {
        fake.always(Answer::too_many(Some(value)));
        let user = User::of(&fake);
        let output = user.run(&["token"]).expect_status(5);
        let number = |text: &str| text.split(|c: char| !c.is_ascii_digit()).find_map(|part| part.parse::<u64>().ok());
        let said = output.stderr.split_once("429").map_or(output.stderr.as_str(), |(_, rest)| rest);
        assert!(number(said).is_some_and(|said| said <= seconds && said + 5 > seconds.min(60)), "{value}: {output:?}");
    }
}

#[test]
fn the_scope_is_that_of_the_clients() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let mut variables = cloud.openrc_environment("alice", "demo");
    variables.extend([("OS_DOMAIN_NAME".into(), "Default".into())]);
    let user = User::new(variables);
    let body = people::parse(&cloud.look_at(&user.token()).body);
    assert_eq!(body["token"]["project"]["name"], "demo");
}
