//! What a shell's hook is told, in the words of `ostoken hook`: whose token may stay, what is said, and how long it takes.
//! The shells' own side: hooks_*; whole sessions: terminal.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use ostoken::store::folder::Folder;
use ostoken::store::lock::{Guard, try_lock};
use serde_json::Value;

use crate::support::fake_issuer::now;
use crate::support::process::Output;
use crate::support::tools::wait_until;
use crate::support::{Answer, Fake, tool};
use crate::user::{LIMIT, User, text};

/// The longest that a prompt may take.
const PROMPT: u128 = 2500;

impl User {
    /// The same user in a shell that exported this token, for this login and until then.
    fn holding(mut self, token: &str, mark: &str, until: i64) -> User {
        self.set("OS_TOKEN", token).set("OS_AUTH_TYPE", "token").set("OSTOKEN_EXPORTED", "0123456789abcdef");
        self.set("OSTOKEN_FOR", mark).set("OSTOKEN_EXPIRES_AT", &until.to_string());
        self.set("OSTOKEN_USER_DOMAIN_NAME", "Default");
        self.unset("OS_USER_DOMAIN_NAME");
        self
    }

    /// A call of the hook of a shell that says that OS_TOKEN is its own.
    fn hook_own(&self, said: &str) -> Output {
        self.run(&["hook", "--shell", "bash", "--said", said, "--own"]).success()
    }

    /// OSTOKEN_FOR of this login, as the answer to a hook has it.
    fn mark(&self) -> String {
        word(&self.hook("").success(), "\\builtin export OSTOKEN_FOR=")
    }

    /// The file in which what went wrong with the login is remembered.
    fn memory(&self) -> PathBuf {
        self.state().join(&self.names(|name| name.ends_with(".login.json"))[0])
    }

    /// Takes the lock with this end of its name, as a process would that was stopped.
    fn hold(&self, end: &str) -> Guard {
        let names = self.names(|name| name.ends_with(end));
        let name = names.iter().find(|name| name.len() == 64 + end.len()).expect("a lock");
        let folder = Folder::open(self.home.state().join("ostoken")).unwrap().inner(self.get("OSTOKEN_KEYRING"));
        try_lock(&folder, name).unwrap().expect("nobody holds it")
    }
}

fn word(output: &Output, before: &str) -> String {
    let found = output.stdout.lines().find_map(|line| line.strip_prefix(before));
    found.unwrap_or_else(|| panic!("{before} is not in {output:?}")).trim_matches('\'').to_owned()
}

fn said(output: &Output) -> String {
    word(output, "__ostoken_said=")
}

/// Whether the answer takes a token back.
fn takes_back(output: &Output) -> bool {
    output.stdout.contains("\n__ostoken_restore\n") || output.stdout.contains("\\builtin unset OS_TOKEN\n")
}

#[track_caller]
fn one_line(output: &Output, holding: &[&str]) {
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
    assert!(holding.iter().all(|word| output.stderr.contains(word)), "{holding:?}: {output:?}");
}

#[test]
fn the_marks_beside_a_token_make_it_nobodys() {
    let fake = Fake::start();
    let (token, mark) = (User::of(&fake).token(), User::of(&fake).mark());
    for exported in ["", "0", "0123456789abcdef", &ostoken::secret::Token::parse(&token).unwrap().fingerprint()] {
        let user = User::of(&fake).holding(&token, &mark, now() + 3600).with("OSTOKEN_EXPORTED", exported);
        let posts = fake.posts();
        let hook = user.hook("").success();
        assert!(hook.stdout.starts_with('\n') && !hook.stdout.contains("export"), "{hook:?}");
        assert!(hook.stdout.contains("\\builtin unset OSTOKEN_EXPORTED\n") && hook.stderr.is_empty(), "{hook:?}");
        assert!(!takes_back(&hook), "{hook:?}");
        assert_eq!(fake.posts(), posts, "nothing is made for a token of the user's own");
    }
}

#[test]
fn what_was_taken_from_this_login_comes_back_after_the_shell_took_the_token_away() {
    let fake = Fake::start();
    let mark = User::of(&fake).mark();
    for auth_type in ["v3oidcpassword", "v3password"] {
        let mut user = User::of(&fake).holding("", &mark, 0).with("OS_AUTH_TYPE", auth_type).without("OS_PASSWORD");
        for name in ["OS_TOKEN", "OSTOKEN_EXPORTED", "OSTOKEN_EXPIRES_AT"] {
            user.unset(name);
        }
        let hook = user.prompted("").success();
        assert!(hook.stdout.contains("\n__ostoken_restore\n"), "{hook:?}");
    }
}

