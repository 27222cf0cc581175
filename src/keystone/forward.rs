//! Requests that are passed on to Keystone as they are, in an asynchronous runtime.

use super::http::{Explainer, Keystone};
use crate::error::Error;
use crate::failpoint;
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
    auth_url: String,
    /// [`SILENCE`], or what a test has in its place.
    silence: Duration,
}

impl Keystone<'_> {
    /// What passes requests on to the Keystone of `auth_url`.
    ///
    /// # Errors
    /// [`Error::Usage`] for a file of certificates or a proxy that cannot be used.
    pub fn forwarder(&self, auth_url: &AuthUrl) -> Result<Forwarder, Error> {
        let auth_url = auth_url.as_str().to_owned();
        let (builder, explainer) = self.builder(&auth_url)?;
        let silence = failpoint::limit(SILENCE);
        let built = builder.read_timeout(silence).build();
        let client = built.map_err(|error| explainer.unreachable(&auth_url, &error.without_url(), silence))?;
        Ok(Forwarder { client, explainer, auth_url, silence })
    }
}

impl Forwarder {
    /// Passes a request on; `path` is what stands behind the auth URL without `/v3`, with its query.
    ///
    /// # Errors
    /// [`Error::Unreachable`].
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Response<Body>, Error> {
        let base = self.auth_url.strip_suffix("/v3").unwrap_or(&self.auth_url);
        let request = self.client.request(method, format!("{base}{path}")).headers(plain(headers)).body(body);
        let unreachable =
            |error: reqwest::Error| self.explainer.unreachable(&self.auth_url, &error.without_url(), self.silence);
        let (mut parts, body) = Response::from(request.send().await.map_err(unreachable)?).into_parts();
        parts.headers = plain(parts.headers);
        Ok(Response::from_parts(parts, body))
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
