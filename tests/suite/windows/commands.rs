//! Each command, against a real Keystone.

use serde_json::Value;

use super::machine::{Machine, PLAIN, USER};
use crate::support::process::Output;
use crate::support::{Cloud, CloudOptions, people};

/// A cloud, and alice at a Windows with what her OpenRC file sets.
pub fn alice() -> Option<(Cloud, Machine)> {
    let cloud = Cloud::start(CloudOptions::default())?;
    let machine = Machine::new(cloud.openrc_environment("alice", "demo"))?;
    Some((cloud, machine))
}

/// The lines of an answer, which end as Unix has it or as Windows has it.
fn value<'o>(output: &'o Output, name: &str) -> &'o str {
    let mut values = output.stdout.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    values.next().unwrap_or_else(|| panic!("no {name} in {output:?}"))
}

#[test]
fn a_login_by_an_openrc_file_serves_until_its_logout() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(machine) = Machine::new(Vec::new()) else { return };
    let file = machine.home.outside("openrc.sh");
    cloud.openrc_file_that_asks(&file, "alice", "demo");
    let text = std::fs::read_to_string(file).unwrap().replace('\n', "\r\n");
    let file = machine.file(&format!("{USER}/Ablage \u{20ac}/openrc.sh"), format!("\u{feff}{text}"));
    let login = machine.run_with(&["login", "--openrc", &file, "--password-stdin"], people::password("alice") + "\r\n");
    let login = login.success();
    assert!(login.stdout.contains("saved in credential-manager"), "{login:?}");
    let ask = |arguments: &[&str]| machine.run(&[arguments, &["--openrc", &file]].concat()).success();

    let token = ask(&["token"]).stdout;
    assert!(cloud.accepts(token.trim_end()));
    let status: Value = people::parse(&ask(&["status", "--json", "--check"]).stdout);
    assert_eq!(
        (status["token"]["state"].as_str(), status["keyring"]["backend"].as_str()),
        (Some("fresh"), Some("credential-manager")),
        "{status}"
    );
    assert_eq!(cloud.creations(), 1);

    ask(&["refresh"]);
    let renewed = ask(&["token"]).stdout;
    assert!(renewed != token && cloud.accepts(renewed.trim_end()));
    ask(&["revoke"]);
    assert!(!cloud.accepts(renewed.trim_end()));
    let last = ask(&["token"]).stdout;
    assert_eq!(cloud.creations(), 3, "the secret is still there");
    ask(&["logout"]);
    assert!(!cloud.accepts(last.trim_end()));
    assert_eq!(machine.run(&["token", "--openrc", &file]).status, 3);
    let left = machine.entries();
    assert!(!left.iter().any(|entry| entry.starts_with("secret:") || entry.starts_with("token:")), "{left:?}");
    assert!(machine.home.files_containing(&[&people::password("alice"), last.trim_end()]).is_empty());
}

#[test]
fn the_credential_protocol_takes_both_line_ends() {
    let Some((cloud, machine)) = alice() else { return };
    for end in ["\n", "\r\n"] {
        let about = |more: &str| format!("protocol=http\nhost=127.0.0.1:{}\n{more}\n", cloud.port()).replace('\n', end);
        let output = machine.run_with(&["get"], about("")).success();
        let token = value(&output, "password").to_owned();
        assert!(cloud.accepts(&token) && !output.stdout.contains('\r'), "{output:?}");
        assert_eq!(value(&output, "username"), "alice");

        machine.run_with(&["erase"], about("username=alice\npassword=another\n")).success();
        assert_eq!(machine.token(), token);
        machine.run_with(&["erase"], about(&format!("username=alice\npassword={token}\n"))).success();
        assert_eq!(machine.status()["token"], Value::Null);

        let elsewhere = cloud.create_token("alice", "demo");
        let store = format!("authtype=X-Auth-Token\ncredential={elsewhere}\n");
        machine.run_with(&["store"], about(&store)).success();
        assert_eq!(machine.token(), elsewhere);
        machine.run(&["revoke"]).success();
        assert_eq!(
            machine.run_with(&["get"], "protocol=https\nhost=github.com\n\n".replace('\n', end)).success().stdout,
            ""
        );
    }
    assert_eq!(cloud.creations(), 2);
}

#[test]
fn cmd_evaluates_env_and_exec_runs_a_command_with_the_token() {
    let Some((cloud, machine)) = alice() else { return };
    let batch = format!(
        "@echo off\r\nfor /f \"delims=\" %%i in ('{PLAIN} env --shell cmd') do call %%i\r\n\
         echo [%OS_TOKEN%] [%OS_AUTH_TYPE%] [%OS_USER_DOMAIN_NAME%] [%OS_PROJECT_NAME%]\r\n"
    );
    let batch = machine.file("try.bat", batch);
    let output = machine.home.run(&mut machine.windows("cmd", &["/c", &batch])).success();
    let token = machine.token();
    assert!(output.stdout.contains(&format!("[{token}] [token] [] [demo]")), "{output:?}");

    let output = machine.run(&["exec", "--", "cmd", "/c", "echo [%OS_TOKEN%] [%OS_PASSWORD%]& exit 7"]);
    assert_eq!((output.status, output.stdout.trim_end()), (7, format!("[{token}] [ostoken]").as_str()));
    let output = machine.run(&["exec", "--", "no-such-program"]);
    assert_eq!(output.status, 127, "{output:?}");
    assert_eq!(cloud.creations(), 1);
}

#[test]
fn a_cloud_behind_its_own_authority_is_verified() {
    let Some(cloud) = Cloud::start(CloudOptions { tls: true, ..CloudOptions::default() }) else { return };
    let Some(mut machine) = Machine::new(cloud.openrc_environment("alice", "demo")) else { return };
    let authority = std::fs::read(cloud.ca_file().unwrap()).unwrap();
    let file = machine.file("Zertifikate \u{fc}/ca.pem", authority);
    machine.set("OS_CACERT", &file);
    machine.run(&["login"]).success();
    assert!(cloud.accepts(&machine.token()));
    // A renewal that a prompt leaves behind finds it too, also where it is named from the shell's folder.
    machine.set("OS_CACERT", "Zertifikate \u{fc}\\ca.pem");
    machine.run(&["revoke"]).success();
    let mut hook = machine.prepare(&["hook", "--shell", "bash"]);
    let hook = machine.run_alone(&mut hook).success();
    assert!(cloud.accepts(hook.stdout.lines().next().unwrap()), "{hook:?}");
    machine.unset("OS_CACERT");
    machine.set("OS_PROJECT_NAME", "other");
    let output = machine.run(&["token"]);
    assert_eq!(output.status, 6, "an unknown authority is none: {output:?}");
}

#[test]
fn a_keyring_of_another_system_is_refused_with_those_that_windows_has() {
    let Some((cloud, mut machine)) = alice() else { return };
    machine.set("OSTOKEN_KEYRING", "keyutils");
    let output = machine.run(&["token"]).expect_status(7);
    assert!(output.stderr.contains("keyutils: not available on this system"), "{output:?}");
    assert!(output.stderr.contains("hint: choose one with OSTOKEN_KEYRING=credential-manager or file"), "{output:?}");
    assert_eq!(cloud.creations(), 0);
}
