//! What the keyring's entries hold, as JSON.

use crate::error::Error;
use crate::identity::TlsPolicy;
use crate::record::{Record, VERSION};
use crate::secret::{Secret, Token, digest, random_hex};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How many refused secrets of a login, and how many secrets in all, are told apart.
const MOST: usize = 64;
/// The most scopes of an accepted secret that are known: the kernel's keyring has little room.
const MOST_SCOPES: usize = 16;

/// A token with a copy of its record, as the keyring keeps them. Entries are small: what is the default is left out.
#[derive(Serialize, Deserialize)]
pub struct TokenEntry {
    version: u32,
    /// Empty: no token is handed out.
    token: Zeroizing<String>,
    /// The record of the token, or of the last one.
    pub record: Record,
    /// What its server was trusted by when it was made.
    #[serde(default, skip_serializing_if = "is_default")]
    pub trust: TlsPolicy,
    /// Tokens that Keystone is to be told to revoke: they are not handed out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoking: Vec<Revoking>,
}

/// A token that is to be revoked.
#[derive(Clone, Serialize, Deserialize)]
pub struct Revoking {
    token: Zeroizing<String>,
    /// When it dies by itself, in Unix seconds by the server's clock.
    pub expires_at: i64,
    /// What its server was trusted by when it was made.
    #[serde(default, skip_serializing_if = "is_default")]
    pub trust: TlsPolicy,
}

fn is_default(trust: &TlsPolicy) -> bool {
    *trust == TlsPolicy::default()
}

impl TokenEntry {
    /// The entry of a token that is handed out.
    pub fn new(token: &Token, record: &Record, trust: &TlsPolicy) -> TokenEntry {
        let token = Zeroizing::new(token.expose().to_owned());
        TokenEntry { version: VERSION, token, record: record.clone(), trust: trust.clone(), revoking: Vec::new() }
    }

    /// The token that is handed out.
    pub fn token(&self) -> Option<Token> {
        Token::parse(&self.token)
    }

    /// No token is handed out from this entry.
    pub fn forget_token(&mut self) {
        self.token = Zeroizing::new(String::new());
    }

    /// From now on the token is to be revoked, and is not handed out.
    pub fn mark(&mut self) {
        let token = std::mem::take(&mut self.token);
        if !token.is_empty() {
            let expires_at = self.record.expires_at;
            self.revoking.push(Revoking { token, expires_at, trust: self.trust.clone() });
        }
    }
}

impl Revoking {
    /// The token; `None` if it is damaged.
    pub fn token(&self) -> Option<Token> {
        Token::parse(&self.token)
    }

    /// Whether this is the same token.
    pub fn is(&self, other: &Revoking) -> bool {
        self.token == other.token
    }
}

/// A login's secret, and where it may go.
#[derive(Serialize, Deserialize)]
pub struct StoredSecret {
    version: u32,
    secret: Zeroizing<String>,
    /// The auth URL it was proved at.
    pub auth_url: String,
    /// What decided that this server was trusted.
    pub tls_policy: TlsPolicy,
}

impl StoredSecret {
    /// A secret that was proved at `auth_url`, trusted as `tls_policy` says.
    pub fn new(secret: &Secret, auth_url: &str, tls_policy: &TlsPolicy) -> Self {
        let secret = Zeroizing::new(secret.expose().to_owned());
        StoredSecret { version: VERSION, secret, auth_url: auth_url.into(), tls_policy: tls_policy.clone() }
    }

    /// The secret.
    pub fn secret(&self) -> Secret {
        Secret::from(self.secret.as_str())
    }
}

/// Digests of secrets under a salt of their own: enough to know one again, of no use to anybody else.
#[derive(Serialize, Deserialize)]
pub struct Digests {
    version: u32,
    salt: String,
    /// Each secret's digest, and what is known of it.
    known: Vec<(String, Vec<String>)>,
    /// The digest of each secret that was accepted last, with the scopes that it was accepted in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accepted: Vec<(String, Vec<String>)>,
}

impl Digests {
    /// None yet, under a new salt.
    ///
    /// # Errors
    /// [`Error::Io`] where the system has no randomness.
    pub fn new() -> Result<Self, Error> {
        Ok(Digests { version: VERSION, salt: random_hex(16)?, known: Vec::new(), accepted: Vec::new() })
    }

    fn digest(&self, secret: &Secret) -> String {
        digest(&[&self.salt, secret.expose()])
    }

