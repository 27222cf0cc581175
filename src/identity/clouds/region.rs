//! A cloud's regions: the first one is meant, and its own settings count before the cloud's.

use super::Clouds;
use super::node::{Map, Node, Place, Value};
use super::profile::update;
use crate::error::Error;
use std::rc::Rc;

/// Puts the region's name and settings into `cloud`; `own` is what the file says of the cloud.
pub fn apply(clouds: &Clouds, cloud: &mut Map, own: &Map, vendor: Option<&Map>) -> Result<(), Error> {
    let first = first(clouds, own, vendor)?;
    cloud.take("regions");
    let (name, values) = match &first {
        None => (None, None),
        Some(node) => match node.map() {
            Some(map) => (map.get("name"), map.get("values")),
            None => (Some(node), None),
        },
    };
    if let Some(values) = values {
        let mut kept = Map::default();
        let values = clouds.mapping(values, "regions: values")?;
        values
            .entries()
            .iter()
            .filter(|entry| !matches!(entry.node.value, Value::Null))
            .for_each(|e| kept.put(e.clone()));
        update(clouds, cloud, &kept)?;
    }
    match name {
        Some(name) => cloud.set("region_name", name.clone()),
        None => cloud.set("region_name", Rc::new(Node::text("", Place { file: super::File::None, line: 0 }))),
    }
    Ok(())
}

/// The first region that the cloud, or else its vendor, has.
fn first(clouds: &Clouds, own: &Map, vendor: Option<&Map>) -> Result<Option<Rc<Node>>, Error> {
    let named = |map: &Map, name: &str| map.get(name).or_else(|| map.get(&name.replace('_', "-"))).cloned();
    if let Some(regions) = named(own, "regions") {
        return of_list(clouds, &regions, "regions");
    }
    if let Some(region) = named(own, "region_name") {
        return match &region.value {
            Value::List(_) => of_list(clouds, &region, "region_name"),
            Value::Text(text) => {
                let first = text.split(',').next().unwrap_or_default();
                Ok(Some(Rc::new(Node::text(first, region.place))))
            }
            Value::Number(text) => Ok(Some(Rc::new(Node::text(text, region.place)))),
            other => {
                Err(clouds.refuse(region.place, "region_name", &format!("expected a name, found {}", other.kind())))
            }
        };
    }
    let Some(vendor) = vendor else { return Ok(None) };
    match vendor.get("regions") {
        Some(regions) => of_list(clouds, regions, "regions"),
        None => Ok(vendor.get("region_name").cloned()),
    }
}

fn of_list(clouds: &Clouds, node: &Rc<Node>, field: &str) -> Result<Option<Rc<Node>>, Error> {
    let Value::List(regions) = &node.value else {
        return Err(clouds.refuse(node.place, field, &format!("expected a list, found {}", node.value.kind())));
    };
    for region in regions {
        let Some(map) = region.map() else { continue };
        let is_one = map.get("name").is_some()
            && map.entries().iter().all(|e| matches!(e.key.as_deref(), Some("name" | "values")));
        if !is_one {
            return Err(clouds.refuse(region.place, field, "expected `name` and `values` alone"));
        }
    }
    Ok(regions.first().cloned())
}
