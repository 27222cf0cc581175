//! OpenRC files as data: what belongs here compares the reader with a real bash, shows what it
//! refuses, and that no secret leaves it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says on stderr what it skips"
)]

mod agreement;
mod bash;
mod properties;
mod refusals;
mod snippets;
mod soup;

use std::collections::BTreeMap;

use ostoken::identity::openrc::{OpenRc, OpenRcError, read};

/// The environment of the real bash and of the reader: the same, and without `OS_*`.
const OUTER: [(&str, &str); 4] =
    [("HOME", "/home/somebody"), ("LC_ALL", "C.UTF-8"), ("PATH", "/nonexistent"), ("WORDS", "two words *")];

fn outer(name: &str) -> Option<String> {
    let found = OUTER.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| (*value).to_owned())
}

fn read_text(text: impl AsRef<[u8]>) -> Result<OpenRc, OpenRcError> {
    read(text.as_ref(), "test.sh", &outer)
}

fn variables(openrc: &OpenRc) -> BTreeMap<String, String> {
    let pairs = openrc.variables();
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openrc");
    std::fs::read(format!("{folder}/{name}.sh")).expect("the fixture exists")
}
