//! What words become: parameters, commands in `$(...)`, fields.

mod parameter;

use std::rc::Rc;

use crate::identity::openrc::error::Fault;
use crate::identity::openrc::shell::Shell;
use crate::identity::openrc::state::{Content, Value};
use crate::identity::openrc::syntax::{List, Piece, PieceKind, Span, Word};
use crate::identity::openrc::{COMMAND, braces, names, pattern};

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
        let Some(words) = braces::expanded(word) else {
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
            Some(Value::Unknown(_)) | None => Value::unknown(COMMAND, span),
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