    /// What is known of `secret`.
    pub fn get(&self, secret: &Secret) -> Option<&[String]> {
        let digest = self.digest(secret);
        self.known.iter().find(|(known, _)| *known == digest).map(|(_, notes)| notes.as_slice())
    }

    /// Adds `note` to what is known of `secret`; says whether that was new. The oldest secret goes when there are many.
    pub fn add(&mut self, secret: &Secret, note: &str) -> bool {
        let digest = self.digest(secret);
        match self.known.iter_mut().find(|(known, _)| *known == digest) {
            Some((_, notes)) if notes.iter().any(|known| known == note) => return false,
            Some((_, notes)) => notes.push(note.into()),
            None => {
                self.known.push((digest, vec![note.into()]));
                let over = self.known.len().saturating_sub(MOST);
                self.known.drain(..over);
            }
        }
        true
    }

    /// The scopes that `secret` was accepted in; `None` if the last answer to it was a refusal.
    pub fn scopes(&self, secret: &Secret) -> Option<&[String]> {
        let digest = self.digest(secret);
        self.accepted.iter().find(|(known, _)| *known == digest).map(|(_, scopes)| scopes.as_slice())
    }

    /// Notes that `secret` was accepted in `scope`. Of many secrets and scopes the oldest goes.
    pub fn accept(&mut self, secret: &Secret, scope: &str) {
        let mut scopes = self.scopes(secret).unwrap_or_default().to_vec();
        self.doubt(secret);
        scopes.retain(|known| known != scope);
        scopes.push(scope.into());
        scopes.drain(..scopes.len().saturating_sub(MOST_SCOPES));
        self.accepted.push((self.digest(secret), scopes));
        self.accepted.drain(..self.accepted.len().saturating_sub(2));
    }

    /// Notes that `secret` was refused: it is no longer one that was accepted.
    pub fn doubt(&mut self, secret: &Secret) {
        let digest = self.digest(secret);
        self.accepted.retain(|(known, _)| *known != digest);
    }

    /// Forgets what is known of `secret`.
    pub fn remove(&mut self, secret: &Secret) {
        let digest = self.digest(secret);
        self.known.retain(|(known, _)| *known != digest);
    }
}

/// `value` as JSON for the keyring.
///
/// # Errors
/// [`Error::NoKeyring`] where it cannot be written.
pub fn encode<T: Serialize>(value: &T) -> Result<Secret, Error> {
    serde_json::to_string(value).map(Secret::from).map_err(|_| Error::NoKeyring("an entry cannot be written".into()))
}

/// The value of an entry; `None` where it is damaged.
///
/// # Errors
/// [`Error::NoKeyring`] where a newer program wrote it: it is left alone.
pub fn decode<T: DeserializeOwned>(entry: &Secret) -> Result<Option<T>, Error> {
    #[derive(Deserialize)]
    struct Head {
        version: u32,
    }
    match serde_json::from_str::<Head>(entry.expose()) {
        Ok(head) if head.version > VERSION => {
            Err(Error::NoKeyring(format!("an entry was written by a newer ostoken (version {})", head.version)))
        }
        _ => Ok(serde_json::from_str(entry.expose()).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_again_and_its_digest_tells_nothing() {
        let mut digests = Digests::new().expect("randomness");
        let secret = Secret::from("hunter2");
        assert_eq!(digests.get(&secret), None);
        assert!(digests.add(&secret, "a"));
        assert!(!digests.add(&secret, "a"));
        assert!(digests.add(&secret, "b"));
        assert_eq!(digests.get(&secret), Some(&["a".to_owned(), "b".to_owned()][..]));
        let entry = encode(&digests).expect("encoded");
        assert!(!entry.expose().contains("hunter2"));
        assert!(!entry.expose().contains(&digest(&["hunter2"])));
        digests.remove(&secret);
        assert_eq!(digests.get(&secret), None);
    }

    #[test]
    fn many_secrets_push_out_the_oldest() {
        let mut digests = Digests::new().expect("randomness");
        for number in 0..=MOST {
            digests.add(&Secret::from(number.to_string()), "x");
        }
        assert_eq!(digests.get(&Secret::from("0")), None);
        assert!(digests.get(&Secret::from("1")).is_some());
    }

    #[test]
    fn a_damaged_entry_is_none_and_a_newer_one_an_error() {
        assert!(decode::<TokenEntry>(&Secret::from("{")).expect("no error").is_none());
        assert!(decode::<TokenEntry>(&Secret::from(r#"{"version":2,"token":"x"}"#)).is_err());
    }
}
