//! Where no password and no token may ever stand: files, messages, argument lists, other processes' environments.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::fake_issuer::{characters, now, timestamp};
use crate::support::process::Output;
use crate::support::tools::wait_until;
use crate::support::{Answer, Cloud, CloudOptions, Fake, keyutils, people, skip, tool};
use crate::user::{LIMIT, User};

const PASSWORD: &str = "correct horse battery";

/// The text holds none of these.
#[track_caller]
fn holds_none(text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.contains(secret), "a secret in `{text}`");
    }
}

#[test]
fn a_whole_life_leaves_no_secret_in_any_file_or_message() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    if !keyutils::available() {
        return;
    }
    let user = User::new(cloud.openrc_environment("bob", "demo")).with("OSTOKEN_KEYRING", "keyutils");
    let password = people::password("bob");
    let openrc = user.home.outside("openrc.sh");
    cloud.openrc_file(&openrc, "bob", "demo");
    let file = openrc.to_str().unwrap();
    let mut tokens = Vec::new();
    let note = |output: Output, tokens: &mut Vec<String>| {
        let words = output.stdout.split(|c: char| !(c.is_ascii_alphanumeric() || "-_=".contains(c)));
        tokens.extend(words.filter(|word| word.starts_with("gAAAA")).map(str::to_owned));
        holds_none(&output.stderr, &[&password, "gAAAA"]);
        holds_none(&output.stdout, &[&password]);
        output
    };
    for command in [
        &["login"][..],
        &["login", "--openrc", file],
        &["token"],
        &["token", "--format", "json"],
        &["hook", "--shell", "bash"],
        &["env", "--shell", "zsh", "--openrc", file],
        &["status"],
        &["status", "--json", "--check"],
        &["refresh"],
        &["hook", "--shell", "zsh", "--use", file],
        &["token", "--min-ttl", "3h"],
        &["exec", "--", "/absent"],
        &["revoke"],
        &["token"],
        &["logout"],
        &["--help"],
        &["token", "--help"],
    ] {
        note(user.run(command), &mut tokens);
    }
    assert!(tokens.len() > 4, "{}", tokens.len());
    cloud.change_password("bob", "another one");
    note(user.run(&["token"]).expect_status(4), &mut tokens);
    note(user.hook(""), &mut tokens);
    tokens.push(password);
    let needles: Vec<&str> = tokens.iter().map(String::as_str).collect();
    assert_eq!(user.home.files_containing(&needles), Vec::<PathBuf>::new());
    assert_eq!(user.home.files_containing(&["gAAAA"]), Vec::<PathBuf>::new());
}

