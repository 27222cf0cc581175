//! The broker with a keyring in files, a clock that is set by hand and an issuer that answers as told.

use super::*;
use crate::identity::{AuthUrl, Environment, TlsPolicy};
use crate::keystone::{Admit, TokenInfo};
use crate::record::Times;
use crate::record::tests::identity;
use crate::secret::Token;
use crate::store::folder::Folder;
use crate::store::keyring::{Backend, Keyring};
use std::cell::Cell;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// A machine that does not say how long it has run.
struct Timeless;

impl Clock for Timeless {
    fn now(&self) -> i64 {
        0
    }
}

/// Issues `token-1`, `token-2` and so on, or fails as it is told.
struct Fake<'a> {
    clock: &'a HandClock,
    life: i64,
    asked: Cell<usize>,
    fails: Cell<Option<fn() -> Error>>,
}

impl Issuer for Fake<'_> {
    fn create(&self, _: &Identity, _: &Secret, admit: Admit) -> Result<Issued, Error> {
        admit()?;
        self.asked.set(self.asked.get() + 1);
        if let Some(error) = self.fails.get() {
            return Err(error());
        }
        let issued_at = self.clock.now();
        let times = Times { issued_at, expires_at: issued_at + self.life, clock_offset: 0 };
        let token = Token::parse(&format!("token-{}", self.asked.get())).expect("a token");
        Ok(Issued { token, times, document: None })
    }

    fn validate(&self, _: &AuthUrl, _: &Token, _: Admit) -> Result<Option<TokenInfo>, Error> {
        Ok(None)
    }

    fn revoke(&self, _: &AuthUrl, _: &Token, _: Admit) -> Result<(), Error> {
        Ok(())
    }
}

/// A keyring in memory.
fn keyring(service: &str) -> Keyring {
    Keyring::new(Backend::File, keyring_core::mock::Store::new().expect("a store"), service)
}

struct Bench {
    _home: tempfile::TempDir,
    store: Store,
    state: Folder,
    source: IdentitySource,
}

impl Bench {
    fn new() -> Bench {
        let home = tempfile::tempdir().expect("a folder");
        let state = Folder::open(home.path().join("state")).expect("usable");
        let store = Store::new(keyring("test"), &state, &Timeless);
        let source = IdentitySource {
            identity: identity("p"),
            tls_policy: TlsPolicy::default(),
            secret: Some(Secret::from("pw")),
            environment: Environment::default(),
            origin: None,
        };
        Bench { _home: home, store, state, source }
    }

    /// Somebody who logged in before.
    fn logged_in() -> Bench {
        let bench = Bench::new();
        let IdentitySource { identity, tls_policy, .. } = &bench.source;
        logins::used(&bench.state, &identity.login.key(), tls_policy).expect("noted");
        bench
    }

    fn broker<'a>(&'a self, issuer: &'a Fake<'a>, caller: Caller) -> Broker<'a> {
        let rule = RefreshRule { after: 28_800, spread: 1.0 };
        Broker {
            store: &self.store,
            state: &self.state,
            issuer,
            clock: issuer.clock,
            source: &self.source,
            rule,
            caller,
        }
    }
}

fn clock() -> HandClock {
    HandClock(AtomicI64::new(1_000_000))
}

fn fake(clock: &HandClock) -> Fake<'_> {
    Fake { clock, life: 3600, asked: Cell::new(0), fails: Cell::new(None) }
}

fn shown(handout: &Handout) -> &str {
    handout.kept.token.expose()
}

fn unreachable() -> Error {
    Error::Unreachable { url: "u".into(), why: "w".into(), is_timeout: false }
}

fn refused() -> Error {
    Error::Refused { what: "token creation", status: 401, message: "no".into() }
}

