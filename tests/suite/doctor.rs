//! `ostoken doctor`: all is well, or each thing that is not is named with what mends it; nothing is created or given away.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use ostoken::secret::Token;
use serde_json::Value;

use crate::support::tls::{Certificate, front};
use crate::support::{Answer, Client, Cloud, CloudOptions, Fake, Home, Session, people};
use crate::terminal::{in_each_shell, init};
use crate::user::User;

const HOOK: &str = "eval \"$(ostoken init bash --wrap openstack)\"\n";

/// The line about this subject, and the one that mends it.
#[track_caller]
fn found(text: &str, subject: &str) -> (String, String) {
    let mut lines = text.lines();
    let line = lines.find(|line| line.get(9..).is_some_and(|rest| rest.starts_with(&format!("{subject}: "))));
    let line = line.unwrap_or_else(|| panic!("nothing about {subject}: {text}"));
    let mend = lines.next().and_then(|line| line.strip_prefix("         mend: ")).unwrap_or_default();
    (line.to_owned(), mend.to_owned())
}

/// Sees that the doctor names a problem of this subject with these words, and gives what mends it.
#[track_caller]
fn problem(user: &User, arguments: &[&str], subject: &str, words: &str) -> String {
    let output = user.run(&[&["doctor"], arguments].concat()).expect_status(1);
    let (line, mend) = found(&output.stdout, subject);
    assert!(line.starts_with("problem  ") && line.contains(words), "{line}");
    assert!(!mend.is_empty() && output.stderr.is_empty(), "{output:?}");
    mend
}

/// The same for a note, with no problem beside it.
#[track_caller]
fn note(user: &User, subject: &str, words: &str) -> String {
    let output = user.run(&["doctor"]).success();
    let (line, mend) = found(&output.stdout, subject);
    assert!(line.starts_with("note ") && line.contains(words), "{line}");
    mend
}

/// A user in bash, whose password is in the keyring alone and whose hook works.
fn hooked(mut user: User) -> User {
    user.run(&["login"]).success();
    let token = user.token();
    user.unset("OS_PASSWORD");
    user.set("SHELL", "/bin/bash").set("OS_TOKEN", &token).set("OS_AUTH_TYPE", "token");
    user.set("OSTOKEN_EXPORTED", &Token::parse(&token).unwrap().fingerprint());
    fs::write(user.home.path().join(".bashrc"), HOOK).unwrap();
    user
}

#[test]
fn where_all_is_well_nothing_is_created_and_no_secret_is_sent_or_shown() {
    let Some(cloud) = Cloud::start(CloudOptions { tls: true, ..CloudOptions::default() }) else { return };
    let user = User::new(cloud.openrc_environment("alice", "demo")).with_client(Client::Pip);
    let Some(user) = user.map(hooked) else { return };
    let before = cloud.requests();
    let output = user.run(&["doctor"]).success();
    assert!(output.stdout.lines().all(|line| line.starts_with("ok       ")), "{output:?}");
    for (subject, words) in [
        ("login", "alice at https://127.0.0.1"),
        ("keyring", "file (OSTOKEN_KEYRING names it)"),
        ("secret", "the password is in the keyring"),
        ("connection", "ca.pem"),
        ("auth URL", "Keystone v3."),
        ("clock", ""),
        ("start-up file", "~/.bashrc loads the hook"),
        ("hook", "works in this shell"),
        ("client", "openstack "),
    ] {
        assert!(found(&output.stdout, subject).0.contains(words), "{subject}: {output:?}");
    }
    let json = user.run(&["doctor", "--json"]).success();
    let read: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let lines = read["findings"].as_array().unwrap().iter().map(|finding| {
        let word = |name: &str| finding[name].as_str().unwrap();
        format!("{:<8} {}: {}\n", word("level"), word("subject"), word("text"))
    });
    assert_eq!((lines.collect::<String>(), &read["problems"]), (output.stdout.clone(), &0.into()));

    let sent = cloud.requests().split_off(before.len());
    assert_eq!(sent.len(), 2);
    assert!(
        sent.iter().all(|request| request.method == "GET" && request.path.trim_end_matches('/') == "/v3"),
        "{sent:?}"
    );
    for text in [&output.stdout, &json.stdout] {
        assert!(!text.contains(&people::password("alice")) && !text.contains(user.get("OS_TOKEN")), "{text}");
    }
}

#[test]
fn no_request_holds_a_secret_or_a_token() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_TOKEN", "gAAAAAmine").with("OS_PASSCODE", "123456");
    let output = user.run(&["doctor"]).expect_status(1);
    let requests = fake.requests();
    assert_eq!((requests.len(), requests[0].method.as_str(), requests[0].body.as_str()), (1, "GET", ""));
    let whole = format!("{requests:?}{output:?}");
    for secret in ["correct horse battery", "gAAAAAmine", "123456"] {
        assert!(!whole.contains(secret), "{whole}");
    }
    assert!(found(&output.stdout, "OS_TOKEN").0.contains("set by hand"));
    assert!(found(&output.stdout, "OS_PASSCODE").0.starts_with("note "));
    assert_eq!(user.home.files_containing(&["correct horse battery", "gAAAAAmine"]), Vec::<std::path::PathBuf>::new());
}

