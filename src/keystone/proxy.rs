//! Which proxy a request goes through, as curl chooses it.

use crate::error::Error;
use crate::identity::{Environment, HTTP_PROXIES, HTTPS_PROXIES, NO_PROXIES};
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{NoProxy, Proxy};
use url::Url;

/// A proxy, and the variable that names it.
pub struct Chosen {
    /// The variable, for errors.
    pub variable: &'static str,
    /// What reqwest asks.
    pub proxy: Proxy,
    /// Whether the proxy itself is spoken to by TLS.
    pub has_tls: bool,
}

/// The proxy for `url`; `None`: there is none, or `no_proxy` excepts the host. Plain http to this machine goes through no
/// proxy: it would leave the machine in clear text.
///
/// # Errors
/// [`Error::Usage`] for a value that is not a proxy, which never shows it (it may hold a password), and for a SOCKS proxy
/// in the way of plain http to this machine.
pub fn choose(url: &str, is_local_http: bool, environment: &Environment) -> Result<Option<Chosen>, Error> {
    let names = if url.starts_with("https:") { HTTPS_PROXIES } else { HTTP_PROXIES };
    let first = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, environment.get(name)?)));
    let Some((variable, text)) = first(&names) else { return Ok(None) };
    let (_, exceptions) = first(&NO_PROXIES).unwrap_or_default();
    let refuse = |why: &str| Error::variable(variable, why.to_owned());
    let not_a_proxy = || refuse("expected the URL of an http, https, socks4, socks4a, socks5 or socks5h proxy");
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(refuse("it is not UTF-8"));
    }
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let address = Url::parse(&with_scheme).map_err(|_| not_a_proxy())?;
    let target: Uri = url.parse().map_err(|_| refuse("the auth URL is not a URI"))?;
    // reqwest passes over what its matcher does not understand, and would then connect without a proxy.
    let takes =
        |exceptions: &str| Matcher::builder().all(address.as_str()).no(exceptions).build().intercept(&target).is_some();
    if !takes("") {
        return Err(not_a_proxy());
    }
    let Some(exceptions) = readable(exceptions, &target) else { return Ok(None) };
    if !takes(&exceptions) {
        return Ok(None);
    }
    if is_local_http && address.scheme().starts_with("socks") {
        // Through SOCKS (such as `ssh -D`) the same address is often another machine's.
        return Err(refuse("plain http to this machine does not go through a SOCKS proxy: put the host into no_proxy"));
    }
    if is_local_http {
        return Ok(None);
    }
    let proxy = Proxy::all(address.as_str()).map_err(|_| not_a_proxy())?;
    let proxy = proxy.no_proxy(NoProxy::from_string(&exceptions));
    Ok(Some(Chosen { variable, proxy, has_tls: address.scheme() == "https" }))
}

/// no_proxy as reqwest reads it: separated by commas alone, without the target's own port or brackets. `None` for `*`,
/// which reqwest would apply to names and not to addresses.
fn readable(exceptions: &str, target: &Uri) -> Option<String> {
    let default_port = if target.scheme_str() == Some("https") { 443 } else { 80 };
    let port = format!(":{}", target.port_u16().unwrap_or(default_port));
    let entries = exceptions.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
    let host = |entry: &str| match entry.strip_suffix(port.as_str()) {
        Some(host) if !host.contains(':') || host.ends_with(']') => host.trim_matches(['[', ']']).to_owned(),
        _ => entry.trim_matches(['[', ']']).to_owned(),
    };
    let hosts: Vec<String> = entries.map(host).collect();
    match hosts.iter().any(|host| host == "*") {
        true => None,
        false => Some(hosts.join(",")),
    }
}
