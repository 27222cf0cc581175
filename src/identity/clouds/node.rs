//! What a file of clouds holds: scalars as PyYAML's safe loader reads them, lists and mappings, each with its line.

use std::rc::Rc;
use zeroize::Zeroizing;

/// Which file a value is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// clouds.yaml
    Clouds,
    /// secure.yaml
    Secure,
    /// clouds-public.yaml
    Public,
    /// openstacksdk's own list of vendors.
    Vendors,
    /// None: a default.
    None,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which file.
    pub file: File,
    /// The line, counted from 1.
    pub line: usize,
}

/// A value, and where it begins.
///
/// There is no Debug: any text may be a secret.
#[derive(Clone)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

/// What openstacksdk is given by PyYAML.
#[derive(Clone)]
pub enum Value {
    Null,
    Bool(bool),
    /// As Python's `str` shows it.
    Number(String),
    Text(Zeroizing<String>),
    /// A value of a kind that no setting of a login has (a time, binary data).
    Other,
    List(Vec<Rc<Node>>),
    Map(Map),
}

impl Value {
    /// The kind of value, for an error.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::Other => "a time or binary data",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// A text at a place.
    pub fn text(text: &str, place: Place) -> Node {
        Node { place, value: Value::Text(Zeroizing::new(text.to_owned())) }
    }

    /// The mapping, if it is one.
    pub fn map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }
}

/// A mapping. Of two equal keys the later one counts.
#[derive(Clone, Default)]
pub struct Map(Vec<Entry>);

/// One of its entries; `key` is `None` where that is no text, which names nothing that is looked for.
#[derive(Clone)]
pub struct Entry {
    pub key: Option<String>,
    pub place: Place,
    pub node: Rc<Node>,
}

impl Map {
    /// The entries, in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The keys that are text.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|entry| entry.key.as_deref())
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key.as_deref() == Some(key))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Rc<Node>> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// Adds an entry, in the place of one with the same key.
    pub fn put(&mut self, entry: Entry) {
        let same = self.0.iter_mut().find(|old| old.key.is_some() && old.key == entry.key);
        match same {
            Some(old) => *old = entry,
            None => self.0.push(entry),
        }
    }

    /// Adds a value under a key, at the place of the value.
    pub fn set(&mut self, key: &str, node: Rc<Node>) {
        self.put(Entry { key: Some(key.to_owned()), place: node.place, node });
    }

    /// Takes an entry out.
    pub fn take(&mut self, key: &str) -> Option<Rc<Node>> {
        let place = self.0.iter().position(|entry| entry.key.as_deref() == Some(key))?;
        Some(self.0.remove(place).node)
    }

    /// As Python's `dict.update`.
    pub fn update(&mut self, newer: &Map) {
        for entry in &newer.0 {
            self.put(entry.clone());
        }
    }
}
