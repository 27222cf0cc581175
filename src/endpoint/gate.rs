//! Who may ask at all: whoever knows the path, of this machine, and is not a page in a browser. Pure.

use crate::error::Error;
use crate::secret::{Secret, random_hex};
use http::header::{HOST, ORIGIN};
use http::request::Parts;

/// The address, and the path that nobody can guess.
pub struct Gate {
    port: u16,
    path: Secret,
}

impl Gate {
    /// A new path of 128 random bits at this port.
    ///
    /// # Errors
    /// [`Error::Io`] where the system has no randomness.
    pub fn new(port: u16) -> Result<Gate, Error> {
        Ok(Gate { port, path: Secret::from(random_hex(16)?) })
    }

    /// The URL that stands in the place of Keystone's, without `/v3`.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}/{}", self.port, self.path.expose())
    }

    /// What is asked for behind the secret path, with its query; `None` for everybody else.
    ///
    /// The Host header keeps out a page whose name was made to lead here (DNS rebinding); no program but a browser sends
    /// an Origin.
    pub fn admit<'r>(&self, request: &'r Parts) -> Option<&'r str> {
        let host = request.headers.get(HOST).and_then(|host| host.to_str().ok())?;
        let is_here =
            [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)].iter().any(|own| own == host);
        if !is_here || request.headers.contains_key(ORIGIN) {
            return None;
        }
        let path = request.uri.path_and_query()?.as_str().strip_prefix('/')?;
        let end = path.find(['/', '?']).unwrap_or(path.len());
        let (secret, rest) = path.split_at(end);
        // Digests are compared: the time that it takes tells nothing.
        (Secret::from(secret) == self.path).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn admitted(gate: &Gate, path: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        gate.admit(&parts).map(str::to_owned)
    }

    #[test]
    fn only_the_secret_path_of_this_address_is_served() {
        let gate = Gate::new(5000).expect("randomness");
        let path = gate.base().replace("http://127.0.0.1:5000", "");
        assert_eq!(path.len(), 33);
        let here = [("host", "127.0.0.1:5000")];
        assert_eq!(
            admitted(&gate, &format!("{path}/v3/auth/tokens?nocatalog"), &here).as_deref(),
            Some("/v3/auth/tokens?nocatalog")
        );
        assert_eq!(admitted(&gate, &path, &here).as_deref(), Some(""));
        assert_eq!(admitted(&gate, &format!("{path}/"), &[("host", "localhost:5000")]).as_deref(), Some("/"));
        let absolute = format!("http://127.0.0.1:5000{path}/v3");
        assert_eq!(admitted(&gate, &absolute, &here).as_deref(), Some("/v3"));
        for other in
            ["/", "/v3/auth/tokens", &path[..32], &format!("{path}0/v3"), "/0123456789abcdef0123456789abcdef/v3"]
        {
            assert_eq!(admitted(&gate, other, &here), None, "{other}");
        }
        for headers in [
            &[("host", "evil.example.com:5000")][..],
            &[("host", "127.0.0.1:5001")],
            &[("host", "127.0.0.1")],
            &[],
            &[("host", "127.0.0.1:5000"), ("origin", "http://127.0.0.1:5000")],
            &[("host", "127.0.0.1:5000"), ("origin", "null")],
        ] {
            assert_eq!(admitted(&gate, &path, headers), None, "{headers:?}");
        }
    }
}
