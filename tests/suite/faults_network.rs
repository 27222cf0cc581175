//! The way to Keystone: TLS, plain http, proxies.

use crate::support::fake_issuer::{characters, now, timestamp};
use crate::support::{Answer, Cloud, CloudOptions, Fake};
use crate::user::User;

fn with_tls() -> Option<(Cloud, User)> {
    let cloud = Cloud::start(CloudOptions { tls: true, ..CloudOptions::default() })?;
    let user = User::new(cloud.openrc_environment("alice", "demo"));
    Some((cloud, user))
}

#[test]
fn https_works_with_the_clouds_own_authority_alone() {
    let Some((cloud, mut user)) = with_tls() else { return };
    assert!(cloud.accepts(&user.token()));
    let authority = user.get("OS_CACERT").to_owned();
    let mut stranger = User::new(cloud.openrc_environment("alice", "demo")).without("OS_CACERT");
    let output = stranger.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains("could not reach Keystone") && output.stderr.contains("OS_CACERT"), "{output:?}");
    assert_eq!(cloud.creations(), 1);

    stranger.set("OS_CACERT", "/absent.pem");
    assert!(stranger.run(&["token"]).expect_status(2).stderr.contains("/absent.pem"));
    stranger.set("OS_CACERT", "/dev/zero");
    assert!(stranger.run(&["token"]).expect_status(2).stderr.contains("expected a file of certificates"));
    stranger.set("OS_CACERT", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    assert!(stranger.run(&["token"]).expect_status(2).stderr.contains("no certificate"));

    stranger.set("OS_INSECURE", "true");
    stranger.unset("OS_CACERT");
    let output = stranger.run(&["token"]).success();
    assert!(output.stderr.contains("warning: OS_INSECURE") && cloud.accepts(output.stdout.trim_end()), "{output:?}");

    // A relative path is meant from where the shell stands, also by the renewal that a prompt leaves behind.
    std::fs::copy(authority, user.home.path().join("ca.pem")).unwrap();
    user.set("OS_CACERT", "ca.pem");
    user.set("OS_PROJECT_NAME", "other");
    let hook = user.hook("").success();
    assert!(hook.stdout.starts_with("\n") && hook.stderr.contains("now it is verified by"), "{hook:?}");
    user.run(&["login"]).success();
    user.set("OS_PROJECT_NAME", "demo");
    let hook = user.hook("").success();
    assert!(cloud.accepts(hook.stdout.lines().next().unwrap()), "{hook:?}");
}

#[test]
fn a_kept_secret_is_not_sent_to_a_server_that_is_verified_in_another_way() {
    let Some((cloud, mut user)) = with_tls() else { return };
    user.run(&["login"]).success();
    user.unset("OS_PASSWORD");
    user.set("OS_PROJECT_NAME", "other");
    let refused = |user: &User| {
        let output = user.run(&["token"]).expect_status(3);
        assert!(output.stderr.contains("password not sent") && output.stderr.contains("ostoken login"), "{output:?}");
        let hook = user.hook("").success();
        assert!(hook.stdout.contains("__ostoken_said=other-host"), "{hook:?}");
        assert_eq!(user.hook_after(&hook).success().stderr, "");
        assert_eq!(cloud.requests().len(), 1);
    };
    refused(with_variable(&mut user, "OS_INSECURE", "1"));
    let copy = user.home.outside("ca.pem");
    std::fs::copy(user.get("OS_CACERT"), &copy).unwrap();
    let authority = user.get("OS_CACERT").to_owned();
    refused(with_variable(&mut user, "OS_CACERT", copy.to_str().unwrap()));
    user.set("OS_CACERT", &authority);
    user.unset("OS_INSECURE");
    assert!(cloud.accepts(&user.token()));
}

/// The same user with one variable changed.
fn with_variable<'u>(user: &'u mut User, name: &str, value: &str) -> &'u User {
    user.set(name, value);
    user
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let Some((cloud, mut user)) = with_tls() else { return };
    let other_name = user.get("OS_AUTH_URL").replace("127.0.0.1", "127.0.0.2");
    user.set("OS_AUTH_URL", &other_name);
    user.run(&["token"]).expect_status(6);
    assert_eq!(cloud.requests().len(), 0);
}

