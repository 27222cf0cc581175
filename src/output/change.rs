//! What an export of the token changes in an environment: one plan for the hooks, for `env` and for `exec`.

pub use crate::identity::environment::SECRETS;
use crate::identity::environment::{ENDPOINT, EnvChange, Environment, PLACEHOLDER, TAKEN, taken};
use crate::identity::{HTTP_PROXIES, HTTPS_PROXIES, Identity, IdentitySource, Login, NO_PROXIES, PLUGINS};
use crate::keystone::Subject;
use crate::record::Record;
use crate::secret::Token;

/// Which variables go beside those that break the clients' token plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrub {
    /// None.
    Nothing,
    /// User and password (`OSTOKEN_SCRUB=1`, `exec`): gophercloud refuses a token beside a user.
    UserAndSecret,
}

/// How `environment` becomes one that holds the token.
///
/// The user's domain and a passcode break the clients' token plugin (measured with both clients), so they go, and stand
/// in `OSTOKEN_*` for as long as auth URL and user stay the same.
pub fn export(
    environment: &Environment,
    source: &IdentitySource,
    token: &Token,
    record: &Record,
    scrub: Scrub,
) -> Vec<EnvChange> {
    let mark = source.identity.login.mark();
    let same_login = is_for(environment, &source.identity.login);
    let mut changes = Vec::new();
    keep_auth_type(environment, same_login, &mut changes);
    for name in TAKEN.iter().filter(|name| **name != "AUTH_TYPE") {
        let (from, to) = (format!("OS_{name}"), format!("OSTOKEN_{name}"));
        let goes = !matches!(*name, "USERNAME" | "USER_ID") || scrub == Scrub::UserAndSecret;
        if goes && environment.is_set(&from) {
            // A passcode is a secret as well, and good once.
            let is_kept = *name != "PASSCODE" || scrub == Scrub::Nothing;
            if is_kept && environment.get(&from).is_some() {
                changes.push(EnvChange::Copy { from: from.clone(), to });
            }
            changes.push(EnvChange::Unset(from));
        } else if environment.is_set(&to) && !same_login {
            changes.push(EnvChange::Unset(to));
        }
    }
    if scrub == Scrub::UserAndSecret {
        for name in ["OS_PASSWORD", "OS_APPLICATION_CREDENTIAL_SECRET"] {
            if environment.is_set(name) {
                changes.extend([EnvChange::Unset(name.into()), EnvChange::set("OSTOKEN_SCRUBBED", "1")]);
            }
        }
    }
    changes.extend([
        EnvChange::Token(token.clone()),
        EnvChange::set("OS_AUTH_TYPE", "token"),
        EnvChange::set("OSTOKEN_EXPORTED", token.fingerprint()),
        EnvChange::set("OSTOKEN_FOR", mark),
        EnvChange::set("OSTOKEN_EXPIRES_AT", record.expires_locally().to_string()),
    ]);
    changes
}

/// A program that reads the environment by itself, and wants it in another way than the Python clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Reader {
    /// Go programs that use gophercloud's AuthOptionsFromEnv
    Gophercloud,
}

/// What an environment becomes for a command whose Keystone is the local identity endpoint at `auth_url`: the token, where
/// the clients bear it, else the login's own method; no secret either way. (Measured: facts of both Python clients and of
/// gophercloud.)
pub fn endpoint(
    environment: &Environment,
    source: &IdentitySource,
    token: &Token,
    record: &Record,
    auth_url: &str,
    reader: Option<(Reader, &Subject)>,
) -> Vec<EnvChange> {
    let scrub = if reader.is_some() { Scrub::UserAndSecret } else { Scrub::Nothing };
    let mut changes = match clients_bear_it(environment, &source.identity) {
        true => export(environment, source, token, record, scrub),
        false => Vec::new(),
    };
    let secret = match source.identity.login.method.name() {
        "password" => "OS_PASSWORD",
        _ => "OS_APPLICATION_CREDENTIAL_SECRET",
    };
    let held = SECRETS.into_iter().filter(|name| *name == secret || environment.is_set(name));
    let bears = !changes.is_empty();
    // A shell keeps the passcode that its hook unset; a command has no use for it.
    changes.retain(|change| !matches!(change, EnvChange::Copy { from, .. } if from == "OS_PASSCODE"));
    changes.extend(environment.is_set("OSTOKEN_PASSCODE").then(|| EnvChange::Unset("OSTOKEN_PASSCODE".into())));
    // It breaks the token plugin: no placeholder takes its place there.
    changes
        .extend(held.filter(|name| !(bears && *name == "OS_PASSCODE")).map(|name| EnvChange::set(name, PLACEHOLDER)));
    if let Some((Reader::Gophercloud, Subject { user, project })) = reader.filter(|_| bears) {
        changes.push(EnvChange::set("OS_USERID", user.id.as_str()));
        changes.extend(project.iter().map(|project| EnvChange::set("OS_PROJECT_ID", project.id.as_str())));
    }
    changes.extend([
        EnvChange::set("OS_AUTH_URL", auth_url),
        EnvChange::set(ENDPOINT, auth_url),
        EnvChange::set("OSTOKEN_AUTH_URL", source.identity.login.auth_url.as_str()),
    ]);
    // Python's requests would ask a proxy for 127.0.0.1.
    if HTTP_PROXIES.iter().chain(&HTTPS_PROXIES).any(|name| environment.get(name).is_some()) {
        let before = NO_PROXIES.iter().find_map(|name| environment.get(name)).map(|hosts| format!("{hosts},"));
        let hosts = format!("{}127.0.0.1", before.unwrap_or_default());
        changes.extend(NO_PROXIES.map(|name| EnvChange::set(name, hosts.as_str())));
    }
    changes
}

