//! What leaves the program: code that real shells evaluate, formats, `exec`, and streams that break.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::support::openrc_text::quoted;
use crate::support::powershell::pwsh;
use crate::support::process::Output;
use crate::support::{Fake, Home, tool};
use crate::user::User;

/// Values that a shell would read as more than text, were they not quoted for it. None of them is a control character.
const HOSTILE: [&str; 16] = [
    "it's",
    "''",
    "$(touch pwned)",
    "`touch pwned`",
    "\"; touch pwned; \"",
    "'; touch pwned; '",
    "' | Out-File pwned; '",
    "\u{2018}; touch pwned; \u{2019}\u{201a}\u{201b}\u{201c}\u{201d}",
    "$env:HOME ${HOME} $HOME %PATH% !PATH!",
    "back\\slash\\' \\\\ \\n `n `0 `\"",
    "~/x *?[a-z] {a,b} <(x) >x &x |x #x",
    "  spaces  ",
    "(touch pwned) end; touch pwned",
    "naïve ☃ \u{1f511} \u{202e}",
    "-n -e --",
    "=x",
];

/// The variables that `hostile` sets: some that name the login, and the rest.
fn variables() -> Vec<(String, &'static str)> {
    let names = ["OS_USER_DOMAIN_NAME", "OS_PROJECT_NAME", "OS_PROJECT_DOMAIN_NAME", "OS_USERNAME"];
    let name = |number: usize| names.get(number).map_or(format!("OS_X{number}"), |name| (*name).to_owned());
    HOSTILE.into_iter().enumerate().map(|(number, value)| (name(number), value)).collect()
}

/// An OpenRC file with a hostile value in each variable.
fn openrc(user: &User) -> PathBuf {
    let mut text = format!("export OS_AUTH_URL={}\nexport OS_PASSWORD=x\n", user.get("OS_AUTH_URL"));
    for (name, value) in variables() {
        text += &format!("export {name}={}\n", quoted(value));
    }
    let path = user.home.outside("hostile.sh");
    fs::write(&path, text).unwrap();
    path
}

/// Prints NAME=VALUE and a NUL for each variable, as every shell's child sees them.
const LIST: &str = "env -0";

/// What `LIST` printed.
fn listed(output: &Output) -> Vec<(&str, &str)> {
    output.stdout.split('\0').filter_map(|line| line.trim_start_matches('\n').split_once('=')).collect()
}

/// Evaluates `ostoken env` in a real shell; afterwards each variable is what the file says, and nothing has run.
#[track_caller]
fn evaluates(program: &str, arguments: &[&str], script: &str) {
    let fake = Fake::start();
    let user = User::of(&fake);
    let file = openrc(&user);
    let script = script.replace("FILE", file.to_str().unwrap());
    let mut command = user.command(program);
    command.args(arguments).arg(&script).env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    let output = user.home.run(&mut command).success();
    assert_eq!(output.stderr, "");
    let seen = listed(&output);
    let get = |name: &str| seen.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    for (name, value) in variables() {
        // The user's domain is unset: it stands where a later run finds it.
        let name = if name == "OS_USER_DOMAIN_NAME" { "OSTOKEN_USER_DOMAIN_NAME" } else { name.as_str() };
        assert_eq!(get(name), Some(value), "{name}");
    }
    assert!(get("OS_TOKEN").is_some_and(|token| token.starts_with("gAAAAA")));
    assert_eq!((get("OS_AUTH_TYPE"), get("OS_USER_DOMAIN_NAME"), get("OS_PASSWORD")), (Some("token"), None, None));
    nothing_ran(&user);
}

