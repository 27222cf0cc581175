//! Assignments, and the one place that decides what an `OS_*` variable may be.

use super::error::{Fault, refuse};
use super::expanded::Expanded;
use super::names;
use super::shell::Shell;
use super::syntax::Target;
use super::variables::{self, Value};

impl Shell<'_> {
    /// `NAME=value` or `NAME+=value`.
    pub(super) fn assign_target(
        &mut self,
        target: &Target<'_>,
        value: Expanded,
        at: usize,
        end: usize,
    ) -> Result<(), Fault> {
        if !target.append {
            return self.assign(target.name, value, at, end);
        }
        let joined = match self.variables.get(target.name) {
            None => value,
            Some(Value::Known(old)) => value.after(old),
            Some(Value::Asked { .. } | Value::Unknown) => value.after_unknown(target.name, at, end),
        };
        self.assign(target.name, joined, at, end)
    }

    /// Every assignment of the file ends here; the rule for `OS_*` variables is in one place.
    pub(super) fn assign(&mut self, name: &str, value: Expanded, at: usize, end: usize) -> Result<(), Fault> {
        if names::is_computed(name) {
            return refuse(at, end, "this variable changes how the shell works");
        }
        let (value, fault) = value.into_value(at, end);
        if !names::is_openstack(name) {
            let value = if self.uncertain { Value::Unknown } else { value };
            self.variables.set(name, Some(value), at);
            return Ok(());
        }
        self.certain(at, end)?;
        let value = match (value, fault) {
            (Value::Known(value), _) => {
                variables::checked(&value, at, end)?;
                Value::Known(value)
            }
            // A password that the file asks for is one that it does not have.
            (Value::Asked { .. }, _) if names::is_secret(name.as_bytes()) => Value::Asked { assigned: true },
            (_, Some(fault)) => return Err(fault),
            (_, None) => return refuse(at, end, "the value is not known"),
        };
        self.variables.set(name, Some(value), at);
        Ok(())
    }

    /// Refuses what decides an `OS_*` variable and may or may not run.
    pub(super) fn certain(&self, at: usize, end: usize) -> Result<(), Fault> {
        if self.uncertain {
            return refuse(at, end, "only running the file would tell whether this line runs");
        }
        Ok(())
    }
}
