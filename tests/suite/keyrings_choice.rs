//! Which keyring the program takes, why, and what it does where that one does not answer.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::support::tools::wait_until;
use crate::support::{Cloud, CloudOptions, Fake, Home, Session, keyutils, tool};
use crate::user::{LIMIT, User};

/// A user of this Keystone who lets the program choose.
fn choosing(fake: &Fake) -> User {
    User::of(fake).with("OSTOKEN_KEYRING", "auto")
}

/// The keyring in use, and why.
#[track_caller]
fn chosen(user: &User) -> (String, String) {
    let status = user.status();
    let word = |name: &str| status["keyring"][name].as_str().unwrap().to_owned();
    (word("backend"), word("why"))
}

#[test]
fn auto_takes_a_secret_service_that_answers_and_is_unlocked() {
    let (fake, home) = (Fake::start(), Home::new());
    let Some(session) = Session::start(&home) else { return };
    let user = choosing(&fake).with("DBUS_SESSION_BUS_ADDRESS", session.address());
    // On a machine under load a service may take longer than the second that it has, and is asked again.
    let is_desktop = || chosen(&user).0 == "secret-service";
    assert!(wait_until(LIMIT, is_desktop));
    assert!(chosen(&user).1.contains("the desktop's Secret Service, unlocked"));
    user.token();
    assert!(user.folder("secret-service").exists());
}

#[test]
fn auto_takes_the_kernels_keyring_without_a_bus() {
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    let user = choosing(&fake);
    user.token();
    let (backend, why) = chosen(&user);
    assert_eq!((backend.as_str(), why.contains("no session bus")), ("keyutils", true), "{why}");
    assert!(!user.folder("secret-service").exists());
}

#[test]
fn auto_takes_the_kernels_keyring_while_the_secret_service_is_locked() {
    let (fake, home) = (Fake::start(), Home::new());
    let (true, Some(session)) = (keyutils::available(), Session::start(&home)) else { return };
    session.lock();
    let user = choosing(&fake).with("DBUS_SESSION_BUS_ADDRESS", session.address());
    user.token();
    let (backend, why) = chosen(&user);
    assert_eq!((backend.as_str(), why.contains("locked")), ("keyutils", true), "{why}");
    assert!(session.is_locked());
}

/// What holds for a Secret Service that never answers, wherever it hangs.
#[track_caller]
fn hung(user: &User) {
    let output = user.run(&["token"]).success();
    assert!((900..5000).contains(&output.elapsed.as_millis()), "{output:?}");
    let (backend, why) = chosen(user);
    assert_eq!((backend.as_str(), why.contains("no answer within 1 s")), ("keyutils", true), "{why}");
    let hook = user.hook("").success();
    assert!(hook.elapsed.as_millis() < 2500 && hook.stdout.starts_with("gAAAAA"), "{hook:?}");
}

#[test]
fn auto_takes_the_kernels_keyring_when_the_secret_service_hangs() {
    let (fake, home) = (Fake::start(), Home::new());
    let (true, Some(session)) = (keyutils::available(), Session::start_hung(&home)) else { return };
    hung(&choosing(&fake).with("DBUS_SESSION_BUS_ADDRESS", session.address()));
}

#[test]
fn auto_takes_the_kernels_keyring_when_the_bus_itself_hangs() {
    if !keyutils::available() {
        return;
    }
    let (fake, user) = (Fake::start(), User::new(Vec::new()));
    let path = user.home.runtime().join("deaf");
    let _bus = UnixListener::bind(&path).unwrap();
    hung(&choosing(&fake).with("DBUS_SESSION_BUS_ADDRESS", &format!("unix:path={}", path.display())));
}

#[test]
fn a_dead_bus_is_no_bus_and_none_is_started() {
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    let user = choosing(&fake);
    drop(UnixListener::bind(user.home.runtime().join("bus")).unwrap());
    user.token();
    assert_eq!(chosen(&user).0, "keyutils");
    assert_eq!(user.home.processes(), Vec::<i32>::new());
}

