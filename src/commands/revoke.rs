//! `ostoken revoke`: revokes the token at Keystone and forgets it.

use super::Context;
use super::session::{Opening, Session};
use crate::broker::LOCK_LIMIT;
use crate::cli::Global;
use crate::error::{Error, Exit};
use crate::keystone::Issuer;
use crate::record::Record;
use std::collections::BTreeSet;

/// Revokes the token of this scope, or those of all scopes of the login.
pub fn run(global: &Global, all: bool, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Opening::Usual, context)?;
    let identity = &session.source().identity;
    let keys = if all { keys_of_login(&session) } else { BTreeSet::from([identity.key().as_str().to_owned()]) };
    let mut revoked = 0;
    for key in keys {
        let clock = context.clock;
        if context.with_progress(&session.host(), || revoke(&session, &key, clock))?.is_some() {
            revoked += 1;
        }
    }
    let text = match revoked {
        0 => "no token was kept\n".to_owned(),
        1 => "revoked the token, and forgot it\n".to_owned(),
        more => format!("revoked {more} tokens, and forgot them\n"),
    };
    context.answer(&text)?;
    Ok(Exit::Done)
}

/// The keys of all kept tokens of the login, and the one of this scope, whose record may be missing.
pub fn keys_of_login(session: &Session) -> BTreeSet<String> {
    let identity = &session.source().identity;
    let records = session.store.records(&identity.login.key()).into_iter().map(|record: Record| record.key);
    records.chain([identity.key().as_str().to_owned()]).collect()
}

/// Forgets the token of `key` and revokes it; `None` where none was kept.
///
/// It is forgotten first, so that nobody is handed a token that is already revoked; where Keystone does not answer, it
/// is kept again, so that one can try again.
pub fn revoke(session: &Session, key: &str, clock: &dyn crate::clock::Clock) -> Result<Option<()>, Error> {
    let store = &session.store;
    let Some(guard) = store.lock(key, LOCK_LIMIT, &mut || false)? else { return Ok(None) };
    let Some(kept) = store.take(&guard, key)? else { return Ok(None) };
    if kept.record.remaining(clock.now()) <= 0 {
        return Ok(Some(()));
    }
    let auth_url = &session.source().identity.login.auth_url;
    match session.ask(clock, |keystone, admit| keystone.revoke(auth_url, &kept.token, admit)) {
        Ok(()) => Ok(Some(())),
        Err(error) => {
            store.put_back(&guard, &kept)?;
            Err(error)
        }
    }
}
