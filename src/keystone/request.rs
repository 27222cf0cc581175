//! Bodies of POST /v3/auth/tokens (<https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management>).

use crate::identity::{Domain, Identity, Method, Scope, User};
use crate::secret::Secret;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

/// The body that makes a token for `identity`, overwritten in memory when dropped.
pub fn body(identity: &Identity, secret: &Secret) -> Zeroizing<Vec<u8>> {
    let Identity { login, scope } = identity;
    let mut auth = Map::new();
    auth.insert("identity".into(), method(&login.method, secret));
    match (&login.method, scope_of(scope)) {
        (Method::Password(_), Some(scope)) => auth.insert("scope".into(), scope),
        // Said, so that Keystone does not pick the user's default project.
        (Method::Password(_), None) => auth.insert("scope".into(), json!("unscoped")),
        _ => None,
    };
    Zeroizing::new(json!({ "auth": auth }).to_string().into_bytes())
}

fn method(method: &Method, secret: &Secret) -> Value {
    let secret = secret.expose();
    match method {
        Method::Password(account) => {
            let mut account = user(account);
            account["password"] = json!(secret);
            json!({ "methods": ["password"], "password": { "user": account } })
        }
        Method::CredentialId(id) => credential(json!({ "id": id, "secret": secret })),
        Method::CredentialName { name, user: owner } => {
            credential(json!({ "name": name, "user": user(owner), "secret": secret }))
        }
    }
}

fn credential(credential: Value) -> Value {
    json!({ "methods": ["application_credential"], "application_credential": credential })
}

fn user(account: &User) -> Value {
    match account {
        User::Id(id) => json!({ "id": id }),
        User::Name { name, domain: home } => json!({ "name": name, "domain": domain(home) }),
    }
}

fn domain(domain: &Domain) -> Value {
    match domain {
        Domain::Id(id) => json!({ "id": id }),
        Domain::Name(name) => json!({ "name": name }),
    }
}

fn scope_of(scope: &Scope) -> Option<Value> {
    Some(match scope {
        Scope::ProjectId(id) => json!({ "project": { "id": id } }),
        Scope::ProjectName { name, domain: home } => json!({ "project": { "name": name, "domain": domain(home) } }),
        Scope::Domain(target) => json!({ "domain": domain(target) }),
        Scope::System => json!({ "system": { "all": true } }),
        Scope::Trust(id) => json!({ "OS-TRUST:trust": { "id": id } }),
        Scope::None => return None,
    })
}
