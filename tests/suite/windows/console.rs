//! The program on a console: the question for a secret, and ^C.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rexpect::process::PtyProcess;

use super::commands::alice;
use super::machine::{CtrlC, Machine};
use crate::support::people;
use crate::support::pty::LIMIT;

/// The program on a console.
struct Console {
    process: PtyProcess,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    shown: String,
}

impl Console {
    /// `ostoken login`, once it asks its question.
    fn login(machine: &Machine) -> Console {
        Console::start(machine.on_terminal(CtrlC::Key, &["login"]), "Password for alice")
    }

    /// Starts it and waits until it shows `sign`.
    fn start(command: Command, sign: &str) -> Console {
        let process = PtyProcess::new(command).expect("a pty");
        let keyboard = process.get_file_handle().expect("the terminal");
        let mut terminal = process.get_file_handle().expect("the terminal");
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = terminal.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut console = Console { process, keyboard, screen, shown: String::new() };
        console.read(|shown| shown.contains(sign));
        console
    }

    fn read(&mut self, is_enough: impl Fn(&str) -> bool) {
        let end = Instant::now() + LIMIT;
        while !is_enough(&self.shown) {
            match self.screen.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.shown += &String::from_utf8_lossy(&bytes),
                Err(error) => panic!("{error} after {:?}", self.shown),
            }
        }
    }

    /// Types this and gives the exit code by which the program ends.
    fn type_and_wait(&mut self, keys: &str) -> i32 {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        let end = Instant::now() + LIMIT;
        loop {
            while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(20)) {
                self.shown += &String::from_utf8_lossy(&bytes);
            }
            let status = self.process.status().map(|status| format!("{status:?}")).unwrap_or_default();
            match status.strip_prefix("Exited(").and_then(|status| status.strip_suffix(')')?.rsplit(' ').next()) {
                Some(code) => return code.parse().unwrap(),
                None => assert!(status == "StillAlive" && Instant::now() < end, "{status} after {:?}", self.shown),
            }
        }
    }
}

#[test]
fn a_typed_password_is_not_shown_and_can_be_corrected() {
    let Some((cloud, mut machine)) = alice() else { return };
    machine.unset("OS_PASSWORD");
    let mut login = Console::login(&machine);
    let password = people::password("alice");
    let code = login.type_and_wait(&format!("wrong\u{15}{password}xy\u{7f}\u{7f}\r"));
    assert_eq!(code, 0, "{:?}", login.shown);
    assert!(!login.shown.contains(&password) && !login.shown.contains("wrong"), "{:?}", login.shown);
    assert!(cloud.accepts(&machine.token()));
    assert_eq!(cloud.requests().len(), 1, "the first try was the right one");
}

#[test]
fn ctrl_c_at_the_question_ends_the_program_and_sends_nothing() {
    let Some((cloud, mut machine)) = alice() else { return };
    machine.unset("OS_PASSWORD");
    let mut login = Console::login(&machine);
    // The last byte of STATUS_CONTROL_C_EXIT is all that Unix sees of it.
    assert_eq!(login.type_and_wait("secr\u{3}"), 0x3a, "{:?}", login.shown);
    assert!(!login.shown.contains("secr"), "{:?}", login.shown);
    assert_eq!(cloud.requests().len(), 0);
    assert_eq!(machine.entries(), Vec::<String>::new());
}

#[test]
fn without_a_console_there_is_no_question() {
    let Some((_cloud, mut machine)) = alice() else { return };
    machine.unset("OS_PASSWORD");
    let output = machine.run_with(&["login"], "secret\r\n").expect_status(2);
    assert!(output.stderr.contains("--password-stdin"), "{output:?}");
}

#[test]
fn ctrl_c_during_a_command_is_the_commands_to_answer() {
    let Some((cloud, machine)) = alice() else { return };
    machine.token();
    let exec = machine.on_terminal(CtrlC::Event, &["exec", "--", "interrupted"]);
    let mut console = Console::start(exec, "waiting");
    assert_eq!(console.type_and_wait("\u{3}"), 5, "{:?}", console.shown);
    assert!(console.shown.contains("interrupted"), "{:?}", console.shown);
    assert_eq!(cloud.requests().len(), 1);
}
