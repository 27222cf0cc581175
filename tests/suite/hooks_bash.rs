//! The bash hook in real, interactive shells, against a fake `ostoken`. What belongs here: what a
//! bash user can see, and the rules of the hook file itself. The zsh file asks the same of zsh.

pub mod hostile;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{self, OTHER_VARIABLES, bash, drop_lease, has_token};
use crate::support::pty::{SESSION, Shell};
use crate::support::tool;

const HOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/ostoken.bash");

/// A fake and a bash that uses it.
fn start(bash: &Path) -> (FakeOstoken, Shell) {
    hooks::start("bash", bash, Shell::bash)
}

/// Makes the next prompt one that asks: the hook's state stands in variables whose names hold a number.
const DUE: &str = "for v in \"${!__ostoken_@}\"; do case $v in __ostoken_[0-9]*_due) printf -v \"$v\" 0;; esac; done";

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

// 1. What is exported, and that a prompt starts no process.

#[test]
fn the_token_is_exported_and_the_user_domain_taken_away() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    assert_eq!(shell.greeting, "");
    let seen = shell.text("env | grep -E '^(OS|OSTOKEN)_' | LC_ALL=C sort");
    let want = [
        "OSTOKEN_EXPIRES_AT=4000000000",
        "OSTOKEN_EXPORTED=0123456789abcdef",
        "OSTOKEN_FOR=fedcba9876543210",
        "OSTOKEN_USER_DOMAIN_NAME=Default",
        "OS_AUTH_TYPE=token",
        "OS_AUTH_URL=https://keystone.test:5000/v3",
        "OS_PASSWORD=s3cret-word",
        "OS_PROJECT_DOMAIN_NAME=Default",
        "OS_PROJECT_NAME=engine",
        &format!("OS_TOKEN={TOKEN}"),
        "OS_USERNAME=ada",
    ];
    assert_eq!(seen, want.join("\n"));
    assert_eq!(fake.calls(), ["hook --shell bash --said "]);
    assert!(!fake.saw_terminal());
}

#[test]
fn no_variable_of_the_hook_is_exported_and_the_token_has_no_second_copy() {
    let Some(bash) = bash() else { return };
    let (_fake, mut shell) = start(&bash);
    assert_eq!(shell.text("env | grep -c __ostoken"), "0");
    assert_eq!(shell.text(&format!("set | grep -c -e '{}'\"\"'{}'", &TOKEN[..9], &TOKEN[9..])), "1");
}

#[test]
fn a_fresh_token_makes_no_call_at_any_prompt() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    for _ in 0..20 {
        shell.run("");
    }
    shell.run("true");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn a_fast_prompt_starts_no_process() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let script = |times| {
        let source = fake.source("bash");
        format!("{source}__ostoken_hook; for ((i = 1; i < {times}; i++)); do __ostoken_hook; done")
    };
    let shell = [bash.to_str().expect("UTF-8"), "--norc", "-c"];
    let Some(once) = hooks::processes(&fake, &shell, script, 1) else { return };
    assert!(once > 2, "the slow path is seen: {once}");
    assert_eq!(hooks::processes(&fake, &shell, script, 201), Some(once));
}

#[test]
fn a_fast_prompt_costs_at_most_a_twentieth_of_a_process() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let shell = [bash.to_str().expect("UTF-8"), "--norc", "-c"];
    let share = hooks::cost(&shell, &hooks::cost_script(&fake.source("bash")));
    assert!(share <= 0.05, "{share:.4} of $(/bin/true)");
    assert_eq!(fake.calls().len(), 1);
}

// 2. What the last command left behind.

