//! clouds.yaml as openstacksdk resolves it: the same files and environments are given to both (`clouds/`).

use crate::support::Fake;
use crate::support::tools::{prepared, root};
use crate::user::User;
use ostoken::error::Error;
use ostoken::identity::Environment;
use ostoken::identity::clouds::{Clouds, Meaning, Search};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use zeroize::Zeroizing;

/// So many are made at random, the same ones each time.
const GENERATED: &str = "300";

/// The variable of each setting in `auth`.
const VARIABLES: [(&str, &str); 17] = [
    ("auth_url", "OS_AUTH_URL"),
    ("username", "OS_USERNAME"),
    ("user_id", "OS_USER_ID"),
    ("user_domain_id", "OS_USER_DOMAIN_ID"),
    ("user_domain_name", "OS_USER_DOMAIN_NAME"),
    ("project_id", "OS_PROJECT_ID"),
    ("project_name", "OS_PROJECT_NAME"),
    ("project_domain_id", "OS_PROJECT_DOMAIN_ID"),
    ("project_domain_name", "OS_PROJECT_DOMAIN_NAME"),
    ("domain_id", "OS_DOMAIN_ID"),
    ("domain_name", "OS_DOMAIN_NAME"),
    ("system_scope", "OS_SYSTEM_SCOPE"),
    ("trust_id", "OS_TRUST_ID"),
    ("password", "OS_PASSWORD"),
    ("application_credential_id", "OS_APPLICATION_CREDENTIAL_ID"),
    ("application_credential_name", "OS_APPLICATION_CREDENTIAL_NAME"),
    ("application_credential_secret", "OS_APPLICATION_CREDENTIAL_SECRET"),
];

type Variables = BTreeMap<String, String>;

/// What openstacksdk's answer means, in variables.
fn of_sdk(result: &Map<String, Value>) -> Variables {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let auth = &result["auth"];
    let mut variables = Variables::new();
    for (setting, variable) in VARIABLES {
        if !auth[setting].is_null() {
            variables.insert(variable.into(), text(&auth[setting]));
        }
    }
    for of in ["USER", "PROJECT"] {
        let (id, name) = (format!("OS_{of}_DOMAIN_ID"), format!("OS_{of}_DOMAIN_NAME"));
        if variables.contains_key(&id) || variables.contains_key(&name) {
            continue;
        }
        if let Some(domain) = auth["default_domain_id"].as_str() {
            variables.insert(id, domain.into());
        } else if let Some(domain) = auth["default_domain_name"].as_str() {
            variables.insert(name, domain.into());
        }
    }
    match &result["verify"] {
        Value::Bool(false) => drop(variables.insert("OS_INSECURE".into(), "true".into())),
        Value::String(path) => drop(variables.insert("OS_CACERT".into(), path.clone())),
        _ => {}
    }
    match &result["cert"] {
        Value::String(path) => drop(variables.insert("OS_CERT".into(), path.clone())),
        Value::Array(both) => {
            variables.insert("OS_CERT".into(), text(&both[0]));
            variables.insert("OS_KEY".into(), text(&both[1]));
        }
        _ => {}
    }
    variables.insert("OS_REGION_NAME".into(), text(&result["region"]));
    variables.retain(|_, value| !value.is_empty());
    variables
}

/// What ostoken makes of the same: the variables, or why not.
fn of_ostoken(folder: &Path, environment: &Environment, cloud: Option<&str>) -> Result<Option<Variables>, Error> {
    let read = |path: &Path| std::fs::read(folder.join("here").join(path)).map(Zeroizing::new);
    let search = Search { environment, current_folder: true, read: &read };
    let clouds = Clouds::read(&search)?;
    let named = cloud.or_else(|| environment.get("OS_CLOUD"));
    let only = named.or_else(|| clouds.only().filter(|_| environment.get("OS_USERNAME").is_none()));
    let Some(name) = only else { return Ok(None) };
    Ok(match clouds.meaning(name, "OS_CLOUD")? {
        Meaning::Environment => None,
        Meaning::Cloud(cloud) => Some(cloud.variables().map(|(name, value)| (name.into(), value.into())).collect()),
    })
}

