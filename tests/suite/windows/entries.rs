//! Credential Manager takes 2,560 bytes an entry.

use std::collections::BTreeSet;

use super::machine::Machine;
use crate::support::Fake;
use crate::user::{at_once, text};

#[test]
fn tokens_of_one_byte_to_sixteen_kilobytes_are_kept_and_leave_nothing() {
    let fake = Fake::start();
    let Some(machine) = Machine::new(fake.environment()) else { return };
    for length in [1, 183, 1500, 2560, 4096, 16_384, 4095, 2] {
        fake.issue(length, 3600);
        machine.run(&["refresh"]).success();
        let token = machine.token();
        assert_eq!(token.len(), length);
        assert_eq!(machine.token(), token);
        let parts = machine.entries().iter().filter(|name| name.contains("/")).count();
        assert_eq!(parts > 0, length > 2000, "{length}: {:?}", machine.entries());
        assert!(parts <= (length + 1500).div_ceil(2560), "{length}: {:?}", machine.entries());
    }
    assert_eq!(fake.posts(), 8, "none was made twice");
    fake.issue(16_384, 3600);
    machine.run(&["refresh"]).success();
    machine.run(&["revoke"]).success();
    let left = machine.entries();
    assert!(!left.iter().any(|entry| entry.starts_with("token")), "{left:?}");
}

#[test]
fn readers_beside_a_writer_have_a_whole_token() {
    let fake = Fake::start();
    fake.issue(4096, 3600);
    let Some(machine) = Machine::new(fake.environment()) else { return };
    machine.token();
    // Each round: a renewal, and readers of record, lease and entry beside it.
    for round in 0..4 {
        let commands = (0..12).map(|number| machine.prepare(if number == 3 { &["refresh"] } else { &["token"] }));
        let outputs = at_once(commands.collect());
        let mut tokens = BTreeSet::new();
        for output in &outputs {
            assert!(output.status.success() && output.stderr.is_empty(), "round {round}: {output:?}");
            tokens.extend(text(&output.stdout).lines().filter(|line| line.len() == 4096));
        }
        assert!((1..=2).contains(&tokens.len()), "round {round}: {} tokens", tokens.len());
    }
    assert_eq!(fake.posts(), 5);
    assert_eq!(machine.names(|name| name.starts_with('.')), Vec::<String>::new(), "nothing is half-written");
    assert_eq!(machine.names(|name| name.starts_with("lease.")).len(), 1);
}