#[test]
fn status_and_pipestatus_are_the_commands_own_at_fast_and_slow_prompts() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    for round in 0..2 {
        assert_eq!(shell.run("(exit 7)").status, 7);
        assert_eq!(shell.text("echo $?"), "7");
        if round == 0 {
            fake.renew_elsewhere();
        }
        shell.run("true | (exit 3) | (exit 4)");
        assert_eq!(shell.text(r#"echo "${PIPESTATUS[*]}""#), "0 3 4");
        shell.run("true one two");
        assert_eq!(shell.text("echo $_"), "two");
    }
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn hooks_before_and_after_see_the_commands_own_status() {
    let Some(bash) = bash() else { return };
    if version(&bash) < 501 {
        return; // PROMPT_COMMAND is no array yet
    }
    let fake = FakeOstoken::new();
    let rc = format!(
        "before() {{ b=\"$?:${{PIPESTATUS[*]}}\"; }}\nafter() {{ a=$?; }}\n\
         PROMPT_COMMAND=before\n{}PROMPT_COMMAND+=(after)\n",
        fake.source("bash")
    );
    let mut shell = Shell::bash(&bash, &fake, &rc);
    shell.run("true | (exit 5)");
    assert_eq!(shell.text(r#"echo "$b $a""#), "5:0 5 5");
    fake.renew_elsewhere();
    shell.run("true | (exit 6)");
    assert_eq!(shell.text(r#"echo "$b $a""#), "6:0 6 6");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn in_a_string_the_hook_hands_the_status_on() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    // What is exported stays a string.
    let rc = format!(
        "before() {{ b=$?; return $b; }}\nexport PROMPT_COMMAND=before\n{}PROMPT_COMMAND+=$'\\na=$?'\n",
        fake.source("bash")
    );
    let mut shell = Shell::bash(&bash, &fake, &rc);
    shell.run("(exit 5)");
    assert_eq!(shell.text("echo $b $a"), "5 5");
    fake.renew_elsewhere();
    assert_eq!(shell.run("(exit 6)").status, 6);
    assert_eq!(shell.text("echo $b $a"), "6 6");
    assert_eq!(fake.calls().len(), 2);
}

// 3. When it asks again.

#[test]
fn a_lease_that_is_gone_makes_exactly_one_call() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    fake.renew_elsewhere();
    shell.run("");
    shell.run("");
    has_token(&mut shell, RENEWED);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_due_refresh_makes_exactly_one_call() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    fake.left(1);
    let mut shell = Shell::bash(&bash, &fake, &fake.source("bash"));
    fake.token(RENEWED).left(7200);
    let end = std::time::Instant::now() + crate::support::pty::LIMIT;
    while fake.calls().len() < 2 {
        assert!(std::time::Instant::now() < end);
        shell.run("");
    }
    shell.run("");
    has_token(&mut shell, RENEWED);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_clock_that_went_back_counts_as_due() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    shell.run(&DUE.replace("_due) printf -v \"$v\" 0", "_since) printf -v \"$v\" 5000000000"));
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn an_expired_token_is_announced_or_replaced_before_the_next_command() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    fake.expires(1);
    let mut shell = Shell::bash(&bash, &fake, &fake.source("bash"));
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
    let mut shell = Shell::bash(&bash, &fake, &rc);
    assert!(shell.run("echo out").text.ends_with("mine out\n"));
    shell.run("ostoken_off");
    assert_eq!(shell.run("echo $PS0").text, "mine mine\n");
}

#[test]
fn an_expiry_that_is_no_number_is_never_evaluated() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    shell.run("export OSTOKEN_EXPIRES_AT='a[$(touch pwned)]' OS_PROJECT_NAME=other");
    fake.mode("nothing");
    shell.run("");
    shell.run("true");
    assert!(!fake.home().join("pwned").exists());
    assert_eq!(shell.run("echo out").text, "out\n");
}

#[test]
fn with_ostoken_preexec_the_next_command_has_the_new_token() {
    let Some(bash) = bash() else { return };
    // The second makes PROMPT_COMMAND a string.
    for first in ["", "export PROMPT_COMMAND=:\n"] {
        let fake = FakeOstoken::new();
        let rc = format!("OSTOKEN_PREEXEC=1\n{first}{}", fake.source("bash"));
        let mut shell = Shell::bash(&bash, &fake, &rc);
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
    let Some(bash) = bash() else { return };
    for functrace in ["", "set -T\n"] {
        let fake = FakeOstoken::new();
        let rc = format!("OSTOKEN_PREEXEC=1\n{}trap 'n=1' DEBUG\n{functrace}", fake.source("bash"));
        let mut shell = Shell::bash(&bash, &fake, &rc);
        shell.run("");
        assert_eq!(shell.text("trap -p DEBUG"), "trap -- 'n=1' DEBUG");
        has_token(&mut shell, TOKEN);
    }
}

#[test]
fn beside_bash_preexec_its_preexec_functions_are_used() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
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

// 4. The environment changes.

#[test]
fn another_project_makes_one_call() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    fake.token(RENEWED);
    shell.run("export OS_PROJECT_NAME=other");
    has_token(&mut shell, RENEWED);
    shell.run("shopt -s nocasematch");
    shell.run("export OS_PROJECT_NAME=OTHER");
    shell.run("");
    assert_eq!(fake.calls().len(), 3);
}

#[test]
fn every_variable_that_a_token_depends_on_makes_one_call() {
    let Some(bash) = bash() else { return };
    for options in ["", "set -u\n"] {
        let fake = FakeOstoken::new();
        let mut shell = Shell::bash(&bash, &fake, &format!("{options}{}", fake.source("bash")));
        let mut calls = 1;
        let known = SESSION.iter().map(|(name, _)| *name);
        for name in known.chain(OTHER_VARIABLES.iter().copied()) {
            shell.run(&format!("export {name}=another"));
            calls += 1;
            assert_eq!(fake.calls().len(), calls, "{options}{name}");
        }
        shell.run("unset OS_TOKEN");
        shell.run("");
        assert_eq!(fake.calls().len(), calls + 1, "{options}");
        has_token(&mut shell, TOKEN);
    }
}

#[test]
fn the_same_openrc_sourced_again_makes_one_call_and_its_domain_goes_again() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    let openrc: String = SESSION.iter().map(|(k, v)| format!("export {k}='{v}'\n")).collect();
    fs::write(fake.home().join("openrc.sh"), openrc).expect("an OpenRC file");
    shell.run(". ./openrc.sh");
    assert_eq!(shell.text("echo ${OS_USER_DOMAIN_NAME-gone} $OSTOKEN_USER_DOMAIN_NAME"), "gone Default");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_session_that_was_cleared_takes_the_token_along_and_leaves_nothing() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    shell.run("unset OS_AUTH_URL OS_USERNAME OS_PASSWORD OS_PROJECT_NAME OS_PROJECT_DOMAIN_NAME");
    assert_eq!(shell.text("env | grep -c -E '^OS(TOKEN)?_'"), "0");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn without_a_session_nothing_is_ever_called() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let mut shell = Shell::bash_in(&bash, &fake, &fake.source("bash"), &[]);
    shell.run("");
    assert_eq!(shell.run("(exit 9)").status, 9);
    assert_eq!(fake.calls().len(), 0);
    shell.run("export OS_AUTH_URL=https://keystone.test:5000/v3");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn what_the_program_says_to_restore_is_restored() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let rc = format!(
        "export OSTOKEN_SCRUB=1 OSTOKEN_KEYRING=file OS_AUTH_TYPE=v3password OS_PASSCODE='1 2'\n{}",
        fake.source("bash")
    );
    let mut shell = Shell::bash(&bash, &fake, &rc);
    assert_eq!(shell.text("echo ${OS_USERNAME-gone} ${OS_PASSCODE-gone} ${OS_PASSWORD-gone}"), "gone gone gone");
    fake.mode("restore");
    drop_lease(&fake);
    shell.run("");
    assert_eq!(
        shell.text("env | grep -E '^OS(TOKEN)?_' | LC_ALL=C sort | grep -v PROJECT"),
        "OSTOKEN_KEYRING=file\nOSTOKEN_SCRUB=1\nOS_AUTH_TYPE=v3password\n\
         OS_AUTH_URL=https://keystone.test:5000/v3\nOS_PASSCODE=1 2\n\
         OS_USERNAME=ada\nOS_USER_DOMAIN_NAME=Default"
    );
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
    assert_eq!(fake.calls()[1], "hook --shell bash --said  --own");
}

#[test]
fn a_child_shell_asks_once_and_has_the_token() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    shell.run(&format!("'{}' --rcfile ~/.bashrc", bash.display()));
    has_token(&mut shell, TOKEN);
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
    assert_eq!(shell.text("echo ${OS_USER_DOMAIN_NAME-gone} $OSTOKEN_USER_DOMAIN_NAME"), "gone Default");
}

#[test]
fn with_direnv_the_token_comes_and_goes_with_the_folder() {
    let (Some(bash), Some(direnv)) = (bash(), tool("direnv")) else {
        return;
    };
    let theirs = format!("eval \"$('{}' hook bash)\"\n", direnv.display());
    let quiet = "export DIRENV_LOG_FORMAT=\n";
    let fake = FakeOstoken::new();
    let ours = fake.source("bash");
    fs::create_dir(fake.home().join("cloud")).expect("a folder");
    let envrc: String = SESSION.iter().map(|(k, v)| format!("export {k}='{v}'\n")).collect();
    fs::write(fake.home().join("cloud/.envrc"), envrc).expect(".envrc");
    for rc in [format!("{quiet}{theirs}{ours}"), format!("{quiet}{ours}{theirs}")] {
        let mut shell = Shell::bash_in(&bash, &fake, &rc, &[]);
        shell.run("direnv allow cloud/.envrc");
        for _ in 0..2 {
            shell.run("cd cloud");
            // One more prompt: direnv may stand behind this hook.
            shell.run("");
            has_token(&mut shell, TOKEN);
            assert_eq!(shell.text("echo ${OS_USER_DOMAIN_NAME-gone}"), "gone");
            shell.run("cd ..");
            shell.run("");
            assert_eq!(shell.text("env | grep -E '^OS(TOKEN)?_'"), "");
        }
    }
    assert_eq!(fake.calls().len(), 4);
}

// 5. What goes wrong.

#[test]
fn a_failure_leaves_the_environment_alone_and_is_not_repeated_at_once() {
    let Some(bash) = bash() else { return };
    for mode in ["fail", "partial", "oneline"] {
        let fake = FakeOstoken::new();
        fake.mode(mode);
        let mut shell = Shell::bash(&bash, &fake, &fake.source("bash"));
        shell.run("");
        let line = "echo ${OS_TOKEN-none} ${PARTIAL-none} $OS_USER_DOMAIN_NAME";
        assert_eq!(shell.text(line), "none none Default", "{mode}");
        assert_eq!(fake.calls().len(), 1, "{mode}");
        assert_eq!(shell.greeting, "", "{mode}");
        fake.mode("ok");
        shell.run(DUE);
        has_token(&mut shell, TOKEN);
    }
}

#[test]
fn a_failed_renewal_keeps_the_token_there_is() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    fake.mode("fail").renew_elsewhere();
    shell.run("");
    shell.run("");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_message_is_said_once_and_its_kind_handed_back() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    fake.mode("noisy").left(1);
    let mut shell = Shell::bash(&bash, &fake, &fake.source("bash"));
    assert_eq!(shell.greeting, "ostoken: keystone cannot be reached\n");
    shell.run(DUE);
    assert_eq!(shell.run("").text, "");
    assert_eq!(fake.calls().last().expect("calls"), "hook --shell bash --said unreachable");
    assert_eq!(shell.run("ostoken_on").text, "ostoken: keystone cannot be reached\n", "who asks is told");
}

#[test]
fn a_program_that_is_gone_is_named_once() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    fs::remove_file(fake.program()).expect("the program");
    let text = shell.run(DUE).text;
    assert!(text.contains("is gone (ostoken_off ends this hook)"), "{text}");
    assert_eq!(shell.run(DUE).text, "");
    has_token(&mut shell, TOKEN);
}

