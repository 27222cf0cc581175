//! The fish hook in real, interactive shells, against a fake `ostoken`. What belongs here: what a
//! fish user can see, and the rules of the hook file itself. The bash and zsh files ask the same.

mod environment;
mod fast;
mod loading;
mod others;
mod troubles;

use std::fs;
use std::path::Path;

use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::pty::{SESSION, Shell};

const HOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/ostoken.fish");

/// Makes the next prompt ask again.
const DUE: &str = "set -g __ostoken__due 0; set -g __ostoken__fresh 0";

/// A fake and a fish that uses it.
fn start(fish: &Path) -> (FakeOstoken, Shell) {
    let fake = FakeOstoken::new();
    let shell = Shell::fish(fish, &fake, &fake.source("fish"));
    (fake, shell)
}

/// The assertion of most tests: the token is there, and the shell still works.
fn has_token(shell: &mut Shell, token: &str) {
    assert_eq!(shell.text(r#"echo "<$OS_TOKEN>""#), format!("<{token}>"));
}

/// Takes the lease away, the token stays.
fn drop_lease(fake: &FakeOstoken) {
    fs::remove_file(fake.path().join("a lease, it's one")).expect("there is a lease");
}

/// The session in fish's words.
fn session() -> String {
    SESSION.iter().map(|(name, value)| format!("set -gx {name} '{value}'\n")).collect()
}

/// How a line says that a variable is gone.
fn or_gone(name: &str) -> String {
    format!("set -q {name}; and echo \"<${name}>\"; or echo gone")
}

/// The token in two words: a line that searches for it must not be what it finds.
fn halves() -> (&'static str, &'static str) {
    TOKEN.split_at(9)
}
