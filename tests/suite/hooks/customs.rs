//! What people have set in bash and zsh: options, traps, aliases and functions.

use super::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::drop_lease;
use crate::support::pty::SESSION;

/// Ways to register the hook: an exported PROMPT_COMMAND of bash stays a string.
fn ways(kind: Kind) -> &'static [&'static str] {
    if kind == Kind::Bash { &["", "export PROMPT_COMMAND=:\n"] } else { &[""] }
}

/// The hook works under each of these options, and leaves as it was what this line shows.
pub fn works_under(kind: Kind, options: &[&str], state: &str) {
    for option in options {
        let fake = FakeOstoken::new();
        let Some(mut shell) = kind.open(&fake, &format!("{option}\n")) else { return };
        assert_eq!(shell.greeting, "", "{option}");
        let before = shell.text(state);
        assert_eq!(shell.run("").text, "", "{option}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{option}");
        kind.has_token(&mut shell, RENEWED);
        assert_eq!(shell.text(state), before, "{option}");
        assert_eq!(shell.text("env | grep __ostoken || :"), "", "{option}");
        assert_eq!(shell.run("ostoken_off").text, "", "{option}");
        assert_eq!(shell.text("echo $OS_USER_DOMAIN_NAME"), "Default", "{option}");
        assert_eq!(shell.run("ostoken_on").text, "", "{option}");
        kind.has_token(&mut shell, RENEWED);
        assert_eq!(shell.text("env | grep __ostoken || :"), "", "{option}");
        assert_eq!(shell.text(state), before, "{option}");
        assert_eq!(fake.calls().len(), 3, "{option}");
    }
}

pub fn errexit_does_not_end_the_shell_at_the_prompt(kind: Kind) {
    for way in ways(kind) {
        let fake = FakeOstoken::new();
        let Some(mut shell) = kind.open(&fake, way) else { return };
        shell.run("set -e");
        assert_eq!(shell.run("false && true").status, 1);
        drop_lease(&fake);
        assert_eq!(shell.run("false && true").status, 1);
        fake.mode("fail");
        drop_lease(&fake);
        assert_eq!(shell.run("false && true").status, 1);
        assert_eq!(shell.text("echo alive"), "alive");
    }
}

/// These traps, which print `err` after a command that failed, do not fire for the hook and stay as this line shows them.
pub fn traps_stay(kind: Kind, traps: &str, list: &str) {
    for way in ways(kind) {
        let fake = FakeOstoken::new();
        let rc = format!("{way}{}{traps}", kind.source(&fake));
        let Some(mut shell) = kind.open_in(&fake, &rc, SESSION) else { return };
        let before = shell.text(list);
        assert_eq!(shell.run("").text, "", "{traps}");
        assert_eq!(shell.run("false").text, "err\n", "once: {way}{traps}");
        assert_eq!(shell.run("").text, "", "{traps}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{traps}");
        fake.mode("fail");
        drop_lease(&fake);
        assert_eq!(shell.run("").text, "", "{traps}");
        assert_eq!(shell.text(list), before);
        kind.has_token(&mut shell, RENEWED);
    }
}

/// Under each of these traps, which print `trapped` before a command.
pub fn what_traps_print_is_not_taken_for_the_answer(kind: Kind, traps: &[&str]) {
    for trap in traps {
        let fake = FakeOstoken::new();
        let rc = format!("{}{trap}\n", kind.source(&fake));
        let Some(mut shell) = kind.open_in(&fake, &rc, SESSION) else { return };
        fake.renew_elsewhere();
        let seen = shell.greeting.clone() + &shell.run("").text;
        assert!(!seen.contains("gAAAA"), "{seen}");
        assert!(shell.run("true").text.contains("trapped"), "{trap} is back");
        if trap.contains("set -T") {
            assert!(shell.text("echo $-").contains('T'), "the option is still there");
        }
        shell.run("trap - DEBUG");
        kind.has_token(&mut shell, RENEWED);
        assert_eq!(fake.calls().len(), 2, "{trap}");
    }
}

pub fn aliases_and_functions_with_the_names_of_builtins_do_no_harm(kind: Kind) {
    let names = "local return eval export unset printf print read set trap declare typeset emulate shopt setopt test";
    let mut functions = String::new();
    let mut aliases = String::new();
    if kind == Kind::Zsh {
        aliases += "alias -g G='| grep' gone='; echo aliased' USERNAME='; echo aliased'\n";
    }
    for name in names.split(' ') {
        functions += &format!("function {name} {{ echo 'called {name}'; }}\n");
        aliases += &format!("alias {name}='echo aliased {name};'\n");
    }
    for (what, names) in [("functions", functions), ("aliases", aliases)] {
        let fake = FakeOstoken::new();
        // eval itself is one of the names: the user would write it like this.
        let Some(mut shell) = kind.open(&fake, &format!("{names}\\builtin ")) else { return };
        assert_eq!(shell.greeting, "", "{what}");
        kind.has_token(&mut shell, TOKEN);
        fake.renew_elsewhere();
        assert_eq!(shell.run("").text, "", "{what}");
        kind.has_token(&mut shell, RENEWED);
        assert_eq!(shell.run("ostoken_off").text, "", "{what}");
        assert_eq!(shell.run("ostoken_on").text, "", "{what}");
        kind.has_token(&mut shell, RENEWED);
    }
}

pub fn read_only_variables_with_short_names_do_no_harm(kind: Kind) {
    let fake = FakeOstoken::new();
    let Some(mut shell) = kind.open(&fake, "readonly st=1 now=1 out=1 name=1 left=1 i=1\n") else { return };
    assert_eq!(shell.greeting, "");
    kind.has_token(&mut shell, TOKEN);
}
