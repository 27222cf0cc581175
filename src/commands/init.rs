//! `ostoken init`: prints the hook of a shell, with this program's own path in it.

use crate::context::Context;
use crate::error::{Error, Exit};
use crate::output::hook::{HookShell, ascii};
use crate::output::shell::{fish, posix};

/// A hook, and the line in it that names the program.
fn hook(shell: HookShell) -> (&'static str, &'static str) {
    match shell {
        HookShell::Bash => (include_str!("../../shell/ostoken.bash"), "\n__ostoken_bin=ostoken\n"),
        HookShell::Zsh => (include_str!("../../shell/ostoken.zsh"), "\n__ostoken_bin=ostoken\n"),
        HookShell::Fish => (include_str!("../../shell/ostoken.fish"), "\nset -g __ostoken_bin ostoken\n"),
        HookShell::Powershell => (include_str!("../../shell/ostoken.ps1"), "\n$__ostoken_bin = 'ostoken'\n"),
    }
}

/// The same line with this path.
fn program(shell: HookShell, path: &str) -> String {
    match shell {
        HookShell::Bash | HookShell::Zsh => format!("\n__ostoken_bin={}\n", posix(path)),
        HookShell::Fish => format!("\nset -g __ostoken_bin {}\n", fish(path)),
        // The console's code page must not matter.
        HookShell::Powershell => {
            format!("\n$__ostoken_bin = [regex]::Unescape('{}')\n", ascii(path).replace('\'', r"\u0027"))
        }
    }
}

/// Prints the hook.
pub fn run(shell: HookShell, context: &mut Context) -> Result<Exit, Error> {
    let path = std::env::current_exe().map_err(|error| Error::Io { what: "this program's path", error })?;
    let path = path.to_str().ok_or_else(|| {
        Error::usage("init", "this program's path is not valid UTF-8", "install ostoken in another folder")
    })?;
    // The name that git looks for is the same program under another name.
    let path = path.replace("git-credential-ostoken", "ostoken");
    let (text, line) = hook(shell);
    let text = text.replacen(line, &program(shell, &path), 1);
    context.answer(&text.replace(STATE, &format!("__ostoken_{}_", number()?)))?;
    Ok(Exit::Done)
}

/// How the names of the hooks' own variables begin.
const STATE: &str = "__ostoken__";

/// A number for those names: a .env can set any variable, but not one whose name it cannot know.
fn number() -> Result<u64, Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Io { what: "random number", error: std::io::Error::other(error) })?;
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::resolve;
    use clap::ValueEnum;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    #[test]
    fn each_hook_has_the_line_that_names_the_program_once() {
        for shell in HookShell::value_variants() {
            let (text, line) = hook(*shell);
            assert_eq!(text.matches(line).count(), 1, "{shell:?}");
        }
    }

    /// What each hook keeps as it was when it was loaded, and gives to every call: what says where the login, its keyring
    /// and its server's authorities are.
    const PINNED: [&str; 17] = [
        "HOME",
        "XDG_STATE_HOME",
        "XDG_RUNTIME_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "HOSTALIASES",
        "LOCALDOMAIN",
        "RES_OPTIONS",
        "OSTOKEN_KEYRING",
        "OSTOKEN_KEYRING_SERVICE",
        "OSTOKEN_EXPORT",
        "OSTOKEN_SCRUB",
        "OSTOKEN_REFRESH_AFTER",
        "OSTOKEN_ALLOW_HTTP",
    ];

    /// Each variable that an identity is read from, as the code asks for it.
    fn asked_for() -> BTreeSet<String> {
        let environments: [&[(&str, &str)]; 4] = [
            &[("OS_USERNAME", "me"), ("OS_PROJECT_NAME", "p")],
            &[("OS_USERNAME", "me"), ("OS_SYSTEM_SCOPE", "all")],
            &[("OS_USER_ID", "me"), ("OS_DOMAIN_ID", "d")],
            &[
                ("OS_AUTH_TYPE", "v3applicationcredential"),
                ("OS_APPLICATION_CREDENTIAL_NAME", "c"),
                ("OS_USERNAME", "me"),
            ],
        ];
        let names = RefCell::new(BTreeSet::new());
        for more in environments {
            let lookup = |name: &str| {
                names.borrow_mut().insert(name.to_owned());
                let given = more.iter().chain(&[("OS_AUTH_URL", "https://h/v3")]);
                given.copied().find_map(|(known, value)| (known == name).then_some(value))
            };
            resolve::source(&lookup, false).expect("an identity");
        }
        names.into_inner()
    }

    #[test]
    fn each_hook_watches_or_pins_every_variable_that_decides_a_login() {
        let asked_for = asked_for();
        assert!(asked_for.contains("OS_CERT") && asked_for.contains("OS_TRUST_ID") && asked_for.len() > 25);
        for shell in HookShell::value_variants() {
            let (text, _) = hook(*shell);
            let words: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
            let is_proxy = |name: &str| name.to_ascii_lowercase().ends_with("_proxy");
            let missing: Vec<_> = asked_for
                .iter()
                .map(String::as_str)
                .chain(PINNED)
                .filter(|name| !is_proxy(name) && !words.contains(name))
                .collect();
            assert!(missing.is_empty(), "{shell:?}: {missing:?}");
        }
    }

    #[test]
    fn powershell_is_told_the_path_in_ascii() {
        let line = program(HookShell::Powershell, r"C:\Users\Zoé O'Neil\ostoken.exe");
        let path = r"C:\u005cUsers\u005cZo\u00e9 O\u0027Neil\u005costoken.exe";
        assert_eq!(line, format!("\n$__ostoken_bin = [regex]::Unescape('{path}')\n"));
    }
}
