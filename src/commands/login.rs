//! `ostoken login`: asks for the secret, proves it by making a token, and keeps it. The only command that prompts, and
//! the only one that writes a secret.

use super::refresh::{describe, replace};
use crate::cli::Global;
use crate::context::Context;
use crate::credential;
use crate::error::{Error, Exit, escaped};
use crate::identity::{IdentitySource, Method, Origin};
use crate::login_history::Caller;
use crate::password_prompt::ask;
use crate::secret::Secret;
use crate::secret_stdin::{checked, from_stdin};
use crate::session::Session;
use crate::store::keyring::Backend;
use crate::store::logins;

/// Logs in.
pub fn run(global: &Global, password_stdin: bool, context: &mut Context) -> Result<Exit, Error> {
    let mut session = Session::open(global, Caller::Login, context)?;
    let secret = match (password_stdin, session.source.secret.clone()) {
        (true, _) => from_stdin(context.stdin)?,
        (false, Some(given)) => given,
        (false, None) => from_terminal(&session.source, context)?,
    };
    session.source.secret = Some(secret.clone());
    let handout = replace(&session, context)?;
    let IdentitySource { identity, tls_policy, .. } = &session.source;
    credential::keep(&session.store, &identity.login, &secret, tls_policy)?;
    if let Err(error) = logins::made(&session.state, &identity.login.key(), session.store.backend(), tls_policy) {
        context.warn(&error.to_string());
    }
    let mut text = describe(&handout.kept.record, context.clock.now());
    text.push_str(&kept_in(session.store.backend()));
    text.push_str(&needless_line(global, &session));
    context.answer(&text)?;
    Ok(Exit::Done)
}

fn kept_in(backend: Backend) -> String {
    match backend {
        Backend::Keyutils => {
            "saved in the kernel's keyring: in memory only, gone when the machine restarts or three days \
                              after its last use\n"
                .into()
        }
        Backend::File => "saved in a file that only you can read, not encrypted\n".into(),
        other => format!("saved in {}\n", other.name()),
    }
}

/// Where the secret stands in a file, it need not stand there any longer.
fn needless_line(global: &Global, session: &Session) -> String {
    let (name, setting) = match session.source.identity.login.method {
        Method::Password(_) => ("OS_PASSWORD", "password"),
        Method::CredentialId(_) | Method::CredentialName { .. } => {
            ("OS_APPLICATION_CREDENTIAL_SECRET", "application_credential_secret")
        }
    };
    let found = match (&session.source.origin, &global.openrc) {
        (Some(Origin::OpenRc(file)), Some(path)) => {
            let is_there = file.get(name).is_some_and(|value| !value.is_empty());
            file.line_of(name).filter(|_| is_there).map(|line| (path, line, name))
        }
        (Some(Origin::Cloud(cloud)), _) => cloud.place_of(name).map(|(path, line)| (path, line, setting)),
        _ => None,
    };
    match found {
        Some((path, line, what)) => {
            format!("you can now remove line {line} of {} ({what})\n", escaped(&path.to_string_lossy(), 200))
        }
        None if session.source.origin.is_none() && session.source.environment.get(name).is_some() => {
            format!("you no longer need {name} in the environment: `unset {name}`\n")
        }
        None => String::new(),
    }
}

fn from_terminal(source: &IdentitySource, context: &mut Context) -> Result<Secret, Error> {
    let login = &source.identity.login;
    let what = match login.method {
        Method::Password(_) => "Password",
        Method::CredentialId(_) | Method::CredentialName { .. } => "Application credential secret",
    };
    let prompt = format!("{what} for {}: ", escaped(&login.describe(), 300));
    match ask(&prompt, context.stdin) {
        Ok(text) => checked(&text),
        Err(_) => {
            Err(Error::usage("login", "no terminal to ask for the password on", "use `ostoken login --password-stdin`"))
        }
    }
}
