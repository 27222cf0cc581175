//! The imagined shell: it goes through the commands and keeps the variables.

use std::collections::BTreeSet;

use super::error::{Fault, refuse};
use super::expanded::Place;
use super::names;
use super::redirections::certain_redirections;
use super::syntax::{Chain, Command, If, Join, List, Piece, Pipeline, Simple};
use super::variables::Variables;

/// Whether a command succeeds, where that is known.
pub(super) type Status = Option<bool>;

pub(super) struct Shell<'o> {
    pub variables: Variables<'o>,
    /// Whether what is being read may or may not run.
    pub uncertain: bool,
    /// `set -u`.
    pub nounset: bool,
    /// Names the file gives an alias; an interactive shell would expand them.
    pub aliases: BTreeSet<String>,
    /// A `return` was met: the shell reads no further.
    pub stopped: bool,
}

impl<'o> Shell<'o> {
    pub fn new(outer: &'o dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            variables: Variables::new(outer),
            uncertain: false,
            nounset: false,
            aliases: BTreeSet::new(),
            stopped: false,
        }
    }

    /// Goes through a list; its status is that of the last command.
    pub fn run(&mut self, list: &List<'_>) -> Result<Status, Fault> {
        let mut status = Some(true);
        for chain in list {
            if self.stopped {
                break;
            }
            status = self.chain(chain)?;
        }
        Ok(status)
    }

    /// `a && b || c`. Which of them run is not followed: what they would set is not known.
    fn chain(&mut self, chain: &Chain<'_>) -> Result<Status, Fault> {
        if chain.rest.is_empty() {
            return self.pipeline(&chain.first);
        }
        self.perhaps(|shell| {
            let mut status = shell.pipeline(&chain.first)?;
            for (join, pipeline) in &chain.rest {
                let next = shell.pipeline(pipeline)?;
                status = match (join, status) {
                    (Join::And, Some(true)) | (Join::Or, Some(false)) => next,
                    (_, Some(decided)) => Some(decided),
                    (_, None) => None,
                };
            }
            Ok(status)
        })
    }

    /// Each part of `a | b` is a shell of its own: what it sets is gone with it.
    fn pipeline(&mut self, pipeline: &Pipeline<'_>) -> Result<Status, Fault> {
        let status = match pipeline.commands.as_slice() {
            [command] => self.command(command)?,
            commands => self.perhaps(|shell| {
                for command in commands {
                    shell.command(command)?;
                }
                Ok(None)
            })?,
        };
        Ok(status.map(|success| success != pipeline.negated))
    }

    fn command(&mut self, command: &Command<'_>) -> Result<Status, Fault> {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Brackets(words) => self.brackets(words),
            Command::If(command) => self.if_command(command),
        }
    }

    fn if_command(&mut self, command: &If<'_>) -> Result<Status, Fault> {
        let before = self.uncertain;
        for (condition, body) in &command.arms {
            let status = self.run(condition)?;
            if self.stopped || status == Some(false) {
                continue;
            }
            self.uncertain |= status.is_none();
            self.run(body)?;
            if status == Some(true) {
                self.uncertain = before;
                return Ok(None);
            }
        }
        self.run(&command.otherwise)?;
        self.uncertain = before;
        Ok(None)
    }

    /// Goes through something that may or may not happen.
    pub(super) fn perhaps<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let before = std::mem::replace(&mut self.uncertain, true);
        let result = part(self);
        self.uncertain = before;
        result
    }

    fn simple(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        for redirection in &command.redirections {
            self.perhaps(|shell| shell.ignore(&redirection.target.pieces, redirection.target.span()))?;
        }
        if command.name.is_empty() {
            return self.assignments(command);
        }
        if !command.name_quoted && self.aliases.contains(&command.name) {
            return refuse(command.at, command.end, "this runs an alias of this file");
        }
        for word in &command.assignments {
            let ours = word.assignment().is_some_and(|target| names::is_openstack(target.name));
            if ours || is_understood(&command.name) {
                return refuse(command.at, command.end, "an assignment for one command only is not understood here");
            }
            self.perhaps(|shell| shell.ignore(&word.pieces, word.span()))?;
        }
        self.builtin(command)
    }

    /// `A=1 B=$A`: one after the other, the later seeing the earlier.
    fn assignments(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        if !command.assignments.is_empty() {
            certain_redirections(command, &[])?;
        }
        let mut status = Some(true);
        for word in &command.assignments {
            if let Some(target) = word.assignment() {
                let value = self.expand(&word.pieces, target.skip, Place::Assignment, word.span())?;
                self.assign_target(&target, value, word.at, word.end)?;
            }
            if word.pieces.iter().any(|piece| !matches!(piece, Piece::Plain(_) | Piece::Quoted(_))) {
                status = None;
            }
        }
        Ok(status)
    }

    /// Expands a word for the assignments that hide in it (`${X:=y}`).
    pub(super) fn ignore(&mut self, pieces: &[Piece<'_>], span: (usize, usize)) -> Result<(), Fault> {
        self.expand(pieces, 0, Place::Ignored, span).map(drop)
    }
}

/// Commands that change variables or the shell; before them an assignment means something else.
fn is_understood(name: &str) -> bool {
    const UNDERSTOOD: [&str; 9] = ["export", "declare", "typeset", "unset", "read", "set", "return", "exit", "alias"];
    UNDERSTOOD.contains(&name)
}
