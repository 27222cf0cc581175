//! The HTTP client: nothing is opened before a request is made, and no redirect is followed.

use super::answer::Answer;
use super::reason::{CONNECT, Obstacle, asks_for_certificate, is_timeout, reason};
use super::tls::{ClientCertificate, Tls};
use super::version::Unanswered;
use super::{Admit, Issued, Issuer, TokenInfo, proxy, request};
use crate::clock::Clock;
use crate::error::{Error, escaped};
use crate::failpoint::{self, Point, failpoint};
use crate::identity::{AuthUrl, Environment, Identity, TlsPolicy};
use crate::secret::{Secret, Token};
use bytes::Bytes;
use reqwest::Method;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use std::error::Error as Cause;
use std::io::Read;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;
use zeroize::Zeroizing;

const WHOLE: Duration = Duration::from_secs(20);
const LARGEST_ANSWER: u64 = 4 * 1024 * 1024;

/// A Keystone, verified in one way.
pub struct Keystone<'a> {
    /// How servers are verified.
    pub tls_policy: &'a TlsPolicy,
    /// Where the proxy variables are read.
    pub environment: &'a Environment,
    /// Tells when an answer came.
    pub clock: &'a dyn Clock,
    /// When whoever asks gives up, where that is before a request's own limit.
    pub deadline: Option<Instant>,
}

impl Issuer for Keystone<'_> {
    fn create(&self, identity: &Identity, secret: &Secret, admit: Admit) -> Result<Issued, Error> {
        let what = "token creation";
        let body = request::body(identity, secret);
        let base = identity.login.auth_url.as_str();
        let mut url = format!("{base}/auth/tokens");
        let hidden = [secret.clone()];
        let mut answer = self.post(&url, &body, &hidden, admit)?;
        if matches!(answer.status, 300 | 404)
            && let Some(found) = self.discover(&identity.login.auth_url)?
        {
            url = format!("{found}/auth/tokens");
            answer = self.post(&url, &body, &hidden, admit)?;
        }
        failpoint(Point::Created);
        let now = self.clock.now();
        if answer.status != 201 {
            return Err(answer.error(what, &url, now));
        }
        let bad = |why: String| Error::BadAnswer { url: url.clone(), why };
        let token = answer.subject_token.as_deref().and_then(Token::parse);
        let token = token.ok_or_else(|| bad("no token in it".into()))?;
        answer.hidden.push(Secret::from(token.expose()));
        let TokenInfo { times, document, .. } = answer.token_info(now).map_err(bad)?;
        Ok(Issued { times, token, document })
    }

    fn validate(&self, auth_url: &AuthUrl, token: &Token, admit: Admit) -> Result<Option<TokenInfo>, Error> {
        let (url, answer) = self.about(Method::GET, auth_url, token, admit)?;
        let now = self.clock.now();
        match answer.status {
            200 => answer.token_info(now).map(Some).map_err(|why| Error::BadAnswer { url, why }),
            401 | 404 => Ok(None),
            _ => Err(answer.error("token validation", &url, now)),
        }
    }

    fn revoke(&self, auth_url: &AuthUrl, token: &Token, admit: Admit) -> Result<(), Error> {
        let (url, answer) = self.about(Method::DELETE, auth_url, token, admit)?;
        match answer.status {
            200 | 204 | 401 | 404 => Ok(()),
            _ => Err(answer.error("token revocation", &url, self.clock.now())),
        }
    }
}

/// What sends one request.
pub(super) struct Agent {
    /// Not dropped: that waits for a name that is still being looked up after the time is over.
    client: ManuallyDrop<Client>,
    explainer: Explainer,
    /// How long the whole request may take.
    limit: Duration,
}

/// What is known of the way to a server, for whoever has to be told why a request failed.
pub(super) struct Explainer {
    /// Tells whether the server asked for a certificate.
    certificate: Arc<ClientCertificate>,
    /// The variable of the proxy in the way.
    proxy: Option<&'static str>,
    /// Whose name is looked up, in words.
    host: String,
}

