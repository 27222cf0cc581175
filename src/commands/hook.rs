//! `ostoken hook`: what the shells' hooks call. Answers within two seconds, and starts what takes longer.

use super::Context;
use super::detach::{Renewal, detach};
use super::session::{Opening, Origin, Session, in_place, read_openrc};
use super::settings::allows_http;
use crate::broker::Broker;
use crate::cli::{Global, HookArgs};
use crate::error::{Error, Exit, Kind, escaped};
use crate::identity::Login;
use crate::memory::Asker;
use crate::output::change::{self, Change, Scrub};
use crate::output::hook::{Answer, HookShell, Said, use_text};
use crate::record::Freshness;
use crate::store::Kept;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A prompt waits this long for a token, and no longer.
const WAIT: Duration = Duration::from_millis(1800);
/// The program answers that there is no token after this: a keyring that hangs must not hang a prompt.
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
/// The longest line above a prompt, in characters.
const LONGEST_LINE: usize = 1000;

/// Answers a hook.
pub fn run(global: &Global, arguments: &HookArgs, context: &mut Context) -> Result<Exit, Error> {
    if let Some(path) = &arguments.use_file {
        return use_file(global, arguments.shell, path, context);
    }
    let environment = context.environment.of_shell(arguments.own);
    let mut said = Said::parse(&arguments.said);
    let answering = limit(arguments.shell, said.clone(), context.started);
    let mut context = Context { environment: &environment, ..reborrow(context) };
    let answer = answer(global, &mut said, &mut context);
    let text = Answer { said, ..answer }.text(arguments.shell);
    if answering.swap(true, Ordering::SeqCst) {
        // The limit has passed: its thread ends the process.
        std::thread::sleep(LIMIT);
    }
    context.answer(&text)?;
    Ok(Exit::Done)
}

fn reborrow<'a>(context: &'a mut Context) -> Context<'a> {
    Context {
        environment: context.environment,
        clock: context.clock,
        started: context.started,
        stdin: context.stdin,
        stdout: context.stdout,
        stderr: context.stderr,
        terminal: context.terminal,
        colour: context.colour,
    }
}

/// Answers in the place of whoever waits for something that does not answer, and ends the process.
fn limit(shell: HookShell, mut said: Said, started: Instant) -> Arc<AtomicBool> {
    let answering = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&answering);
    std::thread::spawn(move || {
        std::thread::sleep(LIMIT.saturating_sub(started.elapsed()));
        if seen.swap(true, Ordering::SeqCst) {
            return;
        }
        if said.is_new_cause("slow", "", None) {
            let _ = writeln!(
                std::io::stderr(),
                "ostoken: no answer within 2 s from the keyring or the disk; see `ostoken status`"
            );
        }
        let answer = Answer { left: RETRY, said, ..Answer::default() };
        let written = crate::streams::stdout().write_all(answer.text(shell).as_bytes());
        std::process::exit(if written.is_ok() { 0 } else { i32::from(Exit::Other as u8) });
    });
    answering
}

