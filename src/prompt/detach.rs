//! Starting a renewal that outlives the prompt: nothing of the shell's is open in it, and no signal of its terminal
//! reaches it.

use crate::error::{Error, Kind};
use crate::identity::TLS_PATHS;
use crate::session::Session;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::Path;

/// A renewal that was started.
pub struct Renewal(system::Started);

/// How a renewal ended.
pub struct Ended {
    /// The system's words for it.
    pub status: String,
    /// Why it made no token, if it could tell.
    pub cause: Option<Cause>,
}

/// What a renewal that failed prints, as JSON, for the prompt that started it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What a hook calls it.
    pub kind: Kind,
    /// What failed, and why.
    pub message: String,
}

impl Renewal {
    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<Ended> {
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

/// What the renewal is told: `--allow-http` too, where the hook was.
fn arguments(session: &Session) -> &'static [&'static str] {
    match session.source.tls_policy.allow_http {
        true => &["renew", "--allow-http"],
        false => &["renew"],
    }
}

/// The files that the environment names: the renewal runs in another folder.
fn paths(session: &Session) -> impl Iterator<Item = (&'static str, &str)> {
    TLS_PATHS.into_iter().filter_map(|name| Some((name, session.source.environment.get(name)?)))
}

/// The value of `name` for a process that runs in another folder; SSL_CERT_DIR is a list.
#[cfg_attr(windows, expect(dead_code, reason = "there it runs in this folder if it has to"))]
fn absolute(name: &str, value: &str) -> Option<OsString> {
    let absolute = |path: &Path| std::path::absolute(path).ok();
    if name != "SSL_CERT_DIR" {
        return absolute(Path::new(value)).map(OsString::from);
    }
    let named = std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty());
    std::env::join_paths(named.map(|path| absolute(&path)).collect::<Option<Vec<_>>>()?).ok()
}

#[cfg(unix)]
mod system {
    use super::{Ended, Session, absolute, arguments, paths};
    use std::io::{self, Read};
    use std::process::{Child, Command, Stdio};

    /// More of what a renewal prints is not read, in bytes.
    const LONGEST_CAUSE: u64 = 64 * 1024;

    pub type Started = Child;

    /// Its session is its own doing.
    pub fn start(session: &Session) -> io::Result<Child> {
        close_fds::set_fds_cloexec(3, &[]);
        let mut command = Command::new(std::env::current_exe()?);
        // What it prints is read here alone: once this process is gone, nobody waits for the end of that pipe.
        command
            .args(arguments(session))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir("/");
        // The one that was found here: it may have taken a second to see that the desktop's does not answer.
        command.env("OSTOKEN_KEYRING", session.store.backend().name());
        for (name, path) in paths(session) {
            if let Some(path) = absolute(name, path) {
                command.env(name, path);
            }
        }
        command.spawn()
    }

    pub fn ended(child: &mut Child) -> Option<Ended> {
        let status = child.try_wait().ok().flatten()?.to_string();
        let mut printed = Vec::new();
        if let Some(pipe) = child.stdout.take() {
            let _ = pipe.take(LONGEST_CAUSE).read_to_end(&mut printed);
        }
        Some(Ended { status, cause: serde_json::from_slice(&printed).ok() })
    }
}

/// The standard library hands every inheritable handle on, which includes the shell's own pipes: a shell that waits for
/// their end would wait for the renewal. So the process is started without it.
#[cfg(windows)]
mod system {
    use super::{Ended, Session, arguments, paths};
    use std::io;
    use std::path::Path;
    use winsafe::{CreateProcess, STARTUPINFO, co, guard::CloseHandlePiGuard};

    pub type Started = CloseHandlePiGuard;

    /// It has no console, so no window, no Ctrl-C and no standard streams.
    pub fn start(session: &Session) -> io::Result<Started> {
        let program = std::env::current_exe()?;
        let program = program.to_str().ok_or_else(|| io::Error::other("the program's path is no Unicode text"))?;
        let flags = co::CREATE::DETACHED_PROCESS | co::CREATE::NEW_PROCESS_GROUP;
        let line = format!("\"{program}\" {}", arguments(session).join(" "));
        let is_relative = |(_, path): (&str, &str)| !Path::new(path).is_absolute();
        // Away from the shell's folder, which could not be removed meanwhile; but a relative path is found from there alone.
        let folder = if paths(session).any(is_relative) { None } else { Some("\\") };
        let mut info = STARTUPINFO::default();
        CreateProcess(Some(program), Some(&line), None, None, false, flags, &[], folder, &mut info)
            .map_err(|error| io::Error::from_raw_os_error(error.raw().cast_signed()))
    }

    pub fn ended(process: &mut Started) -> Option<Ended> {
        match process.hProcess.WaitForSingleObject(Some(0)) {
            Ok(co::WAIT::OBJECT_0) => {
                let code = process.hProcess.GetExitCodeProcess().map_or(-1, i64::from);
                Some(Ended { status: format!("exit code: {code}"), cause: None })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn relative_paths_are_found_from_another_folder() {
        let here = std::env::current_dir().expect("a folder").display().to_string();
        assert_eq!(absolute("OS_CACERT", "ca:1.pem"), Some(format!("{here}/ca:1.pem").into()));
        assert_eq!(absolute("SSL_CERT_DIR", "/etc/a::b"), Some(format!("/etc/a:{here}/b").into()));
    }
}
