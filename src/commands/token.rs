//! `ostoken token`: prints a valid token. Never reads standard input, never prompts.

use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit};
use crate::login_history::Caller;
use crate::output::{Format, format};
use crate::session::Session;
use std::time::Duration;

/// Prints the token in the form that is asked for.
pub fn run(global: &Global, form: Format, min_ttl: Option<Duration>, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let min_ttl = min_ttl.map_or(0, |duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX));
    let handout = session.obtain(min_ttl, context)?;
    context.answer(&format(form, &handout.kept.token, &handout.kept.record))?;
    Ok(Exit::Done)
}
