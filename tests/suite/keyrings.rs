//! The places that keep secrets, as their interface promises: one conformance suite, each backend a line. What the
//! program makes of them is in keyrings_choice.rs.

use std::process::Command;

use keyring_core::Error::NoEntry;
use keyring_core::mock;
use ostoken::secret::Secret;
use ostoken::store::folder::Folder;
use ostoken::store::keyring::split::Split;
use ostoken::store::keyring::{Backend, Keyring, KeyringRequest, select};

use crate::support::fake_issuer::timestamp;
use crate::support::{Answer, Fake, Home, Session, http, keyutils};
use crate::user::User;

/// What a keyring is for: this suite is the whole contract of a store, as the program uses it.
fn keeps_what_it_is_given(open: &dyn Fn() -> Keyring) {
    let keyring = open();
    let get = |account: &str| keyring.get(account).unwrap().map(|secret| secret.expose().to_owned());
    assert_eq!(get("absent"), None);
    keyring.delete("absent").unwrap();
    let absent = keyring.entry("absent").unwrap();
    assert!(matches!(absent.get_secret(), Err(NoEntry)));
    assert!(matches!(absent.get_credential(), Err(NoEntry)));
    assert!(matches!(absent.delete_credential(), Err(NoEntry)));
    assert_eq!(absent.get_specifiers().unwrap().1, "absent");

    let long = "gAAAAAB-_".repeat(16_384 / 9 + 1);
    let values = ["x", "pässwörd ✓ \u{1f511}", "line\nend\ttab 'quotes' \"$(id)\" \\", &long[..16_384], "  spaces  "];
    for value in values {
        keyring.set("secret:0123abcd", &Secret::from(value)).unwrap();
        assert_eq!(get("secret:0123abcd").as_deref(), Some(value));
    }
    // Shorter after longer: nothing of the old value is left.
    keyring.set("secret:0123abcd", &Secret::from("short")).unwrap();
    assert_eq!(get("secret:0123abcd").as_deref(), Some("short"));

    keyring.set("token:0123abcd", &Secret::from("another account")).unwrap();
    keyring.set("secret:0123", &Secret::from("a name that begins the same")).unwrap();
    let again = open();
    assert_eq!(again.get("secret:0123abcd").unwrap(), Some(Secret::from("short")), "another process sees it");
    again.delete("secret:0123abcd").unwrap();
    assert_eq!(get("secret:0123abcd"), None);
    assert_eq!(get("token:0123abcd").as_deref(), Some("another account"));
    assert_eq!(get("secret:0123").as_deref(), Some("a name that begins the same"));
    for account in ["token:0123abcd", "secret:0123"] {
        keyring.delete(account).unwrap();
        assert_eq!(get(account), None);
    }
}

/// Names the backend for `in_its_own_process`; that process runs nothing else.
const BACKEND: &str = "OSTOKEN_TEST_BACKEND";

/// A Secret Service is found by the environment of the process, so each backend's suite runs in a process of its own.
fn conforms(home: &Home, backend: &str, command: &mut Command) {
    command.args(["keyrings::in_its_own_process", "--exact", "--nocapture"]).env(BACKEND, backend);
    let output = home.run(command).success();
    assert!(output.stdout.contains("1 passed"), "{output:?}");
    assert!(output.stderr.contains(&format!("conforms: {backend}")), "{output:?}");
}

