//! What is kept: the token and the secret in the keyring, the record, locks and leases in the state folder.
//!
//! The keyring is written first and holds a copy of the record; the record comes second. So whatever happens between
//! the two, the token is found again, and a record that is missing, damaged or of another token is rebuilt from it.

mod documents;
pub mod entries;
pub mod folder;
mod history;
pub mod keyring;
pub mod lock;
mod locked;
pub mod logins;
pub mod names;
mod retry;

pub use locked::Locked;

use crate::clock::Clock;
use crate::error::Error;
use crate::identity::{Identity, Key, LoginKey, TlsPolicy};
use crate::record::{Record, RefreshRule, Times, VERSION};
use crate::secret::Token;
use entries::TokenEntry;
use folder::Folder;
use keyring::{Backend, Keyring};
use lock::Guard;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

/// A token that is kept.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// The token.
    pub token: Token,
    /// Its record.
    pub record: Record,
    /// What its server was trusted by when it was made.
    pub trust: TlsPolicy,
    /// Whether the state folder holds the same record.
    pub is_consistent: bool,
}

impl StoredToken {
    /// A token that was just made, or taken in, and is not yet kept.
    ///
    /// # Errors
    /// [`Error::Io`] where the system has no randomness.
    pub fn new(
        identity: &Identity,
        token: &Token,
        times: Times,
        rule: RefreshRule,
        trust: &TlsPolicy,
        clock: &dyn Clock,
    ) -> Result<StoredToken, Error> {
        let lease = names::new_lease(identity.key().as_str())?;
        let record = Record::new(identity, token, times, rule, lease).of_machine(clock);
        Ok(StoredToken { token: token.clone(), record, trust: trust.clone(), is_consistent: false })
    }
}

/// One keyring, and the part of the state folder that belongs to it.
pub struct Store {
    keyring: Keyring,
    folder: Folder,
    clock: &'static dyn Clock,
    needs_state: bool,
    trouble: RefCell<Option<Error>>,
}

impl Store {
    /// The store of `keyring` below the state folder. `clock` tells whether the time was set back since a token was made.
    pub fn new(keyring: Keyring, state: &Folder, clock: &'static dyn Clock) -> Store {
        let folder = state.inner(keyring.backend().name());
        Store { keyring, folder, clock, needs_state: true, trouble: RefCell::new(None) }
    }

    /// The same store, which keeps in the keyring what it can where the state folder cannot be written: no lock is held
    /// then, no request counted. [`Store::take_trouble`] says why.
    #[must_use]
    pub fn without_state_if_need_be(self) -> Store {
        Store { needs_state: false, ..self }
    }

    /// Why the state folder could not be written, to be said once.
    pub fn take_trouble(&self) -> Option<Error> {
        self.trouble.take()
    }

    /// What was done in the state folder; `None` where that failed and the store can do without.
    fn can_do_without<T>(&self, done: Result<T, Error>) -> Result<Option<T>, Error> {
        match done {
            Err(error @ Error::State { .. }) if !self.needs_state => {
                self.trouble.borrow_mut().get_or_insert(error);
                Ok(None)
            }
            other => other.map(Some),
        }
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
            Some(record) => Some(StoredToken { token, record, trust, is_consistent: true }),
            None if copy.is_of(key, &token) => Some(StoredToken { token, record: copy, trust, is_consistent: false }),
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
        let record = self.json(&names::record(key), |record: &Record| record.version)?;
        Ok(record.filter(|record| is_record_of(record, key)).map(|record| record.settled(self.clock)))
    }

    /// The records of all tokens of a login.
    pub fn records(&self, login: &LoginKey) -> Vec<Record> {
        let read = |name: String| self.record_of(names::key_of_record(&name)?).ok().flatten();
        self.folder.names().into_iter().filter_map(read).filter(|record| record.is_of_login(login)).collect()
    }

    /// What the server of the token of `key` was trusted by; `None` if none is kept.
    ///
    /// # Errors
    /// [`Error::NoKeyring`].
    pub fn token_trust(&self, key: &str) -> Result<Option<TlsPolicy>, Error> {
        Ok(self.token_entry(key)?.filter(|entry| entry.token().is_some()).map(|entry| entry.trust))
    }

    fn token_entry(&self, key: &str) -> Result<Option<TokenEntry>, Error> {
        let entry = self.entry(&names::token_account(key))?;
        Ok(entry.filter(|entry: &TokenEntry| is_record_of(&entry.record, key)))
    }

    /// Where the lease of `record` lies; `None` where it is gone.
    pub fn lease(&self, record: &Record) -> Option<PathBuf> {
        Some(self.path(&record.lease)).filter(|path| path.exists())
    }

    /// Where the file `name` lies, one of [`names`].
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path(name)
    }

    /// The right to write what is kept of `key`, if nobody has it.
    ///
    /// # Errors
    /// As [`lock::try_lock`].
    pub fn try_lock<'a>(&'a self, key: &'a str) -> Result<Option<Locked<'a>>, Error> {
        let guard = self.try_hold(&names::lock(key))?;
        Ok(guard.map(|guard| Locked { store: self, key, _guard: Some(guard) }))
    }

    /// Waits for the right to write what is kept of `key`.
    ///
    /// # Errors
    /// As [`lock::lock`].
    pub fn lock<'a>(&'a self, key: &'a str, limit: Duration) -> Result<Locked<'a>, Error> {
        let guard = self.can_do_without(lock::lock(&self.folder, &names::lock(key), limit))?;
        Ok(Locked { store: self, key, _guard: guard })
    }

    /// The right of a `logout`, which waits for no process that hangs: whoever makes a token meanwhile sees afterwards that
    /// the login was ended.
    pub fn without_lock<'a>(&'a self, key: &'a str) -> Locked<'a> {
        Locked { store: self, key, _guard: None }
    }

    /// Takes the lock with the file name `name`, one of [`names`], if nobody holds it.
    ///
    /// # Errors
    /// As [`lock::try_lock`].
    pub fn try_hold(&self, name: &str) -> Result<Option<Guard>, Error> {
        match self.can_do_without(lock::try_lock(&self.folder, name))? {
            Some(guard) => Ok(guard),
            None => Ok(Some(Guard::of_nothing())),
        }
    }

    /// An entry of the keyring that is neither token nor record.
    ///
    /// # Errors
    /// [`Error::NoKeyring`].
    pub fn entry<T: DeserializeOwned>(&self, account: &str) -> Result<Option<T>, Error> {
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

    fn json<T: DeserializeOwned>(&self, name: &str, version: fn(&T) -> u32) -> Result<Option<T>, Error> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Some(bytes) = self.folder.read(name)? else { return Ok(None) };
        match (serde_json::from_slice::<T>(&bytes), serde_json::from_slice::<Head>(&bytes)) {
            (Ok(value), _) if version(&value) <= VERSION => Ok(Some(value)),
            (_, Ok(head)) if head.version > VERSION => Err(Error::State {
                path: self.path(name),
                why: format!("written by a newer ostoken (version {})", head.version),
                hint: "update ostoken, or remove the file",
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

/// Whether this can be the record of `key` at all.
fn is_record_of(record: &Record, key: &str) -> bool {
    record.key == key && names::is_lease_of(&record.lease, key)
}
