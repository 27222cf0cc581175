//! The HTTP client: nothing is opened before a request is made, and no redirect is followed.

use super::answer::Answer;
use super::{Admit, Issued, Issuer, Look, request};
use crate::clock::Clock;
use crate::error::{Error, escaped};
use crate::identity::{AuthUrl, Environment, Identity, TlsPolicy};
use crate::secret::{Secret, Token};
use crate::stop::{Point, reached};
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::{HeaderValue, Request, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};
use url::Url;

const CONNECT: Duration = Duration::from_secs(5);
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
        reached(Point::Created);
        let now = self.clock.now();
        if answer.status != 201 {
            return Err(answer.error(what, &url, now));
        }
        let bad = |why: String| Error::BadAnswer { url: url.clone(), why };
        let token = answer.subject_token.as_deref().and_then(Token::parse);
        let token = token.ok_or_else(|| bad("it holds no token".into()))?;
        answer.hidden.push(Secret::from(token.expose()));
        Ok(Issued { times: answer.look(now).map_err(bad)?.times, token })
    }

    fn look(&self, auth_url: &AuthUrl, token: &Token, admit: Admit) -> Result<Option<Look>, Error> {
        let (url, answer) = self.about("GET", auth_url, token, admit)?;
        let now = self.clock.now();
        match answer.status {
            200 => answer.look(now).map(Some).map_err(|why| Error::BadAnswer { url, why }),
            401 | 404 => Ok(None),
            _ => Err(answer.error("token validation", &url, now)),
        }
    }

    fn revoke(&self, auth_url: &AuthUrl, token: &Token, admit: Admit) -> Result<(), Error> {
        let (url, answer) = self.about("DELETE", auth_url, token, admit)?;
        match answer.status {
            200 | 204 | 401 | 404 => Ok(()),
            _ => Err(answer.error("token revocation", &url, self.clock.now())),
        }
    }
}

