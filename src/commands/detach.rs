//! Starting a renewal that outlives the prompt: nothing of the shell's is open in it, and no signal of its terminal
//! reaches it.

use super::session::Session;
use crate::error::Error;
use crate::identity::TLS_PATHS;

/// A renewal that was started.
pub struct Renewal(system::Started);

impl Renewal {
    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<String> {
        system::ended(&mut self.0)
    }
}

/// Starts `ostoken renew` for the identity of the environment.
///
/// # Errors
/// [`Error::Io`] where the system starts no process.
pub fn detach(session: &Session) -> Result<Renewal, Error> {
    system::start(session).map(Renewal).map_err(|error| Error::Io { what: "renewal", error })
}

/// The files that the environment names: the renewal runs in another folder.
fn paths(session: &Session) -> impl Iterator<Item = (&'static str, &str)> {
    TLS_PATHS.into_iter().filter_map(|name| Some((name, session.origin.environment.get(name)?)))
}

#[cfg(unix)]
mod system {
    use super::{Session, paths};
    use std::io;
    use std::process::{Child, Command, Stdio};

    pub type Started = Child;

    /// Its session is its own doing.
    pub fn start(session: &Session) -> io::Result<Child> {
        close_fds::set_fds_cloexec(3, &[]);
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("renew").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        // The one that was found here: it may have taken a second to see that the desktop's does not answer.
        command.env("OSTOKEN_KEYRING", session.store.backend().name());
        for (name, path) in paths(session) {
            if let Ok(path) = std::path::absolute(path) {
                command.env(name, path);
            }
        }
        command.spawn()
    }

    pub fn ended(child: &mut Child) -> Option<String> {
        child.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

/// The standard library hands every inheritable handle on, which includes the shell's own pipes: a shell that waits for
/// their end would wait for the renewal. So the process is started without it.
#[cfg(windows)]
mod system {
    use super::{Session, paths};
    use std::io;
    use std::path::Path;
    use winsafe::{CreateProcess, STARTUPINFO, co, guard::CloseHandlePiGuard};

    pub type Started = CloseHandlePiGuard;

    /// It has no console, so no window, no Ctrl-C and no standard streams.
    pub fn start(session: &Session) -> io::Result<Started> {
        let program = std::env::current_exe()?;
        let program = program.to_str().ok_or_else(|| io::Error::other("the program's path is no Unicode text"))?;
        let flags = co::CREATE::DETACHED_PROCESS | co::CREATE::NEW_PROCESS_GROUP;
        let line = format!("\"{program}\" renew");
        let is_relative = |(_, path): (&str, &str)| !Path::new(path).is_absolute();
        // Away from the shell's folder, which could not be removed meanwhile; but a relative path is found from there alone.
        let folder = if paths(session).any(is_relative) { None } else { Some("\\") };
        let mut info = STARTUPINFO::default();
        CreateProcess(Some(program), Some(&line), None, None, false, flags, &[], folder, &mut info)
            .map_err(|error| io::Error::from_raw_os_error(error.raw().cast_signed()))
    }

    pub fn ended(process: &mut Started) -> Option<String> {
        match process.hProcess.WaitForSingleObject(Some(0)) {
            Ok(co::WAIT::OBJECT_0) => {
                let code = process.hProcess.GetExitCodeProcess().map_or(-1, i64::from);
                Some(format!("exit code: {code}"))
            }
            _ => None,
        }
    }
}
