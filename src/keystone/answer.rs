//! What Keystone says, read as hostile input: bounded, checked, escaped.

use super::mask::masked;
use super::token_info::{Reference, TokenInfo};
use crate::clock::unix_seconds;
use crate::error::{Error, escaped};
use crate::record::Times;
use crate::secret::Secret;
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

/// A rate limit without a Retry-After, and the shortest and longest one that is respected, in seconds.
const DEFAULT_LIMIT: u64 = 60;
const SHORTEST_LIMIT: u64 = 1;
const LONGEST_LIMIT: u64 = 3600;

/// A clock that is further away than this from what the token itself says is not believed, in seconds.
const PLAUSIBLE: i64 = 300;

/// The longest token life that is believed, in seconds: ten years.
const LONGEST_LIFE: i64 = 10 * 366 * 86_400;

/// An answer of Keystone's, with what is read of its headers.
#[derive(Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// X-Subject-Token.
    pub subject_token: Option<String>,
    /// Date.
    pub date: Option<String>,
    /// Retry-After.
    pub retry_after: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// When the request was sent, by the local clock.
    pub sent_at: Option<i64>,
    /// What was sent or came and must not be shown, should the server repeat it.
    pub hidden: Vec<Secret>,
}

#[derive(Deserialize)]
struct TokenDocument {
    token: TokenBody,
}

#[derive(Deserialize)]
struct TokenBody {
    #[serde(default)]
    issued_at: String,
    expires_at: String,
    #[serde(default)]
    user: Reference,
    project: Option<Reference>,
    domain: Option<Reference>,
    application_credential: Option<Reference>,
    system: Option<serde_json::Value>,
    #[serde(rename = "OS-TRUST:trust")]
    trust: Option<Reference>,
}

#[derive(Deserialize)]
struct ErrorDocument {
    error: ErrorBody,
}

#[derive(Deserialize)]
struct ErrorBody {
    message: String,
}

#[derive(Deserialize)]
struct ReceiptDocument {
    required_auth_methods: Vec<Vec<String>>,
}

impl Answer {
    /// The token document of a 200 or 201, with its times. `now` is the local time of its arrival.
    ///
    /// # Errors
    /// Why it is no such document.
    pub fn token_info(&self, now: i64) -> Result<TokenInfo, String> {
        let TokenDocument { token } = serde_json::from_slice(&self.body)
            .map_err(|_| format!("not a token document ({} bytes that begin `{}`)", self.body.len(), self.excerpt()))?;
        let times = self.times(&token, now)?;
        let TokenBody { issued_at: _, expires_at: _, user, project, domain, application_credential, system, trust } =
            token;
        Ok(TokenInfo {
            times,
            user,
            project,
            domain,
            credential: application_credential,
            system: system.is_some(),
            trust,
            document: self.document(),
        })
    }

    /// The body, if it repeats nothing that was sent or came beside it.
    fn document(&self) -> Option<Box<RawValue>> {
        let text = std::str::from_utf8(&self.body).ok()?;
        let repeats = self.hidden.iter().any(|secret| text.contains(secret.expose()));
        serde_json::from_str(text).ok().filter(|_| !repeats && masked(text, &self.hidden) == text)
    }

    fn times(&self, token: &TokenBody, now: i64) -> Result<Times, String> {
        let date = self.server_time();
        let expires_at = self.instant("expires_at", &token.expires_at)?;
        let issued_at = match token.issued_at.as_str() {
            "" => date.unwrap_or(now),
            text => self.instant("issued_at", text)?,
        };
        if !(1..=LONGEST_LIFE).contains(&(expires_at - issued_at)) {
            return Err(format!("a token lifetime of {} s", expires_at - issued_at));
        }
        let server_now = self.server_now(issued_at, expires_at, now);
        if expires_at <= server_now {
            return Err("the token has already expired".into());
        }
        Ok(Times { issued_at, expires_at, clock_offset: self.offset(server_now, now) })
    }

    /// How far the server's clock is ahead of this machine's by its Date header, in seconds; `None` without one. `now` is the
    /// local time of its arrival.
    pub fn clock_offset(&self, now: i64) -> Option<i64> {
        Some(self.offset(self.server_time()?, now))
    }

    fn offset(&self, server_now: i64, now: i64) -> i64 {
        // Between sending and reading, the server may have said any time of that span; rounding adds a second.
        let span = self.sent_at.unwrap_or(now) - 1..=now + 1;
        if span.contains(&server_now) { 0 } else { server_now - now }
    }

