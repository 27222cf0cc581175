//! clouds.yaml, resolved as openstacksdk 4 does (`OpenStackConfig().get_one()`): a cloud's name to the OS_* variables that
//! mean the same login.
//!
//! [`files`] -> [`yaml`] with [`scalar`] -> [`node`] -> [`profile`] -> [`region`] -> [`settings`] -> [`variables`].

mod files;
mod node;
mod profile;
mod region;
mod scalar;
mod settings;
mod variables;
mod yaml;

pub use files::{Search, places};
pub use node::File;
pub use variables::Cloud;

use crate::error::{Error, escaped};
use files::Found;
use node::{Map, Node, Place, Value};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The name of the cloud that openstacksdk makes of the environment, where OS_CLOUD_NAME gives no other.
const OF_ENVIRONMENT: &str = "envvars";

/// What to do about a file of clouds that is wrong.
const MEND: &str = "correct that line; `openstack configuration show` tells whether openstacksdk takes it";

/// The clouds of clouds.yaml and secure.yaml.
pub struct Clouds<'s> {
    search: &'s Search<'s>,
    clouds: Map,
    config: Option<PathBuf>,
    secure: Option<PathBuf>,
    skipped: Vec<String>,
}

/// What a name means.
pub enum Meaning {
    /// The OS_* variables: no cloud of a file.
    Environment,
    /// A cloud.
    Cloud(Box<Cloud>),
}

impl<'s> Clouds<'s> {
    /// Reads the files.
    ///
    /// # Errors
    /// [`Error::Usage`] where a file has another form.
    pub fn read(search: &'s Search<'s>) -> Result<Clouds<'s>, Error> {
        let mut skipped = Vec::new();
        let config = search.find(File::Clouds, &mut skipped);
        let secure = search.find(File::Secure, &mut skipped);
        let mut clouds = Clouds { search, clouds: Map::default(), config: None, secure: None, skipped };
        let mut all = Map::default();
        if let Some(Found { path, node }) = config {
            clouds.config = Some(path);
            all = clouds.top(node)?;
        }
        if let Some(Found { path, node }) = secure {
            clouds.secure = Some(path);
            let secret = clouds.top(node)?;
            all = clouds.merge(&all, &secret, "")?;
        }
        if let Some(entry) = all.entry("clouds") {
            clouds.clouds = clouds.mapping(&entry.node, "clouds")?.clone();
        }
        Ok(clouds)
    }

    /// The names of the clouds, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.clouds.keys()
    }

    /// Whether the files name a cloud.
    pub fn has(&self, name: &str) -> bool {
        self.clouds.get(name).is_some()
    }

    /// The cloud that is meant where nobody names one: the only one there is.
    pub fn only(&self) -> Option<&str> {
        let mut names = self.names();
        names.next().filter(|_| self.clouds.entries().len() == 1)
    }

    /// What `name` means, given by `by` (OS_CLOUD or `--cloud`).
    ///
    /// # Errors
    /// [`Error::Usage`] with file, line and field where openstacksdk refuses it too, [`Error::Unsupported`] for an
    /// authentication method that is not supported.
    pub fn meaning(&self, name: &str, by: &str) -> Result<Meaning, Error> {
        let of_environment = self.search.environment.get("OS_CLOUD_NAME").unwrap_or(OF_ENVIRONMENT);
        if let Some(entry) = self.clouds.entry(of_environment) {
            let why = format!("`{}` is also the name of the cloud of the environment", escaped(of_environment, 80));
            let hint = "rename that cloud, or set OS_CLOUD_NAME to another name";
            return Err(Error::usage(self.shown(entry.place), why, hint));
        }
        if name == of_environment {
            return Ok(Meaning::Environment);
        }
        let Some(entry) = self.clouds.entry(name) else { return Err(self.unknown(name, by)) };
        let own = self.mapping(&entry.node, name)?;
        let vendor = profile::vendor(self, own, of_environment)?;
        let mut cloud = profile::expand(self, own, vendor.as_ref())?;
        region::apply(self, &mut cloud, own, vendor.as_ref())?;
        let settings = settings::settle(self, cloud)?;
        variables::of(self, name, entry.place, settings).map(|cloud| Meaning::Cloud(Box::new(cloud)))
    }

    fn unknown(&self, name: &str, by: &str) -> Error {
        let name = escaped(name, 80);
        let why = match &self.config {
            Some(path) => format!("no cloud `{name}` in {}", shown(path)),
            None => format!("no cloud `{name}`: no clouds.yaml found"),
        };
        let why = self.skipped.first().map_or(why.clone(), |skipped| format!("{why}; not read: {skipped}"));
        let mut near: Vec<(f64, &str)> = self.names().map(|one| (strsim::jaro_winkler(&name, one), one)).collect();
        near.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
        let near: Vec<String> = near.into_iter().take(5).map(|(_, name)| format!("`{}`", escaped(name, 80))).collect();
        match near.is_empty() {
            true => Error::usage(by, why, "write a clouds.yaml, or use `--openrc FILE`"),
            false => Error::usage(by, why, format!("choose one of {}", near.join(", "))),
        }
    }

    /// The top of a file: a mapping; an empty file is one without entries.
    fn top(&self, node: Node) -> Result<Map, Error> {
        match node.value {
            Value::Map(map) => Ok(map),
            Value::Null => Ok(Map::default()),
            Value::List(list) if list.is_empty() => Ok(Map::default()),
            other => Err(self.refuse(node.place, "", &format!("expected a mapping, found {}", other.kind()))),
        }
    }

    /// secure.yaml over clouds.yaml: mappings are joined, all else is replaced (`merge_clouds`).
    fn merge(&self, old: &Map, new: &Map, field: &str) -> Result<Map, Error> {
        let mut merged = old.clone();
        for entry in new.entries() {
            let key = entry.key.as_deref().unwrap_or_default();
            let before = merged.get(key).filter(|_| entry.key.is_some()).cloned();
            let node = match (&entry.node.value, before) {
                (Value::Map(new), Some(before)) => {
                    let field = format!("{field}{key}");
                    let joined = self.merge(self.mapping(&before, &field)?, new, &format!("{field}."))?;
                    Rc::new(Node { place: before.place, value: Value::Map(joined) })
                }
                _ => entry.node.clone(),
            };
            merged.put(node::Entry { node, ..entry.clone() });
        }
        Ok(merged)
    }

    fn mapping<'n>(&self, node: &'n Node, field: &str) -> Result<&'n Map, Error> {
        node.map()
            .ok_or_else(|| self.refuse(node.place, field, &format!("expected a mapping, found {}", node.value.kind())))
    }

    /// The error of a place in a file.
    fn refuse(&self, place: Place, field: &str, why: &str) -> Error {
        let field = if field.is_empty() { String::new() } else { format!("{}: ", escaped(field, 80)) };
        Error::usage(self.shown(place), format!("{field}{why}"), MEND)
    }

    /// A place in words: file and line.
    fn shown(&self, place: Place) -> String {
        match (self.path(place.file), place.file) {
            (Some(path), _) => format!("{}: line {}", shown(path), place.line),
            (None, File::Vendors) => "openstacksdk's list of vendors".into(),
            (None, _) => "clouds".into(),
        }
    }

    fn path(&self, file: File) -> Option<&Path> {
        match file {
            File::Clouds => self.config.as_deref(),
            File::Secure => self.secure.as_deref(),
            _ => None,
        }
    }
}

fn shown(path: &Path) -> String {
    escaped(&path.to_string_lossy(), 200)
}
