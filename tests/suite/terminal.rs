//! The program with its real hooks, in interactive shells on a terminal. What belongs here: what a person sees over a
//! session's life, with a real Keystone, or with one that misbehaves. The hooks alone: hooks, hooks_bash and so on.

mod changes;
mod exported;
mod jobs;
pub mod language;
mod methods;
mod renewals;
mod secrecy;
mod troubles;

use std::fs;
use std::time::{Duration, Instant};

use crate::support::cloud_users::Variables;
use crate::support::openrc_text::quoted;
use crate::support::pty::{Answer, LIMIT, Shell};
use crate::support::{Cloud, CloudOptions, Fake};
use crate::user::User;
pub use language::init;

/// The longest that a prompt may take, whatever Keystone does.
const PROMPT: Duration = Duration::from_millis(2500);

/// Runs each of these functions once in each shell.
macro_rules! in_each_shell {
    ($($name:ident)*) => {
        mod bash {
            $(#[test] fn $name() { super::$name("bash"); })*
        }
        mod zsh {
            $(#[test] fn $name() { super::$name("zsh"); })*
        }
        mod fish {
            $(#[test] fn $name() { super::$name("fish"); })*
        }
        mod powershell {
            $(#[test] fn $name() { super::$name("powershell"); })*
        }
    };
}
pub(crate) use in_each_shell;

impl User {
    /// A terminal of theirs, who made this login before, with this rc file; where there is no such shell, the test is to
    /// return.
    pub fn terminal(&self, shell: &str, rc: &str) -> Option<Shell> {
        self.logged_in();
        let rc = language::words(shell).to_owned() + rc;
        Some(Shell::at_home(&language::program(shell)?, &self.home, &rc, &self.variables))
    }
}

impl Shell {
    /// The value of a variable as a program sees it; empty where it is not exported.
    pub fn get(&mut self, name: &str) -> String {
        self.text(&format!("printenv {name}"))
    }

    /// The token, once it is there: on a loaded machine the first prompts may have none yet.
    pub fn token(&mut self) -> String {
        self.new_token("")
    }

    /// The token that takes the place of this one, at this prompt or a later one.
    pub fn new_token(&mut self, old: &str) -> String {
        let end = Instant::now() + 2 * LIMIT;
        loop {
            let token = self.get("OS_TOKEN");
            if !token.is_empty() && token != old {
                return token;
            }
            assert!(Instant::now() < end, "no new token: {}", self.exported("OS_|OSTOKEN_"));
        }
    }

    /// What the hook says, at this prompt or, on a loaded machine, at a later one.
    pub fn said(&mut self, line: &str) -> String {
        let end = Instant::now() + 2 * LIMIT;
        let mut said = self.run(line).text;
        while said.is_empty() {
            assert!(Instant::now() < end, "nothing is said");
            said = self.run("").text;
        }
        said
    }

    /// Every exported variable that this extended regular expression finds, sorted.
    pub fn exported(&mut self, names: &str) -> String {
        self.text(&format!("sh -c \"env | grep -E '^({names})' | LC_ALL=C sort\""))
    }

    /// Runs a line; the prompt after it must come in time.
    pub fn run_in_time(&mut self, line: &str) -> Answer {
        let started = Instant::now();
        let answer = self.run(line);
        assert!(started.elapsed() < PROMPT, "a prompt took {:?}: {answer:?}", started.elapsed());
        answer
    }
}

/// A small Keystone that plays its part, and a user of it. For what is the shell's concern alone.
fn user_of_fake() -> Option<(Fake, User)> {
    let fake = Fake::start();
    let person = User::with_keyutils(fake.environment())?;
    Some((fake, person))
}

/// A cloud and a user whose environment is that of an OpenRC file that was sourced.
fn member(user: &str, project: &str) -> Option<(Cloud, User)> {
    let cloud = Cloud::start(CloudOptions::default())?;
    let person = User::with_keyutils(cloud.openrc_environment(user, project))?;
    Some((cloud, person))
}

/// Writes lines that export these variables, of a login that was made before, and gives the command that sources them.
pub fn sourced(person: &User, name: &str, variables: &Variables) -> String {
    let lines = variables.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value)));
    person.home.logged_in(variables);
    let file = person.home.outside(name);
    fs::write(&file, lines.collect::<String>()).unwrap();
    format!("source {}", file.display())
}

/// Writes the OpenRC file of a user who logged in before, and gives the command that sources it: in the shells that are no POSIX shells, one
/// with the same variables.
pub fn openrc(person: &User, cloud: &Cloud, shell: &str, user: &str, project: &str) -> String {
    let name = format!("{user}.sh");
    if !language::is_posix(shell) {
        return sourced(person, &name, &cloud.openrc_environment(user, project));
    }
    person.home.logged_in(&cloud.openrc_environment(user, project));
    let file = person.home.outside(&name);
    cloud.openrc_file(&file, user, project);
    format!("source {}", file.display())
}
