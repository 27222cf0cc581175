//! The imagined shell: it goes through the commands and keeps what is known. Where only a run would tell which way bash
//! goes, it goes both, and knows afterwards what both agree about.

mod control;
mod redirect;
mod variables;

use std::rc::Rc;

use crate::identity::openrc::error::{Fault, refuse};
use crate::identity::openrc::state::{State, Unknown, Value};
use crate::identity::openrc::syntax::{
    Argument, Assigned, Assignment, Command, Item, Join, Kind, List, Piece, PieceKind, Pipeline, Span, Word,
};
use crate::identity::openrc::{COMMAND, names};
use variables::initial;

/// How many commands are followed: no file for people comes near it.
const STEPS_MAX: usize = 20_000;
/// How deep commands may lie in each other when they run: in functions, `$(...)`, built text.
const LEVELS_MAX: usize = 50;

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
            self.written(&Value::unknown(COMMAND, span), false);
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
                self.written(&Value::unknown(COMMAND, span), false);
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
}

/// Whether the word may expand to nothing at all; so may `$A{b,c}`, which means the variables Ab and Ac.
fn may_vanish(word: &Word) -> bool {
    let is_text = |piece: &Piece| matches!(piece.kind, PieceKind::Text(_));
    let braces = word.pieces.iter().any(|piece| matches!(&piece.kind, PieceKind::Text(text) if text.contains('{')));
    word.pieces.iter().all(|piece| !piece.quoted && (braces || !is_text(piece))) && !word.pieces.iter().all(is_text)
}
