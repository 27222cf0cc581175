//! Where a command reads from and writes to.

use std::collections::VecDeque;

use super::{Shell, Status};
use crate::identity::openrc::error::Fault;
use crate::identity::openrc::state::Value;
use crate::identity::openrc::syntax::{Command, Feed, Redirection};

impl Shell<'_> {
    /// The command, after its redirections; `before`: how many inputs there were without them.
    pub fn redirected(&mut self, command: &Command, before: usize) -> Result<Status, Fault> {
        let silent = command.redirections.iter().any(|redirection| redirection.output);
        if silent {
            self.state.outputs.push(Value::known(""));
        }
        let status = self.kind(command);
        if silent {
            self.state.outputs.pop();
        }
        self.state.inputs.truncate(before);
        status
    }

    /// Opens what the command reads from. `false` where a file cannot be opened: then the command does not run.
    pub fn redirect(&mut self, redirections: &[Redirection]) -> Result<Status, Fault> {
        let mut opens = Some(true);
        for redirection in redirections {
            redirection.check()?;
            let input = match &redirection.kind {
                Feed::Text(word) => self.text(word)?.text().map(lines),
                Feed::Document(word) => match word.get() {
                    Some(word) => self.text(word)?.text().map(lines),
                    None => None,
                },
                Feed::File(word) => {
                    if let Some(process) = self.process(word)? {
                        self.state.inputs.push(process.text().map(lines));
                        continue;
                    }
                    match self.fields(word)?.as_deref() {
                        Some([Value::Known(path)]) if matches!(path.as_str(), "/dev/tty" | "/dev/stdin") => continue,
                        Some([Value::Known(path)]) if self.file_is("-e", path) == Some(false) => {
                            return Ok(Some(false));
                        }
                        Some([Value::Known(path)]) if self.file_is("-e", path) == Some(true) => None,
                        _ => {
                            opens = None;
                            None
                        }
                    }
                }
                Feed::Descriptor(word) => {
                    let text = self.text(word)?;
                    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
                    match text.text() {
                        Some(text) if !is_number(text) => return Ok(Some(false)),
                        Some(_) => {}
                        None => opens = None,
                    }
                    continue;
                }
                Feed::Nothing(word) => match self.fields(word)?.as_deref() {
                    Some([Value::Known(path)]) => {
                        let folder = std::path::Path::new(path.as_str()).parent().and_then(std::path::Path::to_str);
                        let folder_is_there =
                            folder.is_none_or(|folder| folder.is_empty() || self.file_is("-d", folder) != Some(false));
                        if path.is_empty()
                            || path.ends_with('/')
                            || self.file_is("-d", path) == Some(true)
                            || !folder_is_there
                        {
                            return Ok(Some(false));
                        }
                        continue;
                    }
                    _ => {
                        opens = None;
                        continue;
                    }
                },
            };
            self.state.inputs.push(input);
        }
        Ok(opens)
    }

    /// Text that goes to standard output.
    pub fn written(&mut self, text: &Value, ends_line: bool) {
        if let Some(output) = self.state.outputs.last_mut() {
            output.append(text);
            if ends_line {
                output.append(&Value::known("\n"));
            }
        }
    }
}

fn lines(text: &str) -> VecDeque<String> {
    text.lines().map(str::to_owned).collect()
}
