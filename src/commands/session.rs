//! What most commands need together: the identity, the store that is chosen for it, and the way to Keystone.

use super::Context;
use super::settings::{allows_http, refresh_rule, service, session_bus, state_folder};
use crate::broker::{Broker, Handout};
use crate::cli::Global;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, escaped};
use crate::identity::environment::Edit;
use crate::identity::openrc::{self, OpenRc};
use crate::identity::{Environment, Source};
use crate::keystone::{Admit, Keystone};
use crate::memory::Asker;
use crate::output::change::{self, Scrub};
use crate::record::RefreshRule;
use crate::store::folder::Folder;
use crate::store::keyring::{KeyringRequest, select};
use crate::store::logins;
use crate::store::{Kept, Store};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// More of an OpenRC file is not read, in bytes: its reader refuses what is larger.
const LARGEST_OPENRC: u64 = 64 * 1024;

/// Where the identity is read.
pub struct Origin {
    /// The environment, with the OpenRC file's variables in place of its own where one is given.
    pub environment: Environment,
    /// The OpenRC file's variables.
    pub openrc: Option<OpenRc>,
    /// The identity.
    pub source: Source,
}

/// An identity and its store.
pub struct Session {
    /// Where the identity was read.
    pub origin: Origin,
    /// The state folder.
    pub state: Folder,
    /// The store.
    pub store: Store,
    /// Why this keyring.
    pub why: String,
    rule: RefreshRule,
    /// When whoever asks Keystone gives up, where that is before a request's own limit.
    pub deadline: Option<Instant>,
}

/// What opening a session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The login's own keyring; no window.
    Usual,
    /// The same at a prompt, which does not wait.
    Prompt,
    /// The keyring for a login that is made now: its window may be shown.
    Login,
}

/// Reads the OpenRC file at `path` as data.
///
/// # Errors
/// [`Error::Usage`] where it cannot be read; [`Error::OpenRc`].
pub fn read_openrc(path: &Path, environment: &Environment) -> Result<OpenRc, Error> {
    let name = escaped(&path.to_string_lossy(), 200);
    let refuse = |error: std::io::Error| Error::usage("--openrc", format!("{name}: {error}"));
    let mut text = zeroize::Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(refuse)?;
    file.take(LARGEST_OPENRC + 1).read_to_end(&mut text).map_err(refuse)?;
    Ok(openrc::read(&text, &name, &|variable| environment.get(variable).map(str::to_owned))?)
}

/// `environment` with the file's OS_* variables in place of its own, and nothing left of an earlier export.
pub fn in_place(environment: &Environment, file: &OpenRc) -> Environment {
    let of_file: Environment = file.variables().collect();
    let mut edits = change::replace(environment, &of_file);
    let secrets = change::SECRETS.iter().filter_map(|name| Some((*name, of_file.get(name)?)));
    edits.extend(secrets.map(|(name, value)| Edit::Set(name.into(), value.to_owned().into())));
    environment.edited(&edits)
}

impl Origin {
    /// Reads the identity from the OpenRC file, or else from the environment.
    ///
    /// # Errors
    /// As [`read_openrc`] and [`Environment::source`].
    pub fn read(global: &Global, environment: &Environment) -> Result<Origin, Error> {
        let openrc = match &global.openrc {
            Some(path) => Some(read_openrc(path, environment)?),
            None => None,
        };
        let environment = match &openrc {
            Some(file) => in_place(environment, file),
            None => environment.clone(),
        };
        let source = environment.source(allows_http(global, &environment))?;
        Ok(Origin { environment, openrc, source })
    }
}

impl Session {
    /// Reads the identity and opens its store.
    ///
    /// # Errors
    /// As [`Origin::read`], [`Folder::open`] and [`select`].
    pub fn open(global: &Global, opening: Opening, context: &Context) -> Result<Session, Error> {
        Session::of(Origin::read(global, context.environment)?, opening)
    }

