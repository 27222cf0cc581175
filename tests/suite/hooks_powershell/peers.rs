//! Beside the real starship and zoxide, loaded before and after the hook. (Debian's direnv knows no PowerShell.)

use std::fs;
use std::path::Path;

use crate::hooks_peers::programs::STARSHIP_PROMPT;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::powershell::{Terminal, pwsh};
use crate::support::pty::SESSION;
use crate::support::tools::prepared;

/// What the peer's lines in the profile are, how the prompt then shows a success and a status of 7, and what shows that
/// the peer works.
struct Peer<'a> {
    line: &'a dyn Fn(&Path) -> String,
    shows: [&'a str; 2],
    works: &'a dyn Fn(&mut Terminal, &FakeOstoken),
}

impl Peer<'_> {
    fn in_both_orders(&self) {
        let Some(pwsh) = pwsh() else { return };
        for first in ["theirs", "ours"] {
            let fake = FakeOstoken::new();
            let (theirs, ours) = ((self.line)(&fake.home()), fake.source("powershell"));
            let profile = if first == "ours" { ours + &theirs } else { theirs + &ours };
            let mut shell = Terminal::start(&pwsh, &fake, SESSION, &profile);
            self.check(&mut shell, &fake, first);
            (self.works)(&mut shell, &fake);
        }
    }

    fn check(&self, shell: &mut Terminal, fake: &FakeOstoken, first: &str) {
        let [success, seven] = self.shows;
        assert_eq!(shell.text("$env:OS_TOKEN"), TOKEN, "{first} first");
        for calls in [1, 2] {
            assert_eq!(shell.run("/bin/sh -c 'exit 7'").1, seven, "{first} first");
            if calls == 2 {
                // The same once more, before a command that makes the hook ask.
                fake.renew_elsewhere();
            }
            assert_eq!(shell.text("\"$? $LASTEXITCODE $($Error.Count)\""), "False 7 0", "{first} first");
            assert_eq!(shell.run("$global:LASTEXITCODE = 0").1, success, "{first} first");
            for _ in 0..3 {
                shell.run("");
            }
            assert_eq!(fake.calls().len(), calls, "{first} first: {:?}", fake.calls());
        }
        assert_eq!(shell.text("$env:OS_TOKEN"), RENEWED, "{first} first");
    }
}

fn starship_line(starship: &Path, home: &Path) -> String {
    fs::write(home.join("starship.toml"), STARSHIP_PROMPT).expect("a configuration");
    format!(
        "$env:STARSHIP_CONFIG = '{}'\nInvoke-Expression (& '{}' init powershell)\n",
        home.join("starship.toml").display(),
        starship.display()
    )
}

fn starship_works(shell: &mut Terminal, _: &FakeOstoken) {
    shell.send("$null");
    let (text, _) = shell.whole_prompt();
    assert!(text.starts_with("ship> "), "{text}");
}

fn zoxide_line(zoxide: &Path, home: &Path) -> String {
    fs::create_dir(home.join("visited")).expect("a folder");
    let bin = zoxide.parent().expect("a folder").display();
    format!("$env:PATH = '{bin}:' + $env:PATH\nInvoke-Expression (& {{ (zoxide init powershell | Out-String) }})\n")
}

fn zoxide_works(shell: &mut Terminal, fake: &FakeOstoken) {
    shell.run("cd visited");
    shell.run("cd ..");
    let path = fake.home().join("visited").display().to_string();
    assert_eq!(shell.text("zoxide query -l | Select-String visited -Raw"), path);
    shell.run("z visit");
    assert_eq!(shell.text("$PWD.Path"), path);
    shell.run("cd ..");
}

#[test]
fn starship_shows_its_prompt() {
    let Some(starship) = prepared("peers/bin/starship") else { return };
    let line = |home: &Path| starship_line(&starship, home);
    Peer { line: &line, shows: ["0", "7"], works: &starship_works }.in_both_orders();
}

#[test]
fn zoxide_remembers_folders() {
    let Some(zoxide) = prepared("peers/bin/zoxide") else { return };
    let line = |home: &Path| zoxide_line(&zoxide, home);
    Peer { line: &line, shows: ["True,0", "False,7"], works: &zoxide_works }.in_both_orders();
}

#[test]
fn starship_and_zoxide_work_together() {
    let (Some(starship), Some(zoxide)) = (prepared("peers/bin/starship"), prepared("peers/bin/zoxide")) else { return };
    let line = |home: &Path| starship_line(&starship, home) + &zoxide_line(&zoxide, home);
    let works = |shell: &mut Terminal, fake: &FakeOstoken| {
        starship_works(shell, fake);
        zoxide_works(shell, fake);
    };
    Peer { line: &line, shows: ["0", "7"], works: &works }.in_both_orders();
}
