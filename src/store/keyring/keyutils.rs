//! The Linux kernel's keyrings: memory only, gone with the machine's power, expiring three days after the last use.
//!
//! Entries live in the user's *persistent* keyring, which every session of the user shares; a session keyring would
//! split two terminals for good. Kernels without persistent keyrings have the user keyring, which lasts as long as a
//! process of the user. Either is linked to the process keyring, so that this process possesses what is in it, from
//! whatever session it was started. A key holds 32,767 bytes; all keys of a user 20,000 bytes unless root raised that.
//! That link counts too, some bytes a process: a write that would leave no room for them fails as one that finds none.

use super::evict::Full;
use super::failure;
use crate::store::retry::patiently;
use keyring_core::api::{CredentialApi, CredentialPersistence, CredentialStoreApi};
use keyring_core::{Credential, Entry, Error, Result};
use linux_keyutils::{Key, KeyError, KeyRing, KeyRingIdentifier, LinkNode};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// More keys than any user may have: the kernel gives a keyring's links whole, or more than there is room for.
const MOST_KEYS: usize = 1 << 20;
/// What a write leaves free, in bytes: room for the links of a hundred processes.
const ROOM: [u8; 1000] = [b' '; 1000];
/// Between two tries to list the keys.
const PAUSE: Duration = Duration::from_millis(1);

/// The persistent keyring of the user, or the user keyring.
pub struct Store(KeyRing);

impl Store {
    /// Opens it.
    ///
    /// # Errors
    /// What the kernel or a container's filter has against it.
    pub fn open() -> Result<Self> {
        let ring = match KeyRing::get_persistent(KeyRingIdentifier::Process) {
            Err(error) if error != KeyError::QuotaExceeded => user_keyring(),
            other => other,
        };
        ring.map(Store).map_err(broken)
    }

    fn entry(&self, service: &str, user: &str) -> Entry {
        let specifiers = (service.to_owned(), user.to_owned());
        let description = format!("{service}:{user}");
        Entry::new_with_credential(Arc::new(KernelKey { ring: self.0, description, specifiers }))
    }
}

fn user_keyring() -> std::result::Result<KeyRing, KeyError> {
    let process = KeyRing::from_special_id(KeyRingIdentifier::Process, true)?;
    process.link_keyring_id(KeyRingIdentifier::User)?;
    KeyRing::from_special_id(KeyRingIdentifier::User, false)
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        "ostoken: persistent kernel keyring".into()
    }

    fn id(&self) -> String {
        format!("{:?}", self.0)
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        Ok(self.entry(service, user))
    }

    /// The entries of the `service` that `spec` names.
    fn search(&self, spec: &HashMap<&str, &str>) -> Result<Vec<Entry>> {
        let service = spec.get("service").ok_or_else(|| Error::Invalid("service".into(), "it is missing".into()))?;
        // While one of the keys is being freed the listing as a whole may fail.
        let links = patiently(PAUSE, |_: &Error| true, || self.0.get_links(MOST_KEYS).map_err(broken))?;
        let descriptions = links.iter().filter_map(LinkNode::as_key).filter_map(|key| key.metadata().ok());
        let user = |description: &str| Some(description.strip_prefix(service)?.strip_prefix(':')?.to_owned());
        let users = descriptions.filter_map(|key| user(key.get_description()));
        Ok(users.map(|user| self.entry(service, &user)).collect())
    }

    fn persistence(&self) -> CredentialPersistence {
        CredentialPersistence::UntilReboot
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One entry: a key of type `user`, described as `SERVICE:ACCOUNT`.
struct KernelKey {
    ring: KeyRing,
    description: String,
    specifiers: (String, String),
}

impl KernelKey {
    fn find(&self) -> std::result::Result<Key, KeyError> {
        self.ring.search(&self.description)
    }
}

impl CredentialApi for KernelKey {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let room = self.ring.add_key(&format!("{}:room", self.specifiers.0), &ROOM).map_err(broken)?;
        let written = self.ring.add_key(&self.description, secret).map(drop).map_err(broken);
        // Another process may have given the room back.
        let _ = give_back(self.ring, room);
        written
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        self.find().and_then(|key| key.read_to_vec()).map_err(broken)
    }

    fn delete_credential(&self) -> Result<()> {
        self.find().and_then(|key| give_back(self.ring, key)).map_err(broken)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        self.find().map(|_| None).map_err(broken)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some(self.specifiers.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The kernel takes its time to free a key that nobody links to, and counts it until then: it is emptied first.
fn give_back(ring: KeyRing, key: Key) -> std::result::Result<(), KeyError> {
    let _ = key.update(b"-");
    ring.unlink_key(key)
}

fn broken(error: KeyError) -> Error {
    match error {
        KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked | KeyError::MissingFileOrDirectory => {
            Error::NoEntry
        }
        KeyError::QuotaExceeded => failure(Full("the quota of this user is used up (/proc/sys/kernel/keys)")),
        KeyError::Unknown(38) | KeyError::OperationNotSupported => failure("this kernel has no keyrings"),
        KeyError::PermissionDenied | KeyError::AccessDenied => {
            failure("access is denied (a container's filter does that)")
        }
        other => failure(other.to_string()),
    }
}
