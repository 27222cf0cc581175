//! What is known of the shell at one place of the file, and what is known where two ways meet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use zeroize::Zeroizing;

use super::syntax::{Command, Span};

/// Why a value is not known, and where that was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    pub why: &'static str,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Known(Zeroizing<String>),
    Unknown(Unknown),
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Content {
    Unset,
    Text(Value),
    Array(Elements),
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Elements {
    /// `declare -A`: the order of its elements is bash's secret.
    pub associative: bool,
    pub values: BTreeMap<String, Value>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub content: Content,
    pub span: Span,
}

#[derive(Clone, Default)]
pub(super) struct State {
    pub variables: BTreeMap<String, Slot>,
    /// `$1` and on; `None`: not known.
    pub parameters: Option<Vec<Value>>,
    /// What each function that is running has made its own, as it was outside.
    pub locals: Vec<BTreeMap<String, Option<Slot>>>,
    pub functions: BTreeMap<String, Option<Rc<Command>>>,
    pub aliases: BTreeSet<String>,
    pub readonly: BTreeSet<String>,
    /// `$?`.
    pub status: Option<i32>,
    /// `set -u` and `set -e`.
    pub nounset: bool,
    pub errexit: bool,
    /// The folder is not the one in which the file was read.
    pub moved: bool,
    /// What `read` gets, where that is known: the lines of the innermost redirection.
    pub inputs: Vec<Option<VecDeque<String>>>,
    /// What was written to standard output within `$(...)`.
    pub outputs: Vec<Value>,
    /// Nothing gets here.
    pub dead: bool,
}

impl Value {
    pub fn known(text: impl Into<String>) -> Value {
        Value::Known(Zeroizing::new(text.into()))
    }

    pub fn unknown(why: &'static str, span: Span) -> Value {
        Value::Unknown(Unknown { why, span })
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Known(text) => Some(text),
            Value::Unknown(_) => None,
        }
    }

    /// This text with that behind it.
    pub fn append(&mut self, more: &Value) {
        match (&mut *self, more) {
            (Value::Known(text), Value::Known(more)) => {
                let mut whole = Zeroizing::new(String::with_capacity(text.len() + more.len()));
                whole.push_str(text);
                whole.push_str(more);
                *text = whole;
            }
            (Value::Known(_), unknown) => *self = unknown.clone(),
            (Value::Unknown(_), _) => {}
        }
    }
}

impl State {
    /// What is known if this way or that one was taken. `span` is the place that decided.
    ///
    /// `initial` tells what a variable held before anything was read.
    pub fn join(self, other: State, why: Unknown, initial: &dyn Fn(&str) -> Content) -> State {
        match (self.dead, other.dead) {
            (true, _) => return other,
            (_, true) => return self,
            _ => {}
        }
        let mut joined = self;
        joined.variables = join_maps(joined.variables, other.variables, |name, ours, theirs| {
            let content = |slot: Option<&Slot>| slot.map_or_else(|| initial(name), |slot| slot.content.clone());
            Slot {
                content: join_contents(content(ours), content(theirs), why),
                span: ours.or(theirs).map_or(why.span, |slot| slot.span),
            }
        });
        if joined.parameters != other.parameters {
            joined.parameters = None;
        }
        for (ours, theirs) in joined.locals.iter_mut().zip(other.locals) {
            for (name, slot) in theirs {
                ours.entry(name).or_insert(slot);
            }
        }
        joined.functions = join_maps(joined.functions, other.functions, |_, ours, theirs| match (ours, theirs) {
            (Some(Some(ours)), Some(Some(theirs))) if Rc::ptr_eq(ours, theirs) => Some(Rc::clone(ours)),
            _ => None,
        });
        joined.aliases.extend(other.aliases);
        joined.readonly.extend(other.readonly);
        joined.status = joined.status.filter(|status| other.status == Some(*status));
        joined.nounset &= other.nounset;
        joined.errexit &= other.errexit;
        joined.moved |= other.moved;
        for (ours, theirs) in joined.inputs.iter_mut().zip(other.inputs) {
            if *ours != theirs {
                *ours = None;
            }
        }
        for (ours, theirs) in joined.outputs.iter_mut().zip(other.outputs) {
            if *ours != theirs {
                *ours = Value::Unknown(why);
            }
        }
        joined
    }

    /// Whether another round of a loop would find what the one before it found.
    pub fn is_like(&self, other: &State) -> bool {
        let same = |a: &BTreeMap<String, Slot>, b: &BTreeMap<String, Slot>| {
            a.len() == b.len() && a.iter().all(|(name, slot)| b.get(name).is_some_and(|other| alike(slot, other)))
        };
        self.dead == other.dead
            && same(&self.variables, &other.variables)
            && self.parameters == other.parameters
            && self.functions.len() == other.functions.len()
            && self.inputs == other.inputs
            && self.outputs == other.outputs
    }
}

fn alike(ours: &Slot, theirs: &Slot) -> bool {
    match (&ours.content, &theirs.content) {
        (Content::Text(Value::Unknown(_)), Content::Text(Value::Unknown(_))) => true,
        (ours, theirs) => ours == theirs,
    }
}

fn join_maps<V, W>(
    mut ours: BTreeMap<String, V>,
    theirs: BTreeMap<String, V>,
    join: impl Fn(&str, Option<&V>, Option<&V>) -> W,
) -> BTreeMap<String, W> {
    let mut joined = BTreeMap::new();
    for (name, theirs) in theirs {
        let both = join(&name, ours.remove(&name).as_ref(), Some(&theirs));
        joined.insert(name, both);
    }
    for (name, ours) in ours {
        let both = join(&name, Some(&ours), None);
        joined.insert(name, both);
    }
    joined
}

fn join_contents(ours: Content, theirs: Content, why: Unknown) -> Content {
    match (ours, theirs) {
        (ours, theirs) if ours == theirs => ours,
        // Whoever asked first knows best why.
        (first @ Content::Text(Value::Unknown(_)), _) | (_, first @ Content::Text(Value::Unknown(_))) => first,
        _ => Content::Text(Value::Unknown(why)),
    }
}

/// The name under which an array keeps the element of this number: so that they are in order.
pub fn key_of(number: usize) -> String {
    format!("{number:010}")
}
