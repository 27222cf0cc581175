//! The credential protocol: with a real git, and with lines that git never writes.

use ostoken::protocol::Message;

use crate::support::process::Output;
use crate::support::{Cloud, CloudOptions, Fake, tool};
use crate::user::User;

const PASSWORD: &str = "correct horse battery";

/// How a helper is named in git's configuration.
fn helpers() -> [String; 3] {
    let program = env!("CARGO_BIN_EXE_ostoken");
    [program.to_owned(), format!("!'{program}'"), "ostoken".to_owned()]
}

/// `git credential VERB` with this helper alone.
fn git(user: &User, helper: &str, verb: &str, description: &str) -> Output {
    let mut command = user.command("git");
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_ASKPASS", "");
    command.args(["-c", "credential.helper=", "-c", &format!("credential.helper={helper}"), "credential", verb]);
    user.home.run_with_input(&mut command, description)
}

/// The description of this Keystone, and more lines.
fn about(fake: &Fake, more: &str) -> String {
    format!("protocol=http\nhost=127.0.0.1:{}\n{more}\n", fake.port())
}

fn lines(output: &Output) -> Vec<(&str, &str)> {
    output.stdout.lines().filter_map(|line| line.split_once('=')).collect()
}

#[track_caller]
fn value<'o>(output: &'o Output, name: &str) -> &'o str {
    let found = lines(output).into_iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no {name} in {output:?}")).1
}

#[test]
fn git_fills_in_user_and_token_under_each_name_of_the_helper() {
    let (Some(_), Some(cloud)) = (tool("git"), Cloud::start(CloudOptions::default())) else { return };
    let user = User::new(cloud.openrc_environment("alice", "demo"));
    for helper in helpers() {
        for username in ["", "username=alice\n"] {
            let description = format!("protocol=http\nhost=127.0.0.1:{}\n{username}\n", cloud.port());
            let output = git(&user, &helper, "fill", &description).success();
            assert_eq!(value(&output, "username"), "alice");
            assert!(cloud.accepts(value(&output, "password")));
            let expiry: i64 = value(&output, "password_expiry_utc").parse().unwrap();
            assert!((3000..=3600).contains(&(expiry - crate::support::fake_issuer::now())));
            git(&user, &helper, "approve", &(output.stdout + "\n")).success();
        }
    }
    assert_eq!((cloud.creations(), cloud.requests().len()), (1, 1));
}

#[test]
fn git_asks_elsewhere_for_another_server_or_user() {
    if tool("git").is_none() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake);
    let port = fake.port();
    for description in [
        format!("protocol=https\nhost=127.0.0.1:{port}\n\n"),
        "protocol=http\nhost=127.0.0.1\n\n".into(),
        format!("protocol=http\nhost=localhost:{port}\n\n"),
        format!("protocol=http\nhost=127.0.0.1:{port}.example.com\n\n"),
        about(&fake, "username=mallory\n"),
        "protocol=https\nhost=github.com\n\n".into(),
        // git asks for the password of a client certificate in this way.
        "protocol=cert\nhost=\npath=/etc/client.pem\n\n".into(),
    ] {
        for helper in helpers() {
            let output = git(&user, &helper, "fill", &description).expect_status(128);
            assert!(output.stderr.contains("terminal prompts disabled"), "{output:?}");
            assert!(!output.stderr.contains("ostoken:"), "{output:?}");
        }
        let output = user.run_with_input(&["get"], &description).success();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""), "{description}");
    }
    // git itself gives no path, unless it is told to.
    assert_eq!(user.run_with_input(&["get"], &about(&fake, "path=v3x/auth\n")).success().stdout, "");
    assert_eq!(fake.requests().len(), 0);
    assert!(!user.home.state().join("ostoken").exists(), "nothing is even opened");
}

#[test]
fn a_path_of_our_own_keystone_is_ours() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for path in ["", "path=v3\n", "path=v3/auth/tokens\n", "path=/v3/\n"] {
        let output = user.run_with_input(&["get"], &about(&fake, path)).success();
        assert!(value(&output, "password").starts_with("gAAAAA"));
    }
}

