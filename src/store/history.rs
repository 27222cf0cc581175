//! What is remembered of a login in the state folder, and the lease of the prompts that have no token of it.

use super::{Store, lock, names};
use crate::error::Error;
use crate::identity::LoginKey;
use crate::login_history::LoginHistory;
use crate::record::VERSION;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How long the lock of one login's history is waited for: whoever holds it writes one small file.
const LOCK: Duration = Duration::from_secs(5);

impl Store {
    /// What is remembered of the login.
    ///
    /// # Errors
    /// [`Error::State`] where a newer program wrote it, or it cannot be read.
    pub fn history(&self, login: &LoginKey) -> Result<LoginHistory, Error> {
        Ok(self.json(&names::history(login), |history: &LoginHistory| history.version)?.unwrap_or_default())
    }

    /// When the history of a login changed last: each request and each new token changes it.
    pub fn last_change(&self, login: &LoginKey) -> Option<SystemTime> {
        std::fs::symlink_metadata(self.path(&names::history(login))).and_then(|data| data.modified()).ok()
    }

    /// Changes what is remembered of the login, under its lock.
    ///
    /// # Errors
    /// As [`Store::history`] and [`lock::lock`]; what `change` gives. Then nothing is written.
    pub fn remember<T>(
        &self,
        login: &LoginKey,
        change: impl FnOnce(&mut LoginHistory) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _guard = self.can_do_without(lock::lock(&self.folder, &names::history_lock(login), LOCK))?;
        let before = self.history(login)?;
        let mut history = before.clone();
        let answer = change(&mut history)?;
        if history != before {
            history.version = VERSION;
            self.folder.sweep(&names::history(login));
            self.can_do_without(self.write_json(&names::history(login), &history))?;
        }
        Ok(answer)
    }

    /// Remembers of the login that a request failed `now` (Unix seconds).
    ///
    /// # Errors
    /// As [`Store::remember`].
    pub fn note_failure(&self, login: &LoginKey, now: i64, error: &Error) -> Result<(), Error> {
        self.remember(login, |history| {
            history.failed(now, error);
            Ok(())
        })
    }

    /// A lease for prompts that have no token: a `login` or `refresh` ends it, and they ask again at once.
    ///
    /// # Errors
    /// [`Error::State`] where it cannot be made.
    pub fn waiting_lease(&self, login: &LoginKey) -> Result<PathBuf, Error> {
        let name = names::waiting(login);
        self.folder.touch(&name)?;
        Ok(self.path(&name))
    }

    /// Ends that lease.
    ///
    /// # Errors
    /// [`Error::State`] where it stays.
    pub fn end_waiting(&self, login: &LoginKey) -> Result<(), Error> {
        self.folder.remove(&names::waiting(login))
    }
}