/// The user's own auth type is kept; the one that an earlier export set is not taken for it.
fn keep_auth_type(environment: &Environment, same_login: bool, changes: &mut Vec<EnvChange>) {
    match environment.get("OS_AUTH_TYPE") {
        Some("token") if environment.holds_own_export() => {}
        Some(_) => changes.push(EnvChange::Copy { from: "OS_AUTH_TYPE".into(), to: "OSTOKEN_AUTH_TYPE".into() }),
        None if same_login => {}
        None if environment.is_set("OSTOKEN_AUTH_TYPE") => changes.push(EnvChange::Unset("OSTOKEN_AUTH_TYPE".into())),
        None => {}
    }
}

/// What tells an export of ours: child shells and programs see them.
const MARKS: [&str; 3] = ["OSTOKEN_EXPORTED", "OSTOKEN_FOR", "OSTOKEN_EXPIRES_AT"];

/// How an environment gets rid of an export of ours, or of what the shell left of one whose token it has unset. What
/// was taken from another login than `now` is not put back, since it is no part of that one; it is kept, for the way back
/// to its own.
pub fn take_back(environment: &Environment, now: Option<&Login>) -> Vec<EnvChange> {
    if !MARKS.iter().any(|name| environment.is_set(name)) {
        return Vec::new();
    }
    match now {
        Some(login) if environment.is_set("OSTOKEN_FOR") && !is_for(environment, login) => {
            let mut gone = vec!["OSTOKEN_EXPORTED", "OSTOKEN_EXPIRES_AT"];
            if environment.holds_own_export() {
                gone.push("OS_TOKEN");
                gone.extend((environment.get("OS_AUTH_TYPE") == Some("token")).then_some("OS_AUTH_TYPE"));
            }
            gone.into_iter().filter(|name| environment.is_set(name)).map(|name| EnvChange::Unset(name.into())).collect()
        }
        _ => vec![EnvChange::Restore],
    }
}

/// What changes where nobody could find out whether there is a token: the shell's own one stays beside its own login for
/// as long as it lives.
pub fn unanswered(environment: &Environment, login: &Login, now: i64) -> Vec<EnvChange> {
    let expires_at = environment.get("OSTOKEN_EXPIRES_AT").and_then(|text| text.parse::<i64>().ok());
    let lives = environment.get("OS_TOKEN").is_some() && expires_at.is_some_and(|at| now < at);
    match lives && environment.holds_own_export() && is_for(environment, login) {
        true => Vec::new(),
        false => take_back(environment, Some(login)),
    }
}

/// How an environment that holds a token of the user's own gets rid of what says that it is ours.
pub fn unmark(environment: &Environment) -> Vec<EnvChange> {
    let marks = ["OSTOKEN_EXPORTED", "OSTOKEN_EXPIRES_AT"].into_iter();
    marks.filter(|name| environment.is_set(name)).map(|name| EnvChange::Unset(name.into())).collect()
}

/// The same for an environment whose variables are left alone from now on: nothing of ours stays in it.
pub fn leave_alone(environment: &Environment, now: &Login) -> Vec<EnvChange> {
    let mut changes = take_back(environment, Some(now));
    if !is_for(environment, now) {
        let kept = TAKEN.map(|name| format!("OSTOKEN_{name}")).into_iter().chain(["OSTOKEN_FOR".into()]);
        changes.extend(kept.filter(|name| environment.is_set(name)).map(EnvChange::Unset));
    }
    changes
}

/// Whether what stands in `OSTOKEN_*` was taken from this login.
pub fn is_for(environment: &Environment, login: &Login) -> bool {
    environment.get("OSTOKEN_FOR") == Some(login.mark().as_str())
}

/// Whether the clients can bear OS_TOKEN in this environment; where not, the hooks leave every variable alone.
///
/// Measured with both clients: an OS_CLOUD entry, an application credential and OS_DOMAIN_* each break the token plugin.
/// Those of [`PLUGINS`] fetch their token themselves.
pub fn clients_bear_it(environment: &Environment, identity: &Identity) -> bool {
    let plain = environment.get("OS_CLOUD").is_none()
        && environment.get("OS_DOMAIN_ID").is_none()
        && environment.get("OS_DOMAIN_NAME").is_none()
        && !environment.get("OS_AUTH_TYPE").is_some_and(|name| PLUGINS.contains(&name))
        && identity.login.method.name() == "password";
    exports_always(environment) || plain
}

