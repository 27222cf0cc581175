//! The answer for bash and zsh.

use super::super::shell::posix;
use super::Answer;
use crate::identity::environment::EnvChange;
use std::fmt::Write;
use zeroize::Zeroizing;

pub fn answer(answer: &Answer) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("{}\n", answer.token_text()));
    text.push_str(&changes(&answer.changes));
    let _ = writeln!(text, "__ostoken_left={}", answer.left.max(1));
    let _ = writeln!(text, "__ostoken_lease={}", posix(answer.lease_text()));
    let _ = writeln!(text, "__ostoken_said={}", answer.notice_text());
    text
}

fn code(change: &EnvChange) -> String {
    match change {
        EnvChange::Copy { from, to } => format!("\\builtin export {to}=\"${from}\""),
        EnvChange::Unset(name) => format!("\\builtin unset {name}"),
        EnvChange::Restore => "__ostoken_restore".into(),
        EnvChange::Token(_) => "\\builtin export OS_TOKEN=\"$__ostoken_t\"".into(),
        EnvChange::Set(name, value) => format!("\\builtin export {name}={}", posix(value)),
    }
}

/// The code that carries out the changes, a line each.
pub fn changes(changes: &[EnvChange]) -> String {
    changes.iter().map(|change| code(change) + "\n").collect()
}
