//! Standard streams that are closed, full or of the wrong kind: no token is lost in silence, none is written elsewhere.

use crate::support::process::Output;
use crate::support::{Fake, tool};
use crate::user::User;

/// Standard output takes nothing.
const NO_OUTPUT: [&str; 8] = [
    ">&-",
    "<&- >&-",
    ">&- 2>&-",
    "<&- >&- 2>&-",
    ">/dev/full",
    "1</dev/null",
    "<&- >/dev/full 2>&-",
    ">&- 2>/dev/full",
];
/// It does.
const OUTPUT: [&str; 5] = ["<&-", "2>&-", "<&- 2>&-", "2>/dev/full", "<&- 2</dev/null"];

/// What a shell does that starts the program with these streams.
fn with_streams(user: &User, command: &str, streams: &str) -> Output {
    user.home.run(user.command("bash").args(["-c", &format!("exec ostoken {command} {streams}")]))
}

#[test]
fn an_answer_that_nobody_can_read_is_an_error() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for streams in NO_OUTPUT {
        for command in [
            "token",
            "token --format json",
            "env --shell bash",
            "get",
            "status",
            "refresh",
            "login",
            "capability",
            "init bash",
            "completions zsh",
            "hook --shell bash",
            "--help",
            "--version",
            "token --help",
        ] {
            let output = with_streams(&user, command, streams);
            assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{command} {streams}: {output:?}");
            let is_said = output.stderr.contains("ostoken: standard output: ") && output.stderr.contains("hint: ");
            assert_eq!(is_said, !streams.contains("2>"), "{command} {streams}: {output:?}");
        }
    }
}

#[test]
fn a_token_is_given_whatever_the_other_streams_are() {
    let fake = Fake::start();
    for streams in OUTPUT {
        // Made, and kept.
        let user = User::of(&fake);
        for _ in 0..2 {
            let output = with_streams(&user, "token", streams).success();
            assert_eq!((output.stdout.trim_end(), output.stderr.as_str()), (user.token().as_str(), ""), "{streams}");
        }
        for command in ["get", "hook --shell bash"] {
            assert!(with_streams(&user, command, streams).success().stdout.contains(&user.token()), "{streams}");
        }
        assert_eq!(with_streams(&user, "nonsense", streams).status, 2, "{streams}");
    }
    assert_eq!(fake.posts(), OUTPUT.len());
}

#[test]
fn a_stream_that_is_closed_is_no_file_of_the_programs() {
    let fake = Fake::start();
    for streams in NO_OUTPUT.into_iter().chain(OUTPUT) {
        let user = User::of(&fake);
        for command in ["token", "login", "token --format header", "nonsense"] {
            with_streams(&user, command, streams);
        }
        let token = user.token();
        let places = user.home.files_containing(&[&token]);
        assert!(places.iter().all(|path| path.parent().unwrap().ends_with("file/secrets")), "{streams}: {places:?}");
        for texts in [&["X-Auth-Token"][..], &["hint: "], &["until it is renewed"]] {
            assert!(user.home.files_containing(texts).is_empty(), "{streams}: {texts:?}");
        }
    }
}

/// Python's `subprocess.DEVNULL` is open for both.
#[test]
fn an_answer_that_is_thrown_away_on_purpose_is_no_error() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for streams in [">/dev/null", "1<>/dev/null", "<>/dev/null 1<>/dev/null 2<>/dev/null"] {
        let output = with_streams(&user, "token", streams).success();
        assert_eq!(output.stderr, "", "{streams}");
    }
}

#[test]
fn a_command_of_exec_finds_its_streams_as_they_were_given() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for streams in ["", "<&-", ">&-", "2>&-", "<&- >&- 2>&-", "<&- 2>&-"] {
        let is_open = "for n in 0 1 2; do [ -e /proc/$$/fd/$n ] && open=$open$n; done; exit ${open:-3}";
        let of_shell = user.home.run(user.command("bash").args(["-c", &format!("exec sh -c '{is_open}' {streams}")]));
        let output = with_streams(&user, &format!("exec -- sh -c '{is_open}'"), streams);
        assert_eq!(output.status, of_shell.status, "{streams}: {output:?}");
    }
}

#[test]
fn a_description_that_cannot_be_read_is_an_error_of_the_caller() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for command in ["store", "erase", "login --password-stdin"] {
        for streams in ["<&-", "0>/dev/null", "</dev/null"] {
            let output = with_streams(&user, command, streams).expect_status(2);
            assert!(output.stderr.contains("hint: "), "{command} {streams}: {output:?}");
        }
    }
    let output = with_streams(&user, "get", "</dev/zero").expect_status(2);
    assert!(output.stderr.contains("too long"), "{output:?}");
    assert_eq!(fake.requests().len(), 0);
}

/// The thread that hangs holds neither stream. (strace makes a disk that does.)
#[test]
fn a_hook_answers_in_two_seconds_whatever_hangs() {
    let Some(strace) = tool("strace") else { return };
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    let mut command = user.command(strace);
    let folder = user.home.state().join("ostoken");
    command.args(["-f", "-o", "/dev/null", "-e", "inject=statx,newfstatat:delay_enter=4000000:when=1", "-P"]);
    command.arg(folder).args([env!("CARGO_BIN_EXE_ostoken"), "hook", "--shell", "bash"]);
    let hook = user.home.run(&mut command).success();
    // strace itself waits for its own delay: what counts is who answered.
    assert!(hook.stdout.starts_with('\n') && hook.stdout.contains("__ostoken_said=slow"), "{hook:?}");
    assert!(hook.stderr.contains("no answer within 2 s"), "{hook:?}");
}