#[test]
fn clouds_are_resolved_as_openstacksdk_does() {
    let Some(python) = prepared("client/bin/python") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let here = root().join("tests/suite/clouds");
    let mut command = Command::new(python);
    command.arg(here.join("resolve.py")).arg(here.join("cases.yaml")).arg(folder.path()).arg(GENERATED);
    let output = command.output().expect("Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let (mut equal, mut refused, mut wrong) = (0, 0, Vec::new());
    for line in printed.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let name = case["name"].as_str().expect("a name");
        let environment: Environment = case["environment"]
            .as_object()
            .expect("an environment")
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().expect("text")))
            .collect();
        let ours = of_ostoken(&folder.path().join(name), &environment, case["cloud"].as_str());
        let sdk = case["result"].as_object().expect("an answer");
        let sdk_refused = sdk.get("refused");
        match (ours, sdk_refused) {
            (Err(_), Some(_)) => refused += 1,
            // Without a user there is no login to keep a token of.
            (Err(error), None)
                if ["username", "user_id"].iter().any(|n| error.to_string().contains(&format!("has no `{n}`"))) =>
            {
                assert!(sdk["auth"]["username"].is_null() && sdk["auth"]["user_id"].is_null(), "{name}");
                refused += 1;
            }
            // Methods that ostoken does not do.
            (Err(Error::Unsupported { .. }), None) => refused += 1,
            // The environment's own cloud is read elsewhere.
            (Ok(None), None) if sdk["cloud"] == "envvars" => equal += 1,
            (Ok(None), _) if name == "nobody-names-one-of-two" => refused += 1,
            (Ok(Some(variables)), None) => {
                let mut variables = variables;
                variables.remove("OS_AUTH_TYPE");
                let sdk = of_sdk(sdk);
                match variables == sdk {
                    true => equal += 1,
                    false => wrong.push(format!("{name}: ostoken {variables:?}, openstacksdk {sdk:?}")),
                }
            }
            (ours, sdk) => wrong.push(format!(
                "{name}: ostoken {:?}, openstacksdk {sdk:?}",
                ours.map(|v| v.is_some()).map_err(|e| e.to_string())
            )),
        }
    }
    assert!(
        wrong.is_empty(),
        "{equal} equal, {refused} refused by both, {} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(equal > 100 && refused > 40, "{equal} equal, {refused} refused by both");
}

