//! The themes of docs/shells.md's "In your prompt", as they stand there, given to the programs they are for.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::process::finish;
use crate::support::tool;
use crate::support::tools::{prepared, root};

/// The only block of this language in that section.
fn block(language: &str) -> String {
    let text = fs::read_to_string(root().join("docs/shells.md")).expect("docs/shells.md");
    let (_, rest) = text.split_once("## In your prompt\n").expect("the section");
    let section = rest.split("\n##").next().expect("its text");
    let fence = format!("```{language}\n");
    let mut blocks = section.split(&fence).skip(1);
    let block = blocks.next().and_then(|text| text.split("```").next()).expect("a block");
    assert_eq!(blocks.count(), 0, "one block of {language}");
    block.to_owned()
}

/// Values of OSTOKEN_EXPIRES_AT: 90 minutes from now and some seconds, so that a slow test sees 90 as well; past;
/// now; none.
fn expiries() -> [Option<String>; 4] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    [Some(now + 90 * 60 + 50), Some(now - 3600), Some(now), None].map(|at| at.map(|at| at.to_string()))
}

/// What this prints, without colours, in a home of its own and with a token that expires then.
fn shown(program: &Path, arguments: &[&str], home: &Path, expires: Option<&String>) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("TERM", "xterm").env("STARSHIP_CONFIG", home.join("starship.toml"));
    command.envs(expires.map(|at| ("OSTOKEN_EXPIRES_AT", at))).current_dir(home).stdin(Stdio::null());
    let output = finish(&mut command, None).success();
    assert_eq!(output.stderr, "");
    let mut parts = output.stdout.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(['m', 'J']).map_or("", |(_, rest)| rest))
}

#[test]
fn starship_shows_the_minutes_of_a_token_that_lives() {
    let Some(starship) = prepared("peers/bin/starship") else { return };
    let home = tempfile::tempdir().expect("a home");
    // A loaded machine is no error.
    let before = "add_newline = false\ncommand_timeout = 30000\nformat = '$custom'\n";
    fs::write(home.path().join("starship.toml"), format!("{before}{}", block("toml"))).expect("a configuration");
    let seen = expiries().map(|expires| shown(&starship, &["prompt"], home.path(), expires.as_ref()));
    assert_eq!(seen, ["token 90 min ", "", "", ""]);
}

#[test]
fn powerlevel10k_is_told_of_a_token_that_lives() {
    let Some(zsh) = tool("zsh") else { return };
    let home = tempfile::tempdir().expect("a home");
    // p10k loads that module itself, and calls what POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS names.
    let stub = "zmodload zsh/datetime\nfunction p10k() { print -rn -- \"<${(j:|:)@}>\" }\n";
    let script = format!("{stub}{}prompt_my_ostoken || true\n", block("zsh"));
    let seen = expiries().map(|expires| shown(&zsh, &["-f", "-c", &script], home.path(), expires.as_ref()));
    assert_eq!(seen, ["<segment|-f|2|-t|token 90 min>", "", "", ""]);
}

/// Values that a folder's .env may give, each of which makes a file where it is run.
fn hostile(home: &Path) -> Vec<String> {
    let file = home.join("run");
    let run = format!("touch {}", file.display());
    // zsh evaluates the subscripts of arrays that exist.
    let mut values: Vec<String> = [
        "a[$(RUN)]",
        "path[$(RUN)]",
        "PATH[$(RUN)]",
        "9999999999+path[$(RUN)]",
        "$(RUN)",
        "`RUN`",
        "a[`RUN`]+9999999999",
        "9999999999;RUN",
        "9999999999 $(RUN)",
        "x=a[$(RUN)]",
    ]
    .iter()
    .map(|value| value.replace("RUN", &run))
    .collect();
    values.extend(
        ["-1", "0x7fffffffffff", "99999999999999999999999", " 9999999999", "1e9", "%n%{a%}", "\u{661}\u{662}"]
            .map(str::to_owned),
    );
    values
}

#[test]
fn no_value_of_the_environment_is_run_by_a_theme() {
    let (Some(zsh), Some(starship)) = (tool("zsh"), prepared("peers/bin/starship")) else { return };
    let home = tempfile::tempdir().expect("a home");
    let before = "add_newline = false\ncommand_timeout = 30000\nformat = '$custom'\n";
    let toml = format!("{before}{}", block("toml"));
    let stub = "zmodload zsh/datetime\nfunction p10k() { print -rn -- \"<${(j:|:)@}>\" }\n";
    let script = format!("{stub}{}prompt_my_ostoken || true\n", block("zsh"));
    for value in hostile(home.path()) {
        let seen = shown(&zsh, &["-f", "-c", &script], home.path(), Some(&value));
        assert_eq!(seen, "", "powerlevel10k: {value}");
        for shell in ["sh", "bash"] {
            fs::write(home.path().join("starship.toml"), toml.replace("[\"sh\"]", &format!("[\"{shell}\"]")))
                .expect("written");
            assert_eq!(shown(&starship, &["prompt"], home.path(), Some(&value)), "", "starship, {shell}: {value}");
        }
        assert!(!home.path().join("run").exists(), "{value}");
    }
}

/// What else a theme reads, a folder's .env may set too.
#[test]
fn a_clock_of_the_environment_is_not_run_by_a_theme() {
    let Some(zsh) = tool("zsh") else { return };
    let home = tempfile::tempdir().expect("a home");
    let stub = "function p10k() { print -rn -- \"<${(j:|:)@}>\" }\n";
    let set: String = ["EPOCHSECONDS", "EPOCHREALTIME", "now", "a"]
        .map(|name| format!("typeset -x {name}='path[$(touch {})]'\n", home.path().join("run").display()))
        .concat();
    let script = format!("{set}{stub}{}prompt_my_ostoken || true\n", block("zsh"));
    let [alive, ..] = expiries();
    assert_eq!(shown(&zsh, &["-f", "-c", &script], home.path(), alive.as_ref()), "<segment|-f|2|-t|token 90 min>");
    assert!(!home.path().join("run").exists());
}

/// oh-my-posh has no package: what can be seen without it.
#[test]
fn the_segment_of_oh_my_posh_is_valid_json() {
    let segment: serde_json::Value = serde_json::from_str(&block("json")).expect("JSON");
    assert_eq!((&segment["type"], &segment["style"]), (&"text".into(), &"plain".into()));
    let template = segment["template"].as_str().expect("a template");
    assert_eq!(template.matches("{{").count(), template.matches("}}").count());
    assert!(template.contains(".Env.OSTOKEN_EXPIRES_AT"));
}
