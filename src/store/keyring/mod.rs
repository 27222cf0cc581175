//! The places that keep secrets, behind keyring-core's one interface, and the choice among them.
//!
//! A backend is a `CredentialStoreApi` of keyring-core: the systems' own stores come from their crates, the others are
//! files of this folder. `split` and `evict` are stores over a store.

#[cfg(target_os = "linux")]
mod evict;
mod file;
#[cfg(target_os = "linux")]
mod keyutils;
#[cfg(any(windows, target_os = "macos"))]
mod native;
#[cfg(target_os = "linux")]
mod secret_service;
mod select;
pub mod split;

pub use select::{KeyringRequest, Selected, select};

use crate::error::{Error, escaped};
use crate::secret::Secret;
use keyring_core::{CredentialStore, Entry, Error as StoreError};
use std::sync::Arc;
use zeroize::Zeroize;

/// A kind of keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// freedesktop.org's Secret Service: gnome-keyring, KWallet, KeePassXC.
    SecretService,
    /// The Linux kernel's keyrings: in memory, expiring three days after their last use.
    Keyutils,
    /// Windows Credential Manager.
    CredentialManager,
    /// The macOS Keychain.
    Keychain,
    /// Files that only the user can read, by `OSTOKEN_KEYRING=file` alone.
    File,
}

impl Backend {
    /// The name that OSTOKEN_KEYRING and the state folder have for it.
    pub fn name(self) -> &'static str {
        match self {
            Backend::SecretService => "secret-service",
            Backend::Keyutils => "keyutils",
            Backend::CredentialManager => "credential-manager",
            Backend::Keychain => "keychain",
            Backend::File => "file",
        }
    }

    /// The backend of that name.
    pub fn named(name: &str) -> Option<Backend> {
        let all =
            [Backend::SecretService, Backend::Keyutils, Backend::CredentialManager, Backend::Keychain, Backend::File];
        all.into_iter().find(|backend| backend.name() == name)
    }
}

/// An open store of keyring-core, and the service under whose name entries are kept in it.
pub struct Keyring {
    backend: Backend,
    store: Arc<CredentialStore>,
    service: String,
}

impl Keyring {
    /// Entries of `service` in `store`, which is of this kind.
    pub fn new(backend: Backend, store: Arc<CredentialStore>, service: &str) -> Keyring {
        Keyring { backend, store, service: service.into() }
    }

    /// Which kind it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// What is kept for `account`; `None` if nothing is.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] if the keyring does not answer.
    pub fn get(&self, account: &str) -> Result<Option<Secret>, Error> {
        match self.entry(account)?.get_password() {
            Ok(text) => Ok(Some(Secret::from(text))),
            Err(StoreError::NoEntry) => Ok(None),
            Err(error) => Err(Self::failed(self.backend, error)),
        }
    }

    /// Keeps `value` for `account`, in place of what was there.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] if the keyring does not take it.
    pub fn set(&self, account: &str, value: &Secret) -> Result<(), Error> {
        self.entry(account)?.set_password(value.expose()).map_err(|error| Self::failed(self.backend, error))
    }

    /// Forgets what is kept for `account`; nothing there is not an error.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] if it stays.
    pub fn delete(&self, account: &str) -> Result<(), Error> {
        match self.entry(account)?.delete_credential() {
            Ok(()) | Err(StoreError::NoEntry) => Ok(()),
            Err(error) => Err(Self::failed(self.backend, error)),
        }
    }

    /// The entry of `account`, whether there is one or not.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] if the keyring takes no such name.
    pub fn entry(&self, account: &str) -> Result<Entry, Error> {
        Entry::new_in_store(&self.store, &self.service, account).map_err(|error| Self::failed(self.backend, error))
    }

    /// An error of the program's own comes out as it went in; any other is a keyring that cannot be used.
    fn failed(backend: Backend, error: StoreError) -> Error {
        let why = match error {
            StoreError::PlatformFailure(why) | StoreError::NoStorageAccess(why) => match why.downcast::<Error>() {
                Ok(own) => return *own,
                Err(why) => escaped(&why.to_string(), 200),
            },
            StoreError::BadEncoding(mut bytes) => {
                bytes.zeroize();
                "an entry is not valid UTF-8".into()
            }
            StoreError::TooLong(name, limit) => format!("`{name}` is longer than {limit}"),
            other => escaped(&other.to_string(), 200),
        };
        Error::NoKeyring(format!("{}: {why}", backend.name()))
    }
}

/// What a store failed with, in words or as an error of the program's own.
fn failure(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::PlatformFailure(why.into())
}
