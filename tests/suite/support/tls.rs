//! TLS before a fake Keystone, and certificates for it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::http;

/// A certificate and its key.
pub struct Certificate {
    /// The certificate, PEM.
    pub pem: String,
    /// Its key, PEM.
    pub key: String,
    params: CertificateParams,
}

impl Certificate {
    /// One for these names that signed itself and is its own authority, as `openssl req -x509` makes it.
    pub fn self_signed(names: &[&str]) -> Certificate {
        Certificate::made(names, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), None)
    }

    /// One for these names, signed by this one.
    pub fn signed(&self, names: &[&str]) -> Certificate {
        Certificate::made(names, |_| {}, Some(self))
    }

    /// One that signed itself and whose time is over.
    pub fn expired(names: &[&str]) -> Certificate {
        let over = |params: &mut CertificateParams| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        };
        Certificate::made(names, over, None)
    }

    fn made(names: &[&str], change: impl FnOnce(&mut CertificateParams), by: Option<&Certificate>) -> Certificate {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names.clone()).unwrap();
        params.distinguished_name.push(DnType::CommonName, format!("a test {}", names.join(" ")));
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = match by {
            Some(by) => {
                let issuer = Issuer::from_params(&by.params, KeyPair::from_pem(&by.key).unwrap());
                params.signed_by(&key, &issuer)
            }
            None => params.self_signed(&key),
        };
        Certificate { pem: certificate.unwrap().pem(), key: key.serialize_pem(), params }
    }

    /// The same as `openssl x509 -trustout -addtrust serverAuth` writes it: with a list of uses behind the certificate.
    pub fn trusted_pem(&self) -> String {
        let server_auth = [0x30, 0x0c, 0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
        let der = CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap();
        let bytes: Vec<u8> = der.iter().copied().chain(server_auth).collect();
        let lines: Vec<String> =
            base64(&bytes).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        format!("-----BEGIN TRUSTED CERTIFICATE-----\n{}\n-----END TRUSTED CERTIFICATE-----\n", lines.join("\n"))
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        let digit = |at: usize| match at <= chunk.len() {
            true => char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]),
            false => '=',
        };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// Serves https before a server of plain http on this port, and gives its own port. `clients` signed the certificates
/// that clients have to show.
pub fn front(port: u16, own: &Certificate, clients: Option<&Certificate>) -> u16 {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = match clients {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.unwrap().with_client_cert_verifier(verifier)
        }
        None => builder.unwrap().with_no_client_auth(),
    };
    let chain = vec![CertificateDer::from_pem_slice(own.pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let own_port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            // A client that does not like the certificate hangs up.
            std::thread::spawn(move || serve(stream, config, port));
        }
    });
    own_port
}

/// One request and its answer.
fn serve(stream: TcpStream, config: Arc<ServerConfig>, port: u16) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut client = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let headers = http::parse_headers(head.lines().skip(1));
    let length = http::header(&headers, "Content-Length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    client.read_exact(&mut body).ok()?;
    let mut server = TcpStream::connect(("127.0.0.1", port)).ok()?;
    server.write_all(&request).ok()?;
    server.write_all(&body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    client.write_all(&answer).ok()?;
    client.conn.send_close_notify();
    client.flush().ok()
}
