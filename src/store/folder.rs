//! The state folder: who may use it, and files that are whole or absent.

use crate::error::Error;
use fs_err as fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes: records have about one thousand.
const LARGEST: u64 = 64 * 1024;

/// `STATE` or a folder in it: the user's own, mode 0700, made when something is first written.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    /// How far below `STATE`.
    depth: usize,
}

// Windows itself says where its folder is.
const SYMLINK: &str =
    if cfg!(windows) { "replace it with a folder" } else { "replace it with a folder, or set XDG_STATE_HOME" };
const READ_ONLY: &str = if cfg!(windows) {
    "make it writable: ostoken keeps its records there"
} else {
    "set XDG_STATE_HOME to a writable folder"
};

impl Folder {
    /// Takes `path` as the state folder.
    ///
    /// # Errors
    /// [`Error::State`] where it is a symbolic link, no folder, writable for everybody or not the effective user's.
    pub fn open(path: PathBuf) -> Result<Folder, Error> {
        let folder = Folder { path, depth: 0 };
        folder.check()?;
        Ok(folder)
    }

    /// Whether nobody else has a say in this folder, from `STATE` down; one that is missing is fine. It is looked at whenever it
    /// is used: somebody else may have filled it.
    fn check(&self) -> Result<(), Error> {
        let mut folders: Vec<&Path> = self.path.ancestors().take(self.depth + 1).collect();
        folders.reverse();
        folders.into_iter().try_for_each(check_folder)
    }

    /// The folder `name` in this one.
    pub fn inner(&self, name: &str) -> Folder {
        Folder { path: self.path.join(name), depth: self.depth + 1 }
    }

    /// The path of `name` in this folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder's own path.
    pub fn as_path(&self) -> &Path {
        &self.path
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
        self.check()?;
        builder.create(&self.path).map_err(|error| broken(&self.path, &error))
    }

    /// The content of `name`; `None` where there is no such file.
    ///
    /// # Errors
    /// [`Error::State`] where it cannot be read, is no plain file of this user's, or is larger than a record.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        self.read_up_to(name, LARGEST)
    }

    /// The same for a file of at most `largest` bytes.
    ///
    /// # Errors
    /// As [`Folder::read`].
    pub fn read_up_to(&self, name: &str, largest: u64) -> Result<Option<Vec<u8>>, Error> {
        self.check()?;
        let path = self.path(name);
        let file = match self.opened(&path, std::fs::OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(&path, &error)),
        };
        check_file(&file, &path)?;
        let mut bytes = Vec::new();
        file.take(largest + 1).read_to_end(&mut bytes).map_err(|error| broken(&path, &error))?;
        match bytes.len() as u64 > largest {
            true => Err(Error::State { path, why: format!("larger than {largest} bytes"), hint: "move it away" }),
            false => Ok(Some(bytes)),
        }
    }

    /// Opens a file that may be anything: no link is followed, and no pipe or device is waited for.
    fn opened(&self, path: &Path, options: &mut std::fs::OpenOptions) -> io::Result<std::fs::File> {
        #[cfg(unix)]
        {
            use rustix::fs::OFlags;
            let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
            std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits().cast_signed());
        }
        patiently(|| options.open(path))
    }

    /// Replaces `name` by `bytes`, whole or not at all.
    ///
    /// # Errors
    /// [`Error::State`]; then the file is as it was.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.make()?;
        let path = self.path(name);
        let write = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(&temporary_prefix(name)).tempfile_in(&self.path)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            persist(file, &path)
        };
        write().map_err(|error| broken(&path, &error))
    }

    /// Whether files can be written here: one is, and removed again. A folder that is missing is made when it is needed.
    ///
    /// # Errors
    /// [`Error::State`] where that cannot be done.
    pub fn check_writable(&self) -> Result<(), Error> {
        self.check()?;
        if !self.path.exists() {
            return Ok(());
        }
        let write = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(&temporary_prefix("doctor")).tempfile_in(&self.path)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()
        };
        write().map_err(|error| broken(&self.path, &error))
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
        self.check()?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = self.path(name);
        let file = self.opened(&path, &mut options).map_err(|error| unusable(&path, &error))?;
        check_file(&file, &path)?;
        Ok(file)
    }

    /// Removes `name`; a missing one is no error.
    ///
    /// # Errors
    /// [`Error::State`] where it stays.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        self.check()?;
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

    /// The names in the folder; none where it is missing, or somebody else's.
    pub fn names(&self) -> Vec<String> {
        if self.check().is_err() {
            return Vec::new();
        }
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

fn check_folder(path: &Path) -> Result<(), Error> {
    let refuse = |why: &str, hint| Err(Error::State { path: path.into(), why: why.into(), hint });
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(broken(path, &error)),
        Ok(data) if data.file_type().is_symlink() => refuse("it is a symbolic link", SYMLINK),
        Ok(data) if !data.is_dir() => refuse("not a directory", "move it away"),
        Ok(data) => foreign(&data).map_or(Ok(()), |(why, hint)| refuse(&why, hint)),
    }
}

