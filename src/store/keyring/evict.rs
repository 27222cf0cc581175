//! Room in a store that is full: tokens of other scopes go, those that are dead first, then the one that was used
//! longest ago. Secrets and refusals never go: they cannot be made again.
//!
//! A token's last use is the modification time of its record (`KEY.json`): writing the record sets it, and so does each
//! read here, with one system call. A keyring does not tell it: the kernel keeps the time of a key's last use to itself,
//! and its time limits come out in whole days. Where there is no record the token counts as used when it was issued.

use crate::secret::Secret;
use crate::store::entries::{TokenEntry, decode};
use crate::store::folder::Folder;
use crate::store::names;
use crate::store::retry::patiently;
use keyring_core::api::{CredentialApi, CredentialPersistence, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// How long the kernel is waited for between two tries: it frees a key some milliseconds after it went.
const PAUSE: Duration = Duration::from_micros(300);

/// What a store that has no room left fails with.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Full(pub &'static str);

/// A store that makes room in `inner`, which can be searched by `service`.
pub struct Evicting {
    inner: Arc<CredentialStore>,
    records: Folder,
    now: fn() -> i64,
}

impl Evicting {
    /// `records` is the folder of the tokens' records, `now` tells Unix seconds by the local clock.
    pub fn new(inner: Arc<CredentialStore>, records: Folder, now: fn() -> i64) -> Arc<Evicting> {
        Arc::new(Evicting { inner, records, now })
    }
}

impl CredentialStoreApi for Evicting {
    fn vendor(&self) -> String {
        self.inner.vendor()
    }

    fn id(&self) -> String {
        self.inner.id()
    }

    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let entry = self.inner.build(service, user, modifiers)?;
        let (inner, records, now) = (self.inner.clone(), self.records.clone(), self.now);
        let specifiers = (service.to_owned(), user.to_owned());
        Ok(Entry::new_with_credential(Arc::new(StoredToken { entry, inner, records, now, specifiers })))
    }

    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        self.inner.search(spec)
    }

    fn persistence(&self) -> CredentialPersistence {
        self.inner.persistence()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One entry.
struct StoredToken {
    entry: Entry,
    inner: Arc<CredentialStore>,
    records: Folder,
    now: fn() -> i64,
    specifiers: (String, String),
}

fn is_full(error: &Error) -> bool {
    matches!(error, Error::PlatformFailure(why) if why.is::<Full>())
}

impl StoredToken {
    /// The other tokens of the service in the order in which they go.
    fn candidates(&self) -> Result<Vec<Entry>> {
        let (service, account) = &self.specifiers;
        let found = self.inner.search(&HashMap::from([("service", service.as_str())]))?;
        let mut ranked: Vec<((bool, SystemTime), Entry)> = found
            .into_iter()
            .filter_map(|entry| {
                let (of, other) = entry.get_specifiers()?;
                let key = names::key_of_account(&other).filter(|_| of == *service && other != *account)?;
                Some((self.rank(&entry, key)?, entry))
            })
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        Ok(ranked.into_iter().map(|(_, entry)| entry).collect())
    }

    /// Whether a token is alive, and its last use; `None` for one that a newer program wrote, that cannot be read, or that
    /// Keystone is still to be told to revoke.
    fn rank(&self, entry: &Entry, key: &str) -> Option<(bool, SystemTime)> {
        let text = String::from_utf8(Zeroizing::new(entry.get_secret().ok()?).to_vec()).ok()?;
        let entry: Option<TokenEntry> = decode(&Secret::from(text)).ok()?;
        let Some(TokenEntry { record, revoking, .. }) = entry else { return Some((false, UNIX_EPOCH)) };
        if !revoking.is_empty() {
            return None;
        }
        let issued = record.issued_at.saturating_sub(record.clock_offset);
        let written =
            std::fs::symlink_metadata(self.records.path(&names::record(key))).and_then(|data| data.modified());
        let used = written.unwrap_or(UNIX_EPOCH + Duration::from_secs(issued.try_into().unwrap_or(0)));
        Some((record.expires_locally() > (self.now)(), used))
    }
}

impl CredentialApi for StoredToken {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let mut outcome = self.entry.set_secret(secret);
        if !matches!(&outcome, Err(error) if is_full(error)) {
            return outcome;
        }
        for candidate in self.candidates()? {
            // One that went meanwhile makes room as well.
            let _ = candidate.delete_credential();
            if let Some(key) =
                candidate.get_specifiers().as_ref().and_then(|(_, account)| names::key_of_account(account))
            {
                let _ = self.records.remove(&names::document(key));
            }
            outcome = patiently(PAUSE, is_full, || self.entry.set_secret(secret));
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let secret = self.entry.get_secret()?;
        if let Some(key) = names::key_of_account(&self.specifiers.1) {
            used_now(&self.records, key);
        }
        Ok(secret)
    }

    fn delete_credential(&self) -> Result<()> {
        self.entry.delete_credential()
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        self.entry.get_credential().map(|_| None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some(self.specifiers.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Notes the use of the token of `key`; where that cannot be noted it counts as used when it was written.
fn used_now(records: &Folder, key: &str) {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, utimensat};
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
    };
    let _ = utimensat(CWD, records.path(&names::record(key)), &times, AtFlags::SYMLINK_NOFOLLOW);
}

#[cfg(test)]
#[path = "evict_tests.rs"]
mod tests;
