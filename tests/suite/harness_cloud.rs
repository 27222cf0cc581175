//! The harness itself: real Keystones and the real clients before them.

use std::time::{Duration, Instant};

use crate::support::{Client, Cloud, CloudOptions, Home, people, tool};

#[test]
fn a_cloud_issues_shows_and_revokes_real_tokens() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else {
        return;
    };
    for (user, project) in [("alice", "demo"), ("alice", "other"), ("bob", "demo"), ("erin", "remote")] {
        let token = cloud.create_token(user, project);
        assert!(cloud.accepts(&token), "{user}");
        cloud.revoke(&token);
        assert!(!cloud.accepts(&token), "{user}");
    }
    assert_eq!(cloud.creations(), 0, "the harness does not count itself");
}

#[test]
fn both_clients_work_with_a_cloud() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else {
        return;
    };
    for client in [Client::Pip, Client::Debian] {
        let home = Home::new();
        let Some(mut command) = home.openstack(client, &["token", "issue", "-f", "value", "-c", "id"]) else {
            return;
        };
        let before = cloud.creations();
        command.envs(cloud.openrc_environment("bob", "demo"));
        let output = home.run(&mut command).success();
        assert!(cloud.accepts(output.stdout.trim()));
        assert_eq!(cloud.creations(), before + 1);
    }
    let last = cloud.requests().into_iter().find(|entry| entry.status == 201);
    assert_eq!(last.unwrap().auth, ["password"]);
}

#[test]
fn an_application_credential_works_with_a_cloud() {
    let home = Home::new();
    let Some(cloud) = Cloud::start(CloudOptions::default()) else {
        return;
    };
    let Some(mut command) = home.openstack(Client::Pip, &["project", "list", "-f", "value"]) else {
        return;
    };
    command.envs(cloud.app_credential_environment());
    let output = home.run(&mut command).success();
    assert!(output.stdout.contains("demo"), "{output:?}");
    let methods = cloud.requests().into_iter().flat_map(|entry| entry.auth);
    assert!(methods.into_iter().any(|name| name == "application_credential"));
}

#[test]
fn an_openrc_file_sourced_by_bash_gives_the_environment_it_stands_for() {
    let (home, Some(cloud)) = (Home::new(), Cloud::start(CloudOptions::default())) else {
        return;
    };
    for (user, project) in [("bob", "demo"), ("erin", "remote")] {
        let file = home.outside("openrc.sh");
        cloud.openrc_file(&file, user, project);
        let mut bash = home.command("bash");
        bash.args([
            "-euc",
            r#"source "$1"; printf '%s|%s|%s' "$OS_PASSWORD" "$OS_TENANT_NAME" "$OS_USER_DOMAIN_NAME""#,
            "bash",
        ]);
        let output = home.run(bash.arg(&file)).success();
        let domain = people::project_domain(project);
        assert_eq!(output.stdout, format!("{}|{project}|{domain}", people::password(user)));
    }
}

#[test]
fn a_cloud_has_the_lifetime_and_the_lockout_it_was_asked_for() {
    let options = CloudOptions { expiration: 90, lockout: Some(3), ..CloudOptions::default() };
    let Some(cloud) = Cloud::start(options) else {
        return;
    };
    let seen = cloud.look_at(&cloud.create_token("alice", "demo"));
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    let moment = |name: &str| {
        let text = body["token"][name].as_str().unwrap();
        let format = &time::format_description::well_known::Rfc3339;
        time::OffsetDateTime::parse(text, format).unwrap()
    };
    assert_eq!((moment("expires_at") - moment("issued_at")).whole_seconds(), 90);

    let attempt = |password: &str| {
        let mut variables = cloud.openrc_environment("bob", "demo");
        variables.retain(|(name, _)| name != "OS_PASSWORD");
        variables.push(("OS_PASSWORD".into(), password.into()));
        let home = Home::new();
        let mut command = home.openstack(Client::Pip, &["token", "issue"])?;
        Some(home.run(command.envs(variables)).status)
    };
    for _ in 0..3 {
        attempt("wrong");
    }
    if let Some(status) = attempt(&people::password("bob")) {
        assert_ne!(status, 0, "bob is locked out");
        assert_eq!(cloud.answers_to("POST", 401), 4);
    }
}

#[test]
fn a_delayed_cloud_counts_at_once_and_answers_later() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else {
        return;
    };
    cloud.set_delay(1.5);
    let started = Instant::now();
    cloud.create_token("alice", "demo");
    assert!(started.elapsed() >= Duration::from_millis(1500));
    cloud.set_delay(0.0);
}

#[test]
fn a_cloud_behind_tls_is_known_by_its_own_authority_alone() {
    let (Some(curl), Some(cloud)) = (tool("curl"), Cloud::start(CloudOptions { tls: true, ..CloudOptions::default() }))
    else {
        return;
    };
    let home = Home::new();
    let url = cloud.auth_url();
    let trusting = home.run(home.command(&curl).args(["-sS", &url, "--cacert"]).arg(cloud.ca_file().unwrap()));
    assert!(trusting.success().stdout.contains(&url), "the catalog's address is https too");
    let strict = home.run(home.command(&curl).args(["-sS", &url]));
    assert_eq!(strict.status, 60, "{strict:?}");
}

#[test]
fn a_changed_password_is_the_only_one_that_works() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else {
        return;
    };
    cloud.change_password("bob", "something new");
    let home = Home::new();
    if let Some(mut command) = home.openstack(Client::Pip, &["token", "issue"]) {
        let output = home.run(command.envs(cloud.openrc_environment("bob", "demo")));
        assert!(output.stderr.contains("HTTP 401"), "{output:?}");
    }
}
