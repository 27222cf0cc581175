//! The imagined shell: it goes through the commands and keeps what is known. Where only a run would tell which way bash
//! goes, it goes both, and knows afterwards what both agree about.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::braces;
use super::error::{Fault, refuse};
use super::names;
use super::state::{Content, Elements, Slot, State, Unknown, Value};
use super::syntax::{
    Argument, Arm, Assigned, Assignment, Command, Feed, Item, Join, Kind, List, Piece, PieceKind, Pipeline,
    Redirection, Span, Word,
};
use crate::secret::LONGEST_VALUE;

/// How many commands are followed: no file for people comes near it.
const STEPS_MAX: usize = 20_000;
/// How deep commands may lie in each other when they run: in functions, `$(...)`, built text.
const LEVELS_MAX: usize = 50;
/// How often a loop is gone through whose end is not known: after two rounds nothing new comes up.
const ROUNDS_MAX: usize = 10;

const UNDECIDED: &str = "only a run would tell which way this goes; write the value itself";

/// They may keep what was set for them alone.
const KEEPING: [&str; 12] =
    ["export", "declare", "typeset", "readonly", "local", "eval", "source", ".", "return", "break", "continue", "read"];

/// Whether a command succeeds, where that is known.
pub(super) type Status = Option<bool>;

/// Where `break` and `continue` lead to.
#[derive(Default)]
struct Loop {
    broken: Option<State>,
    continued: Option<State>,
}

pub(super) struct Shell<'o> {
    pub state: State,
    outer: &'o dyn Fn(&str) -> Option<String>,
    /// The name of the file as it was given.
    pub file: &'o str,
    loops: Vec<Loop>,
    /// Where `return` leads to: of the file, then of each function that is called.
    returns: Vec<Option<State>>,
    /// How bash leaves the file where that fails, or comes before there is a login in it.
    failed: Option<State>,
    /// Where the shell ends, or never gets past, and why.
    pub ended: Option<Unknown>,
    subshells: usize,
    steps: usize,
    level: usize,
    /// How many `$(...)` there were.
    pub substitutions: usize,
    /// What is decided here is asked for: `set -e` does not apply to it.
    asked: usize,
}

impl<'o> Shell<'o> {
    pub fn new(outer: &'o dyn Fn(&str) -> Option<String>, file: &'o str) -> Self {
        let state = State { parameters: Some(Vec::new()), status: Some(0), ..State::default() };
        Shell {
            state,
            outer,
            file,
            loops: Vec::new(),
            returns: vec![None],
            failed: None,
            ended: None,
            subshells: 0,
            steps: 0,

            level: 0,
            substitutions: 0,
            asked: 0,
        }
    }

    /// Goes through the whole file.
    pub fn file(&mut self, list: &List) -> Result<(), Fault> {
        self.run(list)?;
        if let Some(Some(returned)) = self.returns.pop() {
            self.meet(returned, Unknown { why: UNDECIDED, span: (0, 0) });
        }
        if let Some(failed) = self.failed.take().filter(|_| self.state.dead) {
            self.state = failed;
        }
        Ok(())
    }

    pub fn run(&mut self, list: &List) -> Result<Status, Fault> {
        let mut status = Some(true);
        for item in list {
            if self.state.dead {
                break;
            }
            status = self.item(item)?;
        }
        Ok(status)
    }

    fn item(&mut self, item: &Item) -> Result<Status, Fault> {
        if item.background {
            self.apart(|shell| shell.chain(item))?;
            let span = item.first.commands.first().map_or((0, 0), |command| command.span);
            self.written(&Value::unknown(super::COMMAND, span), false);
            return self.done(Some(true));
        }
        self.chain(item)
    }

    fn chain(&mut self, item: &Item) -> Result<Status, Fault> {
        let Some((last, before)) = item.rest.split_last() else { return self.pipeline(&item.first, true) };
        self.asked += 1;
        let mut status = self.pipeline(&item.first, false)?;
        for (join, pipeline) in before {
            status = self.joined(status, *join, pipeline, false)?;
        }
        self.asked -= 1;
        self.joined(status, last.0, &last.1, true)
    }

