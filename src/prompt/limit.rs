//! An answer in time, whatever the keyring or the disk does: a hung one must not hang a prompt.

use super::{RETRY, line};
use crate::error::Exit;
use crate::identity::environment::EnvChange;
use crate::identity::{Environment, Login};
use crate::output::change;
use crate::output::hook::{Answer, HookShell, Notice};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When that answer is given, counted from the start of the program.
const LIMIT: Duration = Duration::from_millis(1950);

/// What is answered if the limit passes; nobody but whoever takes it answers.
pub struct Limit(Arc<Mutex<Option<Pending>>>);

struct Pending {
    notice: Notice,
    changes: Vec<EnvChange>,
    waits_for: String,
    login: Option<Login>,
}

impl Limit {
    /// Watches over a call of the program that `started` then and was told `said`.
    pub fn start(shell: HookShell, notice: &Notice, started: Instant) -> Limit {
        let waits_for = "the disk".into();
        let pending = Pending { notice: notice.clone(), changes: Vec::new(), waits_for, login: None };
        let shared = Arc::new(Mutex::new(Some(pending)));
        let limit = Limit(Arc::clone(&shared));
        std::thread::spawn(move || {
            std::thread::sleep(LIMIT.saturating_sub(started.elapsed()));
            if let Some(pending) = take(&shared) {
                let exit = pending.answer(shell).map_or(Exit::Other, |()| Exit::Done);
                std::process::exit(i32::from(exit as u8));
            }
        });
        limit
    }

    /// Whose token is wanted, and what may take long from here on.
    pub fn waits_for(&self, what: &str, environment: &Environment, login: &Login, now: i64) {
        if let Some(pending) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            pending.changes = change::unanswered(environment, login, now);
            what.clone_into(&mut pending.waits_for);
            pending.login = Some(login.clone());
        }
    }

    /// There is an answer. If the limit has passed, its thread ends the process.
    pub fn end(self) {
        if take(&self.0).is_none() {
            std::thread::sleep(LIMIT);
        }
    }
}

fn take(shared: &Mutex<Option<Pending>>) -> Option<Pending> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Pending {
    /// Gives the answer, after one line on standard error if this shell was not told yet.
    fn answer(mut self, shell: HookShell) -> io::Result<()> {
        if self.notice.is_new_cause("slow", &self.waits_for, self.login.as_ref().map(Login::key).as_ref()) {
            let text = format!("no answer within 2 s from {}; see `ostoken status`", self.waits_for);
            let _ = writeln!(io::stderr(), "{}", line(&text));
        }
        let answer = Answer { changes: self.changes, left: RETRY, notice: self.notice, ..Answer::default() };
        crate::streams::stdout().write_all(answer.text(shell).as_bytes())
    }
}
