//! The state folder: who may use it, and files that are whole or absent.

use crate::error::Error;
use fs_err as fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes: records have about one thousand.
const LARGEST: u64 = 64 * 1024;

/// `STATE` or a folder in it: the user's own, mode 0700, made when something is first written.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

// Windows itself says where its folder is.
const SYMLINK: &str =
    if cfg!(windows) { "replace it by a folder" } else { "replace it by a folder, or set XDG_STATE_HOME" };
const READ_ONLY: &str = if cfg!(windows) {
    "let it be written: ostoken keeps its records there"
} else {
    "set XDG_STATE_HOME to a folder that can be written"
};

impl Folder {
    /// Takes `path` as the state folder.
    ///
    /// # Errors
    /// [`Error::State`] where it is a symbolic link, no folder, writable for everybody or not the effective user's.
    pub fn open(path: PathBuf) -> Result<Folder, Error> {
        let refuse = |why: &str, hint| Err(Error::State { path: path.clone(), why: why.into(), hint });
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(broken(&path, &error)),
            Ok(data) if data.file_type().is_symlink() => {
                return refuse("it is a symbolic link", SYMLINK);
            }
            Ok(data) if !data.is_dir() => return refuse("it is no folder", "move it away"),
            Ok(data) => {
                if let Some((why, hint)) = foreign(&data) {
                    return refuse(why, hint);
                }
            }
        }
        Ok(Folder(path))
    }

    /// The folder `name` in this one.
    pub fn inner(&self, name: &str) -> Folder {
        Folder(self.0.join(name))
    }

    /// The path of `name` in this folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The folder's own path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder, and those above it, where they are missing.
    ///
    /// # Errors
    /// [`Error::State`] where that cannot be done.
    pub fn make(&self) -> Result<(), Error> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.0).map_err(|error| broken(&self.0, &error))
    }

    /// The content of `name`; `None` where there is no such file.
    ///
    /// # Errors
    /// [`Error::State`] where it cannot be read or is larger than any file of ours.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(name);
        match patiently(|| fs::metadata(&path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(data) if data.len() > LARGEST => {
                let why = format!("it has {} bytes, more than {LARGEST}", data.len());
                return Err(Error::State { path, why, hint: "move it away" });
            }
            Err(error) => return Err(broken(&path, &error)),
            Ok(_) => {}
        }
        match patiently(|| fs::read(&path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(broken(&path, &error)),
        }
    }

    /// Replaces `name` by `bytes`, whole or not at all.
    ///
    /// # Errors
    /// [`Error::State`]; then the file is as it was.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.make()?;
        let path = self.path(name);
        let write = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(&temporary_prefix(name)).tempfile_in(&self.0)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            persist(file, &path)
        };
        write().map_err(|error| broken(&path, &error))
    }

    /// Makes `name` as an empty file, unless it is there.
    ///
    /// # Errors
    /// [`Error::State`] where that cannot be done.
    pub fn touch(&self, name: &str) -> Result<(), Error> {
        self.make()?;
        self.open_file(name).map(drop)
    }

    /// Opens `name` for writing, making it with mode 0600 where it is missing.
    ///
    /// # Errors
    /// [`Error::State`] where that cannot be done.
    pub fn open_file(&self, name: &str) -> Result<std::fs::File, Error> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = self.path(name);
        patiently(|| options.open(&path)).map_err(|error| broken(&path, &error))
    }

    /// Removes `name`; a missing one is no error.
    ///
    /// # Errors
    /// [`Error::State`] where it stays.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        match patiently(|| fs::remove_file(&path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(broken(&path, &error)),
            _ => Ok(()),
        }
    }

    /// Removes what killed processes left half-written of `name`. For whoever holds the lock under which it is written.
    pub fn sweep(&self, name: &str) {
        for half_written in self.names().iter().filter(|found| found.starts_with(&temporary_prefix(name))) {
            let _ = self.remove(half_written);
        }
    }

    /// The names in the folder; none where it is missing.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

/// What a temporary file for `name` begins with.
fn temporary_prefix(name: &str) -> String {
    format!(".{name}.")
}

fn broken(path: &Path, error: &io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => "check who owns it; under sudo, use `sudo -H ostoken ...`",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on that disk",
        io::ErrorKind::ReadOnlyFilesystem => READ_ONLY,
        _ => "check that folder",
    };
    Error::State { path: path.into(), why: plain(error), hint }
}

/// The system's words, without the path that fs_err adds.
fn plain(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => error.kind().to_string(),
    }
}

/// Why somebody else has a say in the folder, and what to do.
#[cfg(unix)]
fn foreign(data: &std::fs::Metadata) -> Option<(&'static str, &'static str)> {
    use std::os::unix::fs::MetadataExt;
    if data.uid() != rustix::process::geteuid().as_raw() {
        Some(("it belongs to another user", "under sudo, use `sudo -H ostoken ...`"))
    } else if data.mode() & 0o002 != 0 {
        Some(("everybody can write to it", "run `chmod 700` on it"))
    } else {
        None
    }
}

/// Elsewhere the folder lies in the user's profile, which the system keeps for the user alone.
#[cfg(not(unix))]
fn foreign(_: &std::fs::Metadata) -> Option<(&'static str, &'static str)> {
    None
}

#[cfg(unix)]
fn persist(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(not(unix))]
fn persist(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    let file = std::cell::Cell::new(Some(file));
    patiently(|| match file.take().map(|file| file.persist(path)) {
        Some(Err(error)) => {
            file.set(Some(error.file));
            Err(error.error)
        }
        _ => Ok(()),
    })
}

/// Does `work` on a file that another process may have open.
#[cfg(unix)]
fn patiently<T>(work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    work()
}

/// Windows refuses to replace or remove a file while another process reads it, and to open one that is being removed:
/// tried again for half a second at most.
#[cfg(not(unix))]
fn patiently<T>(work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    let passes = |error: &io::Error| is_one_of(error, [ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION]);
    super::retry::patiently(std::time::Duration::from_millis(5), passes, work)
}

#[cfg(not(unix))]
fn is_one_of(error: &io::Error, codes: [i32; 3]) -> bool {
    // fs_err wraps the system's error in its own.
    let within = || error.get_ref()?.source()?.downcast_ref::<io::Error>()?.raw_os_error();
    error.raw_os_error().or_else(within).is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let home = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(home.path().join("a/b")).expect("not there yet");
        (home, folder)
    }

    #[test]
    fn a_file_is_written_whole_and_leaves_nothing_beside_it() {
        let (_home, folder) = folder();
        assert_eq!(folder.read("x").expect("readable"), None);
        folder.write("x", b"one").expect("written");
        folder.write("x", b"two").expect("written");
        assert_eq!(folder.read("x").expect("readable").as_deref(), Some(&b"two"[..]));
        assert_eq!(folder.names(), ["x"]);
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_home, folder) = folder();
        folder.write("x", b"one").expect("written");
        folder.touch("y").expect("made");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!([mode(folder.as_path()), mode(&folder.path("x")), mode(&folder.path("y"))], [0o700, 0o600, 0o600]);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_of_doubtful_ownership_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a folder");
        let link = home.path().join("link");
        std::os::unix::fs::symlink(home.path(), &link).expect("a link");
        assert!(Folder::open(link).expect_err("refused").to_string().contains("symbolic link"));
        let open = home.path().join("open");
        std::fs::create_dir(&open).expect("made");
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).expect("opened up");
        assert!(Folder::open(open).expect_err("refused").to_string().contains("everybody"));
    }
}
