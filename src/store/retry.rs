//! Work that another process may be in the way of for a moment.

use std::time::Duration;

/// How often work is tried before its last try.
const TRIES: u32 = 100;

/// Does `work`, and again after each `pause`, a hundred times at most, while it fails in a way that `passes`.
///
/// # Errors
/// What the last try ended with.
pub fn patiently<T, E>(pause: Duration, passes: impl Fn(&E) -> bool, work: impl Fn() -> Result<T, E>) -> Result<T, E> {
    for _ in 0..TRIES {
        match work() {
            Err(error) if passes(&error) => std::thread::sleep(pause),
            other => return other,
        }
    }
    work()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// What comes of work that fails in these ways, one after the other, and how often it is tried.
    fn after(failures: &[&'static str]) -> (Result<(), &'static str>, usize) {
        let tries = Cell::new(0);
        let work = || {
            tries.set(tries.get() + 1);
            failures.get(tries.get() - 1).map_or(Ok(()), |failure| Err(*failure))
        };
        (patiently(Duration::ZERO, |failure| *failure == "busy", work), tries.get())
    }

    #[test]
    fn what_passes_is_tried_again_and_nothing_else_and_not_for_ever() {
        assert_eq!(after(&[]), (Ok(()), 1));
        assert_eq!(after(&["busy", "busy"]), (Ok(()), 3));
        assert_eq!(after(&["busy", "broken"]), (Err("broken"), 2));
        assert_eq!(after(&["busy"; 200]), (Err("busy"), 101));
    }
}
