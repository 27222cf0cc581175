//! Each torn point of a write or delete, and writers beside a reader, over a keyring in memory.

use super::*;
use keyring_core::mock;
use std::collections::BTreeMap;
use std::sync::Mutex;

const LIMIT: usize = 128;
const ACCOUNT: &str = "token:key";

/// keyring-core's store in memory, for a process that can be killed before any change, and with others that write between
/// two reads.
#[derive(Clone)]
struct Memory {
    store: Arc<mock::Store>,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Default)]
struct Plan {
    /// How many changes are done before the process is killed.
    changes_left: Option<usize>,
    /// After so many reads this text is written by somebody else.
    interruptions: Vec<(usize, String)>,
    reads: usize,
}

impl Memory {
    fn new() -> Memory {
        Memory { store: mock::Store::new().expect("a store"), plan: Arc::default() }
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().expect("not poisoned")
    }

    fn change(&self) -> Result<()> {
        let mut plan = self.plan();
        if plan.changes_left == Some(0) {
            return Err(failure("killed"));
        }
        plan.changes_left = plan.changes_left.map(|left| left - 1);
        Ok(())
    }

    fn interrupt(&self) {
        let mut plan = self.plan();
        plan.reads += 1;
        let due = |(after, _): &(usize, String)| *after == plan.reads;
        if let Some(position) = plan.interruptions.iter().position(due) {
            let (_, text) = plan.interruptions.remove(position);
            let reads = std::mem::replace(&mut plan.reads, usize::MAX / 2);
            drop(plan);
            set(self, &text).expect("written");
            self.plan().reads = reads;
        }
    }

    fn entries(&self) -> BTreeMap<String, Vec<u8>> {
        let all = self.store.search(&HashMap::new()).expect("all");
        let account = |entry: &Entry| entry.get_specifiers().map(|(_, account)| account);
        all.iter().filter_map(|entry| Some((account(entry)?, entry.get_secret().ok()?))).collect()
    }

    /// Another process, which finds these entries.
    fn of(entries: &BTreeMap<String, Vec<u8>>) -> Memory {
        let memory = Memory::new();
        entries.iter().for_each(|(account, text)| memory.put(account, text));
        memory
    }

    fn put(&self, account: &str, text: &[u8]) {
        self.store.build("s", account, None).expect("an entry").set_secret(text).expect("written");
    }

    fn remove(&self, account: &str) {
        self.store.build("s", account, None).expect("an entry").delete_credential().expect("removed");
    }
}

impl CredentialStoreApi for Memory {
    fn vendor(&self) -> String {
        self.store.vendor()
    }

