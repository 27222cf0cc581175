//! Files and folders of certificates, as OpenSSL reads them.

use crate::error::{Error, escaped};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// The largest file that is read, and how many files of a folder, in bytes and files. Systems have some hundred
/// authorities in about 200 KiB.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;
const MOST_FILES: usize = 4096;

/// The certificates at `path`: those of a file, or of the files in a folder that are named by hash (`openssl rehash`).
///
/// # Errors
/// [`Error::Usage`] that names `variable`, where it cannot be read or holds none.
pub fn at(variable: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let refuse = |why: String| Error::variable(variable, format!("`{}`: {why}", escaped(path, 200)));
    let metadata = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
    let (found, none) = match metadata.is_dir() {
        true => (of_folder(variable, path)?, "no certificate named by its hash: run `openssl rehash` on that folder"),
        false => (of_pem(&read(variable, path)?), "no certificate found in it"),
    };
    match found.is_empty() {
        true => Err(refuse(none.into())),
        false => Ok(found),
    }
}

/// The content of a file, which may hold a private key.
///
/// # Errors
/// [`Error::Usage`] that names `variable`.
pub fn read(variable: &str, path: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let refuse = |why: String| Error::variable(variable, format!("`{}`: {why}", escaped(path, 200)));
    // Neither a device nor a pipe: it is read before anything is counted, and ends.
    let metadata = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        return Err(refuse("expected a file of certificates of at most 4 MiB, or a folder of such files".into()));
    }
    let mut data = Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
    file.take(LARGEST_FILE).read_to_end(&mut data).map_err(|error| refuse(error.to_string()))?;
    Ok(data)
}

fn of_folder(variable: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let refuse = |error: std::io::Error| Error::variable(variable, format!("`{}`: {error}", escaped(path, 200)));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(refuse)?.take(MOST_FILES) {
        let entry = entry.map_err(refuse)?;
        let file = entry.path();
        // A link that leads nowhere is no reason to trust nobody.
        if is_hash(&entry.file_name().to_string_lossy())
            && file.is_file()
            && let Some(file) = file.to_str()
        {
            found.extend(of_pem(&read(variable, file)?));
        }
    }
    Ok(found)
}

/// Names such as `5ed36f99.0`: what OpenSSL looks at in a folder.
fn is_hash(name: &str) -> bool {
    let path = Path::new(name);
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let number = path.extension().and_then(|number| number.to_str()).unwrap_or_default();
    stem.len() == 8
        && stem.bytes().all(|c| c.is_ascii_hexdigit())
        && !number.is_empty()
        && number.bytes().all(|c| c.is_ascii_digit())
}

/// The certificates in PEM text, also under OpenSSL's older and extended labels.
pub fn of_pem(text: &[u8]) -> Vec<CertificateDer<'static>> {
    let text = String::from_utf8_lossy(text);
    let text = text.replace("TRUSTED CERTIFICATE-----", "CERTIFICATE-----");
    let text = text.replace("X509 CERTIFICATE-----", "CERTIFICATE-----");
    let found = CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(Result::ok);
    found.filter_map(|der| trusted(&der)).collect()
}

/// What `-----BEGIN TRUSTED CERTIFICATE-----` adds behind the certificate: SEQUENCE { SEQUENCE of uses that are trusted,
/// [0] uses that are refused, ... } (`X509_CERT_AUX`). Any use, and that of a server.
const USES: [&[u8]; 2] = [&[0x06, 4, 0x55, 0x1d, 0x25, 0], &[0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1]];

/// The certificate without what stands behind it; `None` where that says that it is not trusted for servers.
fn trusted(der: &[u8]) -> Option<CertificateDer<'static>> {
    let (_, _, behind) = element(der)?;
    let certificate = &der[..der.len() - behind.len()];
    let names_servers = |list: &[u8]| USES.iter().any(|id| list.windows(id.len()).any(|part| part == *id));
    let (_, mut rest, _) = element(behind).unwrap_or((0, &[], &[]));
    while let Some((tag, list, next)) = element(rest) {
        match tag {
            0x30 if !list.is_empty() && !names_servers(list) => return None,
            0xa0 if names_servers(list) => return None,
            _ => rest = next,
        }
    }
    Some(CertificateDer::from(certificate.to_vec()))
}

/// The first element of DER: tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, length, rest) = match der {
        [tag, length @ 0..=0x7f, rest @ ..] => (*tag, usize::from(*length), rest),
        [tag, 0x81, a, rest @ ..] => (*tag, usize::from(*a), rest),
        [tag, 0x82, a, b, rest @ ..] => (*tag, usize::from(u16::from_be_bytes([*a, *b])), rest),
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