    /// What time it is at the server. A proxy's Date may be wrong, and so may a token's times: where they contradict each
    /// other, the local clock decides whom to believe.
    fn server_now(&self, issued_at: i64, expires_at: i64, now: i64) -> i64 {
        let near = |a: i64, b: i64| (a - b).abs() <= PLAUSIBLE;
        match (self.server_time(), self.status) {
            (Some(date), 201) if near(date, issued_at) || (date - now).abs() < (issued_at - now).abs() => date,
            (_, 201) => issued_at,
            (Some(date), _) if (issued_at - PLAUSIBLE..=expires_at + PLAUSIBLE).contains(&date) => date,
            _ => now,
        }
    }

    /// The error that an answer of another status is. `now` is the local time of its arrival.
    pub fn error(&self, what: &'static str, url: &str, now: i64) -> Error {
        let url = url.to_owned();
        match self.status {
            400 | 401 | 403 | 404 | 409 => Error::Refused { what, status: self.status, message: self.message() },
            429 => Error::RateLimited(self.wait(now)),
            301 | 302 | 303 | 307 | 308 => match &self.location {
                Some(location) => Error::Redirected { location: self.new_auth_url(&url, location), url },
                None => Error::BadAnswer { url, why: format!("status {} without a Location", self.status) },
            },
            500..=599 => {
                let why = format!("status {}: {}", self.status, self.message());
                Error::Unreachable { url, why, is_timeout: self.status == 504 }
            }
            status => Error::BadAnswer { url, why: format!("status {status}: {}", self.message()) },
        }
    }

    /// Keystone's own message; what else the body holds begins with an excerpt.
    fn message(&self) -> String {
        if let Ok(document) = serde_json::from_slice::<ErrorDocument>(&self.body) {
            return self.shown(&document.error.message, 300);
        }
        if let Ok(receipt) = serde_json::from_slice::<ReceiptDocument>(&self.body) {
            let sets: Vec<String> = receipt.required_auth_methods.iter().map(|set| set.join(" and ")).collect();
            let sets = self.shown(&sets.join(", or "), 200);
            return format!("it requires more than one factor ({sets}), which ostoken does not support");
        }
        match self.body.is_empty() {
            true => "an empty response".into(),
            false => format!("not an error of Keystone's, it begins `{}`", self.excerpt()),
        }
    }

    fn excerpt(&self) -> String {
        self.shown(String::from_utf8_lossy(&self.body).trim(), 60)
    }

    /// Text of the server's for a person, without what must not be shown.
    fn shown(&self, text: &str, longest: usize) -> String {
        escaped(&masked(text, &self.hidden), longest)
    }

    /// The auth URL that a redirect of `url` leads to: Keystone's own path is no part of it.
    fn new_auth_url(&self, url: &str, location: &str) -> String {
        let target = Url::parse(url).and_then(|base| base.join(location));
        let target = target.map_or_else(|_| location.to_owned(), |target| target.to_string());
        let target = target.split(['?', '#']).next().unwrap_or_default();
        self.shown(target.strip_suffix("/auth/tokens").unwrap_or(target), 300)
    }

    /// What the server's clock says, by its Date header.
    fn server_time(&self) -> Option<i64> {
        self.date.as_deref().and_then(|date| httpdate::parse_http_date(date).ok()).map(unix_seconds)
    }

    fn instant(&self, what: &str, text: &str) -> Result<i64, String> {
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(time) => Ok(time.unix_timestamp()),
            Err(_) => Err(format!("{what} is no time: `{}`", self.shown(text, 40))),
        }
    }

    fn wait(&self, now: i64) -> u64 {
        let Some(text) = self.retry_after.as_deref().map(str::trim) else { return DEFAULT_LIMIT };
        if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) {
            return text.parse().unwrap_or(LONGEST_LIMIT).clamp(SHORTEST_LIMIT, LONGEST_LIMIT);
        }
        // A date is one of the server's clock, as its Date header is.
        let until = httpdate::parse_http_date(text).map(unix_seconds);
        let wait = until.ok().and_then(|until| u64::try_from(until - self.server_time().unwrap_or(now)).ok());
        wait.unwrap_or(DEFAULT_LIMIT).clamp(SHORTEST_LIMIT, LONGEST_LIMIT)
    }

    /// What a version document says of v3.
    pub fn v3(&self) -> Option<serde_json::Value> {
        let document: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let versions = match &document["versions"] {
            serde_json::Value::Array(list) => list.clone(),
            other => match &other["values"] {
                serde_json::Value::Array(list) => list.clone(),
                _ => vec![document["version"].clone()],
            },
        };
        versions.into_iter().find(|version| version["id"].as_str().is_some_and(|id| id.starts_with("v3")))
    }

    /// Where a version document says that v3 is.
    pub fn v3_link(&self) -> Option<String> {
        let v3 = self.v3()?;
        let links = v3["links"].as_array()?;
        links.iter().find(|link| link["rel"] == "self")?["href"].as_str().map(str::to_owned)
    }
}
