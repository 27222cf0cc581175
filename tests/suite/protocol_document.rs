//! Every exchange in PROTOCOL.md, run as it stands there against a real Keystone.

use crate::support::{Cloud, CloudOptions, Home};

/// One command with what is written to it and what it must answer.
struct Exchange {
    line: usize,
    verb: String,
    input: String,
    expected: Vec<String>,
    /// The exit code, and part of what is said.
    failure: Option<(i32, String)>,
}

fn exchanges() -> Vec<Exchange> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/PROTOCOL.md");
    let text = std::fs::read_to_string(path).expect("PROTOCOL.md");
    let mut found: Vec<Exchange> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        match line {
            "```exchange" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.split_at(1) {
                ("$", command) => {
                    let verb = command.trim().strip_prefix("ostoken ").expect("a command").to_owned();
                    let (input, expected) = (String::new(), Vec::new());
                    found.push(Exchange { line: index + 1, verb, input, expected, failure: None });
                }
                (">", rest) => found.last_mut().expect("a command").input += &format!("{}\n", rest.trim_start()),
                ("<", rest) => found.last_mut().expect("a command").expected.push(rest.trim_start().to_owned()),
                ("!", rest) => {
                    let (code, words) = rest.trim_start().split_once(' ').expect("a code and words");
                    let code = code.parse().expect("an exit code");
                    found.last_mut().expect("a command").failure = Some((code, words.to_owned()));
                }
                _ => panic!("PROTOCOL.md, line {}: {line}", index + 1),
            },
        }
    }
    found
}

fn is_like(expected: &str, answer: &str) -> bool {
    match expected.split_once('=') {
        Some((key, "TOKEN")) => answer.strip_prefix(key).is_some_and(|value| value.len() > 100),
        Some((key, "EXPIRY")) => {
            let digits = answer.strip_prefix(key).and_then(|value| value.strip_prefix('='));
            digits.is_some_and(|value| value.len() == 10 && value.parse::<u64>().is_ok())
        }
        _ => expected == answer,
    }
}

#[test]
fn every_exchange_goes_as_the_document_says() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let home = Home::new();
    let mut given = cloud.create_token("alice", "demo");
    let all = exchanges();
    for exchange in &all {
        let mut command = home.ostoken(&[&exchange.verb]);
        command.env("OSTOKEN_KEYRING", "keyutils").envs(cloud.openrc_environment("alice", "demo"));
        let input = exchange.input.replace("PORT", &cloud.port().to_string()).replace("TOKEN", &given);
        let input = input.replace(&format!("X-Auth-{given}"), "X-Auth-Token");
        let output = home.run_with_input(&mut command, &input);
        let at = format!("PROTOCOL.md, line {}: {}", exchange.line, exchange.verb);
        match &exchange.failure {
            None => assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{at}"),
            Some((code, words)) => {
                assert_eq!(output.status, *code, "{at}");
                assert!(output.stderr.contains(words.as_str()), "{at}: {output:?}");
            }
        }
        let answer: Vec<&str> = output.stdout.lines().collect();
        assert_eq!(answer.len(), exchange.expected.len(), "{at}: {answer:?}");
        for (expected, line) in exchange.expected.iter().zip(&answer) {
            assert!(is_like(expected, line), "{at}: {line}");
        }
        if let Some(token) = answer.iter().find_map(|line| line.strip_prefix("password=")) {
            given = token.to_owned();
        }
    }
    assert!(all.len() >= 10, "the document lost its exchanges");
    let verbs: std::collections::BTreeSet<&str> = all.iter().map(|exchange| exchange.verb.as_str()).collect();
    assert_eq!(verbs.into_iter().collect::<Vec<_>>(), ["capability", "erase", "get", "store"]);
}
