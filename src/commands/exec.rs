//! `ostoken exec -- CMD`: runs a command with the token, and without the password, in its environment. Beside it stands the
//! local identity endpoint, so that the command makes no token of its own.

use crate::cli::Global;
use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::{Error, Exit, escaped};
use crate::identity::Environment;
use crate::identity::environment::EnvChange;
use crate::keystone::Subject;
use crate::login_history::Caller;
use crate::output::change::{self, Reader, SECRETS, Scrub};
use crate::process;
use crate::session::Session;
use crate::session::tokens::SessionTokens;
use crate::store::StoredToken;
use std::ffi::OsString;
use std::process::Command;

/// How the command is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// As that of `ostoken token`, in seconds.
    pub min_ttl: i64,
    /// Without an endpoint.
    pub direct: bool,
    /// Who reads the environment.
    pub reader: Option<Reader>,
    /// A shell's function that stands in the place of a program: where there is no login, the program runs as it is.
    pub wrapped: bool,
}

/// Runs the command, and ends as it does.
pub fn run(global: &Global, options: &Options, command: &[OsString], context: &mut Context) -> Result<Exit, Error> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::argument("exec", "no command given"));
    };
    let mut child = Command::new(program);
    child.args(arguments);
    let failed = |error| Error::Exec { program: escaped(&program.to_string_lossy(), 200), error };
    // The clients read the cloud's other settings themselves, and its auth URL with them.
    if options.wrapped && context.environment.get("OS_CLOUD").is_some() {
        return process::become_it(child).map_err(failed);
    }
    if options.direct {
        let session = Session::open(global, Caller::Command, context)?;
        let kept = session.obtain(options.min_ttl, context)?.kept;
        let changes = session.export(&kept, Scrub::UserAndSecret, context);
        prepare(&mut child, &session.source.environment, &changes);
        return process::become_it(child).map_err(failed);
    }
    match with_endpoint(global, options, &mut child, context) {
        Ok(()) => process::run(child).map_err(failed),
        Err(Error::NoIdentity(_) | Error::NoSecret { .. } | Error::Unsupported { .. }) if options.wrapped => {
            process::become_it(child).map_err(failed)
        }
        Err(error) => Err(error),
    }
}

/// Starts the endpoint, and gives the command the environment that leads there.
fn with_endpoint(global: &Global, options: &Options, child: &mut Command, context: &mut Context) -> Result<(), Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let (StoredToken { token, record, .. }, document) = session.obtain_with_document(options.min_ttl, context)?;
    let subject = Subject::of(&document);
    let (source, mut changes, forwarder) = (session.source.clone(), session.replaced(context), session.forwarder());
    let endpoint = Endpoint::start(SessionTokens::new(session, subject.clone()), forwarder)?;
    let (environment, reader) = (&source.environment, options.reader.map(|reader| (reader, &subject)));
    changes.extend(change::endpoint(environment, &source, &token, &record, &endpoint.auth_url, reader));
    prepare(child, environment, &changes);
    Ok(())
}

/// The command's environment: this process's own with these changes, and without a secret.
fn prepare(child: &mut Command, environment: &Environment, changes: &[EnvChange]) {
    for name in SECRETS.into_iter().chain(["OSTOKEN_PASSCODE"]) {
        child.env_remove(name);
    }
    for (name, value) in changes.iter().filter_map(|change| change.variable(environment)) {
        match value {
            Some(value) => child.env(name, value),
            None => child.env_remove(name),
        };
    }
}
