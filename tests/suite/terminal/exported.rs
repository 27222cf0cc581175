//! What stands in the environment, who else in the shell's family knows it, and what it costs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{in_each_shell, init, language, member, openrc, user_of_fake};
use crate::support::hooks::processes_in;
use crate::support::tools::root;
use crate::support::{Cloud, CloudOptions, people, tool};
use crate::user::User;

in_each_shell! {
    the_two_lines_of_the_readme_give_a_token_at_the_first_prompt
    programs_and_shells_started_there_know_the_identity
    a_prompt_with_a_fresh_token_starts_no_process
    what_is_typed_ahead_of_a_slow_prompt_is_not_lost
    a_sourced_openrc_with_a_password_is_enough
    one_command_may_mean_another_project_or_another_user
    a_script_in_strict_mode_can_use_an_openrc
}

/// Somebody who followed the README: logged in, two lines in the start-up file, no password in the OpenRC file.
fn reader(shell: &str) -> Option<(Cloud, User, String)> {
    let cloud = Cloud::start(CloudOptions::default())?;
    let person = User::with_keyutils(Vec::new())?;
    let file = person.home.path().join("openrc.sh");
    cloud.openrc_file(&file, "erin", "remote");
    person.run(&["login", "--openrc", &file.display().to_string()]).success();
    let text = fs::read_to_string(&file).unwrap();
    let text: Vec<_> = text.lines().filter(|line| !line.contains("OS_PASSWORD")).collect();
    fs::write(&file, text.join("\n") + "\n").unwrap();
    Some((cloud, person, two_lines(shell)))
}

/// The lines that the README has for this shell's start-up file.
fn two_lines(shell: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let shell = if shell == "powershell" { "PowerShell" } else { shell };
    let (_, rest) = readme.split_once(&format!("\n# {shell}: ")).expect("a block for it");
    let lines: Vec<_> = rest.lines().skip(1).take_while(|line| *line != "```").collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    lines.join("\n") + "\n"
}

fn the_two_lines_of_the_readme_give_a_token_at_the_first_prompt(name: &str) {
    let Some((cloud, person, rc)) = reader(name) else { return };
    let Some(mut shell) = person.terminal(name, &rc) else { return };
    assert_eq!(shell.greeting, "");
    assert!(cloud.accepts(&shell.get("OS_TOKEN")));
    assert_eq!(shell.get("OS_AUTH_TYPE"), "token");
    assert_eq!(shell.get("OS_USERNAME"), "erin");
    assert_eq!(shell.exported("OS_USER_DOMAIN|OS_PASSWORD|__ostoken"), "");
    let expires: i64 = shell.get("OSTOKEN_EXPIRES_AT").parse().unwrap();
    assert!((3000..=3600).contains(&(expires - crate::support::fake_issuer::now())));
    assert_eq!(cloud.creations(), 1, "the login made it");
    assert_eq!(shell.run("false").status, 1);
}

fn programs_and_shells_started_there_know_the_identity(name: &str) {
    let Some((cloud, person, rc)) = reader(name) else { return };
    let Some(mut shell) = person.terminal(name, &rc) else { return };
    let token = shell.token();
    for line in ["ostoken token", "sh -c 'ostoken token'", "sh -c 'setsid -w ostoken token </dev/null'"] {
        assert_eq!(shell.text(line), token, "{line}");
    }
    let of_exec = shell.text("ostoken exec -- sh -c 'ostoken token; echo $OS_TOKEN'");
    assert_eq!(of_exec, format!("{token}\n{token}"));
    assert_eq!(shell.text("ostoken status --check 2>/dev/null | grep -c 'the token is valid'"), "1");
    shell.run(&language::inner(name));
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!(shell.text("ostoken token"), token);
    assert_eq!(shell.exported("OS_USER_DOMAIN"), "");
    shell.run("exit");
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!(cloud.creations(), 1);
}

