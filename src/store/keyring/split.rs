//! Texts that are longer than an entry of the keyring may be, split over numbered entries.
//!
//! What fits stands in the account's own entry, as anywhere else. What does not fit is written as parts `ACCOUNT/a1`,
//! `ACCOUNT/a2`, ... or `/b1`, ..., whichever of the two sets is not in use, in that order; the account's own entry is
//! written last, as a head that names the set, the number of parts and the digest of the whole. Then the other set goes,
//! from its last part to its first. So at each point the account's entry names either the old text or the new one, what
//! is left over can be found, and parts of two texts are never taken for one.

use super::{Backend, Keyring};
use crate::error::Error;
use crate::secret::{Secret, digest};
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

/// A keyring whose entries hold no more than `limit` bytes, as one that holds texts of any length.
pub struct Split<K> {
    inner: K,
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
    fn read(entry: &str) -> Result<Option<Head>, Error> {
        let Some(rest) = entry.strip_prefix(HEAD) else { return Ok(None) };
        let damaged = || Error::NoKeyring("an entry of several parts is damaged".into());
        let words: Vec<&str> = rest.split(' ').collect();
        match words[..] {
            [VERSION, set, parts, digest] => Ok(Some(Head {
                set: Set::BOTH.into_iter().find(|known| known.letter() == set).ok_or_else(damaged)?,
                parts: parts.parse().ok().filter(|parts| (1..=MOST).contains(parts)).ok_or_else(damaged)?,
                digest: digest.into(),
            })),
            _ => Err(Error::NoKeyring("an entry of several parts was written by another version of ostoken".into())),
        }
    }

    fn text(&self) -> Secret {
        Secret::from(format!("{HEAD}{VERSION} {} {} {}", self.set.letter(), self.parts, self.digest))
    }
}

impl<K: Keyring> Split<K> {
    /// Texts of any length in `inner`, whose entries hold up to `limit` bytes, at least 128.
    pub fn new(inner: K, limit: usize) -> Self {
        Split { inner, limit }
    }

    /// The whole of which `head` tells; `None` where a part is missing or another text's.
    fn joined(&self, account: &str, head: &Head) -> Result<Option<Secret>, Error> {
        let mut text = Zeroizing::new(String::with_capacity(head.parts * self.limit));
        for number in 1..=head.parts {
            match self.inner.get(&head.set.account(account, number))? {
                Some(part) => text.push_str(part.expose()),
                None => return Ok(None),
            }
        }
        let is_whole = digest(&[&text]) == head.digest;
        Ok(is_whole.then(|| Secret::from(text.as_str())))
    }

    /// Removes a set from number `from` on: the last first, so that what a killed process leaves has no gap. What stays
    /// is of no use to anybody, and goes with the next text or with the entry.
    fn clear(&self, account: &str, set: Set, from: usize) {
        let is_there = |number: &usize| matches!(self.inner.get(&set.account(account, *number)), Ok(Some(_)));
        let found = (from..=MOST).take_while(is_there).count();
        for number in (from..from + found).rev() {
            let _ = self.inner.delete(&set.account(account, number));
        }
    }

    /// The set that is in use; a damaged head uses none.
    fn used(&self, account: &str) -> Result<Option<Set>, Error> {
        let entry = self.inner.get(account)?;
        Ok(entry.and_then(|entry| Head::read(entry.expose()).ok().flatten()).map(|head| head.set))
    }
}

impl<K: Keyring> Keyring for Split<K> {
    fn backend(&self) -> Backend {
        self.inner.backend()
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, Error> {
        let mut before = None;
        for _ in 0..LOOKS {
            let Some(entry) = self.inner.get(account)? else { return Ok(None) };
            let Some(head) = Head::read(entry.expose())? else { return Ok(Some(entry)) };
            match self.joined(account, &head)? {
                Some(text) => return Ok(Some(text)),
                // Nobody replaced it meanwhile: a part is gone for good, and the text with it.
                None if before.as_ref() == Some(&head) => return Ok(None),
                None => before = Some(head),
            }
            std::thread::sleep(PAUSE);
        }
        Ok(None)
    }

    fn set(&self, account: &str, value: &Secret) -> Result<(), Error> {
        let text = value.expose();
        if text.len() <= self.limit && !text.starts_with(HEAD) {
            self.inner.set(account, value)?;
            Set::BOTH.into_iter().for_each(|set| self.clear(account, set, 1));
            return Ok(());
        }
        let parts = pieces(text, self.limit);
        if parts.len() > MOST {
            let why = format!("a text of {} bytes is longer than an entry may be", text.len());
            return Err(Error::NoKeyring(format!("{}: {why}", self.backend().name())));
        }
        let (new, old) = match self.used(account)? {
            Some(Set::A) => (Set::B, Set::A),
            _ => (Set::A, Set::B),
        };
        for (index, part) in parts.iter().enumerate() {
            self.inner.set(&new.account(account, index + 1), &Secret::from(*part))?;
        }
        let head = Head { set: new, parts: parts.len(), digest: digest(&[text]) };
        self.inner.set(account, &head.text())?;
        self.clear(account, new, parts.len() + 1);
        self.clear(account, old, 1);
        Ok(())
    }

    fn delete(&self, account: &str) -> Result<(), Error> {
        self.inner.delete(account)?;
        // All that there can be: writers that did not wait for each other may have left gaps.
        let accounts = Set::BOTH.into_iter().flat_map(|set| (1..=MOST).rev().map(move |number| (set, number)));
        accounts.into_iter().try_for_each(|(set, number)| self.inner.delete(&set.account(account, number)))
    }
}

/// `text` in pieces of at most `limit` bytes, each of whole characters.
fn pieces(text: &str, limit: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = (0..=limit.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
