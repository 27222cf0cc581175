//! What Keystone said of a token, which is kept beside it: for keystoneauth, which then makes no token of its own.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::fake_issuer::{characters, now, timestamp, token_body};
use crate::support::tls::{Certificate, front};
use crate::support::tools::prepared;
use crate::support::{Answer, Cloud, CloudOptions, Fake, tool};
use crate::user::User;

/// Prints the catalog's services and the project by keystoneauth's own means, without a request: the auth URL is nobody's.
const KEYSTONEAUTH: &str = "
import json, sys
from keystoneauth1 import session
from keystoneauth1.identity import v3
auth = v3.Password('http://127.0.0.1:9/v3', username='nobody', password='none', user_domain_id='default')
state = sys.stdin.read()
auth.set_auth_state(state)
client = session.Session(auth=auth)
assert auth.get_token(client) == json.loads(state)['auth_token']
print(client.get_project_id(), *sorted(auth.get_access(client).service_catalog.get_endpoints()))
";

fn auth_state(user: &User) -> Value {
    let output = user.run(&["token", "--format", "auth-state"]).success();
    assert_eq!(output.stderr, "");
    serde_json::from_str(&output.stdout).expect("JSON")
}

#[track_caller]
fn file(user: &User) -> PathBuf {
    let names = user.names(|name| name.ends_with(".body.json"));
    assert_eq!(names.len(), 1, "{names:?}");
    user.state().join(&names[0])
}

#[test]
fn keystoneauth_takes_the_state_and_asks_nobody() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(python) = prepared("client/bin/python") else { return };
    let alice = User::new(cloud.openrc_environment("alice", "demo"));
    let state = alice.run(&["token", "--format", "auth-state"]).success().stdout;
    assert_eq!(state.lines().count(), 1);
    let mut command = alice.home.command(python);
    let output = alice.home.run_with_input(command.args(["-c", KEYSTONEAUTH]), &state).success();
    let project = crate::support::people::project_id("demo");
    assert!(output.stdout.starts_with(&project) && output.stdout.contains("identity"), "{output:?}");
    assert_eq!((cloud.creations(), cloud.answers_to("GET", 200)), (1, 0), "it was kept when the token was made");
}

#[test]
fn a_document_that_is_lost_or_damaged_is_asked_for_and_makes_no_token() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let first = auth_state(&user);
    assert_eq!(fs::metadata(file(&user)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!((fake.posts(), fake.count("GET")), (1, 0));
    let whole = fs::read_to_string(file(&user)).unwrap();
    let another = whole.replace(user.record()["fingerprint"].as_str().unwrap(), "0123456789abcdef");
    for (times, damage) in [None, Some(""), Some("{"), Some(another.as_str())].into_iter().enumerate() {
        match damage {
            None => fs::remove_file(file(&user)).unwrap(),
            Some(text) => fs::write(file(&user), text).unwrap(),
        }
        assert_eq!(auth_state(&user)["auth_token"], first["auth_token"]);
        assert_eq!((fake.posts(), fake.count("GET")), (1, times + 1));
        assert_eq!(auth_state(&user)["body"]["token"]["user"], first["body"]["token"]["user"]);
        assert_eq!(fake.count("GET"), times + 1, "it is kept again");
    }
}

#[test]
fn a_token_that_keystone_no_longer_knows_is_replaced_once() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let first = auth_state(&user);
    fs::remove_file(file(&user)).unwrap();
    fake.then(Answer::error(404, "Not Found", "Could not find token."));
    let second = auth_state(&user);
    assert_ne!(first["auth_token"], second["auth_token"]);
    assert_eq!((fake.posts(), fake.count("GET")), (2, 1));
}

#[test]
fn a_document_goes_with_its_token() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for end in [&["revoke"][..], &["logout"]] {
        user.token();
        assert!(file(&user).is_file());
        user.run(end).success();
        assert_eq!(user.names(|name| name.ends_with(".body.json")), Vec::<String>::new(), "{end:?}");
    }
    let token = user.token();
    let description = format!("protocol=http\nhost=127.0.0.1:{}\npassword={token}\n\n", fake.port());
    user.run_with_input(&["erase"], &description).success();
    assert_eq!(user.names(|name| name.ends_with(".body.json")), Vec::<String>::new());
}

