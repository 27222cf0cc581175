//! `ostoken logout`: forgets the secret and the tokens of the login, and revokes them.

use super::revoke::{keys_of_login, revoke};
use crate::cli::Global;
use crate::context::Context;
use crate::credential;
use crate::error::{Error, Exit, escaped};
use crate::failpoint::{Point, failpoint};
use crate::login_history::Caller;
use crate::session::Session;
use crate::store::logins;
use std::time::Duration;

/// A process that makes or renews a token is waited for this long. One that takes longer, or hangs, throws away what it
/// makes: it sees that the login was ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// Logs out: the secret is forgotten first, whatever Keystone or another process does. A token that Keystone did not
/// revoke is not handed out any more, and kept for the next `logout`.
pub fn run(global: &Global, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let login = &session.source.identity.login;
    credential::forget(&session.store, login)?;
    failpoint(Point::SecretForgotten);
    let ended = logins::ended(&session.state, &login.key(), session.store.backend());
    let ended = ended.and_then(|()| session.store.remember(&login.key(), |history| history.ended()));
    if let Some(error) = ended.err().or_else(|| session.store.take_trouble()) {
        context.warn(&error.to_string());
    }
    for key in keys_of_login(&session) {
        let locked = match session.store.lock(&key, PATIENCE) {
            Err(Error::LockTimeout { .. }) => session.store.without_lock(&key),
            other => other?,
        };
        let work = || revoke(&session, &locked, &key);
        if let Err(error) = context.with_progress(&session.host(), work) {
            context.warn(&format!("could not revoke a token, run `ostoken logout` again: {error}"));
        }
    }
    let left = logins::backends(&session.state, &login.key())?;
    let mut text = format!("logged out {}\n", escaped(&login.describe(), 300));
    for backend in left {
        text.push_str(&format!(
            "its secret is also saved in {}: run `OSTOKEN_KEYRING={} ostoken logout`\n",
            backend.name(),
            backend.name()
        ));
    }
    context.answer(&text)?;
    Ok(Exit::Done)
}