impl Keystone<'_> {
    fn post(&self, url: &str, body: &Zeroizing<Vec<u8>>, hidden: &[Secret], admit: Admit) -> Result<Answer, Error> {
        let agent = self.agent(url)?;
        admit()?;
        failpoint(Point::Counted);
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Ok(self.send(&agent, Method::POST, url, headers, Some(body.clone()), hidden)?)
    }

    /// A request about `token`, authenticated by itself.
    fn about(
        &self,
        method: Method,
        auth_url: &AuthUrl,
        token: &Token,
        admit: Admit,
    ) -> Result<(String, Answer), Error> {
        let url = format!("{}/auth/tokens", auth_url.as_str());
        let mut value = HeaderValue::from_str(token.expose())
            .map_err(|_| Error::BadAnswer { url: url.clone(), why: "the token is not a valid header value".into() })?;
        value.set_sensitive(true);
        let agent = self.agent(&url)?;
        admit()?;
        let mut headers = HeaderMap::new();
        headers.insert("x-auth-token", value.clone());
        headers.insert("x-subject-token", value);
        let answer = self.send(&agent, method, &url, headers, None, &[Secret::from(token.expose())])?;
        Ok((url, answer))
    }

    /// Asks the version document where v3 is: for clouds that have it elsewhere than the auth URL says. An answer that
    /// names another machine is not believed, since the secret would go there.
    pub(super) fn discover(&self, auth_url: &AuthUrl) -> Result<Option<String>, Error> {
        let base = auth_url.as_str();
        let root = base.strip_suffix("v3").unwrap_or(base);
        let answer = self.send(&self.agent(root)?, Method::GET, root, HeaderMap::new(), None, &[])?;
        let Some(link) = answer.v3_link() else { return Ok(None) };
        let link = link.trim_end_matches('/').to_owned();
        let same_origin = matches!((Url::parse(base), Url::parse(&link)), (Ok(a), Ok(b)) if a.origin() == b.origin());
        match same_origin {
            true if link == base => Ok(None),
            true => Ok(Some(link)),
            false => Err(Error::Redirected { url: root.into(), location: escaped(&link, 300) }),
        }
    }

    /// Whether the files of certificates and the proxy that a request to `auth_url` takes can be used.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn check(&self, auth_url: &AuthUrl) -> Result<(), Error> {
        self.way(auth_url.as_str()).map(drop)
    }

    /// Sends the request; `hidden` is what no error shows, should the server repeat it. `body` is overwritten in memory
    /// once it is sent.
    pub(super) fn send(
        &self,
        agent: &Agent,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Option<Zeroizing<Vec<u8>>>,
        hidden: &[Secret],
    ) -> Result<Answer, Unanswered> {
        let unreachable = |error: &(dyn Cause + 'static)| Unanswered {
            obstacle: agent.explainer.obstacle(error),
            error: agent.explainer.unreachable(url, error, agent.limit),
        };
        let bad = |why: String| Unanswered::from(Error::BadAnswer { url: url.into(), why });
        let mut request = agent.client.request(method, url).headers(headers).timeout(agent.limit);
        if let Some(body) = body {
            request = request.body(Bytes::from_owner(body));
        }
        let sent_at = Some(self.clock.now());
        let mut response = request.send().map_err(|error| unreachable(&error.without_url()))?;
        let mut answer = read_head(&response).map_err(bad)?;
        let body = response.by_ref().take(LARGEST_ANSWER + 1).read_to_end(&mut answer.body);
        body.map_err(|error| unreachable(&error))?;
        if answer.body.len() as u64 > LARGEST_ANSWER {
            return Err(bad(format!("larger than {LARGEST_ANSWER} bytes")));
        }
        Ok(Answer { hidden: hidden.to_vec(), sent_at, ..answer })
    }

    /// The proxy and the TLS of a request.
    fn way(&self, url: &str) -> Result<(Option<proxy::Chosen>, Tls), Error> {
        let has_tls = url.starts_with("https:");
        // Without that permission, an auth URL without TLS is one of this machine.
        let is_local_http = !has_tls && !self.tls_policy.allow_http;
        let proxy = proxy::choose(url, is_local_http, self.environment)?;
        let tls = match has_tls || proxy.as_ref().is_some_and(|proxy| proxy.has_tls) {
            true => Tls::new(self.tls_policy, self.environment)?,
            false => Tls::none()?,
        };
        Ok((proxy, tls))
    }

    /// What sends one request. It is made before the request is counted: a file of certificates that cannot be read costs
    /// no count.
    pub(super) fn agent(&self, url: &str) -> Result<Agent, Error> {
        let limit = self.limit();
        let (builder, explainer) = self.builder(url)?;
        let built = reqwest::blocking::ClientBuilder::from(builder).build();
        let client = built.map_err(|error| explainer.unreachable(url, &error.without_url(), limit))?;
        Ok(Agent { client: ManuallyDrop::new(client), explainer, limit })
    }

    /// What sends requests to the server of `url`, and what tells why one failed.
    pub(super) fn builder(&self, url: &str) -> Result<(reqwest::ClientBuilder, Explainer), Error> {
        let (proxy, tls) = self.way(url)?;
        let mut client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.config)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT)
            .user_agent(concat!("ostoken/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        let variable = proxy.as_ref().map(|proxy| proxy.variable);
        if let Some(proxy) = proxy {
            client = client.proxy(proxy.proxy);
        }
        // Through a proxy, it is the proxy's own name that this machine looks up.
        let host = match variable {
            Some(_) => "its host".to_owned(),
            None => Url::parse(url)
                .map_or_else(|_| "host".to_owned(), |url| format!("host {}", url.host_str().unwrap_or_default())),
        };
        Ok((client, Explainer { certificate: tls.client, proxy: variable, host }))
    }

    fn limit(&self) -> Duration {
        let whole = failpoint::limit(WHOLE);
        let left = self.deadline.map_or(whole, |deadline| deadline.saturating_duration_since(Instant::now()));
        left.clamp(Duration::from_secs(1), whole)
    }
}

impl Explainer {
    /// The error of a request to `url` within `limit` that failed by `error`.
    pub(super) fn unreachable(&self, url: &str, error: &(dyn Cause + 'static), limit: Duration) -> Error {
        let (is_timeout, why) = match self.certificate.is_missing() {
            true => (false, asks_for_certificate().into()),
            false => (is_timeout(error), reason(error, &self.host, limit)),
        };
        let why = match self.proxy {
            Some(variable) => format!("through the proxy of {variable}: {why}"),
            None => why,
        };
        Error::Unreachable { url: url.into(), why, is_timeout }
    }

    /// What stood in the way of a request that failed.
    fn obstacle(&self, error: &(dyn Cause + 'static)) -> Obstacle {
        match self.certificate.is_missing() {
            true => Obstacle::ClientCertificate,
            false => Obstacle::of(error),
        }
    }
}

/// Status and headers.
fn read_head(response: &Response) -> Result<Answer, String> {
    let headers = response.headers();
    // Which of them would be the token is anybody's guess.
    if response.status().is_success() && headers.get_all("x-subject-token").iter().count() > 1 {
        return Err("more than one X-Subject-Token header".into());
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Answer {
        status: response.status().as_u16(),
        subject_token: header("x-subject-token"),
        date: header("date"),
        retry_after: header("retry-after"),
        location: header("location"),
        ..Answer::default()
    })
}
