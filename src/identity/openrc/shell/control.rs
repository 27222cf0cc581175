//! Commands that decide which others run: `if`, `case`, loops, functions, and what leaves them.

use std::collections::{BTreeMap, VecDeque};

use super::variables::initial;
use super::{Loop, STEPS_MAX, Shell, Status, UNDECIDED};
use crate::identity::openrc::TYPED;
use crate::identity::openrc::error::{Fault, refuse};
use crate::identity::openrc::state::{Content, State, Unknown, Value};
use crate::identity::openrc::syntax::{Arm, Command, List, Span, Word};

/// How often a loop is gone through whose end is not known: after two rounds nothing new comes up.
const ROUNDS_MAX: usize = 10;

impl Shell<'_> {
    pub fn if_command(&mut self, arms: &[(List, List)], otherwise: &List) -> Result<Status, Fault> {
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

    pub fn case(&mut self, word: &Word, arms: &[Arm]) -> Result<Status, Fault> {
        let text = self.text(word)?;
        self.arms(&text, arms, word.span)
    }

    pub fn arms(&mut self, text: &Value, arms: &[Arm], span: Span) -> Result<Status, Fault> {
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

    pub fn for_each(
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
                let why = if chosen { TYPED } else { UNDECIDED };
                shell.assign(name, Content::Text(Value::unknown(why, span)), span)?;
                Ok(None)
            }),
        }
    }

    /// Goes through `body` for as long as `next` says, which is asked before each round. `counted`: it says so only so often,
    /// whatever the state is.
    pub fn repeat(
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
}