/// Whether OS_TOKEN is wanted where the clients do not bear it, for other tools (`OSTOKEN_EXPORT=always`).
pub fn exports_always(environment: &Environment) -> bool {
    environment.get("OSTOKEN_EXPORT") == Some("always")
}

/// The changes that make an environment whose OS_* variables are `from` into one that holds those of `to`, without its
/// secrets: for an OpenRC file in place of the environment.
pub fn replace(from: &Environment, to: &Environment) -> Vec<EnvChange> {
    let mut changes = Vec::new();
    for name in from.names("OS_") {
        if !to.is_set(name) || SECRETS.contains(&name) {
            changes.push(EnvChange::Unset(name.into()));
        }
    }
    // The hook puts back what it took before these changes: none of it is the new file's.
    for name in TAKEN.map(|name| format!("OS_{name}")) {
        let was_taken = taken(&name).is_some_and(|kept| from.is_set(kept));
        if was_taken && !from.is_set(&name) && !to.is_set(&name) {
            changes.push(EnvChange::Unset(name));
        }
    }
    let leftovers = ["OSTOKEN_EXPORTED", "OSTOKEN_FOR", "OSTOKEN_EXPIRES_AT", "OSTOKEN_SCRUBBED"];
    let kept = TAKEN.iter().filter_map(|name| taken(&format!("OS_{name}")));
    changes.extend(leftovers.into_iter().chain(kept).filter(|n| from.is_set(n)).map(|n| EnvChange::Unset(n.into())));
    for name in to.names("OS_").filter(|name| !SECRETS.contains(name)) {
        if let Some(value) = to.get(name) {
            changes.push(EnvChange::set(name, value));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{RefreshRule, Times};

    fn plan(variables: &[(&str, &str)], scrub: Scrub) -> Vec<EnvChange> {
        let base = [("OS_AUTH_URL", "https://h/v3"), ("OS_USERNAME", "me"), ("OS_PASSWORD", "pw")];
        let environment: Environment = base.iter().chain(variables).copied().collect();
        let source = environment.source(false).expect("an identity");
        let token = Token::parse("gAAAAAB").expect("a token");
        let times = Times { issued_at: 0, expires_at: 86_400, clock_offset: 0 };
        let rule = RefreshRule { after: 28_800, spread: 1.0 };
        let record = Record::new(&source.identity, &token, times, rule, "lease.x".into());
        let changes = export(&environment, &source, &token, &record, scrub);
        let plain = |(name, value): (&str, Option<&str>)| match value {
            Some(value) => set(name, value),
            None => unset(name),
        };
        changes.iter().filter_map(|change| change.variable(&environment)).map(plain).collect()
    }

    fn set(name: &str, value: &str) -> EnvChange {
        EnvChange::set(name, value)
    }

    fn unset(name: &str) -> EnvChange {
        EnvChange::Unset(name.into())
    }

    #[test]
    fn the_users_domain_goes_and_is_kept() {
        let changes = plan(&[("OS_USER_DOMAIN_NAME", "Default"), ("OS_AUTH_TYPE", "password")], Scrub::Nothing);
        for edit in [
            set("OSTOKEN_USER_DOMAIN_NAME", "Default"),
            unset("OS_USER_DOMAIN_NAME"),
            set("OSTOKEN_AUTH_TYPE", "password"),
            set("OS_TOKEN", "gAAAAAB"),
            set("OS_AUTH_TYPE", "token"),
            set("OSTOKEN_EXPIRES_AT", "86400"),
        ] {
            assert!(changes.contains(&edit), "{edit:?}");
        }
        assert!(!changes.contains(&unset("OS_PASSWORD")) && !changes.contains(&unset("OS_USERNAME")));
    }

    #[test]
    fn what_another_user_left_goes() {
        let changes = plan(&[("OSTOKEN_USER_DOMAIN_NAME", "Old"), ("OSTOKEN_FOR", "0")], Scrub::Nothing);
        assert!(changes.contains(&unset("OSTOKEN_USER_DOMAIN_NAME")));
    }

    #[test]
    fn scrubbing_takes_user_and_password() {
        let changes = plan(&[], Scrub::UserAndSecret);
        for edit in [set("OSTOKEN_USERNAME", "me"), unset("OS_USERNAME"), unset("OS_PASSWORD")] {
            assert!(changes.contains(&edit), "{edit:?}");
        }
    }

    #[test]
    fn a_file_takes_the_place_of_the_environment_but_for_its_secret() {
        let from: Environment =
            [("OS_USERNAME", "a"), ("OS_CLOUD", "c"), ("OS_PASSWORD", "old"), ("OSTOKEN_FOR", "1"), ("HOME", "/h")]
                .into_iter()
                .collect();
        let to: Environment = [("OS_USERNAME", "b"), ("OS_PASSWORD", "new")].into_iter().collect();
        let wanted = [unset("OS_CLOUD"), unset("OS_PASSWORD"), unset("OSTOKEN_FOR"), set("OS_USERNAME", "b")];
        assert_eq!(replace(&from, &to), wanted);
    }
}
