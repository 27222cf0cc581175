//! The state folder, the keyring and why it is this one, and the login's secret in it.

use super::{Examination, Finding};
use crate::credential;
use crate::error::Error;
use crate::identity::{IdentitySource, Origin};
use crate::login_history::Caller;
use crate::session::keyring;
use crate::session::settings::state_folder;
use crate::store::folder::Folder;
use crate::store::{Store, logins};

/// What was found, and whether the keyring has the secret.
pub struct Kept {
    pub findings: Vec<Finding>,
    pub has_secret: bool,
}

/// Looks at what is kept. No window is raised, and no keyring waited for longer than five seconds.
pub fn check(examination: &Examination) -> Kept {
    let mut findings = Vec::new();
    let has_secret = match opened(examination, &mut findings) {
        Ok((state, store)) => examination.source.as_ref().is_ok_and(|source| {
            let (finding, is_kept) = secret(examination, &state, &store, source);
            findings.push(finding);
            is_kept
        }),
        Err(finding) => {
            findings.push(finding);
            false
        }
    };
    Kept { findings, has_secret }
}

fn opened(examination: &Examination, findings: &mut Vec<Finding>) -> Result<(Folder, Store), Finding> {
    let of_folder = |error| examination.failed("state folder", &error);
    let environment = examination.login_environment();
    let state = state_folder(environment).and_then(Folder::open).map_err(of_folder)?;
    let source = examination.source.as_ref().ok();
    let remembered = match source {
        Some(source) => logins::backends(&state, &source.identity.login.key()).map_err(of_folder)?,
        None => Vec::new(),
    };
    findings.push(match state.check_writable() {
        Ok(()) => Finding::ok("state folder", &examination.words.path(state.as_path())),
        Err(error) => of_folder(error),
    });
    let is_given = source.is_some_and(|source| source.secret.is_some());
    let selected = keyring(environment, &state, &remembered, is_given, Caller::Command)
        .map_err(|error| examination.failed("keyring", &error))?;
    let store = Store::new(selected.keyring, &state, examination.clock);
    findings.push(Finding::ok("keyring", &format!("{} ({})", store.backend().name(), selected.why)));
    Ok((state, store))
}

/// Where the secret is, and whether it would be sent; and whether the keyring has it.
fn secret(examination: &Examination, state: &Folder, store: &Store, source: &IdentitySource) -> (Finding, bool) {
    let login = &source.identity.login;
    let usable = || {
        let secret = credential::secret(store, state, source, Caller::Command)?;
        credential::check_refusal(store, &source.identity, &secret)?;
        store.record(&source.identity.key())?;
        Ok::<_, Error>(())
    };
    let stored = credential::stored(store, login);
    let is_kept = matches!(stored, Ok(Some(_)));
    let finding = match (usable(), stored) {
        (Err(error), _) | (Ok(()), Err(error)) => examination.failed("secret", &error),
        (Ok(()), Ok(stored)) => {
            let given = source.secret.is_some().then_some(match source.origin {
                Some(Origin::OpenRc(_)) => "in the OpenRC file",
                Some(Origin::Cloud(_)) => "in the files of clouds",
                None => "in the environment",
            });
            let places = [given, stored.map(|_| "in the keyring")].into_iter().flatten();
            let places = places.collect::<Vec<_>>().join(" and ");
            Finding::ok("secret", &format!("the {} is {places}", login.secret_name()))
        }
    };
    (finding, is_kept)
}
