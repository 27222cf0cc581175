//! The zsh hook in real, interactive shells, against a fake `ostoken`. What belongs here: what a
//! zsh user can see, and the rules of the hook file itself. The bash file asks the same of bash.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{self, OTHER_VARIABLES, drop_lease, has_token};
use crate::support::pty::{SESSION, Shell};
use crate::support::tool;

const HOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/ostoken.zsh");

/// A fake and a zsh that uses it.
fn start(zsh: &Path) -> (FakeOstoken, Shell) {
    hooks::start("zsh", zsh, Shell::zsh)
}

// 1. What is exported, and that a prompt starts no process.

#[test]
fn the_token_is_exported_and_the_user_domain_taken_away() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
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
    assert_eq!(fake.calls(), ["hook --shell zsh --said "]);
    assert!(!fake.saw_terminal());
}

#[test]
fn no_variable_of_the_hook_is_exported_and_the_token_has_no_second_copy() {
    let Some(zsh) = tool("zsh") else { return };
    let (_fake, mut shell) = start(&zsh);
    assert_eq!(shell.text("env | grep -c __ostoken"), "0");
    assert_eq!(shell.text(&format!("set | grep -c -e '{}'\"\"'{}'", &TOKEN[..9], &TOKEN[9..])), "1");
}

#[test]
fn a_fresh_token_makes_no_call_at_any_prompt() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    for _ in 0..20 {
        shell.run("");
    }
    shell.run("true");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn a_fast_prompt_starts_no_process() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let script = |times| {
        let source = fake.source("zsh");
        format!("{source}__ostoken_hook; for ((i = 1; i < {times}; i++)); do __ostoken_hook; done")
    };
    let shell = [zsh.to_str().expect("UTF-8"), "-f", "-c"];
    let Some(once) = hooks::processes(&fake, &shell, script, 1) else { return };
    assert!(once > 2, "the slow path is seen: {once}");
    assert_eq!(hooks::processes(&fake, &shell, script, 201), Some(once));
}

#[test]
fn a_fast_prompt_costs_at_most_a_twentieth_of_a_process() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let shell = [zsh.to_str().expect("UTF-8"), "-f", "-c"];
    let share = hooks::cost(&shell, &hooks::cost_script(&fake.source("zsh")));
    assert!(share <= 0.05, "{share:.4} of $(/bin/true)");
    assert_eq!(fake.calls().len(), 1);
}

// 2. What the last command left behind.

#[test]
fn status_and_pipestatus_are_the_commands_own_at_fast_and_slow_prompts() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    for round in 0..2 {
        assert_eq!(shell.run("(exit 7)").status, 7);
        assert_eq!(shell.text("echo $?"), "7");
        if round == 0 {
            fake.renew_elsewhere();
        }
        shell.run("true | (exit 3) | (exit 4)");
        assert_eq!(shell.text("echo $pipestatus"), "0 3 4");
        // The slow path just before the command, too.
        shell.run("(exit 5)");
        drop_lease(&fake);
        assert_eq!(shell.text("echo $?"), "5");
    }
    assert_eq!(fake.calls().len(), 4);
}

