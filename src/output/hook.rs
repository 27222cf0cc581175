//! The answer to a hook: the token on the first line, then code that sets variables.
//!
//! The token stands in no evaluated text, so that no trace shows it; and the code holds no value of the environment: it
//! copies shell variables.

use super::change::Change;
use super::shell::posix;
use crate::error::Kind;
use crate::identity::environment::Edit;
use crate::secret::Token;
use std::fmt::Write;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What a hook is told.
#[derive(Debug, Default)]
pub struct Answer {
    /// The token, where one is exported.
    pub token: Option<Token>,
    /// What changes in the environment, in this order.
    pub changes: Vec<Change>,
    /// Seconds until it is of use to ask again, at least 1.
    pub left: u64,
    /// The file whose absence says: ask again.
    pub lease: Option<PathBuf>,
    /// What was said, for the next call.
    pub said: Option<Said>,
}

/// What a hook remembers of the last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// This went wrong, and its message was printed.
    Failed(Kind),
    /// A token is on its way: nothing was printed, and the next prompt need not wait for it.
    Pending,
}

impl Said {
    /// The word that the hook passes back as `--said`.
    pub fn word(self) -> &'static str {
        match self {
            Said::Failed(kind) => kind.word(),
            Said::Pending => "pending",
        }
    }
}

/// The answer for bash and zsh.
pub fn posix_answer(answer: &Answer) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    let Answer { token, changes, left, lease, said } = answer;
    let lease = lease.as_ref().and_then(|path| path.to_str()).unwrap_or_default();
    let _ = writeln!(text, "{}", token.as_ref().map_or("", Token::expose));
    for change in changes {
        let _ = writeln!(text, "{}", code(change));
    }
    let _ = writeln!(text, "__ostoken_left={}", (*left).max(1));
    let _ = writeln!(text, "__ostoken_lease={}", posix(lease));
    let _ = writeln!(text, "__ostoken_said={}", said.map_or("", Said::word));
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

/// The answer to `ostoken_use FILE` for bash and zsh: the file's variables, quoted, in place of the environment's.
pub fn posix_use(edits: &[Edit]) -> String {
    let mut text = String::from("\n__ostoken_restore\n");
    for edit in edits {
        let _ = match edit {
            Edit::Set(name, value) => writeln!(text, "\\builtin export {name}={}", posix(value)),
            Edit::Unset(name) => writeln!(text, "\\builtin unset {name}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stands_on_the_first_line_alone() {
        let answer = Answer {
            token: Token::parse("gAAAAAB"),
            changes: vec![
                Change::Keep { from: "OS_USER_DOMAIN_NAME".into(), to: "OSTOKEN_USER_DOMAIN_NAME".into() },
                Change::Unset("OS_USER_DOMAIN_NAME".into()),
                Change::Token,
                Change::Word("OS_AUTH_TYPE", "token".into()),
            ],
            left: 7,
            lease: Some("/home/o'neil/lease.1".into()),
            ..Answer::default()
        };
        let expected = r#"gAAAAAB
\builtin export OSTOKEN_USER_DOMAIN_NAME="$OS_USER_DOMAIN_NAME"
\builtin unset OS_USER_DOMAIN_NAME
\builtin export OS_TOKEN="$__ostoken_t"
\builtin export OS_AUTH_TYPE=token
__ostoken_left=7
__ostoken_lease='/home/o'\''neil/lease.1'
__ostoken_said=
"#;
        assert_eq!(*posix_answer(&answer), expected);
    }

    #[test]
    fn nothing_to_export_is_an_answer_too() {
        let answer =
            Answer { changes: vec![Change::Restore], said: Some(Said::Failed(Kind::Refused)), ..Answer::default() };
        let expected = "\n__ostoken_restore\n__ostoken_left=1\n__ostoken_lease=''\n__ostoken_said=refused\n";
        assert_eq!(*posix_answer(&answer), expected);
    }
}
