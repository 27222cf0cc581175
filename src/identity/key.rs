//! The canonical form of logins and identities, and the keys that name what is kept for them.
//!
//! Every field is written under its own name and left out where it is absent, so that an absent field never equals
//! an empty one, nor a user id a user name. Changing anything here makes every kept token unreachable: hence the version.

use super::{Domain, Identity, Login, Method, Scope, User};
use crate::secret::digest;

/// Names the secret, what was refused and the rate budget of a login: 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginKey(String);

/// Names the token, record, lock and lease of an identity: 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl LoginKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

type Fields<'a> = Vec<(&'static str, &'a str)>;

impl Login {
    /// The key of this login.
    pub fn key(&self) -> LoginKey {
        let Login { auth_url, method } = self;
        let mut fields: Fields = vec![("auth_url", auth_url.as_str()), ("method", method.name())];
        match method {
            Method::Password(user) => add_user(&mut fields, user),
            Method::CredentialId(id) => fields.push(("application_credential_id", id)),
            Method::CredentialName { name, user } => {
                fields.push(("application_credential_name", name));
                add_user(&mut fields, user);
            }
        }
        LoginKey(hash("ostoken login 1", &fields))
    }
}

impl Identity {
    /// The key of this identity.
    pub fn key(&self) -> Key {
        let Identity { login, scope } = self;
        let login = login.key();
        let mut fields: Fields = vec![("login", login.as_str())];
        match scope {
            Scope::ProjectId(id) => fields.push(("project_id", id)),
            Scope::ProjectName { name, domain } => {
                fields.push(("project_name", name));
                add_domain(&mut fields, "project_domain_id", "project_domain_name", domain);
            }
            Scope::Domain(domain) => add_domain(&mut fields, "domain_id", "domain_name", domain),
            Scope::System => fields.push(("system", "all")),
            Scope::Trust(id) => fields.push(("trust_id", id)),
            Scope::None => {}
        }
        Key(hash("ostoken identity 1", &fields))
    }
}

fn add_user<'a>(fields: &mut Fields<'a>, user: &'a User) {
    match user {
        User::Id(id) => fields.push(("user_id", id)),
        User::Name { name, domain } => {
            fields.push(("user_name", name));
            add_domain(fields, "user_domain_id", "user_domain_name", domain);
        }
    }
}

fn add_domain<'a>(fields: &mut Fields<'a>, id: &'static str, name: &'static str, domain: &'a Domain) {
    match domain {
        Domain::Id(text) => fields.push((id, text)),
        Domain::Name(text) => fields.push((name, text)),
    }
}

fn hash(form: &str, fields: &Fields) -> String {
    let mut parts = vec![form];
    for (name, value) in fields {
        parts.extend([name, value]);
    }
    digest(&parts)
}

#[cfg(test)]
mod tests {
    use super::super::AuthUrl;
    use super::*;
    use std::collections::HashSet;

    fn login(user: User) -> Login {
        let auth_url = AuthUrl::parse("https://auth.example.com", false).expect("a URL");
        Login { auth_url, method: Method::Password(user) }
    }

    fn named(name: &str, domain: Domain) -> User {
        User::Name { name: name.into(), domain }
    }

    #[test]
    fn two_logins_never_share_a_key() {
        let credential = |method| Login { method, ..login(User::Id("a".into())) };
        let logins = [
            login(User::Id("a".into())),
            login(named("a", Domain::Id("default".into()))),
            login(named("a", Domain::Name("default".into()))),
            login(named("", Domain::Name("default".into()))),
            credential(Method::CredentialId("a".into())),
            credential(Method::CredentialName { name: "a".into(), user: User::Id("a".into()) }),
        ];
        let keys: HashSet<String> = logins.iter().map(|login| login.key().0).collect();
        assert_eq!(keys.len(), logins.len());
    }

    #[test]
    fn two_scopes_never_share_a_key() {
        let project = |domain| Scope::ProjectName { name: "p".into(), domain };
        let scopes = [
            Scope::None,
            Scope::System,
            Scope::Trust("p".into()),
            Scope::ProjectId("p".into()),
            Scope::ProjectId(String::new()),
            project(Domain::Id("d".into())),
            project(Domain::Name("d".into())),
            Scope::Domain(Domain::Id("d".into())),
            Scope::Domain(Domain::Name("d".into())),
        ];
        let key = |scope: &Scope| Identity { login: login(User::Id("a".into())), scope: scope.clone() }.key().0;
        let keys: HashSet<String> = scopes.iter().map(key).collect();
        assert_eq!(keys.len(), scopes.len());
    }

    #[test]
    fn keys_stay_what_they_are() {
        let identity = Identity { login: login(named("me", Domain::Id("default".into()))), scope: Scope::None };
        assert_eq!(identity.key().0, "b6a0daeebeb5ea1ddda3a37b6a408db89fe8f3da4a91b1d618bccdbac7d379ae");
    }
}
