//! Values of any kind survive every style of quoting, and no bytes make the reader panic.

use super::bash::source_all;
use super::read_text;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

/// Text with the characters that mean something to a shell far more often than by chance.
fn value() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(" \t\n'\"\\$`~#!&|;<>(){}[]*?=:%^,-+@/aB0é日😀".chars().collect::<Vec<_>>());
    let any = any::<char>().prop_filter("printable", |character| !character.is_control() && *character != '\u{fffd}');
    let character = prop_oneof![4 => hostile, 1 => any];
    prop::collection::vec(character, 0..24).prop_map(String::from_iter)
}

fn styles(value: &str) -> [String; 4] {
    let single = format!("'{}'", value.replace('\'', "'\\''"));
    let mut double = String::from("\"");
    let mut ansi = String::from("$'");
    let mut backslash = String::new();
    for character in value.chars() {
        if "$`\"\\".contains(character) {
            double.push('\\');
        }
        double.push(character);
        match character {
            '\'' | '\\' => ansi.extend(['\\', character]),
            '\n' => ansi.push_str("\\n"),
            _ => ansi.push(character),
        }
        match character {
            '\n' => backslash.push_str("$'\\n'"),
            _ if character.is_ascii() => backslash.extend(['\\', character]),
            _ => backslash.push(character),
        }
    }
    [single, double + "\"", ansi + "'", backslash]
}

fn script(value: &str) -> String {
    let [a, b, c, d] = styles(value);
    format!("OS_A={a}\nexport OS_B={b} OS_C={c}; OS_D={d} # end\nexport OS_E=$OS_A\"${{OS_B}}\"")
}

proptest! {
    #[test]
    fn a_quoted_value_is_the_value(value in value()) {
        let openrc = read_text(script(&value)).expect("accepted");
        for name in ["OS_A", "OS_B", "OS_C", "OS_D"] {
            prop_assert_eq!(openrc.get(name), Some(value.as_str()));
        }
        let twice = value.repeat(2);
        prop_assert_eq!(openrc.get("OS_E"), Some(twice.as_str()));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_text(&bytes);
    }

    #[test]
    fn no_shell_characters_make_it_panic(text in "[ \t\n\r'\"\\\\$`~#!&|;<>(){}\\[\\]*?=:OS_Aif0-]{0,60}") {
        let _ = read_text(text);
    }
}

#[test]
fn bash_reads_the_quoted_values_too() {
    let mut runner = TestRunner::new(Config::default());
    let strategy = value();
    let draw = |_| strategy.new_tree(&mut runner).expect("a value").current();
    let values: Vec<String> = (0..200).map(draw).collect();
    let scripts: Vec<String> = values.iter().map(|value| script(value)).collect();
    let Some(outcomes) = source_all(&scripts) else { return };
    for (value, outcome) in values.iter().zip(outcomes) {
        let variables = outcome.expect("the script does not end the shell");
        for name in ["OS_A", "OS_B", "OS_C", "OS_D"] {
            assert_eq!(variables.get(name), Some(value), "{name}");
        }
    }
}

#[test]
fn what_is_nested_deeply_or_grows_without_end_is_refused_and_does_not_overflow() {
    for (open, close) in [("${A:-", "}"), ("$(a ", ")"), ("\"${A:-", "}\""), ("${A:-\"", "\"}")] {
        for depth in [2000, 5000] {
            let text = format!("OS_USERNAME={}{}", open.repeat(depth), close.repeat(depth));
            assert!(read_text(text).is_err());
        }
    }
    let text = format!("{}:\n{}", "if true; then\n".repeat(1000), "fi\n".repeat(1000));
    assert!(read_text(text).is_err());
    let doubled = format!("A=x\n{}OS_USERNAME=$A", "A=$A$A\n".repeat(20));
    let error = read_text(doubled).expect_err("refused");
    assert_eq!(error.line, 22);
    assert!(read_text(format!("OS_USERNAME={}", "x".repeat(16 * 1024))).is_ok());
    assert!(read_text(format!("OS_USERNAME={}", "x".repeat(16 * 1024 + 1))).is_err());
    assert!(read_text("#".repeat(64 * 1024)).is_ok());
    assert!(read_text("#".repeat(64 * 1024 + 1)).is_err());
}