#[test]
fn a_password_that_git_approves_leaves_the_program_nowhere() {
    if tool("git").is_none() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    for (description, what) in [
        ("protocol=https\nhost=github.com\nusername=me\npassword=ghp_secret\n\n".to_owned(), "another server's"),
        (about(&fake, "username=alice\npassword=ghp_secret\n"), "a plain one"),
        (about(&fake, "username=alice\npassword=gAAAAAmade-elsewhere\n"), "one that looks like a token"),
        (about(&fake, &format!("username=alice\npassword={token}\n")), "our own token"),
    ] {
        for helper in helpers() {
            git(&user, &helper, "approve", &description).success();
        }
        assert_eq!((fake.requests().len(), user.token().as_str()), (1, token.as_str()), "{what}");
    }
    assert!(user.home.files_containing(&["ghp_secret", "made-elsewhere"]).is_empty());
}

#[test]
fn git_rejects_the_kept_token_and_no_other() {
    if tool("git").is_none() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    for helper in helpers() {
        for other in ["gAAAAAolder", PASSWORD, "x"] {
            git(&user, &helper, "reject", &about(&fake, &format!("username=alice\npassword={other}\n"))).success();
        }
        git(&user, &helper, "reject", &about(&fake, "username=alice\n")).success();
        let elsewhere = format!("protocol=http\nhost=example.com\nusername=alice\npassword={token}\n\n");
        git(&user, &helper, "reject", &elsewhere).success();
    }
    assert_eq!((user.token().as_str(), fake.posts()), (token.as_str(), 1));
    assert_eq!(user.leases().len(), 1);
    git(&user, "ostoken", "reject", &about(&fake, &format!("username=alice\npassword={token}\n"))).success();
    assert_eq!(user.leases().len(), 0, "every prompt learns of it");
    assert_ne!(user.token(), token);
    assert_eq!((fake.posts(), fake.count("DELETE")), (2, 0));
}

/// Hands a token over to `store`.
fn hand_over(user: &User, cloud: &Cloud, token: &str) -> Output {
    let description = format!("protocol=http\nhost=127.0.0.1:{}\nauthtype=X-Auth-Token\n", cloud.port());
    user.run_with_input(&["store"], &format!("{description}credential={token}\n\n"))
}

#[test]
fn a_token_from_elsewhere_is_taken_after_one_look_at_it() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let user = User::new(cloud.openrc_environment("alice", "demo"));
    let old = user.token();
    let token = cloud.create_token("alice", "demo");
    let output = hand_over(&user, &cloud, &token).success();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    assert_eq!((cloud.answers_to("GET", 200), cloud.creations()), (1, 1));
    assert_eq!(user.token(), token);
    assert_eq!(user.status()["token"]["state"], "fresh");

    for (stranger, why) in [
        (cloud.create_token("bob", "demo"), "another user"),
        (cloud.create_token("alice", "other"), "another scope"),
        (cloud.create_token("erin", "remote"), "another user"),
    ] {
        let output = hand_over(&user, &cloud, &stranger).expect_status(4);
        assert!(output.stderr.contains(why) && !output.stderr.contains(&stranger), "{output:?}");
        assert_eq!(user.token(), token);
    }
    let dead = cloud.create_token("alice", "demo");
    cloud.revoke(&dead);
    hand_over(&user, &cloud, &dead).expect_status(4);
    hand_over(&user, &cloud, "gAAAAAnonsense").expect_status(4);
    assert_eq!(user.token(), token);
    hand_over(&user, &cloud, "not a token").expect_status(2);
    assert_eq!(cloud.creations(), 1);
    assert!(cloud.accepts(&old), "what was kept before is not revoked");
}

#[test]
fn a_token_from_elsewhere_needs_its_authtype_and_its_server() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for more in
        ["authtype=Bearer\ncredential=gAAAAAx\n", "authtype=X-Auth-Token\nusername=mallory\ncredential=gAAAAAx\n"]
    {
        user.run_with_input(&["store"], &about(&fake, more)).success();
    }
    user.run_with_input(&["store"], "protocol=https\nhost=h\nauthtype=X-Auth-Token\ncredential=gAAAAAx\n").success();
    for more in ["authtype=X-Auth-Token\npassword=gAAAAAx\n", "authtype=X-Auth-Token\n"] {
        let output = user.run_with_input(&["store"], &about(&fake, more)).expect_status(2);
        assert!(output.stderr.contains("without `credential`"), "{output:?}");
    }
    let output = user.run_with_input(&["store"], &about(&fake, "credential=gAAAAAx\n")).expect_status(2);
    assert!(output.stderr.contains("without `authtype`"), "{output:?}");
    for more in ["authtype=X-Auth-Token\n", "credential=gAAAAAx\n"] {
        let output = user.run_with_input(&["store"], &format!("protocol=https\nhost=h\n{more}")).success();
        assert_eq!(output.stderr, "", "another server's is not ours to judge");
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn lines_may_end_as_windows_ends_them() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let output = user.run_with_input(&["get"], &about(&fake, "username=alice\n").replace('\n', "\r\n")).success();
    assert_eq!(value(&output, "username"), "alice");
    assert!(!output.stdout.contains('\r'));
}

