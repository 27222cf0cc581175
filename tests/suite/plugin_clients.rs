//! The keystoneauth plugin under Ansible's collection openstack.cloud and python-swiftclient, each by the session that it
//! makes of clouds.yaml.

use std::fs;

use crate::plugin::user_of;
use crate::support::home::Client;
use crate::support::tools::prepared;
use crate::support::{Answer, Cloud, CloudOptions, Fake};
use crate::user::User;

/// The kept token of the login in the user's OpenRC file.
fn token(user: &User) -> String {
    let openrc = user.home.outside("openrc.sh").display().to_string();
    user.run(&["token", "--openrc", &openrc]).success().stdout.trim_end().to_owned()
}

#[test]
fn ansibles_collection_takes_its_token_from_ostoken() {
    let Some(program) = prepared("plugin-clients/bin/ansible-playbook") else { return };
    let Some(collections) = prepared("plugin-clients/collections") else { return };
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(user) = user_of(&cloud, Client::Pip) else { return };
    // To look for a project the collection lists all, which alice may in the system's scope.
    let openrc = user.home.outside("openrc.sh");
    let system = "\nfor name in ${!OS_PROJECT_@} ${!OS_TENANT_@}; do unset $name; done\nexport OS_SYSTEM_SCOPE=all\n";
    fs::write(&openrc, fs::read_to_string(&openrc).expect("an OpenRC file") + system).expect("an OpenRC file");
    let (kept, before) = (token(&user), cloud.creations());
    let playbook = user.home.outside("playbook.yaml");
    let text = "
- hosts: localhost
  gather_facts: false
  tasks:
    - openstack.cloud.auth: {cloud: mine}
      register: login
    - openstack.cloud.project_info: {cloud: mine, name: demo}
      register: found
    - ansible.builtin.assert:
        that:
          - login.auth_token == lookup('ansible.builtin.env', 'KEPT')
          - found.projects | map(attribute='name') == ['demo']
";
    fs::write(&playbook, text).expect("a playbook");
    let mut command = user.command(&program);
    command.env("ANSIBLE_COLLECTIONS_PATH", &collections).env("KEPT", kept);
    let output = user.home.run(command.arg(&playbook)).success();
    assert!(output.stdout.contains("ok=3") && output.stdout.contains("failed=0"), "{output:?}");
    assert_eq!(cloud.creations(), before);
}

#[test]
fn swiftclient_takes_its_token_from_ostoken() {
    let Some(python) = prepared("plugin-clients/bin/python") else { return };
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let store = Fake::start();
    cloud.register("object-store", &format!("http://127.0.0.1:{}/v1/AUTH_demo", store.port()));
    let Some(user) = user_of(&cloud, Client::Pip) else { return };
    store.always(Answer::new(204).header("X-Account-Container-Count", "3"));
    let script = "import openstack, swiftclient
connection = swiftclient.Connection(session=openstack.connect(cloud='mine').session)
print(connection.head_account()['x-account-container-count'])";
    for _ in 0..2 {
        assert_eq!(user.home.run(user.command(&python).args(["-c", script])).success().stdout, "3\n");
    }
    let token = token(&user);
    let requests = store.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("HEAD", "/v1/AUTH_demo"));
        assert_eq!(request.header("X-Auth-Token"), Some(token.as_str()));
    }
    assert_eq!(cloud.creations(), 1, "the one before both");
}
