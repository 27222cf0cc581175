//! The write side of a store: what is kept of one key is written by whoever holds its lock.

use super::entries::{self, Revoking, TokenEntry};
use super::lock::Guard;
use super::{Store, StoredToken, names};
use crate::error::Error;
use crate::failpoint::{Point, failpoint};
use crate::record::Record;
use serde_json::value::RawValue;

/// The right to write what is kept of one key, until it is dropped.
pub struct Locked<'a> {
    pub(super) store: &'a Store,
    pub(super) key: &'a str,
    /// None where the state folder cannot be written, and for a `logout` that waits for nobody.
    pub(super) _guard: Option<Guard>,
}

impl Locked<'_> {
    /// Keeps a new token, and what Keystone said of it: lease, keyring entry, document, record, then the older leases go, so that every prompt that looks finds the
    /// new token. Where the state folder cannot be written, the keyring alone keeps it.
    ///
    /// # Errors
    /// [`Error::NoKeyring`], [`Error::State`]; then the next run finds either the old or the new token.
    pub fn write(&self, stored: &StoredToken, document: Option<&RawValue>) -> Result<(), Error> {
        let StoredToken { record, .. } = stored;
        self.leave_newer_alone()?;
        let has_lease = self.store.can_do_without(self.store.folder.touch(&record.lease))?.is_some();
        failpoint(Point::LeaseMade);
        self.write_entry(stored)?;
        failpoint(Point::EntryWritten);
        if let Some(document) = document {
            // The token is good without it, and Keystone can be asked again.
            let _ = self.write_document(stored, document);
        }
        if has_lease && self.store.can_do_without(self.write_record(record))?.is_some() {
            failpoint(Point::RecordWritten);
            self.sweep(Some(&record.lease));
            failpoint(Point::OldLeaseRemoved);
        }
        Ok(())
    }

    /// Writes record and lease of a kept token again, from what the keyring holds.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn repair(&self, stored: &StoredToken) -> Result<(), Error> {
        self.store.folder.touch(&stored.record.lease)?;
        self.write_record(&stored.record)?;
        self.sweep(Some(&stored.record.lease));
        Ok(())
    }

    /// Writes the record again, which says why a renewal failed; the token stays.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn write_record(&self, record: &Record) -> Result<(), Error> {
        self.store.write_json(&names::record(self.key), record)
    }

    /// Forgets the token: the lease first, so that no prompt goes on with it. Those that are to be revoked stay.
    ///
    /// # Errors
    /// [`Error::NoKeyring`], [`Error::State`].
    pub fn erase(&self) -> Result<(), Error> {
        self.leave_newer_alone()?;
        self.sweep(None);
        match self.store.token_entry(self.key)?.filter(|entry| !entry.revoking.is_empty()) {
            Some(entry) => self.keep_revoking(entry),
            None => self.forget(),
        }
    }

    /// Marks the token as one to be revoked: it is not handed out any more. Gives all that are to be revoked.
    ///
    /// # Errors
    /// As [`Locked::erase`].
    pub fn mark(&self) -> Result<Vec<Revoking>, Error> {
        self.leave_newer_alone()?;
        self.sweep(None);
        failpoint(Point::LeasesGone);
        let Some(mut entry) = self.store.token_entry(self.key)? else { return self.forget().map(|()| Vec::new()) };
        entry.mark();
        let revoking = entry.revoking.clone();
        self.keep_revoking(entry)?;
        Ok(revoking)
    }

    /// Forgets a token that was revoked, or that died.
    ///
    /// # Errors
    /// As [`Locked::erase`].
    pub fn revoked(&self, token: &Revoking) -> Result<(), Error> {
        let Some(mut entry) = self.store.token_entry(self.key)? else { return self.forget() };
        entry.revoking.retain(|kept| !kept.is(token));
        match entry.token().is_none() && entry.revoking.is_empty() {
            true => self.forget(),
            false => self.set_entry(&entry),
        }
    }

    fn leave_newer_alone(&self) -> Result<(), Error> {
        self.store.record_of(self.key).map(drop)
    }

    /// Writes the entry of a new token; those that are to be revoked stay in it.
    fn write_entry(&self, stored: &StoredToken) -> Result<(), Error> {
        let mut entry = TokenEntry::new(&stored.token, &stored.record, &stored.trust);
        if let Some(before) = self.store.token_entry(self.key)? {
            entry.revoking = before.revoking;
        }
        self.set_entry(&entry)
    }

    fn set_entry(&self, entry: &TokenEntry) -> Result<(), Error> {
        self.store.keyring.set(&names::token_account(self.key), &entries::encode(entry)?)
    }

    /// The entry holds nothing but what is to be revoked; its record stands, so that it is found.
    fn keep_revoking(&self, mut entry: TokenEntry) -> Result<(), Error> {
        entry.forget_token();
        self.set_entry(&entry)?;
        let _ = self.store.folder.remove(&names::document(self.key));
        failpoint(Point::Marked);
        entry.record.revoking = true;
        // A read-only state folder may keep the old one: the entry decides.
        let _ = self.write_record(&entry.record);
        failpoint(Point::RecordMarked);
        Ok(())
    }

    fn forget(&self) -> Result<(), Error> {
        self.store.keyring.delete(&names::token_account(self.key))?;
        failpoint(Point::EntryForgotten);
        self.store.folder.remove(&names::document(self.key))?;
        self.store.folder.remove(&names::record(self.key))
    }

    /// Removes the leases but `keep`, and what killed processes left half-written.
    fn sweep(&self, keep: Option<&str>) {
        let folder = &self.store.folder;
        folder.sweep(&names::record(self.key));
        for name in folder.names() {
            if name.starts_with(&names::lease_prefix(self.key)) && keep != Some(name.as_str()) {
                let _ = folder.remove(&name);
            }
        }
    }
}
