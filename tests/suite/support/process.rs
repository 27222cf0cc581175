//! Running a program to its end, with a limit.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::tools;

/// The longest that a program may run before the test fails.
const LIMIT: Duration = Duration::from_secs(90);

/// What a program did.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code, or the negative number of the signal that ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl Output {
    /// Fails the test, with all there is to see, unless the status is this one.
    #[track_caller]
    pub fn expect_status(self, status: i32) -> Output {
        assert_eq!(self.status, status, "another status: {self:#?}");
        self
    }

    /// Fails the test unless the program succeeded.
    #[track_caller]
    pub fn success(self) -> Output {
        self.expect_status(0)
    }
}

/// Sends a signal to a process that may be gone already.
pub fn signal(process: i32, signal: Signal) {
    if let Some(process) = Pid::from_raw(process) {
        let _ = rustix::process::kill_process(process, signal);
    }
}

/// Runs a program to its end, and to the end of whoever else holds its output.
pub fn finish(command: &mut Command, input: Option<&str>) -> Output {
    let started = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        // A program that ends without reading its input is free to.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = wait(&mut child, command);
    let all = |stream: Receiver<Vec<u8>>| {
        let bytes = stream.recv_timeout(LIMIT.saturating_sub(started.elapsed()));
        let bytes = bytes.unwrap_or_else(|_| panic!("{command:?}: its output is still held open"));
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Output {
        status: status.code().unwrap_or_else(|| -status.signal().unwrap_or_default()),
        stdout: all(stdout),
        stderr: all(stderr),
        elapsed: started.elapsed(),
    }
}

fn wait(child: &mut Child, command: &Command) -> ExitStatus {
    let ended = tools::wait_until(LIMIT, || matches!(child.try_wait(), Ok(Some(_))));
    if !ended {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{command:?}: still running after {LIMIT:?}");
    }
    child.wait().unwrap()
}

fn collect(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}
