//! What is kept: the token and the secret in the keyring, the record, locks and leases in the state folder.
//!
//! The keyring is written first and holds a copy of the record; the record comes second. So whatever happens between
//! the two, the token is found again, and a record that is missing, damaged or of another token is rebuilt from it.

pub mod entries;
pub mod folder;
pub mod keyring;
pub mod lock;
pub mod logins;
mod retry;

use crate::clock::Clock;
use crate::error::Error;
use crate::failpoint::{Point, failpoint};
use crate::identity::{Identity, Key, LoginKey, TlsPolicy};
use crate::login_history::LoginHistory;
use crate::record::{Record, RefreshRule, Times, VERSION, lease_prefix};
use crate::secret::{Token, random_hex};
use entries::{Revoking, TokenEntry};
use folder::Folder;
use keyring::{Backend, Keyring};
use lock::Guard;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How long the lock of one login's history is waited for: whoever holds it writes one small file.
const HISTORY_LOCK: Duration = Duration::from_secs(5);

/// A token that is kept.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// The token.
    pub token: Token,
    /// Its record.
    pub record: Record,
    /// What its server was trusted by when it was made.
    pub trust: TlsPolicy,
    /// Whether record and lease stand as they should in the state folder.
    pub whole: bool,
}

/// One keyring, and the part of the state folder that belongs to it.
pub struct Store {
    keyring: Keyring,
    folder: Folder,
    clock: &'static dyn Clock,
}

impl Store {
    /// The store of `keyring` below the state folder. `clock` tells whether the time was set back since a token was made.
    pub fn new(keyring: Keyring, state: &Folder, clock: &'static dyn Clock) -> Store {
        let folder = state.inner(keyring.backend().name());
        Store { keyring, folder, clock }
    }

    /// Which keyring it is.
    pub fn backend(&self) -> Backend {
        self.keyring.backend()
    }

    /// The token that is kept for `key`.
    ///
    /// # Errors
    /// [`Error::NoKeyring`]; [`Error::State`] where a newer program wrote the record.
    pub fn read(&self, key: &Key) -> Result<Option<StoredToken>, Error> {
        let record = self.record(key)?;
        let Some(entry) = self.token_entry(key.as_str())? else { return Ok(None) };
        let Some(token) = entry.token() else { return Ok(None) };
        let TokenEntry { record: copy, trust, .. } = entry;
        let copy = copy.settled(self.clock);
        Ok(match record.filter(|record| record.is_of(key, &token) && !record.revoking) {
            Some(record) => Some(StoredToken { token, record, trust, whole: true }),
            None if copy.is_of(key, &token) => Some(StoredToken { token, record: copy, trust, whole: false }),
            None => None,
        })
    }

    /// The record of `key`; `None` where it is missing or damaged.
    ///
    /// # Errors
    /// [`Error::State`] where a newer program wrote it, or it cannot be read.
    pub fn record(&self, key: &Key) -> Result<Option<Record>, Error> {
        self.record_of(key.as_str())
    }

    fn record_of(&self, key: &str) -> Result<Option<Record>, Error> {
        let record = self.json(&record_name(key), |record: &Record| record.version)?;
        Ok(record.filter(|record| record.is_for(key)).map(|record| record.settled(self.clock)))
    }

    /// A record that a newer program wrote is left alone.
    fn record_is_ours(&self, key: &str) -> Result<(), Error> {
        self.record_of(key).map(drop)
    }

    /// The records of all tokens of a login.
    pub fn records(&self, login: &LoginKey) -> Vec<Record> {
        let read =
            |name: String| self.record_of(name.strip_suffix(".json").filter(|key| key.len() == 64)?).ok().flatten();
        self.folder.names().into_iter().filter_map(read).filter(|record| record.is_of_login(login)).collect()
    }

    /// Takes the lock of `key` where nobody holds it.
    ///
    /// # Errors
    /// As [`lock::try_lock`].
    pub fn try_lock(&self, key: &str) -> Result<Option<Guard>, Error> {
        lock::try_lock(&self.folder, &lock_name(key))
    }

    /// Waits for the lock of `key`, as [`lock::lock`].
    ///
    /// # Errors
    /// As [`lock::lock`].
    pub fn lock(&self, key: &str, limit: Duration, over: &mut dyn FnMut() -> bool) -> Result<Option<Guard>, Error> {
        lock::lock(&self.folder, &lock_name(key), limit, over)
    }