/// Failures whose answers hold what was sent: no form of it is shown or written down.
#[track_caller]
fn echo(answer: Answer, password: &str, pieces: &[&str]) {
    let fake = Fake::start();
    fake.always(answer);
    let user = User::of(&fake).with("OS_PASSWORD", password);
    for command in [&["token"][..], &["refresh"], &["hook", "--shell", "bash"], &["status"], &["status", "--json"]] {
        let output = user.run(command);
        holds_none(&output.stderr, pieces);
        holds_none(&output.stdout, pieces);
    }
    let state: Vec<PathBuf> = user.home.files_containing(pieces);
    let other_than_entries = state.into_iter().filter(|path| !path.to_string_lossy().contains("/secrets/"));
    assert_eq!(other_than_entries.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn a_refusal_that_echoes_the_password_is_masked() {
    echo(Answer::error(401, "No", &format!("not `{PASSWORD}`")), PASSWORD, &[PASSWORD]);
    echo(Answer::error(503, "No", &format!("{PASSWORD}{PASSWORD}")), PASSWORD, &[PASSWORD]);
    echo(Answer::new(400).body(&format!("{PASSWORD} is wrong")), PASSWORD, &[PASSWORD]);
    echo(Answer::new(201).body(&format!("{{\"password\":\"{PASSWORD}\"}}")), PASSWORD, &[PASSWORD]);
}

#[test]
fn an_echo_that_is_cut_off_in_the_middle_of_the_password_is_masked() {
    for length in [290, 280] {
        echo(Answer::error(401, "No", &format!("{}{PASSWORD}", "x".repeat(length))), PASSWORD, &["correct ho"]);
    }
    echo(Answer::new(401).body(&format!("{}{PASSWORD}", "x".repeat(45))), PASSWORD, &["correct ho"]);
}

#[test]
fn an_echo_of_the_password_as_json_writes_it_is_masked() {
    let password = r#"pa"ss\wörd"#;
    let echoed = r#"{"password":"pa\"ss\\wörd"}"#;
    echo(Answer::new(401).body(echoed), password, &[r#"pa\"ss"#]);
    echo(Answer::error(401, "No", echoed), password, &[r#"pa\"ss"#]);
}

#[test]
fn a_redirect_that_holds_the_password_is_masked() {
    let word = "hunter2hunter2";
    echo(Answer::redirect(302, &format!("https://h.example.com/?password={word}")), word, &[word]);
}

#[test]
fn a_bad_answer_that_repeats_its_token_in_the_body_shows_none_of_it() {
    let token = characters(50, 3);
    let answer = Answer::new(201).header("X-Subject-Token", &token).body(&token);
    echo(answer, PASSWORD, &[&token]);
}

#[test]
fn an_error_about_a_token_that_echoes_it_shows_none_of_it() {
    let fake = Fake::start();
    fake.issue(60, 3600);
    let user = User::of(&fake);
    let token = user.token();
    fake.always(Answer::error(403, "Forbidden", &format!("{token} may not")));
    for command in [&["status", "--check"][..], &["revoke"]] {
        let output = user.run(command).expect_status(4);
        holds_none(&output.stderr, &[&token]);
    }
}

/// What any user of the machine can see of every `ostoken` that runs: their argument lists.
fn argument_lists() -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lists = processes.filter_map(|process| String::from_utf8(fs::read(process.path().join("cmdline")).ok()?).ok());
    lists.filter(|list| list.starts_with(env!("CARGO_BIN_EXE_ostoken"))).collect()
}

#[test]
fn no_secret_stands_in_an_argument_list_while_keystone_thinks() {
    let fake = Fake::start();
    fake.then(
        Answer::token(&characters(90, 1), &timestamp(now()), &timestamp(now() + 3600)).delay(Duration::from_secs(4)),
    );
    let user = User::of(&fake);
    user.logged_in();
    let hook = user.ostoken(&["hook", "--shell", "bash"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut seen = Vec::new();
    let renewal = wait_until(LIMIT, || {
        seen.extend(argument_lists());
        seen.iter().any(|list| list.ends_with("renew\0")) && fake.posts() == 1
    });
    assert!(renewal, "{seen:?}");
    let output = hook.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with('\n'), "nothing yet: {output:?}");
    assert!(wait_until(LIMIT, || {
        seen.extend(argument_lists());
        let next = user.hook("pending");
        assert!(next.elapsed.as_millis() < 2500, "{next:?}");
        next.stdout.starts_with("gAAAAA")
    }));
    assert_eq!(fake.posts(), 1, "the slow token was not thrown away");
    for list in &seen {
        holds_none(list, &[PASSWORD, "correct", "gAAAAA"]);
    }
}

#[test]
fn a_renewal_left_behind_has_the_environment_of_the_shell_and_nothing_of_its_files() {
    if !rustix::process::geteuid().is_root() {
        return skip("only root can look into an ostoken that runs");
    }
    let fake = Fake::start();
    fake.then(
        Answer::token(&characters(90, 1), &timestamp(now()), &timestamp(now() + 3600)).delay(Duration::from_secs(3)),
    );
    let user = User::of(&fake);
    user.logged_in();
    // As a shell with a log open on descriptor 7 runs it.
    let log = user.home.outside("log");
    let mut shell = user.command("bash");
    let script = format!("exec 7>'{}'; exec ostoken hook --shell bash", log.display());
    let hook = shell.args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let is_renewal = |process: &i32| {
        let list = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        list.ends_with(b"\0renew\0")
    };
    let mut found = None;
    assert!(wait_until(LIMIT, || {
        found = user.home.processes().into_iter().find(is_renewal);
        found.is_some() && fake.posts() == 1
    }));
    let proc = PathBuf::from(format!("/proc/{}", found.unwrap()));
    let environment = fs::read(proc.join("environ")).unwrap();
    let names = environment.split(|byte| *byte == 0).map(|line| String::from_utf8_lossy(line).into_owned());
    let names: Vec<String> = names.filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect();
    let known: Vec<String> =
        user.ostoken(&[]).get_envs().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    let of_bash = ["PWD", "OLDPWD", "SHLVL", "_"];
    let more: Vec<_> = names.iter().filter(|name| !known.contains(name) && !of_bash.contains(&name.as_str())).collect();
    assert!(more.is_empty(), "{more:?}");
    assert_eq!(fs::read_link(proc.join("cwd")).unwrap(), PathBuf::from("/"));
    let of_shell = fs::read_link(format!("/proc/{}/fd/1", hook.id())).unwrap_or_default();
    let of_shell = of_shell.to_string_lossy();
    for entry in fs::read_dir(proc.join("fd")).unwrap().flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        let number: u32 = entry.file_name().to_string_lossy().parse().unwrap();
        let text = target.to_string_lossy();
        // What it says goes to the hook that started it, as long as that waits.
        let is_of_the_hook = number == 1 && text.starts_with("pipe:") && text != of_shell;
        assert!(number > 2 || text == "/dev/null" || is_of_the_hook, "{number} is {text}");
        assert!(!text.contains("/log") && (!text.starts_with("pipe:") || number == 1), "{number} is {text}");
    }
    let stat = fs::read_to_string(proc.join("stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    assert_eq!(fields[3], found.unwrap().to_string(), "it leads a session of its own");
    hook.wait_with_output().unwrap();
}

#[test]
fn a_program_started_by_exec_is_itself_again_and_has_no_password() {
    let Some(python) = tool("python3") else { return };
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_PASSCODE", "123456");
    let script = "import ctypes, os; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)); \
                  print(sorted(n for n in os.environ if n.startswith('OS'))); print(sorted(os.listdir('/proc/self/fd')))";
    let plain = user.home.run(user.command(python.to_str().unwrap()).args(["-c", script])).success();
    let output = user.run(&["exec", "--direct", "--", python.to_str().unwrap(), "-c", script]).success();
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[0], "1", "core dumps are the program's own business");
    for gone in ["'OS_PASSWORD'", "'OS_PASSCODE'", "'OS_USERNAME'", "'OS_USER_DOMAIN_NAME'"] {
        assert!(!lines[1].contains(gone), "{}", lines[1]);
    }
    assert!(lines[1].contains("'OS_TOKEN'") && lines[1].contains("'OS_AUTH_TYPE'"), "{}", lines[1]);
    assert_eq!(Some(lines[2]), plain.stdout.lines().last(), "no lock and no keyring is inherited");
    holds_none(&output.stdout, &[PASSWORD, "123456"]);
}

#[test]
fn a_running_ostoken_cannot_be_looked_into_by_other_programs_of_its_user() {
    // The kernel gives /proc/PID of a process that must not be dumped to root, whoever runs it.
    let fake = Fake::start();
    fake.always(Answer::close().delay(Duration::from_secs(3)));
    let user = User::of(&fake);
    let is_root = rustix::process::geteuid().is_root();
    let mut command = user.ostoken(&["token"]);
    if is_root {
        let (Some(setpriv), Some(chown)) = (tool("setpriv"), tool("chown")) else { return };
        let all = user.home.state().parent().unwrap().to_owned();
        assert!(Command::new(chown).args(["-R", "65534:65534"]).arg(all).status().unwrap().success());
        command = user.command(setpriv.to_str().unwrap());
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_ostoken"), "token"]);
    }
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let proc = PathBuf::from(format!("/proc/{}", running.id()));
    assert!(wait_until(LIMIT, || fake.posts() == 1));
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(proc.join("environ")).unwrap());
    let status = fs::read_to_string(proc.join("status")).unwrap();
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(!is_root || status.contains("Uid:\t65534"), "{status}");
    assert_eq!(owner, 0, "{status}");
}
