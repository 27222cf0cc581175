//! The secret of a login: where it comes from, where it may go, and whether Keystone refused it before.

use crate::error::Error;
use crate::identity::{Login, Source, TlsPolicy};
use crate::memory::Asker;
use crate::secret::Secret;
use crate::store::Store;
use crate::store::entries::{Digests, SENT_ACCOUNT, StoredSecret, refused_account, secret_account};
use std::time::Duration;

const LOCK: Duration = Duration::from_secs(5);

/// The secret to send: the one of the environment or OpenRC file, else the keyring's.
///
/// A prompt sends an environment's secret to one place only: else a folder's .envrc that swaps OS_AUTH_URL would get it.
/// `usual` is the store that is used without OSTOKEN_KEYRING*, where those are set: what it knows counts as well, since
/// they may come from the same .envrc.
///
/// # Errors
/// [`Error::NoSecret`]; [`Error::OtherHost`] where the secret belongs to another auth URL, or its server was verified
/// in another way; [`Error::NoKeyring`].
pub fn secret(store: &Store, usual: Option<&Store>, source: &Source, asker: Asker) -> Result<Secret, Error> {
    let login = &source.identity.login;
    if let Some(given) = &source.secret {
        bind(store, usual, given, source, asker)?;
        return Ok(given.clone());
    }
    let Some(stored) = stored(store, login)? else { return Err(Error::NoSecret(login.describe())) };
    if stored.auth_url != login.auth_url.as_str() || stored.tls_policy != source.tls_policy {
        return Err(Error::OtherHost(format!(
            "it was kept for {}, {}, not {}",
            stored.auth_url,
            stored.tls_policy.describe(),
            source.tls_policy.describe()
        )));
    }
    Ok(stored.secret())
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

/// Notes that `secret` goes to this server, before it goes; a prompt may not add a second one.
fn bind(store: &Store, usual: Option<&Store>, secret: &Secret, source: &Source, asker: Asker) -> Result<(), Error> {
    let target = format!("{}, {}", source.identity.login.auth_url.as_str(), source.tls_policy.describe());
    let read = || store.entry::<Digests>(SENT_ACCOUNT);
    let known = |sent: &Option<Digests>| {
        sent.as_ref().and_then(|sent| sent.get(secret)).is_some_and(|targets| targets.contains(&target))
    };
    if known(&read()?) {
        return Ok(());
    }
    // A state folder that cannot be written cannot lock: a command goes on, a hook never comes here then.
    let _guard = match store.lock(SENT_ACCOUNT, LOCK, &mut || false) {
        Err(Error::State { .. }) if asker == Asker::Command => None,
        other => other?,
    };
    let sent = read()?;
    if known(&sent) {
        return Ok(());
    }
    if asker == Asker::Hook {
        let elsewhere = usual.map_or(Ok(None), |usual| usual.entry::<Digests>(SENT_ACCOUNT))?;
        for known in [&sent, &elsewhere].into_iter().flatten() {
            if let Some([first, ..]) = known.get(secret).filter(|targets| !targets.contains(&target)) {
                let why = format!("this password was used for {first}; now it is asked for at {target}");
                return Err(Error::OtherHost(why));
            }
        }
    }
    let mut sent = sent.map_or_else(Digests::new, Ok)?;
    sent.add(secret, &target);
    store.set_entry(SENT_ACCOUNT, &sent)
}
