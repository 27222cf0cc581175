//! The expiry record: what is known of a kept token, with no secret in it, and when the token is renewed.
//!
//! All times are Unix seconds by the *server's* clock; `clock_offset` tells how far that is ahead of the local one.

use crate::clock::Clock;
use crate::identity::{Identity, Key, LoginKey};
use crate::secret::Token;
use serde::{Deserialize, Serialize};

/// The schema that this program writes. A record of a newer one is left alone.
pub const VERSION: u32 = 1;

/// A token is renewed this many seconds after it was issued, or after two thirds of its life.
pub const REFRESH_AFTER: i64 = 8 * 3600;

/// A token with less than this many seconds to live is not handed out.
pub const MARGIN: i64 = 60;

/// Who the token is for, in readable form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readable {
    /// Keystone's address.
    pub auth_url: String,
    /// Keystone's name of the method.
    pub method: String,
    /// The user's or the application credential's name or id.
    pub account: String,
    /// The scope in words.
    pub scope: String,
}

impl From<&Identity> for Readable {
    fn from(identity: &Identity) -> Self {
        let Identity { login, scope } = identity;
        Readable {
            auth_url: login.auth_url.as_str().into(),
            method: login.method.name().into(),
            account: login.method.label().into(),
            scope: scope.describe(),
        }
    }
}

/// What went wrong last, for `ostoken status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When, in Unix seconds by the local clock.
    pub at: i64,
    /// What was said of it.
    pub message: String,
}

/// The expiry record of one token (`KEY.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The schema's version.
    pub version: u32,
    /// The identity's key.
    pub key: String,
    /// The login's key: `logout` finds every token of a login by it.
    pub login: String,
    /// The identity in readable form.
    pub identity: Readable,
    /// When Keystone issued the token.
    pub issued_at: i64,
    /// When Keystone will no longer take it.
    pub expires_at: i64,
    /// From when on it is renewed.
    pub refresh_at: i64,
    /// The server's clock less the local one, in seconds.
    pub clock_offset: i64,
    /// The token's fingerprint ([`Token::fingerprint`]).
    pub fingerprint: String,
    /// The name of the lease file.
    pub lease: String,
    /// When the machine that made it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Boot>,
    /// Why the last renewal failed, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The token is to be revoked: it is not handed out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoking: bool,
}

/// A start of a machine: from then on it counts time, whatever its clock is set to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The system's name of it.
    pub id: String,
    /// When it was, by the server's clock.
    pub at: i64,
}

/// How far the local clock may fall behind the time since the start before it counts as set back, in seconds: Keystone and
/// the kernel tell full seconds. A token with so little to live is not handed out ([`MARGIN`]).
const TOLERANCE: i64 = 5;

/// What Keystone says of a token's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When it was issued, by the server's clock.
    pub issued_at: i64,
    /// When it dies, by the server's clock.
    pub expires_at: i64,
    /// The server's clock less the local one, in seconds.
    pub clock_offset: i64,
}

/// How long after `issued_at` a token is renewed: settable, with a spread that keeps machines apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefreshRule {
    /// At the latest after this many seconds.
    pub after: i64,
    /// A factor near 1.
    pub spread: f64,
}

/// Whether a token can be handed out, and whether it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Handed out as it is.
    Fresh,
    /// Handed out, and renewed.
    Stale,
    /// Not handed out.
    Dead,
}

impl Record {
    /// The record of a token that was just issued or taken in. `lease` is the name of its lease file.
    pub fn new(identity: &Identity, token: &Token, times: Times, rule: RefreshRule, lease: String) -> Record {
        let Times { issued_at, expires_at, clock_offset } = times;
        let life = expires_at.saturating_sub(issued_at).max(0);
        let wait = (rule.after.min(life / 3 * 2) as f64 * rule.spread) as i64;
        Record {
            version: VERSION,
            key: identity.key().as_str().into(),
            login: identity.login.key().as_str().into(),
            identity: identity.into(),
            issued_at,
            expires_at,
            refresh_at: issued_at + wait.clamp(0, life),
            clock_offset,
            fingerprint: token.fingerprint(),
            lease,
            boot: None,
            failure: None,
            revoking: false,
        }
    }

    /// Notes when this machine was started.
    #[must_use]
    pub fn of_machine(mut self, clock: &dyn Clock) -> Record {
        self.boot = clock
            .uptime()
            .zip(clock.boot_id())
            .map(|(uptime, id)| Boot { id, at: clock.now().saturating_add(self.clock_offset).saturating_sub(uptime) });
        self
    }

    /// Where the local clock was set back since the token was made, the offset grows by as much: the token lives no longer
    /// than Keystone said.
    #[must_use]
    pub fn settled(mut self, clock: &dyn Clock) -> Record {
        let Some((boot, uptime)) = self.boot.as_ref().zip(clock.uptime()) else { return self };
        let offset = boot.at.saturating_add(uptime).saturating_sub(clock.now());
        if offset > self.clock_offset.saturating_add(TOLERANCE) && clock.boot_id().as_ref() == Some(&boot.id) {
            self.clock_offset = offset;
        }
        self
    }

    /// How long the token lives in all, in seconds.
    pub fn lifetime(&self) -> i64 {
        self.expires_at.saturating_sub(self.issued_at)
    }

    /// How long it still lives at local time `now`, in seconds; negative once it is dead.
    pub fn remaining(&self, now: i64) -> i64 {
        self.expires_at.saturating_sub(now.saturating_add(self.clock_offset))
    }

