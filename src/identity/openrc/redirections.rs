//! Redirections that cannot keep a command from running.

use super::error::{Fault, refuse};
use super::syntax::{Redirection, Simple};

/// A redirection that fails keeps its command from running, so before a command that counts only
/// those that cannot fail are taken: /dev/null, the standard streams, and `also`.
pub(super) fn certain_redirections(command: &Simple<'_>, also: &[&[u8]]) -> Result<(), Fault> {
    for redirection in &command.redirections {
        let Redirection { at, duplicates, target } = redirection;
        let literal = target.literal().unwrap_or_default();
        let fine = match literal.as_slice() {
            b"0" | b"1" | b"2" => *duplicates,
            b"/dev/null" => !duplicates,
            other => also.contains(&other),
        };
        if !fine {
            return refuse(*at, target.end, "this redirection decides whether the command runs, or what it reads");
        }
    }
    Ok(())
}
