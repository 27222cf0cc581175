//! `ostoken refresh`: a new token now, whatever the age of the one that is kept.

use crate::broker::{Handout, LOCK_LIMIT};
use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit, escaped};
use crate::login_history::Caller;
use crate::output::duration;
use crate::record::Record;
use crate::session::Session;

/// Renews the token and says how long the new one lives.
pub fn run(global: &Global, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let handout = replace(&session, context)?;
    let lines = describe(&handout.kept.record, context.clock.now());
    context.answer(&lines)?;
    Ok(Exit::Done)
}

/// Makes a new token and forgets those of the login's other scopes: they are made again when they are asked for.
pub fn replace(session: &Session, context: &mut Context) -> Result<Handout, Error> {
    let handout = context.with_progress(&session.host(), || session.broker(|broker| broker.replace()))?;
    let _ = session.store.end_waiting(&session.source.identity.login.key());
    if let Some(warning) = &handout.warning {
        context.warn(&warning.to_string());
    }
    if session.source.tls_policy.insecure {
        context.warn("OS_INSECURE: the server's certificate was not verified");
    }
    for record in session.store.records(&session.source.identity.login.key()) {
        if record.key != handout.kept.record.key {
            session.store.lock(&record.key, LOCK_LIMIT)?.erase()?;
        }
    }
    Ok(handout)
}

/// Two lines on a token, for a person.
pub fn describe(record: &Record, now: i64) -> String {
    format!(
        "token for {} at {}, scope: {}\nvalid for {}, renewed in {}\n",
        escaped(&record.identity.account, 200),
        escaped(&record.identity.auth_url, 200),
        escaped(&record.identity.scope, 200),
        duration(record.remaining(now)),
        duration(record.until_refresh(now)),
    )
}
