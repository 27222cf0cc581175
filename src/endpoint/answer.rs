//! What the endpoint answers by itself: version documents, errors in Keystone's own shape. Pure.

use crate::error::{Error, escaped};
use serde_json::{Value, json};

/// An answer of the endpoint's own.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// X-Subject-Token, Retry-After.
    pub headers: Vec<(&'static str, String)>,
    /// The body: JSON.
    pub body: String,
}

/// The version of the Identity API whose answers are given: what Keystone has called it since Queens.
const VERSION: &str = "v3.14";

fn version(base: &str) -> Value {
    json!({
        "id": VERSION,
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{ "rel": "self", "href": format!("{base}/v3/") }],
        "media-types": [{ "base": "application/json", "type": "application/vnd.openstack.identity-v3+json" }],
    })
}

impl Answer {
    fn json(status: u16, body: &Value) -> Answer {
        Answer { status, headers: Vec::new(), body: body.to_string() }
    }

    /// The versions that are spoken at `base`: clients go to the links in it.
    pub fn versions(base: &str) -> Answer {
        Answer::json(300, &json!({ "versions": { "values": [version(base)] } }))
    }

    /// The one version.
    pub fn version(base: &str) -> Answer {
        Answer::json(200, &json!({ "version": version(base) }))
    }

    /// A token, with Keystone's document of it.
    pub fn token(token: &str, document: &str) -> Answer {
        let headers = vec![("x-subject-token", token.to_owned()), ("vary", "X-Auth-Token".to_owned())];
        Answer { status: 201, headers, body: document.to_owned() }
    }

    /// An error in the shape of Keystone's.
    pub fn failure(status: u16, message: &str) -> Answer {
        let title = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let error = json!({ "code": status, "title": title.unwrap_or("Error"), "message": escaped(message, 1000) });
        Answer::json(status, &json!({ "error": error }))
    }

    /// What a client is told that cannot be given a token.
    pub fn of_error(error: &Error) -> Answer {
        let text = format!("ostoken: {error} (hint: {})", error.hint());
        match error {
            // Keystone's own answer.
            Error::Refused { status, message, .. } => Answer::failure(*status, message),
            Error::RateLimited(seconds) | Error::BudgetSpent { seconds, .. } => {
                Answer { headers: vec![("retry-after", seconds.to_string())], ..Answer::failure(429, &text) }
            }
            Error::NoSecret { .. } | Error::OtherHost(_) | Error::RefusedBefore { .. } => Answer::failure(401, &text),
            Error::Unreachable { is_timeout: true, .. } | Error::LockTimeout { .. } => Answer::failure(504, &text),
            // A file of certificates or a proxy that cannot be used is in the way to Keystone as well.
            Error::Unreachable { .. }
            | Error::BackingOff { .. }
            | Error::BadAnswer { .. }
            | Error::Redirected { .. }
            | Error::Usage { .. } => Answer::failure(502, &text),
            _ => Answer::failure(500, &text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_back_to_the_endpoint() {
        let document: Value = serde_json::from_str(&Answer::version("http://127.0.0.1:1/s").body).expect("JSON");
        assert_eq!(document["version"]["links"][0]["href"], "http://127.0.0.1:1/s/v3/");
        let versions = Answer::versions("http://127.0.0.1:1/s");
        assert_eq!(versions.status, 300);
        assert!(versions.body.contains("http://127.0.0.1:1/s/v3/"));
    }

    #[test]
    fn errors_have_keystones_shape_and_status() {
        let code = |error: Error| {
            let answer = Answer::of_error(&error);
            let document: Value = serde_json::from_str(&answer.body).expect("JSON");
            assert_eq!(document["error"]["code"], answer.status);
            (answer.status, document["error"]["message"].as_str().expect("a message").to_owned(), answer.headers)
        };
        let refused = Error::Refused { what: "w", status: 403, message: "You are not authorized".into() };
        assert_eq!(code(refused), (403, "You are not authorized".into(), vec![]));
        let (status, message, headers) = code(Error::RateLimited(7));
        assert_eq!((status, headers), (429, vec![("retry-after", "7".to_owned())]));
        assert!(message.contains("wait another 7 s"), "{message}");
        assert_eq!(code(Error::NoSecret { secret: "password", login: "x".into() }).0, 401);
        let unreachable = |is_timeout| Error::Unreachable { url: "u".into(), why: "w".into(), is_timeout };
        assert_eq!((code(unreachable(false)).0, code(unreachable(true)).0), (502, 504));
    }
}
