//! `ostoken init SHELL --wrap PROGRAM`: what people type makes no token, and is else what it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::hooks::Kind;
use crate::support::home::Client;
use crate::support::process::Output;
use crate::support::{Cloud, CloudOptions, Fake};
use crate::user::User;

/// Prints its arguments, and with whose Keystone it would speak.
const PROGRAM: &str = r#"#!/bin/sh
case $OS_AUTH_URL in http://127.0.0.1:*/????????????????????????????????/v3) printf served ;; *) printf plain ;; esac
for argument; do printf '[%s]' "$argument"; done
echo
case $1 in
cat) cat ;;
fail) exit 7 ;;
esac
"#;

/// A script of this shell, which has the program `openstack` and has wrapped it. `before` comes before the hook.
fn script(kind: Kind, user: &User, before: &str, lines: &str) -> Option<Output> {
    let shell = kind.script()?;
    let bin = user.home.outside("bin");
    fs::create_dir_all(&bin).expect("a folder");
    for name in ["openstack", "terra-form.1"] {
        fs::write(bin.join(name), PROGRAM).expect("a program");
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    let init = match kind {
        Kind::Bash | Kind::Zsh => format!("eval \"$(ostoken init {} WRAP)\"", kind.name()),
        Kind::Fish => "ostoken init fish WRAP | source".into(),
        Kind::PowerShell => ". ([scriptblock]::Create((& ostoken init powershell WRAP) -join \"`n\"))".into(),
    };
    let init = init.replace("WRAP", "--wrap openstack --wrap terra-form.1");
    let text = format!("{before}\n{init}\n{lines}\n");
    let mut command = user.command(&shell[0]);
    command.args(&shell[1..]).arg(text).env("PATH", format!("{}:{}", bin.display(), user.home.search_path()));
    Some(user.home.run(&mut command))
}

/// How a shell asks for the status of the last command.
fn status(kind: Kind) -> &'static str {
    match kind {
        Kind::Bash | Kind::Zsh => "echo $?",
        Kind::Fish => "echo $status",
        Kind::PowerShell => "$LASTEXITCODE",
    }
}

fn arguments_input_and_status_are_the_programs_own(kind: Kind) {
    let fake = Fake::start();
    let user = User::of(&fake);
    let lines = [
        "openstack a 'b  c' '' '$x*' -l:1 -- -l --",
        "terra-form.1 one",
        "echo typed | openstack cat | tr a-z A-Z",
        "openstack fail",
        status(kind),
        "command openstack around",
    ];
    let lines = match kind {
        Kind::PowerShell => lines
            .join("\n")
            .replace("command openstack", "& (Get-Command -CommandType Application -TotalCount 1 openstack)"),
        _ => lines.join("\n"),
    };
    let Some(output) = script(kind, &user, "", &lines) else { return };
    let want =
        "served[a][b  c][][$x*][-l:1][--][-l][--]\nserved[one]\nSERVED[CAT]\nTYPED\nserved[fail]\n7\nplain[around]\n";
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), (want, ""));
    assert_eq!(fake.posts(), 1);
}

fn without_a_login_and_after_off_the_program_runs_as_it_is(kind: Kind) {
    let user = User::new(Vec::new());
    let Some(output) = script(kind, &user, "", &format!("openstack fail -- x\n{}", status(kind))) else { return };
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("plain[fail][--][x]\n7\n", ""));
    let fake = Fake::start();
    let user = User::of(&fake);
    user.logged_in();
    let lines = "ostoken_off\nopenstack off\nostoken_on\nopenstack on\n";
    let output = script(kind, &user, "", lines).expect("the shell is there");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("plain[off]\nserved[on]\n", ""));
}

