//! The real programs: what their users have in the rc file, and how to see that each works.

use std::fs;
use std::path::Path;

use crate::support::fake_ostoken::FakeOstoken;
use crate::support::pty::Shell;

/// A prompt of starship's that a test's shell can read.
pub const STARSHIP_PROMPT: &str = "add_newline = false\nformat = '${status}ship> '\n\
    [status]\ndisabled = false\nsuccess_symbol = 'x'\nformat = 'ps\\[$status\\]ps '\n";

/// starship, which draws nothing on a dumb terminal. fish paints a prompt again at each word that is typed: there it goes
/// to standard error, as that of fish's [`Shell`] does.
pub fn starship_line(starship: &Path, kind: &str, home: &Path) -> String {
    fs::write(home.join("starship.toml"), STARSHIP_PROMPT).expect("a configuration");
    let program = fs::canonicalize(starship).expect("a path without links");
    let program = program.display();
    let init = format!("'{program}' init {kind} --print-full-init | sed \"s#'*{program}'*#draw#g\"");
    if kind == "fish" {
        return format!(
            "set -gx STARSHIP_CONFIG ~/starship.toml\nfunction draw\n    TERM=xterm '{program}' $argv >&2\nend\n\
             {init} | source\n"
        );
    }
    format!("export STARSHIP_CONFIG=~/starship.toml\ndraw() {{ TERM=xterm '{program}' \"$@\"; }}\neval \"$({init})\"\n")
}

pub fn starship_works(shell: &mut Shell, _: &FakeOstoken) {
    shell.send("true");
    let text = shell.prompt().text;
    assert!(text.starts_with("ship> "), "{text}");
}

pub fn zoxide_line(zoxide: &Path, kind: &str, home: &Path) -> String {
    fs::create_dir(home.join("visited")).expect("a folder");
    let bin = zoxide.parent().expect("a folder").display();
    match kind {
        "fish" => format!("set -p PATH '{bin}'\nzoxide init fish | source\n"),
        _ => format!("PATH='{bin}':$PATH\neval \"$(zoxide init {kind})\"\n"),
    }
}

pub fn zoxide_works(shell: &mut Shell, fake: &FakeOstoken) {
    shell.run("cd visited");
    shell.run("cd ..");
    let path = fake.home().join("visited").display().to_string();
    assert_eq!(shell.text("zoxide query -l | grep visited"), path);
    shell.run("z visit");
    assert_eq!(shell.text("pwd"), path);
    shell.run("cd ..");
}

pub fn direnv_line(direnv: &Path, kind: &str, home: &Path) -> String {
    fs::create_dir(home.join("project")).expect("a folder");
    fs::write(home.join("project/.envrc"), "export PEER=here\n").expect(".envrc");
    let direnv = direnv.display();
    match kind {
        "fish" => format!("set -gx DIRENV_LOG_FORMAT\n'{direnv}' hook fish | source\n"),
        _ => format!("export DIRENV_LOG_FORMAT=\neval \"$('{direnv}' hook {kind})\"\n"),
    }
}

pub fn direnv_works(shell: &mut Shell, fake: &FakeOstoken) {
    let calls = fake.calls().len();
    shell.run("direnv allow project/.envrc");
    shell.run("cd project");
    assert_eq!(shell.text("echo \"<$PEER>\""), "<here>");
    shell.run("cd ..");
    assert_eq!(shell.text("echo \"<$PEER>\""), "<>");
    assert_eq!(fake.calls().len(), calls, "its variable is none of ours");
}