#[test]
fn a_bus_address_that_is_not_a_socket_of_this_machine_is_not_used() {
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    let user = choosing(&fake);
    let mark = user.home.path().join("it-ran");
    let run = format!("unixexec:path=/usr/bin/touch,argv1={}", mark.display());
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = deaf.local_addr().unwrap().port();
    let file = mark.with_extension("nonce").display().to_string();
    let addresses = [
        run.clone(),
        format!("unix:path=/nowhere;{run}"),
        format!(";{run}"),
        format!("tcp:host=127.0.0.1,port={port}"),
        format!("nonce-tcp:host=127.0.0.1,port={port},noncefile={file}"),
        "autolaunch:".into(),
        "systemd:".into(),
        "nonsense".into(),
    ];
    let mut user = user;
    for address in addresses {
        user.set("OSTOKEN_KEYRING", "auto").set("DBUS_SESSION_BUS_ADDRESS", &address);
        let (backend, why) = chosen(&user);
        assert_eq!((backend.as_str(), why.contains("not a unix: address")), ("keyutils", true), "{address}: {why}");
        user.token();
        user.hook("").success();
        let output = user.set("OSTOKEN_KEYRING", "secret-service").run(&["token"]).expect_status(7);
        assert!(output.stderr.contains("not a unix: address"), "{output:?}");
    }
    assert!(!mark.exists(), "an address ran a program");
    // A file in the place of the user's bus: libdbus would start one of its own.
    std::fs::write(user.home.runtime().join("bus"), "").unwrap();
    user.set("OSTOKEN_KEYRING", "auto").set("DISPLAY", ":0").unset("DBUS_SESSION_BUS_ADDRESS");
    assert!(chosen(&user).1.contains("no session bus"));
    assert!(chosen(user.set("DBUS_SESSION_BUS_ADDRESS", "")).1.contains("no session bus"));
    // Bytes that are no text are not overlooked.
    std::fs::remove_file(user.home.runtime().join("bus")).unwrap();
    let _bus = UnixListener::bind(user.home.runtime().join("bus")).unwrap();
    let bytes = [run.as_bytes(), b",argv2=\xff"].concat();
    let mut command = user.ostoken(&["status", "--json"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", std::ffi::OsStr::from_bytes(&bytes));
    let status = user.home.run(&mut command).success();
    assert!(status.stdout.contains("not a unix: address") && !mark.exists(), "{status:?}");
    deaf.set_nonblocking(true).unwrap();
    assert!(deaf.accept().is_err(), "nobody called");
}

#[test]
fn a_prompt_asks_a_remembered_secret_service_that_hangs_once() {
    let (fake, home) = (Fake::start(), Home::new());
    let (true, Some(session)) = (keyutils::available(), Session::start(&home)) else { return };
    let user = logged_in(&fake, &session).with("OS_PASSWORD", "correct horse battery");
    session.hang();
    user.token();
    let hook = user.hook("").success();
    assert!(hook.elapsed.as_millis() < 1900 && hook.stdout.starts_with("gAAAAA"), "{hook:?}");
}

/// A user whose password is kept in this Secret Service, and nowhere else.
fn logged_in(fake: &Fake, session: &Session) -> User {
    let user = choosing(fake).with("DBUS_SESSION_BUS_ADDRESS", session.address());
    user.run(&["login"]).success();
    user.without("OS_PASSWORD")
}

#[test]
fn a_login_in_the_secret_service_is_not_looked_for_elsewhere() {
    let (fake, home) = (Fake::start(), Home::new());
    let Some(session) = Session::start(&home) else { return };
    let mut user = logged_in(&fake, &session);
    let unreachable = |user: &User, why: &str| {
        let sent = fake.requests().len();
        for command in [&["token"][..], &["refresh"], &["status"], &["exec", "--", "true"], &["get"]] {
            let output = user.run(command).expect_status(7);
            assert!(output.stderr.contains("secret is in secret-service"), "{output:?}");
            assert!(output.stderr.contains(why) && output.stdout.is_empty(), "{output:?}");
        }
        let hook = user.hook("").success();
        assert!(hook.elapsed.as_millis() < 2500 && hook.stdout.contains("__ostoken_said=no-keyring"), "{hook:?}");
        assert_eq!(fake.requests().len(), sent, "nothing is sent");
    };
    session.lock();
    unreachable(&user, "locked");
    assert!(session.is_locked());
    session.hang();
    unreachable(&user, "no answer");
    session.resume();
    user.unset("DBUS_SESSION_BUS_ADDRESS");
    unreachable(&user, "no session bus");
    user.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    session.unlock();
    user.token();
    assert_eq!(fake.posts(), 1);
}

#[test]
fn a_hook_raises_no_window_before_a_locked_secret_service() {
    let (fake, home) = (Fake::start(), Home::new());
    let (Some(monitor), Some(session)) = (tool("dbus-monitor"), Session::start(&home)) else { return };
    let user = logged_in(&fake, &session);
    session.lock();
    let log = home.outside("bus.log");
    let file = std::fs::File::create(&log).unwrap();
    let mut watching = session.command(monitor).arg("--session").stdout(file).spawn().unwrap();
    let seen = |word: &str| std::fs::read_to_string(&log).unwrap().contains(word);
    let mark = |name: &str| {
        let arrived = wait_until(LIMIT, || {
            let mut send = session.command("dbus-send");
            home.run(send.args(["--session", "--type=signal", "/x", &format!("org.example.{name}")])).success();
            seen(&format!("member={name}"))
        });
        assert!(arrived, "the monitor hears nothing");
    };
    mark("Before");
    for _ in 0..2 {
        let hook = user.hook("").success();
        assert!(hook.elapsed.as_millis() < 2500 && hook.stderr.contains("locked"), "{hook:?}");
    }
    user.run(&["token"]).expect_status(7);
    mark("After");
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert!(seen("member=OpenSession"), "the hook has asked");
    for call in ["member=Unlock", "member=Prompt", "SystemPrompter"] {
        assert!(!seen(call), "{call}");
    }
}

#[test]
fn a_password_in_the_environment_needs_no_secret_service() {
    let (fake, home) = (Fake::start(), Home::new());
    let (true, Some(session)) = (keyutils::available(), Session::start(&home)) else { return };
    let user = logged_in(&fake, &session).with("OS_PASSWORD", "correct horse battery");
    assert_eq!(chosen(&user).0, "secret-service");
    session.lock();
    user.token();
    assert_eq!(chosen(&user).0, "keyutils");
}

#[test]
fn a_keyring_that_does_not_exist_is_a_usage_error() {
    let fake = Fake::start();
    for name in ["nonsense", "Keyutils", "file ", "../file"] {
        let output = User::of(&fake).with("OSTOKEN_KEYRING", name).run(&["token"]).expect_status(2);
        assert!(output.stderr.contains("OSTOKEN_KEYRING"), "{output:?}");
    }
    for name in ["keychain", "credential-manager"] {
        User::of(&fake).with("OSTOKEN_KEYRING", name).run(&["token"]).expect_status(7);
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn the_secret_service_by_name_takes_no_other() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "secret-service");
    let output = user.run(&["token"]).expect_status(7);
    assert!(output.stderr.contains("no session bus") && output.stderr.contains("hint: "), "{output:?}");
    let hook = user.hook("").success();
    assert!(hook.stdout.contains("__ostoken_said=no-keyring") && hook.stderr.lines().count() == 1, "{hook:?}");
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn kernel_entries_lie_in_the_persistent_keyring_alone() {
    let (true, Some(_)) = (keyutils::available(), tool("keyctl")) else { return };
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "keyutils");
    // In a session keyring of its own, so that nothing is linked to the tester's.
    let list = "ostoken login >/dev/null && keyctl list @s; echo ==; keyctl list @u; echo ==; \
                keyctl list \"$(keyctl get_persistent @s)\"";
    let mut command = user.command("keyctl");
    let output = user.home.run(command.args(["session", "-", "sh", "-c", list])).success();
    let lists: Vec<&str> = output.stdout.split("==").collect();
    let holds = |list: &str| list.contains(&format!("{}:", user.home.service()));
    assert_eq!([holds(lists[0]), holds(lists[1]), holds(lists[2])], [false, false, true], "{output:?}");
}

/// A terminal: a shell that lives on, with its own session keyring or with a Secret Service.
struct Terminal {
    shell: Child,
    keyboard: ChildStdin,
    screen: BufReader<ChildStdout>,
}

impl Terminal {
    fn open(mut command: Command) -> Terminal {
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (keyboard, screen) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        Terminal { shell, keyboard, screen }
    }

    /// The first line that the command prints.
    fn first_line(&mut self, command: &str) -> String {
        writeln!(self.keyboard, "{command} </dev/null 2>&1; echo END").unwrap();
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != "END") {
            let mut line = String::new();
            assert_ne!(self.screen.read_line(&mut line).unwrap(), 0, "the shell ended: {lines:?}");
            lines.push(line.trim_end().to_owned());
        }
        lines.remove(0)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

#[test]
fn terminals_with_session_keyrings_of_their_own_and_a_desktop_make_one_token_a_keyring() {
    let home = Home::new();
    let (true, Some(_)) = (keyutils::available(), tool("keyctl")) else { return };
    let (Some(session), Some(cloud)) = (Session::start(&home), Cloud::start(CloudOptions::default())) else { return };
    let user = User::new(cloud.openrc_environment("alice", "demo")).with("OSTOKEN_KEYRING", "auto");
    user.logged_in();
    let console = || {
        let mut command = user.command("keyctl");
        command.args(["session", "-", "sh"]).stderr(Stdio::null());
        Terminal::open(command)
    };
    let mut desktop = user.command("sh");
    desktop.env("DBUS_SESSION_BUS_ADDRESS", session.address());
    let mut terminals = [console(), console(), Terminal::open(desktop)];
    // On a loaded machine a token may come too late for the prompt that had it made, and be there for the next one.
    let mut prompt = |call: usize| {
        let mut token = String::new();
        wait_until(Duration::from_secs(30), || {
            token = terminals[call % 3].first_line("ostoken hook --shell bash");
            !token.is_empty()
        });
        token
    };
    let tokens: Vec<String> = (0..50).map(&mut prompt).collect();
    for (call, token) in tokens.iter().enumerate() {
        assert!(token.starts_with("gAAAAA"), "call {call}: {token}");
        let of_backend = if call % 3 == 2 { &tokens[2] } else { &tokens[0] };
        assert_eq!(token, of_backend, "call {call}");
    }
    assert_ne!(tokens[0], tokens[2]);
    assert_eq!(cloud.creations(), 2);
}