#[test]
fn without_a_login_it_says_so_and_that_is_no_problem() {
    let user = User::new(Vec::new());
    assert!(note(&user, "login", "no cloud selected").contains("--openrc"));
    let half = user.with("OS_AUTH_URL", "https://keystone.invalid");
    problem(&half, &[], "login", "OS_USERNAME is not set");
    problem(&half, &["--openrc", "absent.sh"], "login", "absent.sh");
    problem(&half.with("OSTOKEN_KEYRING", "nonsense"), &[], "keyring", "not a keyring");
}

#[test]
fn a_secret_that_would_not_be_sent_is_named() {
    let fake = Fake::start();
    let mut user = User::of(&fake).without("OS_PASSWORD");
    assert_eq!(problem(&user, &[], "secret", "no password saved"), "ostoken login");
    user.set("OS_PASSWORD", "wrong");
    fake.then(Answer::unauthorized());
    user.run(&["token"]).expect_status(4);
    assert_eq!(problem(&user, &[], "secret", "rejected this password before"), "ostoken login");
    assert_eq!(fake.posts(), 1);
    user.set("OS_PASSWORD", "right").run(&["login"]).success();
    assert_eq!(note(&user, "OS_PASSWORD", "the keyring has it"), "unset OS_PASSWORD");
}

#[test]
fn a_server_that_is_no_keystone_or_none_is_named_in_time() {
    let fake = Fake::start();
    let mut user = User::of(&fake);
    let at = |answer: Answer| {
        fake.always(answer);
    };
    at(Answer::html(200));
    assert!(problem(&user, &[], "auth URL", "unexpected response").contains("https://host/v3"));
    at(Answer::redirect(301, "https://new.example/v3"));
    assert!(problem(&user, &[], "auth URL", "redirect").contains("OS_AUTH_URL='https://new.example/v3"));
    at(Answer::new(503));
    assert!(problem(&user, &[], "auth URL", "status 503").contains("curl -v"));
    at(Answer::new(200).body("x").delay(std::time::Duration::from_secs(30)));
    let output = user.run(&["doctor"]).expect_status(1);
    assert!(output.elapsed.as_secs() < 20 && output.stdout.contains("did not finish"), "{output:?}");
    fake.recover();
    for (skew, level) in [(2, "ok "), (90, "note "), (-7200, "problem ")] {
        fake.skew_clock(skew);
        let text = user.run(&["doctor"]).stdout;
        assert!(found(&text, "clock").0.starts_with(level), "{text}");
    }
    user.set("OS_AUTH_URL", "https://keystone.invalid/v3");
    assert_eq!(problem(&user, &[], "auth URL", "could not resolve"), "getent hosts keystone.invalid");
    user.set("OS_AUTH_URL", "http://127.0.0.1:1/v3");
    assert_eq!(problem(&user, &[], "auth URL", "could not reach"), "curl -v http://127.0.0.1:1/v3");
    assert_eq!(fake.posts(), 0);
}

#[test]
fn a_certificate_that_nobody_vouches_for_and_a_wrong_ca_file_are_named() {
    let fake = Fake::start();
    let own = Certificate::self_signed(&["127.0.0.1"]);
    let port = front(fake.port(), &own, None);
    let mut user = User::of(&fake).with("OS_AUTH_URL", &format!("https://127.0.0.1:{port}/v3"));
    assert!(problem(&user, &[], "auth URL", "not signed by a trusted").contains("OS_CACERT="));
    user.set("OS_CACERT", "/absent.pem");
    assert!(problem(&user, &[], "connection", "/absent.pem").contains("OS_CACERT="));
    let file = user.home.outside("ca.pem");
    fs::write(&file, &own.pem).unwrap();
    user.set("OS_CACERT", file.to_str().unwrap()).run(&["doctor"]).success();
    user.unset("OS_CACERT").set("OS_INSECURE", "1");
    assert_eq!(note(&user, "connection", "not verified"), "unset OS_INSECURE");
}

#[test]
fn a_locked_or_hung_keyring_stays_as_it_is() {
    let (fake, home) = (Fake::start(), Home::new());
    let Some(session) = Session::start(&home) else { return };
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "secret-service");
    let user = user.with("DBUS_SESSION_BUS_ADDRESS", session.address());
    user.run(&["login"]).success();
    session.lock();
    problem(&user, &[], "keyring", "locked");
    assert!(session.is_locked());
    session.hang();
    let output = user.run(&["doctor"]).expect_status(1);
    assert!(output.elapsed.as_secs() < 20 && output.stdout.contains("no answer"), "{output:?}");
    session.resume();
}

