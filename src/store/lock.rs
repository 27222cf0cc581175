//! Locks between processes: the one place that uses fs2.
//!
//! The lock file is never deleted: a process that waits for a deleted one would hold a lock that nobody else sees.

use super::folder::Folder;
use crate::error::Error;
use fs2::FileExt;
use std::fs::File;
use std::time::{Duration, Instant};

/// A lock that is held until this is dropped. Writing a token demands one.
#[derive(Debug)]
pub struct Guard {
    file: File,
    name: String,
}

impl Guard {
    /// Whether this is the lock with that name.
    pub fn holds(&self, name: &str) -> bool {
        self.name == name
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Closing the file would do, but under Wine std's own unlock reports a false error: fs2's does not.
        let _ = FileExt::unlock(&self.file);
    }
}

/// Takes the lock `name` where nobody holds it.
///
/// # Errors
/// [`Error::State`] where the lock file cannot be made.
pub fn try_lock(folder: &Folder, name: &str) -> Result<Option<Guard>, Error> {
    folder.make()?;
    let file = folder.open_file(name)?;
    match file.try_lock_exclusive() {
        Ok(()) => Ok(Some(Guard { file, name: name.into() })),
        Err(error) if error.raw_os_error() == fs2::lock_contended_error().raw_os_error() => Ok(None),
        Err(error) => {
            let hint = match cfg!(windows) {
                true => "put that folder on a file system that can lock",
                false => "put the state on a file system that can lock: set XDG_STATE_HOME",
            };
            Err(Error::State { path: folder.path(name), why: error.to_string(), hint })
        }
    }
}

/// Waits for the lock `name`, at most `limit`. `over` is asked between tries: where it says true, what the lock was
/// wanted for is done, and `None` is given.
///
/// # Errors
/// [`Error::LockTimeout`]; as [`try_lock`].
pub fn lock(
    folder: &Folder,
    name: &str,
    limit: Duration,
    over: &mut dyn FnMut() -> bool,
) -> Result<Option<Guard>, Error> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(guard) = try_lock(folder, name)? {
            return Ok(Some(guard));
        }
        if over() {
            return Ok(None);
        }
        if start.elapsed() >= limit {
            return Err(Error::LockTimeout { path: folder.path(name), seconds: limit.as_secs() });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(25));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_the_others_wait_for_the_end_or_for_the_limit() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(home.path().join("state")).expect("usable");
        let guard = try_lock(&folder, "x.lock").expect("lockable").expect("free");
        assert!(guard.holds("x.lock"));
        assert!(try_lock(&folder, "x.lock").expect("lockable").is_none());
        let limit = Duration::from_millis(5);
        assert!(matches!(lock(&folder, "x.lock", limit, &mut || false), Err(Error::LockTimeout { .. })));
        assert!(lock(&folder, "x.lock", limit, &mut || true).expect("no error").is_none());
        drop(guard);
        assert!(try_lock(&folder, "x.lock").expect("lockable").is_some());
        assert!(folder.path("x.lock").exists());
    }
}
