//! Secrets in files of mode 0600, for machines without any keyring: used by `OSTOKEN_KEYRING=file` alone.

use super::{Backend, Keyring};
use crate::error::Error;
use crate::secret::{Secret, digest};
use crate::store::folder::Folder;

/// Entries in a folder, each a file named by the digest of service and account.
pub struct FileKeyring {
    folder: Folder,
    service: String,
}

impl FileKeyring {
    /// Entries of `service` in `folder`.
    pub fn new(folder: Folder, service: &str) -> Self {
        FileKeyring { folder, service: service.into() }
    }

    fn name(&self, account: &str) -> String {
        digest(&[&self.service, account])
    }
}

impl Keyring for FileKeyring {
    fn backend(&self) -> Backend {
        Backend::File
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, Error> {
        let bytes = self.folder.read(&self.name(account))?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(Secret::from))
    }

    fn set(&self, account: &str, value: &Secret) -> Result<(), Error> {
        self.folder.write(&self.name(account), value.expose().as_bytes())
    }

    fn delete(&self, account: &str) -> Result<(), Error> {
        let name = self.name(account);
        self.folder.sweep(&name);
        self.folder.remove(&name)
    }
}
