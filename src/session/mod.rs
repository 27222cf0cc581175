//! What most commands need together: the identity, the store that is chosen for it, and the way to Keystone.

pub mod settings;
pub mod source;
pub mod tokens;

use crate::broker::{Broker, Handout};
use crate::cli::Global;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, escaped};
use crate::identity::environment::EnvChange;
use crate::identity::{Environment, IdentitySource};
use crate::keystone::forward::Forwarder;
use crate::keystone::{Admit, Keystone};
use crate::login_history::Caller;
use crate::output::change::{self, Scrub};
use crate::record::RefreshRule;
use crate::store::folder::Folder;
use crate::store::keyring::{Backend, KeyringRequest, Selected, select};
use crate::store::logins;
use crate::store::{Store, StoredToken};
use serde_json::value::RawValue;
use settings::{refresh_rule, service, session_bus, state_folder};
use source::identity_source;
use std::time::{Duration, Instant};

/// An identity and its store.
pub struct Session {
    /// The identity, with its secret if the environment or the file has it.
    pub source: IdentitySource,
    /// The state folder.
    pub state: Folder,
    /// The store.
    pub store: Store,
    /// Why this keyring.
    pub why: String,
    caller: Caller,
    clock: &'static dyn Clock,
    rule: RefreshRule,
    /// When whoever asks Keystone gives up, where that is before a request's own limit.
    pub deadline: Option<Instant>,
}

/// Opens the keyring that the environment asks for, of a login whose secret the `remembered` ones hold. Only for a
/// [`Caller::Login`] is a window shown that unlocks it.
///
/// # Errors
/// As [`select`] and [`service`].
pub fn keyring(
    environment: &Environment,
    state: &Folder,
    remembered: &[Backend],
    secret_is_given: bool,
    caller: Caller,
) -> Result<Selected, Error> {
    select(KeyringRequest {
        setting: environment.get("OSTOKEN_KEYRING").filter(|name| *name != "auto"),
        remembered,
        secret_is_given,
        service: service(environment)?,
        bus: session_bus(environment),
        patience: Duration::from_secs(if caller == Caller::Prompt { 1 } else { 5 }),
        unlock: caller == Caller::Login,
        state,
    })
}

impl Session {
    /// Reads the identity and opens its store.
    ///
    /// # Errors
    /// As [`identity_source`], [`Folder::open`] and [`select`].
    pub fn open(global: &Global, caller: Caller, context: &Context) -> Result<Session, Error> {
        Session::of(identity_source(global, context.environment, caller)?, caller, context.clock)
    }

    /// Opens the store of an identity.
    ///
    /// # Errors
    /// As [`Folder::open`] and [`select`].
    pub fn of(source: IdentitySource, caller: Caller, clock: &'static dyn Clock) -> Result<Session, Error> {
        let environment = &source.environment;
        let state = Folder::open(state_folder(environment)?)?;
        let remembered = match caller {
            Caller::Command | Caller::Prompt => logins::backends(&state, &source.identity.login.key())?,
            Caller::Login => Vec::new(),
        };
        let selected = keyring(environment, &state, &remembered, source.secret.is_some(), caller)?;
        let store = Store::new(selected.keyring, &state, clock);
        let store = if caller == Caller::Prompt { store } else { store.without_state_if_need_be() };
        let rule = refresh_rule(environment)?;
        Ok(Session { source, state, store, why: selected.why, caller, clock, rule, deadline: None })
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// When new tokens are renewed.
    pub fn rule(&self) -> RefreshRule {
        self.rule
    }

    /// The way to this identity's Keystone.
    fn keystone(&self) -> Keystone<'_> {
        Keystone {
            tls_policy: &self.source.tls_policy,
            environment: &self.source.environment,
            clock: self.clock,
            deadline: self.deadline,
        }
    }

