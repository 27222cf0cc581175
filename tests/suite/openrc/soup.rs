//! Whenever the reader accepts a file, bash agrees: random scripts of harmless words, many of them
//! nonsense, with one bash as the judge. `OPENRC_SOUP=20000` looks for longer than the suite does.

use super::bash::source_all;
use super::{read_text, variables};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    "a", "b c", "x", "1", "''", "'a b'", "\"\"", "\"a b\"", "\"", "'", "\\", "\\ ", "\\\n", "\n", "$OS_A", "$OS_B", "$V", "$W",
    "$WORDS", "${OS_A}", "${OS_A:-", "${OS_B-", "${V:=", "${OS_C:=", "${W+", "}", "\"$OS_A\"", "\"${OS_B:-", "\"${V:-x}\"", "$HOME", "~", "~/", ":",
    ":~", "/", "=", "{", ",", "{a,b}", "*", "?", "[", "]", "#", " #", "!", "%", "^", "-", "+", "@", "$", "$$", "$?", "$(", "$(echo a)", ")", "(", "`", "`echo a`",
    "$'", "$'\\t'", "$'\\x41'", "$\"", "$\"a\"", "&", "|", ";", "<", ">", "é", "\t", " ", "\\$", "\\\"", "\\'", "\\~", "\\a", "${V%a}", "${#V}", "$1", "${1}", "${V/a/b}", "$[", "$_", "$RANDOM",
];
const NAMES: &[&str] = &["OS_A", "OS_B", "OS_C", "V", "W", "HOME", "OS_PASSWORD"];
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "export", "unset", "set", "-a", "-u", "+u", "echo", ":", "true", "false", "if", "then", "else", "elif", "fi", "[", "]", "[[", "]]", "test", "-z", "-n", "!", "=", "!=", "==",
    "&&", "||", "|", ";", "\n", "\n", ";", "read", "-s", "-r", "-rs", "V", "OS_A", "OS_B", "OS_A=1", "OS_B=2", "V=3", "OS_A=$V", "OS_C=$OS_A", "declare", "-x", "--", "-v", "-n", "return", "foo",
    "\"$OS_A\"", "$OS_A", "$V", "\"$V\"", "''", "a", "printf", "%s", "alias", "foo=bar", "a=b", "2>&1", ">/dev/null", "</dev/null", "#", "{", "}", "(", ")", "cd", "typeset", "OS_A+=x", "${OS_B:=y}", "${V=z}", "command", "exit", "time", "case", "in", "esac",
];

fn fragments() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(FRAGMENTS), 0..5).prop_map(|parts| parts.concat())
}

fn assignment() -> impl Strategy<Value = String> {
    let equals = prop_oneof![9 => Just("="), 1 => Just("+=")];
    (prop::sample::select(NAMES), equals, fragments())
        .prop_map(|(name, equals, value)| format!("{name}{equals}{value}"))
}

fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        fragments().prop_map(|word| format!("[ -z {word} ]")),
        fragments().prop_map(|word| format!("[[ -n {word} ]]")),
        (fragments(), fragments()).prop_map(|(left, right)| format!("[ {left} = {right} ]")),
        (fragments(), fragments()).prop_map(|(left, right)| format!("[[ {left} != {right} ]]")),
        (fragments(), fragments()).prop_map(|(left, right)| format!("[ {left} ] && test {right}")),
        fragments().prop_map(|word| format!("! test {word}")),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 1..8);
    prop_oneof![
        4 => assignment(),
        2 => (assignment(), assignment()).prop_map(|(a, b)| format!("{a} {b}")),
        3 => (assignment(), assignment()).prop_map(|(a, b)| format!("export {a} {b}")),
        1 => assignment().prop_map(|a| format!("export \"{a}\"")),
        1 => (assignment(), fragments()).prop_map(|(a, word)| format!("{a} foo {word}")),
        1 => prop::sample::select(NAMES).prop_map(|name| format!("unset {name}")),
        2 => fragments().prop_map(|word| format!("echo {word}")),
        1 => fragments().prop_map(|word| format!(": {word}")),
        1 => (fragments(), fragments()).prop_map(|(format, word)| format!("printf {format} {word}")),
        3 => (condition(), assignment(), assignment()).prop_map(|(test, a, b)| format!("if {test}; then {a}; else {b}; fi")),
        3 => words.prop_map(|words| words.join(" ")),
    ]
}

fn script() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 1..5).prop_map(|lines| lines.join("\n"))
}

#[test]
fn whatever_the_reader_accepts_bash_reads_alike() {
    let count = std::env::var("OPENRC_SOUP").ok().and_then(|count| count.parse().ok());
    let mut runner = TestRunner::new(Config::default());
    let strategy = script();
    let mut scripts: Vec<String> = Vec::new();
    let mut read = Vec::new();
    for _ in 0..count.unwrap_or(3000) {
        let script = strategy.new_tree(&mut runner).expect("a script").current();
        if let Ok(openrc) = read_text(&script) {
            read.push(variables(&openrc));
            scripts.push(script);
        }
    }
    assert!(scripts.len() > 100, "only {} accepted: the soup has become too wild", scripts.len());
    let mut wrong = Vec::new();
    for (chunk, read) in scripts.chunks(2000).zip(read.chunks(2000)) {
        let Some(outcomes) = source_all(chunk) else { return };
        for ((script, read), outcome) in chunk.iter().zip(read).zip(outcomes) {
            if outcome.as_ref().map(without_asked) != Some(without_asked(read)) {
                wrong.push(format!("---\n{script}\n--- reader {read:?}\n--- bash   {outcome:?}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), scripts.len(), wrong.concat());
}

/// `read` from /dev/null sets its variable to nothing; the reader leaves it out.
fn without_asked(variables: &std::collections::BTreeMap<String, String>) -> Vec<(&String, &String)> {
    variables.iter().filter(|(_, value)| !value.is_empty()).collect()
}