#[test]
fn an_interrupt_gives_the_prompt_at_once_and_no_second_call() {
    let Some(bash) = bash() else { return };
    // Once because the lease is gone, once because the environment is another.
    for line in ["", "export OS_PROJECT_NAME=other"] {
        let (fake, mut shell) = start(&bash);
        shell.run("set -x");
        fake.mode("slow");
        if line.is_empty() {
            fake.renew_elsewhere();
        }
        shell.send(line);
        fake.await_calls(2);
        let asked = std::time::Instant::now();
        shell.interrupt();
        shell.prompt();
        assert!(asked.elapsed().as_secs() < 10, "the call itself takes a minute");
        shell.run("");
        let state = shell.run("case $- in *x*) set +x; echo traced ;; esac").text;
        assert!(state.ends_with("traced\n"), "options are given back: {state}");
        // Of another project there is none.
        has_token(&mut shell, if line.is_empty() { TOKEN } else { "" });
        assert_eq!(fake.calls().len(), 2, "{line}");
    }
}

#[test]
fn what_is_typed_ahead_is_kept() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    fake.mode("wait").renew_elsewhere();
    shell.send("");
    fake.await_calls(2);
    shell.send("echo typed ahead");
    fake.go();
    shell.prompt();
    let text = shell.prompt().text;
    assert!(text.ends_with("typed ahead\n"), "{text}");
    has_token(&mut shell, RENEWED);
    assert!(!fake.saw_terminal());
}

