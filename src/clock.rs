//! The time, as an argument: nothing deep inside asks the system for it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock {
    /// Now, in Unix seconds by the local clock.
    fn now(&self) -> i64;
}

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the argument that all others get")]
    fn now(&self) -> i64 {
        unix_seconds(SystemTime::now())
    }
}

/// `time` in Unix seconds; negative before 1970.
pub fn unix_seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    }
}