impl Keystone<'_> {
    fn post(&self, url: &str, body: &[u8], hidden: &[Secret], admit: Admit) -> Result<Answer, Error> {
        let agent = self.agent(url)?;
        admit()?;
        reached(Point::Counted);
        self.send(&agent, url, Request::post(url).header("content-type", "application/json").body(body), hidden)
    }

    /// A request about `token`, authenticated by itself.
    fn about(&self, method: &str, auth_url: &AuthUrl, token: &Token, admit: Admit) -> Result<(String, Answer), Error> {
        let url = format!("{}/auth/tokens", auth_url.as_str());
        let mut value = HeaderValue::from_str(token.expose())
            .map_err(|_| Error::BadAnswer { url: url.clone(), why: "the token is no header value".into() })?;
        value.set_sensitive(true);
        let agent = self.agent(&url)?;
        admit()?;
        let request = Request::builder().method(method).uri(&url);
        let request = request.header("x-auth-token", value.clone()).header("x-subject-token", value);
        let answer = self.send(&agent, &url, request.body(&[][..]), &[Secret::from(token.expose())])?;
        Ok((url, answer))
    }

    /// Asks the version document where v3 is: for clouds that have it elsewhere than the auth URL says. An answer that
    /// names another machine is not believed, since the secret would go there.
    fn discover(&self, auth_url: &AuthUrl) -> Result<Option<String>, Error> {
        let base = auth_url.as_str();
        let root = base.strip_suffix("v3").unwrap_or(base);
        let answer = self.send(&self.agent(root)?, root, Request::get(root).body(&[][..]), &[])?;
        let Some(link) = answer.v3_link() else { return Ok(None) };
        let link = link.trim_end_matches('/').to_owned();
        let same_origin = matches!((Url::parse(base), Url::parse(&link)), (Ok(a), Ok(b)) if a.origin() == b.origin());
        match same_origin {
            true if link == base => Ok(None),
            true => Ok(Some(link)),
            false => Err(Error::Redirected { url: root.into(), location: escaped(&link, 300) }),
        }
    }

    /// Sends the request; `hidden` is what no error shows, should the server repeat it.
    fn send(
        &self,
        agent: &Agent,
        url: &str,
        request: Result<Request<&[u8]>, ureq::http::Error>,
        hidden: &[Secret],
    ) -> Result<Answer, Error> {
        let limit = agent.config().timeouts().global.unwrap_or(WHOLE);
        let unreachable = |error: ureq::Error| Error::Unreachable { url: url.into(), why: reason(&error, limit) };
        let bad = |why: String| Error::BadAnswer { url: url.into(), why };
        let request = request.map_err(|error| bad(error.to_string()))?;
        let sent_at = Some(self.clock.now());
        let response = agent.run(request).map_err(unreachable)?;
        let answer = read(response).map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(limit) => bad(format!("it has more than {limit} bytes")),
            other => unreachable(other),
        })?;
        Ok(Answer { hidden: hidden.to_vec(), sent_at, ..answer })
    }

    /// What sends one request. It is made before the request is counted: a file of certificates that cannot be read costs
    /// no count.
    fn agent(&self, url: &str) -> Result<Agent, Error> {
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .disable_verification(self.tls_policy.insecure)
            .root_certs(self.roots()?)
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(self.limit()))
            .proxy(self.proxy(url)?)
            .user_agent(concat!("ostoken/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Ok(config.new_agent())
    }

    fn limit(&self) -> Duration {
        let left = self.deadline.map_or(WHOLE, |deadline| deadline.saturating_duration_since(Instant::now()));
        left.clamp(Duration::from_secs(1), WHOLE)
    }

    fn roots(&self) -> Result<RootCerts, Error> {
        let Some(path) = self.tls_policy.authorities.first() else { return Ok(RootCerts::PlatformVerifier) };
        let refuse = |why: String| Error::usage("OS_CACERT", format!("`{}`: {why}", escaped(path, 200)));
        // Neither a device nor a pipe: it is read before anything is counted, and ends.
        let data = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
        if !data.is_file() || data.len() > LARGEST_ANSWER {
            return Err(refuse("a file of certificates is taken, of at most 4 MiB".into()));
        }
        let pem = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        match certificates.is_empty() {
            true => Err(refuse("it holds no certificate".into())),
            false => Ok(RootCerts::new_with_certs(&certificates)),
        }
    }

    /// The proxy for `url`, as curl chooses it: none for a host in no_proxy; else by scheme, then all_proxy; lower case
    /// first. `HTTP_PROXY` in upper case is taken too, since this program never runs as a CGI script.
    fn proxy(&self, url: &str) -> Result<Option<ureq::Proxy>, Error> {
        let names: [&str; 4] = match url.starts_with("https:") {
            true => ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
            false => ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        };
        let Some((name, text)) = names.iter().find_map(|name| Some((*name, self.environment.get(name)?))) else {
            return Ok(None);
        };
        let exceptions = self.environment.get("no_proxy").or_else(|| self.environment.get("NO_PROXY"));
        if is_excepted(url, exceptions.unwrap_or_default()) {
            return Ok(None);
        }
        // The value may hold a password: no error shows it.
        let refuse = |why: &str| Error::usage(name, why.to_owned());
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let proxy = Url::parse(&with_scheme).map_err(|_| refuse("it is no URL"))?;
        let protocol = match proxy.scheme() {
            "http" => ureq::ProxyProtocol::Http,
            "https" => ureq::ProxyProtocol::Https,
            _ => return Err(refuse("only http and https proxies are supported")),
        };
        let mut builder = ureq::Proxy::builder(protocol).host(proxy.host_str().unwrap_or_default());
        if let Some(port) = proxy.port() {
            builder = builder.port(port);
        }
        if !proxy.username().is_empty() {
            builder = builder.username(&decoded(proxy.username())).password(&decoded(proxy.password().unwrap_or("")));
        }
        builder.build().map(Some).map_err(|_| refuse("it is no proxy's address"))
    }
}

/// Whether no_proxy names the host of `url`, with or without its port, a domain above it, or `*`.
pub(super) fn is_excepted(url: &str, exceptions: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let with_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    exceptions.split([',', ' ']).map(|e| e.trim_start_matches('.').to_ascii_lowercase()).any(|exception| {
        let is_above = || host.strip_suffix(exception.as_str()).is_some_and(|rest| rest.ends_with('.'));
        !exception.is_empty() && (exception == "*" || exception == host || exception == with_port || is_above())
    })
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn read(mut response: Response<Body>) -> Result<Answer, ureq::Error> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut answer = Answer {
        status: response.status().as_u16(),
        subject_token: header("x-subject-token"),
        date: header("date"),
        retry_after: header("retry-after"),
        location: header("location"),
        ..Answer::default()
    };
    answer.body = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec()?;
    Ok(answer)
}

fn reason(error: &ureq::Error, limit: Duration) -> String {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect) => format!("no connection within {} s", CONNECT.as_secs()),
        ureq::Error::Timeout(_) => format!("no whole answer within {} s", limit.as_secs()),
        ureq::Error::HostNotFound => "the host's name is not known".into(),
        ureq::Error::Io(error) => escaped(&error.to_string(), 200),
        other => escaped(&other.to_string(), 200),
    }
}
