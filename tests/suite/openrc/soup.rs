//! Whenever the reader accepts a file, bash agrees: random scripts of harmless words, many of them
//! nonsense, with one bash as the judge. The suite reads the same ones each time; `OPENRC_SOUP=20000` reads so many new
//! ones.

use std::collections::BTreeMap;

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
        8 => compound(),
    ]
}

/// A short command of one or two parts.
fn command() -> impl Strategy<Value = String> {
    let simple = prop_oneof![
        4 => assignment(),
        2 => assignment().prop_map(|a| format!("export {a}")),
        1 => prop::sample::select(NAMES).prop_map(|name| format!("unset {name}")),
        1 => condition(),
        1 => prop::sample::select(&["break", "continue", "false", "foo", ":", "f", "g x", "shift", "set -- p q"][..]).prop_map(str::to_owned),
        1 => fragments().prop_map(|word| format!("echo {word}")),
    ];
    let joined = prop::sample::select(&[" && ", " || ", "; ", "\n", " | ", " & "][..]);
    (simple.clone(), joined, prop::option::of(simple)).prop_map(|(a, join, b)| match b {
        Some(b) => format!("{a}{join}{b}"),
        None => a,
    })
}

/// Every kind of command that holds others.
fn compound() -> impl Strategy<Value = String> {
    let (a, b) = (command(), command());
    (0..14_usize, a, b, fragments(), fragments()).prop_map(|(kind, a, b, x, y)| match kind {
        0 => format!("for V in {x} {y}; do {a}; {b}; done"),
        1 => format!("for V in a OS_A; do {a}; export $V=1; done"),
        2 => format!("case {x} in {y}) {a};; *) {b};; esac"),
        3 => format!("case \"{x}\" in a|x) {a};; (b*) {b} ;; esac"),
        4 => format!("f() {{ {a}; }}\n{b}\nf {x}"),
        5 => format!("function g {{ local V={x}; {a}; }}\ng {y}; {b}"),
        6 => format!("( {a} ); {b}"),
        7 => format!("{{ {a}; {b}; }}"),
        // They end: bash goes through all that the reader accepts.
        8 => format!("N=; while [ -z \"$N\" ] && {{ {a}; }}; do N=1; {b}; break; done"),
        9 => format!("N=; until [ -n \"$N\" ] || {{ {a}; }}; do N=1; {b}; break; done"),
        10 => format!("cat <<E\n{x}$V\nE\n{a}"),
        11 => format!("read -r OS_B <<'E'\n{x}\nE\n{a}"),
        12 => format!("V=({x} [3]={y} z); OS_A=${{V[3]}}; OS_B=${{V[@]}}; OS_C=${{#V[@]}}"),
        // Not on one line: there bash 5.2 forgets that an array may follow.
        _ => format!("eval '{a}'\nOS_B=$({b})"),
    })
}

fn script() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 1..5).prop_map(|lines| lines.join("\n") + "\n:\n")
}

#[test]
fn whatever_the_reader_accepts_bash_reads_alike() {
    let count = std::env::var("OPENRC_SOUP").ok().map(|count| count.parse().expect("a number in OPENRC_SOUP"));
    let mut runner = match count {
        Some(_) => TestRunner::new(Config::default()),
        None => TestRunner::deterministic(),
    };
    let strategy = script();
    let mut scripts: Vec<String> = Vec::new();
    let mut read = Vec::new();
    for _ in 0..count.unwrap_or(3000) {
        let script = strategy.new_tree(&mut runner).expect("a script").current();
        if let Ok(openrc) = read_text(&script) {
            read.push((variables(&openrc), openrc.unknown().to_vec()));
            scripts.push(script);
        }
    }
    assert!(scripts.len() > 100, "only {} accepted: the soup has become too wild", scripts.len());
    let mut wrong = Vec::new();
    for (chunk, read) in scripts.chunks(2000).zip(read.chunks(2000)) {
        let Some(outcomes) = source_all(chunk) else { return };
        for ((script, (read, unknown)), outcome) in chunk.iter().zip(read).zip(outcomes) {
            // Where bash ended there is nothing to compare; nor where it failed, which the reader takes no file to do.
            if script.contains("return") {
                continue;
            }
            let Some(outcome) = outcome else { continue };
            if known(&outcome, unknown) != known(read, unknown) {
                wrong.push(format!("---\n{script}\n--- reader {read:?}\n--- bash   {outcome:?}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), scripts.len(), wrong.concat());
}

/// What has a value, apart from what the reader says it does not know.
fn known<'v>(variables: &'v BTreeMap<String, String>, unknown: &[String]) -> Vec<(&'v String, &'v String)> {
    variables.iter().filter(|(name, value)| !value.is_empty() && !unknown.contains(name)).collect()
}