#[test]
fn nobody_is_told_of_a_login_of_another_kind() {
    let fake = Fake::start();
    for (name, value) in [("OS_AUTH_TYPE", "v3totp"), ("OS_AUTH_TYPE", "v3kerberos"), ("OS_CLOUD", "lab")] {
        let user = User::of(&fake).holding("gAAAAA", "0", now() + 3600).with(name, value);
        let hook = user.hook_own("");
        assert!(hook.stdout.starts_with("\n__ostoken_restore\n") && hook.stderr.is_empty(), "{hook:?}");
        assert_eq!(said(&hook), "");
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn an_environment_for_the_keystoneauth_plugin_is_left_alone() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_AUTH_TYPE", "ostoken");
    let token = user.token();
    let hook = user.hook_own("");
    assert!(!hook.stdout.contains("OS_TOKEN") && hook.stderr.is_empty(), "{hook:?}");
    assert_eq!(user.token(), token);
}

#[test]
fn a_keyring_that_is_not_there_takes_a_shells_own_token_of_this_login_only_once_it_is_dead() {
    let fake = Fake::start();
    let (token, mark) = (User::of(&fake).token(), User::of(&fake).mark());
    let locked =
        |mark: &str, until: i64| User::of(&fake).holding(&token, mark, until).with("OSTOKEN_KEYRING", "secret-service");
    let alive = locked(&mark, now() + 3600).hook_own("");
    assert!(!takes_back(&alive), "{alive:?}");
    one_line(&alive, &["secret-service"]);
    for user in [locked(&mark, now() - 1), locked("0123456789abcdef", now() + 3600)] {
        let hook = user.hook_own("");
        assert!(takes_back(&hook), "{hook:?}");
    }
}

#[test]
fn each_cause_is_said_once_in_a_shell() {
    let fake = Fake::start();
    let mut user = User::of(&fake);
    user.set("OS_AUTH_URL", "https://127.0.0.1:1/v3").set("OS_CACERT", "/no/such/ca.pem");
    let first = user.hook("").success();
    one_line(&first, &["OS_CACERT", "/no/such/ca.pem"]);
    let second = user.hook_after(&first).success();
    assert_eq!(second.stderr, "");
    user.set("OS_CACERT", "/no/other/ca.pem");
    let other = user.hook_after(&second).success();
    one_line(&other, &["/no/other/ca.pem"]);
    user.set("OS_CACERT", "/no/such/ca.pem");
    let third = user.hook_after(&other).success();
    assert_eq!(third.stderr, "", "it was said before");
}

#[test]
fn an_outage_of_many_tries_is_said_once_while_a_stale_token_is_there() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    user.make_stale();
    fake.always(Answer::html(503));
    let mut last = user.hook("").success();
    let mut lines = String::new();
    let mut prompt = || {
        last = user.hook_after(&last).success();
        lines += &last.stderr;
        lines.lines().count()
    };
    let memory = || serde_json::from_slice::<Value>(&fs::read(user.memory()).unwrap_or_default()).unwrap_or_default();
    for tries in 2..=4 {
        assert!(wait_until(LIMIT, || prompt() == 1 && fake.posts() == tries), "the renewal's failure is said once");
        assert_eq!(prompt(), 1);
        // The time until the next try passes; then the next prompt renews, and the one after it meets the failure.
        assert!(wait_until(LIMIT, || {
            let mut memory = memory();
            memory["hooks_wait_until"] = Value::Null;
            memory["failure"]["at"] = (now() - 60).into();
            fs::write(user.memory(), memory.to_string()).unwrap();
            prompt();
            wait_until(Duration::from_secs(2), || fake.posts() > tries)
        }));
    }
    assert!(lines.contains("could not reach Keystone"), "{lines}");
    assert_eq!(lines.lines().count(), 1, "{lines}");
}

#[test]
fn a_lock_whose_holder_was_stopped_is_named_once() {
    for (end, is_dead) in [(".lock", true), (".login.lock", true), (".login.lock", false)] {
        let fake = Fake::start();
        let user = User::of(&fake);
        user.token();
        let token = user.token();
        if is_dead {
            user.make_dead();
        }
        let guard = user.hold(end);
        let first = user.hook("").success();
        assert!(first.elapsed.as_millis() < PROMPT, "{first:?}");
        if is_dead {
            one_line(&first, &[end]);
            assert!(first.stdout.starts_with('\n'), "{first:?}");
            let second = user.hook_after(&first).success();
            assert!(second.elapsed.as_millis() < PROMPT && second.stderr.is_empty(), "{second:?}");
        } else {
            assert!(
                first.stdout.starts_with(&token) && first.stderr.is_empty(),
                "a fresh token needs no lock: {first:?}"
            );
        }
        drop(guard);
    }
}

/// A hook whose state folder is on a disk that takes three seconds to look at it.
fn on_a_hung_disk(user: &User, arguments: &[&str]) -> Option<Output> {
    let strace = tool("strace")?;
    let mut command = user.command(strace);
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=statx", "-e", "inject=statx:delay_enter=3000000", "-P"]);
    command.arg(user.home.state().join("ostoken"));
    command.arg(env!("CARGO_BIN_EXE_ostoken")).args(["hook", "--shell", "bash"]).args(arguments);
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut stdout = String::new();
    while !stdout.contains("__ostoken_said=") {
        stdout += &format!("{}\n", lines.next().expect("an answer"));
    }
    // strace itself stays for the rest of the three seconds, and may have a word to say.
    let elapsed = started.elapsed();
    let finished = child.wait_with_output().unwrap();
    let stderr = text(&finished.stderr).lines().filter(|line| line.starts_with("ostoken: ")).collect();
    Some(Output { status: finished.status.code().unwrap(), stdout, stderr, elapsed }.success())
}

#[test]
fn a_disk_that_hangs_is_named_once_and_takes_another_logins_token() {
    let fake = Fake::start();
    let (token, mark) = (User::of(&fake).token(), User::of(&fake).mark());
    let own = User::of(&fake).holding(&token, &mark, now() + 3600);
    let Some(hook) = on_a_hung_disk(&own, &["--own"]) else { return };
    assert!((1900..PROMPT).contains(&hook.elapsed.as_millis()), "{hook:?}");
    assert!(hook.stdout.starts_with('\n') && !takes_back(&hook), "merely due: {hook:?}");
    one_line(&hook, &["no answer within 2 s", "the disk"]);
    let again = on_a_hung_disk(&own, &["--own", "--said", &said(&hook)]).unwrap();
    assert_eq!(again.stderr, "");
    let other = User::of(&fake).holding(&token, "0123456789abcdef", now() + 3600);
    let hook = on_a_hung_disk(&other, &["--own"]).unwrap();
    assert!(takes_back(&hook), "{hook:?}");
}