#[test]
fn a_fresh_token_is_handed_out_without_asking_again() {
    let (bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    let broker = bench.broker(&issuer, Caller::Command);
    assert!(broker.obtain(0).expect("a token").is_new);
    clock.0.store(1_000_000 + 2399, Relaxed);
    let again = broker.obtain(0).expect("a token");
    assert_eq!((shown(&again), again.is_new, issuer.asked.get()), ("token-1", false, 1));
}

#[test]
fn a_stale_token_is_renewed_and_a_dead_one_replaced() {
    let (bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    let broker = bench.broker(&issuer, Caller::Command);
    broker.obtain(0).expect("a token");
    clock.0.store(1_000_000 + 2400, Relaxed);
    assert_eq!(shown(&broker.obtain(0).expect("a token")), "token-2");
    clock.0.store(1_000_000 + 9999, Relaxed);
    assert_eq!(shown(&broker.obtain(0).expect("a token")), "token-3");
}

#[test]
fn a_stale_token_outlives_a_failed_renewal_with_one_warning_and_no_second_try_at_once() {
    let (bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    let broker = bench.broker(&issuer, Caller::Command);
    broker.obtain(0).expect("a token");
    clock.0.store(1_000_000 + 2400, Relaxed);
    issuer.fails.set(Some(unreachable));
    let handout = broker.obtain(0).expect("a token");
    assert_eq!(shown(&handout), "token-1");
    assert!(matches!(handout.warning, Some(Error::Unreachable { .. })));
    assert!(broker.obtain(0).expect("a token").warning.is_none());
    assert_eq!(issuer.asked.get(), 2);
    let record = bench.store.record(&bench.source.identity.key()).expect("readable").expect("there");
    assert!(record.failure.expect("noted").message.contains("could not reach Keystone"));
}

#[test]
fn while_another_process_renews_the_stale_token_is_handed_out() {
    let (bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    let broker = bench.broker(&issuer, Caller::Command);
    broker.obtain(0).expect("a token");
    clock.0.store(1_000_000 + 2400, Relaxed);
    let _other = bench.store.try_lock(bench.source.identity.key().as_str()).expect("lockable").expect("free");
    assert_eq!(shown(&broker.obtain(0).expect("a token")), "token-1");
    assert_eq!(issuer.asked.get(), 1);
}

#[test]
fn a_refused_secret_is_sent_once_until_it_changes_or_a_person_asks() {
    let (mut bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    issuer.fails.set(Some(refused));
    for _ in 0..3 {
        assert!(bench.broker(&issuer, Caller::Command).obtain(0).is_err());
        bench.source.identity = identity("another");
    }
    assert_eq!(issuer.asked.get(), 1);
    issuer.fails.set(None);
    let error = bench.broker(&issuer, Caller::Command).obtain(0).expect_err("still refused");
    assert!(matches!(error, Error::RefusedBefore { .. }));
    bench.source.secret = Some(Secret::from("right"));
    assert!(bench.broker(&issuer, Caller::Command).obtain(0).is_ok());
    bench.source =
        IdentitySource { identity: identity("third"), secret: Some(Secret::from("pw")), ..bench.source.clone() };
    assert!(matches!(bench.broker(&issuer, Caller::Command).obtain(0), Err(Error::RefusedBefore { .. })));
    assert!(bench.broker(&issuer, Caller::Command).replace().is_ok());
}

#[test]
fn two_wrong_secrets_are_each_sent_once() {
    let (mut bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    issuer.fails.set(Some(refused));
    for secret in ["a", "b", "a", "b", "a"] {
        bench.source.secret = Some(Secret::from(secret));
        assert!(bench.broker(&issuer, Caller::Command).obtain(0).is_err());
    }
    assert_eq!(issuer.asked.get(), 2);
}

#[test]
fn a_hook_backs_off_where_a_person_tries_again() {
    let (bench, clock) = (Bench::logged_in(), clock());
    let issuer = fake(&clock);
    issuer.fails.set(Some(unreachable));
    assert!(bench.broker(&issuer, Caller::Prompt).obtain(0).is_err());
    assert!(matches!(bench.broker(&issuer, Caller::Prompt).obtain(0), Err(Error::BackingOff { seconds: 15, .. })));
    assert!(matches!(bench.broker(&issuer, Caller::Command).obtain(0), Err(Error::Unreachable { .. })));
    assert_eq!(issuer.asked.get(), 2);
}

#[test]
fn a_life_that_no_token_has_is_an_error_and_no_creation() {
    let (bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    let broker = bench.broker(&issuer, Caller::Command);
    broker.obtain(0).expect("a token");
    assert!(matches!(broker.obtain(3600), Err(Error::MinTtl { lifetime: 3600, .. })));
    assert_eq!(issuer.asked.get(), 1);
    clock.0.store(1_000_000 + 1000, Relaxed);
    assert_eq!(shown(&broker.obtain(3000).expect("a token")), "token-2");
    assert_eq!(shown(&broker.obtain(3000).expect("a token")), "token-2");
}

fn is_not_sent(bench: &Bench, issuer: &Fake, words: &str) {
    let asked = issuer.asked.get();
    let error = bench.broker(issuer, Caller::Prompt).obtain(0).expect_err("not sent");
    assert!(matches!(error, Error::OtherHost(_)) && error.to_string().contains(words), "{error}");
    assert_eq!((error.hint().contains("ostoken login"), issuer.asked.get()), (true, asked));
}

#[test]
fn a_prompt_sends_an_environments_password_only_for_a_login_that_was_made() {
    let (mut bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    is_not_sent(&bench, &issuer, "you have not logged in");
    bench.broker(&issuer, Caller::Command).obtain(0).expect("a person asks");
    let mine = bench.source.clone();
    bench.source.identity.scope = identity("q").scope;
    bench.broker(&issuer, Caller::Prompt).obtain(0).expect("another scope of the login");
    bench.source.identity.login.auth_url = AuthUrl::parse("https://evil.example.com", false).expect("a URL");
    is_not_sent(&bench, &issuer, "you have not logged in");
    bench.source = IdentitySource { identity: identity("r"), tls_policy: insecure(), ..mine.clone() };
    is_not_sent(&bench, &issuer, "now it is not verified");
    bench.broker(&issuer, Caller::Command).obtain(0).expect("a person asks");
    bench.source = IdentitySource { identity: identity("s"), tls_policy: insecure(), ..mine.clone() };
    is_not_sent(&bench, &issuer, "now it is not verified");
    logins::ended(&bench.state, &mine.identity.login.key(), bench.store.backend()).expect("noted");
    bench.source = IdentitySource { identity: identity("t"), ..mine };
    is_not_sent(&bench, &issuer, "you have not logged in");
}

fn insecure() -> TlsPolicy {
    TlsPolicy { insecure: true, ..TlsPolicy::default() }
}

#[test]
fn a_lost_record_is_rebuilt_from_the_keyring() {
    let (bench, clock) = (Bench::new(), clock());
    let issuer = fake(&clock);
    let broker = bench.broker(&issuer, Caller::Command);
    let first = broker.obtain(0).expect("a token").kept.record;
    let folder = bench._home.path().join("state/file");
    for content in [None, Some("{"), Some("")] {
        let path = folder.join(format!("{}.json", first.key));
        match content {
            None => std::fs::remove_file(&path).expect("removed"),
            Some(text) => std::fs::write(&path, text).expect("damaged"),
        }
        assert_eq!(shown(&broker.obtain(0).expect("a token")), "token-1");
        assert_eq!(bench.store.record(&bench.source.identity.key()).expect("readable"), Some(first.clone()));
    }
    assert_eq!(issuer.asked.get(), 1);
}
