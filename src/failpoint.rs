//! Named points of a creation or revocation at which a test kills the process, to prove that the next run finds its way;
//! and how long a request may take, which a test cannot wait for.
//!
//! Without the feature `failpoints` this is nothing at all.

use std::time::Duration;

/// The points, in the order in which a creation or renewal, then a logout, passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The lock is held, nothing else is done.
    Locked,
    /// The request is counted in the budget, not sent.
    Counted,
    /// Keystone answered, nothing is written.
    Created,
    /// The new lease is there.
    LeaseMade,
    /// The keyring holds the new token, the record is the old one.
    EntryWritten,
    /// The record is the new one, the old lease is still there.
    RecordWritten,
    /// All is written, the lock is still held.
    OldLeaseRemoved,
    /// A logout: the secret is forgotten, the tokens are all there.
    SecretForgotten,
    /// A revocation: the leases are gone, the token is handed out.
    LeasesGone,
    /// The token is marked in the keyring, and is not handed out any more.
    Marked,
    /// The record says so, too.
    RecordMarked,
    /// Keystone revoked the token, the keyring still holds it.
    Told,
    /// The keyring has forgotten it, the record is still there.
    EntryForgotten,
}

impl Point {
    /// Those of a creation or renewal.
    pub const CREATION: [Point; 7] = [
        Point::Locked,
        Point::Counted,
        Point::Created,
        Point::LeaseMade,
        Point::EntryWritten,
        Point::RecordWritten,
        Point::OldLeaseRemoved,
    ];

    /// Those of `revoke`, and of `logout` after [`Point::SecretForgotten`].
    pub const REVOCATION: [Point; 5] =
        [Point::LeasesGone, Point::Marked, Point::RecordMarked, Point::Told, Point::EntryForgotten];

    /// Its name in OSTOKEN_FAILPOINT.
    pub fn name(self) -> &'static str {
        match self {
            Point::Locked => "locked",
            Point::Counted => "counted",
            Point::Created => "created",
            Point::LeaseMade => "lease-made",
            Point::EntryWritten => "entry-written",
            Point::RecordWritten => "record-written",
            Point::OldLeaseRemoved => "old-lease-removed",
            Point::SecretForgotten => "secret-forgotten",
            Point::LeasesGone => "leases-gone",
            Point::Marked => "marked",
            Point::RecordMarked => "record-marked",
            Point::Told => "told",
            Point::EntryForgotten => "entry-forgotten",
        }
    }
}

/// Ends the process where OSTOKEN_FAILPOINT names `point`: with SIGKILL where there is one, else by the abort that runs no
/// code of the program any more (`__fastfail` on Windows).
#[cfg(feature = "failpoints")]
#[expect(clippy::disallowed_methods, reason = "a test's switch, which no part of the program knows of")]
pub fn failpoint(point: Point) {
    if std::env::var("OSTOKEN_FAILPOINT").is_ok_and(|name| name == point.name()) {
        #[cfg(unix)]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
}

/// The seconds that OSTOKEN_LIMIT names, 1 at least, in place of this limit.
#[cfg(feature = "failpoints")]
#[expect(clippy::disallowed_methods, reason = "a test's switch, which no part of the program knows of")]
pub fn limit(usual: Duration) -> Duration {
    let seconds = std::env::var("OSTOKEN_LIMIT").ok().and_then(|text| text.parse().ok());
    seconds.map_or(usual, |seconds: u64| Duration::from_secs(seconds.max(1)))
}

/// The limit itself.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn limit(usual: Duration) -> Duration {
    usual
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn failpoint(_: Point) {}
