//! What went wrong, by login: refusals, rate limits, the budget of requests, and the back-off of hooks.
//!
//! Pure: the store reads and writes it under its lock. All times are Unix seconds by the local clock.

use crate::error::{Error, Kind};
use crate::record::Failure;
use serde::{Deserialize, Serialize};

/// Requests to /auth/tokens that one login may send in [`WINDOW`] seconds: OVH allows 60 creations a minute, and its two
/// pages disagree on what it counts, so every request counts here.
pub const BUDGET: usize = 50;
const WINDOW: i64 = 60;
const LONGEST_LIMIT: i64 = 3600;
const FIRST_BACKOFF: i64 = 15;
const LONGEST_BACKOFF: i64 = 300;

/// What is remembered of one login (`LOGIN.login.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginHistory {
    /// The schema's version; 0 in a new one.
    pub version: u32,
    /// Nothing is sent before this time.
    #[serde(default)]
    pub limited_until: Option<i64>,
    /// When the requests of the last minute were sent.
    #[serde(default)]
    pub requests: Vec<i64>,
    /// Hooks send nothing before this time.
    #[serde(default)]
    pub hooks_wait_until: Option<i64>,
    /// How long the hooks wait now, in seconds.
    #[serde(default)]
    pub hooks_wait: i64,
    /// How often the login was ended by `logout`: who made a token meanwhile throws it away.
    #[serde(default)]
    pub logouts: u64,
    /// The last failure of any kind.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// The kind of the last failure, as the hooks say it.
    #[serde(default)]
    pub failure_kind: Option<Kind>,
}

/// Who calls: a prompt keeps quiet if a person tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A person or a program that they run.
    Command,
    /// A person who logs in: the keyring's window may be shown.
    Login,
    /// A prompt, which does not wait.
    Prompt,
}

impl LoginHistory {
    /// Whether a request may be sent at `now`, without counting it.
    ///
    /// # Errors
    /// [`Error::RateLimited`], [`Error::BackingOff`] or [`Error::BudgetSpent`], each with the seconds to wait.
    pub fn permits(&self, now: i64, caller: Caller) -> Result<(), Error> {
        let left = |until: i64| u64::try_from(until - now).unwrap_or(0).max(1);
        // A time far ahead comes from a clock that was set back since.
        let ahead = |until: &i64| (now + 1..=now + LONGEST_LIMIT).contains(until);
        if let Some(until) = self.limited_until.filter(ahead) {
            return Err(Error::RateLimited(left(until)));
        }
        if let Some(until) = self.hooks_wait_until.filter(ahead)
            && caller == Caller::Prompt
        {
            let message = self.failure.as_ref().map_or_else(String::new, |failure| failure.message.clone());
            let kind = self.failure_kind.unwrap_or(Kind::Unreachable);
            return Err(Error::BackingOff { seconds: left(until), message, kind });
        }
        let recent = self.recent(now);
        if recent.len() >= BUDGET {
            return Err(Error::BudgetSpent {
                sent: BUDGET,
                window: WINDOW,
                seconds: left(recent[recent.len() - BUDGET] + WINDOW),
            });
        }
        Ok(())
    }

    /// Counts a request that is about to be sent.
    ///
    /// # Errors
    /// As [`LoginHistory::permits`]; then nothing is counted.
    pub fn count(&mut self, now: i64, caller: Caller) -> Result<(), Error> {
        self.permits(now, caller)?;
        self.requests = self.recent(now);
        self.requests.push(now);
        Ok(())
    }

    /// The requests of the last minute.
    pub fn recent(&self, now: i64) -> Vec<i64> {
        self.requests.iter().copied().filter(|at| (now - WINDOW + 1..=now).contains(at)).collect()
    }

    /// A token was made: what went wrong before is over. (Which secrets were refused, the keyring knows: those stay.)
    pub fn succeeded(&mut self) {
        let LoginHistory { version, requests, logouts, .. } = std::mem::take(self);
        *self = LoginHistory { version, requests, logouts, ..LoginHistory::default() };
    }

    /// A request failed with `error`: remembers what the next one must know.
    pub fn failed(&mut self, now: i64, error: &Error) {
        match error {
            // The keyring knows which secret it was: another one may be sent at once.
            Error::Refused { status: 401, .. } => {}
            Error::RateLimited(seconds) => {
                let wait = i64::try_from(*seconds).unwrap_or(LONGEST_LIMIT).clamp(1, LONGEST_LIMIT);
                self.limited_until = Some(now + wait);
            }
            Error::Usage { .. }
            | Error::BudgetSpent { .. }
            | Error::BackingOff { .. }
            | Error::RefusedBefore { .. } => return,
            _ => {
                self.hooks_wait = self.hooks_wait.saturating_mul(2).clamp(FIRST_BACKOFF, LONGEST_BACKOFF);
                self.hooks_wait_until = Some(now + self.hooks_wait);
            }
        }
        self.explain(now, error);
    }

    /// Remembers why there is no token, for the prompt after it.
    pub fn explain(&mut self, now: i64, error: &Error) {
        // It is one already.
        if !matches!(error, Error::BackingOff { .. }) {
            self.failure_kind = Some(error.kind());
            self.failure = Some(Failure { at: now, message: error.to_string() });
        }
    }

    /// The login was ended by `logout`.
    ///
    /// # Errors
    /// None.
    pub fn ended(&mut self) -> Result<(), Error> {
        self.logouts = self.logouts.wrapping_add(1);
        Ok(())
    }

    /// A person asks: hooks need not wait any longer.
    pub fn forgive(&mut self) {
        self.hooks_wait_until = None;
        self.hooks_wait = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> Error {
        Error::Unreachable { url: "u".into(), why: "w".into(), is_timeout: false }
    }

    #[test]
    fn the_fifty_first_request_in_a_minute_is_not_sent() {
        let mut history = LoginHistory::default();
        for second in 0..50 {
            history.count(second, Caller::Command).expect("within the budget");
        }
        assert!(matches!(history.count(50, Caller::Command), Err(Error::BudgetSpent { seconds: 10, .. })));
        assert!(history.count(60, Caller::Command).is_ok());
        assert!(history.count(60, Caller::Command).is_err());
        assert_eq!(history.requests.len(), 50);
    }

    #[test]
    fn hooks_back_off_and_people_do_not() {
        let mut history = LoginHistory::default();
        let mut waits = Vec::new();
        for _ in 0..7 {
            history.failed(0, &unreachable());
            assert!(history.permits(0, Caller::Command).is_ok());
            match history.permits(0, Caller::Prompt) {
                Err(Error::BackingOff { seconds, .. }) => waits.push(seconds),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 300, 300]);
        history.succeeded();
        assert!(history.permits(0, Caller::Prompt).is_ok());
    }

    #[test]
    fn a_rate_limit_holds_for_everybody_for_an_hour_at_most() {
        let mut history = LoginHistory::default();
        history.failed(100, &Error::RateLimited(99_999));
        assert!(matches!(history.permits(100, Caller::Command), Err(Error::RateLimited(3600))));
        assert!(history.permits(100 + 3600, Caller::Prompt).is_ok());
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let mut history = LoginHistory::default();
        history.failed(1_000_000, &Error::RateLimited(60));
        for _ in 0..50 {
            history.count(1_000_000 + 60, Caller::Command).expect("within the budget");
        }
        assert!(history.permits(500, Caller::Prompt).is_ok());
    }

    #[test]
    fn succeeding_keeps_the_count() {
        let mut history = LoginHistory::default();
        history.count(0, Caller::Command).expect("within the budget");
        history.succeeded();
        assert_eq!(history.requests, [0]);
    }
}
