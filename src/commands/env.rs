//! `ostoken env`: what a shell evaluates, for people and scripts.

use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit};
use crate::login_history::Caller;
use crate::output::change::Scrub;
use crate::output::shell::{Shell, line};
use crate::session::Session;
use zeroize::Zeroizing;

/// Prints the lines that put the token, and an OpenRC file's variables, into the shell's environment.
pub fn run(global: &Global, shell: Shell, min_ttl: i64, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let kept = session.obtain(min_ttl, context)?.kept;
    let mut text = Zeroizing::new(String::new());
    for (name, value) in
        session.export(&kept, Scrub::Nothing, context).iter().filter_map(|change| session.variable(change))
    {
        text.push_str(&line(shell, name, value)?);
        text.push('\n');
    }
    context.answer(&text)?;
    Ok(Exit::Done)
}
