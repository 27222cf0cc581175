//! The commands that change the shell. All others are passed over: none of them can set a variable here.

use super::braces;
use super::cursor::Parser;
use super::error::{Fault, refuse};
use super::names;
use super::shell::{Shell, Status};
use super::state::{Content, Elements, Slot, Value};
use super::syntax::{Argument, Assigned, Piece, PieceKind, Span, Word};
use std::collections::BTreeMap;

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
        self.written(&Value::unknown(super::COMMAND, span), false);
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

    /// `export` and its like. All is expanded before anything is set.
    fn declare(&mut self, command: &str, more: Vec<Value>, rest: &[Argument], span: Span) -> Result<Status, Fault> {
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

    fn unset(&mut self, more: Vec<Value>, rest: &[Argument], span: Span) -> Result<Status, Fault> {
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

    /// `read`: what a person would type is not here.
    fn read(&mut self, fields: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
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
            None => Value::unknown(super::TYPED, span),
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

    fn echo(&mut self, fields: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
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
        let text = if hidden { Value::unknown(super::COMMAND, span) } else { text };
        self.written(&text, ends_line);
        self.done(Some(true))
    }

    fn printf(&mut self, fields: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
        let mut words = fields.as_deref().unwrap_or_default();
        let mut target = None;
        if let [option, name, rest @ ..] = words
            && option.text() == Some("-v")
        {
            target = Some(name.text().map(str::to_owned));
            words = rest;
        }
        let value = fields.as_ref().and_then(|_| formatted(words)).unwrap_or(Value::unknown(super::COMMAND, span));
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

/// Whether `export` and its like take this for options.
fn is_option_text(command: &str, text: &str) -> bool {
    let signs: &[char] = if matches!(command, "export" | "readonly") { &['-'] } else { &['-', '+'] };
    text.len() > 1 && text.starts_with(signs)
}

/// Whether a word whose value is not known may begin with OS_, by the text that it begins with.
fn could_be_ours(word: &Word) -> bool {
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

fn mentions_ours(piece: &Piece) -> bool {
    matches!(&piece.kind, PieceKind::Text(text) if text.contains("OS_"))
}
