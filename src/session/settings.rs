//! What the OSTOKEN_* variables and the system say about where things are kept and when tokens are renewed.

use crate::cli::Global;
use crate::error::{Error, escaped};
use crate::identity::Environment;
use crate::record::{REFRESH_AFTER, RefreshRule};
use std::path::{Path, PathBuf};

/// The name under which keyring entries are kept where nothing else is set.
const DEFAULT_SERVICE: &str = "ostoken";

/// Whether plain http to another machine is wanted.
pub fn allows_http(global: &Global, environment: &Environment) -> bool {
    global.allow_http || environment.get("OSTOKEN_ALLOW_HTTP").is_some_and(|value| value != "0")
}

/// Where the state lies: XDG_STATE_HOME on Linux, the local data folder elsewhere.
///
/// # Errors
/// [`Error::Usage`] where no home is known.
pub fn state_folder(environment: &Environment) -> Result<PathBuf, Error> {
    // The environment snapshot decides on Linux, so that it can be given in tests; elsewhere the system is asked.
    if cfg!(target_os = "linux") {
        for (name, below) in [("XDG_STATE_HOME", "ostoken"), ("HOME", ".local/state/ostoken")] {
            match environment.get(name) {
                Some(text) if text.contains(char::REPLACEMENT_CHARACTER) => {
                    return Err(Error::variable(name, "not valid UTF-8"));
                }
                Some(text) if Path::new(text).is_absolute() => return Ok(Path::new(text).join(below)),
                _ => {}
            }
        }
    }
    let found = directories::ProjectDirs::from("", "", "ostoken").map(|folders| folders.data_local_dir().to_owned());
    // A relative HOME is another folder for each program that is started elsewhere.
    found
        .filter(|folder| folder.is_absolute())
        .ok_or_else(|| Error::variable("HOME", "not set, so there is no place for the state folder"))
}

/// The name under which keyring entries are kept: OSTOKEN_KEYRING_SERVICE, or `ostoken`.
///
/// # Errors
/// [`Error::Usage`] for what is no plain word.
pub fn service(environment: &Environment) -> Result<&str, Error> {
    let service = environment.get("OSTOKEN_KEYRING_SERVICE").unwrap_or(DEFAULT_SERVICE);
    let is_word = service.len() <= 64 && service.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c));
    match is_word {
        true => Ok(service),
        false => {
            Err(Error::variable("OSTOKEN_KEYRING_SERVICE", "expected at most 64 letters, digits, `.`, `_` and `-`"))
        }
    }
}

/// Whether there is a session bus; else why not. libdbus starts one of its own if it finds none, connects to other
/// machines, and runs the program that an address names (`unixexec:`): it gets sockets of this machine alone.
///
/// # Errors
/// Why there is none.
pub fn session_bus(environment: &Environment) -> Result<(), &'static str> {
    let in_runtime_folder =
        || environment.get("XDG_RUNTIME_DIR").is_some_and(|folder| is_bus(&Path::new(folder).join("bus")));
    let is_socket = |address: &str| address.is_empty() || address.starts_with("unix:");
    match environment.get("DBUS_SESSION_BUS_ADDRESS") {
        Some(addresses) if addresses.split(';').all(is_socket) => Ok(()),
        Some(_) => Err("DBUS_SESSION_BUS_ADDRESS is not a unix: address"),
        None if in_runtime_folder() => Ok(()),
        None => Err("there is no session bus"),
    }
}

/// What libdbus takes for the user's bus; it runs `dbus-launch` in place of anything else.
#[cfg(unix)]
fn is_bus(path: &Path) -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let ours = rustix::process::getuid().as_raw();
    std::fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_socket() && data.uid() == ours)
}

/// Elsewhere nobody looks for one.
#[cfg(not(unix))]
fn is_bus(_: &Path) -> bool {
    false
}

/// 8 h or OSTOKEN_REFRESH_AFTER, with 5 % of spread so that machines that started together renew apart.
///
/// # Errors
/// [`Error::Usage`] for what is no duration.
pub fn refresh_rule(environment: &Environment) -> Result<RefreshRule, Error> {
    let after = match environment.get("OSTOKEN_REFRESH_AFTER") {
        None => REFRESH_AFTER,
        Some(text) => {
            let refuse =
                |why: String| Error::variable("OSTOKEN_REFRESH_AFTER", format!("`{}`: {why}", escaped(text, 80)));
            let parsed = humantime::parse_duration(text).map_err(|error| refuse(error.to_string()))?;
            match i64::try_from(parsed.as_secs()) {
                Ok(seconds) if seconds > 0 => seconds,
                _ => return Err(refuse("expected a duration such as 8h".into())),
            }
        }
    };
    let mut byte = [128];
    let _ = getrandom::fill(&mut byte);
    Ok(RefreshRule { after, spread: 0.95 + f64::from(byte[0]) / 255.0 * 0.1 })
}
