//! `ostoken env`: what a shell evaluates, for people and scripts.

use super::Context;
use super::session::{Opening, Session};
use crate::cli::Global;
use crate::error::{Error, Exit};
use crate::output::change::Scrub;
use crate::output::shell::{Shell, line};
use zeroize::Zeroizing;

/// Prints the lines that put the token, and an OpenRC file's variables, into the shell's environment.
pub fn run(global: &Global, shell: Shell, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Opening::Usual, context)?;
    let kept = session.obtain(0, context)?.kept;
    let mut text = Zeroizing::new(String::new());
    for edit in session.edits(&kept, Scrub::Nothing, context) {
        text.push_str(&line(shell, &edit)?);
        text.push('\n');
    }
    context.answer(&text)?;
    Ok(Exit::Done)
}
