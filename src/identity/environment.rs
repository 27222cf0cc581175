//! A snapshot of the process environment, and the program's own export seen again in it.

use super::resolve::{self, Lookup};
use super::{AuthUrl, IdentitySource};
use crate::error::Error;
use crate::secret::Token;
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroizing;

/// What a hook takes out of the environment: it stands in `OSTOKEN_NAME` while `OS_NAME` is gone.
pub const TAKEN: [&str; 6] = ["AUTH_TYPE", "USER_DOMAIN_NAME", "USER_DOMAIN_ID", "USERNAME", "USER_ID", "PASSCODE"];

/// Variables that hold a secret.
pub const SECRETS: [&str; 3] = ["OS_PASSWORD", "OS_APPLICATION_CREDENTIAL_SECRET", "OS_PASSCODE"];

/// What stands in the place of a secret in the environment of a command that has a local identity endpoint.
pub const PLACEHOLDER: &str = "ostoken";

/// The variable that holds the endpoint's auth URL. It is in force as long as OS_AUTH_URL is the same.
pub const ENDPOINT: &str = "OSTOKEN_ENDPOINT";

/// A change of one variable. A hook copies the shell's own variables: what it is told holds no value of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvChange {
    /// The variable takes the value.
    Set(String, Zeroizing<String>),
    /// The variable `to` takes the value that `from` has before any of these changes.
    Copy {
        /// Where the value is.
        from: String,
        /// Where it goes.
        to: String,
    },
    /// The variable goes.
    Unset(String),
    /// OS_TOKEN takes the token.
    Token(Token),
    /// The hook's own function puts back what an earlier export changed. Elsewhere there is nothing to put back.
    Restore,
}

impl EnvChange {
    /// The variable takes the value.
    pub fn set(name: impl Into<String>, value: impl Into<String>) -> EnvChange {
        EnvChange::Set(name.into(), Zeroizing::new(value.into()))
    }

    /// The variable that changes, and its new value, `None` if it goes; `environment` is the one before all changes.
    pub fn variable<'a>(&'a self, environment: &'a Environment) -> Option<(&'a str, Option<&'a str>)> {
        match self {
            EnvChange::Set(name, value) => Some((name, Some(value))),
            EnvChange::Copy { from, to } => Some((to, Some(environment.get(from).unwrap_or_default()))),
            EnvChange::Unset(name) => Some((name, None)),
            EnvChange::Token(token) => Some(("OS_TOKEN", Some(token.expose()))),
            EnvChange::Restore => None,
        }
    }
}

/// The environment as it was when the program started. What is not UTF-8 in a value stands as U+FFFD, which is refused
/// where the value counts: to leave it out would mean another login or scope.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Zeroizing<String>>);

impl fmt::Debug for Environment {
    /// Names alone: any value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Environment(variables.into_iter().map(|(name, value)| (name.into(), Zeroizing::new(value.into()))).collect())
    }
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        std::env::vars_os().filter_map(text).collect()
    }

    /// The value of `name`; an empty one is an absent one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether `name` is set, also to nothing.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names that begin with `prefix`, sorted. Names that no shell could have set are left out: they would be read
    /// as code where a shell evaluates them.
    pub fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let is_name = |name: &&str| name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
        self.0.keys().map(String::as_str).filter(move |name| name.starts_with(prefix)).filter(is_name)
    }

    /// This environment with `changes` carried out.
    pub fn changed(&self, changes: &[EnvChange]) -> Environment {
        let mut after = self.clone();
        for (name, value) in changes.iter().filter_map(|change| change.variable(self)) {
            match value {
                Some(value) => after.0.insert(name.to_owned(), Zeroizing::new(value.to_owned())),
                None => after.0.remove(name),
            };
        }
        after
    }

    /// This environment as a shell knows it: whether it exported OS_TOKEN itself (`own`). The marks that stand beside the
    /// token, which a folder may have set, decide nothing.
    pub fn of_shell(&self, own: bool) -> Environment {
        let mut known = self.clone();
        if let Some(token) = self.get("OS_TOKEN") {
            match Token::parse(token).filter(|_| own) {
                Some(token) => known.0.insert("OSTOKEN_EXPORTED".into(), Zeroizing::new(token.fingerprint())),
                // It is still there, to be unset.
                None => known.0.get_mut("OSTOKEN_EXPORTED").map(std::mem::take),
            };
        }
        known
    }

    /// Whether a hook of ours exported OS_TOKEN, and nobody has replaced it since.
    pub fn holds_own_export(&self) -> bool {
        let exported = self.get("OSTOKEN_EXPORTED");
        match self.get("OS_TOKEN") {
            Some(text) => exported.is_some() && Token::parse(text).map(|t| t.fingerprint()).as_deref() == exported,
            None => exported.is_some(),
        }
    }

    /// Whether OS_TOKEN is somebody else's: nothing is exported over it.
    pub fn holds_foreign_token(&self) -> bool {
        self.get("OS_TOKEN").is_some() && !self.holds_own_export()
    }

    /// The Keystone of this environment, without looking at who logs in there.
    ///
    /// # Errors
    /// As [`AuthUrl::parse`]; `Ok(None)` where OS_AUTH_URL is not set.
    pub fn auth_url(&self, allow_http: bool) -> Result<Option<AuthUrl>, Error> {
        self.get("OS_AUTH_URL").map(|text| AuthUrl::parse(text, allow_http)).transpose()
    }

    /// This environment as it is for a command under no local identity endpoint ([`ENDPOINT`]): Keystone's own address, and
    /// no word in the place of a secret.
    #[must_use]
    pub fn before_endpoint(mut self) -> Environment {
        let own = |name: &str| self.get(name).map(str::to_owned);
        let (Some(auth_url), Some(real)) = (own("OS_AUTH_URL"), own("OSTOKEN_AUTH_URL")) else { return self };
        if own(ENDPOINT).as_ref() == Some(&auth_url) {
            self.0.insert("OS_AUTH_URL".into(), Zeroizing::new(real));
            self.0.retain(|name, value| !(SECRETS.contains(&name.as_str()) && value.as_str() == PLACEHOLDER));
        }
        self
    }

    /// The identity of this environment. What a hook of ours unset is read as if it were set, for as long as auth URL and
    /// user are the ones it was taken from.
    ///
    /// # Errors
    /// As [`resolve::source`].
    pub fn source(&self, allow_http: bool) -> Result<IdentitySource, Error> {
        let own = self.holds_own_export();
        let present = |name: &str| match self.get(name) {
            Some(_) if own && name == "OS_TOKEN" => None,
            // Another auth type came with another OpenRC file.
            Some("token") if own && name == "OS_AUTH_TYPE" => None,
            value => value,
        };
        if let Some(mark) = self.get("OSTOKEN_FOR") {
            let restored = |name: &str| present(name).or_else(|| self.get(taken(name)?));
            let source = resolve::source(&restored as Lookup, allow_http);
            if let Ok(source) = source
                && source.identity.login.mark() == mark
            {
                return Ok(IdentitySource { environment: self.clone(), ..source });
            }
        }
        Ok(IdentitySource { environment: self.clone(), ..resolve::source(&present, allow_http)? })
    }
}

