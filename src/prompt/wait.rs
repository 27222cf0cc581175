//! A prompt without a token: has one made, and waits for it as long as a prompt can.

use super::detach::{Cause, Ended, Renewal, detach};
use super::{RETRY, exported, say};
use crate::broker::Broker;
use crate::context::Context;
use crate::error::{Error, escaped};
use crate::output::change;
use crate::output::hook::{Answer, Notice};
use crate::record::Freshness;
use crate::session::Session;
use crate::store::names;
use std::path::PathBuf;
use std::time::Duration;

/// A prompt waits this long for a token, and no longer.
const WAIT: Duration = Duration::from_millis(1800);
/// A prompt that follows one that waited in vain waits this long.
const SHORT_WAIT: Duration = Duration::from_millis(100);
/// A login that sends nothing for so many seconds, while somebody makes a token of it, hangs: no renewal lives longer.
const HANGS: i64 = 20;

/// Has a token made, and waits for it.
pub fn for_token(
    session: &Session,
    broker: &Broker,
    notice: &mut Notice,
    context: &mut Context,
) -> Result<Answer, Error> {
    let identity = &session.source.identity;
    let (key, login) = (identity.key(), &identity.login);
    let started_at = context.clock.now();
    let pending_since = notice.pending_since;
    // Somebody may be making it already: then there is nothing to start.
    let is_busy = session.store.try_lock(key.as_str())?.is_none();
    let mut child = if is_busy { None } else { Some(detach(session)?) };
    let wait = if pending_since.is_some() && is_busy { context.started.elapsed() + SHORT_WAIT } else { WAIT };
    loop {
        let ended = child.as_mut().and_then(Renewal::ended);
        let record = session.store.record(&key)?;
        let is_made = record.is_some_and(|record| record.freshness(context.clock.now(), 0) != Freshness::Dead);
        if (is_made || ended.is_some())
            && let Some(kept) = session.store.read(&key)?
            && kept.record.freshness(context.clock.now(), 0) != Freshness::Dead
        {
            let answer = exported(session, kept, context)?;
            notice.succeeded(&login.key());
            return Ok(answer);
        }
        if let Some(ended) = ended {
            return Err(why_none(session, broker, started_at, ended));
        }
        if context.started.elapsed() >= wait {
            if let Some(path) = held(session, is_busy, pending_since, started_at)
                && notice.is_new_cause("busy", "", Some(&login.key()))
            {
                let path = escaped(&path.to_string_lossy(), 500);
                say(
                    &format!("no token yet: another ostoken process is creating it, or hangs: {path}; {LOCKED}"),
                    context,
                );
            }
            notice.pending_since = pending_since.or(Some(started_at));
            // A token of another login must not stand beside this one's auth URL, however short the wait.
            let changes = match change::is_for(context.environment, login) {
                true => Vec::new(),
                false => change::take_back(context.environment, Some(login)),
            };
            return Ok(Answer { changes, left: 1, ..Answer::default() });
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

const LOCKED: &str = "`ostoken status` shows the requests sent";

/// The lock that keeps the token from being made, if it is not this shell's own renewal that holds it, or if that hangs.
fn held(session: &Session, is_busy: bool, pending_since: Option<i64>, now: i64) -> Option<PathBuf> {
    let (store, identity) = (&session.store, &session.source.identity);
    let login = identity.login.key();
    let [sending, ..] = names::senders(&login);
    let (token, history) = (names::lock(identity.key().as_str()), names::history_lock(&login));
    let is_held = |lock: &String| matches!(store.try_hold(lock), Ok(None));
    let path = |lock: &String| Some(store.path(lock));
    if is_busy && pending_since.is_none() {
        return path(&token);
    }
    // Whoever holds this one writes a small file.
    let stays_held = || {
        (0..5).all(|_| {
            std::thread::sleep(Duration::from_millis(10));
            is_held(&history)
        })
    };
    if stays_held() {
        return path(&history);
    }
    let age = store.last_change(&login).and_then(|at| at.elapsed().ok());
    let is_still = age.is_none_or(|age| age.as_secs() > HANGS.unsigned_abs());
    let is_overdue = pending_since.is_some_and(|since| now - since > HANGS);
    if is_still && is_overdue {
        [&token, &sending, &history].into_iter().find(|lock| is_held(lock)).and_then(path)
    } else {
        None
    }
}

/// Why a renewal that was started at `since` left no token.
fn why_none(session: &Session, broker: &Broker, since: i64, ended: Ended) -> Error {
    if let Err(error) = broker.check() {
        return error;
    }
    let history = session.store.history(&session.source.identity.login.key()).unwrap_or_default();
    match (history.failure.filter(|failure| failure.at >= since), history.failure_kind) {
        (Some(failure), Some(kind)) => Error::BackingOff { seconds: RETRY, message: failure.message, kind },
        _ => match ended.cause {
            Some(Cause { kind, message }) => Error::BackingOff { seconds: RETRY, message, kind },
            None => Error::Renewal(format!("the renewal ended with {}", ended.status)),
        },
    }
}
