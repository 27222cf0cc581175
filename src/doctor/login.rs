//! Which login is selected, and whether it can be understood.

use super::{Examination, Finding};
use crate::error::Error;
use crate::record::Readable;

/// A machine on which nothing is selected is as it should be; half a login is not.
pub fn check(examination: &Examination) -> Finding {
    match &examination.source {
        Ok(source) => {
            let Readable { auth_url, method: _, account, scope } = Readable::from(&source.identity);
            Finding::ok("login", &format!("{account} at {auth_url}, scope: {scope}"))
        }
        Err(error @ Error::NoIdentity("OS_AUTH_URL")) if examination.global.openrc.is_none() => {
            Finding::note("login", &error.to_string(), "ostoken doctor --openrc FILE")
        }
        Err(error) => examination.failed("login", error),
    }
}
