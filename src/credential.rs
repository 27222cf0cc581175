//! The secret of a login: where it comes from, where it may go, and whether Keystone refused it before.

use crate::error::{Error, escaped};
use crate::identity::{Identity, IdentitySource, Login, TlsPolicy};
use crate::login_history::Caller;
use crate::secret::Secret;
use crate::store::Store;
use crate::store::entries::{Digests, StoredSecret};
use crate::store::folder::Folder;
use crate::store::logins;
use crate::store::names::{refused_account, secret_account};

/// The secret to send: the one of the environment or OpenRC file, else the keyring's.
///
/// A prompt runs in any folder, whose .envrc may set any variable: so it sends an environment's secret only for a login
/// that this user made, to a server that is trusted as it was then.
///
/// # Errors
/// [`Error::NoSecret`]; [`Error::OtherHost`] if the login was not made, the secret belongs to another auth URL, or its
/// server is trusted in another way; [`Error::NoKeyring`]; [`Error::State`].
pub fn secret(store: &Store, state: &Folder, source: &IdentitySource, caller: Caller) -> Result<Secret, Error> {
    let login = &source.identity.login;
    if let Some(given) = &source.secret {
        if caller == Caller::Prompt {
            let Some(trust) = logins::trust(state, &login.key())? else { return Err(not_made(login)) };
            check_trust(login.secret_name(), &trust, &source.tls_policy)?;
        }
        return Ok(given.clone());
    }
    let Some(stored) = stored(store, login)? else { return Err(login.no_secret()) };
    if stored.auth_url != login.auth_url.as_str() {
        return Err(Error::OtherHost(format!(
            "{} not sent: it was saved for {}",
            login.secret_name(),
            escaped(&stored.auth_url, 200)
        )));
    }
    check_trust(login.secret_name(), &stored.tls_policy, &source.tls_policy)?;
    Ok(stored.secret())
}

fn not_made(login: &Login) -> Error {
    Error::OtherHost(format!(
        "{} not sent: you have not logged in as {} on this machine",
        login.secret_name(),
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
            "{what} not sent: when you logged in the server was {}, now it is {}",
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

/// Refuses a secret that Keystone refused before, in whatever scope or in this one: Keystone locks out who sends a wrong one
/// again.
///
/// # Errors
/// [`Error::RefusedBefore`]; [`Error::NoKeyring`].
pub fn check_refusal(store: &Store, identity: &Identity, secret: &Secret) -> Result<(), Error> {
    let refused: Option<Digests> = store.entry(&refused_account(&identity.login.key()))?;
    let Some(refused) = refused else { return Ok(()) };
    match refused.get(secret).or_else(|| refused.get(&in_scope(secret, identity))) {
        Some(notes) => Err(Error::RefusedBefore { secret: identity.login.secret_name(), message: notes.concat() }),
        None => Ok(()),
    }
}

/// Whether Keystone's last answer to the secret was a token.
///
/// # Errors
/// [`Error::NoKeyring`].
pub fn is_accepted(store: &Store, identity: &Identity, secret: &Secret) -> Result<bool, Error> {
    let known: Option<Digests> = store.entry(&refused_account(&identity.login.key()))?;
    Ok(known.is_some_and(|known| known.scopes(secret).is_some()))
}

/// Remembers that Keystone accepted the secret.
///
/// # Errors
/// [`Error::NoKeyring`].
pub fn note_acceptance(store: &Store, identity: &Identity, secret: &Secret) -> Result<(), Error> {
    let scope = scope_of(identity);
    change(store, identity, true, |known| {
        let is_known = known.scopes(secret).is_some_and(|scopes| scopes.contains(&scope));
        if !is_known {
            known.accept(secret, &scope);
        }
        !is_known
    })
}

/// Remembers why Keystone refused the secret. Keystone answers 401 to a project that is not there, too: for a secret that
/// it accepted just before, and never in this scope, the refusal is of the scope. The next one is sent alone; if that is
/// refused, so is the secret.
///
/// # Errors
/// [`Error::NoKeyring`].
pub fn note_refusal(store: &Store, identity: &Identity, secret: &Secret, message: &str) -> Result<(), Error> {
    let scope = scope_of(identity);
    change(store, identity, true, |known| {
        match known.scopes(secret) {
            Some(scopes) if !scopes.contains(&scope) => known.add(&in_scope(secret, identity), message),
            _ => known.add(secret, message),
        };
        known.doubt(secret);
        true
    })
}

/// Forgets that the secret was refused: a person wants it sent again.
///
/// # Errors
/// [`Error::NoKeyring`].
pub fn forgive(store: &Store, identity: &Identity, secret: &Secret) -> Result<(), Error> {
    let scoped = in_scope(secret, identity);
    change(store, identity, false, |known| {
        let was_refused = known.get(secret).or_else(|| known.get(&scoped)).is_some();
        known.remove(secret);
        known.remove(&scoped);
        was_refused
    })
}

/// Changes what is known of the secrets of a login, where `change` says that it did: under the lock of the login's history,
/// since up to three send at once.
fn change(
    store: &Store,
    identity: &Identity,
    makes: bool,
    change: impl FnOnce(&mut Digests) -> bool,
) -> Result<(), Error> {
    let login = identity.login.key();
    store.remember(&login, |_| {
        let account = refused_account(&login);
        let mut known = match store.entry(&account)? {
            Some(known) => known,
            None if makes => Digests::new()?,
            None => return Ok(()),
        };
        match change(&mut known) {
            true => store.set_entry(&account, &known),
            false => Ok(()),
        }
    })
}

/// A name of the scope that is long enough to tell it from others.
fn scope_of(identity: &Identity) -> String {
    identity.key().as_str().chars().take(8).collect()
}

/// What is known of a secret in one scope alone stands under this.
fn in_scope(secret: &Secret, identity: &Identity) -> Secret {
    Secret::from(format!("{}\0{}", secret.expose(), identity.key().as_str()))
}
