//! The answer for bash and zsh.

use super::super::change::Change;
use super::super::shell::posix;
use super::Answer;
use crate::identity::environment::Edit;
use std::fmt::Write;
use zeroize::Zeroizing;

pub fn answer(answer: &Answer) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("{}\n", answer.token_text()));
    for change in &answer.changes {
        let _ = writeln!(text, "{}", code(change));
    }
    let _ = writeln!(text, "__ostoken_left={}", answer.left.max(1));
    let _ = writeln!(text, "__ostoken_lease={}", posix(answer.lease_text()));
    let _ = writeln!(text, "__ostoken_said={}", answer.said_text());
    text
}

fn code(change: &Change) -> String {
    match change {
        Change::Keep { from, to } => format!("\\builtin export {to}=\"${from}\""),
        Change::Unset(name) => format!("\\builtin unset {name}"),
        Change::Restore => "__ostoken_restore".into(),
        Change::Token => "\\builtin export OS_TOKEN=\"$__ostoken_t\"".into(),
        Change::Word(name, word) => format!("\\builtin export {name}={word}"),
    }
}

pub fn use_file(edits: &[Edit]) -> String {
    let mut text = String::from("\n__ostoken_restore\n");
    for edit in edits {
        let _ = match edit {
            Edit::Set(name, value) => writeln!(text, "\\builtin export {name}={}", posix(value)),
            Edit::Unset(name) => writeln!(text, "\\builtin unset {name}"),
        };
    }
    text
}
