//! What a word expands to: its text, or the doubt that keeps it from being known.

use zeroize::Zeroizing;

use super::error::Fault;
use super::variables::{VALUE_MAX, Value};

pub(super) const UNQUOTED: &str = "the shell may split this or match it against file names: put it in double quotes";

/// Where a word stands, which decides what the shell does with its unquoted parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The value of an assignment: nothing is split, `~` is the home directory.
    Assignment,
    /// An argument that is looked at: what would be split or match file names is refused.
    Argument,
    /// A word of `[[ ]]`: not split, but `~` would be expanded.
    Brackets,
    /// An argument that is not looked at; it is expanded for the assignments that hide in it.
    Ignored,
}

/// Why a text is not known, and where the reason stands.
pub(super) struct Doubt {
    pub at: usize,
    pub end: usize,
    /// The variable it came from; none for `$(...)` itself.
    pub variable: Option<String>,
    pub asked: bool,
}

pub(super) struct Expanded {
    pub text: Zeroizing<Vec<u8>>,
    pub doubt: Option<Doubt>,
    /// Whether there is a word at all: an unquoted `$X` that is empty leaves none.
    pub exists: bool,
    /// Nothing but one variable that a person types in: its absence is then no half value.
    asked_alone: bool,
    too_long: bool,
}

impl Expanded {
    pub fn new() -> Self {
        let text = Zeroizing::new(Vec::new());
        Self { text, doubt: None, exists: false, asked_alone: false, too_long: false }
    }

    pub fn push(&mut self, text: &[u8]) {
        self.exists |= !text.is_empty();
        self.asked_alone &= text.is_empty();
        self.too_long |= self.text.len() + text.len() > VALUE_MAX;
        if self.too_long {
            return;
        }
        let needed = self.text.len() + text.len();
        if needed > self.text.capacity() {
            // A Vec that grows by itself leaves the old copy of a secret in memory.
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * needed));
            larger.extend_from_slice(&self.text);
            self.text = larger;
        }
        self.text.extend_from_slice(text);
    }

    pub fn doubt(&mut self, doubt: Doubt) {
        self.asked_alone = doubt.asked && self.doubt.is_none() && self.text.is_empty();
        self.exists = true;
        self.doubt.get_or_insert(doubt);
    }

    /// The value to assign; a doubtful one comes with the refusal to use where it must be known.
    pub fn into_value(self, at: usize, end: usize) -> (Value, Option<Fault>) {
        if self.too_long {
            let why = "a value is at most 16 KiB".into();
            return (Value::Unknown, Some(Fault { at, end, why }));
        }
        let Some(doubt) = self.doubt else {
            let exact = Zeroizing::new(self.text.as_slice().to_vec());
            return (Value::Known(exact), None);
        };
        let why = match doubt.variable {
            _ if doubt.asked => "the file asks for this at the terminal; write the value into it".into(),
            Some(name) => format!("only running the file would tell what `{name}` is; write the value itself").into(),
            None => "only running the file would tell this; write the value itself".into(),
        };
        let fault = Fault { at: doubt.at, end: doubt.end, why };
        (if self.asked_alone { Value::Asked { assigned: true } } else { Value::Unknown }, Some(fault))
    }

    /// The same text without its first bytes.
    pub fn behind(&self, length: usize) -> Self {
        let mut rest = Self::new();
        rest.push(self.text.get(length..).unwrap_or_default());
        rest
    }

    /// The same text behind another: `NAME+=...`.
    pub fn after(mut self, old: &[u8]) -> Self {
        let mut joined = Self::new();
        joined.push(old);
        joined.push(&self.text);
        joined.too_long |= self.too_long;
        joined.doubt = self.doubt.take();
        joined
    }

    /// The same text behind one that is not known.
    pub fn after_unknown(mut self, name: &str, at: usize, end: usize) -> Self {
        self.doubt = Some(Doubt { at, end, variable: Some(name.to_owned()), asked: false });
        self.asked_alone = false;
        self
    }

    /// The text, where nothing about it is in doubt.
    pub fn known(&self) -> Option<&[u8]> {
        (self.doubt.is_none() && !self.too_long).then_some(self.text.as_slice())
    }
}
