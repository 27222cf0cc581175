//! Fixtures and snippets that the reader must accept, with bash as the judge.

use super::bash::source_all;
use super::snippets::SNIPPETS;
use super::{fixture, outer, read_text, variables};
use ostoken::identity::openrc::read;

const FIXTURES: [&str; 6] =
    ["horizon", "horizon-no-region", "horizon-application-credential", "ovh", "ovh-guide", "everything"];

#[test]
fn every_fixture_reads_as_bash_reads_it() {
    let texts: Vec<_> = FIXTURES.iter().map(|name| fixture(name)).collect();
    let Some(outcomes) = source_all(&texts) else { return };
    for ((name, text), outcome) in FIXTURES.iter().zip(&texts).zip(outcomes) {
        let mut expected = outcome.expect("the fixture does not end the shell");
        let openrc = read_text(text).unwrap_or_else(|error| panic!("{error}"));
        // `read` gives bash an empty value from /dev/null; the reader knows that it does not know.
        for asked in openrc.unknown() {
            assert_eq!(expected.remove(asked).as_deref(), Some(""), "{name}: {asked}");
        }
        assert_eq!(variables(&openrc), expected, "{name}");
        assert!(expected.contains_key("OS_AUTH_URL"), "{name}");
    }
}

#[test]
fn every_snippet_reads_as_bash_reads_it() {
    let Some(outcomes) = source_all(SNIPPETS) else { return };
    let mut wrong = Vec::new();
    for (text, outcome) in SNIPPETS.iter().zip(outcomes) {
        let read = read_text(text).map(|openrc| variables(&openrc));
        if read.as_ref().ok() != outcome.as_ref() {
            wrong.push(format!("{text}\n  reader {read:?}\n  bash   {outcome:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn a_file_from_windows_reads_as_the_same_file_from_unix() {
    for name in FIXTURES {
        let unix = fixture(name);
        let mut windows = b"\xef\xbb\xbf".to_vec();
        for byte in &unix {
            windows.extend(if *byte == b'\n' { b"\r\n".as_slice() } else { std::slice::from_ref(byte) });
        }
        let (unix, windows) = (read_text(&unix), read_text(&windows));
        let (unix, windows) = (unix.expect("accepted"), windows.expect("accepted"));
        assert_eq!(variables(&unix), variables(&windows), "{name}");
    }
}

#[test]
fn a_password_that_the_file_asks_for_is_absent_and_every_variable_knows_its_line() {
    let openrc = read_text(fixture("ovh")).expect("accepted");
    assert_eq!(openrc.unknown(), ["OS_PASSWORD", "OS_PASSWORD_INPUT"]);
    assert_eq!(openrc.get("OS_PASSWORD"), None);
    assert_eq!(openrc.get("OS_REGION_NAME"), Some("GRA11"));
    assert_eq!(openrc.line_of("OS_AUTH_URL"), Some(5));
    assert_eq!(openrc.line_of("OS_PASSWORD"), None);
    assert_eq!(openrc.line_of("OS_NOWHERE"), None);
    let openrc = read_text("OS_A=1\nOS_B='x\ny' \\\n  OS_C=3\nOS_A=2 # last").expect("accepted");
    let lines = ["OS_A", "OS_B", "OS_C"].map(|name| openrc.line_of(name));
    assert_eq!(lines, [Some(5), Some(2), Some(4)]);
}

#[test]
fn what_depends_on_a_password_that_is_yet_to_be_typed_is_not_known() {
    let file = |then: &str| {
        format!(
            "OS_AUTH_URL=x\nread -s P; export OS_PASSWORD=$P\nif [ -z \"$OS_PASSWORD\" ]; then {then}; fi\nOS_USERNAME=jane"
        )
    };
    // A file is made for those who type one.
    for then in ["echo none", "return 1", "return"] {
        let openrc = read_text(file(then)).expect(then);
        assert_eq!(
            (openrc.get("OS_USERNAME"), openrc.unknown()),
            (Some("jane"), &["OS_PASSWORD".to_owned()][..]),
            "{then}"
        );
    }
    let openrc = read_text(file("OS_NETID=$(list); OS_VERBOSE=1")).expect("accepted");
    assert_eq!(openrc.left_out(), ["OS_NETID", "OS_VERBOSE"]);
    let error = read_text(file("OS_REGION_NAME=none")).expect_err("refused");
    assert_eq!((error.line, error.found.as_str()), (3, "OS_REGION_NAME=none"));
}

#[test]
fn variables_named_os_are_never_taken_from_the_environment() {
    let outer = |name: &str| {
        assert!(!name.starts_with("OS_"), "asked for {name}");
        outer(name)
    };
    let text = "OS_A=$OS_B${OS_C:-c}; if [ -z \"$OS_D\" ]; then unset OS_D; fi; OS_E+=e";
    let openrc = read(text.as_bytes(), "test.sh", &outer).expect("accepted");
    assert_eq!(openrc.get("OS_A"), Some("c"));
}
