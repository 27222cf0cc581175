//! Secrets in files of mode 0600, for machines without any keyring: used by `OSTOKEN_KEYRING=file` alone.

use super::failure;
use crate::secret::digest;
use crate::store::folder::Folder;
use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, Entry, Error, Result};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

/// Entries in a folder, each a file named by the digest of service and account.
pub struct Store(Folder);

impl Store {
    /// Entries in `folder`.
    pub fn new(folder: Folder) -> Self {
        Store(folder)
    }
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        "ostoken: files".into()
    }

    fn id(&self) -> String {
        self.0.as_path().display().to_string()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let specifiers = (service.to_owned(), user.to_owned());
        Ok(Entry::new_with_credential(Arc::new(File { folder: self.0.clone(), specifiers })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One entry.
struct File {
    folder: Folder,
    specifiers: (String, String),
}

impl File {
    fn name(&self) -> String {
        digest(&[&self.specifiers.0, &self.specifiers.1])
    }
}

impl CredentialApi for File {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        self.folder.write(&self.name(), secret).map_err(failure)
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.folder.read(&self.name()).map_err(failure)?.ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> Result<()> {
        let name = self.name();
        self.folder.sweep(&name);
        if !self.folder.path(&name).exists() {
            return Err(Error::NoEntry);
        }
        self.folder.remove(&name).map_err(failure)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        self.get_secret().map(|_| None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some(self.specifiers.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