#[test]
fn the_list_of_vendors_is_openstacksdks() {
    let Some(python) = prepared("client/bin/python") else { return };
    let output = Command::new(python).arg(root().join("tests/vendors.py")).output().expect("Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept = fs::read_to_string(root().join("src/identity/clouds/vendors.yaml")).expect("the list");
    let old = "run target/tests/client/bin/python tests/vendors.py > src/identity/clouds/vendors.yaml";
    assert!(String::from_utf8_lossy(&output.stdout) == kept, "{old}");
}

/// Somebody whose clouds.yaml has `lab` at this Keystone, and `kept`, whose password stands nowhere.
fn user_of(fake: &Fake) -> User {
    let user = User::new(Vec::new());
    let folder = user.home.path().join(".config/openstack");
    fs::create_dir_all(&folder).expect("a folder");
    let login = format!("auth_url: {}, username: me, user_domain_name: Default, project_name: demo", fake.auth_url());
    let text = format!(
        "clouds:\n  lab:\n    auth: {{{login}, password: pw}}\n  kept:\n    auth: {{{login}}}\n  other:\n    auth_type: v3oidcpassword\n"
    );
    fs::write(folder.join("clouds.yaml"), text).expect("clouds.yaml");
    user
}

#[test]
fn a_cloud_gives_its_token_to_each_command() {
    let fake = Fake::start();
    let user = user_of(&fake);
    let token = user.run(&["token", "--cloud", "lab"]).success().stdout;
    assert_eq!(user.run(&["token", "--cloud", "lab"]).success().stdout, token);
    let selected = user_of(&fake).with("OS_CLOUD", "lab").with("OS_USERNAME", "somebody").with("OS_PASSWORD", "else");
    assert!(selected.run(&["token"]).success().stdout.len() > 1);
    assert!(fake.requests().iter().all(|request| !request.body.contains("somebody")));
    let environment = user.run(&["env", "--shell", "bash", "--cloud", "lab"]).success().stdout;
    assert!(environment.contains("OS_PROJECT_NAME=") && !environment.contains("pw"), "{environment}");
    let direct = selected.run(&["exec", "--direct", "--", "env"]).success().stdout;
    let has = |name: &str| direct.lines().any(|line| line.starts_with(&format!("{name}=")));
    assert!(has("OS_TOKEN") && has("OS_PROJECT_NAME") && !has("OS_CLOUD") && !has("OS_PASSWORD"), "{direct}");
    assert!(user.run(&["status", "--cloud", "lab"]).success().stdout.contains("\ncloud     lab ("));
}

#[test]
fn a_cloud_without_a_password_has_it_in_the_keyring() {
    let fake = Fake::start();
    let user = user_of(&fake);
    let missing = user.run(&["token", "--cloud", "kept"]).expect_status(3).stderr;
    assert!(missing.contains("no password saved for me"), "{missing}");
    user.home
        .run_with_input(user.command("ostoken").args(["login", "--cloud", "kept", "--password-stdin"]), "pw\n")
        .success();
    assert!(user.run(&["token", "--cloud", "kept"]).success().stdout.len() > 1);
    let told = user.run(&["login", "--cloud", "lab"]).success().stdout;
    assert!(told.contains("you can now remove line 3 of ") && told.contains("clouds.yaml (password)"), "{told}");
}

#[test]
fn what_is_wrong_with_a_cloud_is_said_with_its_place() {
    let fake = Fake::start();
    let user = user_of(&fake);
    let near = user.run(&["token", "--cloud", "lba"]).expect_status(2).stderr;
    assert!(near.contains("--cloud: no cloud `lba` in ") && near.contains("hint: choose one of `lab`"), "{near}");
    let method = user.run(&["token", "--cloud", "other"]).expect_status(2).stderr;
    assert!(
        method.contains("clouds.yaml: line 7: ") && method.contains("`v3oidcpassword` is not supported"),
        "{method}"
    );
    user.run(&["token", "--cloud", "lab", "--openrc", "x"]).expect_status(2);
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_prompt_leaves_a_cloud_alone_and_never_reads_the_one_of_its_folder() {
    let fake = Fake::start();
    let user = user_of(&fake).with("OS_CLOUD", "lab");
    let hook = user.hook("").success();
    assert!(!hook.stdout.contains("OS_TOKEN") && hook.stderr.is_empty(), "{hook:?}");
    assert_eq!(fake.requests().len(), 0);
    let here = user.home.outside("here");
    fs::create_dir_all(&here).expect("a folder");
    fs::write(
        here.join("clouds.yaml"),
        format!("clouds: {{trap: {{auth: {{auth_url: '{}', username: me, password: x}}}}}}", fake.auth_url()),
    )
    .expect("clouds.yaml");
    let user = user.with("OS_CLOUD", "trap").with("OSTOKEN_EXPORT", "always");
    let hook = user.home.run(user.command("ostoken").args(["hook", "--shell", "bash"]).current_dir(&here));
    assert!(hook.stderr.contains("no cloud `trap`"), "{hook:?}");
    assert_eq!(fake.requests().len(), 0);
}
