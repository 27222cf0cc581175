//! The variables of the imagined shell.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::Entry;
use super::error::{Fault, refuse};
use super::names;
use super::source::Source;

/// The longest value; tokens of 16 KiB exist, larger ones do not.
pub(super) const VALUE_MAX: usize = 16 * 1024;

/// What a variable that is set holds.
pub(super) enum Value {
    Known(Zeroizing<Vec<u8>>),
    /// What a person types at the terminal. The variable that `read` names is left out of the
    /// result; one that was then assigned from it is there, and empty.
    Asked {
        assigned: bool,
    },
    /// What only a run would tell.
    Unknown,
}

struct Slot {
    value: Option<Value>,
    at: usize,
}

/// The file's own variables, over those of the environment.
pub(super) struct Variables<'o> {
    slots: BTreeMap<String, Slot>,
    outer: &'o dyn Fn(&str) -> Option<String>,
}

impl<'o> Variables<'o> {
    pub fn new(outer: &'o dyn Fn(&str) -> Option<String>) -> Self {
        Self { slots: BTreeMap::new(), outer }
    }

    /// The variable's value; `None` if it is unset.
    pub fn get(&mut self, name: &str) -> Option<&Value> {
        if names::is_computed(name) {
            return Some(&Value::Unknown);
        }
        if !self.slots.contains_key(name) {
            let value = self.outer_value(name);
            self.slots.insert(name.to_owned(), Slot { value, at: 0 });
        }
        self.slots.get(name).and_then(|slot| slot.value.as_ref())
    }

    fn outer_value(&self, name: &str) -> Option<Value> {
        if names::is_openstack(name) {
            return None;
        }
        match (self.outer)(name) {
            Some(value) => Some(Value::Known(Zeroizing::new(value.into_bytes()))),
            None => names::is_supplied(name).then_some(Value::Unknown),
        }
    }

    /// Sets the variable, or unsets it with `None`. `at` is the place in the text that does so.
    pub fn set(&mut self, name: &str, value: Option<Value>, at: usize) {
        self.slots.insert(name.to_owned(), Slot { value, at });
    }

    /// The `OS_*` variables that are set.
    pub fn into_openstack(self, source: &Source<'_>) -> Result<BTreeMap<String, Entry>, Fault> {
        let mut entries = BTreeMap::new();
        for (name, slot) in self.slots {
            if !names::is_openstack(&name) {
                continue;
            }
            let value = match slot.value {
                Some(Value::Known(value)) => checked(&value, slot.at, slot.at)?,
                Some(Value::Asked { assigned: true }) => Zeroizing::new(String::new()),
                _ => continue,
            };
            entries.insert(name, Entry { value, line: source.line(slot.at) });
        }
        Ok(entries)
    }
}

/// The value as text without characters that would break a header, a line of the credential
/// protocol or a terminal. The error says which kind, and never the value.
pub(super) fn checked(value: &[u8], at: usize, end: usize) -> Result<Zeroizing<String>, Fault> {
    if value.len() > VALUE_MAX {
        return refuse(at, end, "a value is at most 16 KiB");
    }
    let Ok(text) = std::str::from_utf8(value) else {
        return refuse(at, end, "the value is not UTF-8");
    };
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let line_end = character == '\r' && characters.peek() == Some(&'\n');
        if character.is_control() && !line_end && !matches!(character, '\t' | '\n') {
            return refuse(at, end, "the value contains a control character");
        }
    }
    Ok(Zeroizing::new(text.to_owned()))
}