// 6. Options, traps, aliases and functions of the user.

#[test]
fn the_hook_works_under_any_option_and_the_option_stays() {
    let Some(bash) = bash() else { return };
    for option in [
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
    ] {
        let fake = FakeOstoken::new();
        let rc = format!("{option}\n{}", fake.source("bash"));
        let mut shell = Shell::bash(&bash, &fake, &rc);
        assert_eq!(shell.greeting, "", "{option}");
        // Not $SHELLOPTS: in bash 3.2 that is behind until an option is set.
        let state = r#"echo "$-"; set -o; shopt || :"#;
        let before = shell.text(state);
        assert_eq!(shell.run("").text, "", "{option}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{option}");
        has_token(&mut shell, RENEWED);
        assert_eq!(shell.text(state), before, "{option}");
        assert_eq!(shell.text("env | grep __ostoken || :"), "", "{option}");
        assert_eq!(shell.run("ostoken_off").text, "", "{option}");
        assert_eq!(shell.text("echo $OS_USER_DOMAIN_NAME"), "Default", "{option}");
        assert_eq!(shell.run("ostoken_on").text, "", "{option}");
        has_token(&mut shell, RENEWED);
        assert_eq!(shell.text("env | grep __ostoken || :"), "", "{option}");
        assert_eq!(shell.text(state), before, "{option}");
        assert_eq!(fake.calls().len(), 3, "{option}");
    }
}

