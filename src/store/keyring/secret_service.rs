//! freedesktop.org's Secret Service: gnome-keyring, KWallet, KeePassXC.
//!
//! Entries carry the attributes `service` and `username`, as Python's keyring and `secret-tool` have them. The session
//! is encrypted, so that nothing on the bus sees a secret in clear text. libdbus has no time limit for connecting and a
//! long one for calls: a thread has the connection, and one that does not answer is left to end with the process.

use super::failure;
use crate::error::escaped;
use dbus_secret_service::{EncryptionType, Error as ServiceError, Item, SecretService as Service};
use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, Entry, Error, Result};
use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use zeroize::Zeroizing;

/// How long a person has to answer the window in which they unlock their keyring, in seconds.
const UNLOCK_SECONDS: u64 = 60;

type Answer<T> = std::result::Result<T, ServiceError>;
type Job = Box<dyn FnOnce(&Service) + Send>;

/// The default collection of the Secret Service on the session bus.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    patience: Duration,
    is_hung: Arc<AtomicBool>,
}

impl Store {
    /// Connects. A service that takes longer than `limit` counts as absent, one that takes longer than `patience` for a
    /// later question as hung: it is not asked again. Only with `unlock` is a window shown, for a locked collection.
    ///
    /// # Errors
    /// There is no such service, it does not answer in time, or it stays locked.
    pub fn open(limit: Duration, patience: Duration, unlock: bool) -> Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (sender, receiver) = mpsc::channel();
        let prompt = if unlock { UNLOCK_SECONDS } else { 0 };
        std::thread::spawn(move || match Service::connect_with_max_prompt_timeout(EncryptionType::Dh, prompt) {
            Ok(service) => {
                let _ = sender.send(service.get_default_collection().and_then(|collection| collection.is_locked()));
                queue.into_iter().for_each(|job| job(&service));
            }
            Err(error) => drop(sender.send(Err(error))),
        });
        let is_locked = receiver.recv_timeout(limit).map_err(|_| no_answer(limit))?.map_err(broken)?;
        let store = Store { jobs, patience, is_hung: Arc::default() };
        match (is_locked, unlock) {
            (true, false) => Err(broken(ServiceError::Locked)),
            (true, true) => {
                let waiting = Store { patience: Duration::from_secs(UNLOCK_SECONDS + 5), ..store.clone() };
                waiting.ask(|service| service.get_default_collection()?.unlock())?;
                Ok(store)
            }
            (false, _) => Ok(store),
        }
    }

    fn ask<T: Send + 'static>(&self, work: impl FnOnce(&Service) -> Answer<T> + Send + 'static) -> Result<T> {
        if self.is_hung.load(Ordering::Relaxed) {
            return Err(no_answer(self.patience));
        }
        let (sender, receiver) = mpsc::channel();
        let _ = self.jobs.send(Box::new(move |service| drop(sender.send(work(service)))));
        receiver
            .recv_timeout(self.patience)
            .map_err(|_| {
                self.is_hung.store(true, Ordering::Relaxed);
                no_answer(self.patience)
            })?
            .map_err(broken)
    }
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        "ostoken: Secret Service without windows".into()
    }

    fn id(&self) -> String {
        "session bus".into()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let specifiers = (service.to_owned(), user.to_owned());
        Ok(Entry::new_with_credential(Arc::new(Account { store: self.clone(), specifiers })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One entry, which may be several items: another program may have added one with more attributes.
struct Account {
    store: Store,
    specifiers: (String, String),
}

fn attributes((service, user): &(String, String)) -> HashMap<&str, &str> {
    HashMap::from([("service", service.as_str()), ("username", user)])
}

fn items<'a>(service: &'a Service, specifiers: &(String, String)) -> Answer<Vec<Item<'a>>> {
    let found = service.search_items(attributes(specifiers))?;
    match found.unlocked.is_empty() && !found.locked.is_empty() {
        true => Err(ServiceError::Locked),
        false => Ok(found.unlocked),
    }
}

impl CredentialApi for Account {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        let (specifiers, secret) = (self.specifiers.clone(), Zeroizing::new(secret.to_vec()));
        self.store.ask(move |service| {
            let label = format!("{}: {}", specifiers.0, specifiers.1.split(':').next().unwrap_or_default());
            let collection = service.get_default_collection()?;
            collection.create_item(&label, attributes(&specifiers), &secret, true, "text/plain").map(drop)
        })
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let specifiers = self.specifiers.clone();
        let found =
            self.store.ask(move |service| match items(service, &specifiers)?.first().map(Item::get_secret) {
                // Another process deleted it between the search and now.
                None | Some(Err(ServiceError::NoResult)) => Ok(None),
                Some(secret) => secret.map(Some),
            })?;
        found.ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> Result<()> {
        let specifiers = self.specifiers.clone();
        let deleted = self.store.ask(move |service| {
            let items = items(service, &specifiers)?;
            items.iter().try_for_each(Item::delete)?;
            Ok(items.len())
        })?;
        if deleted == 0 { Err(Error::NoEntry) } else { Ok(()) }
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

fn no_answer(limit: Duration) -> Error {
    failure(format!("no answer within {} s", limit.as_secs()))
}

fn broken(error: ServiceError) -> Error {
    failure(match error {
        ServiceError::Locked => "the keyring is locked".into(),
        ServiceError::NoResult => "it has no default keyring".into(),
        ServiceError::Prompt => "the keyring was not unlocked".into(),
        ServiceError::Unavailable => "none on this session bus".into(),
        ServiceError::Dbus(error) if error.name().is_some_and(|name| name.ends_with(".Error.NoReply")) => {
            "no answer".into()
        }
        ServiceError::Dbus(error) => escaped(error.message().or(error.name()).unwrap_or("no reason given"), 200),
        other => escaped(&other.to_string(), 200),
    })
}
