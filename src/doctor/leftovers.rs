//! Variables that stand in the way, or hold a secret that the keyring can keep.

use super::{Examination, Finding};

/// Looks at the environment itself; `is_kept`: the keyring has the secret of the login.
pub fn check(examination: &Examination, is_kept: bool) -> Vec<Finding> {
    [token(examination), passcode(examination), cloud(examination)]
        .into_iter()
        .chain(["OS_PASSWORD", "OS_APPLICATION_CREDENTIAL_SECRET"].map(|name| secret(examination, name, is_kept)))
        .flatten()
        .collect()
}

/// A token that somebody exported is never renewed, and the clients go by it.
fn token(examination: &Examination) -> Option<Finding> {
    let environment = examination.environment;
    if !environment.holds_foreign_token() {
        return None;
    }
    let names: &[&str] = match environment.get("OS_AUTH_TYPE") {
        Some("token" | "v3token") => &["OS_TOKEN", "OS_AUTH_TYPE"],
        _ => &["OS_TOKEN"],
    };
    let text = "set by hand: it is not renewed, and the hook exports nothing over it";
    Some(Finding::problem("OS_TOKEN", text, &examination.words.unset(names)))
}

/// It is good once, and breaks the clients' token plugin.
fn passcode(examination: &Examination) -> Option<Finding> {
    examination.environment.get("OS_PASSCODE")?;
    let text = "a passcode is good once, and clients fail with it beside a token";
    Some(Finding::note("OS_PASSCODE", text, &examination.words.unset(&["OS_PASSCODE"])))
}

fn cloud(examination: &Examination) -> Option<Finding> {
    let environment = examination.environment;
    environment.get("OS_CLOUD")?;
    let beside =
        ["OS_AUTH_URL", "OS_USERNAME", "OS_USER_ID"].into_iter().find(|name| environment.get(name).is_some())?;
    let text = format!("clients go by it, and not by the {beside} beside it");
    Some(Finding::note("OS_CLOUD", &text, &examination.words.unset(&["OS_CLOUD"])))
}

fn secret(examination: &Examination, name: &'static str, is_kept: bool) -> Option<Finding> {
    examination.environment.get(name)?;
    let unset = examination.words.unset(&[name]);
    // With a file, the keyring was asked for that file's login.
    let is_kept = is_kept && examination.global.openrc.is_none() && examination.global.cloud.is_none();
    Some(match is_kept {
        true => Finding::note(name, "every program you start can read it, and the keyring has it", &unset),
        false => {
            let mend = examination.words.then("ostoken login", &unset);
            Finding::note(name, "every program you start can read it", &mend)
        }
    })
}
