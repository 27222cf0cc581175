//! Windows Credential Manager and the macOS Keychain: keyring-core's stores of them, with patience.

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes that Credential Manager takes in one entry (CRED_MAX_CREDENTIAL_BLOB_SIZE).
#[cfg(windows)]
pub const LONGEST_ENTRY: usize = 2560;

/// The default would let the domain carry tokens and secrets to other machines.
#[cfg(windows)]
const MODIFIERS: [(&str, &str); 1] = [("persistence", "Local")];
#[cfg(target_os = "macos")]
const MODIFIERS: [(&str, &str); 0] = [];

/// The system's own store.
pub struct Store(Arc<CredentialStore>);

impl Store {
    /// Opens it.
    ///
    /// # Errors
    /// What the system has against it.
    pub fn open() -> Result<Arc<Self>> {
        #[cfg(windows)]
        let store = windows_native_keyring_store::Store::new()?;
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new()?;
        Ok(Arc::new(Store(store)))
    }
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        self.0.vendor()
    }

    fn id(&self) -> String {
        self.0.id()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let entry = self.0.build(service, user, Some(&HashMap::from(MODIFIERS)))?;
        Ok(Entry::new_with_credential(Arc::new(Patient { entry, specifiers: (service.into(), user.into()) })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One entry.
struct Patient {
    entry: Entry,
    specifiers: (String, String),
}

impl CredentialApi for Patient {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        patiently(|| self.entry.set_secret(secret))
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        patiently(|| self.entry.get_secret())
    }

    fn delete_credential(&self) -> Result<()> {
        patiently(|| self.entry.delete_credential())
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

/// Does `work`, and again for a fifth of a second at most while it fails: another process may just be removing that entry,
/// as Wine, which keeps entries in its registry, says to whoever opened one before it went (ERROR_KEY_DELETED).
fn patiently<T>(work: impl Fn() -> Result<T>) -> Result<T> {
    let may_pass = |error: &Error| matches!(error, Error::PlatformFailure(_));
    crate::store::retry::patiently(Duration::from_millis(2), may_pass, work)
}