    /// `&& pipeline` or `|| pipeline` after something that ended so.
    fn joined(&mut self, status: Status, join: Join, pipeline: &Pipeline, last: bool) -> Result<Status, Fault> {
        let runs = status.map(|success| success == (join == Join::And));
        match runs {
            _ if self.state.dead => Ok(status),
            Some(false) => Ok(status),
            Some(true) => self.pipeline(pipeline, last),
            None => {
                let unchanged = self.state.clone();
                let status = self.pipeline(pipeline, last)?;
                let is_dead = self.state.dead;
                let span = pipeline.commands.first().map_or((0, 0), |command| command.span);
                self.meet(unchanged, Unknown { why: UNDECIDED, span });
                // What went on without it did so because of the other outcome: `test || exit`.
                let status = match (join, status) {
                    _ if is_dead => Some(join == Join::Or),
                    (Join::And, Some(false)) => Some(false),
                    (Join::Or, Some(true)) => Some(true),
                    _ => None,
                };
                // A failure may have any number.
                self.state.status = (status == Some(true)).then_some(0);
                Ok(status)
            }
        }
    }

    /// Each part of `a | b` is a shell of its own: what it sets is gone with it.
    fn pipeline(&mut self, pipeline: &Pipeline, is_checked: bool) -> Result<Status, Fault> {
        let status = match pipeline.commands.as_slice() {
            [command] => {
                self.asked += usize::from(pipeline.negated);
                let status = self.command(command);
                self.asked -= usize::from(pipeline.negated);
                status?
            }
            commands => {
                for command in commands {
                    self.apart(|shell| shell.command(command))?;
                }
                let span = (commands.first().map_or(0, |c| c.span.0), commands.last().map_or(0, |c| c.span.1));
                self.written(&Value::unknown(super::COMMAND, span), false);
                self.state.status = None;
                None
            }
        };
        if self.state.dead {
            return Ok(None);
        }
        if !pipeline.negated {
            if is_checked && self.asked == 0 && self.state.errexit && status == Some(false) {
                let span = pipeline.commands.first().map_or((0, 0), |command| command.span);
                self.end(span, "this fails, and `set -e` ends the shell");
            }
            return Ok(status);
        }
        self.done(status.map(|success| !success))
    }

    /// Notes how a command ended.
    pub fn done(&mut self, status: Status) -> Result<Status, Fault> {
        self.state.status = status.map(|success| i32::from(!success));
        Ok(status)
    }

    /// Runs `part` as a subshell would: nothing that it sets stays.
    pub fn apart<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<(T, State), Fault> {
        let before = self.state.clone();
        let (loops, returns) = (std::mem::take(&mut self.loops), std::mem::take(&mut self.returns));
        self.returns.push(None);
        self.subshells += 1;
        let result = part(self);
        self.subshells -= 1;
        if let Some(Some(returned)) = self.returns.pop() {
            self.meet(returned, Unknown { why: UNDECIDED, span: (0, 0) });
        }
        (self.loops, self.returns) = (loops, returns);
        let after = std::mem::replace(&mut self.state, before);
        Ok((result?, after))
    }

    /// Where this way and another one meet.
    pub fn meet(&mut self, other: State, why: Unknown) {
        let outer = self.outer;
        let ours = std::mem::take(&mut self.state);
        self.state = ours.join(other, why, &|name| initial(outer, name));
    }

