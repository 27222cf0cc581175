//! What a folder's environment can set, in a bash with the hook: whatever it is, the token goes before it stands beside
//! another cloud, and the hook's own settings and state stay as they were.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::hooks::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{drop_lease, has_token};
use crate::support::pty::{SESSION, Shell};

const EVIL: &str = "export OS_AUTH_URL=https://evil.test/v3";

/// The hook's settings.
const SETTINGS: [&str; 18] = [
    "HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "RES_OPTIONS",
    "OSTOKEN_KEYRING",
    "OSTOKEN_KEYRING_SERVICE",
    "OSTOKEN_EXPORT",
    "OSTOKEN_SCRUB",
    "OSTOKEN_REFRESH_AFTER",
    "OSTOKEN_ALLOW_HTTP",
    "OSTOKEN_PREEXEC",
];

/// That nothing of the token is in the environment, under whatever name, and that the shell still works.
pub fn has_no_copy(shell: &mut Shell, what: &str) {
    let (a, b) = TOKEN.split_at(9);
    assert_eq!(shell.text(&format!("env | grep -e '{a}'\"\"'{b}'")), "", "{what}");
}

#[test]
fn a_child_shell_drops_what_it_inherited_and_asks() {
    for mark in ["OSTOKEN_EXPORTED", "OSTOKEN_EXPIRES_AT"] {
        for value in ["", "0123456789abcdef"] {
            for mode in ["ok", "fail"] {
                let fake = FakeOstoken::new();
                fake.mode(mode).token(RENEWED);
                let mut vars = SESSION.to_vec();
                vars.extend([("OS_TOKEN", TOKEN), ("OS_AUTH_TYPE", "token"), (mark, value)]);
                let Some(mut shell) =
                    Kind::Bash.open_in(&fake, &(fake.source("bash") + "declare -p OS_TOKEN\n"), &vars)
                else {
                    return;
                };
                assert!(shell.greeting.contains("OS_TOKEN: not found"), "{mark}={value}: {}", shell.greeting);
                has_token(&mut shell, if mode == "ok" { RENEWED } else { "" });
                assert_eq!(fake.calls(), ["hook --shell bash --said "], "{mark}={value}");
            }
        }
    }
}

#[test]
fn variables_of_the_hooks_own_names_change_nothing() {
    let hook = fs::read_to_string(super::HOOK).expect("the hook");
    let mut names: Vec<&str> = hook
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("__ostoken_") || word.starts_with("ostoken_"))
        .collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 60, "{names:?}");
    names.extend([
        "FUNCNEST",
        "EPOCHSECONDS",
        "SECONDS",
        "RANDOM",
        "SRANDOM",
        "bash_preexec_imported",
        "__bp_imported",
    ]);
    for value in ["1", "", "a[$(touch ~/pwned)]", "touch ~/pwned"] {
        // Brought along, and set later, and set and unset as direnv does it when a folder is left.
        for moment in ["first", "later", "twice"] {
            let fake = FakeOstoken::new();
            // Only unset are the last ones plain variables; else bash itself evaluates what they are given.
            let plain = "unset EPOCHSECONDS SECONDS RANDOM SRANDOM\n".to_owned();
            let exports = names.iter().map(|name| format!("export {name}='{value}'\n"));
            let exports = plain + &exports.collect::<String>();
            let unsets: String = names.iter().map(|name| format!("unset {name}\n")).collect();
            fs::write(fake.home().join("exports"), &exports).expect("a file");
            fs::write(fake.home().join("unsets"), &unsets).expect("a file");
            let source = fake.source("bash");
            let rc = if moment == "first" { format!(". ~/exports\n{source}") } else { source };
            let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
            assert_eq!(shell.greeting, "", "{moment} {value}");
            has_token(&mut shell, TOKEN);
            for line in [". ~/exports", ". ~/unsets", ". ~/exports"].iter().take(match moment {
                "first" => 0,
                "later" => 1,
                _ => 3,
            }) {
                assert_eq!(shell.run(line).text, "", "{moment} {value}");
            }
            let calls = fake.calls().len();
            has_token(&mut shell, TOKEN);
            assert_eq!(fake.calls().len(), calls, "{moment} {value}");
            fake.mode("fail");
            assert_eq!(shell.run(EVIL).text, "", "{moment} {value}");
            has_no_copy(&mut shell, &format!("{moment} {value}"));
            assert_eq!(fake.calls().len(), calls + 1, "{moment} {value}");
            assert!(!fake.home().join("pwned").exists(), "{moment} {value}");
        }
    }
}

