//! Running a command as the shell that started this program would have run it.

use crate::error::Exit;
use std::io;
use std::process::Command;

/// Becomes the command; where the system cannot do that, runs it as [`run`].
///
/// # Errors
/// Why it cannot be started.
#[cfg(unix)]
pub fn become_it(mut command: Command) -> io::Result<Exit> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

/// As on other systems.
///
/// # Errors
/// Why it cannot be started.
#[cfg(not(unix))]
pub fn become_it(command: Command) -> io::Result<Exit> {
    run(command)
}

/// Runs the command, which has this program's terminal, streams and process group, and ends this program as the command
/// ends: with its status, or by the signal that killed it.
///
/// What the terminal sends (^C, ^\\, ^Z, a new size) reaches the command by itself, since it reaches the whole group; a
/// signal that was sent to this program alone is passed on. A command that stops stops this program, so that the shell sees
/// one job.
///
/// # Errors
/// Why it cannot be started.
#[cfg(unix)]
pub fn run(mut command: Command) -> io::Result<Exit> {
    use rustix::process::{Pid, Signal, getpid, kill_process};
    use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::WithOrigin;
    use signal_hook::low_level::siginfo::Cause;

    let passed_on = [SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2];
    // What is ignored here, the command ignores as well: a handler would not be inherited.
    let ignored = ignored();
    let heard = passed_on.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0).chain([SIGCHLD]);
    let mut signals = SignalsInfo::<WithOrigin>::new(heard)?;
    let child = command.spawn()?;
    let pid = Pid::from_child(&child);
    for origin in signals.forever() {
        match origin.signal {
            SIGCHLD => {
                while let Some(change) = changed(pid) {
                    match change {
                        Change::Exited(status) => std::process::exit(status),
                        Change::Killed(signal) => die_by(signal),
                        Change::Stopped => drop(kill_process(getpid(), Signal::STOP)),
                    }
                }
            }
            signal if !matches!(origin.cause, Cause::Kernel) => {
                let _ = Signal::from_named_raw(signal).map(|signal| kill_process(pid, signal));
            }
            _ => {}
        }
    }
    Ok(Exit::Other)
}

#[cfg(unix)]
enum Change {
    Exited(i32),
    Killed(i32),
    Stopped,
}

/// What the child did, unless that was seen already.
#[cfg(unix)]
fn changed(pid: rustix::process::Pid) -> Option<Change> {
    use rustix::process::{WaitOptions, waitpid};
    let (_, status) = waitpid(Some(pid), WaitOptions::NOHANG | WaitOptions::UNTRACED).ok()??;
    match (status.exit_status(), status.terminating_signal()) {
        (Some(status), _) => Some(Change::Exited(status)),
        (_, Some(signal)) => Some(Change::Killed(signal)),
        _ if status.stopped() => Some(Change::Stopped),
        _ => None,
    }
}

/// Ends this process by the signal, so that the shell says what it would have said of the command.
#[cfg(unix)]
fn die_by(signal: i32) -> ! {
    use rustix::process::{Resource, Rlimit, getpid, kill_process, setrlimit};
    // One core file is enough, and this process's would hold a token.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    if let Some(signal) = rustix::process::Signal::from_named_raw(signal) {
        let _ = kill_process(getpid(), signal);
    }
    std::process::exit(128 + signal)
}

/// The signals that this process was started with ignored, as nohup and a script's `&` do: bit 0 is signal 1.
#[cfg(target_os = "linux")]
fn ignored() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.unwrap_or_default()
}

/// Elsewhere nobody tells.
#[cfg(all(unix, not(target_os = "linux")))]
fn ignored() -> u64 {
    0
}

/// Runs the command and ends with its status.
///
/// # Errors
/// Why it cannot be started.
#[cfg(not(unix))]
pub fn run(mut command: Command) -> io::Result<Exit> {
    // Ctrl-C reaches both: what it means is the command's to say, and its status is waited for.
    let _ = ctrlc::set_handler(|| {});
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1));
}
