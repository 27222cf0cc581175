//! The answer for fish. Its functions cannot be named like the builtins that stand here, so these need no `builtin`.

use super::super::change::Change;
use super::super::shell::fish;
use super::Answer;
use crate::identity::environment::Edit;
use std::fmt::Write;
use zeroize::Zeroizing;

pub fn answer(answer: &Answer) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("{}\n", answer.token_text()));
    for change in &answer.changes {
        let _ = writeln!(text, "{}", code(change));
    }
    let _ = writeln!(text, "set __ostoken_left {}", answer.left.max(1));
    let _ = writeln!(text, "set __ostoken_lease {}", fish(answer.lease_text()));
    let _ = writeln!(text, "set __ostoken_said {}", fish(&answer.said_text()));
    text
}

fn code(change: &Change) -> String {
    match change {
        Change::Keep { from, to } => format!("set -gx {to} \"${from}\""),
        Change::Unset(name) => unset(name),
        Change::Restore => "__ostoken_restore".into(),
        Change::Token => "set -gx OS_TOKEN $__ostoken_t".into(),
        Change::Word(name, word) => format!("set -gx {name} {word}"),
    }
}

/// A function of the hook: a variable may be universal, and those of other shells stay.
fn unset(name: &str) -> String {
    format!("__ostoken_unset {name}")
}

pub fn use_file(edits: &[Edit]) -> String {
    let mut text = String::from("\n__ostoken_restore\n");
    for edit in edits {
        let _ = match edit {
            Edit::Set(name, value) => writeln!(text, "set -gx {name} {}", fish(value)),
            Edit::Unset(name) => writeln!(text, "{}", unset(name)),
        };
    }
    text
}
