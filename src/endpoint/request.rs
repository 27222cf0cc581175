//! What a request for a token asks for: a pure reading of its body (Identity API v3, "Authenticating and scoping").
//!
//! A password, passcode or secret in it is not kept and not compared: whoever knows the endpoint's path is this user.

use crate::identity::{Domain, Login, Method, Scope, User};
use crate::keystone::Reference;
use crate::secret::Token;
use serde::Deserialize;

/// A request for a token.
#[derive(Debug)]
pub struct Claim {
    /// Who asks.
    pub claimant: Claimant,
    /// What for.
    pub scope: ClaimedScope,
}

/// Who asks for a token.
#[derive(Debug)]
pub enum Claimant {
    /// Whoever has this token.
    Token(Token),
    /// A user, by password or passcode.
    User(ClaimedUser),
    /// An application credential.
    Credential {
        /// Its id.
        id: Option<String>,
        /// Its name, beside a user.
        name: Option<String>,
        /// The user that a name needs.
        user: ClaimedUser,
    },
    /// Somebody else, or by a method that is none of these.
    Other,
}

/// A user as a request names one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimedUser {
    id: Option<String>,
    name: Option<String>,
    domain: Option<ClaimedDomain>,
}

/// A domain as a request names one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimedDomain {
    id: Option<String>,
    name: Option<String>,
}

/// What a request names as its scope.
#[derive(Debug)]
pub enum ClaimedScope {
    /// Nothing: the login's own scope, as Keystone would take the default one.
    Own,
    /// This.
    Scope(Scope),
    /// Something that is not understood here.
    Unknown,
}

/// Whose tokens are given out here.
#[derive(Debug)]
pub struct Owner<'a> {
    /// The login.
    pub login: &'a Login,
    /// The scope of its own environment.
    pub scope: &'a Scope,
    /// The user, as Keystone's document of the token has it.
    pub user: &'a Reference,
    /// The project that the token is for.
    pub project: Option<&'a Reference>,
}

#[derive(Deserialize)]
struct Body {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    identity: IdentityPart,
    scope: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct IdentityPart {
    methods: Vec<String>,
    password: Option<UserPart>,
    totp: Option<UserPart>,
    token: Option<TokenPart>,
    application_credential: Option<CredentialPart>,
}

#[derive(Deserialize)]
struct UserPart {
    #[serde(default)]
    user: ClaimedUser,
}

#[derive(Deserialize)]
struct TokenPart {
    id: String,
}

#[derive(Deserialize)]
struct CredentialPart {
    id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    user: ClaimedUser,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopePart {
    project: Option<ProjectPart>,
    domain: Option<ClaimedDomain>,
    system: Option<SystemPart>,
    #[serde(rename = "OS-TRUST:trust")]
    trust: Option<Named>,
}

#[derive(Deserialize)]
struct ProjectPart {
    id: Option<String>,
    name: Option<String>,
    domain: Option<ClaimedDomain>,
}

#[derive(Deserialize)]
struct SystemPart {
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Reads the body of `POST /v3/auth/tokens`; `None` if it is none.
pub fn read(body: &[u8]) -> Option<Claim> {
    let Body { auth: Auth { identity, scope } } = serde_json::from_slice(body).ok()?;
    let IdentityPart { methods, password, totp, token, application_credential } = identity;
    let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
    let claimant = match (methods.as_slice(), password, totp, token, application_credential) {
        (["token"], _, _, Some(token), _) => Token::parse(&token.id).map_or(Claimant::Other, Claimant::Token),
        (["password"] | ["password", "totp"] | ["totp", "password"], Some(part), ..) => Claimant::User(part.user),
        (["totp"], _, Some(part), ..) => Claimant::User(part.user),
        (["application_credential"], _, _, _, Some(CredentialPart { id, name, user })) => {
            Claimant::Credential { id, name, user }
        }
        _ => Claimant::Other,
    };
    Some(Claim { claimant, scope: claimed_scope(scope) })
}

fn claimed_scope(scope: Option<serde_json::Value>) -> ClaimedScope {
    let scope = match scope {
        None | Some(serde_json::Value::Null) => return ClaimedScope::Own,
        Some(serde_json::Value::String(word)) if word == "unscoped" => return ClaimedScope::Scope(Scope::None),
        Some(scope) => scope,
    };
    let Ok(ScopePart { project, domain, system, trust }) = serde_json::from_value(scope) else {
        return ClaimedScope::Unknown;
    };
    let scope = match (project, domain, system, trust) {
        (Some(project), None, None, None) => match (project.id, project.name, project.domain.and_then(as_domain)) {
            (Some(id), ..) => Some(Scope::ProjectId(id)),
            (None, Some(name), Some(domain)) => Some(Scope::ProjectName { name, domain }),
            _ => None,
        },
        (None, Some(domain), None, None) => as_domain(domain).map(Scope::Domain),
        (None, None, Some(SystemPart { all: true }), None) => Some(Scope::System),
        (None, None, None, Some(trust)) => Some(Scope::Trust(trust.id)),
        _ => None,
    };
    scope.map_or(ClaimedScope::Unknown, ClaimedScope::Scope)
}

fn as_domain(domain: ClaimedDomain) -> Option<Domain> {
    domain.id.map(Domain::Id).or(domain.name.map(Domain::Name))
}

impl Owner<'_> {
    /// The scope in which this owner is to be given a token; `None` if the request is another one's, or asks for what is
    /// not understood: Keystone then answers it. `is_given` tells whether a token was given to this login.
    pub fn scope_of(&self, claim: &Claim, is_given: impl FnOnce(&Token) -> bool) -> Option<Scope> {
        let is_owner = match &claim.claimant {
            Claimant::Token(token) => is_given(token),
            Claimant::User(user) => matches!(self.login.method, Method::Password(_)) && self.is_user(user),
            Claimant::Credential { id, name, user } => match (&self.login.method, id, name) {
                (Method::CredentialId(own), Some(id), _) => own == id,
                (Method::CredentialName { name: own, .. }, None, Some(name)) => own == name && self.is_user(user),
                _ => false,
            },
            Claimant::Other => false,
        };
        if !is_owner {
            return None;
        }
        match (&claim.scope, &self.login.method) {
            (ClaimedScope::Unknown, _) => None,
            // An application credential has one scope, which its requests do not name.
            (ClaimedScope::Own, _) => Some(self.scope.clone()),
            (ClaimedScope::Scope(scope), Method::Password(_)) => {
                Some(if self.is_own(scope) { self.scope.clone() } else { scope.clone() })
            }
            (ClaimedScope::Scope(scope), _) => self.is_own(scope).then(|| self.scope.clone()),
        }
    }

