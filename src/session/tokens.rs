//! The tokens of a session for the local identity endpoint.

use super::Session;
use crate::broker::Handout;
use crate::endpoint::request::{Claim, Owner};
use crate::endpoint::worker::{Tokens, Verdict};
use crate::error::Error;
use crate::identity::{IdentitySource, Scope};
use crate::keystone::Subject;
use crate::secret::Token;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Keystone is asked no more often whether it still knows a token.
const CONFIRM: Duration = Duration::from_secs(5);

/// Hands out the login's tokens, one for each scope that is asked for.
pub struct SessionTokens {
    session: Session,
    subject: Subject,
    /// The fingerprints of what was handed out.
    given: BTreeSet<String>,
    confirmed: Option<Instant>,
}

impl SessionTokens {
    /// Those of a session whose token is for this subject.
    pub fn new(session: Session, subject: Subject) -> SessionTokens {
        SessionTokens { session, subject, given: BTreeSet::new(), confirmed: None }
    }

    fn is_given(&self, token: &Token) -> bool {
        let fingerprint = token.fingerprint();
        let login = self.session.source.identity.login.key();
        self.given.contains(&fingerprint)
            || self.session.store.records(&login).iter().any(|record| record.fingerprint == fingerprint)
    }

    fn token(&mut self, scope: Scope, again: bool) -> Result<(Handout, Box<RawValue>), Error> {
        let confirms = again && self.confirmed.is_none_or(|at| at.elapsed() > CONFIRM);
        if confirms {
            self.confirmed = Some(Instant::now());
        }
        let own = &self.session.source;
        let mut source = IdentitySource { origin: None, ..own.clone() };
        source.identity.scope = scope;
        self.session.broker_of(&source, |broker| {
            if confirms {
                broker.confirm()?;
            }
            broker.obtain_with_document(0)
        })
    }
}

impl Tokens for SessionTokens {
    fn grant(&mut self, claim: &Claim, again: bool) -> Verdict {
        let identity = &self.session.source.identity;
        let Subject { user, project } = &self.subject;
        let owner = Owner { login: &identity.login, scope: &identity.scope, user, project: project.as_ref() };
        let Some(scope) = owner.scope_of(claim, |token| self.is_given(token)) else { return Verdict::Forward };
        match self.token(scope, again) {
            Ok((handout, document)) => {
                self.given.insert(handout.kept.token.fingerprint());
                Verdict::Granted(handout.kept.token, document)
            }
            Err(error) => Verdict::Failed(error),
        }
    }

    fn forget(&mut self, token: &Token) {
        let store = &self.session.store;
        let fingerprint = token.fingerprint();
        for record in store.records(&self.session.source.identity.login.key()) {
            if record.fingerprint == fingerprint
                && let Ok(Some(locked)) = store.try_lock(&record.key)
            {
                // What stays is found to be dead when it is used.
                let _ = locked.erase();
            }
        }
    }
}
