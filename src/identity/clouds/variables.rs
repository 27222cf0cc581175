//! A cloud's settings to the OS_* variables that mean the same login, for the plugin that its `auth_type` names.

use super::node::{Node, Place, Value};
use super::settings::Settings;
use super::{Clouds, shown};
use crate::error::{Error, escaped};
use crate::identity::resolve::PLUGINS;
use crate::secret::LONGEST_VALUE;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use zeroize::Zeroizing;

/// A cloud of clouds.yaml, as variables.
///
/// Debug is not there: any value may be a secret.
#[derive(Clone)]
pub struct Cloud {
    /// Its name.
    pub name: String,
    /// The file that names it.
    pub path: PathBuf,
    /// The line of its name there.
    pub line: usize,
    /// Whether its auth URL stands beside `auth`.
    pub auth_url_beside: bool,
    variables: BTreeMap<&'static str, Setting>,
}

#[derive(Clone)]
struct Setting {
    value: Zeroizing<String>,
    place: Option<(PathBuf, usize)>,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cloud").field("name", &self.name).field("variables", &self.variables.keys()).finish()
    }
}

impl Cloud {
    /// The variables with their values; among them the secret, if a file has it.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(name, setting)| (*name, setting.value.as_str()))
    }

    /// The file and the line in which a variable's value stands.
    pub fn place_of(&self, name: &str) -> Option<(&PathBuf, usize)> {
        self.variables.get(name)?.place.as_ref().map(|(path, line)| (path, *line))
    }

    /// Its name, and where it is, in words.
    pub fn describe(&self) -> String {
        format!("{} ({}: line {})", escaped(&self.name, 80), shown(&self.path), self.line)
    }
}

/// A setting of `auth`, and its variable.
type Named = (&'static str, &'static str);

const SCOPE: [Named; 9] = [
    ("auth_url", "OS_AUTH_URL"),
    ("system_scope", "OS_SYSTEM_SCOPE"),
    ("domain_id", "OS_DOMAIN_ID"),
    ("domain_name", "OS_DOMAIN_NAME"),
    ("project_id", "OS_PROJECT_ID"),
    ("project_name", "OS_PROJECT_NAME"),
    ("project_domain_id", "OS_PROJECT_DOMAIN_ID"),
    ("project_domain_name", "OS_PROJECT_DOMAIN_NAME"),
    ("trust_id", "OS_TRUST_ID"),
];
const USER: [Named; 5] = [
    ("user_id", "OS_USER_ID"),
    ("username", "OS_USERNAME"),
    ("user_name", "OS_USERNAME"),
    ("user_domain_id", "OS_USER_DOMAIN_ID"),
    ("user_domain_name", "OS_USER_DOMAIN_NAME"),
];
const PASSWORD: [Named; 1] = [("password", "OS_PASSWORD")];
const CREDENTIAL: [Named; 3] = [
    ("application_credential_id", "OS_APPLICATION_CREDENTIAL_ID"),
    ("application_credential_name", "OS_APPLICATION_CREDENTIAL_NAME"),
    ("application_credential_secret", "OS_APPLICATION_CREDENTIAL_SECRET"),
];
/// What the plugin that is for any version of Keystone takes beside them.
const ANY_VERSION: [Named; 2] =
    [("default_domain_id", "OS_USER_DOMAIN_ID"), ("default_domain_name", "OS_USER_DOMAIN_NAME")];
/// Settings that the plugins take and that change no login of one user for one scope.
const OTHERS: [&str; 3] = ["reauthenticate", "include_catalog", "ostoken_program"];

