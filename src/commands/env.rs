//! `ostoken env`: what a shell evaluates, for people and scripts.

use super::Context;
use super::session::{Opening, Session};
use crate::cli::Global;
use crate::error::{Error, Exit};
use crate::output::change::{self, Scrub};
use crate::output::shell::{Shell, line};
use zeroize::Zeroizing;

/// Prints the lines that put the token, and an OpenRC file's variables, into the shell's environment.
pub fn run(global: &Global, shell: Shell, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Opening::Usual, context)?;
    let kept = session.obtain(0, context)?.kept;
    let environment = &session.origin.environment;
    let mut edits = match session.origin.openrc {
        Some(_) => change::replace(context.environment, environment),
        None => Vec::new(),
    };
    let changes = change::export(environment, session.source(), &kept.token, &kept.record, Scrub::Nothing);
    edits.extend(change::edits(&changes, environment, &kept.token));
    let mut text = Zeroizing::new(String::new());
    for edit in &edits {
        text.push_str(&line(shell, edit)?);
        text.push('\n');
    }
    context.answer(&text)?;
    Ok(Exit::Done)
}
