//! `ostoken hook`: what the shells' hooks call. Answers within two seconds, and starts what takes longer.

mod detach;
mod limit;
mod selection;
mod wait;

use crate::broker::Broker;
use crate::cli::{Global, HookArgs};
use crate::context::Context;
use crate::error::{Error, Exit, Kind, escaped};
use crate::identity::Login;
use crate::identity::environment::EnvChange;
use crate::login_history::Caller;
use crate::output::change::{self, Scrub};
use crate::output::hook::{Answer, Notice};
use crate::record::Freshness;
use crate::session::Session;
use crate::session::source::identity_source;
use crate::store::StoredToken;
pub use detach::Cause;
use detach::detach;
use limit::Limit;
use selection::select;

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
        return select(global, arguments.shell, path, context);
    }
    let environment = context.environment.of_shell(arguments.own);
    let mut notice = Notice::parse(&arguments.said);
    let limit = Limit::start(arguments.shell, &notice, context.started);
    let mut context = Context { environment: &environment, ..reborrow(context) };
    let answer = answer(global, &mut notice, &limit, &mut context);
    let text = Answer { notice, ..answer }.text(arguments.shell);
    limit.end();
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

fn answer(global: &Global, notice: &mut Notice, limit: &Limit, context: &mut Context) -> Answer {
    let environment = context.environment;
    // A client that goes by OS_CLOUD bears no OS_TOKEN beside it: nothing is looked up that nobody would use.
    if environment.get("OS_CLOUD").is_some() && !change::exports_always(environment) {
        return quiet(change::take_back(environment, None));
    }
    let source = match identity_source(global, environment, Caller::Prompt) {
        Ok(source) => source,
        Err(Error::NoIdentity(_) | Error::Unsupported { .. }) => return quiet(change::take_back(environment, None)),
        Err(error) => return failed(&error, None, notice, context),
    };
    if environment.holds_foreign_token() {
        return quiet(change::unmark(environment));
    }
    let login = source.identity.login.clone();
    if !change::clients_bear_it(environment, &source.identity) {
        return quiet(change::leave_alone(environment, &login));
    }
    let clock = context.clock;
    limit.waits_for("the keyring or the disk", environment, &login, clock.now());
    let session = match Session::of(source, Caller::Prompt, clock) {
        Ok(session) => session,
        Err(error) => return failed(&error, Some(&login), notice, context),
    };
    let keyring = format!("the keyring ({}) or the disk", session.store.backend().name());
    limit.waits_for(&keyring, environment, &login, clock.now());
    let answer = session.broker(|broker| with_broker(&session, broker, notice, context));
    answer.unwrap_or_else(|error| {
        let lease = session.store.waiting_lease(&login.key()).ok();
        Answer { lease, ..failed(&error, Some(&login), notice, context) }
    })
}

/// Nothing to export, and nothing to say.
fn quiet(changes: Vec<EnvChange>) -> Answer {
    Answer { changes, left: LONG, ..Answer::default() }
}

fn with_broker(
    session: &Session,
    broker: &Broker,
    notice: &mut Notice,
    context: &mut Context,
) -> Result<Answer, Error> {
    let key = session.source.identity.key();
    let freshness = |kept: &StoredToken| kept.record.freshness(context.clock.now(), 0);
    match session.store.read(&key)? {
        Some(kept) if freshness(&kept) == Freshness::Fresh => {
            let answer = exported(session, broker.repair(kept), context)?;
            notice.succeeded(&session.source.identity.login.key());
            Ok(answer)
        }
        Some(kept) if freshness(&kept) == Freshness::Stale => renewed_behind(session, broker, kept, notice, context),
        _ => {
            check(session, broker)?;
            wait::for_token(session, broker, notice, context)
        }
    }
}

/// Whether a token can be made: what stands against it here is found before anything is started.
fn check(session: &Session, broker: &Broker) -> Result<(), Error> {
    session.check_connection()?;
    broker.check()
}

