//! The Linux kernel's keyrings: memory only, gone with the machine's power, expiring three days after the last use.
//!
//! Entries live in the user's *persistent* keyring, which every session of the user shares; a session keyring would
//! split two terminals for good. Kernels without persistent keyrings have the user keyring, which lasts as long as a
//! process of the user. Either is linked to the process keyring, so that this process possesses what is in it, from
//! whatever session it was started. A key holds 32,767 bytes; all keys of a user 20,000 bytes unless root raised that.

use super::{Backend, Keyring};
use crate::error::Error;
use crate::secret::Secret;
use linux_keyutils::{KeyError, KeyRing, KeyRingIdentifier};

/// The persistent keyring of the user, or the user keyring.
pub struct Keyutils {
    ring: KeyRing,
    service: String,
}

impl Keyutils {
    /// Opens the keyring for entries of `service`.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] where the kernel or a container's filter has no keyrings.
    pub fn open(service: &str) -> Result<Self, Error> {
        let ring = KeyRing::get_persistent(KeyRingIdentifier::Process).or_else(|_| user_keyring()).map_err(broken)?;
        Ok(Keyutils { ring, service: service.into() })
    }

    fn description(&self, account: &str) -> String {
        format!("{}:{account}", self.service)
    }
}

fn user_keyring() -> Result<KeyRing, KeyError> {
    let process = KeyRing::from_special_id(KeyRingIdentifier::Process, true)?;
    process.link_keyring_id(KeyRingIdentifier::User)?;
    KeyRing::from_special_id(KeyRingIdentifier::User, false)
}

impl Keyring for Keyutils {
    fn backend(&self) -> Backend {
        Backend::Keyutils
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, Error> {
        let bytes = match self.ring.search(&self.description(account)).and_then(|key| key.read_to_vec()) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(error) => return Ok(None),
            Err(error) => return Err(broken(error)),
        };
        let text =
            String::from_utf8(bytes).map_err(|_| Error::NoKeyring("kernel keyring: an entry is no text".into()))?;
        Ok(Some(Secret::from(text)))
    }

    fn set(&self, account: &str, value: &Secret) -> Result<(), Error> {
        self.ring.add_key(&self.description(account), value.expose()).map(drop).map_err(broken)
    }

    fn delete(&self, account: &str) -> Result<(), Error> {
        match self.ring.search(&self.description(account)).and_then(|key| self.ring.unlink_key(key)) {
            Err(error) if !is_absent(error) => Err(broken(error)),
            _ => Ok(()),
        }
    }
}

fn is_absent(error: KeyError) -> bool {
    matches!(
        error,
        KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked | KeyError::MissingFileOrDirectory
    )
}

fn broken(error: KeyError) -> Error {
    Error::NoKeyring(match error {
        KeyError::QuotaExceeded => "kernel keyring: the quota of this user is used up (/proc/sys/kernel/keys)".into(),
        KeyError::Unknown(38) | KeyError::OperationNotSupported => "kernel keyring: this kernel has none".into(),
        KeyError::PermissionDenied | KeyError::AccessDenied => {
            "kernel keyring: access is denied (a container's filter does that)".into()
        }
        other => format!("kernel keyring: {other}"),
    })
}
