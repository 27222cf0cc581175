//! What leaves the program: formats of a token, and changes of an environment for the shell that evaluates them.

pub mod change;
pub mod hook;
pub mod shell;

use crate::record::Record;
use crate::secret::Token;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// A form in which `ostoken token` prints the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The token alone
    Value,
    /// An object with token, expires_at, refresh_at (RFC 3339, local clock), auth_url, account and scope
    Json,
    /// Lines for an env file: OS_TOKEN and OS_AUTH_TYPE
    Env,
    /// A request header: X-Auth-Token
    Header,
}

/// The token in this form, ended by a line feed.
pub fn format(form: Format, token: &Token, record: &Record) -> Zeroizing<String> {
    let token = token.expose();
    Zeroizing::new(match form {
        Format::Value => format!("{token}\n"),
        Format::Env => format!("OS_TOKEN={token}\nOS_AUTH_TYPE=token\n"),
        Format::Header => format!("X-Auth-Token: {token}\n"),
        Format::Json => {
            let object = json!({
                "token": token,
                "expires_at": timestamp(record.expires_locally()),
                "refresh_at": timestamp(record.refresh_at.saturating_sub(record.clock_offset)),
                "auth_url": record.identity.auth_url,
                "account": record.identity.account,
                "scope": record.identity.scope,
            });
            format!("{object:#}\n")
        }
    })
}

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
    use crate::record::{RefreshRule, Times, tests::identity};

    #[test]
    fn each_format_is_what_its_reader_takes() {
        let token = Token::parse("gAAAAAB").expect("a token");
        let times = Times { issued_at: 0, expires_at: 86_400, clock_offset: 0 };
        let rule = RefreshRule { after: 28_800, spread: 1.0 };
        let record = Record::new(&identity("p"), &token, times, rule, "lease.x".into());
        let text = |form| format(form, &token, &record).to_string();
        assert_eq!(text(Format::Value), "gAAAAAB\n");
        assert_eq!(text(Format::Env), "OS_TOKEN=gAAAAAB\nOS_AUTH_TYPE=token\n");
        assert_eq!(text(Format::Header), "X-Auth-Token: gAAAAAB\n");
        let object: serde_json::Value = serde_json::from_str(&text(Format::Json)).expect("JSON");
        assert_eq!(object["token"], "gAAAAAB");
        assert_eq!(object["expires_at"], "1970-01-02T00:00:00Z");
        assert_eq!(object["refresh_at"], "1970-01-01T08:00:00Z");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        assert_eq!([-1, 59, 61, 2476].map(duration), ["0 s", "59 s", "1 min 1 s", "41 min"]);
        assert_eq!([3600, 3700, 86_400, 900_000].map(duration), ["1 h", "1 h 1 min", "24 h", "10 d 10 h"]);
    }
}
