//! `ostoken logout`: forgets the secret and the tokens of the login, and revokes them.

use super::Context;
use super::revoke::{keys_of_login, revoke};
use super::session::{Opening, Session};
use crate::broker::LOCK_LIMIT;
use crate::cli::Global;
use crate::credential;
use crate::error::{Error, Exit};
use crate::store::logins;

/// Logs out. What Keystone does not answer to is forgotten all the same, with a warning: its token lives on there.
pub fn run(global: &Global, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Opening::Usual, context)?;
    let login = &session.source().identity.login;
    let clock = context.clock;
    {
        // Whoever sends the secret right now finishes first, and its token is found below; whoever comes later has none.
        let _sending = session.store.lock_sending(&login.key(), LOCK_LIMIT)?;
        credential::forget(&session.store, login)?;
    }
    for key in keys_of_login(&session) {
        if let Err(error) = context.with_progress(&session.host(), || revoke(&session, &key, clock)) {
            if let Some(guard) = session.store.lock(&key, LOCK_LIMIT, &mut || false)? {
                session.store.erase(&guard, &key)?;
            }
            context.warn(&format!("forgotten, but not revoked, it lives until it expires: {error}"));
        }
    }
    logins::ended(&session.state, &login.key(), session.store.backend())?;
    let left = logins::backends(&session.state, &login.key())?;
    let mut text = format!("logged out {}\n", crate::error::escaped(&login.describe(), 300));
    for backend in left {
        text.push_str(&format!(
            "its secret is also in {}: `OSTOKEN_KEYRING={} ostoken logout`\n",
            backend.name(),
            backend.name()
        ));
    }
    context.answer(&text)?;
    Ok(Exit::Done)
}