#[track_caller]
fn nothing_ran(user: &User) {
    let names: Vec<_> = fs::read_dir(user.home.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(names.iter().all(|name| name.to_string_lossy().starts_with('.')), "{names:?}");
}

#[test]
fn bash_evaluates_hostile_values_as_text() {
    if tool("bash").is_some() {
        let script = format!(r#"eval "$(ostoken env --shell bash --openrc FILE)"; {LIST}"#);
        evaluates("bash", &["-euo", "pipefail", "-c"], &script);
        evaluates("bash", &["--posix", "-O", "extglob", "-c"], &script);
    }
}

#[test]
fn zsh_evaluates_hostile_values_as_text() {
    if tool("zsh").is_some() {
        let script = format!(r#"eval "$(ostoken env --shell zsh --openrc FILE)"; {LIST}"#);
        evaluates("zsh", &["-f", "-euc"], &script);
        evaluates("zsh", &["-f", "-o", "rcquotes", "-o", "globsubst", "-c"], &script);
    }
}

#[test]
fn a_plain_shell_evaluates_hostile_values_as_text() {
    for shell in ["dash", "sh"] {
        if tool(shell).is_some() {
            evaluates(shell, &["-euc"], &format!(r#"eval "$(ostoken env --shell posix --openrc FILE)"; {LIST}"#));
        }
    }
}

#[test]
fn fish_evaluates_hostile_values_as_text() {
    if tool("fish").is_some() {
        evaluates("fish", &["--no-config", "-c"], &format!("ostoken env --shell fish --openrc FILE | source; {LIST}"));
        evaluates(
            "fish",
            &["--no-config", "-c"],
            &format!("eval (ostoken env --shell fish --openrc FILE | string collect); {LIST}"),
        );
    }
}

#[test]
fn powershell_evaluates_hostile_values_as_text() {
    let Some(pwsh) = pwsh() else { return };
    let script = format!(
        "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'; \
        ostoken env --shell powershell --openrc FILE | Out-String | Invoke-Expression; {LIST}"
    );
    evaluates(pwsh.to_str().unwrap(), &["-NoLogo", "-NoProfile", "-NonInteractive", "-Command"], &script);
}

#[test]
fn cmd_is_refused_what_it_cannot_hold_and_then_nothing_is_printed() {
    let fake = Fake::start();
    for value in ["a\"b", "100%", "wow!", "a^b"] {
        let user = User::of(&fake).with("OS_USER_DOMAIN_NAME", value);
        let output = user.run(&["env", "--shell", "cmd"]).expect_status(2);
        assert!(output.stdout.is_empty() && output.stderr.contains("OSTOKEN_USER_DOMAIN_NAME"), "{output:?}");
    }
    let output = User::of(&fake).run(&["env", "--shell", "cmd"]).success();
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("set \"") && line.ends_with('"')), "{output:?}");
    assert!(lines.contains(&"set \"OS_AUTH_TYPE=token\"") && lines.contains(&"set \"OS_USER_DOMAIN_NAME=\""));
}

#[test]
fn a_line_end_in_a_value_that_names_the_login_is_refused() {
    let fake = Fake::start();
    for name in ["OS_USER_DOMAIN_NAME", "OS_USERNAME", "OS_PROJECT_NAME", "OS_AUTH_URL"] {
        let user = User::of(&fake).with(name, "http://127.0.0.1:1/a\ntouch pwned");
        let output = user.run(&["env", "--shell", "bash"]).expect_status(2);
        assert!(output.stdout.is_empty() && output.stderr.contains(name), "{output:?}");
    }
    assert_eq!(fake.requests().len(), 0);
}

/// What a hook does for `ostoken_use FILE`.
const USE: &str =
    "__ostoken_restore() { :; }; code=\"$(ostoken hook --shell bash --use 'FILE')\"; eval \"$code\"; env -0";

/// Evaluates what a hook gets for `ostoken_use FILE`: with this script.
#[track_caller]
fn uses(program: &str, arguments: &[&str], script: &str) {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_CLOUD", "old").with("OSTOKEN_FOR", "$(touch pwned)");
    let file = openrc(&user);
    let script = script.replace("FILE", &file.display().to_string());
    let output = user.home.run(user.command(program).args(arguments).arg(script)).success();
    assert_eq!(output.stderr, "");
    let seen = listed(&output);
    let get = |name: &str| seen.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    for (name, value) in variables() {
        assert_eq!(get(&name), Some(value), "{name}");
    }
    assert_eq!((get("OS_PASSWORD"), get("OS_CLOUD"), get("OSTOKEN_FOR")), (None, None, None));
    assert_eq!(fake.requests().len(), 0, "a file is read, nothing is asked");
    nothing_ran(&user);
}

#[test]
fn bash_uses_a_hostile_file_as_data() {
    if tool("bash").is_some() {
        uses("bash", &["-euc"], USE);
    }
}

#[test]
fn zsh_uses_a_hostile_file_as_data() {
    if tool("zsh").is_some() {
        uses("zsh", &["-f", "-euc"], USE);
    }
}

#[test]
fn powershell_uses_a_hostile_file_as_data() {
    let Some(pwsh) = pwsh() else { return };
    let script = "ostoken init powershell | Out-String | Invoke-Expression; __ostoken_use 'FILE'; env -0";
    uses(pwsh.to_str().unwrap(), &["-NoLogo", "-NoProfile", "-NonInteractive", "-Command"], script);
}

#[test]
fn a_variable_with_a_hostile_name_is_never_printed_as_code() {
    let (fake, home) = (Fake::start(), Home::new());
    let file = home.outside("openrc.sh");
    fs::write(&file, format!("export OS_AUTH_URL={} OS_USERNAME=alice OS_PASSWORD=x\n", fake.auth_url())).unwrap();
    let file = file.to_str().unwrap();
    let names =
        ["OS_x;touch pwned", "OS_$(touch pwned)", "OS_`touch pwned`", "OS_A pwned", "OS_\u{e9}pwned", "OS_a\npwned"];
    for command in [
        &["hook", "--shell", "bash"][..],
        &["hook", "--shell", "zsh", "--use", file],
        &["env", "--shell", "bash", "--openrc", file],
        &["env", "--shell", "fish"],
        &["token"],
        &["exec", "--", "true"],
    ] {
        let user = User::of(&fake);
        let mut run = user.ostoken(command);
        run.envs(names.map(|name| (name, "x")));
        let output = user.home.run(&mut run).success();
        assert!(!output.stdout.contains("pwned"), "{command:?}: {output:?}");
    }
}

#[test]
fn a_hooks_code_holds_no_value_of_the_environment() {
    let fake = Fake::start();
    for value in HOSTILE {
        let user = User::of(&fake).with("OS_USER_DOMAIN_NAME", value).with("OS_AUTH_TYPE", "password");
        let hook = user.hook("").success();
        let (token, code) = hook.stdout.split_once('\n').unwrap();
        assert!(token.starts_with("gAAAAA") && !code.contains(token), "{hook:?}");
        for line in code.lines() {
            let line = line.replace("\"$", "").replace('"', "");
            let lease = line.starts_with("__ostoken_lease='/");
            assert!(lease || line.chars().all(|c| c.is_ascii_alphanumeric() || "_= \\'".contains(c)), "{line}");
        }
    }
}

#[test]
fn each_format_is_what_its_reader_takes() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    let printed = |form: &str| user.run(&["token", "--format", form]).success().stdout;
    assert_eq!(printed("value"), format!("{token}\n"));
    assert_eq!(printed("header"), format!("X-Auth-Token: {token}\n"));
    assert_eq!(printed("env"), format!("OS_TOKEN={token}\nOS_AUTH_TYPE=token\n"));
    let object: Value = serde_json::from_str(&printed("json")).unwrap();
    assert_eq!((&object["token"], &object["account"]), (&token.as_str().into(), &"alice".into()));
    for name in ["expires_at", "refresh_at"] {
        let format = &time::format_description::well_known::Rfc3339;
        assert!(time::OffsetDateTime::parse(object[name].as_str().unwrap(), format).is_ok());
    }
    user.run(&["token", "--format", "xml"]).expect_status(2);
}

#[test]
fn exec_gives_environment_arguments_directory_and_exit_code() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let script =
        r#"printf '%s\n' "$#" "$1" "$2" "$3" "$PWD" "$OS_AUTH_TYPE" "${OS_PASSWORD-none}" "$OS_TOKEN"; exit 42"#;
    let output = user.run(&["exec", "--", "sh", "-c", script, "sh", "a b", "", "--openrc"]).expect_status(42);
    let home = user.home.path();
    let token = user.token();
    let want = ["3", "a b", "", "--openrc", home.to_str().unwrap(), "token", "ostoken", &token];
    assert_eq!(output.stdout.lines().collect::<Vec<_>>(), want);
    assert_eq!(user.home.run_with_input(&mut user.ostoken(&["exec", "cat"]), "typed").success().stdout, "typed");
    assert_eq!(user.run(&["exec", "--", "sh", "-c", "kill -TERM $$"]).status, -15);
    assert_eq!(user.run(&["exec", "--", "sh", "-c", "yes | head -n 1"]).success().stderr, "", "SIGPIPE is as usual");
}

#[test]
fn exec_says_what_it_cannot_run_as_env_does() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let plain = user.home.outside("plain");
    fs::write(&plain, "no program").unwrap();
    let cases = [("/absent", 127), ("absent-everywhere", 127), (plain.to_str().unwrap(), 126), ("/", 126)];
    for (program, status) in cases {
        let output = user.run(&["exec", "--", program]).expect_status(status);
        assert!(output.stderr.starts_with("ostoken: exec: ") && output.stderr.contains("hint: "), "{output:?}");
    }
    user.run(&["exec"]).expect_status(2);
    user.run(&["exec", "--"]).expect_status(2);
}