fn a_prompt_with_a_fresh_token_starts_no_process(name: &str) {
    let (Some(strace), Some(program)) = (tool("strace"), language::program(name)) else { return };
    let Some((_fake, person)) = user_of_fake() else { return };
    let log = person.home.outside("strace");
    let wrapper = person.home.outside("wrapper");
    let trace = "-qq -f -e trace=clone,clone3,fork,vfork,execve";
    let script =
        format!("#!/bin/sh\nexec {} {trace} -o {} {} \"$@\"\n", strace.display(), log.display(), program.display());
    fs::write(&wrapper, script).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let rc = init(name);
    let launcher = person.home.outside("run").join(program.file_name().unwrap());
    fs::create_dir(launcher.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&wrapper, &launcher).unwrap();
    person.logged_in();
    let mut shell = crate::support::pty::Shell::at_home(&launcher, &person.home, &rc, &person.variables);
    shell.token();
    let started = || processes_in(&fs::read_to_string(&log).unwrap());
    let before = started();
    assert!(before > 5, "the first prompt's processes are seen: {before}");
    for _ in 0..20 {
        shell.run("");
    }
    shell.run("cd .");
    assert_eq!(started(), before);
}

fn what_is_typed_ahead_of_a_slow_prompt_is_not_lost(name: &str) {
    let Some((cloud, person)) = member("alice", "demo") else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let first = shell.token();
    cloud.set_delay(0.7);
    shell.send("ostoken revoke");
    shell.send("expr 40 + 2");
    shell.send("expr 40 + 3");
    assert!(shell.prompt().text.contains("revoked the token"));
    assert!(shell.prompt().text.contains("42"));
    assert!(shell.prompt().text.contains("43"));
    cloud.set_delay(0.0);
    let second = shell.new_token(&first);
    assert!(second != first && cloud.accepts(&second));
}

fn a_sourced_openrc_with_a_password_is_enough(name: &str) {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(person) = User::with_keyutils(Vec::new()) else { return };
    let source = openrc(&person, &cloud, name, "bob", "demo");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    assert_eq!(shell.exported("OS_"), "");
    assert_eq!(shell.run_in_time(&source).text, "");
    let token = shell.token();
    assert!(cloud.accepts(&token));
    // The same file once more, as people do.
    shell.run(&source);
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!(shell.exported("OS_USER_DOMAIN"), "");
    assert_eq!(shell.get("OS_AUTH_TYPE"), "token");
    assert_eq!((cloud.creations(), person.kept("secret")), (1, 0), "only `login` keeps a secret");
}

fn one_command_may_mean_another_project_or_another_user(name: &str) {
    let Some((cloud, person)) = member("alice", "demo") else { return };
    let file = person.home.outside("erin.sh");
    cloud.openrc_file(&file, "erin", "remote");
    let erin = file.display();
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    let who = |token: &str| {
        let body = people::parse(&cloud.look_at(token).body);
        let name = |what: &str| body["token"][what]["name"].as_str().unwrap_or_default().to_owned();
        (name("user"), name("project"))
    };
    let other = shell.text("env OS_PROJECT_NAME=other ostoken token");
    assert_eq!(who(&other), ("alice".into(), "other".into()));
    let of_erin = shell.text(&format!("ostoken token --openrc {erin}"));
    assert_eq!(who(&of_erin), ("erin".into(), "remote".into()));
    for line in [
        format!("ostoken exec --openrc {erin} -- sh -c 'ostoken token'"),
        language::evaluate(name, &format!("ostoken env --shell {name} --openrc {erin}"), "ostoken token"),
        language::evaluate(name, &format!("ostoken init {name}"), &format!("ostoken_use {erin}; ostoken token")),
    ] {
        assert_eq!(shell.text(&line), of_erin, "{line}");
    }
    assert_eq!(shell.get("OS_TOKEN"), token);
    assert_eq!(cloud.creations(), 3);
}

fn a_script_in_strict_mode_can_use_an_openrc(name: &str) {
    let Some((cloud, mut person)) = member("alice", "demo") else { return };
    person.change_to(Vec::new());
    let Some(program) = language::program(name) else { return };
    let file = person.home.outside("openrc.sh");
    cloud.openrc_file(&file, "alice", "demo");
    person.run(&["login", "--openrc", &file.display().to_string()]).success();
    let print = "sh -c 'echo \"$OS_TOKEN $OS_AUTH_TYPE ${OS_PASSWORD-none}\"'";
    let script = format!("{}ostoken_use {}\n{print}\n", init(name), file.display());
    let mut command = person.command(program);
    let output = person.home.run(command.args(language::strict(name, &script))).success();
    let token = person.run(&["token", "--openrc", &file.display().to_string()]).success().stdout;
    assert_eq!((output.stdout, output.stderr), (format!("{} token none\n", token.trim_end()), String::new()));
    assert_eq!(cloud.creations(), 1);
}
