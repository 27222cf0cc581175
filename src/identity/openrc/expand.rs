//! What words become: parameters, commands in `$(...)`, fields.

use std::rc::Rc;

use super::error::{Fault, refuse};
use super::names;
use super::pattern;
use super::shell::{Shell, key_of};
use super::state::{Content, Value};
use super::syntax::{List, Operation, Parameter, Piece, PieceKind, Span, Word};

const ARGUMENT: &str = "a parameter of the file decides this; write the value itself";
const SHELL: &str = "only the shell itself knows this";
const OPERATION: &str = "this form of `${...}` is not understood here; write the value itself";

/// A part of an expanded word.
pub(super) enum Part {
    /// Text; it is split into fields where it was expanded without quotes.
    Text { value: Value, quoted: bool, expanded: bool },
    /// `$@` and the like: each a field of its own.
    Fields { values: Vec<Value>, quoted: bool },
}

impl Shell<'_> {
    /// The word as one text, as in `[[ ]]` and `case`.
    pub fn text(&mut self, word: &Word) -> Result<Value, Fault> {
        let parts = self.parts(word, false)?;
        Ok(whole(parts))
    }

    /// The word as the value of an assignment.
    pub fn text_of_assignment(&mut self, word: &Word) -> Result<Value, Fault> {
        let parts = self.parts(word, true)?;
        Ok(whole(parts))
    }

    /// The fields of all words; `None` where it is not known how many there are.
    pub fn all_fields(&mut self, words: &[Word]) -> Result<Option<Vec<Value>>, Fault> {
        let mut all = Some(Vec::new());
        for word in words {
            match (self.fields(word)?, &mut all) {
                (Some(fields), Some(all)) => all.extend(fields),
                _ => all = None,
            }
        }
        Ok(all)
    }

    /// The fields that the word becomes; `None` where it is not known how many there are.
    pub fn fields(&mut self, word: &Word) -> Result<Option<Vec<Value>>, Fault> {
        let Some(words) = super::braces::expanded(word) else {
            self.parts(word, false)?;
            return Ok(None);
        };
        let mut fields = Some(Vec::new());
        for word in &words {
            let parts = self.parts(word, false)?;
            match (self.split(parts), &mut fields) {
                (Some(more), Some(fields)) => fields.extend(more),
                _ => fields = None,
            }
        }
        Ok(fields)
    }

    fn split(&self, parts: Vec<Part>) -> Option<Vec<Value>> {
        let Content::Text(Value::Known(separators)) = self.content("IFS") else { return None };
        let is_blank = |character: char| " \t\n".contains(character);
        let mut fields = Vec::new();
        let mut field: Option<Value> = None;
        for part in parts {
            match part {
                Part::Text { value, quoted: false, expanded } => {
                    let text = value.text()?;
                    if may_match_files(text) {
                        return None;
                    }
                    if !expanded {
                        add(&mut field, &value);
                        continue;
                    }
                    if text.contains(|c| separators.contains(c) && !is_blank(c)) {
                        return None;
                    }
                    let mut pieces = text.split(|c| separators.contains(c)).peekable();
                    while let Some(piece) = pieces.next() {
                        if !piece.is_empty() {
                            add(&mut field, &Value::known(piece));
                        }
                        if pieces.peek().is_some() {
                            fields.extend(field.take());
                        }
                    }
                }
                Part::Text { value, .. } => add(&mut field, &value),
                Part::Fields { values, quoted } => {
                    let count = values.len();
                    for (number, value) in values.into_iter().enumerate() {
                        let plain = |text: &str| !text.is_empty() && !may_match_files(text) && !text.contains(is_blank);
                        if !quoted && !value.text().is_some_and(plain) {
                            return None;
                        }
                        add(&mut field, &value);
                        if number + 1 < count {
                            fields.extend(field.take());
                        }
                    }
                }
            }
        }
        fields.extend(field);
        Some(fields)
    }

    fn parts(&mut self, word: &Word, assignment: bool) -> Result<Vec<Part>, Fault> {
        let mut parts = Vec::new();
        for (number, piece) in word.pieces.iter().enumerate() {
            let Piece { kind, quoted, span } = piece;
            let text = |value, expanded| Part::Text { value, quoted: *quoted, expanded };
            match kind {
                PieceKind::Text(literal) if !*quoted && literal.contains('~') => {
                    let ends = word.pieces.get(number + 1).is_none();
                    parts.push(text(self.with_home(literal, number == 0, ends, assignment, *span), false));
                }
                PieceKind::Text(literal) => parts.push(text(Value::Known(literal.clone()), false)),
                PieceKind::Parameter(parameter) => parts.extend(self.parameter(parameter, *quoted, assignment, *span)?),
                PieceKind::Command { process: true, .. } => parts.push(text(Value::unknown(SHELL, *span), true)),
                PieceKind::Command { list, .. } => {
                    let value = self.substitute(list, *span)?;
                    parts.push(text(value, true));
                }
                PieceKind::Arithmetic(expression) => {
                    self.calculate(expression, *span);
                    parts
                        .push(text(Value::unknown("arithmetic is not done here; write the value itself", *span), true));
                }
                PieceKind::Bad => parts.push(text(Value::unknown(OPERATION, *span), true)),
            }
        }
        Ok(parts)
    }

    /// `~` at the beginning of a word, and behind a colon of an assignment.
    fn with_home(&self, text: &str, first: bool, ends: bool, assignment: bool, span: Span) -> Value {
        let mut out = Value::known("");
        let mut pieces = text.split(':').enumerate().peekable();
        while let Some((number, piece)) = pieces.next() {
            if number > 0 {
                out.append(&Value::known(":"));
            }
            let counts = if number == 0 { first } else { assignment };
            let is_whole = pieces.peek().is_some() && assignment || ends || piece.contains('/');
            match piece.strip_prefix('~').filter(|_| counts) {
                Some(rest) if (rest.is_empty() && is_whole) || rest.starts_with('/') => {
                    let home = match self.content("HOME") {
                        Content::Text(home) => home,
                        _ => Value::unknown(SHELL, span),
                    };
                    out.append(&home);
                    out.append(&Value::known(rest));
                }
                Some(_) => out.append(&Value::unknown("another user's home is not known here", span)),
                None => out.append(&Value::known(piece)),
            }
        }
        out
    }

    /// The output of the commands in `$(...)`, as far as it is known.
    pub fn substitute(&mut self, list: &Rc<List>, span: Span) -> Result<Value, Fault> {
        self.substitutions += 1;
        if let Some(names) = self.listed(list) {
            self.state.status = None;
            return Ok(Value::known(names));
        }
        let before = self.state.outputs.len();
        let (_, mut after) = self.apart(|shell| {
            shell.state.outputs.push(Value::known(""));
            shell.run(list)
        })?;
        self.state.status = after.status.filter(|_| !after.dead);
        Ok(match after.outputs.drain(..).nth(before) {
            Some(Value::Known(text)) => Value::known(text.trim_end_matches('\n')),
            Some(Value::Unknown(_)) | None => Value::unknown(super::COMMAND, span),
        })
    }

    /// What `<(...)` gives, where that is the word.
    pub fn process(&mut self, word: &Word) -> Result<Option<Value>, Fault> {
        match word.pieces.as_slice() {
            [Piece { kind: PieceKind::Command { list, process: true }, span, .. }] => {
                self.substitute(list, *span).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The names of the OS_* variables, a line each, where that is what the commands list: `env | grep ^OS_ | cut ...`. With
    /// `unset` before each where the commands write that, too.
    fn listed(&self, list: &List) -> Option<String> {
        const LISTING: [&str; 7] = ["set", "env", "printenv", "export", "declare", "typeset", "compgen"];
        const NARROWING: [&str; 10] =
            ["grep -v", "-vE", "-ve", "--invert", "head", "tail", "xargs printf", "OS_TOKEN", "OS_PASS", "!/"];
        let [item] = list.as_slice() else { return None };
        let text = item.first.text.as_str();
        let listing = text.split_whitespace().next().is_some_and(|first| LISTING.contains(&first));
        let after = text.split("OS_").skip(1);
        let mut ends = after.map(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        let is_all = text.contains("OS_") && ends.all(|ends| ends);
        let lists = item.first.commands.len() > 1 || text.starts_with("compgen");
        if !listing
            || !lists
            || !item.rest.is_empty()
            || !is_all
            || NARROWING.iter().any(|narrow| text.contains(narrow))
        {
            return None;
        }
        let before = if text.contains("unset") { "unset " } else { "" };
        Some(self.names("OS_").iter().map(|name| format!("{before}{name}\n")).collect())
    }

    fn parameter(
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
    fn value(&mut self, name: &str, index: Option<&Word>, span: Span) -> Result<Option<Value>, Fault> {
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

    fn variable(&mut self, name: &str, index: Option<&Word>, span: Span) -> Result<Option<Value>, Fault> {
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
    fn absent(
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
                self.meet(before, super::state::Unknown { why: OPERATION, span });
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

    /// The pattern that a word makes; `None` where it is not known.
    pub fn pattern(&mut self, word: &Word) -> Result<Option<Vec<pattern::Part>>, Fault> {
        let mut characters = Vec::new();
        for part in self.parts(word, false)? {
            match part {
                Part::Text { value: Value::Known(text), quoted, .. } => {
                    let extended = ["?(", "*(", "+(", "@(", "!("].iter().any(|start| text.contains(start));
                    if extended && !quoted {
                        return Ok(None);
                    }
                    characters.extend(text.chars().map(|character| (character, quoted)));
                }
                _ => return Ok(None),
            }
        }
        // A backslash in an expansion quotes what comes next.
        if characters.contains(&('\\', false)) {
            return Ok(None);
        }
        Ok(pattern::parse(&characters))
    }

    /// Whether the text matches the pattern, where that is known.
    pub fn matches(&mut self, text: &Value, pattern: &Word) -> Result<Option<bool>, Fault> {
        let pattern = self.pattern(pattern)?;
        if pattern.as_deref() == Some(&[pattern::Part::All]) {
            return Ok(Some(true));
        }
        let characters: Option<Vec<char>> = text.text().map(|text| text.chars().collect());
        Ok(pattern.zip(characters).map(|(pattern, text)| pattern::matches(&pattern, &text)))
    }

    /// Arithmetic is not done: what it may set is not known afterwards.
    pub fn calculate(&mut self, expression: &str, span: Span) {
        let compares =
            ["==", "!=", "<=", ">="].iter().fold(expression.to_owned(), |text, sign| text.replace(sign, " "));
        if !compares.contains('=') && !compares.contains("++") && !compares.contains("--") {
            return;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for name in compares.split(|c| !is_name(c)).filter(|name| names::is_name(name.as_bytes())) {
            let value = Value::unknown("arithmetic is not done here; write the value itself", span);
            let _ = self.assign(name, Content::Text(value), span);
        }
    }
}

fn add(field: &mut Option<Value>, value: &Value) {
    match field {
        Some(field) => field.append(value),
        None => *field = Some(value.clone()),
    }
}

fn whole(parts: Vec<Part>) -> Value {
    let mut whole = Value::known("");
    for part in parts {
        match part {
            Part::Text { value, .. } => whole.append(&value),
            Part::Fields { values, .. } => {
                for (number, value) in values.iter().enumerate() {
                    if number > 0 {
                        whole.append(&Value::known(" "));
                    }
                    whole.append(value);
                }
            }
        }
    }
    whole
}

fn may_match_files(text: &str) -> bool {
    text.contains(['*', '?']) || text.split_once('[').is_some_and(|(_, rest)| rest.contains(']'))
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
