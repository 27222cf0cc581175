//! Where the identity comes from: `--openrc`, `--cloud`, OS_CLOUD, else the OS_* variables.

use super::settings::allows_http;
use crate::cli::Global;
use crate::error::{Error, escaped};
use crate::identity::clouds::{Clouds, Meaning, Search};
use crate::identity::environment::EnvChange;
use crate::identity::openrc::{self, OpenRc};
use crate::identity::{Environment, IdentitySource, Origin};
use crate::login_history::Caller;
use crate::output::change;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// More of an OpenRC file is not read, in bytes: its reader refuses what is larger.
const LARGEST_OPENRC: u64 = 64 * 1024;

/// A larger file of clouds is refused, in bytes.
const LARGEST_CLOUDS: u64 = 4 * 1024 * 1024;

/// The OS_* variables that say where clouds are found, and nothing of a login.
const SELECTORS: [&str; 5] =
    ["OS_CLOUD", "OS_REGION_NAME", "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLOUD_NAME"];

/// Reads the OpenRC file at `path` as data.
///
/// # Errors
/// [`Error::Usage`] where it cannot be read; [`Error::OpenRc`].
pub fn read_openrc(path: &Path, environment: &Environment) -> Result<OpenRc, Error> {
    let name = escaped(&path.to_string_lossy(), 200);
    let refuse = |error: io::Error| Error::argument("--openrc", format!("{name}: {error}"));
    let mut text = Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(refuse)?;
    file.take(LARGEST_OPENRC + 1).read_to_end(&mut text).map_err(refuse)?;
    Ok(openrc::read(&text, &name, &|variable| environment.get(variable).map(str::to_owned))?)
}

/// `environment` with these OS_* variables in place of its own, and nothing left of an earlier export.
pub fn in_place(environment: &Environment, of_file: &Environment) -> Environment {
    let mut changes = change::replace(environment, of_file);
    let secrets = change::SECRETS.iter().filter_map(|name| Some((*name, of_file.get(name)?)));
    changes.extend(secrets.map(|(name, value)| EnvChange::set(name, value)));
    environment.changed(&changes)
}

/// Reads the identity from the OpenRC file or the cloud that is given, or else from the environment.
///
/// # Errors
/// As [`read_openrc`], [`Clouds::meaning`] and [`Environment::source`].
pub fn identity_source(global: &Global, environment: &Environment, caller: Caller) -> Result<IdentitySource, Error> {
    match &global.openrc {
        None => of_variables(global, environment, caller),
        Some(path) => {
            let file = read_openrc(path, environment)?;
            let environment = in_place(environment, &file.variables().collect());
            let source = of_variables(global, &environment, caller)?;
            Ok(IdentitySource { origin: source.origin.or(Some(Origin::OpenRc(file))), ..source })
        }
    }
}

/// The identity of these variables: of the cloud that they, or `--cloud`, name.
///
/// # Errors
/// As [`Clouds::meaning`] and [`Environment::source`].
pub fn of_variables(global: &Global, environment: &Environment, caller: Caller) -> Result<IdentitySource, Error> {
    let named = match &global.cloud {
        Some(name) => Some((name.as_str(), "--cloud")),
        None => environment.get("OS_CLOUD").map(|name| (name, "OS_CLOUD")),
    };
    let names_nothing = || environment.names("OS_").all(|name| SELECTORS.contains(&name));
    let meaning = match named {
        Some((name, by)) => with_clouds(environment, caller, |clouds| clouds.meaning(name, by))?,
        // As openstacksdk: where nothing is named, and there is one cloud, it is meant.
        None if caller != Caller::Prompt && names_nothing() => {
            with_clouds(environment, caller, |clouds| match clouds.only() {
                Some(name) => clouds.meaning(name, "clouds"),
                None => Ok(Meaning::Environment),
            })?
        }
        None => Meaning::Environment,
    };
    match meaning {
        Meaning::Environment => environment.source(allows_http(global, environment)),
        Meaning::Cloud(cloud) => {
            let environment = in_place(environment, &cloud.variables().collect());
            let source = environment.source(allows_http(global, &environment))?;
            Ok(IdentitySource { origin: Some(Origin::Cloud(cloud)), ..source })
        }
    }
}

/// Does something with the clouds of this user's files. A prompt never reads the one of the current folder.
///
/// # Errors
/// As [`Clouds::read`], and those of `work`.
pub fn with_clouds<T>(
    environment: &Environment,
    caller: Caller,
    work: impl FnOnce(&Clouds) -> Result<T, Error>,
) -> Result<T, Error> {
    let search = Search { environment, current_folder: caller != Caller::Prompt, read: &read_bounded };
    work(&Clouds::read(&search)?)
}

fn read_bounded(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LARGEST_CLOUDS + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST_CLOUDS {
        true => Err(io::Error::other(format!("larger than {LARGEST_CLOUDS} bytes"))),
        false => Ok(bytes),
    }
}
