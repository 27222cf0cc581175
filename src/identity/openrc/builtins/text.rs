//! `read`, `echo` and `printf`: text that comes in, and text that a command gives another.

use super::ANYTHING;
use crate::identity::openrc::error::{Fault, refuse};
use crate::identity::openrc::shell::{Shell, Status};
use crate::identity::openrc::state::{Content, Value};
use crate::identity::openrc::syntax::Span;
use crate::identity::openrc::{COMMAND, TYPED, names};

impl Shell<'_> {
    /// `read`: what a person would type is not here.
    pub fn read(&mut self, fields: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
        let Some(fields) = fields else { return refuse(span.0, span.1, ANYTHING) };
        let (mut raw, mut plain, mut array) = (false, true, None);
        let mut rest = fields.iter();
        let mut names = Vec::new();
        while let Some(field) = rest.next() {
            let Some(text) = field.text() else { return refuse(span.0, span.1, ANYTHING) };
            let Some(letters) = text.strip_prefix('-').filter(|_| names.is_empty() && array.is_none()) else {
                names.push(text);
                continue;
            };
            raw |= letters.contains('r');
            plain &= !letters.contains(['d', 'n', 'N', 'u', 'a', 't']);
            if let Some(at) = letters.find(['d', 'n', 'N', 'u', 'a', 't', 'p', 'i']) {
                let value = match letters.get(at + 1..).filter(|value| !value.is_empty()) {
                    Some(value) => Some(value),
                    None => rest.next().map(|value| value.text().unwrap_or_default()),
                };
                if letters.get(at..).is_some_and(|rest| rest.starts_with('a')) {
                    array = value;
                }
            }
        }
        names.extend(array);
        let mut status = None;
        let line = match self.state.inputs.last_mut() {
            None => Value::unknown(TYPED, span),
            Some(Some(lines)) if plain => {
                let line = lines.pop_front();
                status = Some(line.is_some());
                Value::known(line.unwrap_or_default())
            }
            Some(input) => {
                *input = None;
                Value::unknown("only a run would tell what this reads", span)
            }
        };
        let line = match line.text() {
            Some(text) if text.contains('\\') && !raw => Value::unknown("a backslash is not understood here", span),
            _ => line,
        };
        self.spread(&line, &names, span)?;
        self.done(status)
    }

    /// Gives each name its part of the line.
    fn spread(&mut self, line: &Value, names: &[&str], span: Span) -> Result<(), Fault> {
        let separators = match self.content("IFS") {
            Content::Text(Value::Known(separators)) => Some(separators),
            Content::Unset => Some(zeroize::Zeroizing::new(" \t\n".to_owned())),
            _ => None,
        };
        let (Some(text), Some(separators)) = (line.text(), separators) else {
            for name in if names.is_empty() { &["REPLY"] } else { names } {
                self.assign(name, Content::Text(line.clone()), span)?;
            }
            return Ok(());
        };
        if names.is_empty() {
            return self.assign("REPLY", Content::Text(line.clone()), span);
        }
        let blanks = |c: char| c.is_ascii_whitespace() && separators.contains(c);
        let mut left = text.trim_matches(blanks);
        for (number, name) in names.iter().enumerate() {
            let is_last = number + 1 == names.len();
            let (part, after) = match left.split_once(|c| separators.contains(c)).filter(|_| !is_last) {
                Some((part, after)) => (part, after.trim_start_matches(blanks)),
                None => (left, ""),
            };
            self.assign(name, Content::Text(Value::known(part)), span)?;
            left = after;
        }
        Ok(())
    }

    pub fn echo(&mut self, fields: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
        let mut text = Value::known("");
        let mut ends_line = true;
        let mut words = fields.as_deref().unwrap_or_default();
        let mut escapes = false;
        while let [Value::Known(option), rest @ ..] = words
            && let Some(letters) = option.strip_prefix('-')
            && !letters.is_empty()
            && letters.chars().all(|letter| "neE".contains(letter))
        {
            ends_line &= !letters.contains('n');
            escapes |= letters.contains('e');
            words = rest;
        }
        for (number, word) in words.iter().enumerate() {
            if number > 0 {
                text.append(&Value::known(" "));
            }
            text.append(word);
        }
        let hidden = fields.is_none() || escapes && text.text().is_none_or(|text| text.contains('\\'));
        let text = if hidden { Value::unknown(COMMAND, span) } else { text };
        self.written(&text, ends_line);
        self.done(Some(true))
    }

    pub fn printf(&mut self, fields: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
        let mut words = fields.as_deref().unwrap_or_default();
        let mut target = None;
        if let [option, name, rest @ ..] = words
            && option.text() == Some("-v")
        {
            target = Some(name.text().map(str::to_owned));
            words = rest;
        }
        let value = fields.as_ref().and_then(|_| formatted(words)).unwrap_or(Value::unknown(COMMAND, span));
        let counts = words.first().is_none_or(|format| format.text().is_none_or(|format| format.contains("%n")));
        if counts && words.iter().skip(1).any(|word| word.text().is_none_or(names::is_openstack)) {
            return refuse(span.0, span.1, "`printf` may set a variable here");
        }
        match target {
            Some(Some(name)) if names::is_name(name.as_bytes()) => self.assign(&name, Content::Text(value), span)?,
            Some(Some(name)) if !names::is_openstack(&name) => {}
            Some(_) => return refuse(span.0, span.1, ANYTHING),
            None => self.written(&value, false),
        }
        self.done(formatted(words).map(|_| true))
    }
}

/// What `printf` makes of a format with `%s` alone.
fn formatted(words: &[Value]) -> Option<Value> {
    let (format, mut values) = words.split_first()?;
    let mut out = Value::known("");
    let mut rest = format.text()?.replace("\\n", "\n");
    if rest.contains('\\') {
        return None;
    }
    while let Some((before, after)) = rest.split_once('%') {
        out.append(&Value::known(before));
        match after.chars().next()? {
            's' => {
                if let Some((first, others)) = values.split_first() {
                    out.append(first);
                    values = others;
                }
            }
            '%' => out.append(&Value::known("%")),
            _ => return None,
        }
        rest = after.get(1..)?.to_owned();
    }
    out.append(&Value::known(rest));
    values.is_empty().then_some(out)
}
