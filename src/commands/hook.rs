//! `ostoken hook`: what the shells' hooks call. Answers within two seconds, and starts what takes longer.

use super::Context;
use super::detach::{Renewal, detach};
use super::session::{Opening, Origin, Session, in_place, read_openrc};
use super::settings::allows_http;
use crate::broker::Broker;
use crate::cli::{Global, HookArgs};
use crate::error::{Error, Exit, Kind};
use crate::identity::Login;
use crate::memory::Asker;
use crate::output::change::{self, Change, Scrub};
use crate::output::hook::{Answer, HookShell, Said, use_text};
use crate::record::Freshness;
use crate::store::Kept;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A prompt waits this long for a token, and no longer.
const WAIT: Duration = Duration::from_millis(1800);
/// The program ends without an answer after this: a keyring that hangs must not hang a prompt.
const LIMIT: Duration = Duration::from_millis(1950);
/// A prompt that follows one that waited in vain waits this long.
const SHORT_WAIT: Duration = Duration::from_millis(100);
/// Seconds until the next call where nothing is known to change.
const LONG: u64 = 3600;
/// Seconds until the next call while something is wrong that a person may mend elsewhere.
const RETRY: u64 = 30;
const LONGEST_RETRY: u64 = 300;
/// Seconds until the next call while a renewal runs: its lease tells earlier.
const RENEWING: u64 = 5;

/// Answers a hook.
pub fn run(global: &Global, arguments: &HookArgs, context: &mut Context) -> Result<Exit, Error> {
    if let Some(path) = &arguments.use_file {
        return use_file(global, arguments.shell, path, context);
    }
    let answering = limit(context.started);
    let answer = answer(global, &arguments.said, context);
    let text = answer.text(arguments.shell);
    if answering.swap(true, Ordering::SeqCst) {
        // The limit has passed: its thread ends the process before anything is printed.
        std::thread::sleep(LIMIT);
    }
    context.answer(&text)?;
    Ok(Exit::Done)
}

/// Ends the process once the limit has passed, unless an answer is being given.
fn limit(started: Instant) -> Arc<AtomicBool> {
    let answering = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&answering);
    std::thread::spawn(move || {
        std::thread::sleep(LIMIT.saturating_sub(started.elapsed()));
        if !seen.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Unreachable as u8));
        }
    });
    answering
}

fn answer(global: &Global, said: &str, context: &mut Context) -> Answer {
    let environment = context.environment;
    let origin = match Origin::read(global, environment) {
        Ok(origin) => origin,
        Err(Error::NoIdentity(_) | Error::Unsupported { .. }) => return quiet(change::take_back(environment, None)),
        Err(error) => return failed(&error, None, said, context),
    };
    if environment.holds_foreign_token() {
        // A shell that inherited it beside an export of ours takes it for that.
        let inherited = environment.is_set("OSTOKEN_EXPORTED");
        return quiet(if inherited { vec![Change::NotOurs] } else { Vec::new() });
    }
    let login = origin.source.identity.login.clone();
    if !change::clients_bear_it(environment, &origin.source.identity) {
        return quiet(change::leave_alone(environment, &login));
    }
    let session = match Session::of(origin, Opening::Prompt) {
        Ok(session) => session,
        Err(error) => return failed(&error, Some(&login), said, context),
    };
    let clock = context.clock;
    let answer = session.broker(clock, Asker::Hook, |broker| with_broker(&session, broker, said, context));
    answer.unwrap_or_else(|error| {
        let lease = session.store.waiting_lease(&login.key()).ok();
        Answer { lease, ..failed(&error, Some(&login), said, context) }
    })
}

/// Nothing to export, and nothing to say.
fn quiet(changes: Vec<Change>) -> Answer {
    Answer { changes, left: LONG, ..Answer::default() }
}

fn with_broker(session: &Session, broker: &Broker, said: &str, context: &mut Context) -> Result<Answer, Error> {
    let key = session.source().identity.key();
    let freshness = |kept: &Kept| kept.record.freshness(context.clock.now(), 0);
    match session.store.read(&key)? {
        Some(kept) if freshness(&kept) == Freshness::Fresh => exported(session, broker.made_whole(kept), context),
        Some(kept) if freshness(&kept) == Freshness::Stale => renewed_behind(session, broker, kept, said, context),
        _ => {
            broker.check()?;
            wait_for_token(session, broker, said, context)
        }
    }
}