#[test]
fn exec_with_a_file_runs_in_that_files_environment() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_CLOUD", "mine").with("OS_REGION_NAME", "old");
    let file = openrc(&user);
    let output = user.run(&["exec", "--direct", "--openrc", file.to_str().unwrap(), "--", "env", "-0"]).success();
    let seen = listed(&output);
    let get = |name: &str| seen.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    assert_eq!((get("OS_CLOUD"), get("OS_REGION_NAME"), get("OS_PASSWORD")), (None, None, None));
    assert_eq!(get("OS_X5"), Some(HOSTILE[5]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let user = User::new(Vec::new());
    for command in ["--help", "completions bash", "init bash", "completions zsh"] {
        let script = format!("ostoken {command} | head -n 1; echo \"${{PIPESTATUS[0]}}\"");
        let output = user.home.run(user.command("bash").args(["-c", &script])).success();
        assert_eq!((output.stdout.lines().last(), output.stderr.as_str()), (Some("0"), ""), "{command}");
    }
    // A reader that is gone before the first byte.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = user.ostoken(&["--help"]);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn exec_passes_no_passcode_on() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_PASSCODE", "123456").with("OSTOKEN_PASSCODE", "654321");
    let output = user.run(&["exec", "--", "env"]).success();
    for gone in ["123456", "654321"] {
        assert!(!output.stdout.contains(gone), "{gone}");
    }
}

#[test]
fn what_is_missing_on_the_command_line_is_named() {
    let user = User::new(Vec::new());
    assert!(user.run(&["env"]).expect_status(2).stderr.contains("--shell <SHELL>"));
    assert!(user.run(&["token", "--format", "x"]).expect_status(2).stderr.contains("value, json, env, header"));
}

#[test]
fn off_in_a_shell_within_a_hooked_one_leaves_a_token_put_over_ours() {
    let fake = Fake::start();
    for (shell, options) in [("bash", &["--norc"][..]), ("zsh", &["-f"])] {
        let Some(program) = tool(shell) else { continue };
        let user = User::of(&fake);
        let script = format!(
            r#"eval "$(ostoken env --shell {shell})"
            exec {shell} {} -c 'eval "$(ostoken init {shell})"; export OS_TOKEN=mine; ostoken_off; echo "$OS_TOKEN,$OS_AUTH_TYPE"'"#,
            options.join(" ")
        );
        let output =
            user.home.run(user.command(program.to_str().unwrap()).args(options).args(["-c", &script])).success();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("mine,token\n", ""), "{shell}");
    }
}

/// THREATS.md names tests: each is there.
#[test]
fn the_threats_name_tests_that_exist() {
    fn sources(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => sources(&path, text),
                path if path.extension().is_some_and(|end| end == "rs") => {
                    *text += &std::fs::read_to_string(path).unwrap()
                }
                _ => {}
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["src", "tests"] {
        sources(&root.join(folder), &mut text);
    }
    let threats = std::fs::read_to_string(root.join("THREATS.md")).unwrap();
    let rows: Vec<&str> = threats.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 10);
    for row in rows {
        let names: Vec<&str> = row.split("<!-- ").skip(1).filter_map(|rest| rest.split(" -->").next()).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            assert!(text.contains(&format!("fn {name}(")), "{name}");
        }
    }
}
