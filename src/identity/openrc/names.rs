//! What the reader knows about names: of variables, of secrets, of commands.

/// Whether this is a name that the shell would take for a variable.
pub(super) fn is_name(text: &[u8]) -> bool {
    name_length(text) == text.len() && !text.is_empty()
}

/// How many bytes at the beginning of `text` form a variable's name.
pub(super) fn name_length(text: &[u8]) -> usize {
    match text.first() {
        Some(first) if first.is_ascii_alphabetic() || *first == b'_' => {
            text.iter().position(|&byte| !is_name_byte(byte)).unwrap_or(text.len())
        }
        _ => 0,
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The variables this module is about.
pub(super) fn is_openstack(name: &str) -> bool {
    name.starts_with("OS_")
}

/// Whether a variable of this name holds a secret, so that its value is never shown.
pub(super) fn is_secret(name: &[u8]) -> bool {
    const MARKS: [&[u8]; 3] = [b"PASS", b"SECRET", b"TOKEN"];
    MARKS.iter().any(|mark| name.windows(mark.len()).any(|part| part.eq_ignore_ascii_case(mark)))
}

/// The first assignment to a secret's name in `text`, as (begin of the name, end of the `=`).
/// Quotes and blanks between them count: `export OS_TOKEN = x` and `"OS_TOKEN"=x` are mistakes
/// that carry a secret all the same.
pub(super) fn secret_assignment(text: &[u8]) -> Option<(usize, usize)> {
    names_in(text).find_map(|(at, end)| {
        let name = text.get(at..end).filter(|name| is_secret(name))?;
        let rest = text.get(at + name.len()..)?;
        let gap = rest.iter().take_while(|byte| b" \t\"'\\\n:+".contains(byte)).count();
        // `-` and `?` give a default inside `${NAME...}` alone; elsewhere they are part of a file's name.
        let is_expansion = at.checked_sub(2).is_some_and(|before| text.get(before..at) == Some(b"${"));
        let assigns = match rest.get(gap) {
            Some(b'=') => true,
            Some(b'-' | b'?') => is_expansion,
            _ => false,
        };
        assigns.then_some((at, end + gap + 1))
    })
}

/// The end of the first secret's name in `text`.
pub(super) fn secret_name(text: &[u8]) -> Option<usize> {
    names_in(text).find(|&(at, end)| text.get(at..end).is_some_and(is_secret)).map(|(_, end)| end)
}

/// Whether a variable decides who logs in where, and how: it has to be known.
pub(super) fn decides(name: &str) -> bool {
    const DECIDING: [&str; 28] = [
        "APPLICATION_CREDENTIAL_ID",
        "APPLICATION_CREDENTIAL_NAME",
        "AUTH_TYPE",
        "AUTH_URL",
        "CACERT",
        "CERT",
        "CLOUD",
        "DEFAULT_DOMAIN",
        "DEFAULT_DOMAIN_ID",
        "DEFAULT_DOMAIN_NAME",
        "DOMAIN_ID",
        "DOMAIN_NAME",
        "INSECURE",
        "INTERFACE",
        "KEY",
        "PROJECT_DOMAIN_ID",
        "PROJECT_DOMAIN_NAME",
        "PROJECT_ID",
        "PROJECT_NAME",
        "REGION_NAME",
        "SYSTEM_SCOPE",
        "TENANT_ID",
        "TENANT_NAME",
        "TRUST_ID",
        "USERNAME",
        "USER_DOMAIN_ID",
        "USER_DOMAIN_NAME",
        "USER_ID",
    ];
    name.strip_prefix("OS_").is_some_and(|name| DECIDING.contains(&name))
}

/// Every run of name characters in `text`, as (begin, end).
fn names_in(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..)?;
        let at = from + rest.iter().position(|&byte| is_name_byte(byte))?;
        let length = text.get(at..)?.iter().take_while(|byte| is_name_byte(**byte)).count();
        from = at + length;
        Some((at, from))
    })
}

/// Variables that the shell computes: what they hold is never known.
pub(super) fn is_computed(name: &str) -> bool {
    const COMPUTED: [&str; 27] = [
        "_",
        "COLUMNS",
        "COMPREPLY",
        "COPROC",
        "DIRSTACK",
        "EPOCHREALTIME",
        "EPOCHSECONDS",
        "EUID",
        "EXECIGNORE",
        "FUNCNAME",
        "FUNCNEST",
        "GROUPS",
        "HISTCMD",
        "LINENO",
        "LINES",
        "MAPFILE",
        "OPTARG",
        "OPTERR",
        "OPTIND",
        "PIPESTATUS",
        "PPID",
        "RANDOM",
        "SECONDS",
        "SHELLOPTS",
        "SHLVL",
        "SRANDOM",
        "UID",
    ];
    COMPUTED.contains(&name) || name.starts_with("BASH") && name != "BASH_SOURCE" || name.starts_with("COMP_")
}

/// Variables that a shell gives itself where the environment has none: without one there, the
/// value is unknown, not empty.
pub(super) fn is_supplied(name: &str) -> bool {
    const SUPPLIED: [&str; 18] = [
        "HISTCONTROL",
        "HISTFILE",
        "HISTFILESIZE",
        "HISTSIZE",
        "HISTTIMEFORMAT",
        "HOME",
        "HOSTNAME",
        "HOSTTYPE",
        "MACHTYPE",
        "MAILCHECK",
        "OLDPWD",
        "OSTYPE",
        "PATH",
        "PROMPT_COMMAND",
        "PS1",
        "PS2",
        "PWD",
        "TERM",
    ];
    SUPPLIED.contains(&name)
}