#[test]
fn hooks_before_and_after_see_the_commands_own_status() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let rc = format!(
        "before() {{ b=\"$?:$pipestatus\"; }}\nafter() {{ a=\"$?:$pipestatus\"; }}\n\
         precmd_functions=(before)\n{}precmd_functions+=(after)\n",
        fake.source("zsh")
    );
    let mut shell = Shell::zsh(&zsh, &fake, &rc);
    shell.run("true | (exit 5)");
    assert_eq!(shell.text(r#"echo "$b $a""#), "5:0 5 5:0 5");
    fake.renew_elsewhere();
    shell.run("true | (exit 6)");
    assert_eq!(shell.text(r#"echo "$b $a""#), "6:0 6 6:0 6");
    assert_eq!(fake.calls().len(), 2);
}

// 3. When it asks again.

#[test]
fn the_next_command_after_an_idle_time_has_the_new_token() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    fake.renew_elsewhere();
    has_token(&mut shell, RENEWED);
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_lease_that_is_gone_makes_exactly_one_call_at_the_prompt() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    fake.renew_elsewhere();
    shell.run("");
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
    has_token(&mut shell, RENEWED);
}

#[test]
fn a_due_refresh_makes_exactly_one_call() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    fake.left(1);
    let mut shell = Shell::zsh(&zsh, &fake, &fake.source("zsh"));
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
fn without_the_module_for_the_clock_nothing_changes() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    shell.run("zmodload -u zsh/datetime");
    assert_eq!(shell.text("echo ${EPOCHSECONDS-gone}"), "gone");
    assert_eq!(fake.calls().len(), 1);
    shell.run("__ostoken__due=0");
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_clock_that_went_back_counts_as_due() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    shell.run("__ostoken__since=5000000000 __ostoken__due=6000000000");
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

// 4. The environment changes.

/// A folder's .env may set the clock of the shells that are started there.
#[test]
fn a_clock_of_the_environment_is_not_run() {
    let Some(zsh) = tool("zsh") else { return };
    for before in ["", "zmodload() { return 1; }; "] {
        let (fake, mut shell) = start(&zsh);
        let ran = fake.path().join("ran");
        let script = fake.path().join("child.zsh");
        // The module may be absent, and the variable come after the hook.
        let later = "[[ ${(t)EPOCHSECONDS-} == *readonly* ]] || EPOCHSECONDS=$1\n__ostoken__due=0\n";
        let prompts = "__ostoken_hook\n__ostoken_hook\necho \"<$OS_TOKEN>\"\n";
        fs::write(&script, format!("{before}{}{prompts}{later}{prompts}", fake.source("zsh"))).expect("written");
        for value in [format!("PATH[$(touch {})]", ran.display()), String::new(), "x".into(), "12 34".into()] {
            let line = format!("env EPOCHSECONDS='{value}' zsh -fi {} '{value}' 2>&1", script.display());
            let seen = shell.text(&line);
            assert_eq!(seen.matches(&format!("<{TOKEN}>")).count(), 2, "{before}{value}: {seen}");
            assert!(!seen.contains("math") && !ran.exists(), "{before}{value}: {seen}");
        }
    }
}

#[test]
fn another_project_makes_one_call() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    fake.token(RENEWED);
    shell.run("export OS_PROJECT_NAME=other");
    has_token(&mut shell, RENEWED);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn every_variable_that_a_token_depends_on_makes_one_call() {
    let Some(zsh) = tool("zsh") else { return };
    for options in ["", "set -u\n"] {
        let fake = FakeOstoken::new();
        let mut shell = Shell::zsh(&zsh, &fake, &format!("{options}{}", fake.source("zsh")));
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
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    let openrc: String = SESSION.iter().map(|(k, v)| format!("export {k}='{v}'\n")).collect();
    fs::write(fake.home().join("openrc.sh"), openrc).expect("an OpenRC file");
    shell.run(". ./openrc.sh");
    assert_eq!(shell.text("echo ${OS_USER_DOMAIN_NAME-gone} $OSTOKEN_USER_DOMAIN_NAME"), "gone Default");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_session_that_was_cleared_takes_the_token_along_and_leaves_nothing() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    shell.run("unset OS_AUTH_URL OS_USERNAME OS_PASSWORD OS_PROJECT_NAME OS_PROJECT_DOMAIN_NAME");
    assert_eq!(shell.text("env | grep -c -E '^OS(TOKEN)?_'"), "0");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn without_a_session_nothing_is_ever_called() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let mut shell = Shell::zsh_in(&zsh, &fake, &fake.source("zsh"), &[]);
    shell.run("");
    assert_eq!(shell.run("(exit 9)").status, 9);
    assert_eq!(fake.calls().len(), 0);
    shell.run("export OS_AUTH_URL=https://keystone.test:5000/v3");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn what_the_program_says_to_restore_is_restored() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let rc = format!(
        "export OSTOKEN_SCRUB=1 OSTOKEN_KEYRING=file OS_AUTH_TYPE=v3password OS_PASSCODE='1 2'\n{}",
        fake.source("zsh")
    );
    let mut shell = Shell::zsh(&zsh, &fake, &rc);
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
}

#[test]
fn a_child_shell_asks_once_and_has_the_token() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    shell.run(&format!("'{}' -d", zsh.display()));
    has_token(&mut shell, TOKEN);
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
    assert_eq!(shell.text("echo ${OS_USER_DOMAIN_NAME-gone} $OSTOKEN_USER_DOMAIN_NAME"), "gone Default");
}

#[test]
fn with_direnv_the_token_comes_and_goes_with_the_folder() {
    let (Some(zsh), Some(direnv)) = (tool("zsh"), tool("direnv")) else {
        return;
    };
    let theirs = format!("eval \"$('{}' hook zsh)\"\n", direnv.display());
    let quiet = "export DIRENV_LOG_FORMAT=\n";
    let fake = FakeOstoken::new();
    let ours = fake.source("zsh");
    fs::create_dir(fake.home().join("cloud")).expect("a folder");
    let envrc: String = SESSION.iter().map(|(k, v)| format!("export {k}='{v}'\n")).collect();
    fs::write(fake.home().join("cloud/.envrc"), envrc).expect(".envrc");
    for rc in [format!("{quiet}{theirs}{ours}"), format!("{quiet}{ours}{theirs}")] {
        let mut shell = Shell::zsh_in(&zsh, &fake, &rc, &[]);
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
    let Some(zsh) = tool("zsh") else { return };
    for mode in ["fail", "partial", "oneline"] {
        let fake = FakeOstoken::new();
        fake.mode(mode);
        let mut shell = Shell::zsh(&zsh, &fake, &fake.source("zsh"));
        shell.run("");
        let line = "echo ${OS_TOKEN-none} ${PARTIAL-none} $OS_USER_DOMAIN_NAME";
        assert_eq!(shell.text(line), "none none Default", "{mode}");
        assert_eq!(fake.calls().len(), 1, "{mode}");
        assert_eq!(shell.greeting, "", "{mode}");
        fake.mode("ok");
        shell.run("((__ostoken__due -= 30))");
        has_token(&mut shell, TOKEN);
    }
}

#[test]
fn a_failed_renewal_keeps_the_token_there_is() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    fake.mode("fail").renew_elsewhere();
    shell.run("");
    shell.run("");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_message_is_said_once_and_its_kind_handed_back() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    fake.mode("noisy").left(7200);
    let mut shell = Shell::zsh(&zsh, &fake, &fake.source("zsh"));
    assert_eq!(shell.greeting, "ostoken: keystone cannot be reached\n");
    assert_eq!(shell.run("__ostoken__due=0").text, "");
    assert_eq!(fake.calls().last().expect("calls"), "hook --shell zsh --said unreachable");
    assert_eq!(shell.run("ostoken_on").text, "ostoken: keystone cannot be reached\n", "who asks is told");
}

#[test]
fn during_powerlevel10ks_instant_prompt_a_message_waits_for_the_second_prompt() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    fake.mode("noisy").left(7200);
    // As its instant prompt does it: set while ~/.zshrc runs, unset at the end of the first precmd.
    let rc = format!(
        "typeset -gi __p9k_instant_prompt_active=1\n{}clear() {{ unset __p9k_instant_prompt_active; }}\n\
         precmd_functions+=(clear)\n",
        fake.source("zsh")
    );
    let mut shell = Shell::zsh(&zsh, &fake, &rc);
    assert_eq!(shell.greeting, "");
    assert_eq!(shell.run("").text, "ostoken: keystone cannot be reached\n");
    assert_eq!(shell.run("").text, "");
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_program_that_is_gone_is_named_once() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    fs::remove_file(fake.program()).expect("the program");
    let text = shell.run("__ostoken__due=0").text;
    assert!(text.contains("is gone (ostoken_off ends this hook)"), "{text}");
    assert_eq!(shell.run("__ostoken__due=0").text, "");
    has_token(&mut shell, TOKEN);
}

#[test]
fn an_interrupt_gives_the_prompt_at_once_and_no_second_call() {
    let Some(zsh) = tool("zsh") else { return };
    // Once because the lease is gone, once because the environment is another.
    for line in ["", "export OS_PROJECT_NAME=other"] {
        let (fake, mut shell) = start(&zsh);
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
        let state = shell.run("[[ -o xtrace ]] && set +x && echo traced").text;
        assert!(state.ends_with("traced\n"), "options are given back: {state}");
        // Another environment has no token of the one before.
        has_token(&mut shell, if line.is_empty() { TOKEN } else { "" });
        assert_eq!(fake.calls().len(), 2, "{line}");
    }
}

#[test]
fn what_is_typed_ahead_is_kept() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
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

// 6 and 8. Options, traps, aliases and functions of the user.

#[test]
fn the_hook_works_under_any_option_and_the_option_stays() {
    let Some(zsh) = tool("zsh") else { return };
    for option in [
        "setopt nounset",
        "setopt err_return",
        "setopt ksh_arrays",
        "setopt sh_word_split",
        "setopt warn_create_global warn_nested_var",
        "emulate sh",
        "emulate ksh",
        "setopt ignore_braces",
        "setopt ignore_close_braces",
        "setopt no_prompt_percent prompt_subst prompt_bang; PS1='ps[0]ps '",
        "setopt all_export",
        "setopt no_clobber",
        "setopt null_glob",
        "setopt no_glob",
        "setopt ksh_typeset 2>/dev/null",
        "setopt posix_builtins posix_identifiers",
        "setopt glob_subst",
        "setopt no_multios no_equals rc_quotes",
        "IFS=0123456789",
        "IFS=",
    ] {
        let fake = FakeOstoken::new();
        let rc = format!("{option}\n{}", fake.source("zsh"));
        let mut shell = Shell::zsh(&zsh, &fake, &rc);
        assert_eq!(shell.greeting, "", "{option}");
        let before = shell.text("set -o");
        assert_eq!(shell.run("").text, "", "{option}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{option}");
        has_token(&mut shell, RENEWED);
        assert_eq!(shell.text("set -o"), before, "{option}");
        assert_eq!(shell.text("env | grep __ostoken || :"), "", "{option}");
        assert_eq!(shell.run("ostoken_off").text, "", "{option}");
        assert_eq!(shell.text("echo $OS_USER_DOMAIN_NAME"), "Default", "{option}");
        assert_eq!(shell.run("ostoken_on").text, "", "{option}");
        has_token(&mut shell, RENEWED);
        assert_eq!(fake.calls().len(), 3, "{option}");
    }
}

#[test]
fn err_exit_does_not_end_the_shell_at_the_prompt() {
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    shell.run("set -e");
    assert_eq!(shell.run("false && true").status, 1);
    drop_lease(&fake);
    assert_eq!(shell.run("false && true").status, 1);
    fake.mode("fail");
    drop_lease(&fake);
    assert_eq!(shell.run("false && true").status, 1);
    assert_eq!(shell.text("echo alive"), "alive");
}

#[test]
fn tracing_never_shows_the_token() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let rc = format!("export OSTOKEN_SCRUB=1 OS_PASSCODE=passc0de\nset -x\n{}", fake.source("zsh"));
    let mut shell = Shell::zsh(&zsh, &fake, &rc);
    let file = fake.openrc("use", "\\builtin export OS_PROJECT_NAME='x'\n");
    let mut seen = shell.greeting.clone();
    for line in [
        "",
        "export OS_PROJECT_NAME=other",
        // The export is there already, as in a child shell.
        fake.source("zsh").trim_end(),
        "ostoken_off",
        "ostoken_on",
        &format!("ostoken_use '{}'", file.display()),
        "unset OS_AUTH_URL",
    ] {
        seen += &shell.run(line).text;
    }
    assert!(seen.contains("> "), "there is a trace: {seen}");
    assert_eq!(fake.calls().len(), 6, "{:?}", fake.calls());
    for part in [&TOKEN[..9], &format!("={}", &TOKEN[TOKEN.len() - 8..])] {
        assert!(!seen.contains(part), "{part}: {seen}");
    }
    assert!(!seen.contains("s3cret"), "{seen}");
    assert!(!seen.contains("passc0de"), "{seen}");
}