#[test]
fn in_its_own_process() {
    let variable = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
    let (Some(name), Some(service)) = (variable(BACKEND), variable("OSTOKEN_KEYRING_SERVICE")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let state = Folder::open(folder.path().join("state")).unwrap();
    let open = |service: &str| {
        let request = KeyringRequest {
            setting: Some(&name),
            remembered: &[],
            secret_is_given: false,
            service,
            bus: Ok(()),
            patience: std::time::Duration::from_secs(5),
            unlock: false,
            state: &state,
        };
        select(request).unwrap().keyring
    };
    assert_eq!(Some(open(&service).backend()), Backend::named(&name));
    keeps_what_it_is_given(&|| open(&service));
    // Two services share nothing.
    let other = format!("{service}-other");
    open(&service).set("sent", &Secret::from("ours")).unwrap();
    assert_eq!(open(&other).get("sent").unwrap(), None);
    open(&other).delete("sent").unwrap();
    assert_eq!(open(&service).get("sent").unwrap(), Some(Secret::from("ours")));
    open(&service).delete("sent").unwrap();
    eprintln!("conforms: {name}");
}

fn this_program(home: &Home) -> Command {
    home.command(std::env::current_exe().unwrap())
}

#[test]
fn memory_conforms_for_the_tests_that_use_it() {
    let store = mock::Store::new().unwrap();
    keeps_what_it_is_given(&|| Keyring::new(Backend::File, store.clone(), "service"));
}

#[test]
fn a_store_of_short_entries_conforms_split() {
    let store = mock::Store::new().unwrap();
    keeps_what_it_is_given(&|| Keyring::new(Backend::CredentialManager, Split::new(store.clone(), 2560), "service"));
}

#[test]
fn files_conform() {
    let home = Home::new();
    conforms(&home, "file", &mut this_program(&home));
}

#[test]
fn the_kernels_keyrings_conform() {
    if keyutils::available() {
        let home = Home::new();
        conforms(&home, "keyutils", &mut this_program(&home));
    }
}

#[test]
fn the_secret_service_conforms() {
    let home = Home::new();
    let Some(session) = Session::start(&home) else { return };
    conforms(&home, "secret-service", &mut session.command(std::env::current_exe().unwrap()));
}

/// The whole life of a login, by commands: the same with every backend.
fn serves_a_login(mut user: User, backend: &str, fake: &Fake) {
    user.set("OSTOKEN_KEYRING", backend);
    let login = user.run(&["login"]).success();
    assert!(login.stdout.contains("saved in"), "{login:?}");
    user.unset("OS_PASSWORD");
    let token = user.token();
    assert_eq!(fake.posts(), 1, "the token that login made is the one that is handed out");
    let status = user.status();
    assert_eq!((&status["keyring"]["backend"], &status["secret"]), (&backend.into(), &"in the keyring".into()));
    assert_eq!(status["token"]["state"], "fresh");

    let description = format!("protocol=http\nhost=127.0.0.1:{}\n", fake.port());
    let made = http::request(fake.port(), "POST", "/v3/auth/tokens", &[], "{}");
    let elsewhere = made.header("X-Subject-Token").unwrap();
    let taken = format!("{description}authtype=X-Auth-Token\ncredential={elsewhere}\n");
    user.run_with_input(&["store"], &taken).success();
    assert_eq!(user.token(), elsewhere);
    user.run_with_input(&["erase"], &format!("{description}password={token}\n")).success();
    assert_eq!(user.token(), elsewhere, "the older token's end is not the newer one's");
    user.run_with_input(&["erase"], &format!("{description}password={elsewhere}\n")).success();
    assert_ne!(user.token(), elsewhere);

    fake.issue(16_384, 3600);
    user.run(&["refresh"]).success();
    assert_eq!(user.token().len(), 16_384);
    for secret in ["x", "pässwörd ✓ with 'quotes'", &"long".repeat(4096)] {
        user.run_with_input(&["login", "--password-stdin"], &format!("{secret}\n")).success();
        let body: serde_json::Value = serde_json::from_str(&fake.requests().last().unwrap().body).unwrap();
        assert_eq!(body["auth"]["identity"]["password"]["user"]["password"], secret);
        user.run(&["refresh"]).success();
        assert_eq!(fake.requests().last().unwrap().body, body.to_string(), "the kept secret is the given one");
    }
    let posts = fake.posts();
    let token = user.token();
    user.run(&["logout"]).success();
    let revoked = fake.requests().into_iter().find(|request| request.method == "DELETE").unwrap();
    assert_eq!(revoked.header("X-Subject-Token"), Some(token.as_str()));
    user.run(&["token"]).expect_status(3);
    assert_eq!(fake.posts(), posts, "without a secret nothing is sent");
}

#[test]
fn a_login_lives_in_files() {
    let fake = Fake::start();
    serves_a_login(User::of(&fake), "file", &fake);
}

#[test]
fn a_login_lives_in_the_kernels_keyring() {
    if !keyutils::available() {
        return;
    }
    let (fake, outer) = (Fake::start(), Home::new());
    serves_a_login(User::of(&fake).with("OSTOKEN_KEYRING_SERVICE", outer.service()), "keyutils", &fake);
    let left = keyutils::accounts(outer.service());
    assert!(left.iter().all(|account| account == "sent"), "{left:?}");
}

#[test]
fn a_login_lives_in_the_secret_service() {
    let fake = Fake::start();
    let home = Home::new();
    let Some(session) = Session::start(&home) else { return };
    let user = User::of(&fake).with("DBUS_SESSION_BUS_ADDRESS", session.address());
    serves_a_login(user, "secret-service", &fake);
    assert_eq!(session.lookup(&[("service", "ostoken")]), None);
}

#[test]
fn an_entry_that_is_damaged_is_made_new() {
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "keyutils");
    user.token();
    let service = user.home.service();
    let token = keyutils::accounts(service).into_iter().find(|account| account.starts_with("token:")).unwrap();
    for damaged in [&b"{"[..], b"null", b"{\"version\":1}", b"[]", b"{\"version\":1,\"token\":\"a b\",\"record\":{}}"] {
        let posts = fake.posts();
        keyutils::write(service, &token, damaged);
        assert_ne!(user.token(), "");
        assert_eq!(fake.posts(), posts + 1, "{}", String::from_utf8_lossy(damaged));
    }
    keyutils::write(service, &token, b"{\"version\":99,\"token\":\"from the future\"}");
    let posts = fake.posts();
    assert_ne!(user.run(&["token"]).status, 0, "an entry of a newer program is left alone");
    assert_eq!(fake.posts(), posts);
    assert_eq!(keyutils::read(service, &token).unwrap(), b"{\"version\":99,\"token\":\"from the future\"}");
}

#[test]
fn a_token_that_dies_in_a_minute_is_kept_as_any_other() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let now = crate::support::fake_issuer::now();
    fake.then(Answer::token("gAAAAAshort", &timestamp(now), &timestamp(now + 60)));
    assert_eq!((user.token(), user.token()), ("gAAAAAshort".into(), "gAAAAAshort".into()));
    assert_eq!(fake.posts(), 1);
}
