//! The hooks of bash, zsh and fish beside other people's, in both orders. What belongs here: that the other one works,
//! that ostoken is asked once, and that both, and the next command, see the status of the last one.
//! Peers that have no package stand in `hooks_peers_simulated`, PowerShell's in `hooks_powershell`.

pub mod programs;

use std::path::Path;

use crate::hooks::Kind;
use crate::hooks_bash::version;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::pty::{SESSION, Shell};
use crate::support::tool;
use crate::support::tools::prepared;
use programs::{direnv_line, direnv_works, starship_line, starship_works, zoxide_line, zoxide_works};

/// What the peer's line in the rc file is (for a kind of shell, with the home), and how to see that it works.
pub struct Peer<'a> {
    pub line: &'a dyn Fn(&str, &Path) -> String,
    pub works: &'a dyn Fn(&mut Shell, &FakeOstoken),
}

impl Peer<'_> {
    pub fn in_both_orders(&self) {
        for kind in [Kind::Bash, Kind::Zsh, Kind::Fish] {
            self.in_both_orders_of(kind);
        }
    }

    pub fn in_both_orders_of(&self, kind: Kind) {
        for first in ["theirs", "ours"] {
            let fake = FakeOstoken::new();
            let (theirs, ours) = ((self.line)(kind.name(), &fake.home()), kind.source(&fake));
            let rc = if first == "ours" { ours + &theirs } else { theirs + "\n" + &ours };
            let Some(mut shell) = kind.open_in(&fake, &rc, SESSION) else { return };
            assert_eq!(shell.greeting, "", "{kind:?}, {first} first");
            if kind == Kind::Bash && first == "ours" && kind.program().is_some_and(|bash| version(&bash) < 404) {
                // It cannot look before a command: where it was not the last, it asks when it is.
                shell.run("");
            }
            check(kind, &mut shell, &fake, first);
            (self.works)(&mut shell, &fake);
        }
    }
}

/// What holds beside each peer.
fn check(kind: Kind, shell: &mut Shell, fake: &FakeOstoken, first: &str) {
    kind.has_token(shell, TOKEN);
    for calls in [1, 2] {
        assert_eq!(shell.run("sh -c 'exit 7'").status, 7, "{kind:?}, {first} first");
        assert_eq!(shell.text(kind.status()), "7", "{kind:?}, {first} first");
        if calls == 2 {
            // The same once more, at a prompt that asks.
            fake.renew_elsewhere();
        }
        assert_eq!(shell.run("true | sh -c 'exit 3' | sh -c 'exit 4'").status, 4, "{kind:?}, {first} first");
        assert_eq!(shell.text(kind.pipestatus()), "0 3 4", "{kind:?}, {first} first");
        for _ in 0..3 {
            shell.run("");
        }
        assert_eq!(fake.calls().len(), calls, "{kind:?}, {first} first: {:?}", fake.calls());
    }
    kind.has_token(shell, RENEWED);
}

#[test]
fn starship_shows_its_prompt() {
    let Some(starship) = prepared("peers/bin/starship") else { return };
    let line = |kind: &str, home: &Path| starship_line(&starship, kind, home);
    Peer { line: &line, works: &starship_works }.in_both_orders();
}

#[test]
fn zoxide_remembers_folders() {
    let Some(zoxide) = prepared("peers/bin/zoxide") else { return };
    let line = |kind: &str, home: &Path| zoxide_line(&zoxide, kind, home);
    Peer { line: &line, works: &zoxide_works }.in_both_orders();
}

#[test]
fn direnv_loads_its_folder() {
    let Some(direnv) = tool("direnv") else { return };
    let line = |kind: &str, home: &Path| direnv_line(&direnv, kind, home);
    Peer { line: &line, works: &direnv_works }.in_both_orders();
}

#[test]
fn starship_zoxide_and_direnv_work_together() {
    let (Some(starship), Some(zoxide)) = (prepared("peers/bin/starship"), prepared("peers/bin/zoxide")) else { return };
    let Some(direnv) = tool("direnv") else { return };
    let line = |kind: &str, home: &Path| {
        let first = direnv_line(&direnv, kind, home) + &starship_line(&starship, kind, home);
        first + &zoxide_line(&zoxide, kind, home)
    };
    let works = |shell: &mut Shell, fake: &FakeOstoken| {
        starship_works(shell, fake);
        zoxide_works(shell, fake);
        direnv_works(shell, fake);
    };
    Peer { line: &line, works: &works }.in_both_orders();
}
