//! The answers of the fake Keystone, faults by their names.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::fake_issuer::{characters, now, timestamp, token_body};
use serde_json::{Value, json};

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
    drip: Option<Duration>,
    close: bool,
}

impl Answer {
    /// A status and nothing more.
    pub fn new(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO, drip: None, close: false }
    }

    /// An error in Keystone's own form.
    pub fn error(status: u16, title: &str, message: &str) -> Answer {
        let error = json!({"code": status, "title": title, "message": message});
        Answer::new(status).json(&json!({ "error": error }))
    }

    /// The 401 of a wrong password.
    pub fn unauthorized() -> Answer {
        let message = "The request you have made requires authentication.";
        Answer::error(401, "Unauthorized", message)
    }

    /// 429, with a Retry-After in seconds, as a date, or not at all.
    pub fn too_many(retry_after: Option<&str>) -> Answer {
        let answer = Answer::error(429, "Too Many Requests", "This request was rate-limited.");
        match retry_after {
            Some(value) => answer.header("Retry-After", value),
            None => answer,
        }
    }

    /// The web page that a proxy puts in the place of an answer.
    pub fn html(status: u16) -> Answer {
        let page = "<!DOCTYPE html><html><title>Sorry</title><body>\u{1b}[31mBad gateway</body></html>";
        Answer::new(status).header("Content-Type", "text/html").body(page)
    }

    /// 300: the versions that are spoken here, the newest under this address.
    pub fn versions(url: &str) -> Answer {
        let version = json!({"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": url}]});
        Answer::new(300).json(&json!({"versions": {"values": [version]}}))
    }

    /// A redirect.
    pub fn redirect(status: u16, location: &str) -> Answer {
        Answer::new(status).header("Location", location)
    }

    /// A token of the test's choice (its characters, its dates), otherwise as Keystone gives it.
    pub fn token(token: &str, issued_at: &str, expires_at: &str) -> Answer {
        Answer::new(201).header("X-Subject-Token", token).json(&token_body(issued_at, expires_at))
    }

    /// A good token before a body of that many bytes.
    pub fn giant(bytes: usize) -> Answer {
        let filler = "x".repeat(bytes);
        let mut body = token_body(&timestamp(now()), &timestamp(now() + 3600));
        body["token"]["filler"] = Value::String(filler);
        Answer::new(201).header("X-Subject-Token", &characters(183, 1)).json(&body)
    }

    /// Hangs up without a word.
    pub fn close() -> Answer {
        Answer { close: true, ..Answer::new(0) }
    }

    /// Adds a header field.
    pub fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, text: &str) -> Answer {
        self.body = text.as_bytes().to_vec();
        self
    }

    /// Sets a body of JSON.
    pub fn json(self, value: &Value) -> Answer {
        self.header("Content-Type", "application/json").body(&value.to_string())
    }

    /// Waits before the answer.
    pub fn delay(mut self, delay: Duration) -> Answer {
        self.delay = delay;
        self
    }

    /// Sends the answer a byte at a time, with this pause between two.
    pub fn drip(mut self, pause: Duration) -> Answer {
        self.drip = Some(pause);
        self
    }

    /// Writes the answer out.
    pub(super) fn send(&self, mut stream: &TcpStream) -> io::Result<()> {
        std::thread::sleep(self.delay);
        if self.close {
            return Ok(());
        }
        let mut head =
            format!("HTTP/1.1 {} Status\r\nConnection: close\r\nContent-Length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let bytes = [head.as_bytes(), b"\r\n", &self.body].concat();
        let Some(pause) = self.drip else {
            return stream.write_all(&bytes);
        };
        for byte in bytes {
            stream.write_all(&[byte])?;
            std::thread::sleep(pause);
        }
        Ok(())
    }
}
