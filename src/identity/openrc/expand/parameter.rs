//! Parameters: `$NAME`, `${NAME...}`.

use super::{ARGUMENT, OPERATION, Part, SHELL, whole};
use crate::identity::openrc::error::{Fault, refuse};
use crate::identity::openrc::shell::Shell;
use crate::identity::openrc::state::{Content, Unknown, Value, key_of};
use crate::identity::openrc::syntax::{Operation, Parameter, Span, Word};
use crate::identity::openrc::{names, pattern};

impl Shell<'_> {
    pub fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        assignment: bool,
        span: Span,
    ) -> Result<Vec<Part>, Fault> {
        let text = |value| vec![Part::Text { value, quoted, expanded: true }];
        if let Operation::Names = parameter.operation {
            let prefix = parameter.name.as_str();
            if !prefix.starts_with("OS_") && !"OS_".starts_with(prefix) {
                return Ok(text(Value::unknown(SHELL, span)));
            }
            let values =
                self.names("OS_").into_iter().filter(|name| name.starts_with(prefix)).map(Value::known).collect();
            return Ok(vec![Part::Fields { values, quoted }]);
        }
        let whole = matches!(parameter.index.as_ref().and_then(Word::bare), Some("@" | "*"));
        if (whole || parameter.name == "@" || parameter.name == "*") && !parameter.indirect {
            return Ok(match (self.list_of(parameter, whole), &parameter.operation) {
                (Some(values), Operation::Length) => text(Value::known(values.len().to_string())),
                (Some(values), Operation::None) => vec![Part::Fields { values, quoted }],
                (Some(values), Operation::Absent { .. }) if !values.is_empty() => vec![Part::Fields { values, quoted }],
                (Some(_), Operation::Absent { kind: b'-', word, .. }) => self.parts(word, false)?,
                (Some(_), Operation::Absent { kind: b'+', .. }) => text(Value::known("")),
                _ => text(Value::unknown(ARGUMENT, span)),
            });
        }
        let mut name = parameter.name.clone();
        if parameter.indirect {
            match self.value(&name, None, span)? {
                Some(Value::Known(target)) if names::is_name(target.as_bytes()) => name = target.to_string(),
                _ => return Ok(text(Value::unknown(OPERATION, span))),
            }
        }
        let index = parameter.index.as_ref().filter(|_| !parameter.indirect);
        let value = self.value(&name, index, span)?;
        if let Operation::Absent { empty_too, kind, word } = &parameter.operation {
            return self.absent(&name, value, (*empty_too, *kind, word), (quoted, assignment), span);
        }
        let Some(value) = value else {
            return match self.state.nounset {
                true => refuse(span.0, span.1, "nothing has set this, and `set -u` ends the shell"),
                false if matches!(parameter.operation, Operation::Length) => Ok(text(Value::known("0"))),
                false => Ok(text(Value::known(""))),
            };
        };
        let Value::Known(known) = value else {
            // The place that asks is the one to be mended; the reason is the first one's.
            return Ok(text(value));
        };
        let value = self.operated(&known, &parameter.operation)?.unwrap_or(Value::unknown(OPERATION, span));
        Ok(text(value))
    }

    /// `$@`, or the elements of an array.
    fn list_of(&mut self, parameter: &Parameter, whole: bool) -> Option<Vec<Value>> {
        if !whole {
            return self.state.parameters.clone();
        }
        match self.content(&parameter.name) {
            Content::Unset => Some(Vec::new()),
            Content::Text(value @ Value::Known(_)) => Some(vec![value]),
            Content::Array(elements) if !elements.associative => Some(elements.values.into_values().collect()),
            _ => None,
        }
    }

    /// The value of a parameter; `None` if it is unset.
    pub fn value(&mut self, name: &str, index: Option<&Word>, span: Span) -> Result<Option<Value>, Fault> {
        if let Ok(number) = name.parse::<usize>()
            && number > 0
        {
            return Ok(match &self.state.parameters {
                Some(parameters) => parameters.get(number - 1).cloned(),
                None => Some(Value::unknown(ARGUMENT, span)),
            });
        }
        let known = match name {
            "0" => Some("bash".to_owned()),
            "#" => self.state.parameters.as_ref().map(|parameters| parameters.len().to_string()),
            "?" => self.state.status.map(|status| status.to_string()),
            _ if names::is_name(name.as_bytes()) => return self.variable(name, index, span),
            _ => None,
        };
        Ok(Some(known.map_or(Value::unknown(SHELL, span), Value::known)))
    }

    pub fn variable(&mut self, name: &str, index: Option<&Word>, span: Span) -> Result<Option<Value>, Fault> {
        Ok(match self.content(name) {
            Content::Unset => {
                if let Some(index) = index {
                    self.key(index, false)?;
                }
                None
            }
            Content::Text(value) => match index {
                None => Some(value),
                Some(_) if value.text().is_none() => Some(value),
                Some(index) => match self.key(index, false)? {
                    Some(key) if key == key_of(0) => Some(value),
                    Some(_) => None,
                    None => Some(Value::unknown(OPERATION, span)),
                },
            },
            Content::Array(elements) => {
                let key = match index {
                    Some(index) => self.key(index, elements.associative)?,
                    None => Some(if elements.associative { "0".into() } else { key_of(0) }),
                };
                match key {
                    Some(key) => elements.values.get(&key).cloned(),
                    None => Some(Value::unknown("the index of this array is not known", span)),
                }
            }
        })
    }

    /// `${NAME:-word}` and its like.
    pub fn absent(
        &mut self,
        name: &str,
        value: Option<Value>,
        (empty_too, kind, word): (bool, u8, &Word),
        (quoted, assignment): (bool, bool),
        span: Span,
    ) -> Result<Vec<Part>, Fault> {
        let text = |value| vec![Part::Text { value, quoted, expanded: true }];
        let is_there = match &value {
            None => Some(false),
            Some(Value::Known(text)) => Some(!(empty_too && text.is_empty())),
            Some(Value::Unknown(_)) => None,
        };
        match (kind, is_there) {
            (b'+', Some(true)) | (b'-', Some(false)) => {
                let mut parts = self.parts(word, assignment)?;
                for part in &mut parts {
                    if let Part::Text { expanded, .. } = part {
                        *expanded = true;
                    }
                }
                Ok(parts)
            }
            (b'+', Some(false)) => Ok(text(Value::known(""))),
            (b'=', Some(false)) => {
                // Here bash knows no `~` behind a colon.
                let value = whole(self.parts(word, false)?);
                self.assign(name, Content::Text(value.clone()), span)?;
                Ok(text(value))
            }
            (b'=', None) => {
                let unknown = value.unwrap_or(Value::unknown(OPERATION, span));
                self.assign(name, Content::Text(unknown.clone()), span)?;
                Ok(text(unknown))
            }
            (b'?', Some(false)) => refuse(span.0, span.1, "nothing has set this, which ends the shell"),
            (_, Some(_)) => Ok(text(value.unwrap_or(Value::known("")))),
            (_, None) => {
                // What the word sets is set or not.
                let before = self.state.clone();
                self.parts(word, assignment)?;
                self.meet(before, Unknown { why: OPERATION, span });
                Ok(text(value.unwrap_or(Value::unknown(OPERATION, span))))
            }
        }
    }

    /// What an operation makes of a known value; `None` where that is not known.
    fn operated(&mut self, known: &str, operation: &Operation) -> Result<Option<Value>, Fault> {
        let characters: Vec<char> = known.chars().collect();
        let text = match operation {
            Operation::None => Some(known.to_owned()),
            Operation::Length => Some(characters.len().to_string()),
            Operation::Trim { suffix, longest, pattern } => {
                self.pattern(pattern)?.map(|pattern| pattern::trimmed(&pattern, &characters, *suffix, *longest))
            }
            Operation::Replace { all, anchor, pattern, with } => {
                let (pattern, with) = (self.pattern(pattern)?, self.text(with)?);
                // Since bash 5.2 `&` stands for what matched.
                let with = with.text().filter(|with| !with.contains('&') && !known.contains('\u{fffd}'));
                pattern.zip(with).map(|(pattern, with)| pattern::replaced(&pattern, &characters, *anchor, *all, with))
            }
            Operation::Case { upper, all } => cased(known, *upper, *all),
            Operation::Slice(expression) => sliced(&characters, expression),
            Operation::Absent { .. } | Operation::Names | Operation::Other => None,
        };
        Ok(text.map(Value::known))
    }
}

fn cased(text: &str, upper: bool, all: bool) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let end = if all { text.len() } else { text.len().min(1) };
    let (first, rest) = text.split_at(end);
    Some(format!("{}{rest}", if upper { first.to_ascii_uppercase() } else { first.to_ascii_lowercase() }))
}

/// `${NAME:offset:length}` with plain numbers.
fn sliced(characters: &[char], expression: &str) -> Option<String> {
    let (offset, length) = match expression.split_once(':') {
        Some((offset, length)) => (offset, Some(length.trim().parse::<usize>().ok()?)),
        None => (expression, None),
    };
    let offset = match offset.trim().parse::<i64>().ok()? {
        offset if offset >= 0 => usize::try_from(offset).ok()?,
        offset if expression.starts_with(' ') => characters.len().checked_sub(usize::try_from(-offset).ok()?)?,
        _ => return None,
    };
    let rest = characters.get(offset.min(characters.len())..)?;
    Some(rest.iter().take(length.unwrap_or(rest.len())).collect())
}
