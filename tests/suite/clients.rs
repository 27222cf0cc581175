//! Both real clients in hooked shells: they work with what the hook exports, and where they could not bear it, the hook
//! leaves them alone.

use std::fs;

use crate::support::pty::Shell;
use crate::support::{Client, Cloud, CloudOptions, people};
use crate::terminal::{init, language, openrc};
use crate::user::User;

const CLIENTS: [(&str, Client); 2] = [("pip", Client::Pip), ("debian", Client::Debian)];
const LIST: &str = "openstack project list -f value -c Name";
const LIST_WITH_TOKEN: &str = "openstack --os-auth-type token project list -f value -c Name";

/// Runs each function with each client, in each shell.
macro_rules! with_each_client {
    ($($name:ident)*) => {
        with_each_client!(@ bash_and_pip "bash" 0 $($name)*);
        with_each_client!(@ bash_and_debian "bash" 1 $($name)*);
        with_each_client!(@ zsh_and_pip "zsh" 0 $($name)*);
        with_each_client!(@ zsh_and_debian "zsh" 1 $($name)*);
        with_each_client!(@ fish_and_pip "fish" 0 $($name)*);
        with_each_client!(@ fish_and_debian "fish" 1 $($name)*);
        with_each_client!(@ powershell_and_pip "powershell" 0 $($name)*);
        with_each_client!(@ powershell_and_debian "powershell" 1 $($name)*);
    };
    (@ $module:ident $shell:literal $client:literal $($name:ident)*) => {
        mod $module {
            $(#[test] fn $name() { super::$name($shell, super::CLIENTS[$client].1); })*
        }
    };
}

with_each_client! {
    a_hooked_shell_and_what_is_started_in_it_can_list_projects
    environments_that_the_client_cannot_bear_a_token_in_are_left_alone
}

/// Somebody with this client on PATH.
fn person(client: Client) -> Option<User> {
    User::with_keyutils(Vec::new())?.with_client(client)
}

/// Runs a line that lists projects; `demo` is there and nobody complained.
#[track_caller]
fn lists(shell: &mut Shell, line: &str) {
    let answer = shell.run(line);
    let answered = answer.status == 0 && answer.text.lines().any(|name| name == "demo");
    assert!(answered, "{line}: {answer:?}\n{}", shell.exported("OS_|OSTOKEN_"));
}

/// The creations that were not the clients' own exchange of a token for a token.
fn made_with_a_secret(cloud: &Cloud) -> usize {
    let requests = cloud.requests();
    requests.iter().filter(|entry| entry.status == 201 && entry.auth != ["token"]).count()
}

fn a_hooked_shell_and_what_is_started_in_it_can_list_projects(name: &str, client: Client) {
    let Some(person) = person(client) else { return };
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let source = openrc(&person, &cloud, name, "bob", "demo");
    shell.run(&source);
    shell.token();
    lists(&mut shell, LIST_WITH_TOKEN);
    lists(&mut shell, LIST);
    lists(&mut shell, &format!("bash -c '{LIST}'"));
    shell.run(&source);
    lists(&mut shell, LIST);
    lists(&mut shell, &format!("ostoken exec -- {LIST}"));
    // In a shell without the hook, from the OpenRC file alone.
    let env = format!("eval \"$(ostoken env --shell bash --openrc {})\"", person.home.outside("bob.sh").display());
    lists(&mut shell, &format!("env -u OS_TOKEN -u OSTOKEN_EXPORTED bash -c '{env}; {LIST}'"));
    shell.run(&language::inner(name));
    lists(&mut shell, LIST);
    assert_eq!(made_with_a_secret(&cloud), 1, "{:?}", cloud.requests());
}

/// Sources variables, sees that the hook leaves them as they are, and that the client works by itself.
fn is_left_alone(shell: &mut Shell, person: &User, variables: &[(String, String)]) {
    let quoted = |value: &str| crate::support::openrc_text::quoted(value);
    let text: String = variables.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value))).collect();
    let file = person.home.outside("variables.sh");
    fs::write(&file, text).unwrap();
    let said = shell.run(&format!("source {}", file.display())).text;
    assert_eq!(said, "");
    let mut expected: Vec<_> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    expected.sort();
    assert_eq!(shell.exported("OS_|OSTOKEN_(EXP|FOR|USER|AUTH)"), expected.join("\n"));
    lists(shell, LIST);
    let names: Vec<_> = variables.iter().map(|(name, _)| name.as_str()).collect();
    shell.run(&format!("unset {}", names.join(" ")));
}

fn environments_that_the_client_cannot_bear_a_token_in_are_left_alone(name: &str, client: Client) {
    let Some(person) = person(client) else { return };
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());

    let credential = cloud.app_credential_environment();
    is_left_alone(&mut shell, &person, &credential);
    let mut domain = cloud.user_environment("alice");
    domain.push(pair("OS_DOMAIN_NAME", "Default"));
    is_left_alone(&mut shell, &person, &domain);

    let clouds = person.home.path().join(".config/openstack/clouds.yaml");
    fs::create_dir_all(clouds.parent().unwrap()).unwrap();
    let auth = format!(
        "auth_url: {}, username: alice, password: {}, user_domain_name: Default, project_name: demo, \
         project_domain_name: Default",
        cloud.auth_url(),
        people::password("alice")
    );
    fs::write(&clouds, format!("clouds: {{mine: {{region_name: RegionOne, auth: {{{auth}}}}}}}\n")).unwrap();
    is_left_alone(&mut shell, &person, &[pair("OS_CLOUD", "mine")]);

    // For tools that want it all the same.
    shell.run("export OSTOKEN_EXPORT=always");
    shell.run("ostoken_on");
    for variables in [credential, domain] {
        person.home.logged_in(&variables);
        let source: Vec<_> = variables.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
        assert_eq!(shell.run(&format!("export {}", source.join(" "))).text, "");
        assert!(cloud.accepts(&shell.token()));
        let names: Vec<_> = variables.iter().map(|(name, _)| name.as_str()).collect();
        shell.run(&format!("unset {}", names.join(" ")));
        assert_eq!(shell.exported("OS_|OSTOKEN_(EXPO|EXPI|FOR|USER|AUTH)"), "OSTOKEN_EXPORT=always");
    }
}
