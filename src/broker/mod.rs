//! The heart: one valid token, with as few creations as can be.
//!
//! Fresh: handed out without lock or network. Stale: whoever gets the lock renews, the others hand out what there is.
//! Dead or none: wait for the lock, look again, then create.

mod document;

use crate::clock::Clock;
use crate::credential;
use crate::error::Error;
use crate::failpoint::{Point, failpoint};
use crate::identity::{Identity, IdentitySource, Key};
use crate::keystone::{Issued, Issuer};
use crate::login_history::Caller;
use crate::record::{Failure, Freshness, RefreshRule};
use crate::secret::Secret;
use crate::store::folder::Folder;
use crate::store::lock::Guard;
use crate::store::{Locked, Store, StoredToken, logins, names};
use std::time::{Duration, Instant};

/// How long the lock of a token, or the right to send a login's secret, is waited for while no other process of that login
/// sends anything: a request takes 20 s at most.
pub const LOCK_LIMIT: Duration = Duration::from_secs(25);

/// A token to hand out.
#[derive(Debug)]
pub struct Handout {
    /// The token and its record.
    pub kept: StoredToken,
    /// Whether it was made just now.
    pub is_new: bool,
    /// What went wrong beside it, to be said once.
    pub warning: Option<Error>,
}

impl Handout {
    fn plain(kept: StoredToken) -> Handout {
        Handout { kept, is_new: false, warning: None }
    }
}

/// Whether a secret is sent that Keystone refused before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusals {
    Heeded,
    Forgiven,
}

/// Everything that it takes to hand out tokens of one identity.
pub struct Broker<'a> {
    /// Where tokens are kept.
    pub store: &'a Store,
    /// The state folder: which logins were made.
    pub state: &'a Folder,
    /// Who makes them.
    pub issuer: &'a dyn Issuer,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// The identity, and its secret where the environment has it.
    pub source: &'a IdentitySource,
    /// When new tokens are renewed.
    pub rule: RefreshRule,
    /// Who asks.
    pub caller: Caller,
}

