//! Who is in the prepared cloud (tests/keystone/prepare.py): users, their passwords, projects.
//!
//! alice (member of the projects demo and other and of the domain Default, reader of the system), bob (demo), carol
//! (system) and admin (project admin) are in the domain Default; erin (project remote) is in the domain elsewhere.

use std::fs;
use std::sync::OnceLock;

use serde_json::Value;

use super::tools;

/// A JSON text.
pub fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A JSON file of the prepared cloud.
pub fn prepared_json(name: &str) -> Value {
    let folder = tools::root().join("target/tests/cloud-template");
    parse(&fs::read_to_string(folder.join(name)).expect("tests/setup makes it"))
}

fn people() -> &'static Value {
    static PEOPLE: OnceLock<Value> = OnceLock::new();
    PEOPLE.get_or_init(|| prepared_json("people.json"))
}

/// Something about a user: `password`, `domain`, `domain_id`, `id`.
pub fn user_field(user: &str, field: &str) -> String {
    let value = &people()["users"][user][field];
    value.as_str().unwrap_or_else(|| panic!("{user} has no {field}")).to_owned()
}

/// A user's password.
pub fn password(user: &str) -> String {
    user_field(user, "password")
}

/// A user's id.
pub fn user_id(user: &str) -> String {
    user_field(user, "id")
}

/// A project's id.
pub fn project_id(project: &str) -> String {
    let id = people()["projects"][project]["id"].as_str();
    id.unwrap_or_default().to_owned()
}

/// The name of a project's domain.
pub fn project_domain(project: &str) -> String {
    let domain = people()["projects"][project]["domain"].as_str();
    domain.unwrap_or("Default").to_owned()
}