#[test]
fn traps_of_the_user_stay_and_do_not_fire_for_the_hook() {
    let Some(zsh) = tool("zsh") else { return };
    for traps in [
        "TRAPINT() { echo int; return 130; }\nTRAPZERR() { echo err; }\n",
        "trap 'echo int' INT\ntrap 'echo err' ZERR\ntrap 'true' DEBUG\n",
    ] {
        let fake = FakeOstoken::new();
        let rc = format!("{}{traps}", fake.source("zsh"));
        let mut shell = Shell::zsh(&zsh, &fake, &rc);
        let before = shell.text("trap");
        assert_eq!(shell.run("").text, "", "{traps}");
        assert_eq!(shell.run("false").text, "err\n", "once: {traps}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{traps}");
        fake.mode("fail");
        drop_lease(&fake);
        assert_eq!(shell.run("").text, "", "{traps}");
        assert_eq!(shell.text("trap"), before);
        has_token(&mut shell, RENEWED);
    }
}

#[test]
fn what_a_debug_trap_prints_is_not_taken_for_the_answer() {
    let Some(zsh) = tool("zsh") else { return };
    for trap in ["trap 'printf trapped' DEBUG", "trap 'echo trapped' DEBUG", "TRAPDEBUG() { echo trapped; }"] {
        let fake = FakeOstoken::new();
        let mut shell = Shell::zsh(&zsh, &fake, &format!("{}{trap}\n", fake.source("zsh")));
        fake.renew_elsewhere();
        let seen = shell.greeting.clone() + &shell.run("").text;
        assert!(!seen.contains("gAAAA"), "{seen}");
        assert!(shell.run("true").text.contains("trapped"), "{trap} is back");
        shell.run("trap - DEBUG");
        has_token(&mut shell, RENEWED);
        assert_eq!(fake.calls().len(), 2, "{trap}");
    }
}