#[test]
fn control_characters_are_refused_with_the_lines_number_and_without_its_value() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for verb in ["get", "store", "erase"] {
        for bad in ["hun\rter2", "hun\0ter2", "hunter2\r\r", "hun\u{1b}ter2", "hun\u{85}ter2", "hun\tter2"] {
            let output = user.run_with_input(&[verb], &about(&fake, &format!("password={bad}\n"))).expect_status(2);
            assert!(output.stderr.contains("line 3") && output.stdout.is_empty(), "{output:?}");
            assert!(!output.stderr.contains("ter2"), "{output:?}");
        }
        user.run_with_input(&[verb], &about(&fake, "no equals sign\n")).expect_status(2);
        user.run_with_input(&[verb], &about(&fake, &format!("x={}\n", "y".repeat(70_000)))).expect_status(2);
    }
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_username_with_a_control_character_leaves_the_program_nowhere() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_USERNAME", "al\nhost=evil");
    user.run_with_input(&["get"], "").expect_status(2);
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn empty_input_means_the_identity_of_the_environment() {
    let fake = Fake::start();
    let user = User::of(&fake);
    for input in ["", "\n", "\n\nhost=after-the-end\n"] {
        let output = user.run_with_input(&["get"], input).success();
        assert_eq!(value(&output, "username"), "alice");
    }
    assert_eq!(fake.posts(), 1);
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_caller_that_erred_is_told_so() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    for input in
        ["", "username=alice\n", "host=127.0.0.1\n", "protocol=http\n", "authtype=X-Auth-Token\ncredential=x\n"]
    {
        for command in ["get", "store", "erase"] {
            if (command, input) != ("get", "") {
                let output = user.run_with_input(&[command], input).expect_status(2);
                assert!(
                    output.stderr.contains("expected `protocol` and `host`") && output.stdout.is_empty(),
                    "{output:?}"
                );
            }
        }
    }
    let output = user.run_with_input(&["erase"], &about(&fake, "")).expect_status(2);
    assert!(output.stderr.contains("expected `password` or `credential`"), "{output:?}");
    let elsewhere = user.run_with_input(&["erase"], "protocol=https\nhost=github.com\n").success();
    assert_eq!(elsewhere.stderr, "", "not ours");
    assert_eq!(user.token(), token);
}

#[test]
fn a_byte_order_mark_before_the_description_is_passed_over() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    let output = user.run_with_input(&["get"], &format!("\u{feff}{}", about(&fake, ""))).success();
    assert_eq!(value(&output, "password"), token);
}

/// The same description with a mark, in what PowerShell and editors on Windows write.
#[test]
fn what_is_not_utf_8_is_refused_with_a_reason() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let text = about(&fake, "");
    let little: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let unmarked: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (input, why) in [(little, "not valid UTF-8"), (big, "not valid UTF-8"), (unmarked, "control character")] {
        let file = user.home.outside("input");
        std::fs::write(&file, input).unwrap();
        for verb in ["get", "store", "erase"] {
            let mut command = user.ostoken(&[verb]);
            let output = user.home.run(command.stdin(std::fs::File::open(&file).unwrap())).expect_status(2);
            assert!(output.stderr.contains("line 1") && output.stderr.contains(why), "{output:?}");
        }
    }
}

/// What git takes a description apart into, as it hands it on; `None` where it refuses.
fn as_git_reads(user: &User, description: &str) -> Option<Message> {
    let seen = user.home.outside("seen");
    let _ = std::fs::remove_file(&seen);
    let mut command = user.command("git");
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_ASKPASS", "").env("SEEN", &seen);
    // With user and password in the URL it asks no helper, and answers with what it read.
    command.args(["-c", "credential.useHttpPath=true", "-c", "credential.helper=", "-c"]);
    command.args(["credential.helper=!f() { cat >\"$SEEN\"; }; f", "credential", "fill"]);
    let output = user.home.run_with_input(&mut command, description);
    let text = std::fs::read(&seen).ok().or_else(|| (output.status == 0).then(|| output.stdout.into_bytes()))?;
    Some(Message::read(&mut &text[..]).unwrap_or_default())
}