/// The variables of a cloud, whose name stands at `place`.
pub fn of(clouds: &Clouds, name: &str, place: Place, settings: Settings) -> Result<Cloud, Error> {
    let method = method(clouds, name, place, &settings)?;
    let parts: &[&[Named]] = match method {
        Method::Password { strict: false } => &[&ANY_VERSION, &SCOPE, &USER, &PASSWORD],
        Method::Password { strict: true } => &[&SCOPE, &USER, &PASSWORD],
        Method::Credential => &[&SCOPE, &USER, &CREDENTIAL],
        Method::Plugin => &[&SCOPE, &USER, &PASSWORD, &CREDENTIAL],
    };
    let named = || parts.iter().flat_map(|part| part.iter());
    if let Some(entry) = settings.auth.entries().iter().find(|entry| {
        let key = entry.key.as_deref().unwrap_or_default();
        !OTHERS.contains(&key) && !named().any(|(setting, _)| *setting == key)
    }) {
        let field = format!("auth.{}", entry.key.as_deref().unwrap_or_default());
        return Err(clouds.refuse(entry.place, &field, "the cloud's `auth_type` takes no such setting"));
    }
    let mut reading = Reading { clouds, settings: &settings, variables: BTreeMap::new() };
    let read_elsewhere = |setting: &str| setting == "user_name" || setting.starts_with("default_domain");
    for (setting, variable) in named().filter(|(setting, _)| !read_elsewhere(setting)) {
        reading.take(setting, variable)?;
    }
    reading.check(&method, name, place)?;
    reading.default_domain()?;
    reading.tls()?;
    reading.beside("region_name", "OS_REGION_NAME")?;
    if matches!(method, Method::Credential) {
        reading.put("OS_AUTH_TYPE", "v3applicationcredential", None);
    }
    let auth_url_beside = settings.auth.get("auth_url").is_none();
    let path = clouds.path(place.file).map(PathBuf::from).unwrap_or_default();
    Ok(Cloud { name: name.to_owned(), path, line: place.line, auth_url_beside, variables: reading.variables })
}

enum Method {
    /// `strict`: keystoneauth's plugin of version 3 alone wants the domains.
    Password {
        strict: bool,
    },
    Credential,
    /// The keystoneauth plugin that takes its token from ostoken: what stands beside it names the login.
    Plugin,
}

fn method(clouds: &Clouds, name: &str, place: Place, settings: &Settings) -> Result<Method, Error> {
    let node = settings.beside.get("auth_type");
    let text = match node.map(|node| &node.value) {
        Some(Value::Text(text)) if !text.is_empty() => text.as_str(),
        _ => "none",
    };
    match text {
        "password" => Ok(Method::Password { strict: false }),
        "v3password" => Ok(Method::Password { strict: true }),
        "v3applicationcredential" => Ok(Method::Credential),
        text if PLUGINS.contains(&text) => Ok(Method::Plugin),
        other => Err(Error::Unsupported {
            what: clouds.shown(node.map_or(place, |node| if node.place.line > 0 { node.place } else { place })),
            why: format!(
                "cloud `{}`: the authentication method `{}` is not supported",
                escaped(name, 80),
                escaped(other, 80)
            ),
            hint: "use a password (`v3password`) or an application credential (`v3applicationcredential`)",
        }),
    }
}

struct Reading<'r> {
    clouds: &'r Clouds<'r>,
    settings: &'r Settings,
    variables: BTreeMap<&'static str, Setting>,
}

