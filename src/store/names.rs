//! Every name that is given to an account of the keyring and to a file of the state folder.

use crate::error::Error;
use crate::identity::LoginKey;
use crate::secret::random_hex;

const TOKEN: &str = "token:";

/// The account of a login's secret.
pub fn secret_account(login: &LoginKey) -> String {
    format!("secret:{}", login.as_str())
}

/// The account of a login's refused secrets.
pub fn refused_account(login: &LoginKey) -> String {
    format!("refused:{}", login.as_str())
}

/// The account of the token of `key`.
pub fn token_account(key: &str) -> String {
    format!("{TOKEN}{key}")
}

/// The key of a token's account; `None` for any other one.
pub fn key_of_account(account: &str) -> Option<&str> {
    account.strip_prefix(TOKEN)
}

/// The expiry record of `key`.
pub fn record(key: &str) -> String {
    format!("{key}.json")
}

/// What Keystone said of the token of `key`.
pub fn document(key: &str) -> String {
    format!("{key}.body.json")
}

/// The key whose expiry record the file is; `None` for any other one.
pub fn key_of_record(file: &str) -> Option<&str> {
    file.strip_suffix(".json").filter(|key| key.len() == 64 && is_hex(key))
}

/// The lock of `key`.
pub fn lock(key: &str) -> String {
    format!("{key}.lock")
}

/// How the leases of `key` begin: so whoever holds its lock can clear up those of processes that were killed.
pub fn lease_prefix(key: &str) -> String {
    format!("lease.{}.", key.get(..16).unwrap_or(key))
}

/// A new lease of `key`.
///
/// # Errors
/// [`Error::Io`] where the system has no randomness.
pub fn new_lease(key: &str) -> Result<String, Error> {
    Ok(format!("{}{}", lease_prefix(key), random_hex(8)?))
}

/// Whether this can be a key and a lease of it: both are names of files, and neither leads elsewhere.
pub fn is_lease_of(lease: &str, key: &str) -> bool {
    is_hex(key) && lease.strip_prefix(&lease_prefix(key)).is_some_and(is_hex)
}

/// The lease of the prompts that have no token of a login.
pub fn waiting(login: &LoginKey) -> String {
    format!("{}.waiting", login.as_str())
}

/// What is remembered of a login.
pub fn history(login: &LoginKey) -> String {
    format!("{}.login.json", login.as_str())
}

/// The lock of what is remembered of a login.
pub fn history_lock(login: &LoginKey) -> String {
    format!("{}.login.lock", login.as_str())
}

/// The locks under which a login's secret is sent: so many are sent at once at most.
pub fn senders(login: &LoginKey) -> [String; 3] {
    ["", ".2", ".3"].map(|number| format!("{}.sending{number}.lock", login.as_str()))
}

/// The folder of the notes of [`login_note`], beside those of the keyrings.
pub const LOGINS: &str = "logins";

/// That a login was made.
pub fn login_note(login: &LoginKey) -> String {
    format!("{}.json", login.as_str())
}

/// The lock of that note.
pub fn login_note_lock(login: &LoginKey) -> String {
    format!("{}.lock", login.as_str())
}

fn is_hex(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