#[test]
fn errexit_does_not_end_the_shell_at_the_prompt() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    // The second makes PROMPT_COMMAND a string.
    for first in ["", "export PROMPT_COMMAND=:\n"] {
        let rc = format!("{first}{}", fake.source("bash"));
        let mut shell = Shell::bash(&bash, &fake, &rc);
        shell.run("set -e");
        assert_eq!(shell.run("false && true").status, 1);
        drop_lease(&fake);
        assert_eq!(shell.run("false && true").status, 1);
        fake.mode("fail");
        drop_lease(&fake);
        assert_eq!(shell.run("false && true").status, 1);
        assert_eq!(shell.text("echo alive"), "alive");
        fake.mode("ok");
    }
}

#[test]
fn tracing_never_shows_the_token() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let rc = format!("export OSTOKEN_SCRUB=1 OS_PASSCODE=passc0de\nset -x\n{}", fake.source("bash"));
    let mut shell = Shell::bash(&bash, &fake, &rc);
    let file = fake.openrc("use", "\\builtin export OS_PROJECT_NAME='x'\n");
    let mut seen = shell.greeting.clone();
    fake.token(TOKEN);
    for line in [
        "",
        "export OS_PROJECT_NAME=other",
        // The export is there already, as in a child shell.
        fake.source("bash").trim_end(),
        "ostoken_off",
        "ostoken_on",
        &format!("ostoken_use '{}'", file.display()),
        "unset OS_AUTH_URL",
    ] {
        seen += &shell.run(line).text;
    }
    assert!(seen.contains("+ "), "there is a trace: {seen}");
    assert_eq!(fake.calls().len(), 6, "{:?}", fake.calls());
    for part in [&TOKEN[..9], &format!("={}", &TOKEN[TOKEN.len() - 8..])] {
        assert!(!seen.contains(part), "{part}: {seen}");
    }
    assert!(!seen.contains("s3cret"), "{seen}");
    // The rc file's own line shows it once.
    assert_eq!(seen.matches("passc0de").count(), 0, "{seen}");
}