fn answer(global: &Global, said: &mut Said, context: &mut Context) -> Answer {
    let environment = context.environment;
    let origin = match Origin::read(global, environment) {
        Ok(origin) => origin,
        Err(Error::NoIdentity(_) | Error::Unsupported { .. }) => return quiet(change::take_back(environment, None)),
        Err(error) => return failed(&error, None, said, context),
    };
    if environment.holds_foreign_token() {
        return quiet(change::unmark(environment));
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

fn with_broker(session: &Session, broker: &Broker, said: &mut Said, context: &mut Context) -> Result<Answer, Error> {
    let key = session.source().identity.key();
    let freshness = |kept: &Kept| kept.record.freshness(context.clock.now(), 0);
    match session.store.read(&key)? {
        Some(kept) if freshness(&kept) == Freshness::Fresh => exported(session, broker.made_whole(kept), said, context),
        Some(kept) if freshness(&kept) == Freshness::Stale => renewed_behind(session, broker, kept, said, context),
        _ => {
            check(session, broker, context)?;
            wait_for_token(session, broker, said, context)
        }
    }
}

/// Whether a token can be made: what stands against it here is found before anything is started.
fn check(session: &Session, broker: &Broker, context: &Context) -> Result<(), Error> {
    session.check_connection(context.clock)?;
    broker.check()
}

fn exported(session: &Session, kept: Kept, said: &mut Said, context: &Context) -> Result<Answer, Error> {
    crate::credential::check_trust("token", &kept.trust, &session.source().tls_policy)?;
    said.succeeded(&session.source().identity.login.key());
    let environment = context.environment;
    let wants_scrub = environment.get("OSTOKEN_SCRUB") == Some("1");
    let scrub = match wants_scrub && keyring_has_secret(session)? {
        true => Scrub::UserAndSecret,
        false => Scrub::Nothing,
    };
    let changes = change::export(environment, session.source(), &kept.token, &kept.record, scrub);
    let left = u64::try_from(kept.record.until_refresh(context.clock.now())).unwrap_or(0).clamp(1, LONG);
    let lease = session.store.lease(&kept.record);
    Ok(Answer { changes, left, lease, token: Some(kept.token), ..Answer::default() })
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
    said: &mut Said,
    context: &mut Context,
) -> Result<Answer, Error> {
    let kept = broker.made_whole(kept);
    let before = said.clone();
    let mut answer = exported(session, kept, said, context)?;
    match check(session, broker, context).and_then(|()| detach(session).map(drop)) {
        Ok(()) => answer.left = RENEWING,
        Err(error) => {
            *said = before;
            answer.left = failed(&error, Some(&session.source().identity.login), said, context).left;
        }
    }
    Ok(answer)
}

/// Has a token made, and waits for it as long as a prompt can.
fn wait_for_token(session: &Session, broker: &Broker, said: &mut Said, context: &mut Context) -> Result<Answer, Error> {
    let key = session.source().identity.key();
    let started_at = context.clock.now();
    let was_pending = said.pending;
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
            return exported(session, kept, said, context);
        }
        if let Some(status) = ended {
            return Err(why_none(session, broker, started_at, &status));
        }
        if context.started.elapsed() >= wait {
            let login = &session.source().identity.login;
            if is_busy && !was_pending && said.is_new_cause("busy", "", Some(&login.key())) {
                say("no token yet: another ostoken process is making it or hangs; see `ostoken status`", context);
            }
            said.pending = true;
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

/// Why a renewal that was started at `since` and ended with `status` left no token.
fn why_none(session: &Session, broker: &Broker, since: i64, status: &str) -> Error {
    if let Err(error) = broker.check() {
        return error;
    }
    let login = &session.source().identity.login;
    let memory = session.store.memory(&login.key()).unwrap_or_default();
    match (memory.failure.filter(|failure| failure.at >= since), memory.failure_kind) {
        (Some(failure), Some(kind)) => Error::BackingOff { seconds: RETRY, message: failure.message, kind },
        _ => Error::Unreachable {
            url: login.auth_url.as_str().to_owned(),
            why: format!("the renewal ended with {status}"),
        },
    }
}

/// The answer where there is no token, with one line on standard error, unless this shell was told already.
fn failed(error: &Error, login: Option<&Login>, said: &mut Said, context: &mut Context) -> Answer {
    said.pending = false;
    if said.is_new(error, login.map(Login::key).as_ref()) {
        say(&format!("{error}; {}", error.hint()), context);
    }
    let left = match error {
        // The right secret may be as long as the wrong one, which is all that a shell compares.
        _ if error.kind() == Kind::Refused => 1,
        Error::RateLimited(seconds) | Error::BudgetSpent(seconds) | Error::BackingOff { seconds, .. } => *seconds,
        _ => RETRY,
    };
    let changes = change::take_back(context.environment, login);
    Answer { changes, left: left.clamp(1, LONGEST_RETRY), ..Answer::default() }
}

/// Prints one line above a prompt, of at most [`LONGEST_LINE`] characters: its terminal may have any encoding.
fn say(text: &str, context: &mut Context) {
    let _ = writeln!(context.stderr, "ostoken: {}", ascii(&escaped(text, LONGEST_LINE)));
}

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
