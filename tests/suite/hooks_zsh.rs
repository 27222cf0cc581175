//! What only the zsh hook has, or says in its own way, in real, interactive shells, against a fake `ostoken`; the rest
//! is in `hooks`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::hooks::Kind;
use crate::hooks::customs::{traps_stay, what_traps_print_is_not_taken_for_the_answer, works_under};
use crate::hooks::loading::off_and_on;
use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::pty::SESSION;
use crate::support::tool;

const HOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/ostoken.zsh");

// When it asks again.

#[test]
fn without_the_module_for_the_clock_nothing_changes() {
    let Some((fake, mut shell)) = Kind::Zsh.start() else { return };
    shell.run("zmodload -u zsh/datetime");
    assert_eq!(shell.text("echo ${EPOCHSECONDS-gone}"), "gone");
    assert_eq!(fake.calls().len(), 1);
    shell.run("__ostoken__due=0");
    shell.run("");
    assert_eq!(fake.calls().len(), 2);
}

// The environment changes.

/// A folder's .env may set the clock of the shells that are started there.
#[test]
fn a_clock_of_the_environment_is_not_run() {
    for before in ["", "zmodload() { return 1; }; "] {
        let Some((fake, mut shell)) = Kind::Zsh.start() else { return };
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

// What goes wrong.

#[test]
fn during_powerlevel10ks_instant_prompt_a_message_waits_for_the_second_prompt() {
    let fake = FakeOstoken::new();
    fake.mode("noisy").left(7200);
    // As its instant prompt does it: set while ~/.zshrc runs, unset at the end of the first precmd.
    let rc = format!(
        "typeset -gi __p9k_instant_prompt_active=1\n{}clear() {{ unset __p9k_instant_prompt_active; }}\n\
         precmd_functions+=(clear)\n",
        fake.source("zsh")
    );
    let Some(mut shell) = Kind::Zsh.open_in(&fake, &rc, SESSION) else { return };
    assert_eq!(shell.greeting, "");
    assert_eq!(shell.run("").text, "ostoken: keystone cannot be reached\n");
    assert_eq!(shell.run("").text, "");
    assert_eq!(fake.calls().len(), 2);
}

// Options, traps, aliases and functions of the user.

#[test]
fn the_hook_works_under_any_option_and_the_option_stays() {
    let options = [
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
    ];
    works_under(Kind::Zsh, &options, "set -o");
}

#[test]
fn traps_of_the_user_stay_and_do_not_fire_for_the_hook() {
    traps_stay(Kind::Zsh, "TRAPINT() { echo int; return 130; }\nTRAPZERR() { echo err; }\n", "trap");
    traps_stay(Kind::Zsh, "trap 'echo int' INT\ntrap 'echo err' ZERR\ntrap 'true' DEBUG\n", "trap");
}

#[test]
fn what_a_debug_trap_prints_is_not_taken_for_the_answer() {
    let traps = ["trap 'printf trapped' DEBUG", "trap 'echo trapped' DEBUG", "TRAPDEBUG() { echo trapped; }"];
    what_traps_print_is_not_taken_for_the_answer(Kind::Zsh, &traps);
}

// Loading and unloading.

#[test]
fn sourced_three_times_is_sourced_once() {
    let fake = FakeOstoken::new();
    let source = fake.source("zsh");
    let rc = format!("precmd_functions=(a)\na() {{ :; }}\n{source}{source}{source}");
    let Some(mut shell) = Kind::Zsh.open_in(&fake, &rc, SESSION) else { return };
    assert_eq!(shell.text("echo $precmd_functions $preexec_functions"), "a __ostoken_hook __ostoken_hook");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn off_leaves_three_words_and_on_brings_all_back() {
    off_and_on(Kind::Zsh, "precmd_functions=(:) preexec_functions=(:)\n", &|shell, _, when| {
        if when == "before" {
            return;
        }
        assert_eq!(
            shell.text("print -rl -- ${(ok)parameters[(I)(__ostoken|OSTOKEN|OS_)*]}"),
            "OS_AUTH_URL\n__ostoken__bin\n__ostoken__pinned\n__ostoken__pins",
            "{when}"
        );
        assert_eq!(
            shell.text("typeset +f | grep ostoken | LC_ALL=C sort"),
            "__ostoken_call\n__ostoken_load\n__ostoken_serves\nostoken_off\nostoken_on\nostoken_use"
        );
        assert_eq!(shell.text("echo $precmd_functions $preexec_functions"), ": :");
    });
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
