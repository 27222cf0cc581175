//! freedesktop.org's Secret Service: gnome-keyring, KWallet, KeePassXC.
//!
//! Entries carry the attributes `service` and `username`, as Python's keyring and `secret-tool` have them. The session
//! is encrypted, so that nothing on the bus sees a secret in clear text.

use super::{Backend, Keyring};
use crate::error::Error;
use crate::secret::Secret;
use dbus_secret_service::{Collection, EncryptionType, Error as ServiceError, Item, SecretService as Service};
use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Duration;

/// How long a person has to answer the window in which they unlock their keyring, in seconds.
const UNLOCK_SECONDS: u64 = 60;

/// The default collection of the Secret Service on the session bus.
pub struct SecretService {
    service: Service,
    name: String,
}

impl SecretService {
    /// Connects, for entries of `name`. A service that takes longer than `limit` counts as absent. Where the
    /// collection is locked, `unlock` lets its window be shown.
    ///
    /// # Errors
    /// [`Error::NoKeyring`] where there is no such service, it does not answer in time, or it stays locked.
    pub fn open(name: &str, limit: Duration, unlock: bool) -> Result<Self, Error> {
        // libdbus has no time limit for connecting: a bus that hangs is left to a thread that ends with the process.
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let opened = Service::connect_with_max_prompt_timeout(EncryptionType::Dh, UNLOCK_SECONDS)
                .and_then(|service| Ok((service.get_default_collection()?.is_locked()?, service)));
            let _ = sender.send(opened);
        });
        let (locked, service) = receiver
            .recv_timeout(limit)
            .map_err(|_| Error::NoKeyring(format!("Secret Service: no answer within {} s", limit.as_secs())))?
            .map_err(broken)?;
        let opened = SecretService { service, name: name.into() };
        if locked && !unlock {
            return Err(broken(ServiceError::Locked));
        }
        if locked {
            opened.collection()?.unlock().map_err(broken)?;
        }
        Ok(opened)
    }

    fn collection(&self) -> Result<Collection<'_>, Error> {
        self.service.get_default_collection().map_err(broken)
    }

    fn attributes<'a>(&'a self, account: &'a str) -> HashMap<&'a str, &'a str> {
        HashMap::from([("service", self.name.as_str()), ("username", account)])
    }

    /// Every item of the account: another program may have added one with more attributes.
    fn items<'a>(&'a self, account: &str) -> Result<Vec<Item<'a>>, Error> {
        let found = self.service.search_items(self.attributes(account)).map_err(broken)?;
        if found.unlocked.is_empty() && !found.locked.is_empty() {
            return Err(broken(ServiceError::Locked));
        }
        Ok(found.unlocked)
    }
}

impl Keyring for SecretService {
    fn backend(&self) -> Backend {
        Backend::SecretService
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, Error> {
        let items = self.items(account)?;
        let Some(item) = items.first() else { return Ok(None) };
        let bytes = match item.get_secret() {
            Ok(bytes) => bytes,
            // Another process deleted it between the search and now.
            Err(ServiceError::NoResult) => return Ok(None),
            Err(error) => return Err(broken(error)),
        };
        let text =
            String::from_utf8(bytes).map_err(|_| Error::NoKeyring("Secret Service: an entry is no text".into()))?;
        Ok(Some(Secret::from(text)))
    }

    fn set(&self, account: &str, value: &Secret) -> Result<(), Error> {
        let label = format!("{}: {}", self.name, account.split(':').next().unwrap_or(account));
        self.collection()?
            .create_item(&label, self.attributes(account), value.expose().as_bytes(), true, "text/plain")
            .map(drop)
            .map_err(broken)
    }

    fn delete(&self, account: &str) -> Result<(), Error> {
        for item in self.items(account)? {
            item.delete().map_err(broken)?;
        }
        Ok(())
    }
}

fn broken(error: ServiceError) -> Error {
    Error::NoKeyring(match error {
        ServiceError::Locked => "Secret Service: the keyring is locked".into(),
        ServiceError::NoResult => "Secret Service: it has no default keyring".into(),
        ServiceError::Prompt => "Secret Service: the keyring was not unlocked".into(),
        ServiceError::Unavailable => "Secret Service: none on this session bus".into(),
        ServiceError::Dbus(error) if error.name().is_some_and(|name| name.ends_with(".Error.NoReply")) => {
            "Secret Service: no answer".into()
        }
        ServiceError::Dbus(error) => {
            let words = error.message().or(error.name()).unwrap_or("no reason given");
            format!("Secret Service: {}", crate::error::escaped(words, 200))
        }
        other => format!("Secret Service: {}", crate::error::escaped(&other.to_string(), 200)),
    })
}
