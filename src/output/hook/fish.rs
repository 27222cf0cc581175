//! The answer for fish. Its functions cannot be named like the builtins that stand here, so these need no `builtin`.

use super::super::shell::fish;
use super::Answer;
use crate::identity::environment::EnvChange;
use std::fmt::Write;
use zeroize::Zeroizing;

pub fn answer(answer: &Answer) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("{}\n", answer.token_text()));
    text.push_str(&changes(&answer.changes));
    let _ = writeln!(text, "set __ostoken_left {}", answer.left.max(1));
    let _ = writeln!(text, "set __ostoken_lease {}", fish(answer.lease_text()));
    let _ = writeln!(text, "set __ostoken_said {}", fish(&answer.notice_text()));
    text
}

fn code(change: &EnvChange) -> String {
    match change {
        EnvChange::Copy { from, to } => format!("set -gx {to} \"${from}\""),
        EnvChange::Unset(name) => unset(name),
        EnvChange::Restore => "__ostoken_restore".into(),
        EnvChange::Token(_) => "set -gx OS_TOKEN $__ostoken_t".into(),
        EnvChange::Set(name, value) => format!("set -gx {name} {}", fish(value)),
    }
}

/// A function of the hook: a variable may be universal, and those of other shells stay.
fn unset(name: &str) -> String {
    format!("__ostoken_unset {name}")
}

/// The code that carries out the changes, a line each.
pub fn changes(changes: &[EnvChange]) -> String {
    changes.iter().map(|change| code(change) + "\n").collect()
}