#[test]
fn a_url_is_taken_apart_as_git_does_it() {
    if tool("git").is_none() {
        return;
    }
    let user = User::new(Vec::new());
    let parts = |message: &Message| {
        let Message { protocol, host, path, username, password, .. } = message;
        let path = path.as_deref().unwrap_or_default().trim_end_matches('/').to_owned();
        (protocol.clone(), host.clone(), path, username.clone(), password.as_ref().map(|text| text.expose().to_owned()))
    };
    let mut agreed = 0;
    // Every URL of so many of these pieces, as far as a simple generator goes.
    let pieces = [
        "https://", "h", "alice", "@", ":", "/", "?", "#", "%41", "%2f", "%3A", "%40", "%00", "%0a", "%zz", "%", "..",
        "[::1]", ":5000", "\u{e9}", "%c3%a9", "%ff", "+", " ", "=",
    ];
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for round in 0..400 {
        let mut url =
            if round % 8 == 0 { String::new() } else { ["https://", "HTTP://", "http://alice@"][next(3)].to_owned() };
        for _ in 0..next(7) {
            url += pieces[next(pieces.len())];
        }
        let description = format!("username=before\npath=before\nurl={url}\n\n");
        match (as_git_reads(&user, &description), Message::read(&mut description.as_bytes())) {
            (Some(git), Ok(ours)) => {
                assert_eq!(parts(&ours), parts(&git), "{url}");
                agreed += 1;
            }
            // What git hands on as bytes is no text, and what git refuses is refused.
            (Some(_), Err(error)) => assert!(error.to_string().contains("UTF-8"), "{url}: {error}"),
            (None, Err(_)) => {}
            (None, Ok(ours)) => panic!("git refuses {url}: {ours:?}"),
        }
    }
    assert!(agreed > 200, "{agreed}");
}

#[test]
fn a_url_stands_for_its_parts() {
    let fake = Fake::start();
    let mut user = User::of(&fake);
    let ask = |user: &User, url: &str| user.run_with_input(&["get"], &format!("url={url}\n\n")).success().stdout;
    let (port, host) = (fake.port(), format!("127.0.0.1:{}", fake.port()));
    for own in [format!("http://{host}"), format!("HTTP://{host}/v3"), format!("http://alice@{host}/v3/auth/tokens")] {
        assert!(ask(&user, &own).contains("password=gAAAAA"), "{own}");
    }
    for other in [
        format!("http://bob@{host}"),
        format!("https://{host}"),
        format!("http://{host}@example.com/"),
        "http://127.0.0.1/".into(),
        format!("http://localhost:{port}/"),
    ] {
        assert_eq!(ask(&user, &other), "", "{other}");
    }
    // As git decodes it.
    user.set("OS_USERNAME", "alice@example.com");
    assert!(ask(&user, &format!("http://alice%40example.com@{host}/")).contains("password=gAAAAA"));
    user.run_with_input(&["get"], "url=nonsense\n").expect_status(2);
}

#[test]
fn capabilities_are_what_the_protocol_document_says() {
    let output = User::new(Vec::new()).run(&["capability"]).success();
    assert_eq!(output.stdout, "version 0\ncapability authtype\n");
}

#[test]
fn under_gits_name_an_unknown_verb_is_passed_over_and_under_its_own_it_is_an_error() {
    let user = User::new(Vec::new());
    let mut command = user.command(env!("CARGO_BIN_EXE_git-credential-ostoken"));
    let output = user.home.run_with_input(command.arg("future"), "protocol=https\nhost=h\n").success();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    let output = user.run_with_input(&["future"], "").expect_status(2);
    assert!(output.stderr.contains("future") && output.stderr.contains("hint: "), "{output:?}");
}

#[test]
fn a_broken_identity_does_not_disturb_git_elsewhere() {
    if tool("git").is_none() {
        return;
    }
    let fake = Fake::start();
    for (name, bad) in [("OS_AUTH_URL", "nonsense"), ("OS_AUTH_URL", ""), ("OS_USERNAME", ""), ("OSTOKEN_KEYRING", "x")]
    {
        let user = User::of(&fake).with(name, bad);
        let output = git(&user, "ostoken", "fill", "protocol=https\nhost=github.com\n\n").expect_status(128);
        assert!(!output.stderr.contains("ostoken:"), "{output:?}");
    }
}

#[test]
fn git_is_told_why_there_is_no_token() {
    let (Some(_), fake) = (tool("git"), Fake::start()) else { return };
    let user = User::of(&fake).without("OS_PASSWORD");
    let output = git(&user, "ostoken", "fill", &about(&fake, "")).expect_status(128);
    assert!(output.stderr.contains("ostoken: no password saved"), "{output:?}");
}
