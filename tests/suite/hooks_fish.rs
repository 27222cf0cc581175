//! What only the fish hook has, or says in its own way, in real, interactive shells, against a fake `ostoken`; the rest
//! is in `hooks`. Real peers in both orders stand in `hooks_peers`.

mod environment;

use std::fs;
use std::process::Command;

use crate::hooks::Kind;
use crate::hooks::loading::off_and_on;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::drop_lease;
use crate::support::pty::{SESSION, Shell};
use crate::support::tool;

const HOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/ostoken.fish");

fn has_token(shell: &mut Shell, token: &str) {
    Kind::Fish.has_token(shell, token);
}

#[test]
fn the_clock_of_systems_without_proc_works_too() {
    let fake = FakeOstoken::new();
    let text = fs::read_to_string(fake.path().join("init.fish")).expect("the hook");
    fs::write(fake.path().join("init.fish"), text.replace("/proc/uptime", "/nowhere")).expect("the hook");
    let Some(mut shell) = Kind::Fish.open(&fake, "") else { return };
    shell.run("");
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 1);
    fake.token(RENEWED);
    shell.run(Kind::Fish.due());
    has_token(&mut shell, RENEWED);
    assert_eq!(fake.calls().len(), 2);
    // A clock that went back.
    shell.run(Kind::Fish.long_ago());
    shell.run("");
    assert_eq!(fake.calls().len(), 3);
}

#[test]
fn the_history_holds_what_was_typed_and_no_token() {
    let fake = FakeOstoken::new();
    let Some(mut shell) =
        Kind::Fish.open_in(&fake, &format!("set -gx fish_history tested\n{}", fake.source("fish")), SESSION)
    else {
        return;
    };
    shell.run("echo first");
    shell.run("ostoken_off");
    shell.run("ostoken_on");
    has_token(&mut shell, TOKEN);
    let (first, second) = TOKEN.split_at(9);
    let seen = shell.text("history save; cat $HOME/.local/share/fish/tested_history");
    assert!(seen.contains("cmd: ostoken_on"), "{seen}");
    assert!(!seen.contains(first) && !seen.contains(second), "{seen}");
}

#[test]
fn settings_and_names_of_the_user_do_no_harm() {
    let names = "date path cat ls echo math count contains emit type sh env command_not_found";
    let functions: String =
        names.split(' ').map(|name| format!("function {name}\n    builtin printf 'called {name}\\n'\nend\n")).collect();
    let variables: String = "now name out new secrets saved rest"
        .split(' ')
        .map(|name| format!("set -gx {name} 'of the user'\n"))
        .collect();
    for (what, settings) in [
        ("functions", functions.as_str()),
        ("private mode", "set -g fish_private_mode 1\n"),
        ("vi mode", "fish_vi_key_bindings\n"),
        ("no field separator", "set -g IFS ''\n"),
        ("field separators", "set -g IFS 0123456789ae\n"),
        ("variables", &variables),
    ] {
        let fake = FakeOstoken::new();
        // fish's own start calls such functions as well (and more of them than a test could bear: see the script's).
        let without = Kind::Fish.open_in(&fake, settings, SESSION).map(|shell| shell.greeting.clone());
        let Some(mut shell) = Kind::Fish.open(&fake, settings) else { return };
        assert_eq!(Some(&shell.greeting), without.as_ref(), "{what}");
        let token = |shell: &mut Shell| shell.text("command printenv OS_TOKEN");
        assert_eq!(token(&mut shell), TOKEN, "{what}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{what}");
        assert_eq!(token(&mut shell), RENEWED, "{what}");
        assert_eq!(shell.run("ostoken_off").text, "", "{what}");
        assert_eq!(shell.run("ostoken_on").text, "", "{what}");
        assert_eq!(token(&mut shell), RENEWED, "{what}");
        assert_eq!(fake.calls().len(), 3, "{what}");
        if what == "variables" {
            assert_eq!(shell.text("env | grep -c '=of the user'"), "7");
        }
    }
}

#[test]
fn a_lease_that_is_lost_while_failing_is_asked_for_later() {
    let Some((fake, mut shell)) = Kind::Fish.start() else { return };
    drop_lease(&fake);
    fake.mode("fail");
    for _ in 0..3 {
        shell.run("true");
    }
    has_token(&mut shell, TOKEN);
    assert_eq!(fake.calls().len(), 2);
}

