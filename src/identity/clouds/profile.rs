//! A cloud's `profile`: what clouds-public.yaml, or openstacksdk's own list of vendors, says of its vendor.

use super::node::{Entry, File, Map, Node, Place, Value};
use super::{Clouds, yaml};
use crate::error::{Error, escaped};
use std::rc::Rc;

/// openstacksdk's own list, as data.
const VENDORS: &str = include_str!("vendors.yaml");

/// The cloud over its vendor's settings over openstacksdk's defaults; `auth` is there.
pub fn expand(clouds: &Clouds, own: &Map, vendor: Option<&Map>) -> Result<Map, Error> {
    let nowhere = Place { file: File::None, line: 0 };
    let mut cloud = Map::default();
    cloud.set("auth_type", Rc::new(Node::text("password", nowhere)));
    if let Some(vendor) = vendor {
        update(clouds, &mut cloud, vendor)?;
    }
    if cloud.get("auth").is_none() {
        cloud.set("auth", Rc::new(Node { place: nowhere, value: Value::Map(Map::default()) }));
    }
    update(clouds, &mut cloud, own)?;
    cloud.take("cloud");
    Ok(cloud)
}

/// As openstacksdk's `_auth_update`: `auth` is joined, all else is replaced.
pub fn update(clouds: &Clouds, old: &mut Map, new: &Map) -> Result<(), Error> {
    for entry in new.entries() {
        let before = old.get("auth").filter(|_| entry.key.as_deref() == Some("auth")).cloned();
        let node = match before {
            Some(before) => {
                let mut auth = clouds.mapping(&before, "auth")?.clone();
                auth.update(clouds.mapping(&entry.node, "auth")?);
                Rc::new(Node { place: entry.node.place, value: Value::Map(auth) })
            }
            None => entry.node.clone(),
        };
        old.put(Entry { node, ..entry.clone() });
    }
    Ok(())
}

/// What is known of the vendor that a cloud names by `profile`, or by `cloud` as it was called once. A name that nobody
/// knows means nothing.
pub fn vendor(clouds: &Clouds, own: &Map, of_environment: &str) -> Result<Option<Map>, Error> {
    let Some(node) = own.get("profile").or_else(|| own.get("cloud")) else { return Ok(None) };
    let name = match &node.value {
        Value::Null | Value::Bool(false) => return Ok(None),
        Value::Text(text) if text.is_empty() || **text == of_environment => return Ok(None),
        Value::Text(text) => text,
        other => return Err(clouds.refuse(node.place, "profile", &format!("expected a name, found {}", other.kind()))),
    };
    let mut skipped = Vec::new();
    if let Some(public) = clouds.search.find(File::Public, &mut skipped)
        && let Some(vendors) = public.node.map().and_then(|map| map.get("public-clouds"))
        && let Some(vendor) = clouds.mapping(vendors, "public-clouds")?.get(name)
    {
        return clouds.mapping(vendor, name).cloned().map(Some);
    }
    built_in(clouds, node.place, name)
}

fn built_in(clouds: &Clouds, place: Place, name: &str) -> Result<Option<Map>, Error> {
    let list = yaml::read(VENDORS, File::Vendors).ok();
    let known = |name: &str| list.as_ref()?.map()?.get(name)?.map().cloned();
    let text = |map: &Map, key| match map.get(key).map(|node| &node.value) {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    };
    let mut vendor = known(name);
    let nested = vendor.as_ref().and_then(|vendor| text(vendor, "profile"));
    let named = nested.as_deref().unwrap_or(name);
    // openstacksdk would ask the vendor's server.
    if named.contains("://") {
        let why = format!("openstacksdk gets the profile `{}` from the network, ostoken does not", escaped(named, 80));
        let hint = "write the cloud's `auth_url` and domains in place of its `profile`";
        return Err(Error::usage(clouds.shown(place), format!("profile: {why}"), hint));
    }
    if let Some(nested) = nested.as_deref().and_then(known) {
        vendor = Some(nested);
    }
    let Some(mut vendor) = vendor else { return Ok(None) };
    vendor.take("profile");
    let (status, message) = (text(&vendor, "status"), text(&vendor, "message").unwrap_or_default());
    vendor.take("status");
    vendor.take("message");
    match status.as_deref() {
        Some("shutdown") => Err(clouds.refuse(place, "profile", &format!("`{name}` no longer exists: {message}"))),
        _ => Ok(Some(vendor)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_vendors_can_be_read() {
        let list = yaml::read(VENDORS, File::Vendors).map_err(|fault| fault.why).expect("YAML");
        assert!(list.map().is_some_and(|map| map.keys().count() > 20 && map.keys().any(|name| name == "citycloud")));
    }
}