    /// Where the lock `name` lies.
    pub fn lock_path(&self, name: &str) -> PathBuf {
        self.folder.path(&lock_name(name))
    }

    /// When the history of a login changed last: each request and each new token changes it.
    pub fn last_change(&self, login: &LoginKey) -> Option<SystemTime> {
        std::fs::symlink_metadata(self.folder.path(&history_name(login))).and_then(|data| data.modified()).ok()
    }

    /// Keeps a new token of `identity`: lease, keyring entry, record, then the older leases go, so that every prompt
    /// that looks finds the new token.
    ///
    /// # Errors
    /// [`Error::NoKeyring`], [`Error::State`]; then the next run finds either the old or the new token.
    pub fn write(
        &self,
        guard: &Guard,
        identity: &Identity,
        token: &Token,
        times: Times,
        rule: RefreshRule,
        trust: &TlsPolicy,
    ) -> Result<StoredToken, Error> {
        let record = new_record(identity, token, times, rule)?.of_machine(self.clock);
        debug_assert!(guard.holds(&lock_name(&record.key)));
        self.record_is_ours(&record.key)?;
        self.folder.touch(&record.lease)?;
        failpoint(Point::LeaseMade);
        self.write_entry(token, &record, trust)?;
        failpoint(Point::EntryWritten);
        self.write_record(&record)?;
        failpoint(Point::RecordWritten);
        self.sweep(&record.key, Some(&record.lease));
        failpoint(Point::OldLeaseRemoved);
        Ok(StoredToken { token: token.clone(), record, trust: trust.clone(), whole: true })
    }

    /// Keeps a new token in the keyring alone, where the state folder cannot be written.
    ///
    /// # Errors
    /// [`Error::NoKeyring`].
    pub fn write_without_state(
        &self,
        identity: &Identity,
        token: &Token,
        times: Times,
        rule: RefreshRule,
        trust: &TlsPolicy,
    ) -> Result<StoredToken, Error> {
        let record = new_record(identity, token, times, rule)?.of_machine(self.clock);
        self.write_entry(token, &record, trust)?;
        Ok(StoredToken { token: token.clone(), record, trust: trust.clone(), whole: false })
    }

    /// A token that could not be kept anywhere, for whoever asked.
    ///
    /// # Errors
    /// [`Error::Io`] where the system has no randomness.
    pub fn unkept(
        identity: &Identity,
        token: &Token,
        times: Times,
        rule: RefreshRule,
        trust: &TlsPolicy,
    ) -> Result<StoredToken, Error> {
        let record = new_record(identity, token, times, rule)?;
        Ok(StoredToken { token: token.clone(), record, trust: trust.clone(), whole: false })
    }