    /// When it dies, by the local clock.
    pub fn expires_locally(&self) -> i64 {
        self.expires_at.saturating_sub(self.clock_offset)
    }

    /// How long until it is renewed, at local time `now`, in seconds.
    pub fn until_refresh(&self, now: i64) -> i64 {
        self.refresh_at.saturating_sub(now.saturating_add(self.clock_offset))
    }

    /// Fresh, stale or dead at local time `now`, for somebody who needs it for `min_ttl` more seconds.
    ///
    /// The margin of a token that lives less than four minutes is a quarter of its life: else it would be born dead.
    pub fn freshness(&self, now: i64, min_ttl: i64) -> Freshness {
        let margin = MARGIN.min(self.lifetime() / 4).max(min_ttl);
        if self.revoking || self.remaining(now) <= margin {
            Freshness::Dead
        } else if self.until_refresh(now) <= 0 {
            Freshness::Stale
        } else {
            Freshness::Fresh
        }
    }

    /// Whether this is the record of `token` for the identity `key`.
    pub fn is_of(&self, key: &Key, token: &Token) -> bool {
        self.key == key.as_str() && self.fingerprint == token.fingerprint()
    }

    /// Whether the record belongs to the login.
    pub fn is_of_login(&self, login: &LoginKey) -> bool {
        self.login == login.as_str()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::identity::{AuthUrl, Login, Method, Scope, User};
    use proptest::prelude::*;

    pub(crate) fn identity(project: &str) -> Identity {
        let auth_url = AuthUrl::parse("https://auth.example.com", false).expect("a URL");
        let login = Login { auth_url, method: Method::Password(User::Id("me".into())) };
        Identity { login, scope: Scope::ProjectId(project.into()) }
    }

    fn record(issued_at: i64, expires_at: i64, after: i64) -> Record {
        let token = Token::parse("token").expect("a token");
        let times = Times { issued_at, expires_at, clock_offset: 0 };
        Record::new(&identity("p"), &token, times, RefreshRule { after, spread: 1.0 }, "lease.x".into())
    }

    #[test]
    fn a_token_of_a_day_is_renewed_after_eight_hours_one_of_an_hour_after_forty_minutes() {
        assert_eq!(record(0, 86_400, REFRESH_AFTER).refresh_at, 28_800);
        assert_eq!(record(0, 3600, REFRESH_AFTER).refresh_at, 2400);
    }

    #[test]
    fn fresh_stale_dead_in_this_order() {
        let record = record(0, 3600, REFRESH_AFTER);
        let at = |now| record.freshness(now, 0);
        assert_eq!([at(0), at(2399)], [Freshness::Fresh; 2]);
        assert_eq!([at(2400), at(3539)], [Freshness::Stale; 2]);
        assert_eq!([at(3540), at(9999)], [Freshness::Dead; 2]);
        assert_eq!(record.freshness(0, 3600), Freshness::Dead);
        assert_eq!(record.freshness(0, 3599), Freshness::Fresh);
    }

    #[test]
    fn a_token_of_a_few_seconds_is_not_born_dead() {
        assert_eq!(record(0, 8, REFRESH_AFTER).freshness(0, 0), Freshness::Fresh);
    }

    #[test]
    fn a_local_clock_that_is_wrong_by_hours_changes_nothing() {
        let mut record = record(1_000_000, 1_003_600, REFRESH_AFTER);
        record.clock_offset = 7200;
        assert_eq!(record.freshness(1_000_000 - 7200, 0), Freshness::Fresh);
        assert_eq!(record.expires_locally(), 1_003_600 - 7200);
    }

    struct Machine {
        now: i64,
        uptime: i64,
        boot: &'static str,
    }

    impl Clock for Machine {
        fn now(&self) -> i64 {
            self.now
        }

        fn uptime(&self) -> Option<i64> {
            Some(self.uptime)
        }

        fn boot_id(&self) -> Option<String> {
            Some(self.boot.into())
        }
    }

    #[test]
    fn a_clock_set_back_keeps_nothing_alive_longer() {
        let mut made = record(1_000_000, 1_003_600, REFRESH_AFTER);
        made.clock_offset = 100;
        let made = made.of_machine(&Machine { now: 999_900, uptime: 50, boot: "a" });
        let after = |now, uptime, boot| {
            let record = made.clone().settled(&Machine { now, uptime, boot });
            (record.remaining(now), record.freshness(now, 0))
        };
        assert_eq!(after(1_000_900, 1050, "a"), (2600, Freshness::Fresh));
        assert_eq!(after(1_000_900 - 7200, 1050, "a"), (2600, Freshness::Fresh), "set back by two hours");
        assert_eq!(after(1_003_500 - 7200, 3650, "a"), (0, Freshness::Dead));
        assert_eq!(after(1_000_900 + 900, 1050, "a"), (1700, Freshness::Fresh), "set ahead: the clock is believed");
        assert_eq!(after(1_000_900, 999_999, "b"), (2600, Freshness::Fresh), "another machine, or started anew");
    }

    proptest! {
        #[test]
        fn freshness_only_ever_goes_down(life in 1i64..200_000, after in 0i64..100_000, a in 0i64..300_000, b in 0i64..300_000) {
            let rank = |f| match f { Freshness::Fresh => 0, Freshness::Stale => 1, Freshness::Dead => 2 };
            let record = record(0, life, after);
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(rank(record.freshness(early, 0)) <= rank(record.freshness(late, 0)));
        }
    }
}
