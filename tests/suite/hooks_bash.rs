//! What only the bash hook has, or says in its own way, in real, interactive shells, against a fake `ostoken`; the rest
//! is in `hooks`.

pub mod hostile;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::hooks::Kind;
use crate::hooks::customs::{traps_stay, what_traps_print_is_not_taken_for_the_answer, works_under};
use crate::hooks::loading::off_and_on;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{bash, drop_lease, has_token};
use crate::support::pty::SESSION;
use crate::support::tool;

const HOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/ostoken.bash");

/// A shell's state with every number of the hook's own in it replaced.
fn unnumbered(text: &str) -> String {
    let mut parts = text.split("__ostoken_");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += "__ostoken_";
        plain += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    plain
}

/// Major and minor version as one number.
pub fn version(bash: &Path) -> u32 {
    let output = Command::new(bash)
        .args(["-c", "echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))"])
        .output()
        .expect("bash runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

// What the last command left behind.

#[test]
fn in_a_string_the_hook_hands_the_status_on() {
    let fake = FakeOstoken::new();
    // What is exported stays a string.
    let rc = format!(
        "before() {{ b=$?; return $b; }}\nexport PROMPT_COMMAND=before\n{}PROMPT_COMMAND+=$'\\na=$?'\n",
        fake.source("bash")
    );
    let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
    shell.run("(exit 5)");
    assert_eq!(shell.text("echo $b $a"), "5 5");
    fake.renew_elsewhere();
    assert_eq!(shell.run("(exit 6)").status, 6);
    assert_eq!(shell.text("echo $b $a"), "6 6");
    assert_eq!(fake.calls().len(), 2);
}

// When it asks again.

#[test]
fn an_expired_token_is_announced_or_replaced_before_the_next_command() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    fake.expires(1);
    let Some(mut shell) = Kind::Bash.open(&fake, "") else { return };
    if version(&bash) >= 503 {
        fake.renew_elsewhere();
        has_token(&mut shell, RENEWED);
        return;
    }
    if version(&bash) < 404 {
        // No PS0: the next prompt asks again, and nothing is told before.
        assert_eq!(shell.run("echo out").text, "out\n");
        fake.renew_elsewhere();
        shell.run("");
        has_token(&mut shell, RENEWED);
        return;
    }
    let text = shell.run("echo out").text;
    assert!(text.starts_with("ostoken: the token expired while"), "{text}");
    assert!(text.ends_with("press Enter once, then repeat the command\nout\n"), "{text}");
    assert_eq!(shell.run("").text, "", "an empty line is no command");
    fake.expires(4_000_000_000).renew_elsewhere();
    shell.run("");
    assert_eq!(shell.run("echo out").text, "out\n");
}

#[test]
fn the_notice_leaves_ps0_as_it_was() {
    let Some(bash) = bash() else { return };
    if version(&bash) < 404 {
        return; // it has no PS0
    }
    let fake = FakeOstoken::new();
    fake.expires(1);
    let rc = format!("PS0='mine '\n{}", fake.source("bash"));
    let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
    assert!(shell.run("echo out").text.ends_with("mine out\n"));
    shell.run("ostoken_off");
    assert_eq!(shell.run("echo $PS0").text, "mine mine\n");
}

#[test]
fn an_expiry_that_is_no_number_is_never_evaluated() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    shell.run("export OSTOKEN_EXPIRES_AT='a[$(touch pwned)]' OS_PROJECT_NAME=other");
    fake.mode("nothing");
    shell.run("");
    shell.run("true");
    assert!(!fake.home().join("pwned").exists());
    assert_eq!(shell.run("echo out").text, "out\n");
}

#[test]
fn with_ostoken_preexec_the_next_command_has_the_new_token() {
    // The second makes PROMPT_COMMAND a string.
    for first in ["", "export PROMPT_COMMAND=:\n"] {
        let fake = FakeOstoken::new();
        let rc = format!("OSTOKEN_PREEXEC=1\n{first}{}", fake.source("bash"));
        let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
        for _ in 0..3 {
            fake.renew_elsewhere();
            has_token(&mut shell, RENEWED);
            shell.run("(exit 3)");
            assert_eq!(shell.text("echo $?"), "3");
            shell.run("true a b");
            assert_eq!(shell.text("echo $_"), "b");
        }
        assert_eq!(fake.calls().len(), 4);
        shell.run("ostoken_off");
        assert_eq!(shell.text("trap -p DEBUG"), "");
        assert_eq!(shell.text("echo \"${PROMPT_COMMAND-}\""), if first.is_empty() { "" } else { ":" });
    }
}

#[test]
fn with_ostoken_preexec_a_debug_trap_of_the_user_stays() {
    for functrace in ["", "set -T\n"] {
        let fake = FakeOstoken::new();
        let rc = format!("OSTOKEN_PREEXEC=1\n{}trap 'n=1' DEBUG\n{functrace}", fake.source("bash"));
        let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
        shell.run("");
        assert_eq!(shell.text("trap -p DEBUG"), "trap -- 'n=1' DEBUG");
        has_token(&mut shell, TOKEN);
    }
}