#[test]
fn aliases_and_functions_with_the_names_of_builtins_do_no_harm() {
    let Some(zsh) = tool("zsh") else { return };
    let names = "local return eval export unset print read set trap typeset emulate setopt test";
    let mut functions = String::new();
    let mut aliases = String::from("alias -g G='| grep' gone='; echo aliased' USERNAME='; echo aliased'\n");
    for name in names.split(' ') {
        functions += &format!("function {name} {{ echo 'called {name}'; }}\n");
        aliases += &format!("alias {name}='echo aliased {name};'\n");
    }
    for (what, rc) in [("functions", functions), ("aliases", aliases)] {
        let fake = FakeOstoken::new();
        // eval itself is one of the names: the user would write it like this.
        let rc = format!("{rc}\\builtin {}", fake.source("zsh"));
        let mut shell = Shell::zsh(&zsh, &fake, &rc);
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
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let rc = format!("typeset -r st=1 now=1 out=1 name=1 left=1 i=1\n{}", fake.source("zsh"));
    let mut shell = Shell::zsh(&zsh, &fake, &rc);
    assert_eq!(shell.greeting, "");
    has_token(&mut shell, TOKEN);
}

// 11. Loading and unloading.

#[test]
fn sourced_three_times_is_sourced_once() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let source = fake.source("zsh");
    let rc = format!("precmd_functions=(a)\na() {{ :; }}\n{source}{source}{source}");
    let mut shell = Shell::zsh(&zsh, &fake, &rc);
    assert_eq!(shell.text("echo $precmd_functions $preexec_functions"), "a __ostoken_hook __ostoken_hook");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn off_leaves_three_words_and_on_brings_all_back() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let rc = "export OS_AUTH_URL=https://k.test/v3\nprecmd_functions=(:) preexec_functions=(:)\n";
    let mut shell = Shell::zsh_in(&zsh, &fake, rc, &[]);
    shell.run(fake.source("zsh").trim_end());
    has_token(&mut shell, TOKEN);
    for round in 0..2 {
        assert_eq!(shell.run("ostoken_off").text, "");
        assert_eq!(
            shell.text("print -rl -- ${(ok)parameters[(I)(__ostoken|OSTOKEN|OS_)*]}"),
            "OS_AUTH_URL\n__ostoken__bin\n__ostoken__pinned\n__ostoken__pins",
            "{round}"
        );
        assert_eq!(
            shell.text("typeset +f | grep ostoken | LC_ALL=C sort"),
            "__ostoken_call\n__ostoken_load\nostoken_off\nostoken_on\nostoken_use"
        );
        assert_eq!(shell.text("echo $precmd_functions $preexec_functions"), ": :");
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
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let rc = format!("export OSTOKEN_SCRUB=1\n{}", fake.source("zsh"));
    let mut shell = Shell::zsh(&zsh, &fake, &rc);
    let text = shell.run("ostoken_off").text;
    assert_eq!(text, "ostoken: OS_PASSWORD was taken away and is not put back\n");
    assert_eq!(shell.text("echo $OS_USERNAME ${OS_PASSWORD-gone}"), "ada gone");
}

#[test]
fn use_makes_a_file_the_environment_and_refreshes_at_once() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc(
        "an openrc, it is",
        "\\builtin unset OS_PROJECT_ID\n\\builtin export OS_PROJECT_NAME='it'\\''s' OS_AUTH_URL='https://k.test/v3' OS_USER_DOMAIN_NAME='Other'\n",
    );
    let rc = format!("{}ostoken_use '{}'; r=$?\n", fake.source("zsh"), file.display());
    let mut shell = Shell::zsh_in(&zsh, &fake, &rc, &[("OS_PROJECT_ID", "old")]);
    assert_eq!(
        shell.text("echo $r $OS_TOKEN $OS_PROJECT_NAME ${OS_PROJECT_ID-gone} ${OS_USER_DOMAIN_NAME-gone} $OSTOKEN_USER_DOMAIN_NAME"),
        format!("0 {TOKEN} it's gone gone Other")
    );
    let use_call = format!("hook --shell zsh --use {}", file.display());
    assert_eq!(fake.calls(), [use_call.as_str(), "hook --shell zsh --said "]);
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
    let Some(zsh) = tool("zsh") else { return };
    let (fake, mut shell) = start(&zsh);
    let before = shell.text("env | grep OS | sort");
    let answer = shell.run("ostoken_use nowhere");
    assert_eq!((answer.status, answer.text.as_str()), (4, "ostoken: no such file\n"));
    assert_eq!(shell.text("env | grep OS | sort"), before);
    let answer = shell.run("ostoken_use");
    assert_eq!((answer.status, answer.text.as_str()), (2, "usage: ostoken_use FILE\n"));
    shell.run("ostoken_off");
    assert_eq!(shell.run("ostoken_use nowhere").status, 4);
    assert_eq!(shell.text("typeset +f | grep -c __ostoken"), "2", "still off");
    assert_eq!(fake.calls().len(), 3);
}

