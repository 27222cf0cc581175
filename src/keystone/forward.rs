//! Requests that are passed on to Keystone as they are, in an asynchronous runtime.

use super::http::{Explainer, Keystone};
use crate::error::Error;
use crate::identity::AuthUrl;
use http::header::{
    CONNECTION, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, Method, Response};
use reqwest::Body;
use std::time::Duration;

/// Nothing is waited for longer than this between two pieces of an answer.
const SILENCE: Duration = Duration::from_secs(60);

/// What holds for one connection alone (RFC 9110, 7.6.1), and names of the machine that a client spoke to.
const OF_ONE_CONNECTION: [HeaderName; 8] =
    [CONNECTION, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// The way to a Keystone for requests that are passed on.
pub struct Forwarder {
    client: reqwest::Client,
    explainer: Explainer,
    /// The auth URL without `/v3`.
    base: String,
}

impl Keystone<'_> {
    /// What passes requests on to the Keystone of `auth_url`.
    ///
    /// # Errors
    /// [`Error::Usage`] for a file of certificates or a proxy that cannot be used.
    pub fn forwarder(&self, auth_url: &AuthUrl) -> Result<Forwarder, Error> {
        let url = auth_url.as_str();
        let (builder, explainer) = self.builder(url)?;
        let built = builder.read_timeout(SILENCE).build();
        let client = built.map_err(|error| Error::Unreachable {
            url: url.into(),
            why: explainer.why(&error.without_url(), SILENCE),
        })?;
        let base = url.strip_suffix("/v3").unwrap_or(url).to_owned();
        Ok(Forwarder { client, explainer, base })
    }
}

impl Forwarder {
    /// Passes a request on; `path` is what stands behind the auth URL without `/v3`, with its query.
    ///
    /// # Errors
    /// Whether the server was too slow, and why there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Response<Body>, (bool, String)> {
        let request = self.client.request(method, format!("{}{path}", self.base)).headers(plain(headers)).body(body);
        match request.send().await {
            Ok(response) => {
                let (mut parts, body) = Response::from(response).into_parts();
                parts.headers = plain(parts.headers);
                Ok(Response::from_parts(parts, body))
            }
            Err(error) => {
                let is_slow = error.is_timeout();
                Err((is_slow, self.explainer.why(&error.without_url(), SILENCE)))
            }
        }
    }
}

/// The headers that mean the same on the next connection.
fn plain(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_ONE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers
}
