//! Each torn point of a write or delete, and writers beside a reader, over a keyring in memory.

use super::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

const LIMIT: usize = 128;
const ACCOUNT: &str = "token:key";

/// A keyring in memory whose process can be killed before any change, and that lets others write between two reads.
#[derive(Default)]
struct Memory {
    entries: RefCell<BTreeMap<String, String>>,
    /// How many changes are done before the process is killed.
    changes_left: Cell<Option<usize>>,
    /// After so many reads this text is written by somebody else.
    interruptions: RefCell<Vec<(usize, String)>>,
    reads: Cell<usize>,
}

impl Memory {
    fn change(&self) -> Result<(), Error> {
        match self.changes_left.get() {
            Some(0) => Err(Error::NoKeyring("killed".into())),
            left => {
                self.changes_left.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }

    fn interrupt(&self) {
        self.reads.set(self.reads.get() + 1);
        let due = |(after, _): &(usize, String)| *after == self.reads.get();
        let position = self.interruptions.borrow().iter().position(due);
        if let Some(position) = position {
            let (_, text) = self.interruptions.borrow_mut().remove(position);
            let reads = self.reads.replace(usize::MAX / 2);
            Split::new(self, LIMIT).set(ACCOUNT, &Secret::from(text)).expect("written");
            self.reads.set(reads);
        }
    }
}

impl Keyring for &Memory {
    fn backend(&self) -> Backend {
        Backend::CredentialManager
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, Error> {
        let found = self.entries.borrow().get(account).map(|text| Secret::from(text.as_str()));
        self.interrupt();
        Ok(found)
    }

    fn set(&self, account: &str, value: &Secret) -> Result<(), Error> {
        assert!(value.expose().len() <= LIMIT, "an entry of {} bytes", value.expose().len());
        self.change()?;
        self.entries.borrow_mut().insert(account.into(), value.expose().into());
        Ok(())
    }

    fn delete(&self, account: &str) -> Result<(), Error> {
        self.change()?;
        self.entries.borrow_mut().remove(account);
        Ok(())
    }
}

fn get(memory: &Memory) -> Option<String> {
    Split::new(memory, LIMIT).get(ACCOUNT).expect("readable").map(|text| text.expose().to_owned())
}

fn set(memory: &Memory, text: &str) -> Result<(), Error> {
    Split::new(memory, LIMIT).set(ACCOUNT, &Secret::from(text))
}

/// Short, long, longer; another text of the same length; two that look like heads.
fn texts() -> Vec<String> {
    let long = |c: &str, bytes: usize| c.repeat(bytes / c.len());
    vec![
        "short".into(),
        long("x", LIMIT + 1),
        long("y", 5 * LIMIT),
        long("z", 5 * LIMIT),
        format!("{HEAD}{VERSION} a 1 0"),
        format!("{HEAD}{}", long("\u{20ac}", 3 * LIMIT)),
    ]
}

#[test]
fn a_token_of_any_length_comes_back_and_leaves_nothing() {
    let memory = Memory::default();
    let lengths = (1_usize..700).chain([2559, 2560, 2561, 4096]);
    for length in lengths {
        let text: String = (0..length).map(|n| char::from(b'a' + u8::try_from(n % 23).expect("small"))).collect();
        set(&memory, &text).expect("written");
        assert_eq!(get(&memory).as_deref(), Some(text.as_str()));
        assert!(memory.entries.borrow().len() <= 1 + length.div_ceil(LIMIT), "{length}");
    }
    Split::new(&memory, LIMIT).delete(ACCOUNT).expect("deleted");
    assert!(memory.entries.borrow().is_empty());
    assert_eq!(get(&memory), None);
}

#[test]
fn characters_are_not_cut() {
    for pad in 0..4 {
        let text = format!("{}{}", "x".repeat(pad), "\u{1f511}\u{e9}\u{20ac}".repeat(100));
        assert_eq!(pieces(&text, LIMIT).concat(), text);
        assert!(
            pieces(&text, LIMIT)
                .iter()
                .all(|piece| piece.len() <= LIMIT && piece.len() > LIMIT - 4 || piece.len() < LIMIT)
        );
        let memory = Memory::default();
        set(&memory, &text).expect("written");
        assert_eq!(get(&memory), Some(text));
    }
}

#[test]
fn a_text_that_is_too_long_changes_nothing() {
    let memory = Memory::default();
    set(&memory, "before").expect("written");
    let error = set(&memory, &"x".repeat(MOST * LIMIT + 1)).expect_err("refused").to_string();
    assert!(error.contains("4097 bytes"), "{error}");
    assert_eq!((get(&memory).as_deref(), memory.entries.borrow().len()), (Some("before"), 1));
    set(&memory, &"x".repeat(MOST * LIMIT)).expect("this one fits");
}

/// Does `work` on a copy of `entries`, killed before its first, second, ... change, until it comes to its end.
fn torn(entries: &BTreeMap<String, String>, work: impl Fn(&Memory) -> Result<(), Error>, look: impl Fn(&Memory, bool)) {
    for changes in 0.. {
        let memory = Memory { entries: entries.clone().into(), ..Memory::default() };
        memory.changes_left.set(Some(changes));
        let result = work(&memory);
        let was_killed = memory.changes_left.get() == Some(0);
        memory.changes_left.set(None);
        look(&memory, was_killed);
        if !was_killed {
            assert!(result.is_ok());
            return;
        }
    }
}

#[test]
fn a_torn_write_is_the_old_text_or_the_new_one_and_the_next_one_clears_up() {
    for old in texts() {
        for new in texts() {
            let before = Memory::default();
            set(&before, &old).expect("written");
            torn(
                &before.entries.borrow(),
                |memory| set(memory, &new),
                |memory, _| {
                    let found = get(memory);
                    assert!(found.as_ref() == Some(&old) || found.as_ref() == Some(&new), "{old} {new}: {found:?}");
                    // Torn a second time, by a third text.
                    let third = "third".repeat(LIMIT / 2);
                    torn(
                        &memory.entries.borrow(),
                        |memory| set(memory, &third),
                        |memory, _| {
                            let again = get(memory);
                            assert!(again == found || again.as_ref() == Some(&third), "{old} {new}: {again:?}");
                            set(memory, "short").expect("written");
                            assert_eq!((get(memory).as_deref(), memory.entries.borrow().len()), (Some("short"), 1));
                        },
                    );
                },
            );
        }
    }
}

#[test]
fn a_torn_first_write_is_nothing_or_the_text() {
    for new in texts() {
        torn(
            &BTreeMap::new(),
            |memory| set(memory, &new),
            |memory, _| {
                let found = get(memory);
                assert!(found.is_none() || found.as_ref() == Some(&new), "{new}: {found:?}");
                Split::new(memory, LIMIT).delete(ACCOUNT).expect("deleted");
                assert!(memory.entries.borrow().is_empty());
            },
        );
    }
}

#[test]
fn a_torn_delete_is_the_text_or_nothing_and_the_next_one_leaves_nothing() {
    for old in texts() {
        let before = Memory::default();
        set(&before, &old).expect("written");
        torn(
            &before.entries.borrow(),
            |memory| Split::new(memory, LIMIT).delete(ACCOUNT),
            |memory, was_killed| {
                let found = get(memory);
                assert!(found.is_none() || (was_killed && found.as_ref() == Some(&old)), "{found:?}");
                Split::new(memory, LIMIT).delete(ACCOUNT).expect("deleted");
                assert!(memory.entries.borrow().is_empty());
            },
        );
    }
}

#[test]
fn a_reader_beside_writers_has_the_old_text_or_a_new_one() {
    let texts = texts();
    for old in &texts {
        for (first, second) in texts.iter().flat_map(|first| texts.iter().map(move |second| (first, second))) {
            for (at, then) in (1..8).flat_map(|at| (at..9).map(move |then| (at, then))) {
                let memory = Memory::default();
                set(&memory, old).expect("written");
                memory.reads.set(0);
                *memory.interruptions.borrow_mut() = vec![(at, first.clone()), (then + 1, second.clone())];
                let found = get(&memory).expect("never nothing");
                assert!([old, first, second].contains(&&found), "{found}");
            }
        }
    }
}

#[test]
fn a_missing_or_foreign_part_is_no_text_and_a_damaged_head_can_be_replaced() {
    let memory = Memory::default();
    set(&memory, &"x".repeat(3 * LIMIT)).expect("written");
    memory.entries.borrow_mut().insert(Set::A.account(ACCOUNT, 2), "y".repeat(LIMIT));
    assert_eq!(get(&memory), None);
    memory.entries.borrow_mut().remove(&Set::A.account(ACCOUNT, 2));
    assert_eq!(get(&memory), None);
    for head in ["1 c 1 0", "1 a 0 0", "1 a 33 0", "1 a x 0", "2 a 1 0", ""] {
        memory.entries.borrow_mut().insert(ACCOUNT.into(), format!("{HEAD}{head}"));
        assert!(Split::new(&memory, LIMIT).get(ACCOUNT).is_err(), "{head}");
        set(&memory, "new").expect("written");
        assert_eq!(get(&memory).as_deref(), Some("new"));
    }
}
