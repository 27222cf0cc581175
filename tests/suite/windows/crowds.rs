//! Many processes at once.

use std::collections::BTreeSet;

use super::commands::alice;
use crate::user::{at_once, text};

#[test]
fn fifty_cold_processes_make_one_token() {
    let Some((cloud, machine)) = alice() else { return };
    let outputs = at_once((0..50).map(|_| machine.prepare(&["token"])).collect());
    let tokens: BTreeSet<&str> = outputs.iter().map(|output| text(&output.stdout)).collect();
    for output in &outputs {
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
    assert_eq!((tokens.len(), cloud.creations()), (1, 1));
    assert!(cloud.accepts(tokens.first().unwrap().trim_end()));
}
