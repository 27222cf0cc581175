//! Who authenticates where, and for what scope.
//!
//! Every source (environment, OpenRC file) yields the same types, so what follows never asks where they came from.

mod auth_url;
pub mod clouds;
pub mod environment;
mod key;
pub mod openrc;
pub mod resolve;
mod tls_policy;

pub use auth_url::AuthUrl;
pub use clouds::Cloud;
pub use environment::Environment;
pub use key::{Key, LoginKey};
pub use openrc::OpenRc;
pub use resolve::PLUGINS;
pub use tls_policy::{HTTP_PROXIES, HTTPS_PROXIES, NO_PROXIES, TLS_PATHS, TlsPolicy};

use crate::error::Error;
use crate::secret::{Secret, short_digest};

/// A domain, by id or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Domain {
    /// By its id.
    Id(String),
    /// By its name.
    Name(String),
}

/// A user, by id or by name within a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    /// By its id.
    Id(String),
    /// By its name, which is unique in its domain alone.
    Name {
        /// The user's name.
        name: String,
        /// The user's domain.
        domain: Domain,
    },
}

impl User {
    /// The id or the name, whichever is there.
    pub fn label(&self) -> &str {
        match self {
            User::Id(text) | User::Name { name: text, .. } => text,
        }
    }
}

/// How the login authenticates (Keystone's `identity.methods`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// `password`
    Password(User),
    /// `application_credential`, by its id.
    CredentialId(String),
    /// `application_credential`, by its name and owner.
    CredentialName {
        /// The application credential's name.
        name: String,
        /// The user who made it.
        user: User,
    },
}

impl Method {
    /// Keystone's name of the method.
    pub fn name(&self) -> &'static str {
        match self {
            Method::Password(_) => "password",
            Method::CredentialId(_) | Method::CredentialName { .. } => "application_credential",
        }
    }

    /// What names the account: the user, or the application credential.
    pub fn label(&self) -> &str {
        match self {
            Method::Password(user) => user.label(),
            Method::CredentialId(text) | Method::CredentialName { name: text, .. } => text,
        }
    }
}

/// What the token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One project, by id.
    ProjectId(String),
    /// One project, by name within a domain.
    ProjectName {
        /// The project's name.
        name: String,
        /// The project's domain.
        domain: Domain,
    },
    /// A domain.
    Domain(Domain),
    /// The whole system (`OS_SYSTEM_SCOPE=all`).
    System,
    /// A trust, by id.
    Trust(String),
    /// Nothing is asked for: an unscoped token, or the scope that an application credential brings.
    None,
}

impl Scope {
    /// The scope in words, for a person.
    pub fn describe(&self) -> String {
        match self {
            Scope::ProjectId(id) => format!("project {id}"),
            Scope::ProjectName { name, domain } => format!("project {name} ({})", domain.describe()),
            Scope::Domain(domain) => domain.describe(),
            Scope::System => "system".into(),
            Scope::Trust(id) => format!("trust {id}"),
            Scope::None => "none".into(),
        }
    }
}

impl Domain {
    /// The domain in words, for a person.
    pub fn describe(&self) -> String {
        match self {
            Domain::Id(text) | Domain::Name(text) => format!("domain {text}"),
        }
    }
}

/// Who authenticates where: names the secret, what was refused, and the rate budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Keystone's address.
    pub auth_url: AuthUrl,
    /// Method and account.
    pub method: Method,
}

impl Login {
    /// The login in words, for a person: the account at the auth URL.
    pub fn describe(&self) -> String {
        format!("{} at {}", self.method.label(), self.auth_url.as_str())
    }

    /// What proves it, in words: `password` or `application credential secret`.
    pub fn secret_name(&self) -> &'static str {
        match self.method {
            Method::Password(_) => "password",
            Method::CredentialId(_) | Method::CredentialName { .. } => "application credential secret",
        }
    }

    /// The error of a login without a secret.
    pub fn no_secret(&self) -> Error {
        Error::NoSecret { secret: self.secret_name(), login: self.describe() }
    }

    /// What `OSTOKEN_FOR` holds: 16 hex digits that change with the auth URL and with the user.
    pub fn mark(&self) -> String {
        short_digest(&[self.auth_url.as_str(), self.method.label()])
    }
}

/// A login and a scope: names the token, its record, lock and lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who authenticates where.
    pub login: Login,
    /// What for.
    pub scope: Scope,
}

/// What an identity's variables come from, where that is not the environment.
#[derive(Clone, Debug)]
pub enum Origin {
    /// An OpenRC file.
    OpenRc(OpenRc),
    /// A cloud of clouds.yaml.
    Cloud(Box<Cloud>),
}

/// An identity, and where it comes from.
#[derive(Clone, Debug)]
pub struct IdentitySource {
    /// The identity.
    pub identity: Identity,
    /// What decides whether its server is trusted.
    pub tls_policy: TlsPolicy,
    /// The secret, if the environment or a file holds one.
    pub secret: Option<Secret>,
    /// The environment, with the variables of the OpenRC file or the cloud in place of its own.
    pub environment: Environment,
    /// The OpenRC file or the cloud.
    pub origin: Option<Origin>,
}
