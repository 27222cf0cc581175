//! OS_* variables, from whichever source, to an identity.
//!
//! The rules are those of python-openstackclient: OS_PROJECT_* beats OS_TENANT_*, an id beats a name, a name without a
//! domain is in OS_DEFAULT_DOMAIN_ID/_NAME, else in the domain with the id `default`. What loses is not part of the key.

use super::{AuthUrl, Domain, Environment, Identity, IdentitySource, Login, Method, Scope, TlsPolicy, User};
use crate::error::{Error, escaped};
use crate::secret::{LONGEST_VALUE, Secret};

/// Gives the value of a variable; an empty one is an absent one.
pub type Lookup<'l, 'v> = &'l dyn Fn(&str) -> Option<&'v str>;

/// Reads the identity, how its server is verified, and the secret where there is one.
///
/// # Errors
/// [`Error::Unsupported`] for a login of another kind, [`Error::NoIdentity`] where a variable is missing, [`Error::Usage`]
/// where one cannot be understood.
pub fn source(variables: Lookup, allow_http: bool) -> Result<IdentitySource, Error> {
    let variables = Variables(variables);
    variables.check_supported()?;
    let auth_url = variables.text("OS_AUTH_URL")?.ok_or(Error::NoIdentity("OS_AUTH_URL"))?;
    // Where the permission is not needed, it is no part of how a secret was proved.
    let needs_permission = AuthUrl::parse(&auth_url, false).is_err();
    let auth_url = AuthUrl::parse(&auth_url, allow_http)?;
    let method = variables.method()?;
    let (scope, secret) = match method {
        Method::Password(_) => (variables.scope()?, "OS_PASSWORD"),
        // Keystone refuses a scope beside an application credential, which brings its own.
        Method::CredentialId(_) | Method::CredentialName { .. } => (Scope::None, "OS_APPLICATION_CREDENTIAL_SECRET"),
    };
    let identity = Identity { login: Login { auth_url, method }, scope };
    Ok(IdentitySource {
        identity,
        tls_policy: TlsPolicy::read(&|name| variables.text(name), allow_http && needs_permission)?,
        secret: variables.secret(secret)?,
        environment: Environment::default(),
        origin: None,
    })
}

/// A project by its id, and by its name: an id beats a name, whichever word it is given by.
const PROJECT_IDS: [&str; 2] = ["OS_PROJECT_ID", "OS_TENANT_ID"];
const PROJECT_NAMES: [&str; 2] = ["OS_PROJECT_NAME", "OS_TENANT_NAME"];

/// The auth types of the keystoneauth plugin that takes its token from ostoken (python/).
pub const PLUGINS: [&str; 2] = ["ostoken", "v3ostoken"];

struct Variables<'l, 'v>(Lookup<'l, 'v>);

