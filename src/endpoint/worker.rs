//! The thread that has the keyring and makes tokens, beside the one that answers: each of its jobs may wait.

use super::request::Claim;
use crate::error::Error;
use crate::secret::Token;
use serde_json::value::RawValue;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// Where the tokens come from.
pub trait Tokens {
    /// Decides about a request. `again`: whoever asks was given this token before, and may have been refused with it.
    fn grant(&mut self, claim: &Claim, again: bool) -> Verdict;

    /// Forgets a token that Keystone has revoked.
    fn forget(&mut self, token: &Token);
}

/// What becomes of a request for a token.
#[derive(Debug)]
pub enum Verdict {
    /// It is another one's, or not understood: Keystone is to answer.
    Forward,
    /// It is given this token, with Keystone's document of it.
    Granted(Token, Box<RawValue>),
    /// There is none.
    Failed(Error),
}

enum Job {
    Grant { claim: Claim, again: bool, reply: oneshot::Sender<Verdict> },
    Forget { token: Token, done: oneshot::Sender<()> },
}

/// The way to that thread.
#[derive(Clone)]
pub struct Worker(mpsc::Sender<Job>);

impl Worker {
    /// Starts the thread, which has `tokens` from then on.
    pub fn start(mut tokens: impl Tokens + Send + 'static) -> Worker {
        let (sender, jobs) = mpsc::channel();
        std::thread::spawn(move || {
            for job in jobs {
                match job {
                    Job::Grant { claim, again, reply } => drop(reply.send(tokens.grant(&claim, again))),
                    Job::Forget { token, done } => {
                        tokens.forget(&token);
                        let _ = done.send(());
                    }
                }
            }
        });
        Worker(sender)
    }

    /// As [`Tokens::grant`]; [`Verdict::Forward`] if the thread has ended.
    pub async fn grant(&self, claim: Claim, again: bool) -> Verdict {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.send(Job::Grant { claim, again, reply });
        answer.await.unwrap_or(Verdict::Forward)
    }

    /// As [`Tokens::forget`]. Returns when it is forgotten.
    pub async fn forget(&self, token: Token) {
        let (done, forgotten) = oneshot::channel();
        let _ = self.0.send(Job::Forget { token, done });
        let _ = forgotten.await;
    }
}