    pub fn command(&mut self, command: &Command) -> Result<Status, Fault> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return refuse(command.span.0, command.span.1, "this runs too long to be followed");
        }
        if self.level >= LEVELS_MAX {
            return refuse(command.span.0, command.span.1, "this is nested too deeply");
        }
        self.level += 1;
        let status = self.opened(command);
        self.level -= 1;
        status
    }

    fn opened(&mut self, command: &Command) -> Result<Status, Fault> {
        let before = self.state.inputs.len();
        let opens = self.redirect(&command.redirections)?;
        if opens == Some(true) || matches!(&command.kind, Kind::Simple { arguments, .. } if arguments.is_empty()) {
            let status = self.redirected(command, before)?;
            return if opens == Some(true) { Ok(status) } else { self.done(opens) };
        }
        let fails = |shell: &mut Self| {
            shell.state.inputs.truncate(before);
            shell.without_running(command)?;
            shell.done(Some(false))
        };
        match opens {
            None => self.either(command.span, |shell| shell.redirected(command, before), fails),
            _ => fails(self),
        }
    }

    /// The command, after its redirections; `before`: how many inputs there were without them.
    fn redirected(&mut self, command: &Command, before: usize) -> Result<Status, Fault> {
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

    /// What a command leaves behind whose redirection fails: what is assigned alone, and what its words set.
    fn without_running(&mut self, command: &Command) -> Result<(), Fault> {
        let Kind::Simple { assignments, arguments } = &command.kind else { return Ok(()) };
        let mut alone = Some(true);
        for argument in arguments {
            match argument {
                Argument::Word(word) => {
                    let is_nothing = self.fields(word)?.map(|fields| fields.is_empty());
                    alone = alone.zip(is_nothing).map(|(before, nothing)| before && nothing);
                }
                Argument::Assignment(Assignment { value: Assigned::Word(word), .. }) => drop(self.fields(word)?),
                Argument::Assignment(_) => {}
            }
        }
        let assigns = |shell: &mut Self| assignments.iter().try_for_each(|assignment| shell.assignment(assignment));
        let expands =
            |shell: &mut Self| assignments.iter().try_for_each(|assignment| shell.evaluate(assignment).map(drop));
        match alone {
            Some(true) => assigns(self),
            Some(false) => expands(self),
            None => self
                .either(command.span, |shell| assigns(shell).map(|()| None), |shell| expands(shell).map(|()| None))
                .map(drop),
        }
    }

    /// Opens what the command reads from. `false` where a file cannot be opened: then the command does not run.
    fn redirect(&mut self, redirections: &[Redirection]) -> Result<Status, Fault> {
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

    fn kind(&mut self, command: &Command) -> Result<Status, Fault> {
        match &command.kind {
            Kind::Simple { assignments, arguments } => self.simple(assignments, arguments, command.span),
            Kind::Group(list) => self.run(list),
            Kind::Subshell(list) => {
                let (status, after) = self.apart(|shell| shell.run(list))?;
                self.state.outputs.clone_from(&after.outputs);
                self.done(if after.dead { None } else { status.or(after.status.map(|status| status == 0)) })
            }
            Kind::If { arms, otherwise } => self.if_command(arms, otherwise),
            Kind::While { until, condition, body } => self.repeat(command.span, body, false, &mut |shell| {
                shell.asked += 1;
                let status = shell.run(condition);
                shell.asked -= 1;
                Ok(status?.map(|success| success != *until))
            }),
            Kind::For { name, words, chosen, body } => {
                self.for_each(name, words.as_deref(), *chosen, body, command.span)
            }
            Kind::Count { expression, body } => {
                self.calculate(expression, command.span);
                self.repeat(command.span, body, false, &mut |shell| {
                    shell.calculate(expression, command.span);
                    Ok(None)
                })
            }
            Kind::Case { word, arms } => self.case(word, arms),
            Kind::Brackets(condition) => {
                let status = self.holds(condition)?;
                self.done(status)
            }
            Kind::Arithmetic(expression) => {
                self.calculate(expression, command.span);
                self.done(None)
            }
            Kind::Function { name, body } => {
                self.state.functions.insert(name.clone(), Some(Rc::clone(body)));
                self.done(Some(true))
            }
        }
    }

    fn if_command(&mut self, arms: &[(List, List)], otherwise: &List) -> Result<Status, Fault> {
        let Some(((condition, body), arms)) = arms.split_first() else {
            return if otherwise.is_empty() { self.done(Some(true)) } else { self.run(otherwise) };
        };
        self.asked += 1;
        let status = self.run(condition);
        self.asked -= 1;
        match status? {
            _ if self.state.dead => Ok(None),
            Some(true) => self.run(body),
            Some(false) => self.if_command(arms, otherwise),
            None => {
                let span = condition.first().and_then(|item| item.first.commands.first()).map_or((0, 0), |c| c.span);
                self.either(span, |shell| shell.run(body), |shell| shell.if_command(arms, otherwise))
            }
        }
    }

    /// One of both, nobody knows which.
    pub fn either(
        &mut self,
        span: Span,
        one: impl FnOnce(&mut Self) -> Result<Status, Fault>,
        other: impl FnOnce(&mut Self) -> Result<Status, Fault>,
    ) -> Result<Status, Fault> {
        let before = self.state.clone();
        let first = one(self)?;
        let after = std::mem::replace(&mut self.state, before);
        let second = other(self)?;
        let status = match (after.dead, self.state.dead) {
            (true, _) => second,
            (_, true) => first,
            _ => first.filter(|_| first == second),
        };
        self.meet(after, Unknown { why: UNDECIDED, span });
        self.done(status)
    }

    fn case(&mut self, word: &Word, arms: &[Arm]) -> Result<Status, Fault> {
        let text = self.text(word)?;
        self.arms(&text, arms, word.span)
    }

    fn arms(&mut self, text: &Value, arms: &[Arm], span: Span) -> Result<Status, Fault> {
        let Some((arm, others)) = arms.split_first() else { return self.done(Some(true)) };
        let mut matches = Some(false);
        for pattern in &arm.patterns {
            match self.matches(text, pattern)? {
                Some(true) => {
                    matches = Some(true);
                    break;
                }
                None => matches = None,
                Some(false) => {}
            }
        }
        let body = |shell: &mut Self| match arm.falls {
            false => shell.run(&arm.body),
            // What comes next runs or does not: enough for what nobody writes.
            true => {
                shell.run(&arm.body)?;
                let unknown = Value::unknown(UNDECIDED, span);
                shell.arms(&unknown, others, span)
            }
        };
        match matches {
            Some(true) => body(self),
            Some(false) => self.arms(text, others, span),
            None => self.either(span, body, |shell| shell.arms(text, others, span)),
        }
    }

    fn for_each(
        &mut self,
        name: &str,
        words: Option<&[Word]>,
        chosen: bool,
        body: &List,
        span: Span,
    ) -> Result<Status, Fault> {
        let values = match words {
            Some(words) => self.all_fields(words)?,
            None => self.state.parameters.clone(),
        };
        match values.filter(|_| !chosen) {
            Some(values) => {
                let mut values: VecDeque<Value> = values.into();
                self.repeat(span, body, true, &mut |shell| {
                    let Some(value) = values.pop_front() else { return Ok(Some(false)) };
                    shell.assign(name, Content::Text(value), span)?;
                    Ok(Some(true))
                })
            }
            None => self.repeat(span, body, false, &mut |shell| {
                let why = if chosen { super::TYPED } else { UNDECIDED };
                shell.assign(name, Content::Text(Value::unknown(why, span)), span)?;
                Ok(None)
            }),
        }
    }

    /// Goes through `body` for as long as `next` says, which is asked before each round. `counted`: it says so only so often,
    /// whatever the state is.
    fn repeat(
        &mut self,
        span: Span,
        body: &List,
        counted: bool,
        next: &mut dyn FnMut(&mut Self) -> Result<Status, Fault>,
    ) -> Result<Status, Fault> {
        let why = Unknown { why: UNDECIDED, span };
        self.loops.push(Loop::default());
        let mut ended: Option<State> = None;
        let mut rounds = 0;
        while !self.state.dead {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return refuse(span.0, span.1, "this runs too long to be followed");
            }
            let goes_on = next(self)?;
            if goes_on != Some(true) {
                let here = self.state.clone();
                ended = Some(match ended {
                    Some(before) => self.joined_states(before, here, why),
                    None => here,
                });
            }
            if goes_on == Some(false) || self.state.dead {
                break;
            }
            let before = self.state.clone();
            self.run(body)?;
            if let Some(continued) = self.loops.last_mut().and_then(|this| this.continued.take()) {
                self.meet(continued, why);
            }
            if goes_on == Some(true) && !counted && self.state.is_like(&before) {
                // But for what leaves it.
                self.end(span, "this loop goes on for ever");
            }
            if goes_on.is_none() {
                rounds += 1;
                if self.state.dead || self.state.is_like(&before) {
                    // A last look at what ends it.
                    ended = match (ended, self.state.dead) {
                        (Some(ended), false) => Some(self.joined_states(ended, self.state.clone(), why)),
                        (ended, _) => ended,
                    };
                    break;
                }
                if rounds > ROUNDS_MAX {
                    return refuse(span.0, span.1, "this loop is not understood here");
                }
                let met = std::mem::take(&mut self.state);
                self.state = self.joined_states(before, met, why);
            }
        }
        self.state.dead = true;
        for state in [ended, self.loops.pop().and_then(|this| this.broken)].into_iter().flatten() {
            self.meet(state, why);
        }
        self.state.status = None;
        Ok(None)
    }

    fn joined_states(&self, one: State, other: State, why: Unknown) -> State {
        let outer = self.outer;
        one.join(other, why, &|name| initial(outer, name))
    }

    /// `break` and `continue` out of so many loops.
    pub fn jump(&mut self, continues: bool, levels: usize, span: Span) {
        let Some(number) = self.loops.len().checked_sub(levels.max(1)).or((!self.loops.is_empty()).then_some(0)) else {
            return;
        };
        let mut state = self.state.clone();
        state.status = Some(0);
        let before = self.loops.get_mut(number).and_then(|target| match continues {
            true => target.continued.take(),
            false => target.broken.take(),
        });
        let met = match before {
            Some(before) => self.joined_states(before, state, Unknown { why: UNDECIDED, span }),
            None => state,
        };
        if let Some(target) = self.loops.get_mut(number) {
            *(if continues { &mut target.continued } else { &mut target.broken }) = Some(met);
        }
        self.state.dead = true;
    }

    /// `return`: the function or the file ends here. A file that fails, or that has no login yet, is not what it is for: where
    /// only a run would tell whether that happens, it does not.
    pub fn leave(&mut self, status: Option<i32>, span: Span) {
        let mut state = std::mem::replace(&mut self.state, State { dead: true, ..State::default() });
        state.status = status;
        let is_file = self.returns.len() == 1 && self.subshells == 0;
        let has_login = state.variables.get("OS_AUTH_URL").is_some_and(|slot| slot.content != Content::Unset);
        let fails = is_file && (status != Some(0) || !has_login);
        let place = if fails { Some(&mut self.failed) } else { self.returns.last_mut() };
        let before = place.and_then(Option::take);
        let met = match before {
            Some(before) => self.joined_states(before, state, Unknown { why: UNDECIDED, span }),
            None => state,
        };
        let place = if fails { Some(&mut self.failed) } else { self.returns.last_mut() };
        if let Some(place) = place {
            *place = Some(met);
        }
    }

    /// The shell ends here.
    pub fn end(&mut self, span: Span, why: &'static str) {
        if self.subshells == 0 {
            self.ended.get_or_insert(Unknown { why, span });
        }
        self.state.dead = true;
    }

    pub fn call(&mut self, body: &Command, parameters: Option<Vec<Value>>, span: Span) -> Result<Status, Fault> {
        let outside = std::mem::replace(&mut self.state.parameters, parameters);
        let loops = std::mem::take(&mut self.loops);
        self.state.locals.push(BTreeMap::new());
        self.returns.push(None);
        let result = self.command(body);
        if let Some(Some(returned)) = self.returns.pop() {
            let is_dead = self.state.dead;
            self.meet(returned, Unknown { why: UNDECIDED, span });
            self.loops = loops;
            result?;
            self.give_back(outside);
            let status = self.state.status.map(|status| status == 0);
            return Ok(if is_dead || status.is_some() { status } else { None });
        }
        self.loops = loops;
        let status = result?;
        self.give_back(outside);
        Ok(status)
    }

    /// Ends a function: what was its own is again what it was.
    fn give_back(&mut self, parameters: Option<Vec<Value>>) {
        self.state.parameters = parameters;
        for (name, slot) in self.state.locals.pop().unwrap_or_default() {
            match slot {
                Some(slot) => self.state.variables.insert(name, slot),
                None => self.state.variables.remove(&name),
            };
        }
    }

    /// `A=1 B=$A`, one after the other; then the command.
    fn simple(&mut self, assignments: &[Assignment], arguments: &[Argument], span: Span) -> Result<Status, Fault> {
        let mut arguments = arguments;
        while let [Argument::Word(word), rest @ ..] = arguments
            && may_vanish(word)
        {
            match self.fields(word)? {
                Some(fields) if fields.is_empty() => arguments = rest,
                // Perhaps there is no command at all.
                None if !assignments.is_empty() => {
                    return self.either(
                        span,
                        |shell| shell.command_with(assignments, arguments, span),
                        |shell| shell.simple(assignments, rest, span),
                    );
                }
                _ => break,
            }
        }
        if arguments.is_empty() {
            let before = self.substitutions;
            for assignment in assignments {
                self.assignment(assignment)?;
            }
            if self.substitutions == before {
                self.state.status = Some(0);
            }
            return Ok(self.state.status.map(|status| status == 0));
        }
        self.command_with(assignments, arguments, span)
    }

    /// A command, with what is assigned for it alone.
    fn command_with(
        &mut self,
        assignments: &[Assignment],
        arguments: &[Argument],
        span: Span,
    ) -> Result<Status, Fault> {
        let mut before = Vec::new();
        let declares = matches!(arguments.first(), Some(Argument::Word(word))
            if word.literal().is_some_and(|name| KEEPING.contains(&name.as_str())));
        if declares && assignments.iter().any(|assignment| names::is_openstack(&assignment.name)) {
            return refuse(span.0, span.1, "an assignment for one command only is not understood here");
        }
        let name = match arguments.first() {
            Some(Argument::Word(word)) => word.literal(),
            _ => None,
        };
        // Bash expands the words before it assigns; of what a program is given nothing stays.
        let has_meaning =
            name.is_some_and(|name| name.as_str() == "read" || self.state.functions.contains_key(name.as_str()));
        let early = if has_meaning { None } else { Some(self.with_name(arguments, span)?) };
        let ended = self.state.status;
        for assignment in assignments {
            let value = self.evaluate(assignment)?;
            let name = assignment.name.clone();
            before.push((name.clone(), self.state.variables.get(&name).cloned()));
            self.store(assignment, value)?;
        }
        let status = match early {
            Some(status) => {
                self.state.status = ended;
                Ok(status)
            }
            None => self.with_name(arguments, span),
        };
        for (name, slot) in before.into_iter().rev() {
            match slot {
                Some(slot) => self.state.variables.insert(name, slot),
                None => self.state.variables.remove(&name),
            };
        }
        status
    }

    /// Carries out an assignment.
    pub fn assignment(&mut self, assignment: &Assignment) -> Result<(), Fault> {
        let value = self.evaluate(assignment)?;
        self.store(assignment, value)
    }

    fn evaluate(&mut self, assignment: &Assignment) -> Result<Value, Fault> {
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

    fn array(
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

    fn element(&mut self, name: &str, index: &Word, value: Value, appends: bool, span: Span) -> Result<Content, Fault> {
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

/// The variable as it was before the file was read.
fn initial(outer: &dyn Fn(&str) -> Option<String>, name: &str) -> Content {
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

/// The name under which an array keeps the element of this number: so that they are in order.
pub(super) fn key_of(number: usize) -> String {
    format!("{number:010}")
}

/// Whether the word may expand to nothing at all; so may `$A{b,c}`, which means the variables Ab and Ac.
fn may_vanish(word: &Word) -> bool {
    let is_text = |piece: &Piece| matches!(piece.kind, PieceKind::Text(_));
    let braces = word.pieces.iter().any(|piece| matches!(&piece.kind, PieceKind::Text(text) if text.contains('{')));
    word.pieces.iter().all(|piece| !piece.quoted && (braces || !is_text(piece))) && !word.pieces.iter().all(is_text)
}

fn lines(text: &str) -> VecDeque<String> {
    text.lines().map(str::to_owned).collect()
}