#[test]
fn a_state_folder_that_everyone_writes_to_is_named() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    let state = user.home.state().join("ostoken");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    let mend = problem(&user, &[], "state folder", "everyone can write to it");
    assert_eq!(mend, format!("chmod go-w {}", state.display()));
    let mended = user.home.run(user.command("sh").args(["-c", &mend])).success();
    assert_eq!(mended.stderr, "");
    user.run(&["doctor"]).success();
}

#[test]
fn files_with_a_password_that_others_can_read_are_named() {
    let fake = Fake::start();
    let user = User::of(&fake).with("SHELL", "/bin/bash");
    let write = |name: &str, text: &str, mode| {
        let path = user.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let lines: String = user.variables.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
    write("openrc.sh", &lines, 0o644);
    assert_eq!(problem(&user, &["--openrc", "openrc.sh"], "OpenRC file", "mode 0644"), "chmod 600 openrc.sh");
    write(".bashrc", &format!("{HOOK}ostoken_use ~/openrc.sh\n"), 0o644);
    assert_eq!(problem(&user, &[], "OpenRC file", "OS_PASSWORD"), "chmod 600 ~/openrc.sh");
    write("openrc.sh", &lines, 0o600);
    assert!(note(&user, "OpenRC file", "the keyring can keep").starts_with("ostoken login --openrc ~/openrc.sh"));
    write(".config/openstack/clouds.yaml", "clouds:\n  a:\n    auth:\n      password: hunter2\n", 0o644);
    let mend = problem(&user, &[], "clouds.yaml", "mode 0644");
    assert_eq!(mend, "chmod 600 ~/.config/openstack/clouds.yaml");
    user.home.run(user.command("bash").args(["-c", &mend])).success();
    let output = user.run(&["doctor"]).success();
    assert!(found(&output.stdout, "clouds.yaml").0.starts_with("ok "), "{output:?}");
}

#[test]
fn each_shells_start_up_file_is_looked_at() {
    for (shell, file) in [
        ("bash", ".bashrc"),
        ("zsh", ".zshrc"),
        ("fish", ".config/fish/config.fish"),
        ("pwsh", ".config/powershell/Microsoft.PowerShell_profile.ps1"),
    ] {
        let user = User::new(Vec::new()).with("SHELL", &format!("/usr/bin/{shell}"));
        let mend = note(&user, "start-up file", &format!("~/{file} does not load the hook"));
        let path = user.home.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match shell {
            "pwsh" => fs::write(&path, &mend).unwrap(),
            _ => drop(user.home.run(user.command("sh").args(["-c", &mend])).success()),
        }
        let output = user.run(&["doctor"]).success();
        assert!(found(&output.stdout, "start-up file").0.starts_with("ok "), "{output:?}");
    }
    assert!(note(&User::new(Vec::new()).with("SHELL", "/bin/dash"), "hook", "dash has no hook").contains("posix"));
}

in_each_shell! { a_hook_that_works_is_seen_in_its_shell }

fn a_hook_that_works_is_seen_in_its_shell(name: &str) {
    let fake = Fake::start();
    let user = User::of(&fake).with("SHELL", "/bin/sh");
    let Some(mut shell) = user.terminal(name, &init(name)) else { return };
    shell.token();
    let answer = shell.run("ostoken doctor");
    for words in [" loads the hook", "works in this shell"] {
        assert!(answer.status == 0 && answer.text.contains(words), "{words}: {answer:?}");
    }
    assert!(!answer.text.contains("problem "), "{answer:?}");
}

#[test]
fn clients_that_hang_or_fail_are_named_in_time_and_get_no_secret() {
    let fake = Fake::start();
    let mut user = User::of(&fake);
    note(user.set("PATH", "/nowhere"), "client", "no `openstack`");
    let mut folders = Vec::new();
    for (name, code) in
        [("hangs", "exec sleep 60"), ("fails", "exit 3"), ("tells", "echo \"openstack [$OS_PASSWORD]\"")]
    {
        let folder = user.home.outside(name);
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("openstack");
        fs::write(&program, format!("#!/bin/sh\n{code}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        folders.push(folder.display().to_string());
    }
    let path = format!("{}:/usr/bin:/bin", folders.join(":"));
    let output = user.set("PATH", &path).run(&["doctor"]).expect_status(1);
    assert!(output.elapsed.as_secs() < 25, "{output:?}");
    for words in ["hangs/openstack does not run: no answer within 10 s", "exit status: 3", "openstack [] ("] {
        assert!(output.stdout.contains(words), "{words}: {output:?}");
    }
}

#[test]
fn nothing_from_outside_reaches_the_terminal_as_it_is() {
    let fake = Fake::start();
    let version = serde_json::json!({"version": {"id": "v3\u{1b}[31m"}});
    fake.always(Answer::new(200).json(&version));
    let user = User::of(&fake).with("OS_USERNAME", "me\u{202e}").with("SHELL", "/bin/\u{1b}[2J");
    let output = user.run(&["doctor"]);
    assert!(output.stdout.contains("v3\\u{1b}[31m") && output.stdout.contains("me\\u{202e}"), "{output:?}");
    assert!(!output.stdout.contains(['\u{1b}', '\u{202e}']), "{output:?}");
}
