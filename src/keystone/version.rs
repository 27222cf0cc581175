//! What a Keystone says to whoever asks, without a login: its version document.

use super::answer::Answer;
use super::http::Keystone;
use super::reason::Obstacle;
use crate::error::Error;
use crate::identity::AuthUrl;
use reqwest::Method;
use reqwest::header::HeaderMap;

/// A Keystone that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Such as `v3.14`.
    pub id: String,
    /// Where v3 is, if the auth URL names another place.
    pub elsewhere: Option<String>,
    /// How far the server's clock is ahead of this machine's, in seconds; `None` if it does not tell the time.
    pub clock_offset: Option<i64>,
}

/// Why there is no answer of Keystone's, and what stood in its way.
#[derive(Debug)]
pub struct Unanswered {
    /// Why, for a person.
    pub error: Error,
    /// The same for a program.
    pub obstacle: Obstacle,
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Unanswered {
        Unanswered { error, obstacle: Obstacle::Other }
    }
}

impl From<Unanswered> for Error {
    fn from(unanswered: Unanswered) -> Error {
        unanswered.error
    }
}

impl Keystone<'_> {
    /// Asks for the version document at `auth_url` (GET /v3/) and, where it is not there, for the one above it. Neither
    /// request holds a secret or a token.
    ///
    /// # Errors
    /// Why there is none.
    pub fn version(&self, auth_url: &AuthUrl) -> Result<Version, Unanswered> {
        let url = format!("{}/", auth_url.as_str());
        let answer = self.send(&self.agent(&url)?, Method::GET, &url, HeaderMap::new(), None, &[])?;
        let clock_offset = answer.clock_offset(self.clock.now());
        if let Some(id) = found(&answer) {
            return Ok(Version { id, elsewhere: None, clock_offset });
        }
        if matches!(answer.status, 300 | 404)
            && let Some(elsewhere) = self.discover(auth_url)?
        {
            return Ok(Version { id: "v3".into(), elsewhere: Some(elsewhere), clock_offset });
        }
        Err(match answer.error("version document", &url, self.clock.now()) {
            // Nobody is refused a version document by Keystone.
            Error::Refused { status, message, .. } => {
                Error::BadAnswer { url, why: format!("status {status}: {message}") }
            }
            other => other,
        }
        .into())
    }
}

fn found(answer: &Answer) -> Option<String> {
    if answer.status != 200 {
        return None;
    }
    Some(answer.v3()?["id"].as_str()?.to_owned())
}
