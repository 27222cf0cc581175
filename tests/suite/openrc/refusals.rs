//! Files that are refused: where, why, and that nothing of them is run or told.

use super::{fixture, read_text};

/// (text, line, found): what is refused, and the place and excerpt that the error gives.
#[rustfmt::skip]
const REFUSED: &[(&str, usize, &str)] = &[
    // What only a run would tell.
    ("OS_A=$(touch CANARY)", 1, "$(touch CANARY)"),
    ("\n\nexport OS_A=\"x $(touch CANARY) y\"", 3, "$(touch CANARY)"),
    ("OS_A=`touch CANARY`", 1, "`touch CANARY`"),
    ("OS_A=$((1+1))", 1, "$(("),
    ("OS_A=$[1+1]", 1, "$["),
    ("echo $((OS_A=1))", 1, "$(("),
    ("FOO=$(touch CANARY)\nOS_A=$FOO", 2, "$FOO"),
    ("PATH=$PATH:$(touch CANARY)\nOS_B=1\nOS_A=a${PATH}b", 3, "${PATH}"),
    ("OS_A=$RANDOM", 1, "$RANDOM"),
    ("OS_A=$1", 1, "$1"),
    ("OS_A=$PWD/x", 1, "$PWD"),
    ("OS_A=${HOME%/*}", 1, "${HOME%/*}"),
    ("OS_A=${!HOME}", 1, "${!"),
    ("OS_A=${HOME:0:3}", 1, "${HOME:"),
    ("OS_A=${HOME@P}", 1, "${HOME@"),
    ("echo ${X[OS_A=1]}", 1, "${X["),
    ("OS_A=${OS_B:?}", 1, "${OS_B:?}"),
    ("OS_A=~root/x", 1, "OS_A=~root/x"),
    ("read OS_A", 1, "OS_A"),
    ("read X\nOS_A=$X", 2, "$X"),
    ("read -s X\nOS_A=$X", 2, "$X"),
    // Other code.
    ("source other.sh", 1, "source other.sh"),
    ("OS_A=1\n. ./other.sh # c", 2, ". ./other.sh"),
    ("if false; then\n  source other.sh\nfi", 2, "source other.sh"),
    ("echo a && source other.sh", 1, "source other.sh"),
    ("eval \"OS_A=1\"", 1, "eval \"OS_A=1\""),
    ("\\eval OS_A=1", 1, "\\eval OS_A=1"),
    ("exec bash", 1, "exec bash"),
    ("trap 'OS_A=1' DEBUG", 1, "trap 'OS_A=1' DEBUG"),
    ("builtin export OS_A=1", 1, "builtin export OS_A=1"),
    ("command export OS_A=1", 1, "command export OS_A=1"),
    ("$FOO OS_A=1", 1, "$FOO"),
    ("$(touch CANARY)", 1, "$(touch CANARY)"),
    ("alias ll='export OS_A=1'", 1, "alias ll='export OS_A=1'"),
    ("alias export=true", 1, "export=true"),
    ("alias foo=bar\nfoo", 2, "foo"),
    ("exit 1", 1, "exit 1"),
    ("let OS_A=1", 1, "let OS_A=1"),
    ("readonly OS_A=1", 1, "readonly OS_A=1"),
    ("declare -i OS_A=1", 1, "-i"),
    ("declare -n X=OS_A", 1, "-n"),
    ("printf -v OS_A x", 1, "OS_A"),
    ("printf a%n OS_A", 1, "a%n"),
    ("mapfile OS_A", 1, "mapfile OS_A"),
    ("getopts a OS_A", 1, "getopts a OS_A"),
    ("env OS_A=1", 1, "env OS_A=1"),
    ("shopt -s extglob", 1, "shopt -s extglob"),
    ("set -e", 1, "-e"),
    ("set -u; OS_A=$OS_B", 1, "$OS_B"),
    ("set -u; echo $1; OS_A=1", 1, "$1"),
    ("set -u; echo ${#NOPE}; OS_A=1", 1, "${#NOPE}"),
    ("IFS=:", 1, "IFS=:"),
    // The rest of the grammar.
    ("f() { OS_A=1; }", 1, "("),
    ("function f { OS_A=1; }", 1, "function f { OS_A=1; }"),
    ("(OS_A=1)", 1, "("),
    ("{ OS_A=1; }", 1, "{ OS_A=1; }"),
    ("for x in a; do OS_A=$x; done", 1, "for x in a; do OS_A=$x; done"),
    ("OS_B=1\nwhile true; do OS_A=1; done", 2, "while true; do OS_A=1; done"),
    ("case $HOME in *) OS_A=1;; esac", 1, "case $HOME in *) OS_A=1;; esac"),
    ("true && OS_A=1", 1, "OS_A=1"),
    ("foo || export OS_A=1", 1, "OS_A=1"),
    ("if [ -f /x ]; then\n  OS_A=1\nfi", 2, "OS_A=1"),
    ("if foo; then unset OS_A; fi", 1, "OS_A"),
    ("if foo; then return; fi", 1, "return"),
    ("echo x | read -s OS_A", 1, "OS_A"),
    ("OS_A=1 &", 1, "&"),
    ("OS_A=(a b)", 1, "("),
    ("OS_A[0]=1", 1, "OS_A["),
    ("read -s OS_A < FILE", 1, "< FILE"),
    ("read -s OS_A <<< x", 1, "<<"),
    ("cat <<EOF\nOS_A=1\nEOF", 1, "<<"),
    ("OS_A=1 > /x/y", 1, "> /x/y"),
    ("export OS_A=1 < x", 1, "< x"),
    ("foo {OS_A}>x", 1, "{OS_A}"),
    ("OS_A=<(foo)", 1, "<"),
    ("OS_A=1 foo", 1, "OS_A=1 foo"),
    // Mistakes that bash would report or misread.
    ("export OS_A = x", 1, "="),
    ("OS_A = x", 1, "OS_A"),
    ("OS_A=1\n\"OS_B\"=2", 2, "\"OS_B\"=2"),
    ("export OS-A=1", 1, "OS-A=1"),
    ("export OS_A={a,b}", 1, "OS_A={a,b}"),
    ("export $HOME", 1, "$HOME"),
    ("\\export OS_A=$HOME", 1, "\\export OS_A=$HOME"),
    ("unset OS_*", 1, "OS_*"),
    ("OS_B=1\nOS_A='x\n\n", 2, "'"),
    ("OS_A=\"x", 1, "\""),
    ("OS_A=$'x", 1, "$'"),
    ("OS_A=$(x", 1, "$("),
    ("if [ a ]; then OS_A=1", 1, "if"),
    ("[ -v 'X[OS_A=1]' ]", 1, "[ -v 'X[OS_A=1]' ]"),
    ("[[ OS_A=1 -eq 1 ]]", 1, "OS_A=1 -eq 1"),
    ("fi", 1, "fi"),
    ("OS_A=1;; OS_B=2", 1, ";"),
    ("OS_A=$'\\e[1m'", 1, "OS_A=$'\\e[1m'"),
    ("OS_A=a\u{7}b", 1, "OS_A=a\\u{7}b"),
    ("OS_A=a\rb", 1, "OS_A=a\\rb"),
    ("OS_A=1\n\0", 2, "\\0"),
];