/// Where a hook keeps what it took from `name`.
pub fn taken(name: &str) -> Option<&'static str> {
    Some(match name {
        "OS_AUTH_TYPE" => "OSTOKEN_AUTH_TYPE",
        "OS_USER_DOMAIN_NAME" => "OSTOKEN_USER_DOMAIN_NAME",
        "OS_USER_DOMAIN_ID" => "OSTOKEN_USER_DOMAIN_ID",
        "OS_USERNAME" => "OSTOKEN_USERNAME",
        "OS_USER_ID" => "OSTOKEN_USER_ID",
        "OS_PASSCODE" => "OSTOKEN_PASSCODE",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Domain, Method, User};
    use super::*;

    const TOKEN: &str = "gAAAAAB";

    fn hooked(more: &[(&str, &str)]) -> Environment {
        let exported = Token::parse(TOKEN).expect("a token").fingerprint();
        let mark = crate::secret::short_digest(&["https://h/v3", "me"]);
        let mut all = vec![
            ("OS_AUTH_URL", "https://h/v3"),
            ("OS_USERNAME", "me"),
            ("OS_TOKEN", TOKEN),
            ("OS_AUTH_TYPE", "token"),
            ("OSTOKEN_EXPORTED", &exported),
            ("OSTOKEN_FOR", &mark),
            ("OSTOKEN_USER_DOMAIN_NAME", "Users"),
        ];
        all.extend(more);
        all.into_iter().collect()
    }

    fn user(environment: &Environment) -> User {
        match environment.source(false).expect("an identity").identity.login.method {
            Method::Password(user) => user,
            other => panic!("{other:?}"),
        }
    }

    fn named(name: &str, domain: Domain) -> User {
        User::Name { name: name.into(), domain }
    }

    #[test]
    fn what_the_hook_took_is_known_in_a_subshell() {
        assert!(hooked(&[]).holds_own_export());
        assert_eq!(user(&hooked(&[])), named("me", Domain::Name("Users".into())));
    }

    #[test]
    fn a_scrubbed_user_is_known_too() {
        let environment = hooked(&[("OS_USERNAME", ""), ("OSTOKEN_USERNAME", "me")]);
        assert_eq!(user(&environment), named("me", Domain::Name("Users".into())));
    }

    #[test]
    fn another_user_or_another_cloud_gets_nothing_of_it() {
        let default = Domain::Id("default".into());
        assert_eq!(user(&hooked(&[("OS_USERNAME", "you")])), named("you", default.clone()));
        assert_eq!(user(&hooked(&[("OS_AUTH_URL", "https://other/v3")])), named("me", default));
    }

    #[test]
    fn a_token_put_in_by_hand_is_foreign() {
        assert!(hooked(&[("OS_TOKEN", "another")]).holds_foreign_token());
        assert!(!hooked(&[]).holds_foreign_token());
        let by_hand: Environment = [("OS_TOKEN", "x")].into_iter().collect();
        assert!(by_hand.holds_foreign_token());
    }

    #[test]
    fn printing_shows_names_alone() {
        let environment: Environment = [("OS_PASSWORD", "hunter2")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"OS_PASSWORD"}"#);
    }
}
