//! The time, as an argument: nothing deep inside asks the system for it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time, to any thread.
pub trait Clock: Sync {
    /// Now, in Unix seconds by the local clock.
    fn now(&self) -> i64;

    /// For how many seconds this machine has run, sleep included: nobody sets that. `None` where the system does not say.
    fn uptime(&self) -> Option<i64> {
        None
    }

    /// Which start of which machine that is counted from.
    fn boot_id(&self) -> Option<String> {
        None
    }
}

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the argument that all others get")]
    fn now(&self) -> i64 {
        unix_seconds(SystemTime::now())
    }

    #[cfg(target_os = "linux")]
    fn uptime(&self) -> Option<i64> {
        Some(rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec)
    }

    #[cfg(target_os = "linux")]
    fn boot_id(&self) -> Option<String> {
        let id = fs_err::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(id.trim_end().to_owned())
    }
}

/// `time` in Unix seconds; negative before 1970.
pub fn unix_seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    }
}
