//! `ostoken status`: what there is, at a glance or for a program.

use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit, escaped};
use crate::identity::Origin;
use crate::keystone::Issuer;
use crate::login_history::Caller;
use crate::login_history::{BUDGET, LoginHistory};
use crate::output::{duration, timestamp};
use crate::record::{Failure, Freshness, Readable};
use crate::session::Session;
use crate::store::StoredToken;
use serde_json::{Value, json};

/// The width of the bar, in characters.
const BAR: i64 = 24;

struct Report {
    identity: Readable,
    /// The cloud, with the file and the line that name it.
    cloud: Option<String>,
    kept: Option<StoredToken>,
    history: LoginHistory,
    backend: &'static str,
    why: String,
    secret: &'static str,
    asked: bool,
    known: Option<bool>,
    now: i64,
}

/// Shows the report. With `check`, Keystone is asked; a token that it does not know is exit code 4.
pub fn run(global: &Global, as_json: bool, check: bool, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let report = report(&session, check, context)?;
    let text = match as_json {
        true => format!("{:#}\n", for_programs(&report)),
        false => for_people(&report, context.colour),
    };
    context.answer(&text)?;
    Ok(if report.known == Some(false) { Exit::Refused } else { Exit::Done })
}

fn report(session: &Session, check: bool, context: &mut Context) -> Result<Report, Error> {
    let identity = &session.source.identity;
    let kept = session.store.read(&identity.key())?;
    let clock = context.clock;
    let known = match &kept {
        Some(kept) if check => {
            crate::credential::check_trust("token", &kept.trust, &session.source.tls_policy)?;
            let auth_url = &identity.login.auth_url;
            let ask = || session.ask(|keystone, admit| keystone.validate(auth_url, &kept.token, admit));
            Some(context.with_progress(&session.host(), ask)?.is_some())
        }
        _ => None,
    };
    let secret = match (&session.source.secret, crate::credential::stored(&session.store, &identity.login)?) {
        (Some(_), None) => "in the environment or the OpenRC file",
        (Some(_), Some(_)) => "in the environment or the OpenRC file, and in the keyring",
        (None, Some(_)) => "in the keyring",
        (None, None) => "none: run `ostoken login`",
    };
    Ok(Report {
        identity: identity.into(),
        cloud: match &session.source.origin {
            Some(Origin::Cloud(cloud)) => Some(cloud.describe()),
            _ => None,
        },
        kept,
        history: session.store.history(&identity.login.key())?,
        backend: session.store.backend().name(),
        why: session.why.clone(),
        secret,
        asked: check,
        known,
        now: clock.now(),
    })
}

impl Report {
    fn state(&self) -> &'static str {
        match self.kept.as_ref().map(|kept| kept.record.freshness(self.now, 0)) {
            None => "none",
            Some(Freshness::Fresh) => "fresh",
            Some(Freshness::Stale) => "stale",
            Some(Freshness::Dead) => "dead",
        }
    }

    fn failure(&self) -> Option<&Failure> {
        let of_token = self.kept.as_ref().and_then(|kept| kept.record.failure.as_ref());
        of_token.or(self.history.failure.as_ref())
    }
}

fn for_programs(report: &Report) -> Value {
    let token = report.kept.as_ref().map(|kept| {
        let record = &kept.record;
        json!({
            "state": report.state(),
            "issued_at": timestamp(record.issued_at.saturating_sub(record.clock_offset)),
            "expires_at": timestamp(record.expires_locally()),
            "refresh_at": timestamp(record.refresh_at.saturating_sub(record.clock_offset)),
            "remaining_seconds": record.remaining(report.now),
            "clock_offset_seconds": record.clock_offset,
            "fingerprint": record.fingerprint,
            "known_to_keystone": report.known,
        })
    });
    json!({
        "version": 1,
        "identity": report.identity,
        "cloud": report.cloud,
        "token": token,
        "keyring": { "backend": report.backend, "why": report.why },
        "secret": report.secret,
        "requests_last_minute": report.history.recent(report.now).len(),
        "requests_budget": BUDGET,
        "limited_until": report.history.limited_until.filter(|until| *until > report.now).map(timestamp),
        "last_failure": report.failure().map(|f| json!({ "at": timestamp(f.at), "message": f.message })),
    })
}

fn for_people(report: &Report, colour: bool) -> String {
    let Readable { auth_url, method: _, account, scope } = &report.identity;
    let paint = |code: &str, text: String| if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text };
    let mut lines = vec![
        format!("login     {} at {}", escaped(account, 200), escaped(auth_url, 200)),
        format!("scope     {}", escaped(scope, 200)),
    ];
    lines.extend(report.cloud.iter().map(|cloud| format!("cloud     {cloud}")));
    let state = paint(if report.state() == "fresh" { "32" } else { "33" }, report.state().into());
    match &report.kept {
        None => lines.push(format!("token     {state}: the next use creates one")),
        Some(kept) => {
            let record = &kept.record;
            let (left, life) = (record.remaining(report.now).max(0), record.lifetime().max(1));
            let full = (left.saturating_mul(BAR) / life).clamp(0, BAR);
            let bar: String = (0..BAR).map(|place| if place < full { '#' } else { '.' }).collect();
            lines.push(format!("token     {state} [{bar}] {} of {}", duration(left), duration(life)));
            lines.push(match record.until_refresh(report.now) {
                wait if wait > 0 => format!("renewal   in {}", duration(wait)),
                _ => "renewal   on next use".into(),
            });
        }
    }
    if report.asked && report.kept.is_none() {
        lines.push("keystone  not checked: there is no token".into());
    }
    if let Some(known) = report.known {
        let words = if known { "the token is valid" } else { "the token is not valid any more: run `ostoken refresh`" };
        lines.push(format!("keystone  {words}"));
    }
    lines.push(format!("keyring   {} ({})", report.backend, escaped(&report.why, 300)));
    lines.push(format!("secret    {}", report.secret));
    lines.push(format!("requests  {} of {BUDGET} in the last minute", report.history.recent(report.now).len()));
    if let Some(until) = report.history.limited_until.filter(|until| *until > report.now) {
        lines.push(paint("31", format!("limited   for another {}", duration(until - report.now))));
    }
    if let Some(failure) = report.failure() {
        let ago = duration(report.now.saturating_sub(failure.at));
        lines.push(paint("31", format!("failure   {ago} ago: {}", escaped(&failure.message, 300))));
    }
    lines.push(String::new());
    lines.join("\n")
}