#[test]
fn in_a_script_the_hook_is_inert_and_silent_and_use_works() {
    let Some(zsh) = tool("zsh") else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc("rc", "\\builtin export OS_AUTH_URL='https://k.test/v3'\n");
    for options in ["-fc", "-feuc", "-feuxc"] {
        let script =
            format!("set -o pipefail\n{}echo ${{precmd_functions-none}} ${{OS_TOKEN-none}}", fake.source("zsh"));
        let output =
            Command::new(&zsh).args([options, &script]).envs(SESSION.iter().copied()).output().expect("zsh runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "none none\n");
        if !options.contains('x') {
            assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        }
    }
    assert_eq!(fake.calls().len(), 0);
    let script =
        format!("{}ostoken_use '{}' && echo $OS_TOKEN ${{precmd_functions-none}}", fake.source("zsh"), file.display());
    let output = Command::new(&zsh).args(["-feuc", &script]).output().expect("zsh runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{TOKEN} none\n"));
}

// The file itself.

#[test]
fn zsh_can_parse_the_file_and_its_body() {
    let Some(zsh) = tool("zsh") else { return };
    let text = fs::read_to_string(HOOK).expect("the hook");
    let body = text.split('\'').nth(1).expect("a quoted body").to_owned();
    assert_eq!(text.matches('\'').count(), 2, "a third quote would end the body");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("body.zsh");
    fs::write(&file, body).expect("the body");
    for path in [Path::new(HOOK), &file] {
        let output = Command::new(&zsh).args(["-f", "-n"]).arg(path).output().expect("zsh runs");
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}