impl Reading<'_> {
    fn take(&mut self, setting: &str, variable: &'static str) -> Result<(), Error> {
        let names: &[&str] = if setting == "username" { &["username", "user_name"] } else { &[setting] };
        match self.settings.get(names).cloned() {
            Some(node) => self.read(setting, variable, &node),
            None => Ok(()),
        }
    }

    fn beside(&mut self, setting: &str, variable: &'static str) -> Result<(), Error> {
        let Some(node) = self.settings.beside.get(setting).cloned() else { return Ok(()) };
        let Value::Text(text) = &node.value else { return self.read(setting, variable, &node) };
        let filled = self.settings.filled(text).map_err(|why| self.clouds.refuse(node.place, setting, &why))?;
        self.read(setting, variable, &Rc::new(Node::text(&filled, node.place)))
    }

    fn read(&mut self, setting: &str, variable: &'static str, node: &Node) -> Result<(), Error> {
        let refuse = |why: &str| Err(self.clouds.refuse(node.place, setting, why));
        let text = match &node.value {
            Value::Text(text) => text.clone(),
            Value::Number(text) => Zeroizing::new(text.clone()),
            Value::Null => return Ok(()),
            other => return refuse(&format!("expected text, found {}: write it in quotes", other.kind())),
        };
        let is_secret = crate::identity::environment::SECRETS.contains(&variable);
        if text.len() > LONGEST_VALUE {
            return refuse(&format!("expected at most {LONGEST_VALUE} bytes, found {}", text.len()));
        }
        if !is_secret && text.chars().any(char::is_control) {
            return refuse(&format!("`{}` contains a control character", escaped(&text, 80)));
        }
        let place = self.clouds.path(node.place.file).map(|path| (path.to_owned(), node.place.line));
        if !text.is_empty() {
            self.put(variable, &text, place);
        }
        Ok(())
    }

    fn put(&mut self, variable: &'static str, value: &str, place: Option<(PathBuf, usize)>) {
        self.variables.insert(variable, Setting { value: Zeroizing::new(value.to_owned()), place });
    }

    fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.variables.contains_key(name))
    }

    /// What keystoneauth asks for before it is given a login.
    fn check(&self, method: &Method, name: &str, place: Place) -> Result<(), Error> {
        let missing = |what: &str| {
            let why = format!("cloud `{}` has no `{what}` in `auth`", escaped(name, 80));
            Err(Error::usage(self.clouds.shown(place), why, format!("add `{what}` to the cloud's `auth`")))
        };
        let is_strict = matches!(method, Method::Password { strict: true } | Method::Credential);
        let has_domain = self.has(&["OS_USER_DOMAIN_ID", "OS_USER_DOMAIN_NAME"]);
        let has_user = self.has(&["OS_USER_ID", "OS_USERNAME"]);
        let has_credential = self.has(&["OS_APPLICATION_CREDENTIAL_ID", "OS_APPLICATION_CREDENTIAL_NAME"]);
        if !self.has(&["OS_AUTH_URL"]) {
            return missing("auth_url");
        }
        if is_strict && self.has(&["OS_USERNAME"]) && !has_domain {
            return missing("user_domain_name");
        }
        if is_strict && self.has(&["OS_PROJECT_NAME"]) && !self.has(&["OS_PROJECT_DOMAIN_ID", "OS_PROJECT_DOMAIN_NAME"])
        {
            return missing("project_domain_name");
        }
        match method {
            Method::Credential if !has_credential => missing("application_credential_id"),
            Method::Credential if !self.has(&["OS_APPLICATION_CREDENTIAL_ID"]) && !has_user => missing("user_id"),
            Method::Password { .. } if !has_user => missing("username"),
            Method::Plugin if !has_user && !has_credential => missing("username"),
            _ => Ok(()),
        }
    }

    /// `default_domain_id` and `default_domain_name`: that of a user or project without one.
    fn default_domain(&mut self) -> Result<(), Error> {
        for [id, name] in
            [["OS_USER_DOMAIN_ID", "OS_USER_DOMAIN_NAME"], ["OS_PROJECT_DOMAIN_ID", "OS_PROJECT_DOMAIN_NAME"]]
        {
            if !self.has(&[id, name]) {
                self.take("default_domain_id", id)?;
            }
            if !self.has(&[id, name]) {
                self.take("default_domain_name", name)?;
            }
        }
        Ok(())
    }

    /// `verify`, `cacert`, `cert`, `key` and `insecure` (`get_requests_verify_args`).
    fn tls(&mut self) -> Result<(), Error> {
        let value = |name: &str| self.settings.beside.get(name).map(|node| node.value.clone());
        let is_insecure = match value("insecure") {
            Some(Value::Bool(value)) => value,
            Some(Value::Text(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        };
        let verifies = !matches!(value("verify"), Some(Value::Bool(false)));
        match is_insecure || !verifies {
            true => self.put("OS_INSECURE", "true", None),
            false => {
                // A path, as python-requests takes it.
                if matches!(value("verify"), Some(Value::Text(_) | Value::Number(_))) {
                    self.path("verify", "OS_CACERT")?;
                }
                self.path("cacert", "OS_CACERT")?;
            }
        }
        self.path("cert", "OS_CERT")?;
        match self.has(&["OS_CERT"]) {
            true => self.path("key", "OS_KEY"),
            false => Ok(()),
        }
    }

    /// A setting that is a path; `~` is the home folder.
    fn path(&mut self, setting: &str, variable: &'static str) -> Result<(), Error> {
        self.beside(setting, variable)?;
        let environment = self.clouds.search.environment;
        let home = environment.get("HOME").or_else(|| environment.get("USERPROFILE"));
        if let (Some(setting), Some(home)) = (self.variables.get_mut(variable), home)
            && let Some(rest) = setting.value.strip_prefix('~')
            && (rest.is_empty() || rest.starts_with('/'))
        {
            setting.value = Zeroizing::new(format!("{}{rest}", home.trim_end_matches('/')));
        }
        Ok(())
    }
}