#[test]
fn plain_http_is_for_loopback_alone() {
    let fake = Fake::start();
    for url in ["http://192.0.2.1:5000/v3", "http://keystone.example.com/v3", "http://localhost.example.com/v3"] {
        let user = User::of(&fake).with("OS_AUTH_URL", url);
        let output = user.run(&["token"]).expect_status(2);
        assert!(output.stderr.contains("plain http") && output.elapsed.as_secs() < 3, "{output:?}");
        let hook = user.hook("").success();
        assert!(hook.stdout.starts_with('\n') && hook.stderr.lines().count() == 1, "{hook:?}");
    }
    for url in ["ftp://127.0.0.1/", "127.0.0.1:5000", "http://user:secret@127.0.0.1:1/v3", "http://127.0.0.1:1/?a=b"] {
        let output = User::of(&fake).with("OS_AUTH_URL", url).run(&["token"]);
        assert_eq!(output.status, 2, "{url}: {output:?}");
        assert!(!output.stderr.contains("user:secret"), "{output:?}");
    }
    let by_name = fake.auth_url().replace("127.0.0.1", "localhost");
    User::of(&fake).with("OS_AUTH_URL", &by_name).token();
}

#[test]
fn what_one_spelling_of_an_auth_url_made_another_finds() {
    let fake = Fake::start();
    let mut user = User::of(&fake);
    let token = user.token();
    let root = format!("http://127.0.0.1:{}", fake.port());
    let spellings = [
        root.clone(),
        format!("{root}/"),
        format!("{root}/v3/"),
        format!("{root}/v2.0"),
        format!("HTTP{}/v3", &root[4..]),
    ];
    for spelling in &spellings {
        user.set("OS_AUTH_URL", spelling);
        assert_eq!(user.token(), token, "{spelling}");
    }
    assert_eq!(fake.posts(), 1);
}

#[test]
fn the_proxy_of_the_environment_is_asked() {
    let (fake, proxy) = (Fake::start(), Fake::start());
    proxy.always(Answer::token(&characters(70, 7), &timestamp(now()), &timestamp(now() + 3600)));
    let address = format!("http://127.0.0.1:{}", proxy.port());
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy"] {
        let before = proxy.requests().len();
        let user = User::of(&fake).with("OS_AUTH_URL", "http://keystone.example.com:5000/v3");
        user.with("OSTOKEN_ALLOW_HTTP", "1").with(name, &address).run(&["token"]);
        let asked = proxy.requests().into_iter().nth(before).unwrap_or_else(|| panic!("{name}: no request"));
        assert!(asked.path.contains("keystone.example.com:5000"), "{name}: {} {}", asked.method, asked.path);
    }
    assert_eq!(fake.requests().len(), 0);
}

/// Somebody whose Keystone is on another machine, without TLS.
fn far(fake: &Fake) -> User {
    User::of(fake).with("OS_AUTH_URL", "http://keystone.example.com:5000/v3").with("OSTOKEN_ALLOW_HTTP", "1")
}

#[test]
fn a_proxy_is_asked_with_an_absolute_uri_for_plain_http_and_to_connect_for_https() {
    let proxy = Fake::start();
    proxy.always(Answer::new(502));
    let address = format!("http://127.0.0.1:{}", proxy.port());
    far(&proxy).with("http_proxy", &address).run(&["token"]).expect_status(6);
    let https = User::of(&proxy).with("OS_AUTH_URL", "https://keystone.example.com:5000/v3");
    https.with("https_proxy", &address).run(&["token"]).expect_status(6);
    let asked: Vec<_> = proxy.requests().into_iter().map(|request| (request.method, request.path)).collect();
    let expected =
        [("POST", "http://keystone.example.com:5000/v3/auth/tokens"), ("CONNECT", "keystone.example.com:5000")];
    assert_eq!(asked, expected.map(|(method, path)| (method.to_owned(), path.to_owned())));
}

