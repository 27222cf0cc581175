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
fn another_cloud_loses_the_token_whatever_comes_of_the_question() {
    for mode in ["fail", "oneline", "partial", "nothing", "restore"] {
        for mark in ["", "OSTOKEN_EXPORTED=0", "OSTOKEN_EXPORTED=", "OSTOKEN_FOR=0", "OSTOKEN_FOR= OSTOKEN_EXPIRES_AT="]
        {
            let Some((fake, mut shell)) = Kind::Bash.start() else { return };
            fake.mode(mode);
            assert_eq!(shell.run(&format!("{EVIL} {mark}")).text, "", "{mode} {mark}");
            has_no_copy(&mut shell, mark);
            assert_eq!(shell.text("echo ${OS_AUTH_TYPE-gone}"), "gone", "{mode} {mark}");
            assert_eq!(fake.calls(), ["hook --shell bash --said ", "hook --shell bash --said "], "{mode} {mark}");
        }
    }
}

#[test]
fn a_mark_that_somebody_changed_is_set_again() {
    for line in ["export OSTOKEN_EXPORTED=0", "unset OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT"] {
        let Some((_fake, mut shell)) = Kind::Bash.start() else { return };
        shell.run(line);
        let seen = shell.text("echo $OS_TOKEN $OSTOKEN_EXPORTED $OSTOKEN_FOR $OSTOKEN_EXPIRES_AT");
        assert_eq!(seen, format!("{TOKEN} 0123456789abcdef fedcba9876543210 4000000000"), "{line}");
    }
}

#[test]
fn a_copy_of_the_token_goes_with_it() {
    for copy in [
        "OS_AUTH_URL=https://evil.test/$OS_TOKEN/v3",
        "OS_PROJECT_NAME=x${OS_TOKEN}x OS_AUTH_URL=https://evil.test/v3",
        "OS_TOKEN=${OS_TOKEN}x OS_AUTH_URL=https://evil.test/v3",
        "https_proxy=http://$OS_TOKEN@evil.test OS_AUTH_URL=https://evil.test/v3",
    ] {
        let Some((fake, mut shell)) = Kind::Bash.start() else { return };
        fake.mode("nothing");
        shell.run(&format!("export {copy}"));
        has_no_copy(&mut shell, copy);
    }
}

#[test]
fn a_token_of_the_users_own_stays_and_is_not_called_ours() {
    for mine in ["mine", "x", "gAAAA-a_token_of_my_own-555"] {
        let Some((fake, mut shell)) = Kind::Bash.start() else { return };
        fake.mode("nothing");
        shell.run(&format!("export OS_TOKEN={mine} OS_PROJECT_NAME=other"));
        has_token(&mut shell, mine);
        drop_lease(&fake);
        shell.run("");
        assert!(fake.calls().iter().all(|call| !call.ends_with("--own")), "{:?}", fake.calls());
        assert_eq!(shell.run("ostoken_off").text, "");
        has_token(&mut shell, mine);
    }
}

#[test]
fn a_token_put_over_ours_makes_one_call_without_own() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    fake.mode("nothing");
    shell.run("export OS_TOKEN=a-token-of-my-own");
    has_token(&mut shell, "a-token-of-my-own");
    assert_eq!(fake.calls(), ["hook --shell bash --said ", "hook --shell bash --said "]);
}

#[test]
fn an_older_token_of_ours_is_known_when_it_comes_back() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    shell.run("old=$OS_TOKEN");
    fake.renew_elsewhere();
    shell.run("");
    has_token(&mut shell, RENEWED);
    fake.mode("nothing");
    // As direnv does on the way out of a folder that had set OS_TOKEN.
    shell.run(&format!("{EVIL} OS_TOKEN=$old"));
    has_token(&mut shell, "");
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
fn a_child_shell_keeps_a_token_that_no_mark_calls_ours() {
    // OSTOKEN_FOR outlives a token: it tells whose user domain was taken away.
    for mark in ["OSTOKEN_FOR", "OSTOKEN_USER_DOMAIN_NAME"] {
        let fake = FakeOstoken::new();
        fake.mode("nothing");
        let mut vars = SESSION.to_vec();
        vars.extend([("OS_TOKEN", "mine"), (mark, "x")]);
        let Some(mut shell) = Kind::Bash.open_in(&fake, &fake.source("bash"), &vars) else { return };
        has_token(&mut shell, "mine");
        assert_eq!(fake.calls(), ["hook --shell bash --said "], "{mark}");
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

#[test]
fn values_that_moved_to_another_variable_are_another_environment() {
    let Some((fake, mut shell)) = Kind::Bash.start() else { return };
    fake.mode("fail");
    shell.run("export OS_AUTH_URL=https OS_USERNAME=//keystone.test:5000/v3:ada");
    has_token(&mut shell, "");
    assert_eq!(fake.calls().len(), 2);
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
