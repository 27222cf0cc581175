//! The secret of a login: where it comes from, where it may go, and whether Keystone refused it before.

use crate::error::{Error, escaped};
use crate::identity::{Login, Source, TlsPolicy};
use crate::memory::Asker;
use crate::secret::Secret;
use crate::store::Store;
use crate::store::entries::{Digests, StoredSecret, refused_account, secret_account};
use crate::store::folder::Folder;
use crate::store::logins;

/// The secret to send: the one of the environment or OpenRC file, else the keyring's.
///
/// A prompt runs in any folder, whose .envrc may set any variable: so it sends an environment's secret only for a login
/// that this user made, to a server that is trusted as it was then.
///
/// # Errors
/// [`Error::NoSecret`]; [`Error::OtherHost`] if the login was not made, the secret belongs to another auth URL, or its
/// server is trusted in another way; [`Error::NoKeyring`]; [`Error::State`].
pub fn secret(store: &Store, state: &Folder, source: &Source, asker: Asker) -> Result<Secret, Error> {
    let login = &source.identity.login;
    if let Some(given) = &source.secret {
        if asker == Asker::Hook {
            let Some(trust) = logins::trust(state, &login.key())? else { return Err(not_made(login)) };
            check_trust("secret", &trust, &source.tls_policy)?;
        }
        return Ok(given.clone());
    }
    let Some(stored) = stored(store, login)? else { return Err(Error::NoSecret(login.describe())) };
    if stored.auth_url != login.auth_url.as_str() {
        return Err(Error::OtherHost(format!("secret not sent: it was kept for {}", escaped(&stored.auth_url, 200))));
    }
    check_trust("secret", &stored.tls_policy, &source.tls_policy)?;
    Ok(stored.secret())
}

fn not_made(login: &Login) -> Error {
    Error::OtherHost(format!(
        "secret not sent: nobody logged in as {} on this machine",
        escaped(&login.describe(), 300)
    ))
}

/// Refuses to send `what` to a server that is not trusted as it was `before`.
///
/// # Errors
/// [`Error::OtherHost`].
pub fn check_trust(what: &str, before: &TlsPolicy, now: &TlsPolicy) -> Result<(), Error> {
    match before == now {
        true => Ok(()),
        false => Err(Error::OtherHost(format!(
            "{what} not sent: at the login its server was {}, now it is {}",
            before.describe(),
            now.describe()
        ))),
    }
}

/// What the keyring holds for the login.
///
/// # Errors
/// [`Error::NoKeyring`].
pub fn stored(store: &Store, login: &Login) -> Result<Option<StoredSecret>, Error> {
    store.entry(&secret_account(&login.key()))
}

/// Keeps `secret` as the login's own.
///
/// # Errors
/// [`Error::NoKeyring`].
pub fn keep(store: &Store, login: &Login, secret: &Secret, tls_policy: &TlsPolicy) -> Result<(), Error> {
    store.set_entry(&secret_account(&login.key()), &StoredSecret::new(secret, login.auth_url.as_str(), tls_policy))
}

/// Forgets the login's secret, and which ones were refused.
///
/// # Errors
/// [`Error::NoKeyring`].
pub fn forget(store: &Store, login: &Login) -> Result<(), Error> {
    store.delete_entry(&secret_account(&login.key()))?;
    store.delete_entry(&refused_account(&login.key()))
}

/// Refuses a secret that Keystone refused before, in whatever scope: Keystone locks out who sends a wrong one again.
///
/// # Errors
/// [`Error::RefusedBefore`]; [`Error::NoKeyring`].
pub fn check_refusal(store: &Store, login: &Login, secret: &Secret) -> Result<(), Error> {
    let refused: Option<Digests> = store.entry(&refused_account(&login.key()))?;
    match refused.as_ref().and_then(|refused| refused.get(secret)) {
        Some(notes) => Err(Error::RefusedBefore(notes.concat())),
        None => Ok(()),
    }
}

/// Remembers why Keystone `refused` the secret, or (`None`) that a person wants it sent again.
///
/// # Errors
/// [`Error::NoKeyring`].
pub fn note_refusal(store: &Store, login: &Login, secret: &Secret, refused: Option<&str>) -> Result<(), Error> {
    let account = refused_account(&login.key());
    let known: Option<Digests> = store.entry(&account)?;
    let mut digests = match (known, refused) {
        (None, None) => return Ok(()),
        (None, Some(_)) => Digests::new()?,
        (Some(known), _) => known,
    };
    digests.remove(secret);
    if let Some(message) = refused {
        digests.add(secret, message);
    }
    store.set_entry(&account, &digests)
}