fn an_alias_and_a_function_of_the_same_name_stay(kind: Kind) {
    let fake = Fake::start();
    let user = User::of(&fake);
    let (before, want) = match kind {
        Kind::Bash => ("shopt -s expand_aliases\nalias openstack='openstack --alias'", "served[--alias][x]\n"),
        Kind::Zsh => ("setopt aliases\nalias openstack='openstack --alias'", "served[--alias][x]\n"),
        Kind::Fish => ("alias openstack 'openstack --alias'", "plain[--alias][x]\n"),
        Kind::PowerShell => ("Set-Alias openstack terra-form.1", "served[x]\n"),
    };
    // (zsh reads a whole script before it expands an alias.)
    let Some(output) =
        script(kind, &user, before, if kind == Kind::Zsh { "eval 'openstack x'" } else { "openstack x" })
    else {
        return;
    };
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), (want, ""));
    let before = match kind {
        Kind::Bash | Kind::Zsh => "openstack() { command openstack --own \"$@\"; }",
        Kind::Fish => "function openstack; command openstack --own $argv; end",
        Kind::PowerShell => {
            "function openstack { & (Get-Command -CommandType Application -TotalCount 1 openstack) --own @args }"
        }
    };
    let output = script(kind, &user, before, "openstack x").expect("the shell is there");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("plain[--own][x]\n", ""));
    // Ours is made again.
    let again = match kind {
        Kind::Bash | Kind::Zsh => format!("eval \"$(ostoken init {} --wrap openstack)\"\nopenstack x", kind.name()),
        Kind::Fish => "ostoken init fish --wrap openstack | source\nopenstack x".into(),
        Kind::PowerShell => {
            ". ([scriptblock]::Create((& ostoken init powershell --wrap openstack) -join \"`n\"))\nopenstack x".into()
        }
    };
    let output = script(kind, &user, "", &again).expect("the shell is there");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("served[x]\n", ""));
}

fn a_program_that_is_not_there_is_named_by_the_shell(kind: Kind) {
    let fake = Fake::start();
    let user = User::of(&fake);
    let gone = format!("rm '{}'\nterra-form.1 x", user.home.outside("bin").join("terra-form.1").display());
    let Some(output) = script(kind, &user, "", &gone) else { return };
    assert!(output.stdout.is_empty() && (kind == Kind::PowerShell || output.status == 127), "{output:?}");
    assert!(output.stderr.contains("terra-form.1") && !output.stderr.contains("ostoken: "), "{output:?}");
    assert_eq!(fake.posts(), 0);
}

macro_rules! of_every_shell {
    ($($test:ident)+) => {
        of_every_shell! { @ bash Bash $($test)+ }
        of_every_shell! { @ zsh Zsh $($test)+ }
        of_every_shell! { @ fish Fish $($test)+ }
        of_every_shell! { @ powershell PowerShell $($test)+ }
    };
    (@ $shell:ident $kind:ident $($test:ident)+) => {
        mod $shell { $(#[test] fn $test() { super::$test(super::Kind::$kind); })+ }
    };
}

of_every_shell! {
    arguments_input_and_status_are_the_programs_own
    without_a_login_and_after_off_the_program_runs_as_it_is
    an_alias_and_a_function_of_the_same_name_stay
    a_program_that_is_not_there_is_named_by_the_shell
}

#[test]
fn negation_background_and_time_are_the_shells_own() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let lines = "! openstack fail; echo $?\nopenstack cat </dev/null & wait $!; echo $?\ntime openstack x";
    for kind in [Kind::Bash, Kind::Zsh] {
        let Some(output) = script(kind, &user, "", lines) else { continue };
        assert_eq!(output.stdout, "served[fail]\n0\nserved[cat]\n0\nserved[x]\n", "{kind:?}");
        // zsh times no function before 5.10.
        assert!(kind == Kind::Zsh || output.stderr.contains("real"), "{output:?}");
    }
    let lines = "not openstack fail; echo $status\ntime openstack x";
    let Some(output) = script(Kind::Fish, &user, "", lines) else { return };
    assert_eq!(output.stdout, "served[fail]\n0\nserved[x]\n");
    assert!(output.stderr.contains("Executed in"), "{output:?}");
}

#[test]
fn the_real_client_in_a_hooked_shell_creates_nothing() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    for client in [Client::Pip, Client::Debian] {
        let Some(alice) = User::new(cloud.openrc_environment("alice", "demo")).with_client(client) else { return };
        let Some(bash) = Kind::Bash.program() else { return };
        alice.token();
        let before = cloud.creations();
        let text = "eval \"$(ostoken init bash --wrap openstack)\"; openstack token issue -f value -c id; \
                    openstack project list --my-projects -f value -c Name";
        let output = alice.home.run(alice.command(bash).arg("-c").arg(text)).success();
        assert_eq!(output.stdout.lines().next(), Some(alice.token().as_str()));
        assert!(output.stdout.contains("\ndemo\n"), "{output:?}");
        assert_eq!(cloud.creations(), before);
    }
}

#[test]
fn the_name_of_a_program_is_all_that_is_wrapped() {
    let user = User::new(Vec::new());
    for name in ["/usr/bin/openstack", "a b", "$(x)", "-x", "", "a;b", "é"] {
        let output = user.run(&["init", "bash", &format!("--wrap={name}")]).expect_status(2);
        assert!(output.stderr.contains("expected a program's name"), "{output:?}");
        assert!(output.elapsed < Duration::from_secs(10) && output.stdout.is_empty());
    }
}