#[test]
fn beside_bash_preexec_its_preexec_functions_are_used() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    shell.run("bash_preexec_imported=defined; preexec_functions=(theirs)");
    fake.renew_elsewhere();
    shell.run("");
    assert_eq!(shell.text("echo ${preexec_functions[*]}"), "theirs", "a variable alone says nothing");
    shell.run("__bp_preexec_invoke_exec() { :; }");
    fake.renew_elsewhere();
    shell.run("");
    assert_eq!(shell.text("echo ${preexec_functions[*]} ${PS0-none}"), "theirs __ostoken_preexec none");
    fake.token(TOKEN);
    drop_lease(&fake);
    let line = "false; __ostoken_preexec; echo $? $OS_TOKEN";
    assert_eq!(shell.text(line), format!("0 {TOKEN}"));
    shell.run("ostoken_off");
    assert_eq!(shell.text("echo ${preexec_functions[*]}"), "theirs");
}

// The environment changes.

#[test]
fn a_project_whose_name_differs_in_case_alone_is_another() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    shell.run("shopt -s nocasematch");
    shell.run("export OS_PROJECT_NAME=ENGINE");
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

// Options, traps, aliases and functions of the user.

#[test]
fn the_hook_works_under_any_option_and_the_option_stays() {
    let options = [
        "set -u",
        "set -e",
        "set -eu; set -o pipefail",
        "set -a",
        "set -C",
        "set -f",
        "set -k",
        "set -o posix",
        "set -E; set -T",
        "shopt -s failglob",
        "shopt -s nullglob",
        "shopt -s extdebug",
        "IFS=0123456789",
        "IFS=",
        "shopt -u promptvars; PS1='ps[0]ps '",
    ];
    // Not $SHELLOPTS: in bash 3.2 that is behind until an option is set.
    works_under(Kind::Bash, &options, r#"echo "$-"; set -o; shopt || :"#);
}

#[test]
fn traps_of_the_user_stay_and_do_not_fire_for_the_hook() {
    let traps = "set -E\ntrap 'echo int' INT\ntrap 'echo err' ERR\ntrap 'echo exit' EXIT\n";
    traps_stay(Kind::Bash, traps, "trap -p");
}

#[test]
fn a_debug_trap_that_prints_each_command_sees_no_token() {
    let fake = FakeOstoken::new();
    let rc = format!("{}shopt -s extdebug\nset -T\ntrap 'echo \"$BASH_COMMAND\" >>log' DEBUG\n", fake.source("bash"));
    let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
    has_token(&mut shell, TOKEN);
    fake.renew_elsewhere();
    shell.run("");
    has_token(&mut shell, RENEWED);
    let log = fs::read_to_string(fake.home().join("log")).expect("the trap's log");
    assert!(log.contains("__ostoken"), "{log}");
    assert!(!log.contains("gAAAA"), "{log}");
}

#[test]
fn what_a_debug_trap_prints_is_not_taken_for_the_answer() {
    let traps = ["set -T\ntrap 'printf trapped' DEBUG", "set -T\ntrap 'echo trapped' DEBUG"];
    what_traps_print_is_not_taken_for_the_answer(Kind::Bash, &traps);
}

// The shapes of PROMPT_COMMAND.

#[test]
fn every_shape_of_prompt_command_keeps_working_and_comes_back() {
    let Some(bash) = bash() else { return };
    // Before 5.1 bash runs [0] alone.
    let (elements, sparse) = if version(&bash) < 501 { ("1", "") } else { ("12", "12") };
    for (shape, runs) in [
        ("unset PROMPT_COMMAND", ""),
        ("PROMPT_COMMAND=", ""),
        ("PROMPT_COMMAND='p=1'", "1"),
        ("PROMPT_COMMAND='p=1;'", "1"),
        ("PROMPT_COMMAND='p=1; true &'", "1"),
        ("PROMPT_COMMAND='p=1 # c'", "1"),
        ("PROMPT_COMMAND=$'p=1\\n'", "1"),
        ("PROMPT_COMMAND=()", ""),
        ("PROMPT_COMMAND=('p=1' 'p+=2')", elements),
        ("PROMPT_COMMAND=([3]='p=1' [7]='p+=2')", sparse),
        ("export PROMPT_COMMAND='p=1'", "1"),
    ] {
        let fake = FakeOstoken::new();
        let rc = format!("{shape}\ndeclare -p PROMPT_COMMAND >shape 2>&1\n{}", fake.source("bash"));
        let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
        assert!(shell.text("echo $OS_TOKEN").contains(TOKEN), "{shape}");
        // A later line would be the user's own noise: `true &` is done.
        assert_eq!(shell.text("echo \"<$p>\"").lines().next(), Some(format!("<{runs}>").as_str()), "{shape}");
        assert_eq!(shell.run("(exit 4)").status, 4, "{shape}");
        shell.run("ostoken_off");
        shell.run("declare -p PROMPT_COMMAND >shape.off 2>&1");
        let read = |name| fs::read_to_string(fake.home().join(name)).expect("a shape");
        let (before, after) = (read("shape"), read("shape.off"));
        if before.contains("not found") {
            assert!(after.contains("not found"), "{shape}: {after}");
        } else {
            assert_eq!(after, before, "{shape}");
        }
        shell.run("ostoken_on");
        assert!(shell.text("echo $OS_TOKEN").contains(TOKEN), "{shape}");
    }
}

#[test]
fn a_later_assignment_to_prompt_command_keeps_the_hook() {
    let Some(bash) = bash() else { return };
    if version(&bash) < 501 {
        return;
    }
    for first in ["unset PROMPT_COMMAND", "PROMPT_COMMAND=", "PROMPT_COMMAND=early"] {
        let fake = FakeOstoken::new();
        let rc = format!("early() {{ :; }}\n{first}\n{}PROMPT_COMMAND='p=1'\n", fake.source("bash"));
        let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
        has_token(&mut shell, TOKEN);
        assert_eq!(shell.text("echo $p"), "1", "{first}");
    }
}

#[test]
fn a_read_only_prompt_command_is_one_line_and_no_hook() {
    let fake = FakeOstoken::new();
    let rc = format!("PROMPT_COMMAND=:\nreadonly PROMPT_COMMAND\n{}", fake.source("bash"));
    let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
    assert_eq!(shell.greeting, "ostoken: PROMPT_COMMAND is read-only, the hook stays off\n");
    assert_eq!(shell.run("ostoken_off").text, "");
}

#[test]
fn an_exported_prompt_command_is_harmless_in_a_child_without_the_hook() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let rc = format!("export PROMPT_COMMAND='p=1' PS1 PS0\n{}", fake.source("bash"));
    let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
    let answer = shell.run(&format!("'{}' --norc --noprofile -u", bash.display()));
    assert_eq!(answer.text, "");
    assert_eq!(shell.run("(exit 4)").status, 4);
    assert_eq!(shell.run("echo $p").text, "1\n");
}

