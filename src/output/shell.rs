//! Setting and unsetting variables in the shells' own words, with every value quoted for the shell that reads it.

use crate::error::{Error, escaped};

/// A shell that `ostoken env` writes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell, also Windows PowerShell
    Powershell,
    /// sh, dash, ksh, busybox
    Posix,
    // By `for /f "delims=" %i in ('ostoken env --shell cmd') do @call %i`; Wine's cmd.exe wants the `call`.
    /// cmd.exe
    Cmd,
}

/// One line that sets the variable to `value`, or unsets it, without its end.
///
/// # Errors
/// [`Error::Usage`] for a value that this shell cannot be given.
pub fn line(shell: Shell, name: &str, value: Option<&str>) -> Result<String, Error> {
    Ok(match (shell, value) {
        (Shell::Bash | Shell::Zsh | Shell::Posix, Some(value)) => format!("export {name}={}", posix(value)),
        (Shell::Bash | Shell::Zsh | Shell::Posix, None) => format!("unset {name}"),
        (Shell::Fish, Some(value)) => format!("set -gx {name} {}", fish(value)),
        (Shell::Fish, None) => format!("set -e {name}"),
        (Shell::Powershell, Some(value)) => format!("$env:{name} = {}", powershell(value)),
        (Shell::Powershell, None) => format!("Remove-Item -ErrorAction Ignore Env:{name}"),
        (Shell::Cmd, Some(value)) => format!("set \"{name}={}\"", cmd(name, value)?),
        (Shell::Cmd, None) => format!("set \"{name}=\""),
    })
}

/// `value` as one word of this shell; of cmd.exe as well as that can be said.
pub fn quoted(shell: Shell, value: &str) -> String {
    match shell {
        Shell::Bash | Shell::Zsh | Shell::Posix => posix(value),
        Shell::Fish => fish(value),
        Shell::Powershell => powershell(value),
        Shell::Cmd => format!("\"{value}\""),
    }
}

/// Single quotes, in which these shells read nothing but the closing one.
pub fn posix(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// Single quotes, in which fish reads backslashes before a quote or a backslash.
pub fn fish(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Single quotes, in which PowerShell reads a doubled quote as one. Its typographic quotes end the text as well.
fn powershell(value: &str) -> String {
    let mut quoted = String::from("'");
    for c in value.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

/// cmd.exe has no quoting that holds in a `for` variable as well as in a batch file: such values are refused.
fn cmd<'v>(name: &str, value: &'v str) -> Result<&'v str, Error> {
    match value.chars().find(|c| matches!(c, '"' | '%' | '!' | '^') || c.is_control()) {
        None => Ok(value),
        Some(c) => {
            let why = format!(
                "`{}` contains `{}`, which cmd.exe cannot represent",
                escaped(value, 80),
                escaped(&c.to_string(), 9)
            );
            Err(Error::variable(name, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(shell: Shell, value: &str) -> String {
        line(shell, "X", Some(value)).expect("a line")
    }

    #[test]
    fn quotes_are_each_shells_own() {
        let hostile = r#"a'b"c\d$(id)`id`%PATH%;!x"#;
        assert_eq!(set(Shell::Bash, hostile), r#"export X='a'\''b"c\d$(id)`id`%PATH%;!x'"#);
        assert_eq!(set(Shell::Fish, hostile), r#"set -gx X 'a\'b"c\\d$(id)`id`%PATH%;!x'"#);
        assert_eq!(set(Shell::Powershell, "a'b\u{2019}c"), "$env:X = 'a''b\u{2019}\u{2019}c'");
        assert_eq!(set(Shell::Cmd, "a b&c"), "set \"X=a b&c\"");
    }

    #[test]
    fn cmd_is_not_given_what_it_would_expand() {
        for bad in ["100%", "a\"b", "a!b", "a^b"] {
            assert!(line(Shell::Cmd, "X", Some(bad)).is_err());
        }
    }
}
