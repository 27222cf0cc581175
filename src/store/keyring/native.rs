//! Windows Credential Manager and the macOS Keychain, through keyring-core's stores.

use super::{Backend, Keyring};
use crate::error::Error;
use crate::secret::Secret;
use keyring_core::{CredentialStore, Entry, Error as StoreError};
use std::sync::Arc;
use std::time::Duration;

/// The system's own keyring.
pub struct Native {
    store: Arc<CredentialStore>,
    service: String,
}

#[cfg(windows)]
const BACKEND: Backend = Backend::CredentialManager;
#[cfg(target_os = "macos")]
const BACKEND: Backend = Backend::Keychain;

/// The most bytes that Credential Manager takes in one entry (CRED_MAX_CREDENTIAL_BLOB_SIZE).
#[cfg(windows)]
pub const LONGEST_ENTRY: usize = 2560;

impl Native {
    /// Opens it for entries of `service`.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] where the system refuses.
    pub fn open(service: &str) -> Result<Self, Error> {
        #[cfg(windows)]
        let store = windows_native_keyring_store::Store::new();
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new();
        Ok(Native { store: store.map_err(broken)?, service: service.into() })
    }

    #[cfg(windows)]
    fn entry(&self, account: &str) -> Result<Entry, Error> {
        // The default would let the domain carry tokens and secrets to other machines.
        let modifiers = std::collections::HashMap::from([("persistence", "Local")]);
        Entry::new_in_store_with_modifiers(&self.store, &self.service, account, &modifiers).map_err(broken)
    }

    #[cfg(target_os = "macos")]
    fn entry(&self, account: &str) -> Result<Entry, Error> {
        Entry::new_in_store(&self.store, &self.service, account).map_err(broken)
    }
}

impl Keyring for Native {
    fn backend(&self) -> Backend {
        BACKEND
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, Error> {
        let entry = self.entry(account)?;
        let bytes = match patiently(|| entry.get_secret()) {
            Ok(bytes) => bytes,
            Err(StoreError::NoEntry) => return Ok(None),
            Err(error) => return Err(broken(error)),
        };
        let text = String::from_utf8(bytes).map_err(|_| Error::NoKeyring("an entry is no text".into()))?;
        Ok(Some(Secret::from(text)))
    }

    fn set(&self, account: &str, value: &Secret) -> Result<(), Error> {
        let entry = self.entry(account)?;
        patiently(|| entry.set_secret(value.expose().as_bytes())).map_err(broken)
    }

    fn delete(&self, account: &str) -> Result<(), Error> {
        let entry = self.entry(account)?;
        match patiently(|| entry.delete_credential()) {
            Err(error) if !matches!(error, StoreError::NoEntry) => Err(broken(error)),
            _ => Ok(()),
        }
    }
}

/// Does `work`, and again for a fifth of a second at most while another process is just removing that entry: Wine keeps
/// entries in its registry, and says so (ERROR_KEY_DELETED) to whoever opened one before it went.
fn patiently<T>(work: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    // The store names a code that it does not know in words alone.
    let passes = |error: &StoreError| matches!(error, StoreError::PlatformFailure(why) if why.to_string() == "Windows error code 1018");
    crate::store::retry::patiently(Duration::from_millis(2), passes, work)
}

fn broken(error: StoreError) -> Error {
    Error::NoKeyring(match error {
        StoreError::TooLong(name, limit) => format!("{}: `{name}` is longer than {limit}", BACKEND.name()),
        other => format!("{}: {}", BACKEND.name(), crate::error::escaped(&other.to_string(), 200)),
    })
}
