//! A server that answers what a test scripts, faults included, and records what it was asked.
//!
//! Without a script it is a small Keystone: it issues, shows and revokes well-formed tokens.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::fake_answer::Answer;
use super::fake_issuer::Issuer;
use super::http::{header, parse_headers};

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET, POST, DELETE.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The header fields, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Request {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// What the server and the test share.
#[derive(Debug, Default)]
struct Shared {
    requests: Vec<Request>,
    once: VecDeque<Answer>,
    always: Option<Answer>,
    issuer: Issuer,
    stopped: bool,
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct Fake {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl Fake {
    /// Starts one on a free port of loopback. It issues tokens of 183 characters that live an hour.
    pub fn start() -> Fake {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || accept(&listener, &theirs));
        Fake { port, shared }
    }

    /// The port, for an address of another form.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// OS_AUTH_URL.
    pub fn auth_url(&self) -> String {
        format!("http://127.0.0.1:{}/v3", self.port)
    }

    /// The environment of a user who logs in with a password.
    pub fn environment(&self) -> Vec<(String, String)> {
        let fixed = [
            ("OS_USERNAME", "alice"),
            ("OS_PASSWORD", "correct horse battery"),
            ("OS_USER_DOMAIN_NAME", "Default"),
            ("OS_PROJECT_NAME", "demo"),
            ("OS_PROJECT_DOMAIN_NAME", "Default"),
        ];
        let mut variables = vec![("OS_AUTH_URL".to_owned(), self.auth_url())];
        variables.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
        variables
    }

    /// The answer to the next request without one; several are given in their order.
    pub fn then(&self, answer: Answer) -> &Fake {
        self.lock().once.push_back(answer);
        self
    }

    /// The answer to every request that has no answer of its own, until `recover`.
    pub fn always(&self, answer: Answer) -> &Fake {
        self.lock().always = Some(answer);
        self
    }

    /// Forgets every scripted answer: a small Keystone again.
    pub fn recover(&self) {
        let mut shared = self.lock();
        shared.once.clear();
        shared.always = None;
    }

    /// How long the tokens are and how many seconds they live, from now on.
    pub fn issue(&self, length: usize, lifetime: i64) -> &Fake {
        let mut shared = self.lock();
        shared.issuer.length = length;
        shared.issuer.lifetime = lifetime;
        drop(shared);
        self
    }

    /// Puts the server's clock so many seconds ahead of this machine's (behind, if negative).
    pub fn skew_clock(&self, seconds: i64) -> &Fake {
        self.lock().issuer.skew = seconds;
        self
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// How many requests had this method.
    pub fn count(&self, method: &str) -> usize {
        let shared = self.lock();
        let same = |request: &&Request| request.method == method;
        shared.requests.iter().filter(same).count()
    }

    /// How many creations were asked for, granted or not.
    pub fn posts(&self) -> usize {
        self.count("POST")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.lock().stopped = true;
        // The thread waits for a connection: here is its last one.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Mutex<Shared>>) {
    for stream in listener.incoming().flatten() {
        if shared.lock().unwrap().stopped {
            return;
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || serve(&stream, &shared));
    }
}

/// One connection: one request, one answer. A client that hangs up early is no concern of ours.
fn serve(stream: &TcpStream, shared: &Mutex<Shared>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let Some(request) = read_request(stream) else {
        return;
    };
    let answer = {
        let mut shared = shared.lock().unwrap();
        shared.requests.push(request.clone());
        let scripted = shared.once.pop_front().or_else(|| shared.always.clone());
        scripted.unwrap_or_else(|| shared.issuer.answer(&request))
    };
    let _ = answer.send(stream);
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, path) = (first.next()?, first.next()?);
    let headers = parse_headers(lines);
    if header(&headers, "Expect").is_some() {
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let length = header(&headers, "Content-Length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Request { method, path, headers, body })
}
