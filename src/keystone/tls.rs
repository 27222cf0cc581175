//! TLS: who is trusted, and how this client shows who it is.

use super::certificates;
use crate::error::{Error, escaped};
use crate::identity::{Environment, TLS_PATHS, TlsPolicy};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The TLS side of one connection.
pub struct Tls {
    /// What reqwest uses.
    pub config: ClientConfig,
    /// This client's own certificate, and whether it was asked for.
    pub client: Arc<ClientCertificate>,
}

/// This client's certificate, where it has one.
#[derive(Debug, Default)]
pub struct ClientCertificate {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl ClientCertificate {
    /// Whether a server asked for a certificate that OS_CERT does not give.
    pub fn is_missing(&self) -> bool {
        self.key.is_none() && self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

impl Tls {
    /// TLS as `policy` has it. `environment` tells which variable names a path, for errors.
    ///
    /// # Errors
    /// [`Error::Usage`] for a file that cannot be used.
    pub fn new(policy: &TlsPolicy, environment: &Environment) -> Result<Tls, Error> {
        let provider = Arc::new(ring::default_provider());
        let key = client_key(policy, &provider)?;
        let client = Arc::new(ClientCertificate { key, asked: AtomicBool::new(false) });
        Ok(Tls { config: config(&provider, verifier(policy, environment, &provider)?, &client)?, client })
    }

    /// Trusts nobody: for plain http, where no authority is read.
    ///
    /// # Errors
    /// None that a user could mend.
    pub fn none() -> Result<Tls, Error> {
        let (provider, client) = (Arc::new(ring::default_provider()), Arc::default());
        Ok(Tls { config: config(&provider, Arc::new(Unverified(Arc::clone(&provider))), &client)?, client })
    }
}

fn config(
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    client: &Arc<ClientCertificate>,
) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Error::variable("TLS", error.to_string()))?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    Ok(builder.with_client_cert_resolver(Arc::clone(client) as _))
}

fn verifier(
    policy: &TlsPolicy,
    environment: &Environment,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    if policy.insecure {
        return Ok(Arc::new(Unverified(Arc::clone(provider))));
    }
    if policy.authorities.is_empty() {
        return system(provider);
    }
    let variable = |path: &str| {
        let is_named = |name: &&&str| environment.get(name).is_some_and(|value| path.ends_with(value));
        TLS_PATHS.iter().find(is_named).unwrap_or(&"OS_CACERT")
    };
    let mut own = Vec::new();
    for path in &policy.authorities {
        own.extend(certificates::at(variable(path), path)?);
    }
    let name = variable(&policy.authorities[0]);
    Ok(Arc::new(Listed { chains: chains(name, &own, provider)?, own }))
}

fn chains(
    variable: &str,
    certificates: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    builder.build().map_err(|error| Error::variable(variable, format!("none of its certificates is usable: {error}")))
}

/// The system's authorities, where OpenSSL has them. rustls-platform-verifier would look at SSL_CERT_FILE of the process
/// once more, and fail where that is set to nothing.
#[cfg(not(any(windows, target_os = "macos")))]
fn system(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let found = openssl_probe::probe();
    let paths = found.cert_file.into_iter().chain(found.cert_dir);
    let mut found = paths.filter_map(|path| certificates::at("system", path.to_str()?).ok());
    let none = || {
        Error::variable(
            "OS_CACERT",
            "it is not set, and this system has no certificate authorities (package ca-certificates)",
        )
    };
    Ok(chains("system", &found.next().ok_or_else(none)?, provider)?)
}

/// The system's authorities, by its own verifier.
#[cfg(any(windows, target_os = "macos"))]
fn system(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(provider));
    Ok(Arc::new(verifier.map_err(|error| Error::variable("OS_CACERT", format!("the system's authorities: {error}")))?))
}

/// The authorities that the user lists. A server's own certificate that stands among them is trusted for its names and
/// dates, as OpenSSL does it; webpki refuses one that is its own authority (`CaUsedAsEndEntity`).
#[derive(Debug)]
struct Listed {
    chains: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Listed {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.chains.verify_server_cert(server, chain, name, ocsp, now) {
            // webpki has looked at the dates by then.
            Err(error) if is_own_authority(&error) && self.own.contains(server) => {
                verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls12_signature(message, server, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls13_signature(message, server, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Whether a certificate that is its own authority came as a server's.
pub fn is_own_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// OS_INSECURE: nobody checks who answers.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// OS_CERT and OS_KEY; without OS_KEY, the key stands in OS_CERT's file.
fn client_key(policy: &TlsPolicy, provider: &Arc<CryptoProvider>) -> Result<Option<Arc<CertifiedKey>>, Error> {
    let Some(path) = &policy.client_certificate else {
        return match policy.client_key {
            Some(_) => Err(Error::variable("OS_CERT", "not set, but OS_KEY is")),
            None => Ok(None),
        };
    };
    let chain = certificates::of_pem(&certificates::read("OS_CERT", path)?);
    if chain.is_empty() {
        return Err(Error::variable("OS_CERT", format!("`{}`: no certificate found in it", escaped(path, 200))));
    }
    let (variable, path) = match &policy.client_key {
        Some(path) => ("OS_KEY", path),
        None => ("OS_CERT", path),
    };
    let refuse = |why: &str| Error::variable(variable, format!("`{}`: {why}", escaped(path, 200)));
    let text = certificates::read(variable, path)?;
    if text.windows(9).any(|part| part == b"ENCRYPTED") {
        return Err(refuse("its key is encrypted: decrypt it with `openssl pkey -in FILE -out NEW` and name NEW"));
    }
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        refuse(if variable == "OS_KEY" { "it holds no private key" } else { "it holds no private key: set OS_KEY" })
    })?;
    let key = CertifiedKey::from_der(chain, key, provider);
    Ok(Some(Arc::new(key.map_err(|error| refuse(&format!("its key cannot be used: {error}")))?)))
}