// Loading and unloading.

#[test]
fn sourced_three_times_is_sourced_once() {
    for first in ["", "export PROMPT_COMMAND=:\n", "OSTOKEN_PREEXEC=1\n"] {
        let fake = FakeOstoken::new();
        let source = fake.source("bash");
        let state = "declare -p PROMPT_COMMAND PS0 | sed 's/PS0=[$]/PS0=/'; declare -F; compgen -v __ostoken_";
        let Some(mut once) = Kind::Bash.open_in(&fake, &format!("{first}{source}"), SESSION) else { return };
        let Some(mut shell) = Kind::Bash.open_in(&fake, &format!("{first}{source}{source}{source}"), SESSION) else {
            return;
        };
        assert_eq!(unnumbered(&shell.text(state)), unnumbered(&once.text(state)), "{first}");
        assert_eq!(fake.calls().len(), 2, "{first}");
    }
}

#[test]
fn off_leaves_three_words_and_on_brings_all_back() {
    let Some(bash) = bash() else { return };
    // bash 3.2 lists functions among the variables, unless in posix mode.
    let list = if version(&bash) < 404 { "(set -o posix; set)" } else { "declare -p" };
    let passing = "(_|PIPESTATUS|SECONDS|EPOCH.*|SRANDOM|RANDOM|BASH_.*|LINENO|HISTCMD|FUNCNAME|OLDPWD)(=|$)";
    // What stays is the program's path and the settings for it.
    let ours = |line: &&str| {
        let rest = line.split_once("__ostoken_").map_or("", |(_, rest)| rest.trim_start_matches(char::is_numeric));
        rest.starts_with("_bin=") || rest.starts_with("_pins=")
    };
    off_and_on(Kind::Bash, "", &|shell, fake, when| {
        shell.run(&format!("{list} | grep -v -E '(^| ){passing}' >{when}"));
        if when == "before" {
            return;
        }
        let read = |name| fs::read_to_string(fake.home().join(name)).expect("a state");
        let (before, after) = (read("before"), read(when));
        assert_eq!(after.lines().filter(|line| !ours(line)).collect::<Vec<_>>(), before.lines().collect::<Vec<_>>());
        let words = ["__ostoken_call", "__ostoken_load", "ostoken_off", "ostoken_on", "ostoken_use"];
        assert_eq!(shell.text("declare -F"), words.map(|word| format!("declare -f {word}")).join("\n"));
    });
}

// The file itself.

#[test]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = tool("shellcheck") else {
        return;
    };
    let output = Command::new(shellcheck).arg(HOOK).output().expect("shellcheck runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn shfmt_would_change_nothing() {
    let Some(shfmt) = tool("shfmt") else { return };
    let output = Command::new(shfmt).args(["-d", "-i", "2", HOOK]).output().expect("shfmt runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
