//! Which keyring is used, and why that one.

use super::{Backend, Keyring};
#[cfg(target_os = "linux")]
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, escaped};
use crate::store::folder::Folder;
use keyring_core::{CredentialStore, Result as StoreResult};
use std::sync::Arc;
use std::time::Duration;

/// A Secret Service that takes longer than this counts as absent, where nothing says that it is the one.
#[cfg(target_os = "linux")]
const PROBE: Duration = Duration::from_secs(1);

/// What is known before a keyring is opened.
#[derive(Clone, Copy)]
pub struct KeyringRequest<'a> {
    /// OSTOKEN_KEYRING, where it is set.
    pub setting: Option<&'a str>,
    /// The backends that hold this login's secret.
    pub remembered: &'a [Backend],
    /// The environment or the OpenRC file holds the secret: no keyring is needed for it.
    pub secret_is_given: bool,
    /// The name under which entries are kept.
    pub service: &'a str,
    /// Whether a session bus can be found without starting one; else why not.
    pub bus: Result<(), &'static str>,
    /// How long a keyring that was named or holds the secret is waited for.
    pub patience: Duration,
    /// Whether a locked keyring may show the window that unlocks it.
    pub unlock: bool,
    /// The state folder.
    pub state: &'a Folder,
}

/// An open keyring.
pub struct Selected {
    /// The keyring.
    pub keyring: Keyring,
    /// Why it is this one, for `ostoken status`.
    pub why: String,
}

/// Opens the keyring that OSTOKEN_KEYRING names; else the one that holds this login's secret; else the desktop's
/// Secret Service where it answers within a second and is unlocked; else the kernel's.
///
/// # Errors
/// [`Error::NoKeyring`] where none can be used, or the one that holds the secret does not answer: another one is not
/// quietly tried. [`Error::Usage`] for an unknown name.
pub fn select(request: KeyringRequest) -> Result<Selected, Error> {
    if let Some(name) = request.setting.filter(|name| *name != "auto") {
        let backend = Backend::named(name)
            .ok_or_else(|| Error::variable("OSTOKEN_KEYRING", format!("`{}` is not a keyring", escaped(name, 80))))?;
        return open(&request, backend, request.patience, "OSTOKEN_KEYRING names it".into());
    }
    let kept = |backend| open(&request, backend, request.patience, "it holds this login's secret".into());
    match request.remembered {
        [] => natural(&request, None),
        [one] => match kept(*one) {
            Err(error) if request.secret_is_given => natural(&request, Some((*one, error))),
            other => other.map_err(|error| lost(*one, error)),
        },
        several => match natural(&request, None) {
            Ok(selected) if request.secret_is_given || several.contains(&selected.keyring.backend()) => Ok(selected),
            // The desktop's, where it answers, would have been the natural one.
            _ => several
                .iter()
                .filter(|backend| **backend != Backend::SecretService)
                .find_map(|backend| kept(*backend).ok())
                .ok_or_else(|| Error::NoKeyring("none of the keyrings that hold this login's secret responds".into())),
        },
    }
}

fn lost(backend: Backend, error: Error) -> Error {
    Error::NoKeyring(format!("this login's secret is in {}: {}", backend.name(), plain(error)))
}

/// What is wrong with a keyring.
fn plain(error: Error) -> String {
    match error {
        Error::NoKeyring(why) => why,
        other => other.to_string(),
    }
}

/// Opens this one, which counts as absent if it takes longer than `limit`.
fn open(request: &KeyringRequest, backend: Backend, limit: Duration, why: String) -> Result<Selected, Error> {
    let store = store(request, backend, limit).map_err(|error| Keyring::failed(backend, error))?;
    Ok(Selected { keyring: Keyring::new(backend, store, request.service), why })
}

#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only a Secret Service lets one wait"))]
fn store(request: &KeyringRequest, backend: Backend, limit: Duration) -> StoreResult<Arc<CredentialStore>> {
    Ok(match backend {
        Backend::File => Arc::new(super::file::Store::new(request.state.inner("file").inner("secrets"))),
        #[cfg(target_os = "linux")]
        Backend::Keyutils => {
            let records = request.state.inner(backend.name());
            super::evict::Evicting::new(Arc::new(super::keyutils::Store::open()?), records, || SystemClock.now())
        }
        #[cfg(target_os = "linux")]
        Backend::SecretService => {
            request.bus.map_err(super::failure)?;
            Arc::new(super::secret_service::Store::open(limit, request.patience, request.unlock)?)
        }
        #[cfg(windows)]
        Backend::CredentialManager => {
            super::split::Split::new(super::native::Store::open()?, super::native::LONGEST_ENTRY)
        }
        #[cfg(target_os = "macos")]
        Backend::Keychain => super::native::Store::open()?,
        _ => return Err(super::failure("not available on this system")),
    })
}

/// The keyring that a login gets by itself. A Secret Service that `failed` is not asked again: a prompt has no time.
#[cfg(target_os = "linux")]
fn natural(request: &KeyringRequest, failed: Option<(Backend, Error)>) -> Result<Selected, Error> {
    let why = "the desktop's Secret Service, unlocked";
    let desktop = match failed {
        Some((Backend::SecretService, error)) => Err(error),
        _ => open(request, Backend::SecretService, PROBE, why.into()),
    };
    let Err(absent) = desktop else { return desktop };
    let absent = plain(absent);
    open(request, Backend::Keyutils, request.patience, absent.clone())
        .map_err(|kernel| Error::NoKeyring(format!("{absent}; {}", plain(kernel))))
}

#[cfg(windows)]
fn natural(request: &KeyringRequest, _: Option<(Backend, Error)>) -> Result<Selected, Error> {
    open(request, Backend::CredentialManager, request.patience, "it is the system's own".into())
}

#[cfg(target_os = "macos")]
fn natural(request: &KeyringRequest, _: Option<(Backend, Error)>) -> Result<Selected, Error> {
    open(request, Backend::Keychain, request.patience, "it is the system's own".into())
}

#[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
fn natural(_: &KeyringRequest, _: Option<(Backend, Error)>) -> Result<Selected, Error> {
    Err(Error::NoKeyring("ostoken supports none on this system".into()))
}
