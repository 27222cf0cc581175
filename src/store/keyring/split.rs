//! Texts that are longer than an entry of the keyring may be, split over numbered entries.
//!
//! What fits stands in the account's own entry, as anywhere else. What does not fit is written as parts `ACCOUNT/a1`,
//! `ACCOUNT/a2`, ... or `/b1`, ..., whichever of the two sets is not in use, in that order; the account's own entry is
//! written last, as a head that names the set, the number of parts and the digest of the whole. Then the other set goes,
//! from its last part to its first. So at each point the account's entry names either the old text or the new one, what
//! is left over can be found, and parts of two texts are never taken for one.

use super::failure;
use keyring_core::api::{CredentialApi, CredentialPersistence, CredentialStoreApi};
use keyring_core::{Credential, CredentialStore, Entry, Error, Result};
use sha2::{Digest, Sha256};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// What a head begins with: a version after that.
const HEAD: &str = "ostoken-parts:";
const VERSION: &str = "1";
/// The most parts of one text.
const MOST: usize = 32;
/// How often a text is looked for again that another process replaces meanwhile, and the pause between.
const LOOKS: usize = 50;
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 0 } else { 2 });

/// A store whose entries hold no more than `limit` bytes, as one that holds texts of any length.
pub struct Split {
    inner: Arc<CredentialStore>,
    limit: usize,
}

/// What the account's own entry says about the parts.
#[derive(PartialEq, Eq)]
struct Head {
    set: Set,
    parts: usize,
    digest: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    A,
    B,
}

impl Set {
    const BOTH: [Set; 2] = [Set::A, Set::B];

    fn letter(self) -> &'static str {
        match self {
            Set::A => "a",
            Set::B => "b",
        }
    }

    fn account(self, account: &str, number: usize) -> String {
        format!("{account}/{}{number}", self.letter())
    }
}

impl Head {
    /// Reads a head; `None` for a text that stands in the entry itself.
    fn read(entry: &[u8]) -> Result<Option<Head>> {
        let Some(rest) = entry.strip_prefix(HEAD.as_bytes()) else { return Ok(None) };
        let damaged = || failure("an entry of several parts is damaged");
        let words: Vec<&str> = std::str::from_utf8(rest).map_err(|_| damaged())?.split(' ').collect();
        match words[..] {
            [VERSION, set, parts, digest] => Ok(Some(Head {
                set: Set::BOTH.into_iter().find(|known| known.letter() == set).ok_or_else(damaged)?,
                parts: parts.parse().ok().filter(|parts| (1..=MOST).contains(parts)).ok_or_else(damaged)?,
                digest: digest.into(),
            })),
            _ => Err(failure("an entry of several parts was written by another version of ostoken")),
        }
    }

    fn text(&self) -> String {
        format!("{HEAD}{VERSION} {} {} {}", self.set.letter(), self.parts, self.digest)
    }
}

