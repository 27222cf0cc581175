//! Named points of a creation at which a test kills the process, to prove that the next run finds its way.
//!
//! Without the feature `stop-points` this is nothing at all.

/// The points, in the order in which a creation or renewal passes them.
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
}

impl Point {
    /// Every point.
    pub const ALL: [Point; 7] = [
        Point::Locked,
        Point::Counted,
        Point::Created,
        Point::LeaseMade,
        Point::EntryWritten,
        Point::RecordWritten,
        Point::OldLeaseRemoved,
    ];

    /// Its name in OSTOKEN_STOP_AT.
    pub fn name(self) -> &'static str {
        match self {
            Point::Locked => "locked",
            Point::Counted => "counted",
            Point::Created => "created",
            Point::LeaseMade => "lease-made",
            Point::EntryWritten => "entry-written",
            Point::RecordWritten => "record-written",
            Point::OldLeaseRemoved => "old-lease-removed",
        }
    }
}

/// Ends the process where OSTOKEN_STOP_AT names `point`: with SIGKILL where there is one, else by the abort that runs no
/// code of the program any more (`__fastfail` on Windows).
#[cfg(feature = "stop-points")]
#[expect(clippy::disallowed_methods, reason = "a test's switch, which no part of the program knows of")]
pub fn reached(point: Point) {
    if std::env::var("OSTOKEN_STOP_AT").is_ok_and(|name| name == point.name()) {
        #[cfg(unix)]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(feature = "stop-points"))]
#[inline(always)]
pub fn reached(_: Point) {}
