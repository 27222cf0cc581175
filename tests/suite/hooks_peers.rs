//! The hooks of bash and zsh beside other people's, in both orders. What belongs here: that the other one works, that
//! ostoken is asked once, and that both, and the next command, see the status of the last one.
//! Peers that have no package stand in `hooks_peers_simulated`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{bash, has_token};
use crate::support::pty::Shell;
use crate::support::tool;
use crate::support::tools::prepared;

/// The shells that these tests know.
fn shells() -> Vec<(&'static str, PathBuf)> {
    let found = [("bash", bash()), ("zsh", tool("zsh"))];
    found.into_iter().filter_map(|(kind, program)| Some((kind, program?))).collect()
}

/// What the peer's line in the rc file is (for a kind of shell, with the home), and how to see that it works.
pub struct Peer<'a> {
    pub line: &'a dyn Fn(&str, &Path) -> String,
    pub works: &'a dyn Fn(&mut Shell, &FakeOstoken),
}

impl Peer<'_> {
    pub fn in_both_orders(&self) {
        for (kind, program) in shells() {
            self.in_both_orders_of(kind, &program);
        }
    }

    pub fn in_both_orders_of(&self, kind: &str, program: &Path) {
        for first in ["theirs", "ours"] {
            let fake = FakeOstoken::new();
            let (theirs, ours) = ((self.line)(kind, &fake.home()), fake.source(kind));
            let rc = if first == "ours" { ours + &theirs } else { theirs + "\n" + &ours };
            let open = if kind == "zsh" { Shell::zsh } else { Shell::bash };
            let mut shell = open(program, &fake, &rc);
            assert_eq!(shell.greeting, "", "{kind}, {first} first");
            check(kind, &mut shell, &fake, first);
            (self.works)(&mut shell, &fake);
        }
    }
}

/// What holds beside each peer.
fn check(kind: &str, shell: &mut Shell, fake: &FakeOstoken, first: &str) {
    has_token(shell, TOKEN);
    let pipestatus = if kind == "zsh" { "echo $pipestatus" } else { r#"echo "${PIPESTATUS[*]}""# };
    for calls in [1, 2] {
        assert_eq!(shell.run("(exit 7)").status, 7);
        assert_eq!(shell.text("echo $?"), "7");
        if calls == 2 {
            // The same once more, at a prompt that asks.
            fake.renew_elsewhere();
        }
        assert_eq!(shell.run("true | (exit 3) | (exit 4)").status, 4);
        assert_eq!(shell.text(pipestatus), "0 3 4", "{kind}, {first} first");
        for _ in 0..3 {
            shell.run("");
        }
        assert_eq!(fake.calls().len(), calls, "{kind}, {first} first: {:?}", fake.calls());
    }
    has_token(shell, RENEWED);
}

/// starship, with a prompt that [`Shell`] can read. It draws none on a dumb terminal.
fn starship_line(starship: &Path, kind: &str, home: &Path) -> String {
    let format = "add_newline = false\nformat = '${status}ship> '\n\
                  [status]\ndisabled = false\nsuccess_symbol = 'x'\nformat = 'ps\\[$status\\]ps '\n";
    fs::write(home.join("starship.toml"), format).expect("a configuration");
    let program = fs::canonicalize(starship).expect("a path without links");
    let program = program.display();
    format!(
        "export STARSHIP_CONFIG=~/starship.toml\ndraw() {{ TERM=xterm '{program}' \"$@\"; }}\n\
         eval \"$('{program}' init {kind} --print-full-init | sed \"s#'*{program}'*#draw#g\")\"\n"
    )
}

fn starship_works(shell: &mut Shell, _: &FakeOstoken) {
    shell.send("true");
    let text = shell.prompt().text;
    assert!(text.starts_with("ship> "), "{text}");
}

#[test]
fn starship_shows_its_prompt() {
    let Some(starship) = prepared("peers/bin/starship") else { return };
    let line = |kind: &str, home: &Path| starship_line(&starship, kind, home);
    Peer { line: &line, works: &starship_works }.in_both_orders();
}

fn zoxide_line(zoxide: &Path, kind: &str, home: &Path) -> String {
    fs::create_dir(home.join("visited")).expect("a folder");
    let bin = zoxide.parent().expect("a folder").display();
    format!("PATH='{bin}':$PATH\neval \"$(zoxide init {kind})\"\n")
}

fn zoxide_works(shell: &mut Shell, fake: &FakeOstoken) {
    shell.run("cd visited");
    shell.run("cd ..");
    let path = fake.home().join("visited");
    assert_eq!(shell.text("zoxide query -l | grep visited"), path.display().to_string());
}

#[test]
fn zoxide_remembers_folders() {
    let Some(zoxide) = prepared("peers/bin/zoxide") else { return };
    let line = |kind: &str, home: &Path| zoxide_line(&zoxide, kind, home);
    Peer { line: &line, works: &zoxide_works }.in_both_orders();
}

fn direnv_line(direnv: &Path, kind: &str, home: &Path) -> String {
    fs::create_dir(home.join("project")).expect("a folder");
    fs::write(home.join("project/.envrc"), "export PEER=here\n").expect(".envrc");
    format!("export DIRENV_LOG_FORMAT=\neval \"$('{}' hook {kind})\"\n", direnv.display())
}

fn direnv_works(shell: &mut Shell, fake: &FakeOstoken) {
    let calls = fake.calls().len();
    shell.run("direnv allow project/.envrc");
    shell.run("cd project");
    assert_eq!(shell.text("echo $PEER"), "here");
    shell.run("cd ..");
    assert_eq!(shell.text("echo ${PEER-gone}"), "gone");
    assert_eq!(fake.calls().len(), calls, "its variable is none of ours");
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