#[test]
fn what_a_run_would_decide_is_refused_with_line_and_text_and_is_not_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let canary = folder.path().join("canary");
    let path = canary.to_str().expect("a path in UTF-8");
    let mut wrong = Vec::new();
    for (text, line, found) in REFUSED {
        // The canary's path is too long for an excerpt, so both are read.
        let _ = read_text(text.replace("CANARY", path)).expect_err(text);
        match read_text(text) {
            Ok(openrc) => wrong.push(format!("{text}: accepted, {openrc:?}\n")),
            Err(error) if (error.line, error.found.as_str()) == (*line, *found) => {}
            Err(error) => wrong.push(format!("{text}: {error}\n")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(!canary.exists());
}

#[test]
fn bytes_that_are_no_text_are_refused_in_a_value_and_passed_over_in_a_comment() {
    assert_eq!(read_text(b"\n# caf\xe9\nOS_A=\xff").expect_err("refused").line, 3);
    assert!(read_text(b"# caf\xe9\nOS_A=1").is_ok());
    assert!(read_text(b"OS_A=$'\\xff'").is_err());
    assert!(read_text("# \u{1b}[1m\nPS1='\u{1b}[1m'\nOS_A='\t\n'").is_ok());
}

#[test]
fn an_error_names_file_and_line_and_escapes_what_would_move_a_cursor() {
    let text = b"\nsource a\x1b[2Jb";
    let outer = |_: &str| None;
    let error = ostoken::identity::openrc::read(text, "my\nfile", &outer).expect_err("refused");
    let shown = error.to_string();
    assert!(shown.starts_with("my\\nfile:2: `source a\\u{1b}[2Jb`: another file"), "{shown}");
    let long = read_text(format!("source {}", "x".repeat(500))).expect_err("refused");
    assert!(long.found.chars().count() < 80);
}

/// Everything in these files that begins with `hunter` is a secret.
#[rustfmt::skip]
const SECRETS: &[&str] = &[
    "export OS_PASSWORD=hunter1$(hunter2)",
    "export OS_PASSWORD=`hunter1`",
    "export OS_PASSWORD = hunter1",
    "export OS_TOKEN = hunter1",
    "export OS_PASSWORD=\"hunter1\" \"hunter2 x\"",
    "OS_PASSWORD = hunter1",
    "OS_PASSWORD =hunter1",
    "\"OS_PASSWORD\"=hunter1",
    "$OS_PASSWORD=hunter1",
    "OS_PASSWORD='hunter1",
    "OS_PASSWORD=\"hunter1",
    "OS_PASSWORD=$'hunter1",
    "OS_PASSWORD=$'hunter1\\chunter2'",
    "OS_PASSWORD=hunter1&hunter2",
    "OS_PASSWORD=hunter1(hunter2)",
    "OS_PASSWORD=hunter1 hunter2",
    "OS_PASSWORD=hunter1;source hunter2",
    "OS_PASSWORD=hunter1;for hunter2",
    "OS_PASSWORD=hunter1<hunter2",
    "OS_PASSWORD=hunter1>hunter2",
    "OS_PASSWORD=hunter1|eval hunter2",
    "OS_PASSWORD=hunter1${hunter2!hunter3}",
    "OS_PASSWORD=~hunter1",
    "OS_PASSWORD[0]=hunter1",
    "OS_PASSWORD=${X:-{hunter1}}",
    "OS_PASSWORD=\"hunter1\u{7}\"",
    "export OS_PASSWORD={hunter1,hunter2}",
    "export OS_APPLICATION_CREDENTIAL_SECRET=hunter1$(x)",
    "OS_PASSCODE=hunter1\\\n$(hunter2)",
    "OS_PASSWORD='hunter1\nhunter2'$(hunter3)",
    "OS_USERNAME=\"jane\nOS_PASSWORD=\"hunter1$(x)hunter2\"",
    "OS_USERNAME=\"jane\nOS_PASSWORD=\"hunter1 eval hunter2",
    "for x in 1; do OS_PASSWORD=hunter1; done",
    "true && OS_PASSWORD=hunter1",
    "true && export OS_PASSWORD=hunter1",
    "if foo; then OS_PASSWORD=hunter1; fi",
    "eval \"export OS_PASSWORD=hunter1\"",
    "env OS_PASSWORD=hunter1 foo",
    "OS_PASSWORD=hunter1 foo",
    "alias x='OS_PASSWORD=hunter1 foo'",
    "read OS_PASSWORD <<< hunter1",
    "printf -v OS_PASSWORD hunter1",
    "OS_PASSWORD=hunter1; OS_A=$OS_PASSWORD$(x)",
    "OS_PASSWORD=hunter1\nOS_A=${OS_PASSWORD:0:3}",
    "OS_PASSWORD=hunter1\nOS_A=$OS_PASSWORD\u{7}",
    "OS_PASSWORD=hunter1\n[ \"$OS_PASSWORD\" -foo x ]",
    "set -u\nOS_PASSWORD=hunter1$X",
    "export \"OS_PASSWORD=hunter1$(x)\"",
    "export \"OS_PASSWORD=hunter1\u{7}\"",
];

#[test]
fn no_error_tells_a_secret() {
    for text in SECRETS {
        let error = read_text(text).expect_err(text);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter"), "{text}: {shown}");
    }
}

#[test]
fn debug_prints_names_and_never_values() {
    let mut text = fixture("ovh-guide");
    text.extend_from_slice(b"\nOS_A='another value'");
    let shown = format!("{:?}", read_text(text).expect("accepted"));
    assert!(shown.contains("OS_PASSWORD") && shown.contains("OS_A"), "{shown}");
    for value in ["p4ss", "another", "GRA11", "https"] {
        assert!(!shown.contains(value), "{shown}");
    }
}
