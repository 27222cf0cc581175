//! What decides whether a server is trusted: a secret or a token goes only where that is as it was at the login.

use crate::error::{Error, escaped};
use serde::{Deserialize, Serialize};

/// The variables that name the trusted authorities. The first group of which one is set decides, as the clients have it
/// (python-requests reads the second, OpenSSL the last); none of them: the system's authorities.
const AUTHORITIES: [&[&str]; 4] =
    [&["OS_CACERT"], &["REQUESTS_CA_BUNDLE"], &["CURL_CA_BUNDLE"], &["SSL_CERT_FILE", "SSL_CERT_DIR"]];

/// How a server is verified, and how this client shows who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsPolicy {
    /// `OS_INSECURE`: no certificate is checked.
    pub insecure: bool,
    /// The absolute paths of the files or folders with the authorities that are trusted; none: the system's.
    pub authorities: Vec<String>,
    /// `OS_CERT`: the absolute path of the client's certificate.
    pub client_certificate: Option<String>,
    /// `OS_KEY`: the absolute path of its key, where that stands in another file.
    pub client_key: Option<String>,
    /// `--allow-http`: a connection without TLS to another machine is wanted.
    pub allow_http: bool,
}

/// The variables that hold a path, which may be a relative one.
pub const TLS_PATHS: [&str; 7] =
    ["OS_CACERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "OS_CERT", "OS_KEY"];

impl TlsPolicy {
    /// Reads the policy from variables; `allow_http` is part of it where the auth URL needs that.
    ///
    /// # Errors
    /// [`Error::Usage`] for a boolean that is none, or a path that cannot be made absolute; those of `text`.
    pub fn read(text: &dyn Fn(&str) -> Result<Option<String>, Error>, allow_http: bool) -> Result<TlsPolicy, Error> {
        let insecure = match text("OS_INSECURE")?.map(|value| value.to_ascii_lowercase()).as_deref() {
            None | Some("0" | "false" | "no" | "off") => false,
            Some("1" | "true" | "yes" | "on") => true,
            Some(_) => return Err(Error::usage("OS_INSECURE", "it is neither true nor false")),
        };
        let path = |name: &str| -> Result<Option<String>, Error> {
            let Some(path) = text(name)? else { return Ok(None) };
            let refuse = |why: &str| Error::usage(name, format!("`{}`: {why}", escaped(&path, 200)));
            let absolute = std::path::absolute(&path).map_err(|error| refuse(&error.to_string()))?;
            match absolute.to_str() {
                Some(absolute) => Ok(Some(absolute.to_owned())),
                None => Err(refuse("it is not valid UTF-8")),
            }
        };
        let mut authorities = Vec::new();
        for names in AUTHORITIES {
            for name in names {
                authorities.extend(path(name)?);
            }
            if !authorities.is_empty() {
                break;
            }
        }
        Ok(TlsPolicy {
            insecure,
            authorities,
            client_certificate: path("OS_CERT")?,
            client_key: path("OS_KEY")?,
            allow_http,
        })
    }

    /// The policy in words, for a person.
    pub fn describe(&self) -> String {
        let TlsPolicy { insecure, authorities, client_certificate, client_key: _, allow_http } = self;
        let mut words = match (insecure, authorities.as_slice()) {
            (true, _) => "not verified".to_owned(),
            (false, []) => "verified by the system's authorities".to_owned(),
            (false, paths) => format!("verified by {}", escaped(&paths.join(" and "), 200)),
        };
        if let Some(path) = client_certificate {
            words.push_str(&format!(", with the client certificate {}", escaped(path, 200)));
        }
        if *allow_http {
            words.push_str(", without TLS");
        }
        words
    }
}