#[test]
fn traps_of_the_user_stay_and_do_not_fire_for_the_hook() {
    let Some(bash) = bash() else { return };
    // The second makes PROMPT_COMMAND a string.
    for first in ["", "export PROMPT_COMMAND=:\n"] {
        let fake = FakeOstoken::new();
        let rc = format!(
            "{first}{}set -E\ntrap 'echo int' INT\ntrap 'echo err' ERR\ntrap 'echo exit' EXIT\n",
            fake.source("bash")
        );
        let mut shell = Shell::bash(&bash, &fake, &rc);
        let traps = shell.text("trap -p");
        assert_eq!(shell.run("").text, "");
        assert_eq!(shell.run("false").text, "err\n", "once: {first}");
        assert_eq!(shell.run("").text, "", "{first}");
        fake.mode("fail").renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{first}");
        assert_eq!(shell.text("trap -p"), traps);
    }
}

#[test]
fn a_debug_trap_that_prints_each_command_sees_no_token() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let rc = format!("{}shopt -s extdebug\nset -T\ntrap 'echo \"$BASH_COMMAND\" >>log' DEBUG\n", fake.source("bash"));
    let mut shell = Shell::bash(&bash, &fake, &rc);
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
    let Some(bash) = bash() else { return };
    for trap in ["printf trapped", "echo trapped"] {
        let fake = FakeOstoken::new();
        let rc = format!("{}set -T\ntrap '{trap}' DEBUG\n", fake.source("bash"));
        let mut shell = Shell::bash(&bash, &fake, &rc);
        fake.renew_elsewhere();
        let seen = shell.greeting.clone() + &shell.run("").text;
        assert!(!seen.contains("gAAAA"), "{seen}");
        assert!(shell.text("echo $-").contains('T'), "the option is still there");
        shell.run("trap - DEBUG");
        has_token(&mut shell, RENEWED);
        assert_eq!(fake.calls().len(), 2);
    }
}

#[test]
fn aliases_and_functions_with_the_names_of_builtins_do_no_harm() {
    let Some(bash) = bash() else { return };
    let names = "local return eval export unset printf read set trap declare shopt test";
    let mut functions = String::new();
    let mut aliases = String::new();
    for name in names.split(' ') {
        functions += &format!("{name}() {{ echo 'called {name}'; }}\n");
        aliases += &format!("alias {name}='echo aliased {name};'\n");
    }
    for (what, rc) in [("functions", functions), ("aliases", aliases)] {
        let fake = FakeOstoken::new();
        // eval itself is one of the names: the user would write it like this.
        let rc = format!("{rc}\\builtin {}", fake.source("bash"));
        let mut shell = Shell::bash(&bash, &fake, &rc);
        assert_eq!(shell.greeting, "", "{what}");
        has_token(&mut shell, TOKEN);
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{what}");
        has_token(&mut shell, RENEWED);
        assert_eq!(shell.run("ostoken_off").text, "", "{what}");
        assert_eq!(shell.run("ostoken_on").text, "", "{what}");
        has_token(&mut shell, RENEWED);
    }
}

#[test]
fn read_only_variables_with_short_names_do_no_harm() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let rc = format!("readonly st=1 now=1 out=1 name=1 left=1 i=1\n{}", fake.source("bash"));
    let mut shell = Shell::bash(&bash, &fake, &rc);
    assert_eq!(shell.greeting, "");
    has_token(&mut shell, TOKEN);
}

// 7. The shapes of PROMPT_COMMAND.

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
        let mut shell = Shell::bash(&bash, &fake, &rc);
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
        let mut shell = Shell::bash(&bash, &fake, &rc);
        has_token(&mut shell, TOKEN);
        assert_eq!(shell.text("echo $p"), "1", "{first}");
    }
}

