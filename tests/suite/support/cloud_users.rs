//! What a user of a cloud has in hand, and what an administrator does behind the back of `ostoken`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::cloud::Cloud;
use super::http::{self, Response};
use super::openrc_text;
use super::people::{parse, password, prepared_json, project_domain, project_id, user_field};

/// Name and value, as a program's environment takes them.
pub type Variables = Vec<(String, String)>;

impl Cloud {
    /// What an OpenRC file of this user sets, password included.
    pub fn openrc_environment(&self, user: &str, project: &str) -> Variables {
        let mut variables = self.user_environment(user);
        variables.push(("OS_PROJECT_NAME".into(), project.into()));
        variables.push(("OS_PROJECT_DOMAIN_NAME".into(), project_domain(project)));
        variables
    }

    /// The same without a scope.
    pub fn user_environment(&self, user: &str) -> Variables {
        let mut variables = self.common_environment();
        variables.push(("OS_USERNAME".into(), user.into()));
        variables.push(("OS_PASSWORD".into(), password(user)));
        variables.push(("OS_USER_DOMAIN_NAME".into(), user_field(user, "domain")));
        variables
    }

    /// The environment for alice's application credential in the project demo.
    pub fn app_credential_environment(&self) -> Variables {
        let credential = prepared_json("app-credential.json");
        let field = |name: &str| credential[name].as_str().unwrap().to_owned();
        let mut variables = self.common_environment();
        variables.push(("OS_AUTH_TYPE".into(), "v3applicationcredential".into()));
        variables.push(("OS_APPLICATION_CREDENTIAL_ID".into(), field("id")));
        variables.push(("OS_APPLICATION_CREDENTIAL_SECRET".into(), field("secret")));
        variables
    }

    fn common_environment(&self) -> Variables {
        let mut variables = vec![
            ("OS_AUTH_URL".into(), self.auth_url()),
            ("OS_IDENTITY_API_VERSION".into(), "3".into()),
            ("OS_REGION_NAME".into(), "RegionOne".into()),
            ("OS_INTERFACE".into(), "public".into()),
        ];
        if let Some(file) = self.ca_file() {
            variables.push(("OS_CACERT".into(), file.display().to_string()));
        }
        variables
    }

    /// Writes an OpenRC file like the one OVH's panel gives, with the password in it as the guide says. A shell can
    /// source it without a question.
    pub fn openrc_file(&self, path: &Path, user: &str, project: &str) {
        let text = openrc_text::with_password(&self.openrc(user, project), &password(user));
        fs::write(path, text).unwrap();
    }

    /// The same as the panel gives it: it asks for the password.
    pub fn openrc_file_that_asks(&self, path: &Path, user: &str, project: &str) {
        fs::write(path, openrc_text::that_asks(&self.openrc(user, project))).unwrap();
    }

    fn openrc(&self, user: &str, project: &str) -> openrc_text::Openrc {
        openrc_text::Openrc {
            auth_url: self.auth_url(),
            user: user.into(),
            user_domain: user_field(user, "domain"),
            project: project.into(),
            project_id: project_id(project),
            project_domain: project_domain(project),
            ca_file: self.ca_file(),
        }
    }

    /// Makes a project's token past `ostoken`; no creation is counted.
    pub fn create_token(&self, user: &str, project: &str) -> String {
        let who = json!({"name": user, "password": password(user), "domain": {"name": user_field(user, "domain")}});
        let identity = json!({"methods": ["password"], "password": {"user": who}});
        let scope = json!({"project": {"name": project, "domain": {"name": project_domain(project)}}});
        let body = json!({"auth": {"identity": identity, "scope": scope}}).to_string();
        let answer = self.request("POST", "/v3/auth/tokens", &[("Content-Type", "application/json")], &body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.header("X-Subject-Token").unwrap().to_owned()
    }

    /// What Keystone says of a token: GET /v3/auth/tokens with the token itself.
    pub fn look_at(&self, token: &str) -> Response {
        self.about("GET", token)
    }

    /// Whether this token is good.
    pub fn accepts(&self, token: &str) -> bool {
        self.look_at(token).status == 200
    }

    /// Revokes a token behind the back of `ostoken`.
    pub fn revoke(&self, token: &str) {
        assert_eq!(self.about("DELETE", token).status, 204);
    }

    /// Gives a user another password; `password` goes on naming the old one.
    pub fn change_password(&self, user: &str, new: &str) {
        let token = self.create_token("admin", "admin");
        let path = format!("/v3/users/{}", user_field(user, "id"));
        let body = json!({"user": {"password": new}}).to_string();
        let headers = [("X-Auth-Token", token.as_str()), ("Content-Type", "application/json")];
        assert_eq!(self.request("PATCH", &path, &headers, &body).status, 200);
    }

    /// Puts a service of this type into the catalog of tokens that are made from now on.
    pub fn register(&self, service_type: &str, url: &str) {
        let token = self.create_token("admin", "admin");
        let headers = [("X-Auth-Token", token.as_str()), ("Content-Type", "application/json")];
        let make = |path: &str, body: Value| {
            let answer = self.request("POST", path, &headers, &body.to_string());
            assert_eq!(answer.status, 201, "{}", answer.body);
            parse(&answer.body)
        };
        let service = make("/v3/services", json!({"service": {"type": service_type, "name": service_type}}));
        let id = &service["service"]["id"];
        let endpoint = json!({"interface": "public", "url": url, "service_id": id, "region_id": "RegionOne"});
        make("/v3/endpoints", json!({ "endpoint": endpoint }));
    }

    fn about(&self, method: &str, token: &str) -> Response {
        let headers = [("X-Auth-Token", token), ("X-Subject-Token", token)];
        self.request(method, "/v3/auth/tokens", &headers, "")
    }

    fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        http::request(self.port(), method, path, headers, body)
    }
}
