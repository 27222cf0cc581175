//! Why there is no answer, in words that say what to do.

use super::tls::is_own_authority;
use crate::error::escaped;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage};
use std::error::Error;
use std::time::Duration;
use time::OffsetDateTime;

/// The time that a connection may take.
pub const CONNECT: Duration = Duration::from_secs(5);

/// What stood in the way of a request, as far as somebody can clear it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The host's name is not known.
    Name,
    /// The server's certificate is signed by nobody who is trusted.
    Authority,
    /// The server's certificate is not valid yet: a clock is wrong.
    Clock,
    /// The server asks for a client certificate, or rejects the one it got.
    ClientCertificate,
    /// Anything else.
    Other,
}

impl Obstacle {
    /// What made a request fail.
    pub fn of(error: &(dyn Error + 'static)) -> Obstacle {
        let causes = causes(error);
        match causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            )) => Obstacle::Clock,
            Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Obstacle::Authority,
            Some(error) if is_own_authority(error) => Obstacle::Authority,
            Some(rustls::Error::AlertReceived(alert)) if is_of_client(*alert) => Obstacle::ClientCertificate,
            None if causes.iter().any(|cause| cause.to_string() == "dns error") => Obstacle::Name,
            _ => Obstacle::Other,
        }
    }
}

/// Why a request to `host` within `limit` failed, without the URL and whatever stands in a proxy's.
pub fn reason(error: &(dyn Error + 'static), host: &str, limit: Duration) -> String {
    let causes = causes(error);
    let find = |text: &str| causes.iter().any(|cause| cause.to_string() == text);
    let http = causes.iter().find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    if let Some(error) = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return of_tls(error);
    }
    match http {
        Some(error) if error.is_timeout() && error.is_connect() => {
            format!("no connection within {} s", CONNECT.min(limit).as_secs())
        }
        Some(error) if error.is_timeout() => {
            format!("the server did not finish its response within {} s", limit.as_secs())
        }
        _ if find("dns error") => format!("could not resolve {}", escaped(host, 200)),
        _ if find("tls handshake eof") => no_tls().into(),
        _ => escaped(&causes.last().map(ToString::to_string).unwrap_or_default(), 200),
    }
}

/// Whether there was no answer in time.
pub fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    causes(error).iter().filter_map(|cause| cause.downcast_ref::<reqwest::Error>()).any(reqwest::Error::is_timeout)
}

/// An error and what it came from. That of an I/O error may stand inside it.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut causes = vec![error];
    while let Some(last) = causes.last().copied() {
        let inside = last.downcast_ref().and_then(std::io::Error::get_ref);
        match inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| last.source()) {
            Some(next) => causes.push(next),
            None => break,
        }
    }
    causes
}

fn of_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(certificate) => of_certificate(error, certificate),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => no_tls().into(),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => asks_for_certificate().into(),
        rustls::Error::AlertReceived(alert) if is_of_client(*alert) => {
            format!("the server rejected the client certificate of OS_CERT ({alert:?})")
        }
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => {
            format!(
                "the server has no TLS 1.2 or 1.3 in common with this client ({})",
                escaped(&error.to_string(), 120)
            )
        }
        other => format!("TLS: {}", escaped(&other.to_string(), 200)),
    }
}

/// Whether a server says this of the client's certificate.
fn is_of_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
    )
}

fn no_tls() -> &'static str {
    "the server does not speak TLS on this port: check the port, or whether the URL is http://"
}

/// What a server wants that closes the connection on a client without a certificate.
pub fn asks_for_certificate() -> &'static str {
    "the server asks for a client certificate: set OS_CERT and OS_KEY"
}

fn of_certificate(error: &rustls::Error, certificate: &CertificateError) -> String {
    match certificate {
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is for {}, not for {}",
            escaped(&presented.join(", "), 200),
            escaped(&expected.to_str(), 200)
        ),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the server's certificate expired on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the server's certificate is not valid before {}: check this machine's clock", date(*not_before))
        }
        CertificateError::UnknownIssuer => unknown_authority(),
        _ if is_own_authority(error) => unknown_authority(),
        other => format!("invalid server certificate: {}", escaped(&other.to_string(), 200)),
    }
}

fn unknown_authority() -> String {
    "the server's certificate is not signed by a trusted authority: set OS_CACERT to the cloud's CA file".into()
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| "a date".into(), |time| time.date().to_string())
}