#[test]
fn a_read_only_prompt_command_is_one_line_and_no_hook() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let rc = format!("PROMPT_COMMAND=:\nreadonly PROMPT_COMMAND\n{}", fake.source("bash"));
    let mut shell = Shell::bash(&bash, &fake, &rc);
    assert_eq!(shell.greeting, "ostoken: PROMPT_COMMAND is read-only, the hook stays off\n");
    assert_eq!(shell.run("ostoken_off").text, "");
}

#[test]
fn an_exported_prompt_command_is_harmless_in_a_child_without_the_hook() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let rc = format!("export PROMPT_COMMAND='p=1' PS1 PS0\n{}", fake.source("bash"));
    let mut shell = Shell::bash(&bash, &fake, &rc);
    let answer = shell.run(&format!("'{}' --norc --noprofile -u", bash.display()));
    assert_eq!(answer.text, "");
    assert_eq!(shell.run("(exit 4)").status, 4);
    assert_eq!(shell.run("echo $p").text, "1\n");
}

// 11. Loading and unloading.

#[test]
fn sourced_three_times_is_sourced_once() {
    let Some(bash) = bash() else { return };
    for first in ["", "export PROMPT_COMMAND=:\n", "OSTOKEN_PREEXEC=1\n"] {
        let fake = FakeOstoken::new();
        let source = fake.source("bash");
        let state = "declare -p PROMPT_COMMAND PS0 | sed 's/PS0=[$]/PS0=/'; declare -F; compgen -v __ostoken_";
        let mut once = Shell::bash(&bash, &fake, &format!("{first}{source}"));
        let mut shell = Shell::bash(&bash, &fake, &format!("{first}{source}{source}{source}"));
        assert_eq!(unnumbered(&shell.text(state)), unnumbered(&once.text(state)), "{first}");
        assert_eq!(fake.calls().len(), 2, "{first}");
    }
}

#[test]
fn off_leaves_three_words_and_on_brings_all_back() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let mut shell = Shell::bash_in(&bash, &fake, "export OS_AUTH_URL=https://k.test/v3\n", &[]);
    // bash 3.2 lists functions among the variables, unless in posix mode.
    let list = if version(&bash) < 404 { "(set -o posix; set)" } else { "declare -p" };
    let state =
        "grep -v -E '(^| )(_|PIPESTATUS|SECONDS|EPOCH.*|SRANDOM|RANDOM|BASH_.*|LINENO|HISTCMD|FUNCNAME|OLDPWD)(=|$)' >";
    let state = format!("{list} | {state}");
    shell.run(&format!("{state}before"));
    shell.run(fake.source("bash").trim_end());
    has_token(&mut shell, TOKEN);
    for round in 0..2 {
        assert_eq!(shell.run("ostoken_off").text, "");
        shell.run(&format!("{state}after"));
        let read = |name| fs::read_to_string(fake.home().join(name)).expect("a state");
        // What stays is the program's path and the settings for it.
        let ours = |line: &&str| {
            let rest = line.split_once("__ostoken_").map_or("", |(_, rest)| rest.trim_start_matches(char::is_numeric));
            rest.starts_with("_bin=") || rest.starts_with("_pins=")
        };
        let after: String =
            read("after").lines().filter(|line| !ours(line)).map(|line| line.to_owned() + "\n").collect();
        assert_eq!(after, read("before"), "{round}");
        let words = ["__ostoken_call", "__ostoken_load", "ostoken_off", "ostoken_on", "ostoken_use"];
        assert_eq!(shell.text("declare -F"), words.map(|word| format!("declare -f {word}")).join("\n"));
        assert_eq!(shell.run("ostoken_off").text, "", "twice is once");
        let calls = fake.calls().len();
        assert_eq!(shell.run("ostoken_on; echo $OS_TOKEN").text, format!("{TOKEN}\n"));
        assert_eq!(fake.calls().len(), calls + 1);
        fake.renew_elsewhere();
        shell.run("");
        has_token(&mut shell, RENEWED);
        fake.token(TOKEN);
    }
}

