//! A kernel keyring that is full: an ordinary user has 20,000 bytes and 200 keys there.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use crate::support::{Fake, keyutils, tool};
use crate::user::User;

/// Somebody with no key yet, whose keyring ends with this value.
struct Ordinary {
    user: User,
    uid: u32,
}

impl Ordinary {
    /// Only root can become somebody else; without that the test is to return.
    fn of(fake: &Fake) -> Option<Ordinary> {
        let (true, Some(_), Some(_)) = (keyutils::available(), tool("setpriv"), tool("keyctl")) else { return None };
        if !rustix::process::geteuid().is_root() {
            crate::support::skip("only root can become an ordinary user");
            return None;
        }
        let user = User::of(fake).with("OSTOKEN_KEYRING", "keyutils");
        let uid = 1_000_000 + std::process::id();
        give(user.home.state().parent().unwrap(), uid);
        Some(Ordinary { user, uid })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.user.command("setpriv");
        let id = self.uid;
        command.args([&format!("--reuid={id}"), &format!("--regid={id}"), "--clear-groups", program]);
        command
    }

    /// `ostoken` with these arguments; what it printed, if that is all that it had to say.
    #[track_caller]
    fn ostoken(&self, arguments: &[&str]) -> String {
        let output = self.user.home.run(self.command(env!("CARGO_BIN_EXE_ostoken")).args(arguments)).success();
        assert_eq!(output.stderr, "");
        // The budget of 50 requests a minute is not what this is about.
        for name in self.user.names(|name| name.ends_with(".login.json")) {
            std::fs::remove_file(self.user.state().join(name)).unwrap();
        }
        output.stdout.trim_end().to_owned()
    }

    /// The token of a project.
    #[track_caller]
    fn token(&mut self, project: &str) -> String {
        self.user.set("OS_PROJECT_NAME", project);
        self.ostoken(&["token"])
    }

    fn keys(&self, action: &str) -> String {
        let script = format!("keyctl {action} \"$(keyctl get_persistent @s)\"");
        let mut command = self.command("keyctl");
        self.user.home.run(command.args(["session", "-", "sh", "-c", &script])).stdout
    }
}

impl Drop for Ordinary {
    fn drop(&mut self) {
        self.keys("clear");
    }
}

fn give(path: &Path, uid: u32) {
    chown(path, Some(uid), Some(uid)).unwrap();
    for entry in path.read_dir().into_iter().flatten().flatten() {
        give(&entry.path(), uid);
    }
}

#[test]
fn a_hundred_scopes_of_one_login_each_have_a_token_and_the_secret_stays() {
    let fake = Fake::start();
    let Some(mut ordinary) = Ordinary::of(&fake) else { return };
    let service = ordinary.user.home.service().to_owned();
    ordinary.user.set("OSTOKEN_KEYRING_SERVICE", "another");
    ordinary.token("p0");
    ordinary.user.set("OSTOKEN_KEYRING_SERVICE", &service);
    ordinary.ostoken(&["login"]);
    ordinary.user.unset("OS_PASSWORD");
    let often = ordinary.token("often");
    let mut last = Vec::new();
    for number in 0..100 {
        last.push(ordinary.token(&format!("p{number}")));
        assert_eq!(ordinary.token("often"), often, "after {number}: one that is used goes last");
    }
    let posts = fake.posts();
    for (number, token) in last.iter().enumerate().skip(90) {
        assert_eq!(ordinary.token(&format!("p{number}")), *token);
    }
    assert_eq!(fake.posts(), posts, "the last ten are kept");
    let keys = ordinary.keys("list");
    let count = |prefix: &str| keys.matches(prefix).count();
    assert_eq!(count("another:token:"), 1, "{keys}");
    assert_eq!(count(&format!("{service}:secret:")), 1, "{keys}");
    assert!(count(&format!("{service}:token:")) >= 15, "{keys}");
}
