//! Expansion: from a word's pieces to its text, or to the doubt that keeps it from being known.

use super::error::{Fault, refuse};
use super::expanded::{Doubt, Expanded, Place, UNQUOTED};
use super::shell::Shell;
use super::syntax::{Form, Operator, Parameter, Piece};
use super::variables::Value;

impl Shell<'_> {
    /// Expands pieces, of the first only what follows `skip` bytes (the name and `=` of an assignment).
    pub(super) fn expand(
        &mut self,
        pieces: &[Piece<'_>],
        skip: usize,
        place: Place,
        span: (usize, usize),
    ) -> Result<Expanded, Fault> {
        let mut out = Expanded::new();
        self.expand_into(&mut out, pieces, skip, place, span)?;
        Ok(out)
    }

    fn expand_into(
        &mut self,
        out: &mut Expanded,
        pieces: &[Piece<'_>],
        mut skip: usize,
        place: Place,
        span: (usize, usize),
    ) -> Result<(), Fault> {
        let mut opens = true;
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Plain(text) => {
                    let text = text.get(std::mem::take(&mut skip)..).unwrap_or_default();
                    let last = index + 1 == pieces.len();
                    self.plain(out, text, (opens, last), place, span)?;
                    opens = text.last().map_or(opens, |&byte| byte == b':');
                    continue;
                }
                Piece::Quoted(text) => out.push(text),
                Piece::Decoded(text) => out.push(text),
                Piece::Parameter(parameter) => self.parameter(out, parameter, place)?,
                Piece::Unknown { at, end, quoted } => {
                    self.certainly_set(*at, *end)?;
                    if place == Place::Argument && !quoted {
                        return refuse(*at, *end, UNQUOTED);
                    }
                    out.doubt(Doubt { at: *at, end: *end, variable: None, asked: false });
                }
            }
            out.exists |= matches!(piece, Piece::Quoted(_) | Piece::Decoded(_));
            opens = false;
        }
        Ok(())
    }

    fn parameter(&mut self, out: &mut Expanded, parameter: &Parameter<'_>, place: Place) -> Result<(), Fault> {
        match &parameter.form {
            Form::Value => self.value_of(out, parameter, place),
            Form::Unknown { operand } => {
                self.certainly_set(parameter.at, parameter.end)?;
                self.aside(operand, parameter)?;
                out.doubt(doubt_of(parameter, false));
                Ok(())
            }
            Form::Operator { operator, or_empty, operand } => {
                let present = match self.variables.get(parameter.name) {
                    None => Some(false),
                    Some(Value::Known(value)) => Some(!*or_empty || !value.is_empty()),
                    Some(Value::Asked { .. } | Value::Unknown) => None,
                };
                self.operator(out, parameter, (*operator, present), operand, place)
            }
        }
    }

    fn value_of(&mut self, out: &mut Expanded, parameter: &Parameter<'_>, place: Place) -> Result<(), Fault> {
        let split = place == Place::Argument && !parameter.quoted;
        match self.variables.get(parameter.name) {
            None | Some(Value::Unknown) if self.nounset => return self.certainly_set(parameter.at, parameter.end),
            None => {}
            Some(Value::Known(value)) => {
                if split && value.iter().any(|byte| b"*?[\\ \t\n".contains(byte)) {
                    return refuse(parameter.at, parameter.end, UNQUOTED);
                }
                out.push(value);
            }
            Some(Value::Asked { .. } | Value::Unknown) if split => {
                return refuse(parameter.at, parameter.end, UNQUOTED);
            }
            Some(Value::Asked { .. }) => out.doubt(doubt_of(parameter, true)),
            Some(Value::Unknown) => out.doubt(doubt_of(parameter, false)),
        }
        out.exists |= parameter.quoted;
        Ok(())
    }

    /// Under `set -u`, what is not set ends the shell.
    fn certainly_set(&self, at: usize, end: usize) -> Result<(), Fault> {
        if self.nounset {
            return refuse(at, end, "after `set -u` the shell ends here unless this is set");
        }
        Ok(())
    }

    /// `:-`, `:=`, `:+` and `:?`; `present` says whether the variable counts as there, if that is known.
    fn operator(
        &mut self,
        out: &mut Expanded,
        parameter: &Parameter<'_>,
        (operator, present): (Operator, Option<bool>),
        operand: &[Piece<'_>],
        place: Place,
    ) -> Result<(), Fault> {
        let (at, end) = (parameter.at, parameter.end);
        match (operator, present) {
            (Operator::Require, Some(false) | None) => {
                return refuse(at, end, "the shell would end here with an error");
            }
            (_, None) => {
                self.aside(operand, parameter)?;
                if operator == Operator::Assign {
                    self.variables.set(parameter.name, Some(Value::Unknown), at);
                }
                out.doubt(doubt_of(parameter, false));
            }
            (Operator::Alternative, Some(false)) => {}
            (Operator::Default, Some(false)) | (Operator::Alternative, Some(true)) => {
                self.expand_into(out, operand, 0, place, (at, end))?;
            }
            (Operator::Assign, Some(false)) => {
                let value = self.expand(operand, 0, Place::Assignment, (at, end))?;
                self.assign(parameter.name, value, at, end)?;
                return self.value_of(out, parameter, place);
            }
            (_, Some(true)) => return self.value_of(out, parameter, place),
        }
        out.exists |= parameter.quoted;
        Ok(())
    }

    /// A word that may or may not be expanded: an assignment in it is one that may or may not happen.
    fn aside(&mut self, operand: &[Piece<'_>], parameter: &Parameter<'_>) -> Result<(), Fault> {
        self.perhaps(|shell| shell.expand(operand, 0, Place::Ignored, (parameter.at, parameter.end)).map(drop))
    }
}

fn doubt_of(parameter: &Parameter<'_>, asked: bool) -> Doubt {
    Doubt { at: parameter.at, end: parameter.end, variable: Some(parameter.name.to_owned()), asked }
}
