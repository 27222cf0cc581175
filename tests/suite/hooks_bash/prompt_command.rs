//! The shapes of PROMPT_COMMAND, and who else is in it.

use std::fs;

use super::version;
use crate::hooks::Kind;
use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::hooks::{bash, has_token};
use crate::support::pty::SESSION;

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
        let Some(mut shell) = Kind::Bash.open(&fake, &format!("{shape}\ndeclare -p PROMPT_COMMAND >shape 2>&1\n"))
        else {
            return;
        };
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
    let Some(mut shell) = Kind::Bash.open(&fake, "PROMPT_COMMAND=:\nreadonly PROMPT_COMMAND\n") else { return };
    assert_eq!(shell.greeting, "ostoken: PROMPT_COMMAND is read-only, the hook stays off\n");
    assert_eq!(shell.run("ostoken_off").text, "");
}

#[test]
fn an_exported_prompt_command_is_harmless_in_a_child_without_the_hook() {
    let Some(bash) = bash() else { return };
    let fake = FakeOstoken::new();
    let Some(mut shell) = Kind::Bash.open(&fake, "export PROMPT_COMMAND='p=1' PS1 PS0\n") else { return };
    let answer = shell.run(&format!("'{}' --norc --noprofile -u", bash.display()));
    assert_eq!(answer.text, "");
    assert_eq!(shell.run("(exit 4)").status, 4);
    assert_eq!(shell.run("echo $p").text, "1\n");
}

#[test]
fn the_hook_goes_behind_what_comes_later_and_gives_up_where_that_does_the_same() {
    let Some(bash) = bash() else { return };
    if version(&bash) < 404 {
        return; // see a_first_prompt_in_a_hostile_folder_gives_no_command_the_token
    }
    for first in ["", "export PROMPT_COMMAND=\n"] {
        let fake = FakeOstoken::new();
        let Some(mut shell) = Kind::Bash.open(&fake, first) else { return };
        let add = if first.is_empty() && version(&bash) >= 501 {
            "PROMPT_COMMAND+=('late=$?')"
        } else {
            "PROMPT_COMMAND+=';late=$?'"
        };
        shell.run(add);
        let last = "echo \"${PROMPT_COMMAND[*]}\" | tail -n 1 | grep -c 'ostoken_hook.*:$'";
        assert_eq!(shell.text(last), "1", "{add}");
        shell.run("(exit 3)");
        assert_eq!(shell.text("echo $late"), "3");
        has_token(&mut shell, TOKEN);
        assert_eq!(fake.calls().len(), 1, "to go behind is no reason to ask");
        shell.run("ostoken_off");
        assert_eq!(shell.text("echo \"${PROMPT_COMMAND[*]}\" | grep -c ostoken"), "0");
        assert_eq!(shell.run("(exit 4)").status, 4);
        assert_eq!(shell.text("echo $late"), "4");
    }
    if version(&bash) >= 501 {
        let fake = FakeOstoken::new();
        let rival = "rival() { PROMPT_COMMAND=(\"${PROMPT_COMMAND[@]/rival/:}\" rival); }\nPROMPT_COMMAND+=(rival)\n";
        let Some(mut shell) = Kind::Bash.open_in(&fake, &format!("{}{rival}", fake.source("bash")), SESSION) else {
            return;
        };
        for _ in 0..12 {
            shell.run("");
        }
        has_token(&mut shell, TOKEN);
        assert_eq!(fake.calls().len(), 1);
    }
}
