//! `test`, `[ ]` and `[[ ]]`.

use super::error::Fault;
use super::names;
use super::shell::{Shell, Status};
use super::state::{Content, Value};
use super::syntax::{Condition, Span};

impl Shell<'_> {
    /// `test` with these arguments.
    pub fn test(&self, arguments: &[Value]) -> Status {
        let text = |number: usize| arguments.get(number).and_then(Value::text);
        match arguments {
            [] => Some(false),
            [one] => Some(!one.text()?.is_empty()),
            [first, rest @ ..] if rest.len() < 4 && first.text() == Some("!") && !is_binary(text(1)) => {
                self.test(rest).map(|holds| !holds)
            }
            [_, value] => self.unary(text(0)?, value),
            [left, operator, right] if is_binary(operator.text()) => self.binary(left, operator.text()?, right),
            [open, inner @ .., close] if open.text() == Some("(") && close.text() == Some(")") => self.test(inner),
            _ => {
                let split = |sign: &str| arguments.iter().skip(1).position(|argument| argument.text() == Some(sign));
                let (at, any) = match (split("-o"), split("-a")) {
                    (Some(at), _) => (at + 1, true),
                    (None, Some(at)) => (at + 1, false),
                    (None, None) => return None,
                };
                let (left, right) = (self.test(arguments.get(..at)?), self.test(arguments.get(at + 1..)?));
                if any { or(left, right) } else { and(left, right) }
            }
        }
    }

    /// `test -v` calculates the index of an array.
    pub fn look_into(&mut self, arguments: &[Value], span: Span) {
        if arguments.iter().any(|argument| argument.text() == Some("-v")) {
            for text in arguments.iter().filter_map(Value::text).filter(|text| text.contains('[')) {
                self.calculate(text, span);
            }
        }
    }

    fn unary(&self, operator: &str, value: &Value) -> Status {
        match operator {
            "-z" => value.text().map(str::is_empty),
            "-n" => value.text().map(|text| !text.is_empty()),
            "-v" => match self.content(value.text().filter(|name| names::is_name(name.as_bytes()))?) {
                Content::Unset => Some(false),
                Content::Text(Value::Known(_)) => Some(true),
                Content::Text(Value::Unknown(_)) | Content::Array(_) => None,
            },
            "-e" | "-a" | "-f" | "-d" | "-r" | "-w" | "-x" | "-s" | "-L" | "-h" => {
                self.file_is(operator, value.text()?)
            }
            _ => None,
        }
    }

    /// What a file is, where that depends on nobody's rights.
    pub fn file_is(&self, operator: &str, path: &str) -> Status {
        if path.is_empty() {
            return Some(false);
        }
        if self.state.moved && !path.starts_with('/') {
            return None;
        }
        let found = match operator {
            "-L" | "-h" => std::fs::symlink_metadata(path),
            _ => std::fs::metadata(path),
        };
        let Ok(data) = found else { return Some(false) };
        match operator {
            "-e" | "-a" => Some(true),
            "-f" => Some(data.is_file()),
            "-d" => Some(data.is_dir()),
            "-L" | "-h" => Some(data.is_symlink()),
            _ => None,
        }
    }

    fn binary(&self, left: &Value, operator: &str, right: &Value) -> Status {
        let (left, right) = (left.text()?, right.text()?);
        match operator {
            "=" | "==" => Some(left == right),
            "!=" => Some(left != right),
            "-a" => Some(!left.is_empty() && !right.is_empty()),
            "-o" => Some(!left.is_empty() || !right.is_empty()),
            _ => compared(left, operator, right, Some(false)),
        }
    }

    /// Whether what stands in `[[ ]]` holds. What bash does not get to is not expanded.
    pub fn holds(&mut self, condition: &Condition) -> Result<Status, Fault> {
        match condition {
            Condition::Not(inner) => Ok(self.holds(inner)?.map(|holds| !holds)),
            Condition::Any(left, right) => match self.holds(left)? {
                Some(true) => Ok(Some(true)),
                status => Ok(or(status, self.holds(right)?)),
            },
            Condition::All(left, right) => match self.holds(left)? {
                Some(false) => Ok(Some(false)),
                status => Ok(and(status, self.holds(right)?)),
            },
            Condition::Word(word) => Ok(self.text(word)?.text().map(|text| !text.is_empty())),
            Condition::Unary(operator, word) => {
                let value = self.text(word)?;
                self.look_into(&[Value::known(operator.as_str()), value.clone()], word.span);
                Ok(self.unary(operator, &value))
            }
            Condition::Binary(left, operator, right) => {
                let span = left.span;
                let left = self.text(left)?;
                match operator.as_str() {
                    "=" | "==" => self.matches(&left, right),
                    "!=" => Ok(self.matches(&left, right)?.map(|matches| !matches)),
                    "=~" | "<" | ">" => self.text(right).map(|_| None),
                    _ => {
                        let right = self.text(right)?;
                        for number in [&left, &right].into_iter().filter_map(Value::text) {
                            self.calculate(number, span);
                        }
                        let both = left.text().zip(right.text());
                        Ok(both.and_then(|(left, right)| compared(left, operator, right, None)))
                    }
                }
            }
        }
    }
}

fn is_binary(operator: Option<&str>) -> bool {
    const BINARY: [&str; 11] = ["=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-a", "-o"];
    operator.is_some_and(|operator| BINARY.contains(&operator))
}

/// Numbers compared; `otherwise` where one of both is none.
fn compared(left: &str, operator: &str, right: &str, otherwise: Status) -> Status {
    let (Ok(left), Ok(right)) = (left.trim().parse::<i64>(), right.trim().parse::<i64>()) else { return otherwise };
    Some(match operator {
        "-eq" => left == right,
        "-ne" => left != right,
        "-lt" => left < right,
        "-le" => left <= right,
        "-gt" => left > right,
        "-ge" => left >= right,
        _ => return None,
    })
}

fn and(left: Status, right: Status) -> Status {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(left: Status, right: Status) -> Status {
    and(left.map(|holds| !holds), right.map(|holds| !holds)).map(|holds| !holds)
}