#[test]
fn functions_that_the_environment_brought_are_replaced_and_not_handed_on() {
    let fake = FakeOstoken::new();
    let mut rc = String::new();
    for name in ["__ostoken_hook", "__ostoken_quietly", "__ostoken_begin", "__ostoken_is_own", "ostoken_on"] {
        rc += &format!("{name}() {{ echo brought; }}\nexport -f {name}\n");
    }
    let Some(mut shell) = Kind::Bash.open_in(&fake, &(rc + &fake.source("bash")), SESSION) else { return };
    assert_eq!(shell.greeting, "");
    has_token(&mut shell, TOKEN);
    assert_eq!(shell.text("env | grep -c -e '^BASH_FUNC' -e __ostoken"), "0");
    assert_eq!(shell.run("ostoken_on").text, "");
}

#[test]
fn hostile_values_are_compared_and_never_run() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    for (calls, value) in [
        "$(touch ~/pwned)`touch ~/pwned`",
        "]$(touch ~/pwned)",
        "a[$(touch ~/pwned)]",
        "*",
        "\\\"}]) 'x\\",
        "]-${OS_TOKEN:=x}",
        "\u{1f}\u{1f}https://evil.test",
        "\u{e9}\u{1}\u{7f}@*",
    ]
    .iter()
    .enumerate()
    {
        let quoted = value.replace('\'', "'\\''");
        fs::write(fake.home().join("hostile"), format!("export OS_PROJECT_NAME='{quoted}'\n")).expect("a file");
        assert_eq!(shell.run(". ~/hostile").text, "", "{value}");
        has_token(&mut shell, TOKEN);
        assert_eq!(shell.run("").text, "", "{value}");
        assert_eq!(shell.run("echo out").text, "out\n", "{value}");
        assert_eq!(fake.calls().len(), calls + 2, "{value}");
    }
    assert!(!fake.home().join("pwned").exists());
}

/// Has the fake write down its settings at each call, a line each.
fn log_settings(fake: &FakeOstoken) {
    let (program, real) = (fake.program(), fake.path().join("bin/real"));
    fs::rename(&program, &real).expect("the fake's script");
    let names = SETTINGS.map(|name| format!("{name}=${{{name}-unset}}")).join(" ");
    let log = fake.path().join("settings");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = init ] || echo \"{names}\" >>'{}'\nexec '{}' \"$@\"\n",
        log.display(),
        real.display()
    );
    fs::write(&program, text).expect("a script");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a script");
}

fn settings(fake: &FakeOstoken) -> Vec<String> {
    fs::read_to_string(fake.path().join("settings")).expect("a log").lines().map(str::to_owned).collect()
}

#[test]
fn each_call_has_the_settings_that_were_there_when_the_hook_was_loaded() {
    for before in ["", "unset ${!XDG@}\nexport XDG_STATE_HOME='/a b' OSTOKEN_KEYRING= OSTOKEN_SCRUB=1\n"] {
        let fake = FakeOstoken::new();
        log_settings(&fake);
        let file = fake.openrc("use", "\\builtin export OS_PROJECT_NAME='x'\n");
        let Some(mut shell) = Kind::Bash.open(&fake, before) else { return };
        let hostile = SETTINGS.map(|name| format!("{name}=/evil")).join(" ");
        shell.run(&format!("export {hostile}"));
        assert_eq!(settings(&fake).len(), 1, "a setting is no reason to ask");
        drop_lease(&fake);
        shell.run("");
        shell.run(&format!("ostoken_use '{}'", file.display()));
        shell.run(&format!("ostoken_off; ostoken_use '{}'", file.display()));
        drop_lease(&fake);
        shell.run("");
        let seen = settings(&fake);
        assert_eq!(seen.len(), 7, "{seen:?}");
        assert!(seen.iter().all(|line| *line == seen[0]) && !seen[0].contains("evil"), "{seen:?}");
        let home = format!("HOME={}", fake.home().display());
        assert!(seen[0].starts_with(&home) && seen[0].contains("CURL_CA_BUNDLE=unset"), "{}", seen[0]);
        if !before.is_empty() {
            assert!(seen[0].contains("XDG_STATE_HOME=/a b XDG_RUNTIME_DIR=unset"), "{}", seen[0]);
            assert!(seen[0].contains("OSTOKEN_KEYRING= OSTOKEN_KEYRING_SERVICE=unset"), "{}", seen[0]);
        }
        // The shell's own variables are as the folder has them; and who says so has them taken anew.
        assert_eq!(shell.text("echo $SSL_CERT_FILE"), "/evil");
        shell.run("ostoken_on");
        assert_eq!(settings(&fake).pop(), Some(hostile));
    }
}

#[test]
fn a_folder_cannot_turn_the_debug_trap_on() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    let file = fake.openrc("use", "\\builtin export OS_PROJECT_NAME='x'\n");
    shell.run("export OSTOKEN_PREEXEC=1");
    shell.run(&format!("ostoken_use '{}'", file.display()));
    assert_eq!(shell.text("trap -p DEBUG"), "");
}
