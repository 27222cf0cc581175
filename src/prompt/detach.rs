//! Starting a renewal that outlives the prompt: nothing of the shell's is open in it, and no signal of its terminal
//! reaches it.

use crate::error::{Error, escaped};
use crate::identity::TLS_PATHS;
use crate::session::Session;
use std::ffi::OsString;
use std::path::Path;

/// More of what a renewal says is not read, in bytes.
const LONGEST_ERROR: usize = 1000;

/// A renewal that was started.
pub struct Renewal(system::Started);

/// How a renewal ended.
pub struct Ended {
    status: String,
    /// What it printed on standard error.
    said: String,
}

impl Renewal {
    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<Ended> {
        system::ended(&mut self.0)
    }
}

impl Ended {
    /// The error that it gave; else how it ended.
    pub fn why(&self) -> String {
        let line = self.said.lines().next().unwrap_or_default();
        match line.strip_prefix("ostoken: ") {
            Some(error) => escaped(error, LONGEST_ERROR),
            None => format!("the renewal ended with {}", self.status),
        }
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
    use super::{Ended, LONGEST_ERROR, Session, absolute, arguments, paths};
    use std::io::{self, Read};
    use std::process::{Child, Command, Stdio};

    pub type Started = Child;

    /// Its session is its own doing.
    pub fn start(session: &Session) -> io::Result<Child> {
        close_fds::set_fds_cloexec(3, &[]);
        let mut command = Command::new(std::env::current_exe()?);
        // What it says is read here alone: once this process is gone, nobody waits for the end of that pipe.
        command
            .args(arguments(session))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
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
        let mut said = Vec::new();
        if let Some(pipe) = child.stderr.take() {
            let _ = pipe.take(4 * LONGEST_ERROR as u64).read_to_end(&mut said);
        }
        Some(Ended { status, said: String::from_utf8_lossy(&said).into_owned() })
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
                Some(Ended { status: format!("exit code: {code}"), said: String::new() })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_that_failed_gives_its_own_reason() {
        let why = |said: &str| Ended { status: "exit status: 2".into(), said: said.into() }.why();
        assert_eq!(why("ostoken: OS_KEY: no such file\nhint: correct it\n"), "OS_KEY: no such file");
        assert_eq!(why("ostoken: a\u{1b}[31m\n"), "a\\u{1b}[31m");
        assert_eq!(why(&format!("ostoken: {}", "x".repeat(9999))).len(), LONGEST_ERROR + "...".len());
        // Killed, or in words that are not ours.
        assert_eq!(why("Killed\n"), "the renewal ended with exit status: 2");
    }

    #[cfg(unix)]
    #[test]
    fn relative_paths_are_found_from_another_folder() {
        let here = std::env::current_dir().expect("a folder").display().to_string();
        assert_eq!(absolute("OS_CACERT", "ca:1.pem"), Some(format!("{here}/ca:1.pem").into()));
        assert_eq!(absolute("SSL_CERT_DIR", "/etc/a::b"), Some(format!("/etc/a:{here}/b").into()));
    }
}
