//! A cloud's settings, as openstacksdk settles them: older spellings, domains, and what stands beside `auth`.

use super::Clouds;
use super::node::{Entry, Map, Node, Value};
use crate::error::Error;
use std::rc::Rc;

/// What a cloud comes to.
pub struct Settings {
    /// What stands beside `auth`.
    pub beside: Map,
    /// What stands in it.
    pub auth: Map,
}

/// Each setting of `auth`, and the spellings that mean it: of those that are there, the last one counts, and one beside
/// `auth` before one in it.
const SPELLINGS: [(&str, &[&str]); 10] = [
    ("domain_id", &["domain_id", "domain-id"]),
    ("domain_name", &["domain_name", "domain-name"]),
    ("user_domain_id", &["user_domain_id", "user-domain-id"]),
    ("user_domain_name", &["user_domain_name", "user-domain-name"]),
    ("project_domain_id", &["project_domain_id", "project-domain-id"]),
    ("project_domain_name", &["project_domain_name", "project-domain-name"]),
    ("token", &["auth-token", "auth_token", "token"]),
    ("passcode", &["passcode"]),
    ("project_id", &["tenant_id", "tenant-id", "project_id", "project-id"]),
    ("project_name", &["tenant_name", "tenant-name", "project_name", "project-name"]),
];

/// Settles them (`magic_fixes`, `normalize_keys`).
pub fn settle(clouds: &Clouds, mut cloud: Map) -> Result<Settings, Error> {
    if let Some(entry) = cloud.entries().iter().find(|entry| entry.key.is_none()) {
        return Err(clouds.refuse(entry.place, "", "a name of a setting is no text"));
    }
    let auth = match cloud.take("auth") {
        Some(node) => clouds.mapping(&node, "auth")?.clone(),
        None => Map::default(),
    };
    let mut settings = Settings { beside: cloud, auth };
    settings.spell(clouds)?;
    settings.spread_domain();
    let insecure = settings.beside.get("insecure").map(|node| (node.place, node.value.kind()));
    if let Some((place, kind @ ("a number" | "a list" | "a mapping"))) = insecure {
        return Err(clouds.refuse(place, "insecure", &format!("expected true or false, found {kind}")));
    }
    settings.fill_auth_url(clouds)?;
    Ok(Settings { beside: normalized(&settings.beside), auth: normalized(&settings.auth) })
}

impl Settings {
    /// The value of a setting that may have one of these names, the first of them that is there: in `auth` before beside it.
    /// An empty value is an absent one.
    pub fn get(&self, names: &[&str]) -> Option<&Rc<Node>> {
        let is_there = |node: &&Rc<Node>| match &node.value {
            Value::Null | Value::Bool(false) => false,
            Value::Text(text) => !text.is_empty(),
            _ => true,
        };
        // keystoneauth looks for any of them, and then at what it found.
        let of = |map: &'_ Map| names.iter().find(|name| map.get(name).is_some()).copied();
        let find = |map| of(map).and_then(|name| map.get(name)).filter(is_there);
        find(&self.auth).or_else(|| find(&self.beside))
    }

    /// `_fix_backwards_auth`
    fn spell(&mut self, clouds: &Clouds) -> Result<(), Error> {
        for (name, spellings) in SPELLINGS {
            let mut found = None;
            for spelling in spellings {
                found = self.auth.take(spelling).or(found);
                found = self.beside.take(spelling).or(found);
            }
            let Some(node) = found else { continue };
            let text = python_text(clouds, &node, name)?;
            if !text.is_empty() {
                self.auth.set(name, Rc::new(Node::text(&text, node.place)));
            }
        }
        Ok(())
    }

    /// `_handle_domain_id`: beside a project, a domain is that of user and project.
    fn spread_domain(&mut self) {
        let has_project = ["project_id", "project_name"].iter().any(|name| self.auth.get(name).is_some());
        if !has_project {
            return;
        }
        for kind in ["id", "name"] {
            let Some(domain) = self.auth.take(&format!("domain_{kind}")) else { continue };
            for name in [format!("user_domain_{kind}"), format!("project_domain_{kind}")] {
                if self.auth.get(&name).is_none() {
                    self.auth.set(&name, domain.clone());
                }
            }
        }
    }

    /// `auth_url` may hold other settings: `https://{region_name}.example.com`.
    fn fill_auth_url(&mut self, clouds: &Clouds) -> Result<(), Error> {
        let Some(node) = self.auth.get("auth_url").cloned() else { return Ok(()) };
        let Value::Text(text) = &node.value else {
            let why = format!("expected a URL, found {}", node.value.kind());
            return Err(clouds.refuse(node.place, "auth_url", &why));
        };
        let filled = self.filled(text).map_err(|why| clouds.refuse(node.place, "auth_url", &why))?;
        self.auth.set("auth_url", Rc::new(Node::text(&filled, node.place)));
        Ok(())
    }

    /// Python's `str.format` with the settings beside `auth`, as far as it means anything in a setting: `{name}`, `{{`, `}}`.
    pub fn filled(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            out.push_str(&rest[..place]);
            let here = &rest[place..];
            if here.starts_with("{{") || here.starts_with("}}") {
                out.push_str(&here[..1]);
                rest = &here[2..];
                continue;
            }
            let end = here.find('}').filter(|end| *end > 1).ok_or("a brace without its other one")?;
            let name = &here[1..end];
            let value = match self.beside.get(name).map(|node| &node.value) {
                Some(Value::Text(text)) => text.to_string(),
                Some(Value::Number(text)) => text.clone(),
                _ => return Err(format!("there is no setting `{}` to fill in", crate::error::escaped(name, 80))),
            };
            out.push_str(&value);
            rest = &here[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// Python's `str` of a value.
fn python_text(clouds: &Clouds, node: &Node, name: &str) -> Result<String, Error> {
    Ok(match &node.value {
        Value::Text(text) => text.to_string(),
        Value::Number(text) => text.clone(),
        Value::Null => "None".into(),
        Value::Bool(value) => if *value { "True" } else { "False" }.into(),
        other => {
            return Err(clouds.refuse(
                node.place,
                name,
                &format!("expected text, found {}: write it in quotes", other.kind()),
            ));
        }
    })
}

/// `-` in a setting's name means `_`.
fn normalized(map: &Map) -> Map {
    let mut out = Map::default();
    for entry in map.entries() {
        out.put(Entry { key: entry.key.as_ref().map(|key| key.replace('-', "_")), ..entry.clone() });
    }
    out
}
