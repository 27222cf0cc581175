//! The hooks' own text: that of `shell/`, with the program and the lists of variables filled in.

use super::super::shell::{fish, posix};
use super::{HookShell, ascii};

/// What each hook watches: a token depends on it. Of OS_TOKEN, OS_PASSWORD, OS_PASSCODE and
/// OS_APPLICATION_CREDENTIAL_SECRET a hook sees less than the value, so they stand in its own text.
pub const WATCHED: [&str; 28] = [
    "OS_CLOUD",
    "OS_AUTH_URL",
    "OS_USERNAME",
    "OS_USER_ID",
    "OS_PROJECT_ID",
    "OS_PROJECT_NAME",
    "OS_PROJECT_DOMAIN_ID",
    "OS_PROJECT_DOMAIN_NAME",
    "OS_TENANT_ID",
    "OS_TENANT_NAME",
    "OS_USER_DOMAIN_ID",
    "OS_USER_DOMAIN_NAME",
    "OS_DEFAULT_DOMAIN",
    "OS_DEFAULT_DOMAIN_ID",
    "OS_DEFAULT_DOMAIN_NAME",
    "OS_DOMAIN_ID",
    "OS_DOMAIN_NAME",
    "OS_SYSTEM_SCOPE",
    "OS_TRUST_ID",
    "OS_AUTH_TYPE",
    "OS_APPLICATION_CREDENTIAL_ID",
    "OS_APPLICATION_CREDENTIAL_NAME",
    "OS_CACERT",
    "OS_CERT",
    "OS_KEY",
    "OS_INSECURE",
    "OS_CLIENT_CONFIG_FILE",
    "OSTOKEN_EXPORTED",
];

/// What each hook keeps as it was when it was loaded, and gives to every call: what says where the login, its keyring and
/// its server's authorities are.
pub const PINNED: [&str; 17] = [
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

/// A line that holds this stands in the hook once for each of [`WATCHED`]; one that holds it several times takes as many
/// of them at a time.
const EACH_WATCHED: &str = "__WATCHED__";

/// The hook of `shell`, which calls the program at `path`, with a function for each of the programs `wrapped`.
pub fn hook(shell: HookShell, path: &str, wrapped: &[String]) -> String {
    let (text, line) = template(shell);
    let mut filled = String::with_capacity(2 * text.len());
    for line in text.split_inclusive('\n') {
        match line.matches(EACH_WATCHED).count() {
            0 => filled.push_str(line),
            count => filled.extend(
                WATCHED
                    .chunks(count)
                    .map(|names| names.iter().fold(line.to_owned(), |line, name| line.replacen(EACH_WATCHED, name, 1))),
            ),
        }
    }
    filled
        .replace("__WATCHED_LIST__", &WATCHED.join(" "))
        .replace("__PINNED_LIST__", &PINNED.join(" "))
        .replace("__WRAPPED_LIST__", &wrapped.join(" "))
        .replacen(line, &program(shell, path), 1)
}

/// The text, and the line in it that names the program.
fn template(shell: HookShell) -> (&'static str, &'static str) {
    match shell {
        HookShell::Bash => (include_str!("../../../shell/ostoken.bash"), "\n__ostoken_bin=ostoken\n"),
        HookShell::Zsh => (include_str!("../../../shell/ostoken.zsh"), "\n__ostoken_bin=ostoken\n"),
        HookShell::Fish => (include_str!("../../../shell/ostoken.fish"), "\nset -g __ostoken_bin ostoken\n"),
        HookShell::Powershell => (include_str!("../../../shell/ostoken.ps1"), "\n$__ostoken_bin = 'ostoken'\n"),
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
            let (text, line) = template(*shell);
            assert_eq!(text.matches(line).count(), 1, "{shell:?}");
        }
    }

    #[test]
    fn each_hook_holds_both_lists() {
        for shell in HookShell::value_variants() {
            let text = hook(*shell, "ostoken", &["openstack".into()]);
            assert!(!["__WATCHED", "__PINNED", "__WRAPPED"].iter().any(|mark| text.contains(mark)), "{shell:?}");
            let words: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
            let missing: Vec<_> =
                WATCHED.into_iter().chain(PINNED).chain(["openstack"]).filter(|name| !words.contains(name)).collect();
            assert!(missing.is_empty(), "{shell:?}: {missing:?}");
        }
    }

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
    fn every_variable_that_decides_a_login_is_watched_or_pinned() {
        let asked_for = asked_for();
        assert!(asked_for.contains("OS_CERT") && asked_for.contains("OS_TRUST_ID") && asked_for.len() > 25);
        let is_proxy = |name: &str| name.to_ascii_lowercase().ends_with("_proxy");
        let is_secret = |name: &str| ["OS_PASSWORD", "OS_APPLICATION_CREDENTIAL_SECRET"].contains(&name);
        let is_known = |name: &str| WATCHED.contains(&name) || PINNED.contains(&name);
        let missing: Vec<_> =
            asked_for.iter().filter(|name| !is_proxy(name) && !is_secret(name) && !is_known(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn powershell_is_told_the_path_in_ascii() {
        let line = program(HookShell::Powershell, r"C:\Users\Zoé O'Neil\ostoken.exe");
        let path = r"C:\u005cUsers\u005cZo\u00e9 O\u0027Neil\u005costoken.exe";
        assert_eq!(line, format!("\n$__ostoken_bin = [regex]::Unescape('{path}')\n"));
    }
}