impl Broker<'_> {
    /// A token that lives at least `min_ttl` more seconds.
    ///
    /// # Errors
    /// Why there is none: [`Error::MinTtl`], and those of [`Store`], [`credential`] and [`Issuer::create`].
    pub fn obtain(&self, min_ttl: i64) -> Result<Handout, Error> {
        let kept = self.store.read(&self.key())?;
        let handout = match kept.map(|kept| (self.freshness(&kept, min_ttl), kept)) {
            Some((Freshness::Fresh, kept)) => Handout::plain(self.repair(kept)),
            Some((Freshness::Stale, kept)) => self.renew(kept)?,
            Some((Freshness::Dead, kept)) => {
                can_live(&kept, min_ttl)?;
                self.wait_and_create(min_ttl)?
            }
            None => self.wait_and_create(min_ttl)?,
        };
        can_live(&handout.kept, min_ttl)?;
        Ok(handout)
    }

    /// A new token, whatever is kept: `login` and `refresh`. A refusal of this secret is forgiven, since a person asks.
    ///
    /// # Errors
    /// As [`Broker::obtain`]; then what was kept is still kept.
    pub fn replace(&self) -> Result<Handout, Error> {
        let key = self.key();
        let locked = self.wait(&names::lock(key.as_str()), || self.store.try_lock(key.as_str()))?;
        self.create(&locked, Refusals::Forgiven)
    }

    /// Counts a request, or refuses to have it sent.
    fn count(&self) -> impl FnMut() -> Result<(), Error> {
        let login = self.identity().login.key();
        move || self.store.remember(&login, |history| history.count(self.clock.now(), self.caller))
    }

    /// Forgets that this secret was refused, and that hooks wait.
    fn forgive(&self, secret: &Secret) -> Result<(), Error> {
        credential::forgive(self.store, self.identity(), secret)?;
        self.store.remember(&self.identity().login.key(), |history| {
            history.forgive();
            Ok(())
        })
    }

    /// Whether a hook may have a token made now: the reason where not.
    ///
    /// # Errors
    /// What stands against it: a limit, a back-off, a refusal, no secret, or one of another server.
    pub fn check(&self) -> Result<(), Error> {
        credential::check_refusal(self.store, self.identity(), &self.secret()?)
    }

    /// The secret to send, unless a limit or a back-off stands against sending any.
    fn secret(&self) -> Result<Secret, Error> {
        let history = self.store.history(&self.identity().login.key())?;
        history.permits(self.clock.now(), self.caller)?;
        credential::secret(self.store, self.state, self.source, self.caller)
    }

    fn identity(&self) -> &Identity {
        &self.source.identity
    }

    fn key(&self) -> Key {
        self.identity().key()
    }

    fn freshness(&self, kept: &StoredToken, min_ttl: i64) -> Freshness {
        kept.record.freshness(self.clock.now(), min_ttl)
    }

    /// Puts record and lease back where they are missing: quietly, since the token is good without them.
    pub fn repair(&self, kept: StoredToken) -> StoredToken {
        if kept.is_consistent && self.store.lease(&kept.record).is_some() {
            return kept;
        }
        let key = self.key();
        if let Ok(Some(locked)) = self.store.try_lock(key.as_str())
            && let Ok(Some(kept)) = self.store.read(&key)
        {
            let is_consistent = locked.repair(&kept).is_ok();
            return StoredToken { is_consistent, ..kept };
        }
        kept
    }

    fn renew(&self, kept: StoredToken) -> Result<Handout, Error> {
        let key = self.key();
        let locked = match self.store.try_lock(key.as_str()) {
            Ok(Some(locked)) => locked,
            Ok(None) => return Ok(Handout::plain(kept)),
            Err(error) => return Ok(Handout { kept, is_new: false, warning: Some(error) }),
        };
        let mut kept = match self.store.read(&key)? {
            Some(again) if self.freshness(&again, 0) == Freshness::Fresh => return Ok(Handout::plain(again)),
            Some(again) => again,
            // Somebody logged out meanwhile, or erased it.
            None => return self.create(&locked, Refusals::Heeded),
        };
        // The token is good: nobody waits for a Keystone that did not answer a moment ago.
        let history = self.store.history(&self.identity().login.key())?;
        if let Err(Error::BackingOff { .. }) = history.permits(self.clock.now(), Caller::Prompt) {
            return Ok(Handout::plain(kept));
        }
        match self.create(&locked, Refusals::Heeded) {
            Ok(handout) => Ok(handout),
            Err(error) => {
                kept.record.failure = Some(Failure { at: self.clock.now(), message: error.to_string() });
                let _ = locked.write_record(&kept.record);
                Ok(Handout { kept, is_new: false, warning: Some(error) })
            }
        }
    }

    fn wait_and_create(&self, min_ttl: i64) -> Result<Handout, Error> {
        let key = self.key();
        let fresh_record = || {
            let record = self.store.record(&key).ok().flatten();
            record
                .filter(|record| record.freshness(self.clock.now(), min_ttl) == Freshness::Fresh)
                .map(|r| r.fingerprint)
        };
        loop {
            // Whoever holds the lock may be making the very token that is wanted: a new record tells, without the lock.
            // An old one tells nothing: the kernel's keyring forgets tokens that their records outlive.
            let before = fresh_record();
            let is_made = || fresh_record().is_some_and(|now| Some(now) != before);
            let locked = self.wait(&names::lock(key.as_str()), || match self.store.try_lock(key.as_str())? {
                Some(locked) => Ok(Some(Some(locked))),
                None => Ok(is_made().then_some(None)),
            })?;
            match self.store.read(&key)? {
                Some(kept) if self.freshness(&kept, min_ttl) != Freshness::Dead => return Ok(Handout::plain(kept)),
                _ => {}
            }
            if let Some(locked) = locked {
                return self.create(&locked, Refusals::Heeded);
            }
        }
    }

    /// The right to send the login's secret. One that is not known to be right is sent alone: in several scopes at once, a
    /// wrong one would be refused as often, and Keystone locks out who is refused a few times. Whoever comes second knows of
    /// the first one's refusal. One that Keystone accepted last is sent by up to three.
    fn may_send(&self, secret: &Secret, refusals: Refusals) -> Result<Vec<Guard>, Error> {
        let places = names::senders(&self.identity().login.key());
        let is_accepted = || credential::is_accepted(self.store, self.identity(), secret);
        let attempt = || {
            if refusals == Refusals::Heeded {
                credential::check_refusal(self.store, self.identity(), secret)?;
            }
            let wanted = if is_accepted()? { 1 } else { places.len() };
            let mut guards = Vec::new();
            for place in &places {
                guards.extend(self.store.try_hold(place)?);
                if guards.is_empty() && wanted > 1 {
                    // The first one is the door: nobody holds the others in another's way.
                    break;
                }
                if guards.len() == wanted {
                    // Somebody may have been refused between the look and the lock.
                    return Ok(Some(guards).filter(|_| wanted > 1 || is_accepted().unwrap_or_default()));
                }
            }
            Ok(None)
        };
        self.wait(&places[0], attempt)
    }

    /// Tries again until `attempt` gives something, as long as others of this login go on: no request of theirs for
    /// [`LOCK_LIMIT`] means that whoever holds the lock of that file name hangs.
    fn wait<T>(&self, lock: &str, mut attempt: impl FnMut() -> Result<Option<T>, Error>) -> Result<T, Error> {
        let login = self.identity().login.key();
        let (mut moved, mut since) = (self.store.last_change(&login), Instant::now());
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(found) = attempt()? {
                return Ok(found);
            }
            let now = self.store.last_change(&login);
            if now != moved {
                (moved, since) = (now, Instant::now());
            }
            if since.elapsed() >= LOCK_LIMIT {
                return Err(Error::LockTimeout { path: self.store.path(lock), seconds: LOCK_LIMIT.as_secs() });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(25));
        }
    }

    fn create(&self, locked: &Locked, refusals: Refusals) -> Result<Handout, Error> {
        failpoint(Point::Locked);
        let login = &self.identity().login;
        let key = login.key();
        // A record that a newer program wrote is left alone: an error, before anything is sent.
        self.store.record(&self.key())?;
        let _sending = self.may_send(&self.secret()?, refusals)?;
        let logouts = self.store.history(&key)?.logouts;
        // Somebody may have logged in anew meanwhile.
        let secret = self.secret()?;
        match refusals {
            Refusals::Heeded => credential::check_refusal(self.store, self.identity(), &secret)?,
            Refusals::Forgiven => self.forgive(&secret)?,
        }

        match self.issuer.create(self.identity(), &secret, &mut self.count()) {
            Ok(issued) => {
                let _ = credential::note_acceptance(self.store, self.identity(), &secret);
                let handout = self.keep(locked, &issued)?;
                self.unless_ended(locked, logouts, handout)
            }
            Err(error) => {
                self.remember_failure(&secret, &error);
                Err(error)
            }
        }
    }

    /// Keeps the token. A command that cannot keep it hands it out with a warning: it is made, and it is good.
    fn keep(&self, locked: &Locked, issued: &Issued) -> Result<Handout, Error> {
        let (store, identity, trust) = (self.store, self.identity(), &self.source.tls_policy);
        let kept = StoredToken::new(identity, &issued.token, issued.times, self.rule, trust, self.clock)?;
        let mut warning = match locked.write(&kept, issued.document.as_deref()) {
            Ok(()) => store.take_trouble(),
            Err(error @ (Error::State { .. } | Error::NoKeyring(_))) if self.caller != Caller::Prompt => {
                Some(Error::NotKept(error.to_string()))
            }
            Err(error) => {
                let _ = store.note_failure(&identity.login.key(), self.clock.now(), &error);
                return Err(error);
            }
        };
        let _ = store.remember(&identity.login.key(), |history| {
            history.succeeded();
            Ok(())
        });
        if self.caller != Caller::Prompt
            && self.source.secret.is_some()
            && let Err(error) = logins::used(self.state, &identity.login.key(), trust)
        {
            warning.get_or_insert(error);
        }
        Ok(Handout { kept, is_new: true, warning })
    }

    /// A token that was made while somebody logged out is revoked and forgotten: `logout` did not see it.
    fn unless_ended(&self, locked: &Locked, logouts: u64, handout: Handout) -> Result<Handout, Error> {
        let login = &self.identity().login;
        if self.store.history(&login.key())?.logouts == logouts {
            return Ok(handout);
        }
        for token in locked.mark()? {
            if let Some(token) = token.token() {
                self.issuer.revoke(&login.auth_url, &token, &mut || Ok(()))?;
            }
            locked.revoked(&token)?;
        }
        Err(login.no_secret())
    }

    /// Remembers the failure: which secret was refused, the keyring; all else, the login's history.
    fn remember_failure(&self, secret: &Secret, error: &Error) {
        if let Error::Refused { status: 401, message, .. } = error {
            let _ = credential::note_refusal(self.store, self.identity(), secret, message);
        }
        let _ = self.store.note_failure(&self.identity().login.key(), self.clock.now(), error);
    }
}

/// Refuses a `min_ttl` that no token of this cloud reaches: else each call would make one in vain.
fn can_live(kept: &StoredToken, min_ttl: i64) -> Result<(), Error> {
    let lifetime = kept.record.lifetime();
    match min_ttl > 0 && min_ttl >= lifetime - lifetime / 10 {
        true => Err(Error::MinTtl { wanted: min_ttl, lifetime }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
