//! The keystoneauth plugin (python/) in both real clients, and its own tests with the keystoneauth of each.

use std::fs;

use crate::support::home::Client;
use crate::support::process::Output;
use crate::support::tools::{prepared, root};
use crate::support::{Cloud, CloudOptions, people};
use crate::user::User;

/// A user whose cloud `mine` of clouds.yaml has the plugin, and names an OpenRC file. There is a token.
pub fn user_of(cloud: &Cloud, client: Client) -> Option<User> {
    let user = User::new(Vec::new()).with_client(client)?.with_plugin()?;
    let openrc = user.home.outside("openrc.sh");
    cloud.openrc_file(&openrc, "alice", "demo");
    user.run(&["token", "--openrc", &openrc.display().to_string()]).success();
    let folder = user.home.path().join(".config/openstack");
    fs::create_dir_all(&folder).expect("a folder");
    let yaml = format!(
        "clouds: {{mine: {{auth_type: ostoken, auth: {{ostoken_openrc: '{}'}}, region_name: RegionOne}}}}",
        openrc.display()
    );
    fs::write(folder.join("clouds.yaml"), yaml).expect("clouds.yaml");
    Some(user)
}

fn openstack(user: &User, arguments: &[&str]) -> Output {
    user.home.run(user.command("openstack").args(arguments))
}

fn a_cloud_of_clouds_yaml_takes_its_token_from_ostoken(client: Client) {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(mut user) = user_of(&cloud, client) else { return };
    let list = ["--os-cloud", "mine", "project", "list", "--my-projects", "-f", "value", "-c", "Name"];
    for _ in 0..2 {
        assert!(openstack(&user, &list).success().stdout.lines().any(|name| name == "demo"));
    }
    assert_eq!(cloud.creations(), 1);
    user.set("OS_CLOUD", "mine");
    assert!(openstack(&user, &["catalog", "list", "-f", "value"]).success().stdout.contains("identity"));
    assert_eq!(cloud.creations(), 1);
    // Somebody else revokes the token: Keystone answers 401 to the next command, which is sent once more.
    let token = user.run(&["token", "--openrc", &user.home.outside("openrc.sh").display().to_string()]).success();
    cloud.revoke(token.stdout.trim());
    assert!(openstack(&user, &list).success().stdout.lines().any(|name| name == "demo"));
    assert_eq!(cloud.creations(), 2);
}

#[test]
fn pips_client_takes_its_token_from_ostoken() {
    a_cloud_of_clouds_yaml_takes_its_token_from_ostoken(Client::Pip);
}

#[test]
fn debians_client_takes_its_token_from_ostoken() {
    a_cloud_of_clouds_yaml_takes_its_token_from_ostoken(Client::Debian);
}

#[test]
fn openstacksdk_takes_its_token_from_ostoken() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(user) = user_of(&cloud, Client::Pip) else { return };
    let Some(python) = prepared("client/bin/python") else { return };
    let script = "import openstack; made = openstack.connect(cloud='mine'); print(made.current_project_id)";
    for _ in 0..2 {
        let output = user.home.run(user.command(&python).args(["-c", script])).success();
        assert_eq!(output.stdout.trim(), people::project_id("demo"));
    }
    assert_eq!(cloud.creations(), 1);
}

#[test]
fn an_error_reaches_the_person_with_its_hint() {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(user) = user_of(&cloud, Client::Pip) else { return };
    let openrc = user.home.outside("openrc.sh");
    cloud.openrc_file_that_asks(&openrc, "bob", "demo");
    let output = openstack(&user, &["--os-cloud", "mine", "catalog", "list"]);
    assert_ne!(output.status, 0);
    let said = "ostoken: no password saved for bob";
    assert!(output.stderr.contains(said) && output.stderr.contains("hint: run `ostoken login"), "{output:?}");
}

/// Its own tests, with the keystoneauth of this Python.
fn its_own_tests_pass(python: &str) {
    let Some(user) = User::new(Vec::new()).with_plugin() else { return };
    let mut command = user.command(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(root().join("python"));
    let output = user.home.run(command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]));
    assert!(output.status == 0 && output.stdout.contains(" passed"), "{output:?}");
}

#[test]
fn its_own_tests_pass_with_pips_keystoneauth() {
    let Some(python) = prepared("client/bin/python") else { return };
    its_own_tests_pass(&python.display().to_string());
}

#[test]
fn its_own_tests_pass_with_debians_keystoneauth() {
    let python = "/usr/bin/python3";
    match std::path::Path::new("/usr/lib/python3/dist-packages/pytest").exists() {
        true => its_own_tests_pass(python),
        false => crate::support::skip("python3-pytest is not installed"),
    }
}

#[test]
fn it_has_the_version_of_the_program() {
    let project = fs::read_to_string(root().join("python/pyproject.toml")).expect("pyproject.toml");
    let version = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(project.lines().any(|line| line == version), "pyproject.toml has no `{version}`");
}
