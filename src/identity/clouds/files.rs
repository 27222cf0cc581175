//! Where the files of clouds are, as openstacksdk 4 looks for them: the first one that is there and can be read.

use super::node::{File, Node};
use super::yaml;
use crate::error::escaped;
use crate::identity::Environment;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What the files are looked for with.
pub struct Search<'s> {
    /// OS_CLIENT_CONFIG_FILE, OS_CLIENT_SECURE_FILE, XDG_CONFIG_HOME and HOME.
    pub environment: &'s Environment,
    /// Whether the current folder is looked in: never for a hook, which runs wherever its shell is.
    pub current_folder: bool,
    /// Reads a file.
    pub read: &'s dyn Fn(&Path) -> io::Result<Zeroizing<Vec<u8>>>,
}

/// A file that was found.
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub node: Node,
}

impl Search<'_> {
    /// The first file of its kind; `skipped` gets a line for each that is there and cannot be read.
    pub fn find(&self, file: File, skipped: &mut Vec<String>) -> Option<Found> {
        places(file, self.environment, self.current_folder).into_iter().find_map(|path| match self.load(&path, file) {
            Ok(node) => node.map(|node| Found { path, node }),
            Err(why) => {
                skipped.push(format!("{}: {why}", escaped(&path.to_string_lossy(), 200)));
                None
            }
        })
    }

    fn load(&self, path: &Path, file: File) -> Result<Option<Node>, String> {
        let bytes = match (self.read)(path) {
            Ok(bytes) => bytes,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error.to_string()),
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| "not valid UTF-8".to_owned())?;
        if path.extension().is_some_and(|ending| ending == "json") {
            // Python's json takes no YAML.
            let checked: Result<serde::de::IgnoredAny, _> = serde_json::from_str(text);
            checked.map_err(|error| format!("line {}: not valid JSON", error.line()))?;
        }
        let node = yaml::read(text.trim_start_matches('\u{feff}'), file);
        node.map(Some).map_err(|fault| format!("line {}: {}", fault.line, fault.why))
    }
}

/// Where a file of this kind may be, in openstacksdk's order; relative to the current folder where that is looked in.
pub fn places(file: File, environment: &Environment, current_folder: bool) -> Vec<PathBuf> {
    let (stem, named) = match file {
        File::Secure => ("secure", environment.get("OS_CLIENT_SECURE_FILE")),
        File::Public => ("clouds-public", None),
        _ => ("clouds", environment.get("OS_CLIENT_CONFIG_FILE")),
    };
    let names = |folder: PathBuf| ["yaml", "yml", "json"].map(|ending| folder.join(format!("{stem}.{ending}")));
    let folders = folders(environment, current_folder).into_iter().flat_map(names);
    named.map(PathBuf::from).into_iter().chain(folders).collect()
}

fn folders(environment: &Environment, current_folder: bool) -> Vec<PathBuf> {
    let current = current_folder.then(PathBuf::new);
    let variable = |name| environment.get(name).map(PathBuf::from);
    let below = |folder: Option<PathBuf>, name: &str| folder.map(|folder| folder.join(name));
    let home = variable("HOME").or_else(|| variable("USERPROFILE"));
    let unix_home = below(variable("SNAP_REAL_HOME").or_else(|| home.clone()), ".config/openstack");
    let (own, site) = if cfg!(windows) {
        let site = below(variable("ProgramData"), "OpenStack").map(|folder| folder.join("openstack"));
        (below(variable("LOCALAPPDATA"), "OpenStack").map(|folder| folder.join("openstack")), site)
    } else if cfg!(target_os = "macos") {
        let site = PathBuf::from("/Library/Application Support/openstack");
        (below(home.clone(), "Library/Application Support/openstack"), Some(site))
    } else {
        let own = below(variable("XDG_CONFIG_HOME").or_else(|| below(home.clone(), ".config")), "openstack");
        (own, Some(PathBuf::from("/etc/xdg/openstack")))
    };
    [current, own, unix_home, site, Some("/etc/openstack".into())].into_iter().flatten().collect()
}
