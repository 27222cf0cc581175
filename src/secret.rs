//! Types for what must never be seen: passwords, application credential secrets, tokens.
//!
//! Neither type has `Display`; `Debug` shows a mask:
//!
//! ```
//! use ostoken::secret::{Secret, Token};
//! assert_eq!(format!("{:?}", Secret::from("hunter2")), "Secret(***)");
//! assert_eq!(format!("{:?}", Token::parse("gAAAAAB")), "Some(Token(***))");
//! ```
//!
//! ```compile_fail
//! println!("{}", ostoken::secret::Secret::from("hunter2"));
//! ```
//!
//! ```compile_fail
//! fn show(token: &ostoken::secret::Token) {
//!     println!("{token}");
//! }
//! ```

use crate::error::Error;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt;

/// The longest token, secret or value of a variable, in bytes. Fernet tokens have about 200, JWS tokens some thousand.
pub const LONGEST_VALUE: usize = 16 * 1024;

/// A text that is masked when printed and overwritten in memory when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself, for the one place that needs it: a request body, a keyring write, standard output.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret(SecretString::from(text))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(SecretString::from(text))
    }
}

impl PartialEq for Secret {
    /// Compares digests, so that the time it takes says nothing about where two secrets differ.
    fn eq(&self, other: &Self) -> bool {
        Sha256::digest(self.expose()) == Sha256::digest(other.expose())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A Keystone token: 1 to [`LONGEST_VALUE`] characters of RFC 7235's token68.
///
/// The alphabet holds nothing that a shell, an HTTP header or a terminal would read as more than a character.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Secret);

impl Token {
    /// Takes `text` as a token; `None` where it is none.
    pub fn parse(text: &str) -> Option<Token> {
        let known = |c: u8| c.is_ascii_alphanumeric() || b"._~+/=-".contains(&c);
        let fits = (1..=LONGEST_VALUE).contains(&text.len()) && text.bytes().all(known);
        fits.then(|| Token(Secret::from(text)))
    }

    /// The token itself, for a request header, a keyring write or standard output.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The first 16 hex digits of its sha256: tells tokens apart and gives nothing away.
    pub fn fingerprint(&self) -> String {
        let mut hex = hex(&Sha256::digest(self.expose()));
        hex.truncate(16);
        hex
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// The sha256 of `parts`, each ended by a NUL so that no two lists share one, as 64 hex digits.
pub fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first 16 hex digits of [`digest`].
pub fn short_digest(parts: &[&str]) -> String {
    let mut hex = digest(parts);
    hex.truncate(16);
    hex
}

/// `bytes` random bytes from the operating system, in hex.
///
/// # Errors
/// [`Error::Io`] where the operating system has no randomness to give.
pub fn random_hex(bytes: usize) -> Result<String, Error> {
    let mut buffer = vec![0; bytes];
    fill(&mut buffer)?;
    Ok(hex(&buffer))
}

/// A random number of 64 bits from the operating system.
///
/// # Errors
/// As [`random_hex`].
pub fn random_number() -> Result<u64, Error> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|error| Error::Io { what: "random numbers", error: std::io::Error::other(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_token68_of_bounded_length() {
        assert!(Token::parse("gAAAAABm-_~+/=.").is_some());
        assert!(Token::parse(&"a".repeat(LONGEST_VALUE)).is_some());
        for bad in ["", "a b", "a\n", "a'b", "a\u{e9}", "$(id)", &"a".repeat(LONGEST_VALUE + 1)] {
            assert!(Token::parse(bad).is_none());
        }
    }

    #[test]
    fn digests_of_different_lists_differ() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_ne!(digest(&["a"]), digest(&["a", ""]));
        assert_eq!(short_digest(&["a"]).len(), 16);
    }

    #[test]
    fn no_form_of_printing_shows_a_secret() {
        let secret = Secret::from("hunter2");
        assert!(!format!("{secret:?} {secret:#?}").contains("hunter2"));
    }
}