    /// Opens the store of an identity.
    ///
    /// # Errors
    /// As [`Folder::open`] and [`select`].
    pub fn of(origin: Origin, opening: Opening) -> Result<Session, Error> {
        let environment = &origin.environment;
        let state = Folder::open(state_folder(environment)?)?;
        let remembered = match opening {
            Opening::Usual | Opening::Prompt => logins::backends(&state, &origin.source.identity.login.key())?,
            Opening::Login => Vec::new(),
        };
        let request = KeyringRequest {
            setting: environment.get("OSTOKEN_KEYRING").filter(|name| *name != "auto"),
            remembered: &remembered,
            secret_is_given: origin.source.secret.is_some(),
            service: service(environment)?,
            bus: session_bus(environment),
            patience: Duration::from_secs(if opening == Opening::Prompt { 1 } else { 5 }),
            unlock: opening == Opening::Login,
            state: &state,
        };
        let selected = select(request)?;
        let store = Store::new(selected.keyring, &state, &SystemClock);
        let rule = refresh_rule(environment)?;
        Ok(Session { origin, state, store, why: selected.why, rule, deadline: None })
    }

    /// The identity with its secret, where the environment or the file has it.
    pub fn source(&self) -> &Source {
        &self.origin.source
    }

    /// When new tokens are renewed.
    pub fn rule(&self) -> RefreshRule {
        self.rule
    }

    /// The way to this identity's Keystone.
    fn keystone<'a>(&'a self, clock: &'a dyn Clock) -> Keystone<'a> {
        Keystone {
            tls_policy: &self.source().tls_policy,
            environment: &self.origin.environment,
            clock,
            deadline: self.deadline,
        }
    }

    /// Whether the files and proxies that the connection takes can be used, without making one.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn check_connection(&self, clock: &dyn Clock) -> Result<(), Error> {
        self.keystone(clock).check(&self.source().identity.login.auth_url)
    }

    /// Works with the broker of this identity.
    ///
    /// # Errors
    /// What `work` gives.
    pub fn broker<T>(
        &self,
        clock: &dyn Clock,
        asker: Asker,
        work: impl FnOnce(&Broker) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let issuer = self.keystone(clock);
        work(&Broker {
            store: &self.store,
            state: &self.state,
            issuer: &issuer,
            clock,
            source: self.source(),
            rule: self.rule,
            asker,
        })
    }

    /// A token for a command that a person or a program runs; says once what went wrong beside it.
    ///
    /// # Errors
    /// As [`Broker::obtain`].
    pub fn obtain(&self, min_ttl: i64, context: &mut Context) -> Result<Handout, Error> {
        let handout = self.broker(context.clock, Asker::Command, |broker| broker.obtain(min_ttl))?;
        if let Some(warning) = &handout.warning {
            context.warn(&warning.to_string());
        }
        if handout.is_new && self.source().tls_policy.insecure {
            context.warn("OS_INSECURE: nobody checked that the server is Keystone");
        }
        Ok(handout)
    }

    /// The edits that put a kept token into the environment of this process, and the OpenRC file's variables where one was
    /// given.
    pub fn edits(&self, kept: &Kept, scrub: Scrub, context: &Context) -> Vec<Edit> {
        let environment = &self.origin.environment;
        let mut edits = match self.origin.openrc {
            Some(_) => change::replace(context.environment, environment),
            None => Vec::new(),
        };
        let changes = change::export(environment, self.source(), &kept.token, &kept.record, scrub);
        edits.extend(change::edits(&changes, environment, &kept.token));
        edits
    }

    /// The host that is asked, for messages.
    pub fn host(&self) -> String {
        escaped(self.source().identity.login.auth_url.parts().1, 100)
    }

    /// Asks Keystone about a token that is kept or given: the request counts, and a rate limit that it meets is
    /// remembered.
    ///
    /// # Errors
    /// As [`crate::memory::Memory::count`], and what `ask` gives.
    pub fn ask<T>(
        &self,
        clock: &dyn Clock,
        ask: impl FnOnce(&Keystone, Admit) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let login = self.source().identity.login.key();
        let mut count = || match self.store.remember(&login, |memory| memory.count(clock.now(), Asker::Command)) {
            // A state folder that cannot be written keeps nobody from asking.
            Err(Error::State { .. }) => Ok(()),
            other => other,
        };
        let answer = ask(&self.keystone(clock), &mut count);
        if let Err(error @ Error::RateLimited(_)) = &answer {
            self.store.note_failure(&login, clock.now(), error)?;
        }
        answer
    }
}