#[test]
fn plain_http_to_this_machine_goes_through_no_proxy() {
    let (fake, proxy) = (Fake::start(), Fake::start());
    let address = format!("http://127.0.0.1:{}", proxy.port());
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        let user = User::of(&fake).with(name, &address);
        user.token();
        let again = User::of(&fake).with(name, &address).with("OSTOKEN_ALLOW_HTTP", "1");
        again.token();
    }
    assert_eq!((fake.posts(), proxy.requests().len()), (8, 0));
}

#[test]
fn no_proxy_takes_names_domains_addresses_and_networks() {
    let proxy = Fake::start();
    proxy.always(Answer::new(502));
    let address = format!("http://127.0.0.1:{}", proxy.port());
    let is_avoided = |host: &str, exceptions: &str| {
        let before = proxy.requests().len();
        let user = far(&proxy).with("OS_AUTH_URL", &format!("http://{host}:5000/v3"));
        let user = user.with("http_proxy", &address).with("no_proxy", exceptions);
        user.run(&["token"]).expect_status(6);
        proxy.requests().len() == before
    };
    for (host, exceptions) in [
        ("192.0.2.7", "192.0.2.0/24"),
        ("192.0.2.7", "x.example, 192.0.2.7"),
        ("[2001:db8::7]", "2001:db8::/32"),
        ("a.invalid", ".invalid"),
        ("a.invalid", "invalid"),
        ("a.invalid", "A.Invalid:5000"),
        ("a.invalid", "*"),
    ] {
        assert!(is_avoided(host, exceptions), "{host} by {exceptions}");
    }
    for (host, exceptions) in
        [("192.0.2.7", "192.0.3.0/24"), ("192.0.2.7", "0/0"), ("a.invalid", "valid"), ("a.invalid", "a.invalid:443")]
    {
        assert!(!is_avoided(host, exceptions), "{host} by {exceptions}");
    }
}

#[test]
fn a_proxy_that_makes_no_sense_is_named_without_its_password() {
    let fake = Fake::start();
    for value in
        ["socks9://me:hunter2@127.0.0.1:1", "http://me:hunter2@:x", "http://me:hunter2@[::1", "ftp://me:hunter2@h"]
    {
        let output = far(&fake).with("http_proxy", value).run(&["token"]).expect_status(2);
        assert!(output.stderr.contains("http_proxy") && !output.stderr.contains("hunter2"), "{output:?}");
    }
    for value in ["http://me:hunter2@127.0.0.1:9", "socks5h://me:hunter2@127.0.0.1:9"] {
        let output = far(&fake).with("http_proxy", value).run(&["token"]).expect_status(6);
        assert!(output.stderr.contains("http_proxy") && !output.stderr.contains("hunter2"), "{output:?}");
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn an_auth_url_swapped_under_a_known_password_gets_nothing_from_a_prompt() {
    let (fake, thief) = (Fake::start(), Fake::start());
    let mut user = User::of(&fake);
    user.token();
    user.set("OS_AUTH_URL", &thief.auth_url());
    let mut said = String::new();
    for lines in [1, 0] {
        let hook = user.prompted(&said).success();
        assert!(hook.stdout.starts_with('\n') && hook.stdout.contains("__ostoken_said=other-host"), "{hook:?}");
        assert_eq!(hook.stderr.lines().count(), lines, "{hook:?}");
        said = hook.stdout.rsplit_once("__ostoken_said=").unwrap().1.trim_end().to_owned();
    }
    assert_eq!(thief.requests().len(), 0);
    user.run(&["login"]).success();
    assert!(user.hook("").success().stdout.starts_with("gAAAAA"), "a person said that it is wanted");
    // The kept secret stays where it belongs: the login of one server is none for another.
    let third = Fake::start();
    user.set("OS_AUTH_URL", &third.auth_url());
    user.unset("OS_PASSWORD");
    user.run(&["token"]).expect_status(3);
    assert_eq!(third.requests().len(), 0);
}