impl Variables<'_, '_> {
    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(value) = (self.0)(name).filter(|value| !value.is_empty()) else { return Ok(None) };
        if value.len() > LONGEST_VALUE {
            return Err(Error::variable(
                name,
                format!("expected at most {LONGEST_VALUE} bytes, found {}", value.len()),
            ));
        }
        if value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Error::variable(name, format!("`{}` is not valid UTF-8", escaped(value, 80))));
        }
        if value.chars().any(char::is_control) {
            return Err(Error::variable(name, format!("`{}` contains a control character", escaped(value, 80))));
        }
        Ok(Some(value.to_owned()))
    }

    fn secret(&self, name: &str) -> Result<Option<Secret>, Error> {
        match (self.0)(name).filter(|value| !value.is_empty()) {
            Some(value) if value.len() > LONGEST_VALUE => {
                Err(Error::variable(name, format!("expected at most {LONGEST_VALUE} bytes, found {}", value.len())))
            }
            Some(value) if value.contains(char::REPLACEMENT_CHARACTER) => Err(Error::variable(name, "not valid UTF-8")),
            value => Ok(value.map(Secret::from)),
        }
    }

    fn first(&self, names: &[&str]) -> Result<Option<String>, Error> {
        for name in names {
            if let Some(value) = self.text(name)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Refuses every auth plugin but these.
    fn check_supported(&self) -> Result<(), Error> {
        match self.text("OS_AUTH_TYPE")?.as_deref() {
            None | Some("password" | "v3password" | "token" | "v3token") => Ok(()),
            // They take their token from ostoken: what stands beside them names the login.
            Some(plugin) if PLUGINS.contains(&plugin) => Ok(()),
            Some("v3applicationcredential" | "application_credential") => Ok(()),
            Some(other) => Err(Error::Unsupported {
                what: "OS_AUTH_TYPE".into(),
                why: format!("the authentication method `{}` is not supported", escaped(other, 80)),
                hint: "use a password (`v3password`) or an application credential (`v3applicationcredential`)",
            }),
        }
    }

    fn method(&self) -> Result<Method, Error> {
        let auth_type = self.text("OS_AUTH_TYPE")?;
        let wants_credential =
            matches!(auth_type.as_deref(), Some("v3applicationcredential" | "application_credential"));
        let user_is_named = self.first(&["OS_USER_ID", "OS_USERNAME"])?.is_some();
        let credential_is_named =
            self.first(&["OS_APPLICATION_CREDENTIAL_ID", "OS_APPLICATION_CREDENTIAL_NAME"])?.is_some();
        let wants_password = matches!(auth_type.as_deref(), Some("password" | "v3password"));
        // A token makes no token that lives longer: what stands beside it names the login.
        match wants_credential || (credential_is_named && !user_is_named && !wants_password) {
            true => self.credential(),
            false => Ok(Method::Password(self.user()?)),
        }
    }

    fn credential(&self) -> Result<Method, Error> {
        if let Some(id) = self.text("OS_APPLICATION_CREDENTIAL_ID")? {
            return Ok(Method::CredentialId(id));
        }
        match self.text("OS_APPLICATION_CREDENTIAL_NAME")? {
            Some(name) => Ok(Method::CredentialName { name, user: self.user()? }),
            None => Err(Error::NoIdentity("OS_APPLICATION_CREDENTIAL_ID")),
        }
    }

    fn user(&self) -> Result<User, Error> {
        if let Some(id) = self.text("OS_USER_ID")? {
            return Ok(User::Id(id));
        }
        let name = self.text("OS_USERNAME")?.ok_or(Error::NoIdentity("OS_USERNAME"))?;
        Ok(User::Name { name, domain: self.domain_of("OS_USER_DOMAIN_ID", "OS_USER_DOMAIN_NAME")? })
    }

    /// The domain of a user or project that is given by name. Beside a project, OS_DOMAIN_* is that of whoever has none of
    /// their own, and an id beats a name (openstacksdk 4 and 0.103). Both pass OS_DEFAULT_DOMAIN_ID and _NAME over.
    fn domain_of(&self, id: &str, name: &str) -> Result<Domain, Error> {
        let has_project = self.first(&[&PROJECT_IDS[..], &PROJECT_NAMES].concat())?.is_some();
        let (ids, names): (&[&str], &[&str]) = match has_project {
            true => (&[id, "OS_DOMAIN_ID"], &[name, "OS_DOMAIN_NAME"]),
            false => (&[id], &[name]),
        };
        if let Some(id) = self.first(ids)? {
            return Ok(Domain::Id(id));
        }
        Ok(match self.first(names)? {
            Some(name) => Domain::Name(name),
            None => Domain::Id(self.text("OS_DEFAULT_DOMAIN")?.unwrap_or_else(|| "default".into())),
        })
    }

    fn domain(&self, id: &str, name: &str) -> Result<Option<Domain>, Error> {
        if let Some(id) = self.text(id)? {
            return Ok(Some(Domain::Id(id)));
        }
        Ok(self.text(name)?.map(Domain::Name))
    }

    fn scope(&self) -> Result<Scope, Error> {
        let mut scopes = Vec::new();
        match (self.project()?, self.domain("OS_DOMAIN_ID", "OS_DOMAIN_NAME")?) {
            (Some(project), _) => scopes.push(("a project", project)),
            (None, Some(domain)) => scopes.push(("OS_DOMAIN_*", Scope::Domain(domain))),
            (None, None) => {}
        }
        match self.text("OS_SYSTEM_SCOPE")?.as_deref() {
            None => {}
            Some("all") => scopes.push(("OS_SYSTEM_SCOPE", Scope::System)),
            Some(other) => {
                return Err(Error::variable(
                    "OS_SYSTEM_SCOPE",
                    format!("expected `all`, found `{}`", escaped(other, 80)),
                ));
            }
        }
        if let Some(id) = self.text("OS_TRUST_ID")? {
            scopes.push(("OS_TRUST_ID", Scope::Trust(id)));
        }
        if let [(first, _), (second, _), ..] = scopes.as_slice() {
            return Err(Error::variable(
                "scope",
                format!("both {first} and {second} are set, but a token has one scope"),
            ));
        }
        Ok(scopes.pop().map_or(Scope::None, |(_, scope)| scope))
    }

    fn project(&self) -> Result<Option<Scope>, Error> {
        if let Some(id) = self.first(&PROJECT_IDS)? {
            return Ok(Some(Scope::ProjectId(id)));
        }
        let Some(name) = self.first(&PROJECT_NAMES)? else { return Ok(None) };
        let domain = self.domain_of("OS_PROJECT_DOMAIN_ID", "OS_PROJECT_DOMAIN_NAME")?;
        Ok(Some(Scope::ProjectName { name, domain }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: [(&str, &str); 2] = [("OS_AUTH_URL", "https://h"), ("OS_USERNAME", "me")];

    fn resolve(more: &[(&str, &'static str)]) -> Result<IdentitySource, Error> {
        let all: Vec<_> = more.iter().chain(&BASE).copied().collect();
        source(&|name| all.iter().find(|(n, _)| *n == name).map(|(_, value)| *value), false)
    }

    fn scope(more: &[(&str, &'static str)]) -> Scope {
        resolve(more).expect("an identity").identity.scope
    }

    #[test]
    fn project_beats_tenant_and_id_beats_name() {
        let id = |id: &str| Scope::ProjectId(id.into());
        assert_eq!(scope(&[("OS_TENANT_ID", "t"), ("OS_TENANT_NAME", "n")]), id("t"));
        assert_eq!(scope(&[("OS_PROJECT_ID", "p"), ("OS_TENANT_ID", "t"), ("OS_PROJECT_NAME", "n")]), id("p"));
        let by_name = [("OS_PROJECT_NAME", "n"), ("OS_PROJECT_DOMAIN_NAME", "D")];
        let named = |domain| Scope::ProjectName { name: "n".into(), domain };
        assert_eq!(scope(&by_name), named(Domain::Name("D".into())));
        assert_eq!(scope(&[&by_name[..], &[("OS_TENANT_ID", "t")]].concat()), id("t"));
    }

    #[test]
    fn a_domain_beside_a_project_is_that_of_whoever_has_none() {
        let domains = |more: &[(&str, &'static str)]| {
            let all = [&[("OS_PROJECT_NAME", "n")], more].concat();
            match resolve(&all).expect("an identity").identity {
                Identity {
                    login: Login { method: Method::Password(User::Name { domain: user, .. }), .. },
                    scope: Scope::ProjectName { domain: project, .. },
                } => (user, project),
                other => panic!("{other:?}"),
            }
        };
        let (id, name) = (|id: &str| Domain::Id(id.into()), |name: &str| Domain::Name(name.into()));
        assert_eq!(domains(&[("OS_DOMAIN_NAME", "D")]), (name("D"), name("D")));
        assert_eq!(domains(&[("OS_DOMAIN_NAME", "D"), ("OS_USER_DOMAIN_NAME", "U")]), (name("U"), name("D")));
        assert_eq!(domains(&[("OS_DOMAIN_ID", "d"), ("OS_USER_DOMAIN_NAME", "U")]), (id("d"), id("d")));
        assert_eq!(domains(&[("OS_DOMAIN_ID", "d"), ("OS_PROJECT_DOMAIN_ID", "p")]), (id("d"), id("p")));
        assert_eq!(domains(&[("OS_DEFAULT_DOMAIN", "e")]), (id("e"), id("e")));
        let passed_over = [("OS_DEFAULT_DOMAIN_ID", "x"), ("OS_DEFAULT_DOMAIN_NAME", "X")];
        assert_eq!(domains(&passed_over), (id("default"), id("default")));
    }

    #[test]
    fn what_loses_is_not_part_of_the_key() {
        let key = |more: &[(&str, &'static str)]| resolve(more).expect("an identity").identity.key();
        assert_eq!(key(&[("OS_TENANT_ID", "t"), ("OS_TENANT_NAME", "n")]), key(&[("OS_TENANT_ID", "t")]));
        assert_eq!(key(&[("OS_REGION_NAME", "GRA11")]), key(&[]));
    }

    #[test]
    fn the_other_scopes() {
        assert_eq!(scope(&[]), Scope::None);
        assert_eq!(scope(&[("OS_SYSTEM_SCOPE", "all")]), Scope::System);
        assert_eq!(scope(&[("OS_TRUST_ID", "t")]), Scope::Trust("t".into()));
        assert_eq!(scope(&[("OS_DOMAIN_NAME", "D")]), Scope::Domain(Domain::Name("D".into())));
    }

    #[test]
    fn an_application_credential_has_no_scope_of_ours() {
        let credential = [
            ("OS_AUTH_TYPE", "v3applicationcredential"),
            ("OS_APPLICATION_CREDENTIAL_ID", "c"),
            ("OS_APPLICATION_CREDENTIAL_SECRET", "s"),
            ("OS_PROJECT_ID", "p"),
        ];
        let source = resolve(&credential).expect("an identity");
        assert_eq!(source.identity.login.method, Method::CredentialId("c".into()));
        assert_eq!(source.identity.scope, Scope::None);
        assert_eq!(source.secret, Some(Secret::from("s")));
    }

    #[test]
    fn bad_values_are_refused_by_name() {
        let refused = |more: &[(&str, &'static str)]| resolve(more).expect_err("a refusal").to_string();
        assert!(refused(&[("OS_SYSTEM_SCOPE", "some")]).contains("OS_SYSTEM_SCOPE"));
        assert!(refused(&[("OS_PROJECT_ID", "p"), ("OS_TRUST_ID", "t")]).contains("both a project and OS_TRUST_ID"));
        assert!(refused(&[("OS_PROJECT_NAME", "caf\u{fffd}")]).contains("is not valid UTF-8"));
        let secret = refused(&[("OS_PASSWORD", "caf\u{fffd}")]);
        assert!(secret.contains("OS_PASSWORD: not valid UTF-8") && !secret.contains("caf"), "{secret}");
        assert!(refused(&[("OS_PROJECT_NAME", "a\nb")]).contains("OS_PROJECT_NAME"));
        assert!(refused(&[("OS_INSECURE", "maybe")]).contains("OS_INSECURE"));
        assert!(refused(&[("OS_USERNAME", "")]).contains("OS_USERNAME"));
    }

    #[test]
    fn a_login_of_another_kind_is_refused_before_anything_else() {
        let unsupported = |more: &[(&str, &'static str)]| match resolve(more) {
            Err(error @ Error::Unsupported { .. }) => format!("{error}; {}", error.hint()),
            other => panic!("{other:?}"),
        };
        for name in
            ["v3totp", "v3oidcpassword", "v3kerberos", "v3websso", "v3samlpassword", "v3multifactor", "v2password"]
        {
            let said = unsupported(&[("OS_AUTH_TYPE", name), ("OS_AUTH_URL", "http://elsewhere")]);
            assert!(said.starts_with("OS_AUTH_TYPE: ") && said.contains(name), "{said}");
        }
        let key = |more: &[(&str, &'static str)]| resolve(more).expect("an identity").identity.key();
        assert_eq!(key(&[("OS_AUTH_TYPE", "ostoken")]), key(&[]));
    }
}
