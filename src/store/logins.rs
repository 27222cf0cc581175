//! The logins that were made here (`STATE/logins/LOGIN.json`): which keyrings hold the secret, and what the server was
//! trusted by. A prompt sends a secret only for a login that stands here.

use super::folder::Folder;
use super::keyring::Backend;
use super::{lock, names};
use crate::error::Error;
use crate::identity::{LoginKey, TlsPolicy};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long another process is waited for: it writes one small file.
const LOCK: Duration = Duration::from_secs(5);

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct LoginNote {
    version: u32,
    #[serde(default)]
    backends: Vec<String>,
    /// None: the login was not made, or was ended by `logout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trust: Option<TlsPolicy>,
}

fn place(state: &Folder, login: &LoginKey) -> (Folder, String) {
    (state.inner(names::LOGINS), names::login_note(login))
}

/// A damaged note is none: the login has to be made again.
fn read(state: &Folder, login: &LoginKey) -> Result<LoginNote, Error> {
    let (folder, name) = place(state, login);
    let read = folder.read(&name)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(read.unwrap_or_default())
}

fn change(state: &Folder, login: &LoginKey, change: impl FnOnce(&mut LoginNote)) -> Result<(), Error> {
    let (folder, name) = place(state, login);
    let _guard = lock::lock(&folder, &names::login_note_lock(login), LOCK)?;
    let before = read(state, login)?;
    let mut after = before.clone();
    change(&mut after);
    if after == before {
        return Ok(());
    }
    if after.backends.is_empty() && after.trust.is_none() {
        return folder.remove(&name);
    }
    after.version = 1;
    let text =
        serde_json::to_vec(&after).map_err(|error| Error::Io { what: "login", error: std::io::Error::other(error) })?;
    folder.write(&name, &text)
}

/// The keyrings that hold the secret of `login`; none if that is not known.
///
/// # Errors
/// [`Error::State`] if the file cannot be read.
pub fn backends(state: &Folder, login: &LoginKey) -> Result<Vec<Backend>, Error> {
    Ok(read(state, login)?.backends.iter().filter_map(|name| Backend::named(name)).collect())
}

/// What the server was trusted by when the login was made; `None` if it was not made.
///
/// # Errors
/// [`Error::State`] if the file cannot be read.
pub fn trust(state: &Folder, login: &LoginKey) -> Result<Option<TlsPolicy>, Error> {
    Ok(read(state, login)?.trust)
}

/// Notes that a person made `login` by `ostoken login`: `backend` holds its secret.
///
/// # Errors
/// [`Error::State`] if the file cannot be written.
pub fn made(state: &Folder, login: &LoginKey, backend: Backend, trust: &TlsPolicy) -> Result<(), Error> {
    change(state, login, |note| {
        note.backends.retain(|known| known != backend.name());
        note.backends.push(backend.name().to_owned());
        note.trust = Some(trust.clone());
    })
}

/// Notes that a command which a person ran used `login`, unless it stands there already, trusted by whatever.
///
/// # Errors
/// [`Error::State`] if the file cannot be written.
pub fn used(state: &Folder, login: &LoginKey, trust_now: &TlsPolicy) -> Result<(), Error> {
    if trust(state, login)?.is_some() {
        return Ok(());
    }
    change(state, login, |note| {
        note.trust.get_or_insert_with(|| trust_now.clone());
    })
}

/// Notes that `login` was ended: `backend` does not hold its secret any longer.
///
/// # Errors
/// [`Error::State`] if the file cannot be written.
pub fn ended(state: &Folder, login: &LoginKey, backend: Backend) -> Result<(), Error> {
    change(state, login, |note| {
        note.backends.retain(|known| known != backend.name());
        note.trust = None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::identity;

    fn state() -> (tempfile::TempDir, Folder, LoginKey) {
        let home = tempfile::tempdir().expect("a folder");
        let state = Folder::open(home.path().join("state")).expect("usable");
        (home, state, identity("p").login.key())
    }

    fn insecure() -> TlsPolicy {
        TlsPolicy { insecure: true, ..TlsPolicy::default() }
    }

    #[test]
    fn a_login_remembers_each_keyring_once() {
        let (_home, state, login) = state();
        assert_eq!(backends(&state, &login).expect("readable"), []);
        for backend in [Backend::Keyutils, Backend::SecretService, Backend::Keyutils] {
            made(&state, &login, backend, &TlsPolicy::default()).expect("written");
        }
        assert_eq!(backends(&state, &login).expect("readable"), [Backend::SecretService, Backend::Keyutils]);
        ended(&state, &login, Backend::SecretService).expect("written");
        assert_eq!(backends(&state, &login).expect("readable"), [Backend::Keyutils]);
        ended(&state, &login, Backend::Keyutils).expect("written");
        assert_eq!(backends(&state, &login).expect("readable"), []);
    }

    #[test]
    fn a_command_notes_a_login_and_only_login_changes_what_it_trusts() {
        let (_home, state, login) = state();
        assert_eq!(trust(&state, &login).expect("readable"), None);
        used(&state, &login, &TlsPolicy::default()).expect("written");
        used(&state, &login, &insecure()).expect("left alone");
        assert_eq!(trust(&state, &login).expect("readable"), Some(TlsPolicy::default()));
        made(&state, &login, Backend::File, &insecure()).expect("written");
        assert_eq!(trust(&state, &login).expect("readable"), Some(insecure()));
        ended(&state, &login, Backend::Keyutils).expect("written");
        assert_eq!(trust(&state, &login).expect("readable"), None);
        assert_eq!(backends(&state, &login).expect("readable"), [Backend::File]);
    }

    #[test]
    fn a_damaged_note_is_no_login() {
        let (_home, state, login) = state();
        made(&state, &login, Backend::File, &TlsPolicy::default()).expect("written");
        let (folder, name) = place(&state, &login);
        for damage in [&b"{"[..], b"[]", b"{\"version\":1}", b"{\"version\":1,\"trust\":7}"] {
            folder.write(&name, damage).expect("damaged");
            assert_eq!(trust(&state, &login).expect("readable"), None);
        }
    }
}
