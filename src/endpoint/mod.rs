//! The local identity endpoint: stands in the place of Keystone for one command, on 127.0.0.1, under a path that nobody can
//! guess. Who asks it for a token of this login is given the kept one, so that none is made; all else goes on to Keystone.
//!
//! request -> [`gate`] -> [`request`] -> [`worker`] (the broker) -> [`answer`], or -> Keystone.

mod answer;
mod gate;
pub mod request;
mod server;
pub mod worker;

use crate::error::Error;
use crate::keystone::forward::Forwarder;
use gate::Gate;
use server::{MakeForwarder, Server, serve};
use std::cell::{Cell, LazyCell};
use std::net::{Ipv4Addr, TcpListener};
use std::rc::Rc;
use worker::{Tokens, Worker};

/// An endpoint that serves until the process ends. When its thread ends before, connections are refused at once.
pub struct Endpoint {
    /// What stands in the place of Keystone's auth URL.
    pub auth_url: String,
}

impl Endpoint {
    /// Starts one. `forwarder` is called for the first request that is passed on: most commands send none, and to make it
    /// takes longer than all else here.
    ///
    /// # Errors
    /// [`Error::Io`] where the system gives no port, no thread or no randomness.
    pub fn start(
        tokens: impl Tokens + Send + 'static,
        forwarder: impl FnOnce() -> Result<Forwarder, Error> + Send + 'static,
    ) -> Result<Endpoint, Error> {
        let failed = |error| Error::Io { what: "local identity endpoint", error };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let gate = Gate::new(listener.local_addr().map_err(failed)?.port())?;
        let auth_url = format!("{}/v3", gate.base());
        let worker = Worker::start(tokens);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let run = move || {
            runtime.block_on(tokio::task::LocalSet::new().run_until(async move {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    let forwarder = LazyCell::new(Box::new(forwarder) as MakeForwarder);
                    serve(Rc::new(Server { gate, forwarder, worker, is_doubted: Cell::new(false) }), listener).await;
                }
            }));
        };
        std::thread::Builder::new().name("endpoint".into()).spawn(run).map_err(failed)?;
        Ok(Endpoint { auth_url })
    }
}