fn exported(session: &Session, kept: Kept, context: &Context) -> Result<Answer, Error> {
    crate::credential::check_trust("token", &kept.trust, &session.source().tls_policy)?;
    let environment = context.environment;
    let wants_scrub = environment.get("OSTOKEN_SCRUB") == Some("1");
    let scrub = match wants_scrub && keyring_has_secret(session)? {
        true => Scrub::UserAndSecret,
        false => Scrub::Nothing,
    };
    let changes = change::export(environment, session.source(), &kept.token, &kept.record, scrub);
    let left = u64::try_from(kept.record.until_refresh(context.clock.now())).unwrap_or(0).clamp(1, LONG);
    Ok(Answer { changes, left, lease: session.store.lease(&kept.record), token: Some(kept.token), said: None })
}

/// A password is only taken away once it can be had from the keyring.
fn keyring_has_secret(session: &Session) -> Result<bool, Error> {
    let stored = crate::credential::stored(&session.store, &session.source().identity.login)?;
    Ok(match (stored, &session.source().secret) {
        (Some(stored), Some(given)) => stored.secret() == *given,
        (Some(_), None) => true,
        (None, _) => false,
    })
}

/// Hands out a stale token, and has it renewed behind the prompt.
fn renewed_behind(
    session: &Session,
    broker: &Broker,
    kept: Kept,
    said: &str,
    context: &mut Context,
) -> Result<Answer, Error> {
    let kept = broker.made_whole(kept);
    let trouble = broker.check().and_then(|()| detach(session).map(drop)).err();
    let mut answer = exported(session, kept, context)?;
    match trouble {
        None => answer.left = RENEWING,
        Some(error) => {
            let failure = failed(&error, Some(&session.source().identity.login), said, context);
            answer.left = failure.left;
            answer.said = failure.said;
        }
    }
    Ok(answer)
}

/// Has a token made, and waits for it as long as a prompt can.
fn wait_for_token(session: &Session, broker: &Broker, said: &str, context: &mut Context) -> Result<Answer, Error> {
    let key = session.source().identity.key();
    let was_pending = said == Said::Pending.word();
    // Somebody may be making it already: then there is nothing to start.
    let is_busy = session.store.try_lock(key.as_str())?.is_none();
    let mut child = if is_busy { None } else { Some(detach(session)?) };
    let wait = if was_pending && is_busy { context.started.elapsed() + SHORT_WAIT } else { WAIT };
    loop {
        let ended = child.as_mut().and_then(Renewal::ended);
        let record = session.store.record(&key)?;
        let is_made = record.is_some_and(|record| record.freshness(context.clock.now(), 0) != Freshness::Dead);
        if (is_made || ended.is_some())
            && let Some(kept) = session.store.read(&key)?
            && kept.record.freshness(context.clock.now(), 0) != Freshness::Dead
        {
            return exported(session, kept, context);
        }
        if let Some(status) = ended {
            broker.check()?;
            let why = format!("the renewal ended with {status}");
            let url = session.source().identity.login.auth_url.as_str().to_owned();
            return Err(Error::Unreachable { url, why });
        }
        if context.started.elapsed() >= wait {
            // A token of another login must not stand beside this one's auth URL, however short the wait.
            let login = &session.source().identity.login;
            let changes = match change::is_for(context.environment, login) {
                true => Vec::new(),
                false => change::take_back(context.environment, Some(login)),
            };
            return Ok(Answer { changes, left: 1, said: Some(Said::Pending), ..Answer::default() });
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The answer where there is no token, with one line on standard error, unless this shell saw one of its kind last.
fn failed(error: &Error, login: Option<&Login>, said: &str, context: &mut Context) -> Answer {
    let kind = error.kind();
    if said != kind.word() {
        let text = format!("ostoken: {error}; {}", error.hint());
        let _ = writeln!(context.stderr, "{}", ascii(&text));
    }
    let left = match error {
        // The right secret may be as long as the wrong one, which is all that a shell compares.
        _ if kind == Kind::Refused => 1,
        Error::RateLimited(seconds) | Error::BudgetSpent(seconds) | Error::BackingOff { seconds, .. } => *seconds,
        _ => RETRY,
    };
    Answer {
        changes: change::take_back(context.environment, login),
        left: left.clamp(1, LONGEST_RETRY),
        said: Some(Said::Failed(kind)),
        ..Answer::default()
    }
}

/// A prompt's terminal may have any encoding.
fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => out.extend(c.escape_unicode()),
        }
    }
    out
}

/// Prints what makes an OpenRC file's variables the shell's own, without the secret.
fn use_file(global: &Global, shell: HookShell, path: &Path, context: &mut Context) -> Result<Exit, Error> {
    let file = read_openrc(path, context.environment)?;
    let environment = in_place(context.environment, &file);
    environment.source(allows_http(global, &environment))?;
    context.answer(&use_text(shell, &change::replace(context.environment, &environment)))?;
    Ok(Exit::Done)
}
