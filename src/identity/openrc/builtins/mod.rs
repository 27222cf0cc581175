//! The commands that change the shell. All others are passed over: none of them can set a variable here.

mod declare;
mod text;

use crate::identity::openrc::cursor::Parser;
use crate::identity::openrc::error::{Fault, refuse};
use crate::identity::openrc::shell::{Shell, Status};
use crate::identity::openrc::state::{Content, Value};
use crate::identity::openrc::syntax::{Argument, Assigned, Span};
use crate::identity::openrc::{COMMAND, names};
use declare::{could_be_ours, mentions_ours};

const ANYTHING: &str = "this could set any OS_* variable; write the name itself";
const BUILT: &str = "text that is built and then run could set any OS_* variable";
const OTHER_FILE: &str = "another file could set any OS_* variable; write its lines into this one";

impl Shell<'_> {
    /// The command that the first argument names.
    pub fn with_name(&mut self, arguments: &[Argument], span: Span) -> Result<Status, Fault> {
        let Some((Argument::Word(first), rest)) = arguments.split_first() else { return self.done(None) };
        match self.fields(first)?.as_deref() {
            Some([]) => self.with_name(rest, span),
            Some([Value::Known(name), more @ ..]) => {
                let (name, more) = (name.to_string(), more.to_vec());
                if first.bare().is_some() && self.state.aliases.contains(&name) {
                    return refuse(span.0, span.1, "this runs an alias of this file");
                }
                match self.state.functions.get(&name).cloned() {
                    Some(Some(body)) => {
                        let arguments = self.arguments(more, rest)?;
                        self.call(&body, arguments, span)
                    }
                    Some(None) => refuse(span.0, span.1, "only a run would tell what this function does"),
                    None => self.builtin(&name, more, rest, span),
                }
            }
            _ => {
                let names_ours = |argument: &Argument| match argument {
                    Argument::Word(word) => could_be_ours(word) && word.pieces.iter().any(mentions_ours),
                    Argument::Assignment(assignment) => names::is_openstack(&assignment.name),
                };
                if rest.iter().any(names_ours) {
                    return refuse(span.0, span.1, "what runs here is known only when it runs");
                }
                self.arguments(Vec::new(), rest)?;
                self.outside(span)
            }
        }
    }

    /// A program, or a command of the shell that sets nothing.
    fn outside(&mut self, span: Span) -> Result<Status, Fault> {
        self.written(&Value::unknown(COMMAND, span), false);
        self.done(None)
    }

    /// The fields of the arguments behind `more`; `None`: not known.
    fn arguments(&mut self, more: Vec<Value>, arguments: &[Argument]) -> Result<Option<Vec<Value>>, Fault> {
        let mut all = Some(more);
        for argument in arguments {
            let fields = match argument {
                Argument::Word(word) => self.fields(word)?,
                Argument::Assignment(assignment) => {
                    if let Assigned::Word(word) = &assignment.value {
                        self.text(word)?;
                    }
                    None
                }
            };
            match (fields, &mut all) {
                (Some(fields), Some(all)) => all.extend(fields),
                _ => all = None,
            }
        }
        Ok(all)
    }

    fn builtin(&mut self, name: &str, more: Vec<Value>, rest: &[Argument], span: Span) -> Result<Status, Fault> {
        if matches!(name, "export" | "declare" | "typeset" | "local" | "readonly") {
            return self.declare(name, more, rest, span);
        }
        if name == "unset" {
            return self.unset(more, rest, span);
        }
        if name == "source" || name == "." {
            return self.source(rest, span);
        }
        let fields = self.arguments(more, rest)?;
        let texts: Option<Vec<&str>> =
            fields.as_ref().and_then(|fields| fields.iter().map(Value::text).collect::<Option<Vec<&str>>>());
        match name {
            ":" | "true" => self.done(Some(true)),
            "false" => self.done(Some(false)),
            "[" => {
                let closed = fields.as_deref().map(|fields| match fields.split_last() {
                    Some((last, fields)) if last.text() == Some("]") => Some(fields),
                    _ => None,
                });
                match closed {
                    Some(Some(fields)) => {
                        self.look_into(fields, span);
                        self.done(self.test(fields))
                    }
                    Some(None) => {
                        self.state.status = Some(2);
                        Ok(Some(false))
                    }
                    None => self.done(None),
                }
            }
            "test" => {
                self.look_into(fields.as_deref().unwrap_or_default(), span);
                let status = fields.as_deref().and_then(|fields| self.test(fields));
                self.done(status)
            }
            "read" => self.read(fields, span),
            "mapfile" | "readarray" => {
                let name =
                    texts.as_deref().and_then(|texts| texts.last()).filter(|name| names::is_name(name.as_bytes()));
                let content = Content::Text(Value::unknown("only a run would tell what this reads", span));
                self.assign(name.unwrap_or(&"MAPFILE"), content, span)?;
                self.done(None)
            }
            "set" => self.set(fields, span),
            "shift" => {
                let count = texts.map_or(Some(1), |texts| texts.first().map_or(Some(1), |count| count.parse().ok()));
                let shifted = |all: Vec<Value>| count.and_then(|count: usize| all.get(count..).map(<[Value]>::to_vec));
                self.state.parameters = self.state.parameters.take().and_then(shifted);
                self.done(None)
            }
            "return" => {
                let given = texts.as_ref().and_then(|texts| texts.first());
                let status = match given {
                    Some(given) => given.parse().ok(),
                    None if fields.as_ref().is_some_and(Vec::is_empty) => self.state.status,
                    None => None,
                };
                self.leave(status, span);
                Ok(None)
            }
            "exit" | "logout" => {
                self.end(span, "this ends the shell");
                Ok(None)
            }
            "exec" if fields.as_ref().is_none_or(|fields| !fields.is_empty()) => {
                self.end(span, "another program takes the shell's place");
                Ok(None)
            }
            "break" | "continue" => {
                let levels = texts.as_ref().and_then(|texts| texts.first()).and_then(|count| count.parse().ok());
                self.jump(name == "continue", levels.unwrap_or(1), span);
                Ok(Some(true))
            }
            "eval" => match texts {
                Some(texts) => {
                    let text = zeroize::Zeroizing::new(texts.join(" "));
                    self.run_built(&text, span)
                }
                None => refuse(span.0, span.1, BUILT),
            },
            "command" | "builtin" => self.plain(fields, span),
            "echo" => self.echo(fields, span),
            "printf" => self.printf(fields, span),
            "cd" | "pushd" | "popd" => {
                self.state.moved = true;
                for name in ["PWD", "OLDPWD"] {
                    self.assign(name, Content::Text(Value::unknown("the folder is not known here", span)), span)?;
                }
                self.done(None)
            }
            "alias" => {
                for text in texts.iter().flatten() {
                    self.state.aliases.extend(text.split_once('=').map(|(name, _)| name.to_owned()));
                }
                for argument in rest {
                    if let Argument::Assignment(assignment) = argument {
                        self.state.aliases.insert(assignment.name.clone());
                    }
                }
                let defines = texts.is_some_and(|texts| texts.iter().all(|text| text.contains('=')));
                self.done(defines.then_some(true))
            }
            "unalias" => {
                for text in texts.unwrap_or_default() {
                    self.state.aliases.retain(|name| name != text && text != "-a");
                }
                self.done(None)
            }
            "trap" => trap(fields.as_deref(), span).and_then(|()| self.done(Some(true))),
            "shopt" => {
                const CHANGING: [&str; 4] = ["lastpipe", "nocasematch", "xpg_echo", "compat31"];
                if texts.is_none_or(|texts| texts.iter().any(|text| CHANGING.contains(text))) {
                    return refuse(span.0, span.1, "this changes how the rest of the file is read");
                }
                self.done(None)
            }
            "let" => {
                for text in texts.as_deref().unwrap_or_default() {
                    self.calculate(text, span);
                }
                self.done(None)
            }
            "getopts" => {
                let none_left = self.state.parameters.as_ref().is_some_and(Vec::is_empty);
                let value = if none_left { Value::known("?") } else { Value::unknown(ANYTHING, span) };
                let Some(name) = texts.as_ref().and_then(|texts| texts.get(1)) else {
                    return refuse(span.0, span.1, ANYTHING);
                };
                self.assign(name, Content::Text(value), span)?;
                self.done(none_left.then_some(false))
            }
            "enable" | "coproc" => refuse(span.0, span.1, "this changes how the rest of the file is read"),
            _ => self.outside(span),
        }
    }

    /// `command` and `builtin`: no function, no alias.
    fn plain(&mut self, fields: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
        match fields.as_deref() {
            Some([Value::Known(option), ..]) if matches!(option.as_str(), "-v" | "-V") => self.outside(span),
            Some([Value::Known(name), more @ ..]) => {
                let (name, more) = (name.to_string(), more.to_vec());
                self.builtin(&name, more, &[], span)
            }
            Some([]) => self.done(Some(true)),
            _ => refuse(span.0, span.1, "what runs here is known only when it runs"),
        }
    }

    /// Runs text that the file has built.
    fn run_built(&mut self, text: &str, span: Span) -> Result<Status, Fault> {
        let list = Parser::built(text, span, 0).script()?;
        self.run(&list)
    }

    fn source(&mut self, rest: &[Argument], span: Span) -> Result<Status, Fault> {
        let Some(Argument::Word(word)) = rest.first() else { return refuse(span.0, span.1, OTHER_FILE) };
        if let Some(Value::Known(text)) = self.process(word)? {
            return self.run_built(&text, span);
        }
        match self.text(word)?.text() {
            Some("/dev/null") => self.done(Some(true)),
            Some(path) if path.contains('/') && self.file_is("-e", path) == Some(false) => self.done(Some(false)),
            _ => refuse(span.0, span.1, OTHER_FILE),
        }
    }

    fn set(&mut self, fields: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
        // Bash looks at all options before it applies one.
        let options =
            fields.iter().flatten().map_while(|field| field.text().filter(|text| text.starts_with(['-', '+'])));
        let is_option = |text: &str| text.chars().skip(1).all(|letter| "abefhkmnprtuvxBCEHPTo".contains(letter));
        if !options.take_while(|text| *text != "--").all(is_option) {
            return self.done(Some(false));
        }
        let mut rest = fields.as_deref();
        while let Some([first, after @ ..]) = rest {
            let (on, letters) = match first.text() {
                Some("--") => {
                    self.state.parameters = Some(after.to_vec());
                    return self.done(Some(true));
                }
                Some(text) if text.len() > 1 && text.starts_with(['-', '+']) => text.split_at(1),
                _ => {
                    self.state.parameters = Some(rest.unwrap_or_default().to_vec());
                    return self.done(Some(true));
                }
            };
            rest = Some(after);
            let mut letters = letters.to_owned();
            if letters.ends_with('o') {
                let name = after.first().map(|name| name.text().unwrap_or_default());
                rest = after.get(1..);
                letters.pop();
                letters.push_str(match name.unwrap_or_default() {
                    "errexit" => "e",
                    "nounset" => "u",
                    "noexec" | "posix" | "keyword" => "n",
                    _ => "",
                });
            }
            if letters.contains(['k', 'n', 'r', 't']) && on == "-" {
                return refuse(span.0, span.1, "this option of `set` changes how the rest of the file is read");
            }
            if letters.contains('e') {
                self.state.errexit = on == "-";
            }
            if letters.contains('u') {
                self.state.nounset = on == "-";
            }
        }
        if fields.is_none() {
            self.state.parameters = None;
        }
        self.done(Some(true))
    }
}

/// A trap runs when the shell ends, or after each command: then it must do nothing but speak.
fn trap(fields: Option<&[Value]>, span: Span) -> Result<(), Fault> {
    let Some([action, signals @ ..]) = fields else { return Ok(()) };
    let runs_here = signals.iter().any(|signal| matches!(signal.text(), None | Some("DEBUG" | "ERR" | "RETURN")));
    let speaks = |text: &str| {
        let first = text.split_whitespace().next().unwrap_or_default();
        matches!(first, "" | "-" | ":" | "echo" | "printf") && !text.contains([';', '&', '|', '\n', '`', '('])
    };
    if runs_here && !action.text().is_some_and(speaks) {
        return refuse(span.0, span.1, "a trap could set any OS_* variable later");
    }
    Ok(())
}
