//! The server: HTTP/1.1 on 127.0.0.1, in a thread of its own.

use super::answer::Answer;
use super::gate::Gate;
use super::request;
use super::worker::{Verdict, Worker};
use crate::error::Error;
use crate::keystone::forward::Forwarder;
use crate::secret::Token;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use reqwest::Body;
use std::cell::{Cell, LazyCell, RefCell};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// The largest request for a token that is read, in bytes.
const LARGEST_CLAIM: usize = 256 * 1024;
/// The most bytes of a request's head, and the most headers.
const LARGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 100;
/// A connection on which no request begins for so long is closed.
const IDLE: Duration = Duration::from_secs(60);
/// The most connections at once: more wait.
const MOST_CONNECTIONS: usize = 512;
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// The way to Keystone, or why there is none, found out when the first request is to be passed on.
pub type LazyForwarder = LazyCell<Result<Forwarder, Error>, MakeForwarder>;
/// Makes it.
pub type MakeForwarder = Box<dyn FnOnce() -> Result<Forwarder, Error>>;

/// What every connection works with.
pub struct Server {
    /// Who is let in.
    pub gate: Gate,
    /// The way to Keystone.
    pub forwarder: LazyForwarder,
    /// The way to the tokens.
    pub worker: Worker,
    /// A request that was passed on with one of our tokens was refused: the token is looked at once more.
    pub is_doubted: Cell<bool>,
}

/// The tokens that were given out on one connection, by their fingerprints: a client that asks again was refused.
type Given = RefCell<BTreeSet<String>>;

/// Accepts connections for ever.
pub async fn serve(server: Rc<Server>, listener: TcpListener) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let server = Rc::clone(&server);
                tokio::task::spawn_local(async move {
                    connection(server, stream).await;
                    drop(permit);
                });
            }
            // Too many files are open, say: some will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn connection(server: Rc<Server>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let given = Rc::new(Given::default());
    let service = service_fn(move |request| {
        let (server, given) = (Rc::clone(&server), Rc::clone(&given));
        async move { Ok::<_, Infallible>(server.answer(request, &given).await) }
    });
    // How it ended concerns the client alone.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Server {
    async fn answer(&self, request: Request<Incoming>, given: &Given) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Some(path) = self.gate.admit(&parts).map(str::to_owned) else {
            let mut nothing = Response::new(Body::from(""));
            *nothing.status_mut() = StatusCode::NOT_FOUND;
            return nothing;
        };
        let resource = path.split('?').next().unwrap_or_default().trim_end_matches('/');
        match (parts.method.clone(), resource) {
            (Method::GET | Method::HEAD, "") => own(Answer::versions(&self.gate.base())),
            (Method::GET | Method::HEAD, "/v3") => own(Answer::version(&self.gate.base())),
            (Method::POST, "/v3/auth/tokens") => self.token(parts, &path, body, given).await,
            (Method::DELETE, "/v3/auth/tokens") => self.revocation(parts, &path, body).await,
            _ => self.forward(parts, &path, Body::wrap(body)).await,
        }
    }

    /// A token, from the worker if it has one to give; else Keystone is asked as the client asked.
    async fn token(&self, parts: Parts, path: &str, body: Incoming, given: &Given) -> Response<Body> {
        let Ok(body) = Limited::new(body, LARGEST_CLAIM).collect().await else {
            return own(Answer::failure(413, "The request is too large."));
        };
        // It may hold a password.
        let body = Zeroizing::new(Vec::from(body.to_bytes()));
        let again = self.is_doubted.replace(false) || !given.borrow().is_empty();
        let verdict = match request::read(&body) {
            Some(claim) => self.worker.grant(claim, again).await,
            None => Verdict::Forward,
        };
        match verdict {
            Verdict::Granted(token, document) => {
                given.borrow_mut().insert(token.fingerprint());
                own(Answer::token(token.expose(), document.get()))
            }
            Verdict::Failed(error) => own(Answer::of_error(&error)),
            Verdict::Forward => self.forward(parts, path, Body::from(Bytes::from_owner(body))).await,
        }
    }

    /// A token that the client revokes: where Keystone did, it is forgotten here, before the client knows and may end.
    async fn revocation(&self, parts: Parts, path: &str, body: Incoming) -> Response<Body> {
        let subject = parts.headers.get(SUBJECT_TOKEN).and_then(|value| value.to_str().ok()).and_then(Token::parse);
        let response = self.forward(parts, path, Body::wrap(body)).await;
        if let Some(token) = subject.filter(|_| response.status().is_success()) {
            self.worker.forget(token).await;
        }
        response
    }

    async fn forward(&self, parts: Parts, path: &str, body: Body) -> Response<Body> {
        let forwarder = match &*self.forwarder {
            Ok(forwarder) => forwarder,
            Err(error) => return own(Answer::of_error(error)),
        };
        match forwarder.send(parts.method, path, parts.headers, body).await {
            Ok(response) => {
                if response.status() == StatusCode::UNAUTHORIZED {
                    self.is_doubted.set(true);
                }
                response
            }
            Err(error) => own(Answer::of_error(&error)),
        }
    }
}

fn own(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in answer.headers {
        if let Ok(mut value) = HeaderValue::from_str(&value) {
            value.set_sensitive(name == SUBJECT_TOKEN);
            headers.insert(name, value);
        }
    }
    response
}
