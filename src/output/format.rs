//! The forms in which `ostoken token` prints a token, each ended by a line feed.

use super::timestamp;
use crate::error::{Error, escaped};
use crate::record::{MARGIN, Record};
use crate::secret::Token;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// A form in which `ostoken token` prints the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The token alone
    Value,
    /// An object with token, expires_at, refresh_at (RFC 3339, local clock), auth_url, account and scope
    Json,
    /// Lines for an env file: OS_TOKEN and OS_AUTH_TYPE
    Env,
    /// A request header: X-Auth-Token
    Header,
    /// What keystoneauth's set_auth_state takes: an object with auth_token and body, which is Keystone's own answer
    AuthState,
    /// What kubectl takes from a credential plugin (client.authentication.k8s.io, as KUBERNETES_EXEC_INFO asks for)
    ExecCredential,
}

/// The token alone.
pub fn value(token: &Token) -> Zeroizing<String> {
    Zeroizing::new(format!("{}\n", token.expose()))
}

/// Lines of an env file.
pub fn env(token: &Token) -> Zeroizing<String> {
    Zeroizing::new(format!("OS_TOKEN={}\nOS_AUTH_TYPE=token\n", token.expose()))
}

/// A line for `curl -H @-`.
pub fn header(token: &Token) -> Zeroizing<String> {
    Zeroizing::new(format!("X-Auth-Token: {}\n", token.expose()))
}

/// The token and what is known of it.
pub fn json(token: &Token, record: &Record) -> Zeroizing<String> {
    let object = json!({
        "token": token.expose(),
        "expires_at": timestamp(record.expires_locally()),
        "refresh_at": timestamp(record.refresh_at.saturating_sub(record.clock_offset)),
        "auth_url": record.identity.auth_url,
        "account": record.identity.account,
        "scope": record.identity.scope,
    });
    Zeroizing::new(format!("{object:#}\n"))
}

/// The token with Keystone's document, as keystoneauth's `get_auth_state` gives it and `set_auth_state` takes it.
///
/// # Errors
/// [`Error::Io`] if it cannot be written as JSON.
pub fn auth_state(token: &Token, document: &RawValue) -> Result<Zeroizing<String>, Error> {
    #[derive(Serialize)]
    struct AuthState<'a> {
        auth_token: &'a str,
        body: &'a RawValue,
    }
    line(&AuthState { auth_token: token.expose(), body: document })
}

/// The versions of kubectl's protocol for credential plugins that are spoken, the newest first.
const EXEC_VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/// The answer of a credential plugin of kubectl's, in the version that `info`, the value of KUBERNETES_EXEC_INFO, asks for.
/// kubectl is to ask again before the token dies.
///
/// # Errors
/// [`Error::Usage`] for a version that is not spoken, or a value that is not kubectl's.
pub fn exec_credential(token: &Token, record: &Record, info: Option<&str>) -> Result<Zeroizing<String>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ExecInfo {
        api_version: String,
    }
    let refuse = |found: &str| {
        let why = format!("expected {} or {}, found `{}`", EXEC_VERSIONS[0], EXEC_VERSIONS[1], escaped(found, 80));
        Error::variable("KUBERNETES_EXEC_INFO", why)
    };
    let wanted = match info {
        None => EXEC_VERSIONS[0],
        Some(info) => {
            let info: ExecInfo = serde_json::from_str(info).map_err(|_| refuse(info))?;
            let known = EXEC_VERSIONS.into_iter().find(|version| *version == info.api_version);
            known.ok_or_else(|| refuse(&info.api_version))?
        }
    };
    line(&json!({
        "apiVersion": wanted,
        "kind": "ExecCredential",
        "status": {
            "token": token.expose(),
            "expirationTimestamp": timestamp(record.expires_locally().saturating_sub(MARGIN)),
        },
    }))
}

fn line(value: &impl Serialize) -> Result<Zeroizing<String>, Error> {
    let text = serde_json::to_string(value)
        .map_err(|error| Error::Io { what: "JSON", error: std::io::Error::other(error) })?;
    let mut text = Zeroizing::new(text);
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{RefreshRule, Times, tests::identity};
    use serde_json::Value;

    fn token() -> (Token, Record) {
        let token = Token::parse("gAAAAAB").expect("a token");
        let times = Times { issued_at: 0, expires_at: 86_400, clock_offset: 0 };
        let rule = RefreshRule { after: 28_800, spread: 1.0 };
        let record = Record::new(&identity("p"), &token, times, rule, "lease.x".into());
        (token, record)
    }

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn each_format_is_what_its_reader_takes() {
        let (token, record) = token();
        assert_eq!(*value(&token), "gAAAAAB\n");
        assert_eq!(*env(&token), "OS_TOKEN=gAAAAAB\nOS_AUTH_TYPE=token\n");
        assert_eq!(*header(&token), "X-Auth-Token: gAAAAAB\n");
        let object = parsed(&json(&token, &record));
        assert_eq!(object["token"], "gAAAAAB");
        assert_eq!(object["expires_at"], "1970-01-02T00:00:00Z");
        assert_eq!(object["refresh_at"], "1970-01-01T08:00:00Z");
        let document = serde_json::value::to_raw_value(&json!({ "token": { "roles": [] } })).expect("JSON");
        let state = auth_state(&token, &document).expect("written");
        assert_eq!(*state, "{\"auth_token\":\"gAAAAAB\",\"body\":{\"token\":{\"roles\":[]}}}\n");
    }

    #[test]
    fn kubectl_gets_the_version_that_it_asks_for() {
        let (token, record) = token();
        for (info, version) in [
            (None, "client.authentication.k8s.io/v1"),
            (Some("client.authentication.k8s.io/v1"), "client.authentication.k8s.io/v1"),
            (Some("client.authentication.k8s.io/v1beta1"), "client.authentication.k8s.io/v1beta1"),
        ] {
            let info =
                info.map(|version| json!({ "apiVersion": version, "spec": { "interactive": true } }).to_string());
            let text = exec_credential(&token, &record, info.as_deref()).expect("a version that is spoken");
            let object = parsed(&text);
            assert_eq!((&object["apiVersion"], &object["kind"]), (&version.into(), &"ExecCredential".into()));
            let status = json!({ "token": "gAAAAAB", "expirationTimestamp": "1970-01-01T23:59:00Z" });
            assert_eq!(object["status"], status);
        }
        for other in ["", "{}", "{\"apiVersion\":\"client.authentication.k8s.io/v1alpha1\"}"] {
            let error = exec_credential(&token, &record, Some(other)).expect_err("refused").to_string();
            assert!(error.starts_with("KUBERNETES_EXEC_INFO: expected client"), "{error}");
        }
    }
}