#[test]
fn off_says_that_a_scrubbed_password_is_not_put_back() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let rc = format!("export OSTOKEN_SCRUB=1\n{}", fake.source("bash"));
    let mut shell = Shell::bash(&bash, &fake, &rc);
    let text = shell.run("ostoken_off").text;
    assert_eq!(text, "ostoken: OS_PASSWORD was taken away and is not put back\n");
    assert_eq!(shell.text("echo $OS_USERNAME ${OS_PASSWORD-gone}"), "ada gone");
}

#[test]
fn use_makes_a_file_the_environment_and_refreshes_at_once() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc(
        "an openrc, it is",
        "\\builtin unset OS_PROJECT_ID\n\\builtin export OS_PROJECT_NAME='it'\\''s' OS_AUTH_URL='https://k.test/v3' OS_USER_DOMAIN_NAME='Other'\n",
    );
    let rc = format!("{}ostoken_use '{}'; r=$?\n", fake.source("bash"), file.display());
    let mut shell = Shell::bash_in(&bash, &fake, &rc, &[("OS_PROJECT_ID", "old")]);
    assert_eq!(
        shell.text("echo $r $OS_TOKEN $OS_PROJECT_NAME ${OS_PROJECT_ID-gone} ${OS_USER_DOMAIN_NAME-gone} $OSTOKEN_USER_DOMAIN_NAME"),
        format!("0 {TOKEN} it's gone gone Other")
    );
    let calls = fake.calls();
    assert_eq!(calls, [format!("hook --shell bash --use {}", file.display()), "hook --shell bash --said ".into()]);
    // Again, in one line with the command that needs it.
    fake.token(RENEWED);
    let line = format!("ostoken_use '{}' && echo $OS_TOKEN", file.display());
    assert_eq!(shell.text(&line), RENEWED);
    // And after ostoken_off it turns the hook on.
    shell.run("ostoken_off");
    assert_eq!(shell.text(&line), RENEWED);
    fake.token(TOKEN);
    shell.run("export OS_PROJECT_NAME=another");
    has_token(&mut shell, TOKEN);
}

#[test]
fn use_of_a_file_that_cannot_be_read_changes_nothing() {
    let Some(bash) = bash() else { return };
    let (fake, mut shell) = start(&bash);
    let before = shell.text("env | grep OS | sort");
    let answer = shell.run("ostoken_use nowhere");
    assert_eq!((answer.status, answer.text.as_str()), (4, "ostoken: no such file\n"));
    assert_eq!(shell.text("env | grep OS | sort"), before);
    let answer = shell.run("ostoken_use");
    assert_eq!((answer.status, answer.text.as_str()), (2, "usage: ostoken_use FILE\n"));
    shell.run("ostoken_off");
    assert_eq!(shell.run("ostoken_use nowhere").status, 4);
    assert_eq!(shell.text("declare -F | grep -c __ostoken"), "2", "still off");
    assert_eq!(fake.calls().len(), 3);
}

#[test]
fn in_a_script_the_hook_is_inert_and_silent_and_use_works() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc("rc", "\\builtin export OS_AUTH_URL='https://k.test/v3'\n");
    for options in ["-c", "-euc", "-eucx"] {
        let script = format!(
            "set -o pipefail\n{}echo ${{PROMPT_COMMAND-none}} ${{OS_TOKEN-none}} ${{PS0-none}}",
            fake.source("bash")
        );
        let output = Command::new(&bash)
            .args(["--norc", options, &script])
            .envs(SESSION.iter().copied())
            .env_remove("PROMPT_COMMAND")
            .output()
            .expect("bash runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "none none none\n");
        if !options.contains('x') {
            assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        }
    }
    assert_eq!(fake.calls().len(), 0);
    let script =
        format!("{}ostoken_use '{}' && echo $OS_TOKEN ${{PROMPT_COMMAND-none}}", fake.source("bash"), file.display());
    let output =
        Command::new(&bash).args(["--norc", "-euc", &script]).env_remove("PROMPT_COMMAND").output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{TOKEN} none\n"));
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