    fn id(&self) -> String {
        self.store.id()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let entry = self.store.build(service, user, None)?;
        Ok(Entry::new_with_credential(Arc::new(Watched { memory: self.clone(), entry })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct Watched {
    memory: Memory,
    entry: Entry,
}

impl CredentialApi for Watched {
    fn set_secret(&self, secret: &[u8]) -> Result<()> {
        assert!(secret.len() <= LIMIT, "an entry of {} bytes", secret.len());
        self.memory.change()?;
        self.entry.set_secret(secret)
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let found = self.entry.get_secret();
        self.memory.interrupt();
        found
    }

    fn delete_credential(&self) -> Result<()> {
        self.memory.change()?;
        self.entry.delete_credential()
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        self.entry.get_specifiers()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn split(memory: &Memory) -> Entry {
    Split::new(Arc::new(memory.clone()), LIMIT).build("s", ACCOUNT, None).expect("an entry")
}

fn get(memory: &Memory) -> Option<String> {
    found(split(memory).get_password()).expect("readable")
}

fn set(memory: &Memory, text: &str) -> Result<()> {
    split(memory).set_password(text)
}

fn delete(memory: &Memory) -> Result<()> {
    found(split(memory).delete_credential()).map(drop)
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
    let memory = Memory::new();
    let lengths = (1_usize..700).chain([2559, 2560, 2561, 4096]);
    for length in lengths {
        let text: String = (0..length).map(|n| char::from(b'a' + u8::try_from(n % 23).expect("small"))).collect();
        set(&memory, &text).expect("written");
        assert_eq!(get(&memory).as_deref(), Some(text.as_str()));
        assert!(memory.entries().len() <= 1 + length.div_ceil(LIMIT), "{length}");
    }
    delete(&memory).expect("deleted");
    assert!(memory.entries().is_empty());
    assert_eq!(get(&memory), None);
}

#[test]
fn characters_come_back_wherever_a_part_ends() {
    for pad in 0..4 {
        let text = format!("{}{}", "x".repeat(pad), "\u{1f511}\u{e9}\u{20ac}".repeat(100));
        let memory = Memory::new();
        set(&memory, &text).expect("written");
        assert_eq!(get(&memory), Some(text));
    }
}

#[test]
fn a_text_that_is_too_long_changes_nothing() {
    let memory = Memory::new();
    set(&memory, "before").expect("written");
    let error = set(&memory, &"x".repeat(MOST * LIMIT + 1)).expect_err("refused").to_string();
    assert!(error.contains("4097 bytes"), "{error}");
    assert_eq!((get(&memory).as_deref(), memory.entries().len()), (Some("before"), 1));
    set(&memory, &"x".repeat(MOST * LIMIT)).expect("this one fits");
}

/// Does `work` on a copy of `entries`, killed before its first, second, ... change, until it comes to its end.
fn torn(entries: &BTreeMap<String, Vec<u8>>, work: impl Fn(&Memory) -> Result<()>, look: impl Fn(&Memory, bool)) {
    for changes in 0.. {
        let memory = Memory::of(entries);
        memory.plan().changes_left = Some(changes);
        let result = work(&memory);
        let was_killed = memory.plan().changes_left == Some(0);
        memory.plan().changes_left = None;
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
            let before = Memory::new();
            set(&before, &old).expect("written");
            torn(
                &before.entries(),
                |memory| set(memory, &new),
                |memory, _| {
                    let found = get(memory);
                    assert!(found.as_ref() == Some(&old) || found.as_ref() == Some(&new), "{old} {new}: {found:?}");
                    // Torn a second time, by a third text.
                    let third = "third".repeat(LIMIT / 2);
                    torn(
                        &memory.entries(),
                        |memory| set(memory, &third),
                        |memory, _| {
                            let again = get(memory);
                            assert!(again == found || again.as_ref() == Some(&third), "{old} {new}: {again:?}");
                            set(memory, "short").expect("written");
                            assert_eq!((get(memory).as_deref(), memory.entries().len()), (Some("short"), 1));
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
                delete(memory).expect("deleted");
                assert!(memory.entries().is_empty());
            },
        );
    }
}

#[test]
fn a_torn_delete_is_the_text_or_nothing_and_the_next_one_leaves_nothing() {
    for old in texts() {
        let before = Memory::new();
        set(&before, &old).expect("written");
        torn(&before.entries(), delete, |memory, was_killed| {
            let found = get(memory);
            assert!(found.is_none() || (was_killed && found.as_ref() == Some(&old)), "{found:?}");
            delete(memory).expect("deleted");
            assert!(memory.entries().is_empty());
        });
    }
}

#[test]
fn a_reader_beside_writers_has_the_old_text_or_a_new_one() {
    let texts = texts();
    for old in &texts {
        for (first, second) in texts.iter().flat_map(|first| texts.iter().map(move |second| (first, second))) {
            for (at, then) in (1..8).flat_map(|at| (at..9).map(move |then| (at, then))) {
                let memory = Memory::new();
                set(&memory, old).expect("written");
                let interruptions = vec![(at, first.clone()), (then + 1, second.clone())];
                *memory.plan() = Plan { interruptions, ..Plan::default() };
                let found = get(&memory).expect("never nothing");
                assert!([old, first, second].contains(&&found), "{found}");
            }
        }
    }
}

#[test]
fn a_missing_or_foreign_part_is_no_text_and_a_damaged_head_can_be_replaced() {
    let memory = Memory::new();
    set(&memory, &"x".repeat(3 * LIMIT)).expect("written");
    memory.put(&Set::A.account(ACCOUNT, 2), "y".repeat(LIMIT).as_bytes());
    assert_eq!(get(&memory), None);
    memory.remove(&Set::A.account(ACCOUNT, 2));
    assert_eq!(get(&memory), None);
    for head in ["1 c 1 0", "1 a 0 0", "1 a 33 0", "1 a x 0", "2 a 1 0", ""] {
        memory.put(ACCOUNT, format!("{HEAD}{head}").as_bytes());
        assert!(!matches!(split(&memory).get_secret(), Ok(_) | Err(Error::NoEntry)), "{head}");
        set(&memory, "new").expect("written");
        assert_eq!(get(&memory).as_deref(), Some("new"));
    }
}
