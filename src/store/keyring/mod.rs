//! The places that keep secrets, behind one interface, and the choice among them.

mod choice;
mod file;
#[cfg(target_os = "linux")]
mod keyutils;
#[cfg(any(windows, target_os = "macos"))]
mod native;
#[cfg(target_os = "linux")]
mod secret_service;
#[cfg(any(windows, test))]
mod split;

pub use choice::{Choice, Wish, choose};

use crate::error::Error;
use crate::secret::Secret;

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

/// A place that keeps texts under account names. No method raises a window.
pub trait Keyring {
    /// Which kind it is.
    fn backend(&self) -> Backend;

    /// What is kept for `account`; `None` where nothing is.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] where the keyring does not answer.
    fn get(&self, account: &str) -> Result<Option<Secret>, Error>;

    /// Keeps `value` for `account`, in place of what was there.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] where the keyring does not take it.
    fn set(&self, account: &str, value: &Secret) -> Result<(), Error>;

    /// Forgets what is kept for `account`; nothing there is no error.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] where it stays.
    fn delete(&self, account: &str) -> Result<(), Error>;
}
