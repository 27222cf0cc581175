//! OpenRC files as the panels give them, through the whole program: what they mean, what they ask, and that nothing in
//! them ever runs.

use std::fs;
use std::path::Path;

use crate::support::pty::Shell;
use crate::support::{Cloud, CloudOptions, people, tool, tools};
use crate::terminal::{in_each_shell, init};
use crate::user::User;

const FIXTURES: [&str; 6] =
    ["horizon", "horizon-no-region", "horizon-application-credential", "ovh", "ovh-guide", "everything"];

in_each_shell! {
    a_panels_file_that_asks_is_used_without_a_question
    a_hostile_file_is_not_used_and_changes_nothing
}

fn fixture(name: &str) -> std::path::PathBuf {
    tools::root().join("tests/openrc").join(format!("{name}.sh"))
}

#[test]
fn every_panels_file_means_what_a_bash_makes_of_it() {
    let (Some(bash), Some(person)) = (tool("bash"), User::with_keyutils(Vec::new())) else { return };
    for name in FIXTURES {
        let file = fixture(name).display().to_string();
        let as_data =
            people::parse(&person.run(&["status", "--json", "--allow-http", "--openrc", &file]).success().stdout);
        let mut command = person.command(&bash);
        command.args(["-c", r#". "$1" >&2 <<<"typed"; exec ostoken status --json --allow-http"#, "bash", &file]);
        let sourced = people::parse(&person.home.run(&mut command).success().stdout);
        assert_eq!(as_data["identity"], sourced["identity"], "{name}");
        assert!(as_data["identity"]["auth_url"].as_str().unwrap().starts_with("http"), "{name}");
    }
}

#[test]
fn a_file_from_windows_logs_in_like_any_other() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(person) = User::with_keyutils(Vec::new()) else { return };
    let file = person.home.outside("openrc.sh");
    let path = file.display().to_string();
    cloud.openrc_file(&file, "bob", "demo");
    let token = person.run(&["login", "--openrc", &path]).and_token(&person, &path);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    assert_eq!(person.run(&["token", "--openrc", &path]).success().stdout, token, "the same identity");
    person.run(&["login", "--openrc", &path]).success();
    assert_eq!((cloud.creations(), cloud.answers_to("POST", 401)), (2, 0));
}

trait AndToken {
    fn and_token(self, person: &User, path: &str) -> String;
}

impl AndToken for crate::support::process::Output {
    fn and_token(self, person: &User, path: &str) -> String {
        self.success();
        person.run(&["token", "--openrc", path]).success().stdout
    }
}

#[test]
fn a_file_that_asks_is_asked_for_on_the_terminal_by_login_alone() {
    let Some(bash) = tool("bash") else { return };
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(mut person) = User::with_keyutils(Vec::new()) else { return };
    person.set("OSTOKEN_KEYRING", "keyutils");
    let file = person.home.outside("openrc.sh");
    cloud.openrc_file_that_asks(&file, "erin", "remote");
    let path = file.display().to_string();
    let token = person.run(&["token", "--openrc", &path]).expect_status(3);
    assert!(token.stderr.contains("ostoken login"), "{}", token.stderr);
    let mut shell = Shell::at_home(&bash, &person.home, "", &person.variables);
    shell.send(&format!("ostoken login --openrc {path}"));
    shell.await_text("Password for erin");
    shell.send(&people::password("erin"));
    let answer = shell.prompt();
    assert_eq!(answer.status, 0, "{}", answer.text);
    assert!(!answer.text.contains(&people::password("erin")), "{}", answer.text);
    assert!(!answer.text.contains("you can now remove"), "{}", answer.text);
    person.run(&["logout", "--openrc", &path]).success();
    let input = people::password("erin") + "\r\n";
    person.run_with_input(&["login", "--password-stdin", "--openrc", &path], &input).success();
    let token = person.run(&["token", "--openrc", &path]).success().stdout;
    assert!(cloud.accepts(token.trim_end()));
}

fn a_panels_file_that_asks_is_used_without_a_question(name: &str) {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(person) = User::with_keyutils(Vec::new()) else { return };
    let file = person.home.path().join("openrc.sh");
    cloud.openrc_file_that_asks(&file, "bob", "demo");
    let path = file.display().to_string();
    person.run_with_input(&["login", "--password-stdin", "--openrc", &path], &people::password("bob")).success();
    let Some(mut shell) = person.terminal(name, &(init(name) + "ostoken_use ~/openrc.sh")) else { return };
    assert_eq!(shell.greeting, "");
    assert!(cloud.accepts(&shell.get("OS_TOKEN")));
    assert_eq!(shell.exported("OS_PASSWORD|OS_USER_DOMAIN"), "");
    assert_eq!(shell.get("OS_TENANT_NAME"), "demo");
    assert_eq!(cloud.creations(), 1);
}

/// Lines that would decide a variable by running something, and what is shown of each.
fn hostile(trap: &Path) -> [(String, &'static str); 5] {
    // By its name alone: a command that runs does so in the home.
    let trap = trap.file_name().unwrap().display();
    [
        (format!("export OS_USERNAME=$(touch {trap})"), "$("),
        (format!("export OS_USERNAME=`touch {trap}`"), "`"),
        (format!("export OS_USERNAME=\"a $(touch {trap})\""), "$("),
        (format!("source {trap}.sh"), "source"),
        (format!("case $(touch {trap}) in x) export OS_USERNAME=x;; esac"), "OS_USERNAME=x"),
    ]
}

/// Writes a file with this as its fourth line.
fn write_hostile(person: &User, trap: &Path, line: &str) -> String {
    let file = person.home.outside("hostile.sh");
    fs::write(trap.with_extension("sh"), format!("touch {}\n", trap.display())).unwrap();
    let head = "#!/bin/bash\nexport OS_AUTH_URL=http://127.0.0.1:1/v3\nexport OS_PASSWORD=x\n";
    fs::write(&file, format!("{head}{line}\nexport OS_PROJECT_NAME=p\n")).unwrap();
    file.display().to_string()
}

#[test]
fn a_hostile_file_is_refused_with_its_line_and_runs_nothing() {
    let Some(person) = User::with_keyutils(Vec::new()) else { return };
    let trap = person.home.path().join("trap");
    for (line, found) in hostile(&trap) {
        let path = write_hostile(&person, &trap, &line);
        for command in [&["login"][..], &["token"], &["status"], &["refresh"], &["exec", "true"]] {
            let arguments: Vec<_> = [&["--openrc", path.as_str()], command].concat();
            let refused = person.run(&arguments).expect_status(2);
            let place = format!("{path}:4");
            assert!(refused.stderr.contains(&place) || refused.stderr.contains("line 4"), "{}", refused.stderr);
            assert!(refused.stderr.contains(&path) && refused.stderr.contains(found), "{}", refused.stderr);
            assert_eq!(refused.stdout, "");
        }
    }
    assert!(!trap.exists(), "something ran");
}

fn a_hostile_file_is_not_used_and_changes_nothing(name: &str) {
    let Some(mut person) = User::with_keyutils(Vec::new()) else { return };
    person.set("OS_REGION_NAME", "mine");
    let trap = person.home.path().join("trap");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let before = shell.exported("OS_|OSTOKEN_");
    // A function of PowerShell fails with an error, not with a number.
    let usage = if name == "powershell" { 1 } else { 2 };
    for (line, found) in hostile(&trap) {
        let path = write_hostile(&person, &trap, &line);
        let refused = shell.run(&format!("ostoken_use {path}"));
        assert_eq!(refused.status, usage, "{}", refused.text);
        assert!(refused.text.contains(&path) && refused.text.contains(found), "{}", refused.text);
        assert_eq!(shell.exported("OS_|OSTOKEN_"), before);
    }
    let missing = shell.run("ostoken_use /nowhere/openrc.sh");
    assert!(missing.status == usage && missing.text.contains("/nowhere/openrc.sh"), "{missing:?}");
    assert_eq!(shell.run("ostoken_use").status, usage);
    assert!(!trap.exists(), "something ran");
}