/// The digest of a whole text, as heads have it.
fn digest(text: &[u8]) -> String {
    Sha256::new().chain_update(text).chain_update([0]).finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Split {
    /// Texts of any length in `inner`, whose entries hold up to `limit` bytes, at least 128.
    pub fn new(inner: Arc<CredentialStore>, limit: usize) -> Arc<Self> {
        Arc::new(Split { inner, limit })
    }
}

impl CredentialStoreApi for Split {
    fn vendor(&self) -> String {
        self.inner.vendor()
    }

    fn id(&self) -> String {
        self.inner.id()
    }

    fn build(&self, service: &str, user: &str, _: Option<&HashMap<&str, &str>>) -> Result<Entry> {
        let (inner, specifiers) = (self.inner.clone(), (service.to_owned(), user.to_owned()));
        Ok(Entry::new_with_credential(Arc::new(Whole { inner, limit: self.limit, specifiers })))
    }

    fn persistence(&self) -> CredentialPersistence {
        self.inner.persistence()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One entry, with the parts that it may have.
struct Whole {
    inner: Arc<CredentialStore>,
    limit: usize,
    specifiers: (String, String),
}

/// `None` in place of the error that there is nothing.
fn found<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Whole {
    fn entry(&self) -> Result<Entry> {
        self.inner.build(&self.specifiers.0, &self.specifiers.1, None)
    }

    fn part(&self, set: Set, number: usize) -> Result<Entry> {
        self.inner.build(&self.specifiers.0, &set.account(&self.specifiers.1, number), None)
    }

    /// The whole of which `head` tells; `None` if a part is missing or another text's.
    fn joined(&self, head: &Head) -> Result<Option<Vec<u8>>> {
        let mut text = Zeroizing::new(Vec::with_capacity(head.parts * self.limit));
        for number in 1..=head.parts {
            match found(self.part(head.set, number)?.get_secret())? {
                Some(part) => text.extend_from_slice(&Zeroizing::new(part)),
                None => return Ok(None),
            }
        }
        let is_whole = digest(&text) == head.digest;
        Ok(is_whole.then(|| std::mem::take(&mut *text)))
    }

    /// Removes a set from number `from` on: the last first, so that what a killed process leaves has no gap. What stays
    /// is of no use to anybody, and goes with the next text or with the entry.
    fn clear(&self, set: Set, from: usize) {
        let is_there = |number: &usize| self.part(set, *number).is_ok_and(|part| part.get_secret().is_ok());
        let count = (from..=MOST).take_while(is_there).count();
        for number in (from..from + count).rev() {
            let _ = self.part(set, number).and_then(|part| part.delete_credential());
        }
    }

    /// The set that is in use; a damaged head uses none.
    fn used(&self) -> Result<Option<Set>> {
        let entry = found(self.entry()?.get_secret())?;
        Ok(entry.and_then(|entry| Head::read(&entry).ok().flatten()).map(|head| head.set))
    }
}

impl CredentialApi for Whole {
    fn set_secret(&self, text: &[u8]) -> Result<()> {
        if text.len() <= self.limit && !text.starts_with(HEAD.as_bytes()) {
            self.entry()?.set_secret(text)?;
            Set::BOTH.into_iter().for_each(|set| self.clear(set, 1));
            return Ok(());
        }
        let parts = text.len().div_ceil(self.limit);
        if parts > MOST {
            return Err(failure(format!("a text of {} bytes is longer than an entry may be", text.len())));
        }
        let (new, old) = match self.used()? {
            Some(Set::A) => (Set::B, Set::A),
            _ => (Set::A, Set::B),
        };
        for (index, part) in text.chunks(self.limit).enumerate() {
            self.part(new, index + 1)?.set_secret(part)?;
        }
        let head = Head { set: new, parts, digest: digest(text) };
        self.entry()?.set_secret(head.text().as_bytes())?;
        self.clear(new, parts + 1);
        self.clear(old, 1);
        Ok(())
    }

    fn get_secret(&self) -> Result<Vec<u8>> {
        let mut before = None;
        for _ in 0..LOOKS {
            let entry = self.entry()?.get_secret()?;
            let Some(head) = Head::read(&entry)? else { return Ok(entry) };
            match self.joined(&head)? {
                Some(text) => return Ok(text),
                // Nobody replaced it meanwhile: a part is gone for good, and the text with it.
                None if before.as_ref() == Some(&head) => return Err(Error::NoEntry),
                None => before = Some(head),
            }
            std::thread::sleep(PAUSE);
        }
        Err(Error::NoEntry)
    }

    /// All parts that there can be go: writers that did not wait for each other may have left gaps.
    fn delete_credential(&self) -> Result<()> {
        let there = found(self.entry()?.delete_credential())?;
        for (set, number) in Set::BOTH.into_iter().flat_map(|set| (1..=MOST).rev().map(move |number| (set, number))) {
            found(self.part(set, number)?.delete_credential())?;
        }
        there.ok_or(Error::NoEntry)
    }

    fn get_credential(&self) -> Result<Option<Arc<Credential>>> {
        self.get_secret().map(|_| None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some(self.specifiers.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
