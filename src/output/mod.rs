//! What leaves the program: formats of a token, and changes of an environment for the shell that evaluates them.

pub mod change;
pub mod format;
pub mod hook;
pub mod shell;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Unix seconds as RFC 3339 in UTC.
pub fn timestamp(unix: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(unix).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

/// Seconds as a person says them, in at most two units: `15 h 20 min`.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let pair = |high: i64, unit: &str, low: i64, small: &str| match low {
        0 => format!("{high} {unit}"),
        low => format!("{high} {unit} {low} {small}"),
    };
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=599 => pair(minutes, "min", seconds % 60, "s"),
        600..=3599 => format!("{minutes} min"),
        3600..=172_799 => pair(hours, "h", minutes % 60, "min"),
        _ => pair(hours / 24, "d", hours % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        assert_eq!([-1, 59, 61, 2476].map(duration), ["0 s", "59 s", "1 min 1 s", "41 min"]);
        assert_eq!([3600, 3700, 86_400, 900_000].map(duration), ["1 h", "1 h 1 min", "24 h", "10 d 10 h"]);
    }
}
