//! What a token is: whose, and for what.

use crate::identity::{Domain, Identity, Method, Scope, User};
use crate::record::Times;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Something that has an id and, mostly, a name and a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Reference {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its domain.
    #[serde(default)]
    pub domain: Option<Box<Reference>>,
}

/// What Keystone says of a token.
#[derive(Clone, Debug)]
pub struct TokenInfo {
    /// When it was issued and dies.
    pub times: Times,
    /// Whose it is.
    pub user: Reference,
    /// The project it is scoped to.
    pub project: Option<Reference>,
    /// The domain it is scoped to.
    pub domain: Option<Reference>,
    /// The application credential that made it.
    pub credential: Option<Reference>,
    /// Whether it is scoped to the whole system.
    pub system: bool,
    /// The trust that it comes from.
    pub trust: Option<Reference>,
    /// The whole document: catalog, roles, project and whatever else Keystone says. `None` if it repeats a secret, which
    /// must not be written to a file.
    pub document: Option<Box<RawValue>>,
}

/// Whose a token is, and for which project.
#[derive(Clone, Debug, Deserialize)]
pub struct Subject {
    /// The user.
    #[serde(default)]
    pub user: Reference,
    /// The project.
    #[serde(default)]
    pub project: Option<Reference>,
}

impl Subject {
    /// Reads it from Keystone's document of a token; nobody's if that is not one.
    pub fn of(document: &RawValue) -> Subject {
        #[derive(Deserialize)]
        struct Document {
            token: Subject,
        }
        let nobody = Subject { user: Reference::default(), project: None };
        serde_json::from_str(document.get()).map_or(nobody, |document: Document| document.token)
    }
}

impl Reference {
    fn is(&self, name: &str, domain: &Domain) -> bool {
        self.name == name && self.domain.as_deref().is_some_and(|own| own.is_domain(domain))
    }

    fn is_domain(&self, domain: &Domain) -> bool {
        match domain {
            Domain::Id(id) => self.id == *id,
            Domain::Name(name) => self.name == *name,
        }
    }

    fn is_user(&self, user: &User) -> bool {
        match user {
            User::Id(id) => self.id == *id,
            User::Name { name, domain } => self.is(name, domain),
        }
    }
}

impl TokenInfo {
    /// Whether the token is one of `identity`.
    ///
    /// # Errors
    /// Which part of it is another one's.
    pub fn is_of(&self, identity: &Identity) -> Result<(), &'static str> {
        let is_account = match (&identity.login.method, &self.credential) {
            (Method::Password(user), _) => self.user.is_user(user),
            (Method::CredentialId(id), Some(credential)) => credential.id == *id,
            (Method::CredentialName { name, user }, Some(credential)) => {
                credential.name == *name && self.user.is_user(user)
            }
            (_, None) => false,
        };
        if !is_account {
            return Err("the token belongs to another user");
        }
        match self.has_scope(&identity.scope) || !matches!(identity.login.method, Method::Password(_)) {
            true => Ok(()),
            false => Err("the token has another scope"),
        }
    }

    fn has_scope(&self, scope: &Scope) -> bool {
        match scope {
            Scope::ProjectId(id) => self.trust.is_none() && self.project.as_ref().is_some_and(|own| own.id == *id),
            Scope::ProjectName { name, domain } => {
                self.trust.is_none() && self.project.as_ref().is_some_and(|own| own.is(name, domain))
            }
            Scope::Domain(domain) => self.domain.as_ref().is_some_and(|own| own.is_domain(domain)),
            Scope::System => self.system,
            Scope::Trust(id) => self.trust.as_ref().is_some_and(|own| own.id == *id),
            Scope::None => self.project.is_none() && self.domain.is_none() && !self.system,
        }
    }
}
