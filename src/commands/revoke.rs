//! `ostoken revoke`: revokes the token at Keystone and forgets it.

use crate::broker::LOCK_LIMIT;
use crate::cli::Global;
use crate::context::Context;
use crate::credential;
use crate::error::{Error, Exit};
use crate::failpoint::{Point, failpoint};
use crate::identity::TlsPolicy;
use crate::keystone::Issuer;
use crate::login_history::Caller;
use crate::record::Record;
use crate::session::Session;
use crate::store::Locked;
use std::collections::BTreeSet;

/// In seconds.
const DAY: i64 = 24 * 3600;

/// Revokes the token of this scope, or those of all scopes of the login.
pub fn run(global: &Global, all: bool, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let identity = &session.source.identity;
    let keys = if all { keys_of_login(&session) } else { BTreeSet::from([identity.key().as_str().to_owned()]) };
    let mut revoked = 0;
    for key in keys {
        let locked = session.store.lock(&key, LOCK_LIMIT)?;
        revoked += context.with_progress(&session.host(), || revoke(&session, &locked, &key))?;
    }
    let text = match revoked {
        0 => "no token to revoke\n".to_owned(),
        1 => "revoked the token\n".to_owned(),
        more => format!("revoked {more} tokens\n"),
    };
    context.answer(&text)?;
    Ok(Exit::Done)
}

/// The keys of all kept tokens of the login, and the one of this scope, whose record may be missing.
pub fn keys_of_login(session: &Session) -> BTreeSet<String> {
    let identity = &session.source.identity;
    let records = session.store.records(&identity.login.key()).into_iter().map(|record: Record| record.key);
    records.chain([identity.key().as_str().to_owned()]).collect()
}

/// Revokes the token of `key`, and those that an interrupted `revoke` or `logout` left to be revoked; gives how many.
///
/// They are marked first, so that nobody is handed a token that is already revoked, and forgotten last: whatever comes
/// between leaves what the next `revoke` or `logout` needs.
pub fn revoke(session: &Session, locked: &Locked, key: &str) -> Result<usize, Error> {
    let store = &session.store;
    let trust = &session.source.tls_policy;
    let check = |before: &TlsPolicy| credential::check_trust("token", before, trust);
    if let Some(before) = store.token_trust(key)? {
        check(&before)?;
    }
    let revoking = locked.mark()?;
    for token in &revoking {
        // By the server's clock, which may be behind this one: a day more does no harm.
        let is_dead = token.expires_at < session.now() - DAY;
        if let Some(token_itself) = token.token().filter(|_| !is_dead) {
            check(&token.trust)?;
            let auth_url = &session.source.identity.login.auth_url;
            session.ask(|keystone, admit| keystone.revoke(auth_url, &token_itself, admit))?;
            failpoint(Point::Told);
        }
        locked.revoked(token)?;
    }
    Ok(revoking.len())
}