/// What a temporary file for `name` begins with.
fn temporary_prefix(name: &str) -> String {
    format!(".{name}.")
}

/// Why a file could not be opened as one of ours.
fn unusable(path: &Path, error: &io::Error) -> Error {
    #[cfg(unix)]
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        // Linux; BSD and macOS.
        Some(rustix::io::Errno::LOOP | rustix::io::Errno::MLINK) => {
            return no_file(path, "it is a symbolic link");
        }
        // A pipe that nobody reads; a socket.
        Some(rustix::io::Errno::NXIO) => return no_file(path, "not a regular file"),
        _ => {}
    }
    broken(path, error)
}

fn no_file(path: &Path, why: &str) -> Error {
    Error::State { path: path.into(), why: why.into(), hint: "move it away" }
}

/// Refuses what is no plain file of this user's.
fn check_file(file: &std::fs::File, path: &Path) -> Result<(), Error> {
    let data = file.metadata().map_err(|error| broken(path, &error))?;
    if !data.is_file() {
        return Err(no_file(path, "not a regular file"));
    }
    match foreign(&data) {
        Some((why, hint)) => Err(Error::State { path: path.into(), why, hint }),
        None => Ok(()),
    }
}

fn broken(path: &Path, error: &io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => "check its owner; under sudo, use `sudo -H ostoken ...`",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on that disk",
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
fn foreign(data: &std::fs::Metadata) -> Option<(String, &'static str)> {
    use std::os::unix::fs::MetadataExt;
    if data.uid() != rustix::process::geteuid().as_raw() {
        Some((format!("it is owned by another user (uid {})", data.uid()), "under sudo, use `sudo -H ostoken ...`"))
    } else if data.mode() & 0o002 != 0 {
        Some(("everyone can write to it".into(), "run `chmod go-w` on it"))
    } else {
        None
    }
}

/// Elsewhere the folder lies in the user's profile, which the system keeps for the user alone.
#[cfg(not(unix))]
fn foreign(_: &std::fs::Metadata) -> Option<(String, &'static str)> {
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
        assert!(Folder::open(open).expect_err("refused").to_string().contains("everyone"));
    }

    #[test]
    #[cfg(unix)]
    fn what_somebody_else_put_into_it_is_refused_and_not_waited_for() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (home, folder) = folder();
        folder.write("x", b"one").expect("written");
        let elsewhere = home.path().join("elsewhere");
        std::fs::write(&elsewhere, b"precious").expect("written");
        symlink(&elsewhere, folder.path("link")).expect("a link");
        symlink("/dev/zero", folder.path("device")).expect("a link");
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.path("pipe"), rustix::fs::Mode::RWXU).expect("a pipe");
        std::fs::create_dir(folder.path("folder")).expect("made");
        std::fs::File::create(folder.path("large")).and_then(|file| file.set_len(1 << 40)).expect("made");
        std::fs::write(folder.path("open"), b"x").expect("written");
        std::fs::set_permissions(folder.path("open"), std::fs::Permissions::from_mode(0o666)).expect("opened up");
        for name in ["link", "device", "pipe", "folder", "large", "open"] {
            assert!(matches!(folder.read(name), Err(Error::State { .. })), "{name}");
        }
        for name in ["link", "device", "pipe", "folder", "open"] {
            assert!(matches!(folder.open_file(name), Err(Error::State { .. })), "{name}");
        }
        folder.write("link", b"ours").expect("the link is replaced");
        assert_eq!(std::fs::read(&elsewhere).expect("readable"), b"precious");
        let inner = folder.inner("inner");
        symlink(home.path(), inner.as_path()).expect("a link");
        assert!(
            inner.read("elsewhere").is_err() && inner.write("y", b"").is_err() && inner.remove("elsewhere").is_err()
        );
        assert!(inner.names().is_empty() && elsewhere.exists());
        // Nor is a folder used that is right in itself, and lies behind a link.
        let below = inner.inner("a");
        assert!(below.as_path().is_dir() && below.read("b").is_err() && below.write("y", b"").is_err());
    }
}
