//! Which keyring is used, and why that one.

use super::file::FileKeyring;
use super::{Backend, Keyring};
use crate::error::{Error, escaped};
use crate::store::folder::Folder;
use std::time::Duration;

/// A Secret Service that takes longer than this counts as absent, where nothing says that it is the one.
#[cfg(target_os = "linux")]
const PROBE: Duration = Duration::from_secs(1);

/// What is known before a keyring is opened.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// OSTOKEN_KEYRING, where it is set.
    pub setting: Option<&'a str>,
    /// The backends that hold this login's secret.
    pub remembered: &'a [Backend],
    /// The environment or the OpenRC file holds the secret: no keyring is needed for it.
    pub secret_is_given: bool,
    /// The name under which entries are kept.
    pub service: &'a str,
    /// Whether a session bus can be found without starting one.
    pub has_bus: bool,
    /// How long a keyring that was named or holds the secret is waited for.
    pub patience: Duration,
    /// Whether a locked keyring may show the window that unlocks it.
    pub unlock: bool,
    /// The state folder.
    pub state: &'a Folder,
}

/// An open keyring.
pub struct Choice {
    /// The keyring.
    pub keyring: Box<dyn Keyring>,
    /// Why it is this one, for `ostoken status`.
    pub why: String,
}

/// Opens the keyring that OSTOKEN_KEYRING names; else the one that holds this login's secret; else the desktop's
/// Secret Service where it answers within a second and is unlocked; else the kernel's.
///
/// # Errors
/// [`Error::NoKeyring`] where none can be used, or the one that holds the secret does not answer: another one is not
/// quietly tried. [`Error::Usage`] for an unknown name.
pub fn choose(wish: Wish) -> Result<Choice, Error> {
    if let Some(name) = wish.setting.filter(|name| *name != "auto") {
        let backend = Backend::named(name)
            .ok_or_else(|| Error::usage("OSTOKEN_KEYRING", format!("`{}` is no keyring", escaped(name, 80))))?;
        return open(&wish, backend, "OSTOKEN_KEYRING names it".into());
    }
    let kept = |backend| open(&wish, backend, "it holds this login's secret".into());
    match wish.remembered {
        [] => natural(&wish),
        [one] if wish.secret_is_given => kept(*one).or_else(|_| natural(&wish)),
        [one] => kept(*one).map_err(|error| lost(*one, &error)),
        several => match natural(&wish) {
            Ok(choice) if wish.secret_is_given || several.contains(&choice.keyring.backend()) => Ok(choice),
            _ => several
                .iter()
                .find_map(|backend| kept(*backend).ok())
                .ok_or_else(|| Error::NoKeyring("none of those that hold this login's secret answers".into())),
        },
    }
}

fn lost(backend: Backend, error: &Error) -> Error {
    Error::NoKeyring(format!("this login's secret is in {}: {error}", backend.name()))
}

fn open(wish: &Wish, backend: Backend, why: String) -> Result<Choice, Error> {
    let keyring: Box<dyn Keyring> = match backend {
        Backend::File => Box::new(FileKeyring::new(wish.state.inner("file").inner("secrets"), wish.service)),
        #[cfg(target_os = "linux")]
        Backend::Keyutils => Box::new(super::keyutils::Keyutils::open(wish.service)?),
        #[cfg(target_os = "linux")]
        Backend::SecretService if !wish.has_bus => {
            return Err(Error::NoKeyring("Secret Service: there is no session bus".into()));
        }
        #[cfg(target_os = "linux")]
        Backend::SecretService => {
            Box::new(super::secret_service::SecretService::open(wish.service, wish.patience, wish.unlock)?)
        }
        #[cfg(windows)]
        Backend::CredentialManager => {
            let native = super::native::Native::open(wish.service)?;
            Box::new(super::split::Split::new(native, super::native::LONGEST_ENTRY))
        }
        #[cfg(target_os = "macos")]
        Backend::Keychain => Box::new(super::native::Native::open(wish.service)?),
        other => return Err(Error::NoKeyring(format!("{} is not on this system", other.name()))),
    };
    Ok(Choice { keyring, why })
}

#[cfg(target_os = "linux")]
fn natural(wish: &Wish) -> Result<Choice, Error> {
    let probe = Wish { patience: PROBE, ..*wish };
    let desktop = open(&probe, Backend::SecretService, "the desktop's Secret Service answers and is unlocked".into());
    let Err(absent) = desktop else { return desktop };
    let absent = absent.to_string();
    let absent = absent.strip_prefix("no usable keyring: ").unwrap_or(&absent);
    open(wish, Backend::Keyutils, absent.to_owned()).map_err(|kernel| {
        let kernel = kernel.to_string();
        Error::NoKeyring(format!("{absent}; {}", kernel.strip_prefix("no usable keyring: ").unwrap_or(&kernel)))
    })
}

#[cfg(windows)]
fn natural(wish: &Wish) -> Result<Choice, Error> {
    open(wish, Backend::CredentialManager, "it is the system's own".into())
}

#[cfg(target_os = "macos")]
fn natural(wish: &Wish) -> Result<Choice, Error> {
    open(wish, Backend::Keychain, "it is the system's own".into())
}

#[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
fn natural(_: &Wish) -> Result<Choice, Error> {
    Err(Error::NoKeyring("this system has none that ostoken knows".into()))
}
