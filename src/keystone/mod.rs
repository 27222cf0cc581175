//! Keystone v3: create, validate and revoke a token, and find where v3 is.
//!
//! Bodies, answers and errors are pure functions; [`mod@http`] is the one part that touches the network.

mod answer;
mod certificates;
pub mod forward;
pub mod http;
mod mask;
mod proxy;
mod reason;
mod request;
#[cfg(test)]
mod tests;
mod tls;
mod token_info;
mod version;

pub use http::Keystone;
pub use reason::Obstacle;
pub use token_info::{Reference, Subject, TokenInfo};
pub use version::{Unanswered, Version};

use crate::error::Error;
use crate::identity::{AuthUrl, Identity};
use crate::record::Times;
use crate::secret::{Secret, Token};
use serde_json::value::RawValue;

/// A token that Keystone just made.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// Its times.
    pub times: Times,
    /// As [`TokenInfo::document`].
    pub document: Option<Box<RawValue>>,
}

/// Asked before each request to /auth/tokens: it counts the request, or refuses to have it sent.
pub type Admit<'a> = &'a mut dyn FnMut() -> Result<(), Error>;

/// Makes tokens: Keystone, or a stand-in for it in tests.
pub trait Issuer {
    /// Makes a token for `identity` with `secret` (POST /v3/auth/tokens).
    ///
    /// # Errors
    /// What `admit` gives; [`Error::Refused`], [`Error::RateLimited`], [`Error::Unreachable`], [`Error::BadAnswer`],
    /// [`Error::Redirected`].
    fn create(&self, identity: &Identity, secret: &Secret, admit: Admit) -> Result<Issued, Error>;

    /// Asks what `token` is (GET /v3/auth/tokens), which makes none. `None`: Keystone does not know it any more.
    ///
    /// # Errors
    /// As [`Issuer::create`].
    fn validate(&self, auth_url: &AuthUrl, token: &Token, admit: Admit) -> Result<Option<TokenInfo>, Error>;

    /// Revokes `token` (DELETE /v3/auth/tokens). One that Keystone does not know any more is as good as revoked.
    ///
    /// # Errors
    /// As [`Issuer::create`].
    fn revoke(&self, auth_url: &AuthUrl, token: &Token, admit: Admit) -> Result<(), Error>;
}
