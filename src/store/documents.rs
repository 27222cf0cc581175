//! What Keystone said of a kept token: catalog, roles, project. It holds no secret; programs that authenticate by the kept
//! token are given it, so that none has to be made for them.

use super::{Locked, Store, StoredToken, names};
use crate::error::Error;
use crate::record::VERSION;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The largest file that is read, in bytes: what is read of Keystone's answer, and what stands around it.
const LARGEST: u64 = 5 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Entry {
    version: u32,
    /// The token that it is of.
    fingerprint: String,
    body: Box<RawValue>,
}

impl Store {
    /// What Keystone said of this token; `None` if that is not known any more.
    ///
    /// # Errors
    /// [`Error::State`] if the file cannot be read.
    pub fn document(&self, stored: &StoredToken) -> Result<Option<Box<RawValue>>, Error> {
        let Some(bytes) = self.folder.read_up_to(&names::document(&stored.record.key), LARGEST)? else {
            return Ok(None);
        };
        let entry: Option<Entry> = serde_json::from_slice(&bytes).ok();
        let is_its = |entry: &Entry| entry.version <= VERSION && entry.fingerprint == stored.record.fingerprint;
        Ok(entry.filter(is_its).map(|entry| entry.body))
    }
}

impl Locked<'_> {
    /// Keeps what Keystone said of this token.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn write_document(&self, stored: &StoredToken, document: &RawValue) -> Result<(), Error> {
        let fingerprint = stored.record.fingerprint.clone();
        let entry = Entry { version: VERSION, fingerprint, body: document.to_owned() };
        let name = names::document(self.key);
        self.store.folder.sweep(&name);
        self.store.can_do_without(self.store.write_json(&name, &entry))?;
        Ok(())
    }
}
