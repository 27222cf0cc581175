//! Who goes when a store is full, over keyring-core's store in history.

use super::*;
use crate::identity::TlsPolicy;
use crate::record::tests::identity;
use crate::record::{Record, RefreshRule, Times};
use crate::secret::Token;
use crate::store::entries::{TokenEntry, encode};
use keyring_core::mock;

const NOW: i64 = 1_000_000;

struct Bench {
    _home: tempfile::TempDir,
    records: Folder,
    inner: Arc<mock::Store>,
    store: Arc<Evicting>,
}

impl Bench {
    fn new() -> Bench {
        let home = tempfile::tempdir().expect("a folder");
        let records = Folder::open(home.path().join("state")).expect("usable");
        let inner = mock::Store::new().expect("a store");
        let store = Evicting::new(inner.clone(), records.clone(), || NOW);
        Bench { _home: home, records, inner, store }
    }

    fn entry(&self, service: &str, account: &str) -> Entry {
        self.store.build(service, account, None).expect("an entry")
    }

    /// A token that was issued `age` seconds ago and lives an hour.
    fn keep(&self, service: &str, key: &str, age: i64) {
        let token = Token::parse("token").expect("a token");
        let times = Times { issued_at: NOW - age, expires_at: NOW - age + 3600, clock_offset: 0 };
        let record = Record::new(&identity(key), &token, times, RefreshRule { after: 10, spread: 1.0 }, "l".into());
        let text = encode(&TokenEntry::new(&token, &record, &TlsPolicy::default())).expect("encoded");
        self.entry(service, &format!("token:{key}")).set_secret(text.expose().as_bytes()).expect("written");
    }

    /// Fails the write of `account` once, as a full store does; what is gone then.
    fn gone_after_a_full_write(&self, account: &str) -> Vec<String> {
        let before = self.accounts();
        let inner = self.inner.build("s", account, None).expect("an entry");
        let cred: &mock::Cred = inner.as_any().downcast_ref().expect("a mock");
        cred.set_error(Error::PlatformFailure(Box::new(Full("full"))));
        self.entry("s", account).set_secret(b"new").expect("written");
        let after = self.accounts();
        before.into_iter().filter(|account| !after.contains(account)).collect()
    }

    fn accounts(&self) -> Vec<String> {
        let all = self.inner.search(&HashMap::new()).expect("all");
        let kept = all.iter().filter(|entry| entry.get_secret().is_ok());
        kept.filter_map(|entry| entry.get_specifiers()).map(|(service, user)| format!("{service}/{user}")).collect()
    }
}

#[test]
fn dead_tokens_go_first_then_the_one_used_longest_ago_and_never_a_secret() {
    let bench = Bench::new();
    bench.entry("s", "secret:1").set_secret(b"x").expect("written");
    bench.entry("s", "refused:1").set_secret(b"x").expect("written");
    bench.keep("other", "c", 9000);
    bench.keep("s", "oldest", 30);
    bench.keep("s", "older", 20);
    bench.keep("s", "dead", 3700);
    // The oldest one was used since.
    bench.records.write("oldest.json", b"{}").expect("written");
    bench.entry("s", "token:oldest").get_secret().expect("read");
    assert_eq!(bench.gone_after_a_full_write("secret:1"), ["s/token:dead"]);
    assert_eq!(bench.gone_after_a_full_write("token:new"), ["s/token:older"]);
    assert_eq!(bench.gone_after_a_full_write("token:new"), ["s/token:oldest"]);
    let mut left = bench.accounts();
    left.sort();
    assert_eq!(left, ["other/token:c", "s/refused:1", "s/secret:1", "s/token:new"]);
}

#[test]
fn an_entry_of_a_newer_program_stays_and_a_damaged_one_goes() {
    let bench = Bench::new();
    bench.entry("s", "token:newer").set_secret(b"{\"version\":99}").expect("written");
    bench.entry("s", "token:damaged").set_secret(b"-").expect("written");
    bench.keep("s", "dead", 9000);
    assert_eq!(bench.gone_after_a_full_write("token:x"), ["s/token:damaged"]);
    assert_eq!(bench.gone_after_a_full_write("token:x"), ["s/token:dead"]);
    assert_eq!(bench.accounts().len(), 2);
}

#[test]
fn any_other_failure_removes_nothing() {
    let bench = Bench::new();
    bench.keep("s", "dead", 9000);
    let inner = bench.inner.build("s", "token:x", None).expect("an entry");
    let cred: &mock::Cred = inner.as_any().downcast_ref().expect("a mock");
    cred.set_error(Error::PlatformFailure("broken".into()));
    assert!(bench.entry("s", "token:x").set_secret(b"new").is_err());
    assert_eq!(bench.accounts(), ["s/token:dead"]);
}
