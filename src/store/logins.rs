//! Which keyrings hold the secret of a login (`STATE/logins/LOGIN.json`).

use super::folder::Folder;
use super::keyring::Backend;
use crate::error::Error;
use crate::identity::LoginKey;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Remembered {
    version: u32,
    backends: Vec<String>,
}

fn place(state: &Folder, login: &LoginKey) -> (Folder, String) {
    (state.inner("logins"), format!("{}.json", login.as_str()))
}

/// The keyrings that hold the secret of `login`; none where that is not known.
///
/// # Errors
/// [`Error::State`] where the file cannot be read.
pub fn backends(state: &Folder, login: &LoginKey) -> Result<Vec<Backend>, Error> {
    let (folder, name) = place(state, login);
    let read = folder.read(&name)?.and_then(|bytes| serde_json::from_slice::<Remembered>(&bytes).ok());
    Ok(read.unwrap_or_default().backends.iter().filter_map(|name| Backend::named(name)).collect())
}

/// Notes that `backend` holds the secret of `login` (`kept`), or does no longer.
///
/// # Errors
/// [`Error::State`] where the file cannot be written.
pub fn note(state: &Folder, login: &LoginKey, backend: Backend, kept: bool) -> Result<(), Error> {
    let before = backends(state, login)?;
    let mut after: Vec<Backend> = before.iter().copied().filter(|known| *known != backend).collect();
    if kept {
        after.push(backend);
    }
    let (folder, name) = place(state, login);
    if after.is_empty() {
        return folder.remove(&name);
    }
    let names = after.iter().map(|backend| backend.name().to_owned()).collect();
    let text = serde_json::to_vec(&Remembered { version: 1, backends: names })
        .map_err(|error| Error::Io { what: "login", error: std::io::Error::other(error) })?;
    folder.write(&name, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::identity;

    #[test]
    fn a_login_remembers_each_keyring_once() {
        let home = tempfile::tempdir().expect("a folder");
        let state = Folder::open(home.path().join("state")).expect("usable");
        let login = identity("p").login.key();
        assert_eq!(backends(&state, &login).expect("readable"), []);
        for backend in [Backend::Keyutils, Backend::SecretService, Backend::Keyutils] {
            note(&state, &login, backend, true).expect("written");
        }
        assert_eq!(backends(&state, &login).expect("readable"), [Backend::SecretService, Backend::Keyutils]);
        note(&state, &login, Backend::SecretService, false).expect("written");
        note(&state, &login, Backend::Keyutils, false).expect("written");
        assert_eq!(backends(&state, &login).expect("readable"), []);
    }
}
