//! Keystone's address, checked and in one form: whoever holds an [`AuthUrl`] need not check it again.

use crate::error::{Error, escaped};
use url::{Host, Url};

/// A Keystone v3 endpoint: scheme and host in lower case, no default port, no trailing slash, ending in `/v3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthUrl(String);

impl AuthUrl {
    /// Reads an auth URL as OpenRC files have it: `/v3` is kept, `/v2.0` replaced by it, else `/v3` is appended.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no http(s) URL, holds a user, password, query or fragment, or is plain http to
    /// another machine while `allow_http` is false.
    pub fn parse(text: &str, allow_http: bool) -> Result<AuthUrl, Error> {
        let refuse = |why: String| Err(Error::variable("OS_AUTH_URL", why));
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(error) => return refuse(format!("`{}`: {error}", escaped(text, 200))),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("it contains a user or password, which belong in OS_USERNAME and the keyring".into());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("it contains a query or a fragment".into());
        }
        match (url.scheme(), is_loopback(&url)) {
            ("https", _) | ("http", true) => {}
            ("http", false) if allow_http => {}
            ("http", false) => {
                return refuse("plain http would send the password unencrypted; use https, or allow it with `--allow-http` or OSTOKEN_ALLOW_HTTP=1".into());
            }
            (other, _) => return refuse(format!("expected https or http, found `{other}`")),
        }
        let mut path = url.path().trim_end_matches('/');
        path = path.strip_suffix("/v2.0").unwrap_or(path);
        path = path.strip_suffix("/v3").unwrap_or(path).trim_end_matches('/');
        Ok(AuthUrl(format!("{}{path}/v3", url.origin().ascii_serialization())))
    }

    /// The URL, such as `https://auth.example.com/v3`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL in parts: scheme, host with a port that is not the scheme's own, path without slashes around it.
    pub fn parts(&self) -> (&str, &str, &str) {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        (scheme, host, path)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.strip_suffix('.').unwrap_or(name) == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> String {
        AuthUrl::parse(text, false).map_or_else(|error| error.to_string(), |url| url.as_str().to_owned())
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        for text in [
            "https://auth.example.com",
            "https://AUTH.example.com/",
            "HTTPS://auth.example.com:443/v3",
            "https://auth.example.com/v3/",
            "https://auth.example.com/v2.0",
        ] {
            assert_eq!(url(text), "https://auth.example.com/v3");
        }
        assert_eq!(url("https://h:5000/identity"), "https://h:5000/identity/v3");
        assert_eq!(url("https://h/identity/v3//"), "https://h/identity/v3");
        assert_eq!(url("http://[::1]:5000"), "http://[::1]:5000/v3");
    }

    #[test]
    fn what_would_give_a_password_away_is_refused() {
        assert!(url("http://auth.example.com/v3").contains("plain http"));
        assert!(url("http://127.0.0.1.example.com/").contains("plain http"));
        assert!(url("https://me:pw@auth.example.com/").contains("contains a user"));
        assert!(!url("https://me:hunter2@auth.example.com/").contains("hunter2"));
        assert!(url("ftp://auth.example.com/").contains("expected https"));
        assert!(url("auth.example.com").contains("OS_AUTH_URL"));
        assert!(AuthUrl::parse("http://auth.example.com", true).is_ok());
    }

    #[test]
    fn this_machine_has_many_names() {
        for host in
            ["localhost", "localhost.", "LOCALHOST", "127.0.0.2", "127.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
        {
            assert!(AuthUrl::parse(&format!("http://{host}:5000/v3"), false).is_ok(), "{host}");
        }
        for host in
            ["localhost..", "localhost.example.com", "127.0.0.1.example.com", "128.0.0.1", "[::2]", "0.0.0.0", "%6c.x"]
        {
            assert!(AuthUrl::parse(&format!("http://{host}:5000/v3"), false).is_err(), "{host}");
        }
    }

    #[test]
    fn parts_are_what_git_compares() {
        let parsed = AuthUrl::parse("https://h:5000/identity/v3", false);
        assert_eq!(parsed.as_ref().map(AuthUrl::parts).ok(), Some(("https", "h:5000", "identity/v3")));
    }
}
