//! Locks between processes: the one place that uses fs2.
//!
//! The lock file is never deleted: a process that waits for a deleted one would hold a lock that nobody else sees.

use super::folder::Folder;
use crate::error::Error;
use fs2::FileExt;
use std::fs::File;
use std::time::{Duration, Instant};

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct Guard(Option<File>);

impl Guard {
    /// The guard of whoever does without a lock, since the state folder cannot be written.
    pub fn of_nothing() -> Guard {
        Guard(None)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Closing the file would do, but under Wine std's own unlock reports a false error: fs2's does not.
        let _ = self.0.as_ref().map(FileExt::unlock);
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
        Ok(()) => Ok(Some(Guard(Some(file)))),
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

/// Waits for the lock `name`, at most `limit`.
///
/// # Errors
/// [`Error::LockTimeout`]; as [`try_lock`].
pub fn lock(folder: &Folder, name: &str, limit: Duration) -> Result<Guard, Error> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(guard) = try_lock(folder, name)? {
            return Ok(guard);
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
    fn one_holds_it_and_the_others_wait_until_the_limit() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(home.path().join("state")).expect("usable");
        let guard = try_lock(&folder, "x.lock").expect("lockable").expect("free");
        assert!(try_lock(&folder, "x.lock").expect("lockable").is_none());
        let limit = Duration::from_millis(5);
        assert!(matches!(lock(&folder, "x.lock", limit), Err(Error::LockTimeout { .. })));
        drop(guard);
        assert!(lock(&folder, "x.lock", limit).is_ok());
        assert!(folder.path("x.lock").exists());
    }
}
