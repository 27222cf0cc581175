//! The small Keystone inside the fake: it issues, shows and revokes tokens as a real one does.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::fake_answer::Answer;
use super::fake_keystone::Request;

/// What the small Keystone knows.
#[derive(Debug)]
pub struct Issuer {
    /// How many characters a token has.
    pub length: usize,
    /// How many seconds it lives.
    pub lifetime: i64,
    /// How far its clock is ahead.
    pub skew: i64,
    issued: BTreeMap<String, Value>,
    number: u64,
}

impl Default for Issuer {
    fn default() -> Self {
        Issuer { length: 183, lifetime: 3600, skew: 0, issued: BTreeMap::new(), number: 0 }
    }
}

impl Issuer {
    /// What Keystone would say.
    pub fn answer(&mut self, request: &Request) -> Answer {
        let clock = UNIX_EPOCH + Duration::from_secs(self.now().try_into().unwrap_or_default());
        let answer = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/v3/auth/tokens") => self.create(),
            ("GET" | "DELETE", "/v3/auth/tokens") => self.about(request),
            ("GET", "/v3/") => Answer::new(200).json(&json!({"version": {"id": "v3.14", "status": "stable"}})),
            _ => Answer::error(404, "Not Found", "Not here."),
        };
        answer.header("Date", &httpdate::fmt_http_date(clock))
    }

    fn now(&self) -> i64 {
        now() + self.skew
    }

    fn create(&mut self) -> Answer {
        self.number += 1;
        let token = characters(self.length, self.number);
        let body = token_body(&timestamp(self.now()), &timestamp(self.now() + self.lifetime));
        self.issued.insert(token.clone(), body.clone());
        Answer::new(201).header("X-Subject-Token", &token).json(&body)
    }

    fn about(&mut self, request: &Request) -> Answer {
        let known = |name| request.header(name).is_some_and(|token| self.issued.contains_key(token));
        let subject = request.header("X-Subject-Token").unwrap_or_default();
        if !known("X-Auth-Token") {
            return Answer::unauthorized();
        }
        if request.method == "DELETE" {
            self.issued.remove(subject);
            return Answer::new(204);
        }
        match self.issued.get(subject) {
            Some(body) => Answer::new(200).header("X-Subject-Token", subject).json(body),
            None => Answer::error(404, "Not Found", "Could not find token."),
        }
    }
}

/// This machine's clock, in Unix seconds.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

/// A moment as Keystone writes it: 2026-11-24T02:59:13.000000Z.
pub fn timestamp(unix: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(unix).unwrap();
    let (date, clock) = (moment.date(), moment.time());
    let (hour, minute, second) = clock.as_hms();
    format!("{date}T{hour:02}:{minute:02}:{second:02}.000000Z")
}

/// A token of that many characters that no other number has; it begins as Fernet's do.
pub fn characters(length: usize, number: u64) -> String {
    let start = format!("gAAAAA{number:06}-_");
    let letters = start.bytes().chain((b'a'..=b'z').cycle()).map(char::from);
    letters.take(length).collect()
}

/// The body that comes with a token.
pub fn token_body(issued_at: &str, expires_at: &str) -> Value {
    let domain = json!({"id": "default", "name": "Default"});
    json!({"token": {
        "methods": ["password"],
        "user": {"id": "1f766ecc510d4434983622999a02a8e3", "name": "alice", "domain": domain},
        "project": {"id": "59e5d320d5bd4f0a890875693d1a516b", "name": "demo", "domain": domain},
        "roles": [{"id": "d508899140da4a7cabff4cbef31017a7", "name": "reader"}],
        "audit_ids": ["z1Lb5MayQmmjo_GPe8hdKw"],
        "catalog": [],
        "issued_at": issued_at,
        "expires_at": expires_at,
    }})
}