/// Copies the prompt and calls the copy, as virtualenv's activate.fish does.
const WRAPPER: &str = r#"
functions -c fish_prompt wrapped
function fish_prompt
    set -l kept $pipestatus
    set -g wrapper_saw "$kept"
    sh -c "exit $kept[-1]"
    wrapped
end
"#;

#[test]
fn a_wrapper_of_the_prompt_sees_what_it_saw_before_simulated() {
    for order in ["{them}{us}", "{us}{them}"] {
        let fake = FakeOstoken::new();
        let rc = order.replace("{them}", WRAPPER).replace("{us}", &fake.source("fish"));
        let Some(mut shell) = Kind::Fish.open_in(&fake, &rc, SESSION) else { return };
        has_token(&mut shell, TOKEN);
        assert_eq!(shell.run("true | sh -c 'exit 3' | sh -c 'exit 4'").status, 4);
        assert_eq!(shell.text("echo $wrapper_saw"), "0 3 4", "{order}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("true | sh -c 'exit 5' | sh -c 'exit 6'").status, 6);
        assert_eq!(shell.text("echo $wrapper_saw"), "0 5 6", "{order}");
        has_token(&mut shell, RENEWED);
        assert_eq!(fake.calls().len(), 2, "{order}");
        assert_eq!(shell.run("ostoken_off; sh -c 'exit 8'").status, 8);
    }
}

#[test]
fn sourced_three_times_is_sourced_once() {
    let fake = FakeOstoken::new();
    let source = fake.source("fish");
    let Some(mut shell) = Kind::Fish.open_in(&fake, &format!("{source}{source}{source}"), SESSION) else { return };
    let handlers = "functions --handlers-type generic | grep -c __ostoken_hook";
    assert_eq!(shell.text(handlers), "2", "at the prompt and before a command");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn off_leaves_three_words_and_on_brings_all_back() {
    off_and_on(Kind::Fish, "", &|shell, _, when| {
        if when == "before" {
            return;
        }
        let left = shell.text("set -n | grep -E '^(__ostoken|OSTOKEN|OS_)'");
        assert_eq!(left, "OS_AUTH_URL\n__ostoken__bin\n__ostoken__pinned\n__ostoken__pins", "{when}");
        let words = "__ostoken_call\n__ostoken_load\n__ostoken_serves\nostoken_off\nostoken_on\nostoken_use";
        assert_eq!(shell.text("functions -a -n | string split , | string match '*ostoken*' | sort"), words);
        assert_eq!(shell.text("functions --handlers | grep -c ostoken"), "0");
    });
}

#[test]
fn in_a_script_the_hook_is_inert_and_silent_and_use_works() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let file = fake.openrc("rc", "set -gx OS_AUTH_URL 'https://k.test/v3'\n");
    let run = |script: String| {
        let mut command = Command::new(&fish);
        command.args(["--no-config", "-c", &script]).env("HOME", fake.home()).env_remove("OS_TOKEN");
        command
    };
    let script = format!(
        "{}set -gx OS_PROJECT_NAME other\nemit fish_prompt\nfunctions --handlers | grep ostoken\necho \"<$OS_TOKEN>\"",
        fake.source("fish")
    );
    let output = run(script).envs(SESSION.iter().copied()).output().expect("fish runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "<>\n");
    assert_eq!(fake.calls().len(), 0);
    // Also beside functions that not even fish's own interactive start could bear.
    let named = ["source", "functions", "echo", "printf", "math", "count", "contains", "path"]
        .map(|name| format!("function {name}; builtin echo called {name}; end\n"))
        .concat();
    let script = format!(
        "{named}{}ostoken_use '{}' && builtin echo $OS_TOKEN",
        fake.source("fish").replace("| source", "| builtin source"),
        file.display()
    );
    let output = run(script).output().expect("fish runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{TOKEN}\n"));
}

#[test]
fn fish_can_parse_the_file_and_finds_it_in_order() {
    let (Some(fish), Some(indent)) = (tool("fish"), tool("fish_indent")) else {
        return;
    };
    for (program, option) in [(fish, "--no-execute"), (indent, "--check")] {
        let output = Command::new(program).arg(option).arg(HOOK).output().expect("it runs");
        assert!(output.status.success(), "{option}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
    assert!(fs::read_to_string(HOOK).expect("the hook").is_ascii());
}
