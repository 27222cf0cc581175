//! Which login a set of variables means, or why it means none: what the two Python clients would do, seen at a Keystone.

use std::fs;

use crate::support::Fake;
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
    each_command_refuses(&fake, &user, "OS_CLOUD: `lab` is a cloud of clouds.yaml");
    let hook = user.hook("").success();
    assert_eq!(hook.stderr, "");
    assert!(!hook.stdout.contains("OS_TOKEN"), "{hook:?}");
    let elsewhere = user.run_with_input(&["get"], "protocol=https\nhost=github.com\n\n").success();
    assert_eq!((elsewhere.stdout.as_str(), elsewhere.stderr.as_str()), ("", ""));
    let own = format!("protocol=http\nhost=127.0.0.1:{}\n\n", fake.port());
    assert_eq!(user.run_with_input(&["get"], &own).expect_status(2).stdout, "");
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
    assert!(token(&text).expect_status(2).stderr.contains("OS_CLOUD: `other`"));
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
