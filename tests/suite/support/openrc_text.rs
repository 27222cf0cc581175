//! The text of OpenRC files as OVH's panel writes them.

use std::fmt::Write;
use std::path::PathBuf;

/// What such a file is filled in with.
#[derive(Debug, Clone)]
pub struct Openrc {
    /// OS_AUTH_URL.
    pub auth_url: String,
    /// OS_USERNAME.
    pub user: String,
    /// OS_USER_DOMAIN_NAME.
    pub user_domain: String,
    /// OS_TENANT_NAME.
    pub project: String,
    /// OS_TENANT_ID.
    pub project_id: String,
    /// OS_PROJECT_DOMAIN_NAME.
    pub project_domain: String,
    /// OS_CACERT.
    pub ca_file: Option<PathBuf>,
}

const ASKS: &str = r#"# With Keystone you pass the keystone password.
echo "Please enter your OpenStack Password: "
read -sr OS_PASSWORD_INPUT
export OS_PASSWORD=$OS_PASSWORD_INPUT
"#;

/// As the panel gives it: it asks for the password.
pub fn that_asks(openrc: &Openrc) -> String {
    head(openrc) + ASKS + TAIL
}

/// As the guide tells its readers to edit it: with the password in the place of the question.
pub fn with_password(openrc: &Openrc, password: &str) -> String {
    let line = format!("export OS_PASSWORD={}\n", quoted(password));
    head(openrc) + &line + TAIL
}

/// A text in a shell's single quotes.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn head(openrc: &Openrc) -> String {
    let mut text = format!(
        r#"#!/bin/bash

# To use an Openstack cloud you need to authenticate against keystone, which
# returns a **Token** and **Service Catalog**.  The catalog contains the
# endpoint for all services the user/tenant has access to - including nova,
# glance, keystone, swift.
#
export OS_AUTH_URL={}
export OS_IDENTITY_API_VERSION=3

export OS_USER_DOMAIN_NAME=${{OS_USER_DOMAIN_NAME:-"{}"}}
export OS_PROJECT_DOMAIN_NAME=${{OS_PROJECT_DOMAIN_NAME:-"{}"}}

# With the addition of Keystone we have standardized on the term **tenant**
# as the entity that owns the resources.
export OS_TENANT_ID={}
export OS_TENANT_NAME="{}"

# In addition to the owning entity (tenant), openstack stores the entity
# performing the action as the **user**.
export OS_USERNAME="{}"

"#,
        openrc.auth_url, openrc.user_domain, openrc.project_domain, openrc.project_id, openrc.project, openrc.user
    );
    if let Some(file) = &openrc.ca_file {
        let _ = writeln!(text, "export OS_CACERT=\"{}\"\n", file.display());
    }
    text
}

const TAIL: &str = r#"
# If your configuration has multiple regions, we set that information here.
# OS_REGION_NAME is optional and only valid in certain environments.
export OS_REGION_NAME="RegionOne"
# Don't leave a blank variable, unset it if it was empty
if [ -z "$OS_REGION_NAME" ]; then unset OS_REGION_NAME; fi
"#;
