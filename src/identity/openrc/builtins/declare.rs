//! `export` and its like, and `unset`.

use std::collections::BTreeMap;

use super::ANYTHING;
use crate::identity::openrc::error::{Fault, refuse};
use crate::identity::openrc::shell::{Shell, Status};
use crate::identity::openrc::state::{Content, Elements, Slot, Value};
use crate::identity::openrc::syntax::{Argument, Assigned, Piece, PieceKind, Span, Word};
use crate::identity::openrc::{braces, names};

impl Shell<'_> {
    /// `export` and its like. All is expanded before anything is set.
    pub fn declare(&mut self, command: &str, more: Vec<Value>, rest: &[Argument], span: Span) -> Result<Status, Fault> {
        let mut options = String::new();
        let mut succeeds = Some(true);
        let mut values: Vec<(Option<&Argument>, Value)> = more.into_iter().map(|value| (None, value)).collect();
        for argument in rest {
            match argument {
                Argument::Word(word) if word.bare().is_some_and(|text| text.starts_with('-')) && values.is_empty() => {
                    let text = word.bare().unwrap_or_default();
                    options.push_str(text);
                    values.push((Some(argument), Value::known(text)));
                }
                Argument::Word(word) => match self.fields(word)? {
                    Some(fields) => values.extend(fields.into_iter().map(|value| (Some(argument), value))),
                    // What is split may be any number of assignments.
                    None => return refuse(word.span.0, word.span.1, ANYTHING),
                },
                Argument::Assignment(assignment) => {
                    let value = match &assignment.value {
                        Assigned::Array(_) => {
                            self.prepare(command, &assignment.name, &options, span)?;
                            self.store(assignment, Value::known(""))?;
                            self.seal(command, &assignment.name, &options);
                            continue;
                        }
                        Assigned::Word(word) => match braces::expanded(word).as_deref() {
                            Some([word]) => self.text_of_assignment(word)?,
                            // `A={b,c}` is `A=b A=c` here.
                            Some([.., last]) if !assignment.appends && last.literal().is_some() => {
                                last.literal().map_or(Value::unknown(ANYTHING, span), Value::Known)
                            }
                            // The words that braces make are split, and may be other assignments.
                            _ => {
                                return refuse(
                                    assignment.span.0,
                                    assignment.span.1,
                                    "put this into quotes, or without braces",
                                );
                            }
                        },
                    };
                    values.push((Some(argument), value));
                }
            }
        }
        let mut names_follow = false;
        for (argument, value) in values {
            let is_option = !names_follow && argument.is_none_or(|argument| matches!(argument, Argument::Word(_)));
            match (argument, &value) {
                (_, Value::Known(text)) if is_option && is_option_text(command, text) => {
                    if text.as_str() == "--" {
                        names_follow = true;
                        continue;
                    }
                    let known = match command {
                        "export" | "readonly" => "aAfnp",
                        _ => "aAfFgiIlnprtux",
                    };
                    if !text.chars().skip(1).all(|letter| known.contains(letter)) {
                        return self.done(Some(false));
                    }
                    if text.starts_with('-') {
                        options.push_str(text);
                    }
                    if text.contains('n') && command != "export" {
                        return refuse(span.0, span.1, "a name for another variable is not understood here");
                    }
                }
                (Some(Argument::Assignment(assignment)), _) => {
                    names_follow = true;
                    self.prepare(command, &assignment.name, &options, span)?;
                    let changes = options.contains(['i', 'u', 'l', 'c']);
                    let value = if changes { Value::unknown("this option changes the value", span) } else { value };
                    self.store(assignment, value)?;
                    self.seal(command, &assignment.name, &options);
                }
                (_, Value::Known(text)) => {
                    names_follow = true;
                    if options.contains(['f', 'F']) {
                        continue;
                    }
                    let (name, value) = match text.split_once('=') {
                        Some((name, value)) => (name, Some(value)),
                        None => (text.as_str(), None),
                    };
                    let (name, appends) = match name.strip_suffix('+').filter(|_| value.is_some()) {
                        Some(name) => (name, true),
                        None => (name, false),
                    };
                    if names::is_name(name.as_bytes()) {
                        self.prepare(command, name, &options, span)?;
                        if let Some(value) = value {
                            let mut whole = match self.content(name) {
                                Content::Text(before) if appends => before,
                                Content::Array(_) => Value::unknown("an array is not understood here", span),
                                _ => Value::known(""),
                            };
                            whole.append(&Value::known(value));
                            self.assign(name, Content::Text(whole), span)?;
                        }
                        self.seal(command, name, &options);
                    } else if names::is_openstack(name) {
                        return refuse(span.0, span.1, "this is no assignment: there is no plain NAME before the `=`");
                    } else {
                        succeeds = succeeds.and(Some(false));
                    }
                }
                (Some(Argument::Word(word)), Value::Unknown(_)) if name_of(word).is_some() || !could_be_ours(word) => {
                    if let Some(name) = name_of(word) {
                        self.prepare(command, name, &options, span)?;
                        self.assign(name, Content::Text(value), word.span)?;
                        self.seal(command, name, &options);
                    }
                }
                (_, Value::Unknown(_)) => return refuse(span.0, span.1, ANYTHING),
            }
        }
        self.done(succeeds)
    }

    /// Before a name is declared: it may become the function's own, or an array.
    fn prepare(&mut self, command: &str, name: &str, options: &str, span: Span) -> Result<(), Fault> {
        let is_local = command == "local" || matches!(command, "declare" | "typeset") && !options.contains('g');
        let outside = self.state.variables.get(name).cloned();
        if is_local
            && let Some(locals) = self.state.locals.last_mut()
            && !locals.contains_key(name)
        {
            locals.insert(name.to_owned(), outside);
            self.state.variables.insert(name.to_owned(), Slot { content: Content::Unset, span });
        }
        let is_array = matches!(self.content(name), Content::Array(_));
        if options.contains(['A', 'a']) && !is_array {
            let elements = Elements { associative: options.contains('A'), values: BTreeMap::new() };
            self.assign(name, Content::Array(elements), span)?;
        }
        Ok(())
    }

    fn seal(&mut self, command: &str, name: &str, options: &str) {
        if command == "readonly" || command != "export" && options.contains('r') {
            self.state.readonly.insert(name.to_owned());
        }
    }

    pub fn unset(&mut self, more: Vec<Value>, rest: &[Argument], span: Span) -> Result<Status, Fault> {
        let mut fields: Vec<Value> = more;
        let mut unsure = false;
        for argument in rest {
            let Argument::Word(word) = argument else { continue };
            match self.fields(word)? {
                Some(more) => {
                    unsure |= more.iter().any(|value| value.text().is_none()) && could_be_ours(word);
                    fields.extend(more);
                }
                None => unsure |= could_be_ours(word),
            }
        }
        let mut names = fields.as_slice();
        let mut functions = false;
        while let [first, rest @ ..] = names
            && let Some(letters) = first.text().and_then(|text| text.strip_prefix('-')).filter(|text| !text.is_empty())
        {
            names = rest;
            if letters == "-" {
                break;
            }
            if !letters.chars().all(|letter| "fnv".contains(letter)) {
                return self.done(Some(false));
            }
            functions |= letters.contains('f');
        }
        if unsure {
            for name in self.names("OS_") {
                self.assign(&name, Content::Text(Value::unknown("this may unset any OS_* variable", span)), span)?;
            }
        }
        let mut sound = true;
        for name in names.iter().filter_map(Value::text) {
            match name {
                _ if functions => drop(self.state.functions.remove(name)),
                _ if names::is_name(name.as_bytes()) => self.assign(name, Content::Unset, span)?,
                _ => {
                    sound = false;
                    let length = names::name_length(name.as_bytes());
                    if let Some(name) = name.get(..length).filter(|name| !name.is_empty()) {
                        let value = Value::unknown("an element of an array is unset here", span);
                        self.assign(name, Content::Text(value), span)?;
                    }
                }
            }
        }
        self.done(sound.then_some(true))
    }
}

