//! `ostoken doctor`: what is wrong, and the command that mends it.

use crate::cli::Global;
use crate::context::Context;
use crate::doctor::{Examination, report};
use crate::error::{Error, Exit};

/// Prints what was found; a problem is exit code 1.
pub fn run(global: &Global, as_json: bool, context: &mut Context) -> Result<Exit, Error> {
    let parent = parent();
    let examination = Examination::new(global, context.environment, context.clock, parent.as_deref());
    let findings = context.with_progress(&examination.host(), || examination.findings());
    context.answer(&match as_json {
        true => report::for_programs(&findings),
        false => report::for_people(&findings),
    })?;
    Ok(if report::problems(&findings) == 0 { Exit::Done } else { Exit::Other })
}

/// The name of the program that started this one: the shell in use.
#[cfg(target_os = "linux")]
fn parent() -> Option<String> {
    let number = rustix::process::getppid()?.as_raw_nonzero();
    let name = fs_err::read_to_string(format!("/proc/{number}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Elsewhere the environment tells.
#[cfg(not(target_os = "linux"))]
fn parent() -> Option<String> {
    None
}
