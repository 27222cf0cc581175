//! What Keystone said of a token, which is kept beside it; and whether Keystone still knows the token.

use super::{Broker, Handout, LOCK_LIMIT};
use crate::credential;
use crate::error::Error;
use crate::store::StoredToken;
use serde_json::value::RawValue;

impl Broker<'_> {
    /// As [`Broker::obtain`], with what Keystone said of the token. If that is lost, Keystone is asked, which makes no token,
    /// unless it does not know this one any more.
    ///
    /// # Errors
    /// As [`Broker::obtain`]; [`Error::OtherHost`] if the server is not trusted as it was when the token was made;
    /// [`Error::BadAnswer`] if the document repeats a secret.
    pub fn obtain_with_document(&self, min_ttl: i64) -> Result<(Handout, Box<RawValue>), Error> {
        let handout = self.obtain(min_ttl)?;
        if let Some(document) = self.known_document(&handout.kept)? {
            return Ok((handout, document));
        }
        let key = self.key();
        self.store.lock(key.as_str(), LOCK_LIMIT)?.erase()?;
        let handout = self.obtain(min_ttl)?;
        let document = self.known_document(&handout.kept)?.ok_or_else(|| self.unusable_document())?;
        Ok((handout, document))
    }

    /// Forgets the kept token if Keystone does not know it any more: somebody was refused with it.
    ///
    /// # Errors
    /// Those of [`Store`] and [`Issuer::validate`].
    pub fn confirm(&self) -> Result<(), Error> {
        let (key, login) = (self.key(), &self.identity().login);
        let Some(kept) = self.store.read(&key)? else { return Ok(()) };
        credential::check_trust("token", &kept.trust, &self.source.tls_policy)?;
        if self.issuer.validate(&login.auth_url, &kept.token, &mut self.count())?.is_some() {
            return Ok(());
        }
        let locked = self.store.lock(key.as_str(), LOCK_LIMIT)?;
        match self.store.read(&key)? {
            Some(now) if now.token == kept.token => locked.erase(),
            _ => Ok(()),
        }
    }

    /// What Keystone said of the token; `None` if it does not know it any more.
    fn known_document(&self, kept: &StoredToken) -> Result<Option<Box<RawValue>>, Error> {
        if let Some(document) = self.store.document(kept)? {
            return Ok(Some(document));
        }
        let (key, login) = (self.key(), &self.identity().login);
        let locked = self.store.lock(key.as_str(), LOCK_LIMIT)?;
        if let Some(document) = self.store.document(kept)? {
            return Ok(Some(document));
        }
        credential::check_trust("token", &kept.trust, &self.source.tls_policy)?;
        let info = self.issuer.validate(&login.auth_url, &kept.token, &mut self.count())?;
        let Some(info) = info else { return Ok(None) };
        let secret = credential::secret(self.store, self.state, self.source, self.caller);
        let repeats = |document: &RawValue| secret.is_ok_and(|secret| document.get().contains(secret.expose()));
        let document = info.document.filter(|document| !repeats(document)).ok_or_else(|| self.unusable_document())?;
        locked.write_document(kept, &document)?;
        Ok(Some(document))
    }

    fn unusable_document(&self) -> Error {
        let url = self.identity().login.auth_url.as_str().to_owned();
        Error::BadAnswer { url, why: "what it says of a token repeats the token or the secret".into() }
    }
}
