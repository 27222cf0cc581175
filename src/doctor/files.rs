//! Files that may hold a password: OpenRC files and those of clouds.yaml. Whoever else may read them has the password.

use super::{Examination, Finding, startup};
use crate::identity::clouds;
use crate::output::change::SECRETS;
use crate::session::source::read_openrc;
use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// More of a file is not read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Looks at the OpenRC file that is given, those that start-up files name, and the files of clouds.yaml.
/// `is_kept`: the keyring has the secret of the login.
pub fn check(examination: &Examination, is_kept: bool) -> Vec<Finding> {
    let given = examination.global.openrc.as_ref();
    let named = startup::used_files(examination);
    // What is no plain file can be read once, or never ends.
    let files: BTreeSet<&PathBuf> = given.into_iter().chain(&named).filter(|path| path.is_file()).collect();
    let openrc = files.into_iter().filter_map(|path| openrc_file(examination, path, is_kept && given == Some(path)));
    let mut findings: Vec<Finding> = openrc.collect();
    findings.extend(files_of_clouds(examination));
    findings
}

/// `None` for a file that cannot be understood: the login says why, if it is its file.
fn openrc_file(examination: &Examination, path: &Path, is_kept: bool) -> Option<Finding> {
    let read = read_openrc(path, examination.environment).ok()?;
    let secret = SECRETS.into_iter().find(|name| read.get(name).is_some_and(|value| !value.is_empty()));
    let name = examination.words.path(path);
    Some(match secret {
        None => Finding::ok("OpenRC file", &format!("{name} holds no password")),
        Some(secret) => readable_by_others(examination, "OpenRC file", path, secret).unwrap_or_else(|| {
            let line = read.line_of(secret).unwrap_or_default();
            let (keeps, mend) = match is_kept {
                true => ("has", format!("remove line {line} of {name}")),
                false => {
                    ("can keep", format!("{}, then remove line {line}", examination.of_file("ostoken login", path)))
                }
            };
            Finding::note("OpenRC file", &format!("{name} holds {secret}, which the keyring {keeps}"), &mend)
        }),
    })
}

/// The files that openstacksdk reads, where they are: the first `clouds` and the first `secure` that is there. What else can
/// be said of clouds.yaml without reading it as YAML belongs here.
fn files_of_clouds(examination: &Examination) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (subject, file) in [("clouds.yaml", clouds::File::Clouds), ("secure.yaml", clouds::File::Secure)] {
        let mut seen = BTreeSet::new();
        let places = clouds::places(file, examination.environment, true).into_iter();
        let files: Vec<PathBuf> = places.filter(|path| seen.insert(path.clone()) && path.is_file()).collect();
        findings.extend(files.iter().enumerate().map(|(number, path)| {
            let name = examination.words.path(path);
            let secret = text(path).is_some_and(|text| holds_secret(&text));
            let wide = secret.then(|| readable_by_others(examination, subject, path, "a password")).flatten();
            wide.unwrap_or_else(|| match files.first().filter(|_| number > 0) {
                Some(first) => {
                    Finding::ok(subject, &format!("{name} is passed over for {}", examination.words.path(first)))
                }
                None => Finding::ok(subject, &format!("{name} is the one that clients read")),
            })
        }));
    }
    findings
}

/// Whether a line gives a key that ends in one of these words a value; without reading it as YAML.
fn holds_secret(text: &str) -> bool {
    let gives = |line: &str| {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let key = key.trim_matches([' ', '\t', '-', '{', ',', '"', '\'']).to_ascii_lowercase();
        let value = value.trim_matches([' ', '\t', '"', '\'', ',', '}']);
        ["password", "secret", "token", "passcode"].iter().any(|word| key.ends_with(word)) && !value.is_empty()
    };
    text.lines().filter(|line| !line.trim_start().starts_with('#')).any(gives)
}

/// The content of a plain file; `None` for anything else, which might never end.
pub fn text(path: &Path) -> Option<Zeroizing<String>> {
    path.metadata().ok().filter(Metadata::is_file)?;
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// That somebody else may read a file that holds `secret`.
#[cfg(unix)]
fn readable_by_others(examination: &Examination, subject: &'static str, path: &Path, secret: &str) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt;
    let data = path.metadata().ok().filter(|data| data.is_file() && data.mode() & 0o044 != 0)?;
    let name = examination.words.path(path);
    let text = format!("others can read {name} (mode {:04o}), which holds {secret}", data.mode() & 0o7777);
    let is_ours = data.uid() == rustix::process::geteuid().as_raw();
    let chmod = format!("chmod 600 {name}");
    Some(match is_ours {
        true => Finding::problem(subject, &text, &chmod),
        false => Finding::note(subject, &text, &format!("sudo {chmod}")),
    })
}

/// Elsewhere files lie in the user's profile, which the system keeps for the user alone.
#[cfg(not(unix))]
fn readable_by_others(_: &Examination, _: &'static str, _: &Path, _: &str) -> Option<Finding> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_a_file_of_clouds_is_seen_without_a_parser() {
        for text in
            ["    password: hunter2", "\"password\": \"x\",", "- application_credential_secret: 'x'", "  token: x"]
        {
            assert!(holds_secret(&format!("clouds:\n{text}\n")), "{text}");
        }
        for text in ["password:", "# password: x", "auth_type: password", "password: ''", "username: password"] {
            assert!(!holds_secret(&format!("clouds:\n{text}\n")), "{text}");
        }
    }
}
