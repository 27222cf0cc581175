//! The way to Keystone: certificates, the auth URL, the clock. What is sent is a GET of the version document.

use super::{Examination, Finding};
use crate::error::{Error, escaped};
use crate::identity::{IdentitySource, TLS_PATHS};
use crate::keystone::{Keystone, Obstacle, Unanswered, Version};
use crate::output::duration;
use std::time::{Duration, Instant};

/// A server that takes longer counts as not reachable.
const PATIENCE: Duration = Duration::from_secs(5);

/// Clocks that differ by less than this agree; by more than that, certificates and other clients go wrong. In seconds.
const AGREES: i64 = 5;
const MATTERS: i64 = 300;

/// Looks at what the selected login's server is asked with, and asks it.
pub fn check(examination: &Examination) -> Vec<Finding> {
    let Ok(source) = &examination.source else { return Vec::new() };
    let auth_url = &source.identity.login.auth_url;
    let keystone = Keystone {
        tls_policy: &source.tls_policy,
        environment: &source.environment,
        clock: examination.clock,
        deadline: Some(Instant::now() + PATIENCE),
    };
    if let Err(error) = keystone.check(auth_url) {
        return vec![connection_failed(examination, &error)];
    }
    let mut findings = vec![connection(examination, source)];
    match keystone.version(auth_url) {
        Ok(version) => {
            findings.push(found(examination, source, &version));
            findings.push(clock(version.clock_offset));
        }
        Err(unanswered) => findings.push(not_found(examination, source, &unanswered)),
    }
    findings
}

/// A file of certificates or a proxy that cannot be used.
fn connection_failed(examination: &Examination, error: &Error) -> Finding {
    match error {
        Error::Usage { what, .. } if TLS_PATHS.contains(&what.as_str()) => {
            Finding::problem("connection", &error.to_string(), &examination.words.set(what, "FILE"))
        }
        _ => examination.failed("connection", error),
    }
}

fn connection(examination: &Examination, source: &IdentitySource) -> Finding {
    let policy = &source.tls_policy;
    let (scheme, ..) = source.identity.login.auth_url.parts();
    match scheme {
        "http" if policy.allow_http => Finding::note(
            "connection",
            "without TLS: anybody on the way can read the password",
            "use an https auth URL",
        ),
        "http" => Finding::ok("connection", "plain http to this machine"),
        _ if policy.insecure => Finding::note(
            "connection",
            "OS_INSECURE: the server's certificate is not verified",
            &examination.words.unset(&["OS_INSECURE"]),
        ),
        _ => Finding::ok("connection", &format!("the server is {}", policy.describe())),
    }
}

fn found(examination: &Examination, source: &IdentitySource, version: &Version) -> Finding {
    let auth_url = source.identity.login.auth_url.as_str();
    match &version.elsewhere {
        Some(elsewhere) => Finding::note(
            "auth URL",
            &format!("{auth_url} is not Keystone v3, which is at {}", escaped(elsewhere, 300)),
            &examination.words.set("OS_AUTH_URL", &escaped(elsewhere, 300)),
        ),
        None => Finding::ok("auth URL", &format!("{auth_url} answers (Keystone {})", escaped(&version.id, 40))),
    }
}

fn not_found(examination: &Examination, source: &IdentitySource, unanswered: &Unanswered) -> Finding {
    let Unanswered { error, obstacle } = unanswered;
    let words = &examination.words;
    let auth_url = source.identity.login.auth_url.as_str();
    let host = url::Url::parse(auth_url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let mend = match (obstacle, error) {
        (Obstacle::Name, _) if cfg!(windows) => format!("nslookup {host}"),
        (Obstacle::Name, _) => format!("getent hosts {host}"),
        (Obstacle::Authority, _) => words.set("OS_CACERT", "FILE"),
        (Obstacle::ClientCertificate, _) => {
            format!("{}; {}", words.set("OS_CERT", "FILE"), words.set("OS_KEY", "FILE"))
        }
        (Obstacle::Clock, _) => SET_CLOCK.into(),
        (Obstacle::Other, Error::Redirected { location, .. }) => words.set("OS_AUTH_URL", location),
        (Obstacle::Other, Error::Unreachable { .. }) => format!("curl -v {auth_url}"),
        (Obstacle::Other, error) => error.hint(),
    };
    match error {
        // The server is there, and has enough of being asked.
        Error::RateLimited(_) => Finding::note("auth URL", &error.to_string(), &mend),
        _ => Finding::problem("auth URL", &error.to_string(), &mend),
    }
}

/// What a server says that is `offset` seconds ahead of this machine.
fn clock(offset: Option<i64>) -> Finding {
    let Some(offset) = offset else { return Finding::ok("clock", "not compared: the server does not tell the time") };
    let apart = offset.saturating_abs();
    let direction = if offset > 0 { "behind" } else { "ahead of" };
    let text = format!("{} {direction} the server's", duration(apart));
    match apart {
        0 => Finding::ok("clock", "agrees with the server's"),
        _ if apart <= AGREES => Finding::ok("clock", &text),
        _ if apart <= MATTERS => Finding::note("clock", &text, SET_CLOCK),
        _ => Finding::problem("clock", &text, SET_CLOCK),
    }
}

const SET_CLOCK: &str = if cfg!(windows) {
    "w32tm /resync"
} else if cfg!(target_os = "macos") {
    "sudo sntp -sS time.apple.com"
} else {
    "sudo timedatectl set-ntp true"
};

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off() {
        let judged = |offset| {
            let finding = clock(offset);
            (finding.level, finding.text)
        };
        assert_eq!(judged(Some(0)), (Level::Ok, "agrees with the server's".into()));
        assert_eq!(judged(Some(-5)), (Level::Ok, "5 s ahead of the server's".into()));
        assert_eq!(judged(Some(90)), (Level::Note, "1 min 30 s behind the server's".into()));
        assert_eq!(judged(Some(-7200)), (Level::Problem, "2 h ahead of the server's".into()));
        assert_eq!(judged(Some(i64::MIN)).0, Level::Problem);
        assert_eq!(judged(None).0, Level::Ok);
    }
}