fn exported(session: &Session, kept: StoredToken, context: &Context) -> Result<Answer, Error> {
    crate::credential::check_trust("token", &kept.trust, &session.source.tls_policy)?;
    let environment = context.environment;
    let wants_scrub = environment.get("OSTOKEN_SCRUB") == Some("1");
    let scrub = match wants_scrub && keyring_has_secret(session)? {
        true => Scrub::UserAndSecret,
        false => Scrub::Nothing,
    };
    let changes = change::export(environment, &session.source, &kept.token, &kept.record, scrub);
    let left = u64::try_from(kept.record.until_refresh(context.clock.now())).unwrap_or(0).clamp(1, LONG);
    let lease = session.store.lease(&kept.record);
    Ok(Answer { changes, left, lease, token: Some(kept.token), ..Answer::default() })
}

/// A password is unset only once it can be had from the keyring.
fn keyring_has_secret(session: &Session) -> Result<bool, Error> {
    let stored = crate::credential::stored(&session.store, &session.source.identity.login)?;
    Ok(match (stored, &session.source.secret) {
        (Some(stored), Some(given)) => stored.secret() == *given,
        (Some(_), None) => true,
        (None, _) => false,
    })
}

/// Hands out a stale token, and has it renewed behind the prompt. That it is there takes nothing back of what was said: it
/// says nothing of what stands against a new one.
fn renewed_behind(
    session: &Session,
    broker: &Broker,
    kept: StoredToken,
    notice: &mut Notice,
    context: &mut Context,
) -> Result<Answer, Error> {
    let mut answer = exported(session, broker.repair(kept), context)?;
    notice.pending_since = None;
    let renewal =
        check(session, broker).and_then(|()| check_last(session, context)).and_then(|()| detach(session).map(drop));
    answer.left = match renewal {
        Ok(()) => RENEWING,
        Err(error) => failed(&error, Some(&session.source.identity.login), notice, context).left,
    };
    Ok(answer)
}

/// Nothing is started again right after a renewal that failed for a reason that no back-off comes with.
fn check_last(session: &Session, context: &Context) -> Result<(), Error> {
    let history = session.store.history(&session.source.identity.login.key())?;
    let age = |at: i64| u64::try_from(context.clock.now() - at).unwrap_or(RETRY);
    match (history.failure, history.failure_kind) {
        (Some(failure), Some(kind)) if age(failure.at) < RETRY => {
            Err(Error::BackingOff { seconds: RETRY - age(failure.at), message: failure.message, kind })
        }
        _ => Ok(()),
    }
}

/// The answer where there is no token, with one line on standard error, unless this shell was told already.
fn failed(error: &Error, login: Option<&Login>, notice: &mut Notice, context: &mut Context) -> Answer {
    notice.pending_since = None;
    if notice.is_new(error, login.map(Login::key).as_ref()) {
        say(&format!("{error}; {}", error.hint()), context);
    }
    let left = match error {
        // The right secret may be as long as the wrong one, which is all that a shell compares.
        _ if error.kind() == Kind::Refused => 1,
        Error::RateLimited(seconds) | Error::BudgetSpent { seconds, .. } | Error::BackingOff { seconds, .. } => {
            *seconds
        }
        _ => RETRY,
    };
    let changes = match (error, login) {
        // Nobody could look whether there is a token: that is no answer.
        (Error::NoKeyring(_) | Error::State { .. } | Error::Io { .. }, Some(login)) => {
            change::unanswered(context.environment, login, context.clock.now())
        }
        _ => change::take_back(context.environment, login),
    };
    Answer { changes, left: left.clamp(1, LONGEST_RETRY), ..Answer::default() }
}

/// Prints one line above a prompt.
fn say(text: &str, context: &mut Context) {
    let _ = writeln!(context.stderr, "{}", line(text));
}

/// A line of at most [`LONGEST_LINE`] characters: the terminal may have any encoding.
fn line(text: &str) -> String {
    format!("ostoken: {}", ascii(&escaped(text, LONGEST_LINE)))
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