    /// Whether the files and proxies that the connection takes can be used, without making one.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn check_connection(&self) -> Result<(), Error> {
        self.keystone().check(&self.source.identity.login.auth_url)
    }

    /// Makes what passes requests on to this identity's Keystone. Where it fails, it fails as [`Keystone::forwarder`].
    pub fn forwarder(&self) -> impl FnOnce() -> Result<Forwarder, Error> + Send + use<> {
        let IdentitySource { identity, tls_policy, environment, .. } = self.source.clone();
        let clock = self.clock;
        move || {
            let keystone = Keystone { tls_policy: &tls_policy, environment: &environment, clock, deadline: None };
            keystone.forwarder(&identity.login.auth_url)
        }
    }

    /// Works with the broker of this identity.
    ///
    /// # Errors
    /// What `work` gives.
    pub fn broker<T>(&self, work: impl FnOnce(&Broker) -> Result<T, Error>) -> Result<T, Error> {
        self.broker_of(&self.source, work)
    }

    /// The same for an identity that differs from the session's own in its scope alone.
    ///
    /// # Errors
    /// What `work` gives.
    pub fn broker_of<T>(
        &self,
        source: &IdentitySource,
        work: impl FnOnce(&Broker) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let issuer = self.keystone();
        work(&Broker {
            store: &self.store,
            state: &self.state,
            issuer: &issuer,
            clock: self.clock,
            source,
            rule: self.rule,
            caller: self.caller,
        })
    }

    /// A token for a command that a person or a program runs; says once what went wrong beside it.
    ///
    /// # Errors
    /// As [`Broker::obtain`].
    pub fn obtain(&self, min_ttl: i64, context: &mut Context) -> Result<Handout, Error> {
        let handout = self.broker(|broker| broker.obtain(min_ttl))?;
        self.warn_of(&handout, context);
        Ok(handout)
    }

    /// The same with what Keystone said of the token.
    ///
    /// # Errors
    /// As [`Broker::obtain_with_document`].
    pub fn obtain_with_document(
        &self,
        min_ttl: i64,
        context: &mut Context,
    ) -> Result<(StoredToken, Box<RawValue>), Error> {
        let (handout, document) = self.broker(|broker| broker.obtain_with_document(min_ttl))?;
        self.warn_of(&handout, context);
        Ok((handout.kept, document))
    }

    fn warn_of(&self, handout: &Handout, context: &mut Context) {
        if let Some(warning) = &handout.warning {
            context.warn(&warning.to_string());
        }
        if handout.is_new && self.source.tls_policy.insecure {
            context.warn("OS_INSECURE: the server's certificate was not verified");
        }
    }

    /// The changes that put a stored token into the environment of this process, and the OpenRC file's variables if one was
    /// given.
    pub fn export(&self, kept: &StoredToken, scrub: Scrub, context: &Context) -> Vec<EnvChange> {
        let environment = &self.source.environment;
        let mut changes = self.replaced(context);
        changes.extend(change::export(environment, &self.source, &kept.token, &kept.record, scrub));
        changes
    }

    /// The changes that put an OpenRC file's variables in the place of the environment's, if a file was given.
    pub fn replaced(&self, context: &Context) -> Vec<EnvChange> {
        match self.source.origin {
            Some(_) => change::replace(context.environment, &self.source.environment),
            None => Vec::new(),
        }
    }

    /// What a change of [`Session::export`] does, as [`EnvChange::variable`].
    pub fn variable<'a>(&'a self, change: &'a EnvChange) -> Option<(&'a str, Option<&'a str>)> {
        change.variable(&self.source.environment)
    }

    /// The host that is asked, for messages.
    pub fn host(&self) -> String {
        escaped(self.source.identity.login.auth_url.parts().1, 100)
    }

    /// Asks Keystone about a token that is kept or given: the request counts, and a rate limit that it meets is
    /// remembered.
    ///
    /// # Errors
    /// As [`crate::login_history::LoginHistory::count`], and what `ask` gives.
    pub fn ask<T>(&self, ask: impl FnOnce(&Keystone, Admit) -> Result<T, Error>) -> Result<T, Error> {
        let login = self.source.identity.login.key();
        let mut count = || self.store.remember(&login, |history| history.count(self.now(), self.caller));
        let answer = ask(&self.keystone(), &mut count);
        if let Err(error @ Error::RateLimited(_)) = &answer {
            self.store.note_failure(&login, self.now(), error)?;
        }
        answer
    }
}
