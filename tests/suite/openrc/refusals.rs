//! Files that are refused: where, why, and that nothing of them is run or told.

use super::{fixture, read_text};

/// (text, line, found): what is refused, and the place and excerpt that the error gives.
#[rustfmt::skip]
const REFUSED: &[(&str, usize, &str)] = &[
    // What only a run would tell.
    ("OS_USERNAME=$(touch CANARY)", 1, "OS_USERNAME=$(touch CANARY)"),
    ("\n\nexport OS_USERNAME=\"x $(touch CANARY) y\"", 3, "OS_USERNAME=\"x $(touch CANARY) y\""),
    ("OS_USERNAME=`touch CANARY`", 1, "OS_USERNAME=`touch CANARY`"),
    ("OS_USERNAME=$((1+1))", 1, "OS_USERNAME=$((1+1))"),
    ("OS_USERNAME=$[1+1]", 1, "OS_USERNAME=$[1+1]"),
    ("echo $((OS_USERNAME=1))", 1, "$((OS_USERNAME=1))"),
    ("FOO=$(touch CANARY)\nOS_USERNAME=$FOO", 2, "OS_USERNAME=$FOO"),
    ("PATH=$PATH:$(touch CANARY)\nOS_PROJECT_NAME=1\nOS_USERNAME=a${PATH}b", 3, "OS_USERNAME=a${PATH}b"),
    ("OS_USERNAME=$RANDOM", 1, "OS_USERNAME=$RANDOM"),
    ("OS_USERNAME=$PWD/x", 1, "OS_USERNAME=$PWD/x"),
    ("OS_USERNAME=${!HOME}", 1, "OS_USERNAME=${!HOME}"),
    ("OS_USERNAME=${HOME@P}", 1, "OS_USERNAME=${HOME@P}"),
    ("OS_USERNAME=${OS_PROJECT_NAME:?}", 1, "${OS_PROJECT_NAME:?}"),
    ("OS_USERNAME=~root/x", 1, "OS_USERNAME=~root/x"),
    ("read OS_USERNAME", 1, "read OS_USERNAME"),
    ("read X\nOS_USERNAME=$X", 2, "OS_USERNAME=$X"),
    ("read -s X\nOS_USERNAME=$X", 2, "OS_USERNAME=$X"),
    ("source other.sh", 1, "source other.sh"),
    ("echo a && source other.sh", 1, "source other.sh"),
    ("exec bash", 1, "exec bash"),
    ("trap 'OS_USERNAME=1' DEBUG", 1, "trap 'OS_USERNAME=1' DEBUG"),
    ("alias foo=bar\nfoo", 2, "foo"),
    ("exit 1", 1, "exit 1"),
    ("let OS_USERNAME=1", 1, "let OS_USERNAME=1"),
    ("declare -i OS_USERNAME=1", 1, "OS_USERNAME=1"),
    ("declare -n X=OS_USERNAME", 1, "declare -n X=OS_USERNAME"),
    ("printf a%n OS_USERNAME", 1, "printf a%n OS_USERNAME"),
    ("mapfile OS_USERNAME", 1, "mapfile OS_USERNAME"),
    ("set -u; OS_USERNAME=$OS_PROJECT_NAME", 1, "$OS_PROJECT_NAME"),
    ("set -u; echo $1; OS_USERNAME=1", 1, "$1"),
    ("set -u; echo ${#NOPE}; OS_USERNAME=1", 1, "${#NOPE}"),
    ("OS_PROJECT_NAME=1\nwhile true; do OS_USERNAME=1; done", 2, "while true; do OS_USERNAME=1; done"),
    ("foo || export OS_USERNAME=1", 1, "OS_USERNAME=1"),
    ("foo {OS_A}>x", 1, "{"),
    ("OS_B=1\nOS_A='x\n\n", 2, "'"),
    ("OS_A=\"x", 1, "\"x"),
    ("OS_A=$'x", 1, "$'x"),
    ("OS_A=$(x", 1, "(x"),
    ("if [ a ]; then OS_A=1", 1, "if [ a ]; then OS_A=1"),
    ("fi", 1, "fi"),
    ("OS_A=1;; OS_B=2", 1, ";"),
    ("OS_A=$'\\e[1m'", 1, "OS_A=$'\\e[1m'"),
    ("OS_A=a\u{7}b", 1, "OS_A=a\\u{7}b"),
    ("OS_A=a\rb", 1, "OS_A=a\\u{d}b"),
    ("OS_A=1\n\0", 2, "\\0"),
    // Either way it goes, another variable decides.
    ("if foo; then\n  OS_USERNAME=1\nfi", 2, "OS_USERNAME=1"),
    ("OS_USERNAME=a\nif foo; then unset OS_USERNAME; fi", 1, "OS_USERNAME=a"),
    ("OS_REGION_NAME=$(foo)", 1, "OS_REGION_NAME=$(foo)"),
    ("for x in $(foo); do export OS_PROJECT_ID=$x; done", 1, "OS_PROJECT_ID=$x"),
    ("case $(foo) in a) OS_CACERT=/a;; *) OS_CACERT=/b;; esac", 1, "OS_CACERT=/b"),
    ("case $(foo) in (a) OS_USERNAME=a;; esac", 1, "OS_USERNAME=a"),
    ("while foo; do OS_USERNAME=a; done", 1, "while foo; do OS_USERNAME=a; done"),
    ("eval \"$(foo)\"", 1, "eval \"$(foo)\""),
    ("export $(cat .env)", 1, "$(cat .env)"),
    ("export $(grep -v '^#' .env | xargs)", 1, "$(grep -v '^#' .env | xargs)"),
    ("OS_USERNAME=1\nset -e\nfalse", 3, "false"),
    ("echo ${X[OS_USERNAME=1]}", 1, "OS_USERNAME=1"),
    ("[ -v 'X[OS_USERNAME=1]' ]", 1, "[ -v 'X[OS_USERNAME=1]' ]"),
    ("set -r || OS_USERNAME=1", 1, "set -r"),
    ("set -t; OS_USERNAME=1", 1, "set -t"),
    ("[[ OS_USERNAME=1 -eq 1 ]]", 1, "OS_USERNAME=1"),
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
    assert!(shown.starts_with("my\\u{a}file:2: `source a\\u{1b}[2Jb`: another file"), "{shown}");
    let long = read_text(format!("source {}", "x".repeat(500))).expect_err("refused");
    assert!(long.found.chars().count() < 80);
}