#[test]
fn a_document_that_repeats_the_token_or_the_password_is_written_nowhere() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for secret in [characters(183, 1), user.get("OS_PASSWORD").to_owned()] {
        let mut body = token_body(&timestamp(now()), &timestamp(now() + 3600));
        body["token"]["note"] = format!("for {secret}").into();
        fake.always(Answer::new(201).header("X-Subject-Token", &characters(183, 1)).json(&body));
        user.run(&["refresh"]).success();
        assert_eq!(user.names(|name| name.ends_with(".body.json")), Vec::<String>::new());
        fake.always(Answer::new(200).json(&body));
        user.run(&["token", "--format", "auth-state"]).expect_status(6);
        assert_eq!(user.names(|name| name.ends_with(".body.json")), Vec::<String>::new());
    }
}

#[test]
fn kubectls_credential_plugin_is_answered_in_the_version_that_it_asks_for() {
    let fake = Fake::start();
    let info =
        r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}"#;
    let user = User::of(&fake).with("KUBERNETES_EXEC_INFO", info);
    let output = user.run(&["token", "--format", "exec-credential"]).success();
    let answer: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(answer["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(answer["status"]["token"], user.token().as_str());
    let user = user.with("KUBERNETES_EXEC_INFO", "{}");
    let refused = user.run(&["token", "--format", "exec-credential"]).expect_status(2);
    assert!(refused.stderr.starts_with("ostoken: KUBERNETES_EXEC_INFO: expected client.authentication"), "{refused:?}");
}

/// A kubeconfig whose user takes the token from ostoken. (kubectl sends none over plain http.)
const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: k, cluster: {server: 'https://127.0.0.1:PORT', insecure-skip-tls-verify: true}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: ostoken
      args: [token, --format, exec-credential]
      interactiveMode: Never
";

#[test]
fn kubectl_sends_the_token_that_it_is_given() {
    let Some(kubectl) = tool("kubectl") else { return };
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let port = front(port, &Certificate::self_signed(&["127.0.0.1"]), None);
    // Some kubectl asks for the server's version first.
    let served = std::thread::spawn(move || {
        loop {
            let (mut stream, _) = listener.accept().expect("a request");
            let lines = BufReader::new(&stream).lines().map(|line| line.expect("a line"));
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngood";
            stream.write_all(answer.as_bytes()).expect("to be heard");
            if head.first().is_some_and(|line| line.starts_with("GET /test ")) {
                return head;
            }
        }
    });
    let config = user.home.path().join("kubeconfig");
    fs::write(&config, KUBECONFIG.replace("PORT", &port.to_string())).expect("a file");
    let mut command = user.command(kubectl);
    let output = user.home.run(command.env("KUBECONFIG", config).args(["get", "--raw", "/test"])).success();
    assert_eq!(output.stdout.trim(), "good");
    let head = served.join().expect("a request");
    assert!(head.contains(&format!("Authorization: Bearer {token}")), "{head:?}");
    assert_eq!(fake.posts(), 1);
}

#[test]
fn git_is_given_a_bearer_token_for_a_server_that_takes_one() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let of = |more: &str| format!("protocol=http\nhost=127.0.0.1:{}\n{more}\n", fake.port());
    let answer = |more: &str| user.run_with_input(&["get"], &of(more)).success().stdout;
    let token = user.token();
    let bearer = format!("capability[]=authtype\nauthtype=Bearer\nephemeral=1\ncredential={token}\n");
    let both = "capability[]=authtype\nwwwauth[]=Basic realm=\"x\"\nwwwauth[]=bearer realm=\"x\"\n";
    assert!(answer(both).starts_with(&bearer), "{}", answer(both));
    for other in
        ["capability[]=authtype\n", "wwwauth[]=Bearer\n", "capability[]=authtype\nwwwauth[]=Bearer\nwwwauth[]=\n"]
    {
        assert!(answer(other).contains(&format!("password={token}\n")), "{other}");
    }
}
