//! Variables: what an assignment does, and what is known of a name.

use std::collections::BTreeMap;

use super::{Shell, UNDECIDED};
use crate::identity::openrc::error::{Fault, refuse};
use crate::identity::openrc::state::{Content, Elements, Slot, Value, key_of};
use crate::identity::openrc::syntax::{Assigned, Assignment, Span, Word};
use crate::identity::openrc::{braces, names};
use crate::secret::LONGEST_VALUE;

impl Shell<'_> {
    /// Carries out an assignment.
    pub fn assignment(&mut self, assignment: &Assignment) -> Result<(), Fault> {
        let value = self.evaluate(assignment)?;
        self.store(assignment, value)
    }

    pub fn evaluate(&mut self, assignment: &Assignment) -> Result<Value, Fault> {
        match &assignment.value {
            Assigned::Word(word) => self.text_of_assignment(word),
            Assigned::Array(_) => Ok(Value::known("")),
        }
    }

    /// Sets what an assignment names to `value`, or to its array.
    pub fn store(&mut self, assignment: &Assignment, value: Value) -> Result<(), Fault> {
        let Assignment { name, index, appends, value: assigned, span } = assignment;
        let old = appends.then(|| self.content(name));
        let content = match (assigned, index) {
            (Assigned::Array(elements), _) => self.array(old, name, elements, *span)?,
            (_, Some(index)) => self.element(name, index, value, *appends, *span)?,
            (_, None) => Content::Text(match old {
                Some(Content::Text(mut before)) => {
                    before.append(&value);
                    before
                }
                Some(Content::Array(_)) => Value::unknown("an array is not understood here", *span),
                _ => value,
            }),
        };
        self.assign(name, content, *span)
    }

    pub fn array(
        &mut self,
        old: Option<Content>,
        name: &str,
        elements: &[(Option<Word>, Word)],
        span: Span,
    ) -> Result<Content, Fault> {
        let declared = matches!(self.content(name), Content::Array(Elements { associative: true, .. }));
        let mut values = match old {
            Some(Content::Array(elements)) => elements.values,
            Some(Content::Text(value)) => [(key_of(0), value)].into(),
            _ => BTreeMap::new(),
        };
        let mut next = values.len();
        for (key, word) in elements {
            match key {
                Some(key) => {
                    let value = self.text_of_assignment(word)?;
                    let Value::Known(key) = self.text(key)? else {
                        return Ok(Content::Text(Value::unknown(UNDECIDED, span)));
                    };
                    if braces::expanded(word).is_none_or(|words| words.len() > 1) {
                        return Ok(Content::Text(Value::unknown(UNDECIDED, span)));
                    }
                    let number = key.parse::<usize>().ok().filter(|_| !declared);
                    next = number.map_or(next, |number| number + 1);
                    values.insert(number.map_or_else(|| key.to_string(), key_of), value);
                }
                None => {
                    let Some(fields) = self.fields(word)? else {
                        return Ok(Content::Text(Value::unknown(UNDECIDED, span)));
                    };
                    for value in fields {
                        values.insert(key_of(next), value);
                        next += 1;
                    }
                }
            }
        }
        Ok(Content::Array(Elements { associative: declared, values }))
    }

    pub fn element(
        &mut self,
        name: &str,
        index: &Word,
        value: Value,
        appends: bool,
        span: Span,
    ) -> Result<Content, Fault> {
        let mut elements = match self.content(name) {
            Content::Array(elements) => elements,
            Content::Text(value) => Elements { associative: false, values: [(key_of(0), value)].into() },
            Content::Unset => Elements { associative: false, values: BTreeMap::new() },
        };
        let key = self.key(index, elements.associative)?;
        match key.filter(|_| !appends) {
            Some(key) => drop(elements.values.insert(key, value)),
            None => return Ok(Content::Text(Value::unknown(UNDECIDED, span))),
        }
        Ok(Content::Array(elements))
    }

    /// The key that an index means; `None`: not known.
    pub fn key(&mut self, index: &Word, associative: bool) -> Result<Option<String>, Fault> {
        let text = self.text(index)?;
        if let Some(expression) = text.text().filter(|_| !associative) {
            self.calculate(expression, index.span);
        }
        Ok(text.text().and_then(|text| match associative {
            true => Some(text.to_owned()),
            false => text.trim().parse().ok().map(key_of),
        }))
    }

    /// Sets the variable. What the shell computes itself stays as it is.
    pub fn assign(&mut self, name: &str, content: Content, span: Span) -> Result<(), Fault> {
        if self.state.readonly.contains(name) {
            return refuse(span.0, span.1, "this variable was made read-only");
        }
        if name == "POSIXLY_CORRECT" || name == "BASH_COMPAT" {
            return refuse(span.0, span.1, "this changes how the rest of the file is read");
        }
        let content = match content {
            Content::Text(Value::Known(text)) if text.len() > LONGEST_VALUE => {
                Content::Text(Value::unknown("a value is at most 16 KiB", span))
            }
            content => content,
        };
        self.state.variables.insert(name.to_owned(), Slot { content, span });
        Ok(())
    }

    /// What the variable holds.
    pub fn content(&self, name: &str) -> Content {
        if names::is_computed(name) {
            return Content::Text(Value::unknown("only the shell itself knows this", (0, 0)));
        }
        match self.state.variables.get(name) {
            Some(slot) => slot.content.clone(),
            None if name == "BASH_SOURCE" => Content::Text(Value::known(self.file)),
            None => initial(self.outer, name),
        }
    }

    /// The set variables whose names begin with `prefix`.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let is_set = |(_, slot): &(&String, &Slot)| slot.content != Content::Unset;
        let set = self.state.variables.iter().filter(is_set);
        set.map(|(name, _)| name.clone()).filter(|name| name.starts_with(prefix)).collect()
    }
}

/// The variable as it was before the file was read.
pub(super) fn initial(outer: &dyn Fn(&str) -> Option<String>, name: &str) -> Content {
    if names::is_openstack(name) {
        return Content::Unset;
    }
    match outer(name) {
        Some(value) => Content::Text(Value::known(value)),
        None if name == "IFS" => Content::Text(Value::known(" \t\n")),
        None if names::is_supplied(name) => Content::Text(Value::unknown("only the shell itself knows this", (0, 0))),
        None => Content::Unset,
    }
}
