//! The answer to a hook, written for each shell.
//!
//! bash, zsh and fish get the token on the first line, then code that sets variables; PowerShell gets data. The token
//! stands in no evaluated text, so that no trace shows it; and the answer holds no value of the environment: the shell
//! copies its own variables.

mod fish;
mod notice;
mod posix;
mod powershell;
mod template;

pub use notice::Notice;
use powershell::ascii;
pub use template::hook;

use crate::identity::environment::EnvChange;
use crate::secret::Token;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A shell that has a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum HookShell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell, also Windows PowerShell
    Powershell,
}

/// What a hook is told.
#[derive(Debug, Default)]
pub struct Answer {
    /// The token, where one is exported.
    pub token: Option<Token>,
    /// What changes in the environment, in this order.
    pub changes: Vec<EnvChange>,
    /// Seconds until it is of use to ask again, at least 1.
    pub left: u64,
    /// The file whose absence says: ask again.
    pub lease: Option<PathBuf>,
    /// What was said, for the next call.
    pub notice: Notice,
}

impl Answer {
    /// The answer in the words of `shell`.
    pub fn text(&self, shell: HookShell) -> Zeroizing<String> {
        match shell {
            HookShell::Bash | HookShell::Zsh => posix::answer(self),
            HookShell::Fish => fish::answer(self),
            HookShell::Powershell => powershell::answer(self),
        }
    }

    fn token_text(&self) -> &str {
        self.token.as_ref().map_or("", Token::expose)
    }

    /// The lease's path; empty where there is none that a shell can be told.
    fn lease_text(&self) -> &str {
        self.lease.as_ref().and_then(|path| path.to_str()).unwrap_or_default()
    }

    fn notice_text(&self) -> String {
        self.notice.text()
    }
}

/// The answer to `ostoken_use FILE` in the words of `shell`: the file's variables in place of the environment's. They hold
/// no secret.
pub fn use_text(shell: HookShell, changes: Vec<EnvChange>) -> String {
    let changes: Vec<_> = std::iter::once(EnvChange::Restore).chain(changes).collect();
    match shell {
        // No token on the first line.
        HookShell::Bash | HookShell::Zsh => format!("\n{}", posix::changes(&changes)),
        HookShell::Fish => format!("\n{}", fish::changes(&changes)),
        HookShell::Powershell => powershell::changes(&changes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer {
            token: Token::parse("gAAAAAB"),
            changes: vec![
                EnvChange::Copy { from: "OS_USER_DOMAIN_NAME".into(), to: "OSTOKEN_USER_DOMAIN_NAME".into() },
                EnvChange::Unset("OS_USER_DOMAIN_NAME".into()),
                EnvChange::Token(Token::parse("gAAAAAB").expect("a token")),
                EnvChange::set("OS_AUTH_TYPE", "token"),
            ],
            left: 7,
            lease: Some("/home/o'neil é\\/lease.1".into()),
            ..Answer::default()
        }
    }

    fn of_file() -> Vec<EnvChange> {
        vec![EnvChange::Unset("OS_CLOUD".into()), EnvChange::set("OS_PROJECT_NAME", "it's \\ é\u{1f600}")]
    }

    #[test]
    fn bash_and_zsh_find_the_token_on_the_first_line_alone() {
        let expected = r#"gAAAAAB
\builtin export OSTOKEN_USER_DOMAIN_NAME="$OS_USER_DOMAIN_NAME"
\builtin unset OS_USER_DOMAIN_NAME
\builtin export OS_TOKEN="$__ostoken_t"
\builtin export OS_AUTH_TYPE='token'
__ostoken_left=7
__ostoken_lease='/home/o'\''neil é\/lease.1'
__ostoken_said=
"#;
        assert_eq!(*answer().text(HookShell::Bash), expected);
        assert_eq!(*answer().text(HookShell::Zsh), expected);
    }

    #[test]
    fn fish_finds_the_token_on_the_first_line_alone() {
        let expected = r#"gAAAAAB
set -gx OSTOKEN_USER_DOMAIN_NAME "$OS_USER_DOMAIN_NAME"
__ostoken_unset OS_USER_DOMAIN_NAME
set -gx OS_TOKEN $__ostoken_t
set -gx OS_AUTH_TYPE 'token'
set __ostoken_left 7
set __ostoken_lease '/home/o\'neil é\\/lease.1'
set __ostoken_said ''
"#;
        assert_eq!(*answer().text(HookShell::Fish), expected);
    }

    #[test]
    fn powershell_gets_ascii_data() {
        let expected = r"ostoken 1
copy OSTOKEN_USER_DOMAIN_NAME=OS_USER_DOMAIN_NAME
unset OS_USER_DOMAIN_NAME
set OS_TOKEN=gAAAAAB
set OS_AUTH_TYPE=token
left 7
lease /home/o'neil \u00e9\u005c/lease.1
said
end
";
        assert_eq!(*answer().text(HookShell::Powershell), expected.replace("said\n", "said \n"));
    }

    #[test]
    fn nothing_to_export_is_an_answer_too() {
        let answer = Answer {
            changes: vec![EnvChange::Restore],
            notice: Notice::parse("refused.1f,since.7,pending"),
            ..Answer::default()
        };
        let text = |shell| answer.text(shell).to_string();
        let posix =
            "\n__ostoken_restore\n__ostoken_left=1\n__ostoken_lease=''\n__ostoken_said=pending,since.7,refused.1f\n";
        assert_eq!(text(HookShell::Bash), posix);
        let fish = "\n__ostoken_restore\nset __ostoken_left 1\nset __ostoken_lease ''\nset __ostoken_said 'pending,since.7,refused.1f'\n";
        assert_eq!(text(HookShell::Fish), fish);
        assert_eq!(
            text(HookShell::Powershell),
            "ostoken 1\nrestore\nleft 1\nlease \nsaid pending,since.7,refused.1f\nend\n"
        );
    }

    #[test]
    fn a_files_variables_are_quoted_for_the_shell_that_reads_them() {
        let posix = "\n__ostoken_restore\n\\builtin unset OS_CLOUD\n\
                     \\builtin export OS_PROJECT_NAME='it'\\''s \\ é😀'\n";
        assert_eq!(use_text(HookShell::Zsh, of_file()), posix);
        let fish = "\n__ostoken_restore\n__ostoken_unset OS_CLOUD\nset -gx OS_PROJECT_NAME 'it\\'s \\\\ é😀'\n";
        assert_eq!(use_text(HookShell::Fish, of_file()), fish);
        let powershell = "ostoken 1\nrestore\nunset OS_CLOUD\n\
                          set OS_PROJECT_NAME=it's \\u005c \\u00e9\\ud83d\\ude00\nend\n";
        assert_eq!(use_text(HookShell::Powershell, of_file()), powershell);
    }
}