/// Everything in these files that begins with `hunter` is a secret.
#[rustfmt::skip]
const SECRETS: &[&str] = &[
    "OS_PASSWORD='hunter1",
    "OS_PASSWORD=\"hunter1",
    "OS_PASSWORD=$'hunter1",
    "OS_PASSWORD=$'hunter1\\chunter2'",
    "OS_PASSWORD=hunter1(hunter2)",
    "OS_PASSWORD=hunter1;source hunter2",
    "OS_PASSWORD=hunter1;for hunter2",
    "OS_PASSWORD=\"hunter1\u{7}\"",
    "OS_USERNAME=\"jane\nOS_PASSWORD=\"hunter1$(x)hunter2\"",
    "OS_USERNAME=\"jane\nOS_PASSWORD=\"hunter1 eval hunter2",
    "OS_PASSWORD=hunter1\nOS_A=$OS_PASSWORD\u{7}",
    "set -u\nOS_PASSWORD=hunter1$X",
    "export \"OS_PASSWORD=hunter1\u{7}\"",
    "OS_PASSWORD=hunter1; OS_USERNAME=$OS_PASSWORD$(x)",
    "export OS_PASSWORD=hunter1 OS_USERNAME=$(hunter2)",
    "OS_USERNAME=$(x) OS_PASSWORD=hunter1",
    "OS_PASSWORD=hunter1&source hunter2",
    "OS_PASSWORD=\"hunter1\nhunter2\" OS_USERNAME=$(hunter3)",
    "if foo; then OS_PASSWORD=hunter1; source hunter2; fi",
    "eval \"OS_PASSWORD=hunter1; OS_USERNAME=$(x)\"",
    "f() { OS_PASSWORD=hunter1; OS_USERNAME=$(hunter2); }; f",
    "for x in hunter1; do OS_PASSWORD=$x OS_USERNAME=$(hunter2); done",
    "case $(x) in a) OS_PASSWORD=hunter1 OS_USERNAME=jane;; esac",
    "export OS_PASSWORD=(hunter1 hunter2) OS_USERNAME=$(x)",
    "read OS_USERNAME OS_PASSWORD <<< \"$(x) hunter1\"",
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