    /// Whether it is the scope of the environment, by whatever name.
    fn is_own(&self, scope: &Scope) -> bool {
        let is_project = |matches: &dyn Fn(&Reference) -> bool| self.project.is_some_and(matches);
        scope == self.scope
            || match scope {
                Scope::ProjectId(id) => !matches!(self.scope, Scope::Trust(_)) && is_project(&|own| own.id == *id),
                Scope::ProjectName { name, domain } => {
                    !matches!(self.scope, Scope::Trust(_)) && is_project(&|own| own.name == *name && is_in(own, domain))
                }
                _ => false,
            }
    }

    fn is_user(&self, claimed: &ClaimedUser) -> bool {
        let own_name = match &self.login.method {
            Method::Password(User::Name { name, domain })
            | Method::CredentialName { user: User::Name { name, domain }, .. } => Some((name, domain)),
            _ => None,
        };
        match (&claimed.id, &claimed.name, &claimed.domain) {
            (Some(id), ..) => *id == self.user.id,
            (None, Some(name), domain) => {
                let is_claimed = |own: &Domain| match (own, domain) {
                    (Domain::Id(own), Some(ClaimedDomain { id: Some(id), .. })) => own == id,
                    (Domain::Name(own), Some(ClaimedDomain { name: Some(name), .. })) => own == name,
                    _ => false,
                };
                let by_environment = own_name.is_some_and(|(own, domain)| own == name && is_claimed(domain));
                let by_document = *name == self.user.name
                    && self.user.domain.as_deref().is_some_and(|own| {
                        is_claimed(&Domain::Id(own.id.clone())) || is_claimed(&Domain::Name(own.name.clone()))
                    });
                by_environment || by_document
            }
            _ => false,
        }
    }
}

fn is_in(project: &Reference, domain: &Domain) -> bool {
    project.domain.as_deref().is_some_and(|own| match domain {
        Domain::Id(id) => own.id == *id,
        Domain::Name(name) => own.name == *name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::AuthUrl;
    use serde_json::{Value, json};

    fn reference(id: &str, name: &str, domain: Option<Reference>) -> Reference {
        Reference { id: id.into(), name: name.into(), domain: domain.map(Box::new) }
    }

    fn answered(method: Method, scope: Scope, auth: Value) -> Option<Scope> {
        let login = Login { auth_url: AuthUrl::parse("https://h", false).expect("a URL"), method };
        let domain = reference("default", "Default", None);
        let user = reference("u1", "alice", Some(domain.clone()));
        let project = reference("p1", "demo", Some(domain));
        let owner = Owner { login: &login, scope: &scope, user: &user, project: Some(&project) };
        let claim = read(json!({ "auth": auth }).to_string().as_bytes())?;
        owner.scope_of(&claim, |token| token.expose() == "gAAAAours")
    }

    fn alice() -> Method {
        Method::Password(User::Name { name: "alice".into(), domain: Domain::Name("Default".into()) })
    }

    fn demo() -> Scope {
        Scope::ProjectName { name: "demo".into(), domain: Domain::Id("default".into()) }
    }

    fn password(user: Value) -> Value {
        json!({ "methods": ["password"], "password": { "user": user } })
    }

    #[test]
    fn the_owner_is_known_by_every_name_and_nobody_else_is() {
        let asks = |identity: Value| answered(alice(), demo(), json!({ "identity": identity }));
        for user in [
            json!({ "id": "u1", "password": "x" }),
            json!({ "name": "alice", "domain": { "id": "default" } }),
            json!({ "name": "alice", "domain": { "name": "Default" }, "password": "wrong" }),
        ] {
            assert_eq!(asks(password(user.clone())), Some(demo()), "{user}");
            assert_eq!(asks(json!({ "methods": ["totp"], "totp": { "user": user } })), Some(demo()));
        }
        assert_eq!(asks(json!({ "methods": ["token"], "token": { "id": "gAAAAours" } })), Some(demo()));
        for other in [
            password(json!({ "id": "u2" })),
            password(json!({ "name": "alice" })),
            password(json!({ "name": "alice", "domain": { "name": "Other" } })),
            password(json!({ "name": "bob", "domain": { "id": "default" } })),
            password(json!({})),
            json!({ "methods": ["token"], "token": { "id": "gAAAAother" } }),
            json!({ "methods": ["token", "password"], "token": { "id": "gAAAAours" } }),
            json!({ "methods": ["mapped"] }),
            json!({ "methods": [] }),
            json!({ "methods": ["application_credential"], "application_credential": { "id": "c1" } }),
        ] {
            assert_eq!(asks(other.clone()), None, "{other}");
        }
    }

    #[test]
    fn a_scope_is_the_one_that_is_asked_for_and_the_own_one_by_whatever_name() {
        let token = json!({ "methods": ["token"], "token": { "id": "gAAAAours" } });
        let asks = |scope: Value| answered(alice(), demo(), json!({ "identity": token, "scope": scope }));
        for own in [
            json!({ "project": { "id": "p1" } }),
            json!({ "project": { "name": "demo", "domain": { "name": "Default" } } }),
            json!({ "project": { "name": "demo", "domain": { "id": "default" } } }),
            Value::Null,
        ] {
            assert_eq!(asks(own.clone()), Some(demo()), "{own}");
        }
        assert_eq!(asks(json!({ "project": { "id": "p2" } })), Some(Scope::ProjectId("p2".into())));
        assert_eq!(asks(json!({ "domain": { "id": "d" } })), Some(Scope::Domain(Domain::Id("d".into()))));
        assert_eq!(asks(json!({ "system": { "all": true } })), Some(Scope::System));
        assert_eq!(asks(json!({ "OS-TRUST:trust": { "id": "t" } })), Some(Scope::Trust("t".into())));
        assert_eq!(asks(json!("unscoped")), Some(Scope::None));
        for unknown in [
            json!({ "project": { "name": "demo" } }),
            json!({ "project": { "id": "p1" }, "domain": { "id": "d" } }),
            json!({ "system": { "all": false } }),
            json!({ "new": {} }),
            json!("other"),
            json!([]),
        ] {
            assert_eq!(asks(unknown.clone()), None, "{unknown}");
        }
    }

    #[test]
    fn an_application_credential_has_its_own_scope_alone() {
        let method = || Method::CredentialId("c1".into());
        let credential = |id: &str| json!({ "methods": ["application_credential"], "application_credential": { "id": id, "secret": "x" } });
        let asks = |auth: Value| answered(method(), Scope::None, auth);
        assert_eq!(asks(json!({ "identity": credential("c1") })), Some(Scope::None));
        assert_eq!(asks(json!({ "identity": credential("c2") })), None);
        let token = json!({ "methods": ["token"], "token": { "id": "gAAAAours" } });
        assert_eq!(asks(json!({ "identity": token, "scope": { "project": { "id": "p1" } } })), Some(Scope::None));
        assert_eq!(asks(json!({ "identity": token, "scope": { "project": { "id": "p2" } } })), None);
        assert_eq!(asks(json!({ "identity": password(json!({ "id": "u1" })) })), None);
    }

    #[test]
    fn nonsense_is_not_a_request() {
        for text in ["", "{", "[]", "{}", r#"{"auth":{}}"#, r#"{"auth":{"identity":{"methods":"token"}}}"#] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
