//! How many tokens people's commands create, counted in a real Keystone's own log. README's table is what is counted here;
//! `tests/creations` counts 20 commands each, tests/run one.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::cloud_users::Variables;
use crate::support::home::Client;
use crate::support::process::Output;
use crate::support::tools::root;
use crate::support::{Cloud, CloudOptions};
use crate::user::User;

/// What README's table counts.
const COMMANDS: usize = 20;

/// A command that every kind of login may run.
const COMMAND: &str = "token issue -f value -c expires";

/// The name of a way to run commands in README's table, what a shell of it has done before, and how it says `openstack`.
const WAYS: [(&str, &str, &str); 5] = [
    ("without ostoken", "", "openstack"),
    ("hooked shell", "eval \"$(ostoken init bash)\"; ostoken_on", "openstack"),
    ("hooked shell, `--wrap openstack`", "eval \"$(ostoken init bash --wrap openstack)\"; ostoken_on", "openstack"),
    ("`ostoken exec`", "", "ostoken exec -- openstack"),
    ("keystoneauth plugin", "export OS_AUTH_TYPE=ostoken", "openstack"),
];

/// The first two of these leave the client to create its tokens.
const CREATING: usize = 2;

fn logins(cloud: &Cloud) -> [(&'static str, Variables); 4] {
    let with = |name: &str, value: &str| [cloud.user_environment("alice"), vec![(name.into(), value.into())]].concat();
    [
        ("password", cloud.openrc_environment("alice", "demo")),
        ("application credential", cloud.app_credential_environment()),
        ("domain scope", with("OS_DOMAIN_NAME", "Default")),
        ("system scope", with("OS_SYSTEM_SCOPE", "all")),
    ]
}

/// Somebody of this cloud who has this client, and the plugin beside it.
fn person(variables: Variables, client: Client) -> Option<User> {
    User::new(variables).with_client(client)?.with_plugin()
}

/// Runs `count` commands in a shell, in this way.
#[track_caller]
fn run(user: &User, (_, before, openstack): (&str, &str, &str), count: usize) -> Output {
    let script = format!("{before}\nfor n in $(seq {count}); do {openstack} {COMMAND} || exit; done");
    let output = user.home.run(user.command("bash").args(["-c", &script])).success();
    assert_eq!(output.stdout.lines().count(), count, "{output:?}");
    output
}

fn count() -> usize {
    std::env::var("OSTOKEN_CREATIONS").map_or(1, |count| count.parse().expect("a number in OSTOKEN_CREATIONS"))
}

/// README's table, line by line; the last column is the time of a command.
fn table(client: Client) -> Option<Vec<(String, f64)>> {
    let cloud = Cloud::start(CloudOptions::default())?;
    let mut rows = Vec::new();
    for (number, way) in WAYS.into_iter().enumerate() {
        let (mut row, mut took) = (format!("| {} |", way.0), None);
        for (login, variables) in logins(&cloud) {
            let user = person(variables, client)?;
            user.token();
            let before = cloud.creations();
            let output = run(&user, way, count());
            let created = cloud.creations() - before;
            took.get_or_insert(output.elapsed.as_secs_f64() / count() as f64);
            let expected = if number < CREATING { count() } else { 0 };
            assert_eq!(created, expected, "{}, {login}: {:?}", way.0, cloud.requests());
            row.push_str(&format!(" {} |", created * COMMANDS / count()));
            // It is the same for the other scopes of the user.
            if number >= CREATING && matches!(login, "password" | "application credential") {
                goes_on_after_refresh_and_revoke(&user, way, &cloud);
            }
        }
        rows.push((row, took.unwrap_or_default()));
    }
    Some(rows)
}

fn goes_on_after_refresh_and_revoke(user: &User, way: (&str, &str, &str), cloud: &Cloud) {
    let before = cloud.creations();
    for command in ["refresh", "revoke"] {
        user.run(&[command]).success();
        run(user, way, 1);
    }
    assert_eq!(cloud.creations(), before + 2, "{}: one for `refresh`, one after `revoke`", way.0);
}

#[expect(clippy::print_stdout, reason = "it is the table that tests/creations shows")]
fn counts_are_those_of_the_readme(client: Client) {
    let Some(rows) = table(client) else { return };
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    println!("{client:?}'s client");
    for (row, took) in rows {
        println!("{row} {took:.1} s |");
        assert!(readme.lines().any(|line| line.starts_with(&row)), "README.md has no line `{row}`");
    }
}

#[test]
fn with_pips_client_nothing_that_ostoken_serves_creates_a_token() {
    counts_are_those_of_the_readme(Client::Pip);
}

#[test]
fn with_debians_client_nothing_that_ostoken_serves_creates_a_token() {
    counts_are_those_of_the_readme(Client::Debian);
}

#[test]
fn no_command_fails_while_a_token_expires() {
    const LIFE: u64 = 20;
    let Some(cloud) = Cloud::start(CloudOptions { expiration: LIFE, ..CloudOptions::default() }) else { return };
    let Some(user) = person(cloud.openrc_environment("alice", "demo"), Client::Pip) else { return };
    let first = user.token();
    // One exec that outlives its token; each command within asks Keystone something with it.
    let script = format!(
        "until [ $SECONDS -gt {} ]; do openstack project list --my-projects -f value -c Name || exit; done",
        LIFE + 3
    );
    let started = Instant::now();
    let output = user.home.run(&mut user.ostoken(&["exec", "--", "bash", "-c", &script])).success();
    assert!(started.elapsed() > Duration::from_secs(LIFE));
    assert!(output.stdout.lines().filter(|line| *line == "demo").count() > 1, "{output:?}");
    assert!(!cloud.accepts(&first));
    let tokens = 2 + started.elapsed().as_secs() / (LIFE / 4);
    assert!(cloud.creations() as u64 <= tokens, "{} creations", cloud.creations());
}

#[test]
fn a_wrapped_command_is_faster_than_a_plain_one_with_a_password() {
    const ROUNDS: usize = 5;
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(user) = person(cloud.openrc_environment("alice", "demo"), Client::Pip) else { return };
    user.token();
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        for (times, way) in times.iter_mut().zip([WAYS[0], WAYS[3]]) {
            times.push(run(&user, way, 1).elapsed);
        }
    }
    let [plain, wrapped] = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    });
    assert!(wrapped < plain, "plain {plain:?}, wrapped {wrapped:?}");
}
