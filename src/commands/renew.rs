//! `ostoken renew`: what a hook leaves behind, so that a slow Keystone's token is never made and thrown away.

use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit};
use crate::login_history::Caller;
use crate::prompt::Cause;
use crate::session::Session;
use std::time::Duration;

/// Nothing that a hook started lives longer than this.
const LIMIT: Duration = Duration::from_secs(20);
/// Of that, what it may take to note that Keystone did not answer: a busy disk takes its time.
const TO_NOTE: Duration = Duration::from_secs(4);

/// Makes or renews the token in a session of its own, which the terminal's signals do not reach.
pub fn run(global: &Global, context: &mut Context) -> Result<Exit, Error> {
    #[cfg(unix)]
    let _ = rustix::process::setsid();
    std::thread::spawn(|| {
        std::thread::sleep(LIMIT);
        std::process::exit(i32::from(Exit::Unreachable as u8));
    });
    let Err(error) = renew(global, context) else { return Ok(Exit::Done) };
    // For the prompt that started this, if it still waits.
    let cause = serde_json::to_string(&Cause { kind: error.kind(), message: error.to_string() });
    context.answer(&cause.unwrap_or_default())?;
    Err(error)
}

fn renew(global: &Global, context: &Context) -> Result<(), Error> {
    let mut session = Session::open(global, Caller::Prompt, context)?;
    session.deadline = Some(context.started + LIMIT - TO_NOTE);
    let made = session.broker(|broker| broker.obtain(0));
    let Some(error) = made.map_or_else(Some, |handout| handout.warning) else { return Ok(()) };
    // The next prompt reads it.
    let now = context.clock.now();
    let noted = session.store.remember(&session.source.identity.login.key(), |history| {
        history.explain(now, &error);
        Ok(())
    });
    noted.and(Err(error))
}
