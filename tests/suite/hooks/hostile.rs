//! What a folder's environment can set in a shell with the hook: whatever it is, the token goes before it stands beside
//! another cloud, and a token of the user's own stays.

use super::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::drop_lease;
use crate::support::pty::{SESSION, Shell};

const EVIL: (&str, &str) = ("OS_AUTH_URL", "https://evil.test/v3");

/// Sets these variables, in one line.
fn set(kind: Kind, shell: &mut Shell, vars: &[(&str, &str)]) {
    let lines: Vec<String> = vars.iter().map(|(name, value)| kind.set(name, value)).collect();
    shell.quietly(&lines.join("; "));
}

/// That nothing of the token is in the environment, under whatever name, and that the shell still works.
fn has_no_copy(shell: &mut Shell, what: &str) {
    let seen = shell.text("env");
    assert!(seen.contains("PATH=") && !seen.contains(TOKEN), "{what}: {seen}");
}

pub fn another_cloud_loses_the_token_whatever_comes_of_the_question(kind: Kind) {
    for mode in ["fail", "oneline", "partial", "nothing", "restore"] {
        for marks in [
            &[][..],
            &[("OSTOKEN_EXPORTED", "0")],
            &[("OSTOKEN_EXPORTED", "")],
            &[("OSTOKEN_FOR", "0")],
            &[("OSTOKEN_FOR", ""), ("OSTOKEN_EXPIRES_AT", "")],
        ] {
            let Some((fake, mut shell)) = kind.start() else { return };
            let what = format!("{mode} {marks:?}");
            fake.mode(mode);
            set(kind, &mut shell, &[&[EVIL], marks].concat());
            has_no_copy(&mut shell, &what);
            assert_eq!(kind.values(&mut shell, "OS_TOKEN OS_AUTH_TYPE"), "gone gone", "{what}");
            assert_eq!(fake.calls(), [kind.call(""), kind.call("")], "{what}");
        }
    }
}

pub fn a_mark_that_somebody_changed_is_set_again(kind: Kind) {
    for line in [kind.set("OSTOKEN_EXPORTED", "0"), kind.unset("OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT")] {
        let Some((_fake, mut shell)) = kind.start() else { return };
        shell.quietly(&line);
        let seen = kind.values(&mut shell, "OS_TOKEN OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT");
        assert_eq!(seen, format!("{TOKEN} 0123456789abcdef fedcba9876543210 4000000000"), "{line}");
    }
}

pub fn a_copy_of_the_token_goes_with_it(kind: Kind) {
    for copy in [
        ("OS_AUTH_URL", format!("https://evil.test/{TOKEN}/v3")),
        ("OS_PROJECT_NAME", format!("x{TOKEN}x")),
        ("https_proxy", format!("http://{TOKEN}@evil.test")),
    ] {
        let Some((fake, mut shell)) = kind.start() else { return };
        fake.mode("nothing");
        set(kind, &mut shell, &[EVIL, (copy.0, &copy.1)]);
        has_no_copy(&mut shell, copy.0);
    }
}

pub fn our_token_with_more_behind_it_goes_too(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.mode("nothing");
    set(kind, &mut shell, &[EVIL, ("OS_TOKEN", &format!("{TOKEN}x"))]);
    has_no_copy(&mut shell, "OS_TOKEN");
}

pub fn a_token_of_the_users_own_stays_and_is_not_called_ours(kind: Kind) {
    for mine in ["mine", "x", "gAAAA-a_token_of_my_own-555"] {
        let Some((fake, mut shell)) = kind.start() else { return };
        fake.mode("nothing");
        set(kind, &mut shell, &[("OS_TOKEN", mine), ("OS_PROJECT_NAME", "other")]);
        kind.has_token(&mut shell, mine);
        drop_lease(&fake);
        shell.quietly("");
        assert!(fake.calls().iter().all(|call| !call.ends_with("--own")), "{:?}", fake.calls());
        shell.quietly("ostoken_off");
        assert_eq!(kind.values(&mut shell, "OS_TOKEN OS_USER_DOMAIN_NAME"), format!("{mine} Default"));
    }
}

pub fn a_token_put_over_ours_makes_one_call_without_own(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.mode("nothing");
    shell.quietly(&kind.set("OS_TOKEN", "a-token-of-my-own"));
    kind.has_token(&mut shell, "a-token-of-my-own");
    assert_eq!(fake.calls(), [kind.call(""), kind.call("")]);
    shell.quietly("ostoken_off");
    assert_eq!(kind.values(&mut shell, "OS_TOKEN OS_USER_DOMAIN_NAME"), "a-token-of-my-own Default");
}

pub fn an_older_token_of_ours_is_known_when_it_comes_back(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.renew_elsewhere();
    shell.quietly("");
    kind.has_token(&mut shell, RENEWED);
    fake.mode("nothing");
    // As direnv does on the way out of a folder that had set OS_TOKEN.
    set(kind, &mut shell, &[EVIL, ("OS_TOKEN", TOKEN)]);
    kind.has_token(&mut shell, "gone");
}

pub fn a_child_shell_keeps_a_token_that_no_mark_calls_ours(kind: Kind) {
    // OSTOKEN_FOR outlives a token: it tells whose user domain was unset.
    for mark in ["OSTOKEN_FOR", "OSTOKEN_USER_DOMAIN_NAME"] {
        let fake = FakeOstoken::new();
        fake.mode("nothing");
        let vars = [SESSION, &[("OS_TOKEN", "mine"), (mark, "x")]].concat();
        let Some(mut shell) = kind.open_in(&fake, &kind.source(&fake), &vars) else { return };
        kind.has_token(&mut shell, "mine");
        assert_eq!(fake.calls(), [kind.call("")], "{mark}");
    }
}

pub fn values_that_moved_to_another_variable_are_another_environment(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    fake.mode("fail");
    set(kind, &mut shell, &[("OS_AUTH_URL", "https"), ("OS_USERNAME", "//keystone.test:5000/v3:ada")]);
    kind.has_token(&mut shell, "gone");
    assert_eq!(fake.calls().len(), 2);
}
