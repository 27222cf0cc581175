//! The local identity endpoint behind `exec`: what it answers, and that nobody else is served. That no client makes a token
//! of its own, whatever its way to log in, is counted in `creations`.

use std::process::Stdio;
use std::time::Duration;

use crate::support::tools::wait_until;
use crate::support::{Answer, Cloud, CloudOptions, Fake, people, skip, tool};
use crate::user::{User, at_once, text};

/// Asks the endpoint for a token as a client does; prints the status, the token and the project. With two words it asks
/// twice on one connection.
const ASK: &str = r#"
import http.client, json, os, sys, urllib.parse
url = urllib.parse.urlsplit(os.environ["OS_AUTH_URL"])
connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
user = {"name": os.environ["OS_USERNAME"], "domain": {"name": "Default"}, "password": "whatever"}
for project in sys.argv[1:]:
    scope = {"project": {"name": project, "domain": {"name": "Default"}}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    connection.request("POST", url.path + "/auth/tokens", json.dumps({"auth": auth}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    print(answer.status, answer.getheader("X-Subject-Token"), body.get("token", {}).get("project", {}).get("name"),
          body.get("error", {}).get("message"), answer.getheader("Retry-After"), sep="|")
"#;

/// What `ASK` prints under exec, line by line.
fn asked(user: &User, projects: &[&str]) -> Vec<Vec<String>> {
    let all = [&["exec", "--", "python3", "-c", ASK], projects].concat();
    let output = user.run(&all).success();
    assert_eq!(output.stderr, "");
    output.stdout.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

#[test]
fn each_project_of_the_login_is_created_once_and_a_refusal_is_keystones_own() {
    if tool("python3").is_none() {
        return;
    }
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let alice = User::new(cloud.openrc_environment("alice", "demo"));
    let token = alice.token();
    assert_eq!(asked(&alice, &["demo"])[0][..3], ["201", &token, "demo"]);
    let other = asked(&alice, &["other"]);
    assert_eq!((other[0][0].as_str(), other[0][2].as_str(), cloud.creations()), ("201", "other", 2));
    assert_eq!(asked(&alice, &["other"]), other);
    assert_eq!(cloud.creations(), 2, "it is kept as any other");
    let refused = &asked(&alice, &["absent"])[0];
    assert_eq!(refused[0], "401");
    assert!(refused[3].contains("requires authentication") || refused[3].contains("authoriz"), "{refused:?}");
    assert_eq!(asked(&alice, &["demo"])[0][1], token, "the password is as good as before");
}

#[test]
fn a_client_that_was_refused_with_a_dead_token_is_given_a_new_one() {
    if tool("python3").is_none() {
        return;
    }
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let alice = User::new(cloud.openrc_environment("alice", "demo"));
    let token = alice.token();
    let twice = asked(&alice, &["demo", "demo"]);
    assert_eq!((&twice[0][1], &twice[1][1], cloud.creations()), (&token, &token, 1), "it was looked at, and is good");
    cloud.revoke(&token);
    let twice = asked(&alice, &["demo", "demo"]);
    assert_eq!(twice[0][1], token, "nobody knows yet");
    assert!(twice[1][1] != token && cloud.accepts(&twice[1][1]), "{twice:?}");
    assert_eq!((alice.token(), cloud.creations()), (twice[1][1].clone(), 2));
}

#[test]
fn a_token_that_the_command_revokes_is_forgotten() {
    let Some(curl) = tool("curl") else { return };
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let alice = User::new(cloud.openrc_environment("alice", "demo"));
    let token = alice.token();
    let script = format!(
        "printf 'X-Auth-Token: %s\\nX-Subject-Token: %s\\n' \"$OS_TOKEN\" \"$OS_TOKEN\" |
         {} -sS -o /dev/null -w '%{{http_code}}' -X DELETE -H @- \"$OS_AUTH_URL/auth/tokens\"",
        curl.display()
    );
    assert_eq!(alice.run(&["exec", "--", "sh", "-c", &script]).success().stdout, "204");
    assert!(!cloud.accepts(&token));
    assert_ne!(alice.token(), token);
}

/// Prints the status of each request.
const OUTSIDERS: &str = r#"
url=${OS_AUTH_URL%/v3} port=${OS_AUTH_URL#http://127.0.0.1:} port=${port%%/*}
status() { curl -s -o /dev/null -w '%{http_code}\n' "$@"; }
status "$url"; status "$url/v3"
status "http://127.0.0.1:$port/"; status "http://127.0.0.1:$port/v3"; status "${url%?}/v3"; status "${url}0/v3"
status -X POST -d '{}' "http://127.0.0.1:$port/v3/auth/tokens"
status -H 'Origin: http://evil.example.com' "$url/v3"
status -H 'Host: evil.example.com' "$url/v3"
status -H 'Host:' "$url/v3"
"#;

#[test]
fn nobody_else_is_served() {
    let Some(curl) = tool("curl") else { return };
    let fake = Fake::start();
    let user = User::of(&fake);
    let output = user.run(&["exec", "--", "sh", "-c", OUTSIDERS]).success();
    let statuses: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(statuses, ["300", "200", "404", "404", "404", "404", "404", "404", "404", "404"]);
    if !rustix::process::geteuid().is_root() {
        return skip("only root can be another user as well");
    }
    let script = format!(
        "port=${{OS_AUTH_URL#http://127.0.0.1:}}; port=${{port%%/*}}
         for path in / /v3 /v3/auth/tokens /0123456789abcdef0123456789abcdef/v3; do
           setpriv --reuid=65534 --clear-groups {} -s -o /dev/null -w '%{{http_code}} ' http://127.0.0.1:$port$path
         done",
        curl.display()
    );
    assert_eq!(user.run(&["exec", "--", "sh", "-c", &script]).success().stdout, "404 404 404 404 ");
}

#[test]
fn the_environment_holds_no_secret_and_leads_to_the_endpoint() {
    let fake = Fake::start();
    let password = "correct horse battery";
    let user =
        User::of(&fake).with("OS_PASSCODE", "123456").with("http_proxy", "http://127.0.0.1:9").with("no_proxy", "h");
    let user = user.with("OSTOKEN_ALLOW_HTTP", "1");
    let output = user.run(&["exec", "--", "cat", "/proc/self/environ"]).success();
    assert!(!output.stdout.contains(password) && !output.stdout.contains("123456"), "{output:?}");
    let lines: Vec<&str> = output.stdout.split('\0').collect();
    for wanted in [
        "OS_PASSWORD=ostoken",
        "OS_USERNAME=alice",
        "OS_AUTH_TYPE=token",
        "no_proxy=h,127.0.0.1",
        "NO_PROXY=h,127.0.0.1",
    ] {
        assert!(lines.contains(&wanted), "{wanted}: {lines:?}");
    }
    assert!(!lines.iter().any(|line| line.starts_with("OS_USER_DOMAIN_NAME=") || line.starts_with("OS_PASSCODE=")));
    // Nothing of it in an argument either: the path is in the environment alone.
    let shown =
        user.run(&["exec", "--", "sh", "-c", "cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' '"]).success().stdout;
    let path = lines.iter().find_map(|line| line.strip_prefix("OS_AUTH_URL=")).expect("an auth URL");
    assert!(!shown.contains(path));
}

#[test]
fn within_a_command_everything_of_ostokens_means_the_real_keystone() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    let script = "ostoken token; ostoken exec -- ostoken token; ostoken status | head -n 1";
    let output = user.run(&["exec", "--", "sh", "-c", script]).success();
    let want = format!("{token}\n{token}\nlogin     alice at {}\n", fake.auth_url());
    assert_eq!((output.stdout, fake.posts()), (want, 1));
    let hook = user.run(&["exec", "--", "ostoken", "hook", "--shell", "bash", "--own"]).success();
    assert!(hook.stdout.starts_with(&token) && !hook.stdout.contains("OS_AUTH_URL"), "{hook:?}");
}

#[test]
fn go_programs_that_read_the_environment_have_it_as_they_want_it() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let alice = User::new(cloud.openrc_environment("alice", "demo"));
    let output = alice.run(&["exec", "--for", "gophercloud", "--", "env"]).success();
    let user = format!("OS_USERID={}\n", people::user_field("alice", "id"));
    let project = format!("OS_PROJECT_ID={}\n", people::project_id("demo"));
    assert!(output.stdout.contains(&user) && output.stdout.contains(&project), "{output:?}");
    assert!(!output.stdout.contains("\nOS_USERNAME=") && output.stdout.contains("OS_PASSWORD=ostoken\n"), "{output:?}");
}

#[test]
fn fifty_at_once_make_one_token() {
    if tool("python3").is_none() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake);
    let commands = (0..50).map(|_| user.ostoken(&["exec", "--", "python3", "-c", ASK, "demo"])).collect();
    for output in at_once(commands) {
        assert!(output.status.success() && text(&output.stdout).starts_with("201|gAAAAA"), "{output:?}");
    }
    assert_eq!(fake.posts(), 1);
    let script = format!("for n in $(seq 50); do python3 -c '{ASK}' demo & done; wait");
    let output = user.run(&["exec", "--", "sh", "-c", &script]).success();
    assert_eq!(output.stdout.lines().filter(|line| line.starts_with("201|gAAAAA")).count(), 50, "{output:?}");
    assert_eq!(fake.posts(), 1);
}

#[test]
fn troubles_of_keystone_have_keystones_shape() {
    if tool("python3").is_none() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    for (answer, status, words) in [
        (Answer::html(503), "502", "status 503"),
        (Answer::close(), "502", "could not reach Keystone"),
        (Answer::too_many(Some("7")), "429", "rate limited"),
    ] {
        fake.always(answer);
        let said = &asked(&user, &["other"])[0];
        assert!(said[0] == status && said[3].contains(words), "{said:?}");
        fake.recover();
        assert_eq!(asked(&user, &["demo"])[0][0], "201", "what is kept is given all the same");
    }
    let user = User::of(&fake);
    user.token();
    fake.always(Answer::close());
    assert!(passed_on(&user, 502).contains("could not reach Keystone"));
}

/// The error that a command is told whose request for something else than a token is answered with this status.
fn passed_on(user: &User, status: u16) -> String {
    let ask = "curl -s -w ' %{http_code}' \"$OS_AUTH_URL/projects\"";
    let output = user.run(&["exec", "--", "sh", "-c", ask]).success();
    let (start, end) = (format!("{{\"error\":{{\"code\":{status},"), format!(" {status}"));
    assert!(output.stdout.starts_with(&start) && output.stdout.ends_with(&end), "{output:?}");
    output.stdout
}

#[test]
#[cfg(feature = "failpoints")]
fn a_keystone_that_does_not_answer_in_time_is_told_apart_from_one_that_is_not_there() {
    if tool("python3").is_none() || tool("curl").is_none() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_LIMIT", "1");
    user.token();
    fake.always(Answer::new(204).delay(Duration::from_secs(60)));
    let created = &asked(&user, &["other"])[0];
    let late = "the server did not finish its response within 1 s";
    assert!(created[0] == "504" && created[3].contains(late), "{created:?}");
    assert!(passed_on(&user, 504).contains(late));
    assert_eq!(asked(&user, &["demo"])[0][0], "201", "what is kept is given all the same");
}

#[test]
fn a_file_or_proxy_that_cannot_be_used_concerns_only_who_needs_it() {
    if tool("python3").is_none() || tool("curl").is_none() {
        return;
    }
    let options = CloudOptions { tls: true, ..CloudOptions::default() };
    let Some(cloud) = Cloud::start(options) else { return };
    let mut alice = User::new(cloud.openrc_environment("alice", "demo"));
    let authority = alice.home.outside("ca.pem");
    std::fs::copy(alice.get("OS_CACERT"), &authority).unwrap();
    alice.set("OS_CACERT", authority.to_str().unwrap());
    let token = alice.token();
    std::fs::remove_file(&authority).unwrap();
    assert_eq!(asked(&alice, &["demo"])[0][..2], ["201", &token]);
    let created = &asked(&alice, &["other"])[0];
    assert!(created[0] == "502" && created[3].contains("OS_CACERT"), "{created:?}");
    assert!(passed_on(&alice, 502).contains("OS_CACERT"));
    alice.set("https_proxy", "ftp://me:hunter2@h");
    let said = passed_on(&alice, 502);
    assert!(said.contains("https_proxy") && !said.contains("hunter2"), "{said}");
    assert_eq!(cloud.creations(), 1);
}

#[test]
fn a_client_that_sends_half_a_request_holds_nobody_up() {
    let Some(_) = tool("python3") else { return };
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    let script = format!(
        "import os, socket, subprocess, sys, urllib.parse
url = urllib.parse.urlsplit(os.environ['OS_AUTH_URL'])
halves = []
for half in [b'POST ' + url.path.encode() + b'/auth/tokens HTTP/1.1\\r\\nHost: x', b'', b'\\0\\r\\n\\r\\n']:
    halves.append(socket.create_connection((url.hostname, url.port)))
    halves[-1].sendall(half)
sys.exit(subprocess.run([sys.executable, '-c', {ASK:?}, 'demo']).returncode)"
    );
    let output = user.run(&["exec", "--", "python3", "-c", &script]).success();
    assert!(output.stdout.starts_with("201|"), "{output:?}");
    assert!(output.elapsed < Duration::from_secs(10));
}

#[test]
fn what_the_client_sends_and_gets_beside_tokens_is_passed_on_as_it_is() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    fake.then(
        Answer::new(207).header("X-Other", "kept").header("Connection", "X-Hop").header("X-Hop", "1").body("answer"),
    );
    let ask = "printf sent | curl -s -i -X PATCH -H 'Transfer-Encoding: chunked' -H 'X-Auth-Token: t' --data-binary @- \
               \"$OS_AUTH_URL/a%20b?c=%26\"";
    let output = user.run(&["exec", "--", "sh", "-c", ask]).success();
    assert!(output.stdout.starts_with("HTTP/1.1 207") && output.stdout.ends_with("\r\n\r\nanswer"), "{output:?}");
    assert!(output.stdout.to_lowercase().contains("x-other: kept") && !output.stdout.to_lowercase().contains("x-hop"));
    let requests = fake.requests();
    let last = requests.last().expect("a request");
    assert_eq!((last.method.as_str(), last.path.as_str()), ("PATCH", "/v3/a%20b?c=%26"));
    assert_eq!(last.header("X-Auth-Token"), Some("t"));
}

#[test]
fn a_command_ends_and_is_signalled_as_without_ostoken() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    assert_eq!(user.run(&["exec", "--", "sh", "-c", "exit 7"]).status, 7);
    for (name, number) in [("TERM", 15), ("KILL", 9), ("SEGV", 11), ("USR1", 10)] {
        assert_eq!(user.run(&["exec", "--", "sh", "-c", &format!("kill -{name} $$")]).status, -number, "{name}");
    }
    // What is sent to ostoken alone reaches the command.
    for (name, status) in [("TERM", 40), ("INT", 41), ("USR1", 42), ("USR2", 43)] {
        let ready = user.home.outside(&format!("ready-{name}"));
        let script = format!(
            "trap 'exit 40' TERM; trap 'exit 41' INT; trap 'exit 42' USR1; trap 'exit 43' USR2; : >'{}'; while :; do sleep 0.05; done",
            ready.display()
        );
        let mut command = user.ostoken(&["exec", "--", "sh", "-c", &script]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        assert!(wait_until(Duration::from_secs(20), || ready.exists()));
        let sent = user.home.run(user.command("sh").args(["-c", &format!("kill -{name} {}", child.id())]));
        assert_eq!(sent.status, 0);
        assert_eq!(child.wait().unwrap().code(), Some(status), "{name}");
    }
    // What was ignored stays so.
    let script = "trap '' INT; exec ostoken exec -- sh -c 'kill -INT $$; echo on'";
    assert_eq!(user.home.run(user.command("sh").args(["-c", script])).success().stdout, "on\n");
}

#[test]
fn without_a_login_a_wrapped_program_runs_as_it_is() {
    let user = User::new(Vec::new());
    let output = user.run(&["exec", "--wrapped", "--", "sh", "-c", "echo plain; exit 3"]).expect_status(3);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("plain\n", ""));
    let fake = Fake::start();
    for (name, value) in [("OS_CLOUD", "lab"), ("OS_AUTH_TYPE", "v3totp")] {
        let user = User::of(&fake).with(name, value);
        assert_eq!(user.run(&["exec", "--wrapped", "--", "true"]).success().stderr, "");
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn direct_gives_the_token_and_keystones_own_address() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let output = user.run(&["exec", "--direct", "--", "env"]).success();
    assert!(output.stdout.contains(&format!("OS_AUTH_URL={}\n", fake.auth_url())), "{output:?}");
    assert!(!output.stdout.contains("OS_PASSWORD=") && !output.stdout.contains("OSTOKEN_ENDPOINT"), "{output:?}");
    let far = user.run(&["exec", "--min-ttl", "2h", "--", "true"]).expect_status(1);
    assert!(far.stderr.contains("--min-ttl"), "{far:?}");
    user.run(&["env", "--shell", "bash", "--min-ttl", "2h"]).expect_status(1);
}

#[test]
fn a_long_token_is_given_whole() {
    if tool("python3").is_none() {
        return;
    }
    let fake = Fake::start();
    fake.issue(9000, 3600);
    let user = User::of(&fake);
    assert_eq!(asked(&user, &["demo"])[0][1].len(), 9000);
}
