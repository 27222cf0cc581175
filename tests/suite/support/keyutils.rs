//! The kernel's keyrings as the tests see them: what `ostoken` left there, and its removal.

use std::path::Path;
use std::sync::Once;

use linux_keyutils::{Key, KeyRing, KeyRingIdentifier, KeyType, LinkNode};

/// How the services of tests begin; the number of their process follows.
const PREFIX: &str = "ostoken-test-";
/// root may have a million keys; other tests, and runs that were killed, have theirs in the same keyring.
const MOST: usize = 100_000;

/// Whether this kernel lets us use its persistent keyring; if not, the test is to return.
pub fn available() -> bool {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(remove_leftovers);
    let usable = !rings().is_empty();
    if !usable {
        super::skip("the kernel's keyrings cannot be used here");
    }
    usable
}

/// The service of the home with this number.
pub fn service(number: u32) -> String {
    format!("{PREFIX}{}-{number}", std::process::id())
}

/// Removes what runs that were killed left: their process is gone.
fn remove_leftovers() {
    for ring in rings() {
        for key in links(ring) {
            let Ok(metadata) = key.metadata() else { continue };
            let process = metadata.get_description().strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
            if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                let _ = ring.unlink_key(key);
            }
        }
    }
}

/// The accounts that have an entry of this service, sorted.
pub fn accounts(service: &str) -> Vec<String> {
    let mut found: Vec<String> = keys(service).into_iter().map(|(_, _, account)| account).collect();
    found.sort();
    found
}

/// What one entry holds.
pub fn read(service: &str, account: &str) -> Option<Vec<u8>> {
    let mut found = keys(service).into_iter();
    let (_, key, _) = found.find(|(_, _, name)| name == account)?;
    key.read_to_vec().ok()
}

/// Puts an entry into the persistent keyring.
pub fn write(service: &str, account: &str, value: &[u8]) {
    let ring = KeyRing::get_persistent(KeyRingIdentifier::Thread).unwrap();
    ring.add_key(&format!("{service}:{account}"), value).unwrap();
}

/// Removes one entry.
pub fn remove(service: &str, account: &str) {
    for (ring, key, name) in keys(service) {
        if name == account {
            let _ = ring.unlink_key(key);
        }
    }
}

/// Removes every entry of this service.
pub fn clear(service: &str) {
    for (ring, key, _) in keys(service) {
        let _ = ring.unlink_key(key);
    }
}

/// The persistent keyring and the user keyring. The first is linked into this thread's own keyring, which makes it
/// ours to read and goes away with the thread.
fn rings() -> Vec<KeyRing> {
    let persistent = KeyRing::get_persistent(KeyRingIdentifier::Thread);
    let user = KeyRing::from_special_id(KeyRingIdentifier::User, false);
    [persistent, user].into_iter().flatten().collect()
}

fn keys(service: &str) -> Vec<(KeyRing, Key, String)> {
    let prefix = format!("{service}:");
    let mut found = Vec::new();
    for ring in rings() {
        for key in links(ring) {
            let Ok(metadata) = key.metadata() else {
                continue;
            };
            let account = metadata.get_description().strip_prefix(&prefix);
            if let (KeyType::User, Some(account)) = (metadata.get_type(), account) {
                found.push((ring, key, account.to_owned()));
            }
        }
    }
    found
}

/// A keyring's keys. The listing as a whole fails when one of them goes in the middle of it, so it is tried again.
fn links(ring: KeyRing) -> Vec<Key> {
    for _ in 0..50 {
        if let Ok(links) = ring.get_links(MOST) {
            return links.iter().filter_map(LinkNode::as_key).collect();
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    Vec::new()
}
