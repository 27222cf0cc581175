//! What decides whether a server is trusted: a secret or a token goes only where that is as it was at the login.

use crate::error::{Error, escaped};
use crate::secret::short_digest;
use serde::{Deserialize, Serialize};
use url::Url;

/// The variables that name the trusted authorities. The first group of which one is set decides, as the clients have it
/// (python-requests reads the second, OpenSSL the last); none of them: the system's authorities.
const AUTHORITIES: [&[&str]; 4] =
    [&["OS_CACERT"], &["REQUESTS_CA_BUNDLE"], &["CURL_CA_BUNDLE"], &["SSL_CERT_FILE", "SSL_CERT_DIR"]];

/// The variables that name the proxy of an http URL, of an https URL, and the hosts that have none. The first one that is
/// set decides: lower case first, as curl has it. HTTP_PROXY in upper case too, since this is never a CGI script.
pub const HTTP_PROXIES: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
/// As [`HTTP_PROXIES`].
pub const HTTPS_PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// As [`HTTP_PROXIES`].
pub const NO_PROXIES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// How a server is verified, and how this client shows who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsPolicy {
    /// `OS_INSECURE`: no certificate is checked.
    #[serde(skip_serializing_if = "is_false")]
    pub insecure: bool,
    /// The absolute paths of the files or folders with the authorities that are trusted; none: the system's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<String>,
    /// `OS_CERT`: the absolute path of the client's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<String>,
    /// `OS_KEY`: the absolute path of its key, where that stands in another file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<String>,
    /// `--allow-http`: a connection without TLS to another machine is wanted.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_http: bool,
    /// A digest of the proxy, and of the hosts without one, where nothing else tells a server from whoever stands in the
    /// way. The proxy's user and password are not part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
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
            Some(other) => {
                let why = format!("expected a boolean (true, false, 1, 0), found `{}`", escaped(other, 80));
                return Err(Error::variable("OS_INSECURE", why));
            }
        };
        let mut authorities = Vec::new();
        for names in AUTHORITIES {
            for name in names {
                authorities.extend(paths(text, name)?);
            }
            if !authorities.is_empty() {
                break;
            }
        }
        let path = |name| Ok::<_, Error>(paths(text, name)?.pop());
        Ok(TlsPolicy {
            insecure,
            authorities,
            client_certificate: path("OS_CERT")?,
            client_key: path("OS_KEY")?,
            allow_http,
            proxy: if insecure || allow_http { proxy(text, allow_http)? } else { None },
        })
    }

    /// The policy in words, for a person.
    pub fn describe(&self) -> String {
        let TlsPolicy { insecure, authorities, client_certificate, client_key: _, allow_http, proxy } = self;
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
        if proxy.is_some() {
            words.push_str(", through a proxy");
        }
        words
    }
}

type Text<'t> = &'t dyn Fn(&str) -> Result<Option<String>, Error>;

/// The absolute paths that a variable names: SSL_CERT_DIR is a list, as PATH is.
fn paths(text: Text, name: &str) -> Result<Vec<String>, Error> {
    let Some(value) = text(name)? else { return Ok(Vec::new()) };
    let refuse = |why: &str| Error::variable(name, format!("`{}`: {why}", escaped(&value, 200)));
    let named = match name {
        "SSL_CERT_DIR" => std::env::split_paths(&value).filter(|path| !path.as_os_str().is_empty()).collect(),
        _ => vec![std::path::PathBuf::from(&value)],
    };
    let absolute = |path| {
        let absolute = std::path::absolute(path).map_err(|error| refuse(&error.to_string()))?;
        absolute.to_str().map(str::to_owned).ok_or_else(|| refuse("it is not valid UTF-8"))
    };
    named.into_iter().map(absolute).collect()
}

fn proxy(text: Text, is_http: bool) -> Result<Option<String>, Error> {
    // A value may hold a password, which no error shows.
    let value = |name: &str| text(name).map_err(|_| Error::variable(name, "too long, or contains a control character"));
    let first = |names: &[&str]| -> Result<String, Error> {
        for name in names {
            if let Some(value) = value(name)? {
                return Ok(value);
            }
        }
        Ok(String::new())
    };
    let address = first(if is_http { &HTTP_PROXIES } else { &HTTPS_PROXIES })?;
    if address.is_empty() {
        return Ok(None);
    }
    let with_scheme = if address.contains("://") { address.clone() } else { format!("http://{address}") };
    let address = match Url::parse(&with_scheme) {
        Ok(url) => format!("{}://{}:{:?}", url.scheme(), url.host_str().unwrap_or_default(), url.port()),
        Err(_) => address,
    };
    Ok(Some(short_digest(&[&address, &first(&NO_PROXIES)?])))
}