    /// Writes record and lease of a kept token again, from what the keyring holds.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn rebuild(&self, guard: &Guard, kept: &StoredToken) -> Result<(), Error> {
        debug_assert!(guard.holds(&lock_name(&kept.record.key)));
        self.folder.touch(&kept.record.lease)?;
        self.write_record(&kept.record)?;
        self.sweep(&kept.record.key, Some(&kept.record.lease));
        Ok(())
    }

    /// Notes in the record why a renewal failed; the token stays.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn note(&self, guard: &Guard, record: &Record) -> Result<(), Error> {
        debug_assert!(guard.holds(&lock_name(&record.key)));
        self.write_record(record)
    }

    /// Forgets the token of `key`: the lease first, so that no prompt goes on with it. Those that are to be revoked stay.
    ///
    /// # Errors
    /// [`Error::NoKeyring`], [`Error::State`].
    pub fn erase(&self, guard: &Guard, key: &str) -> Result<(), Error> {
        debug_assert!(guard.holds(&lock_name(key)));
        self.record_is_ours(key)?;
        self.sweep(key, None);
        match self.token_entry(key)?.filter(|entry| !entry.revoking.is_empty()) {
            Some(entry) => self.keep_revoking(key, entry),
            None => self.forget(key),
        }
    }

    /// Marks the token of `key` as one to be revoked: it is not handed out any more. Gives all that are to be revoked.
    ///
    /// Only `logout` goes without the lock, which a process that hangs may hold: whoever makes a token meanwhile sees
    /// afterwards that the login was ended.
    ///
    /// # Errors
    /// As [`Store::erase`].
    pub fn mark(&self, guard: Option<&Guard>, key: &str) -> Result<Vec<Revoking>, Error> {
        debug_assert!(guard.is_none_or(|guard| guard.holds(&lock_name(key))));
        self.record_is_ours(key)?;
        self.sweep(key, None);
        failpoint(Point::LeasesGone);
        let Some(mut entry) = self.token_entry(key)? else { return self.forget(key).map(|()| Vec::new()) };
        entry.mark();
        let revoking = entry.revoking.clone();
        self.keep_revoking(key, entry)?;
        Ok(revoking)
    }

    /// What the server of the token of `key` was trusted by; `None` if none is kept.
    ///
    /// # Errors
    /// [`Error::NoKeyring`].
    pub fn token_trust(&self, key: &str) -> Result<Option<TlsPolicy>, Error> {
        Ok(self.token_entry(key)?.filter(|entry| entry.token().is_some()).map(|entry| entry.trust))
    }

    /// Forgets a token of `key` that was revoked, or that died.
    ///
    /// # Errors
    /// As [`Store::erase`].
    pub fn revoked(&self, guard: Option<&Guard>, key: &str, token: &Revoking) -> Result<(), Error> {
        debug_assert!(guard.is_none_or(|guard| guard.holds(&lock_name(key))));
        let Some(mut entry) = self.token_entry(key)? else { return self.forget(key) };
        entry.revoking.retain(|kept| !kept.is(token));
        match entry.token().is_none() && entry.revoking.is_empty() {
            true => self.forget(key),
            false => self.keyring.set(&format!("token:{key}"), &entries::encode(&entry)?),
        }
    }

    /// The entry of `key` holds nothing but what is to be revoked; its record stands, so that it is found.
    fn keep_revoking(&self, key: &str, mut entry: TokenEntry) -> Result<(), Error> {
        entry.forget_token();
        self.keyring.set(&format!("token:{key}"), &entries::encode(&entry)?)?;
        failpoint(Point::Marked);
        entry.record.revoking = true;
        // A read-only state folder may keep the old one: the entry decides.
        let _ = self.write_record(&entry.record);
        failpoint(Point::RecordMarked);
        Ok(())
    }

    fn forget(&self, key: &str) -> Result<(), Error> {
        self.keyring.delete(&format!("token:{key}"))?;
        failpoint(Point::EntryForgotten);
        self.folder.remove(&record_name(key))
    }

    fn token_entry(&self, key: &str) -> Result<Option<TokenEntry>, Error> {
        let entry = self.entry(&format!("token:{key}"))?;
        Ok(entry.filter(|entry: &TokenEntry| entry.record.is_for(key)))
    }

    /// Where the lease of `record` lies; `None` where it is gone.
    pub fn lease(&self, record: &Record) -> Option<PathBuf> {
        Some(self.folder.path(&record.lease)).filter(|path| path.exists())
    }

    /// A lease for prompts that have no token: a `login` or `refresh` ends it, and they ask again at once.
    ///
    /// # Errors
    /// [`Error::State`] where it cannot be made.
    pub fn waiting_lease(&self, login: &LoginKey) -> Result<PathBuf, Error> {
        let name = waiting_name(login);
        self.folder.touch(&name)?;
        Ok(self.folder.path(&name))
    }

    /// Ends that lease.
    ///
    /// # Errors
    /// [`Error::State`] where it stays.
    pub fn end_waiting(&self, login: &LoginKey) -> Result<(), Error> {
        self.folder.remove(&waiting_name(login))
    }

    /// What is remembered of the login.
    ///
    /// # Errors
    /// [`Error::State`] where a newer program wrote it, or it cannot be read.
    pub fn history(&self, login: &LoginKey) -> Result<LoginHistory, Error> {
        Ok(self.json(&history_name(login), |history: &LoginHistory| history.version)?.unwrap_or_default())
    }

    /// Changes what is remembered of the login, under its lock.
    ///
    /// # Errors
    /// As [`Store::history`] and [`lock::lock`]; what `change` gives. Then nothing is written.
    pub fn remember<T>(
        &self,
        login: &LoginKey,
        change: impl FnOnce(&mut LoginHistory) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _guard = lock::lock(&self.folder, &format!("{}.login.lock", login.as_str()), HISTORY_LOCK, &mut || false)?;
        let before = self.history(login)?;
        let mut history = before.clone();
        let answer = change(&mut history)?;
        if history != before {
            history.version = VERSION;
            self.folder.sweep(&history_name(login));
            self.write_json(&history_name(login), &history)?;
        }
        Ok(answer)
    }

    /// Remembers of the login that a request failed `now` (Unix seconds).
    ///
    /// # Errors
    /// As [`Store::remember`].
    pub fn note_failure(&self, login: &LoginKey, now: i64, error: &Error) -> Result<(), Error> {
        self.remember(login, |history| {
            history.failed(now, error);
            Ok(())
        })
    }

    /// An entry of the keyring that is neither token nor record.
    ///
    /// # Errors
    /// [`Error::NoKeyring`].
    pub fn entry<T: serde::de::DeserializeOwned>(&self, account: &str) -> Result<Option<T>, Error> {
        match self.keyring.get(account)? {
            Some(entry) => entries::decode(&entry),
            None => Ok(None),
        }
    }

    /// Keeps such an entry.
    ///
    /// # Errors
    /// [`Error::NoKeyring`].
    pub fn set_entry<T: Serialize>(&self, account: &str, value: &T) -> Result<(), Error> {
        self.keyring.set(account, &entries::encode(value)?)
    }

    /// Forgets such an entry.
    ///
    /// # Errors
    /// [`Error::NoKeyring`].
    pub fn delete_entry(&self, account: &str) -> Result<(), Error> {
        self.keyring.delete(account)
    }

    /// Writes the entry of a new token; those that are to be revoked stay in it.
    fn write_entry(&self, token: &Token, record: &Record, trust: &TlsPolicy) -> Result<(), Error> {
        let mut entry = TokenEntry::new(token, record, trust);
        if let Some(before) = self.token_entry(&record.key)? {
            entry.revoking = before.revoking;
        }
        self.keyring.set(&format!("token:{}", record.key), &entries::encode(&entry)?)
    }

    fn write_record(&self, record: &Record) -> Result<(), Error> {
        self.write_json(&record_name(&record.key), record)
    }

    /// Removes the leases of `key` but `keep`, and what killed processes left half-written.
    fn sweep(&self, key: &str, keep: Option<&str>) {
        self.folder.sweep(&record_name(key));
        for name in self.folder.names() {
            if name.starts_with(&lease_prefix(key)) && keep != Some(name.as_str()) {
                let _ = self.folder.remove(&name);
            }
        }
    }

    fn json<T: serde::de::DeserializeOwned>(&self, name: &str, version: fn(&T) -> u32) -> Result<Option<T>, Error> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Some(bytes) = self.folder.read(name)? else { return Ok(None) };
        match (serde_json::from_slice::<T>(&bytes), serde_json::from_slice::<Head>(&bytes)) {
            (Ok(value), _) if version(&value) <= VERSION => Ok(Some(value)),
            (_, Ok(head)) if head.version > VERSION => Err(Error::State {
                path: self.folder.path(name),
                why: format!("a newer ostoken wrote it (version {})", head.version),
                hint: "use that one, or remove the file",
            }),
            _ => Ok(None),
        }
    }

    fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let mut text = serde_json::to_vec_pretty(value)
            .map_err(|error| Error::Io { what: "record", error: std::io::Error::other(error) })?;
        text.push(b'\n');
        self.folder.write(name, &text)
    }
}

fn new_record(identity: &Identity, token: &Token, times: Times, rule: RefreshRule) -> Result<Record, Error> {
    let random = random_hex(8)
        .map_err(|error| Error::Io { what: "random numbers", error: std::io::Error::other(error.to_string()) })?;
    let lease = format!("{}{random}", lease_prefix(identity.key().as_str()));
    Ok(Record::new(identity, token, times, rule, lease))
}

fn record_name(key: &str) -> String {
    format!("{key}.json")
}

fn lock_name(key: &str) -> String {
    format!("{key}.lock")
}

fn waiting_name(login: &LoginKey) -> String {
    format!("{}.waiting", login.as_str())
}

fn history_name(login: &LoginKey) -> String {
    format!("{}.login.json", login.as_str())
}
