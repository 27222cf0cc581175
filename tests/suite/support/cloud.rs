//! A real Keystone of the test's own, and what a user has in hand to reach it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::http;
use super::{people, tools};

/// What may differ from one cloud to another.
#[derive(Debug, Clone)]
pub struct CloudOptions {
    /// Seconds that a token lives.
    pub expiration: u64,
    /// Failed attempts until a user is locked out.
    pub lockout: Option<u32>,
    /// https, with a certificate authority of its own (`ca_file`).
    pub tls: bool,
}

impl Default for CloudOptions {
    fn default() -> Self {
        CloudOptions { expiration: 3600, lockout: None, tls: false }
    }
}

/// One request that this Keystone answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// GET, POST, DELETE.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The names of the authentication methods in a POST.
    pub auth: Vec<String>,
    /// Who asked.
    pub agent: String,
}

/// A running Keystone; it ends with this value, or with the test program.
#[derive(Debug)]
pub struct Cloud {
    connection: UnixStream,
    port: u16,
    tls_port: Option<u16>,
    folder: PathBuf,
}

impl Cloud {
    /// Starts a fresh copy of the prepared cloud; where there is none, the test is to return.
    pub fn start(options: CloudOptions) -> Option<Cloud> {
        let mut arguments = vec![tools::prepared("cloud-template")?.display().to_string()];
        arguments.extend(["--expiration".into(), options.expiration.to_string()]);
        arguments.extend(options.lockout.iter().flat_map(|attempts| ["--lockout".into(), attempts.to_string()]));
        arguments.extend(options.tls.then(|| "--tls".into()));
        let mut connection = UnixStream::connect_addr(servers()?).expect("a connection");
        writeln!(connection, "{}", json!(arguments)).expect("to be heard");
        let mut line = String::new();
        BufReader::new(&connection).read_line(&mut line).expect("an answer");
        let ready: Value = serde_json::from_str(&line).expect("Keystone did not start");
        let port = |name: &str| ready[name].as_u64().and_then(|port| port.try_into().ok());
        Some(Cloud {
            connection,
            port: port("port").unwrap(),
            tls_port: port("tls_port"),
            folder: ready["folder"].as_str().unwrap().into(),
        })
    }

    /// The port that speaks plain HTTP, also where the cloud's own address is https.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// OS_AUTH_URL.
    pub fn auth_url(&self) -> String {
        match self.tls_port {
            Some(port) => format!("https://127.0.0.1:{port}/v3"),
            None => format!("http://127.0.0.1:{}/v3", self.port),
        }
    }

    /// OS_CACERT of a cloud with `tls`.
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.tls_port.map(|_| self.folder.join("ca.pem"))
    }

    /// Every request so far but the harness's own.
    pub fn requests(&self) -> Vec<Entry> {
        let log = fs::read_to_string(self.folder.join("access.log")).unwrap_or_default();
        let entries = log.lines().map(|line| entry(&people::parse(line)));
        entries.filter(|entry| entry.agent != http::AGENT).collect()
    }

    /// How many tokens were made, the harness's own not counted.
    pub fn creations(&self) -> usize {
        self.answers_to("POST", 201)
    }

    /// How many requests to /v3/auth/tokens had this method and this status.
    pub fn answers_to(&self, method: &str, status: u16) -> usize {
        let of_tokens = |entry: &&Entry| entry.path == "/v3/auth/tokens" && entry.method == method;
        let requests = self.requests();
        let answered = requests.iter().filter(of_tokens);
        answered.filter(|entry| entry.status == status).count()
    }

    /// What Keystone itself logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("keystone.log")).unwrap_or_default()
    }

    /// Holds every answer back by so many seconds, from now on. A creation counts at once, its answer comes later.
    pub fn set_delay(&self, seconds: f64) {
        let new = self.folder.join("delay.new");
        fs::write(&new, seconds.to_string()).unwrap();
        fs::rename(new, self.folder.join("delay")).unwrap();
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // The end of its standard input is the server's sign to go and to remove its folder.
        let _ = self.connection.shutdown(Shutdown::Write);
        let _ = self.connection.read_to_end(&mut Vec::new());
    }
}

/// The socket at which each who connects is given a server. It ends with the test program.
fn servers() -> Option<&'static SocketAddr> {
    static SERVERS: OnceLock<Option<SocketAddr>> = OnceLock::new();
    let servers = SERVERS.get_or_init(|| {
        let python = tools::prepared("keystone")?.join("bin/python");
        let name = format!("ostoken-clouds-{}", std::process::id());
        let mut command = Command::new(python);
        command.arg("-B").arg(tools::root().join("tests/keystone/serve.py")).args(["--to-each", &name]);
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python");
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut line).expect("an answer");
        assert_eq!(line, "ready\n");
        // Closed by the end of this process, however that ends.
        std::mem::forget(server);
        Some(SocketAddr::from_abstract_name(name).expect("a short name"))
    });
    if servers.is_none() {
        // Said once more: it is this test that is skipped.
        let _ = tools::prepared("keystone");
    }
    servers.as_ref()
}

fn entry(line: &Value) -> Entry {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let names = line["auth"].as_array().cloned().unwrap_or_default();
    let names = names.iter().filter_map(Value::as_str).map(str::to_owned);
    Entry {
        method: text("method"),
        path: text("path"),
        status: line["status"].as_u64().unwrap_or_default().try_into().unwrap(),
        auth: names.collect(),
        agent: text("agent"),
    }
}