/// Whether `export` and its like take this for options.
fn is_option_text(command: &str, text: &str) -> bool {
    let signs: &[char] = if matches!(command, "export" | "readonly") { &['-'] } else { &['-', '+'] };
    text.len() > 1 && text.starts_with(signs)
}

/// Whether a word whose value is not known may begin with OS_, by the text that it begins with.
pub(super) fn could_be_ours(word: &Word) -> bool {
    match word.pieces.first().map(|piece| &piece.kind) {
        Some(PieceKind::Text(text)) => {
            text.starts_with("OS_") || "OS_".starts_with(text.as_str()) || text.starts_with('-')
        }
        _ => true,
    }
}

/// The name in a word such as `"NAME=$(...)"`, which `export` and its like take for an assignment.
fn name_of(word: &Word) -> Option<&str> {
    let PieceKind::Text(text) = &word.pieces.iter().find(|piece| !is_empty(piece))?.kind else { return None };
    let (name, _) = text.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    names::is_name(name.as_bytes()).then_some(name)
}

/// What two quotes leave behind that stand beside each other.
fn is_empty(piece: &Piece) -> bool {
    matches!(&piece.kind, PieceKind::Text(text) if text.is_empty())
}

pub(super) fn mentions_ours(piece: &Piece) -> bool {
    matches!(&piece.kind, PieceKind::Text(text) if text.contains("OS_"))
}
