//! Request bodies and answers, without a network.

use super::answer::Answer;
use super::request::body;
use crate::error::Error;
use crate::identity::{AuthUrl, Domain, Identity, Login, Method, Scope, User};
use crate::secret::Secret;
use proptest::prelude::*;
use serde_json::{Value, json};

const URL: &str = "https://h/v3/auth/tokens";

fn identity(method: Method, scope: Scope) -> Identity {
    Identity { login: Login { auth_url: AuthUrl::parse("https://h", false).expect("a URL"), method }, scope }
}

fn me() -> User {
    User::Name { name: "me".into(), domain: Domain::Name("Users".into()) }
}

fn request(method: Method, scope: Scope) -> Value {
    let text = body(&identity(method, scope), &Secret::from("p\"w\\"));
    serde_json::from_slice::<Value>(&text).expect("JSON")["auth"].take()
}

#[test]
fn a_password_request_is_the_api_references() {
    let scope = Scope::ProjectName { name: "p".into(), domain: Domain::Id("default".into()) };
    let expected = json!({
        "identity": {
            "methods": ["password"],
            "password": { "user": { "name": "me", "domain": { "name": "Users" }, "password": "p\"w\\" } },
        },
        "scope": { "project": { "name": "p", "domain": { "id": "default" } } },
    });
    assert_eq!(request(Method::Password(me()), scope), expected);
}

#[test]
fn each_scope_is_said_in_keystones_words() {
    let scope = |scope| request(Method::Password(User::Id("u".into())), scope)["scope"].clone();
    assert_eq!(scope(Scope::ProjectId("p".into())), json!({ "project": { "id": "p" } }));
    assert_eq!(scope(Scope::Domain(Domain::Name("d".into()))), json!({ "domain": { "name": "d" } }));
    assert_eq!(scope(Scope::System), json!({ "system": { "all": true } }));
    assert_eq!(scope(Scope::Trust("t".into())), json!({ "OS-TRUST:trust": { "id": "t" } }));
    assert_eq!(scope(Scope::None), json!("unscoped"));
}

#[test]
fn an_application_credential_asks_for_no_scope() {
    let by_id = request(Method::CredentialId("c".into()), Scope::None);
    assert_eq!(by_id["identity"]["application_credential"], json!({ "id": "c", "secret": "p\"w\\" }));
    assert_eq!(by_id.get("scope"), None);
    let by_name = request(Method::CredentialName { name: "c".into(), user: me() }, Scope::None);
    let expected = json!({ "name": "c", "user": { "name": "me", "domain": { "name": "Users" } }, "secret": "p\"w\\" });
    assert_eq!(by_name["identity"]["application_credential"], expected);
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, body: body.to_string().into_bytes(), ..Answer::default() }
}

fn token_document() -> Value {
    json!({ "token": {
        "issued_at": "2026-11-24T02:00:00.000000Z",
        "expires_at": "2026-11-24T03:00:00.000000Z",
        "user": { "id": "u", "name": "me", "domain": { "id": "d", "name": "Users" } },
        "project": { "id": "pid", "name": "p", "domain": { "id": "default", "name": "Default" } },
    } })
}

#[test]
fn times_are_the_servers_and_its_clock_is_known() {
    let mut answer = answer(201, &token_document());
    let issued = 1_795_485_600;
    answer.date = Some("Tue, 24 Nov 2026 02:00:00 GMT".into());
    let times = answer.token_info(issued - 7200).expect("a token").times;
    assert_eq!((times.issued_at, times.expires_at, times.clock_offset), (issued, issued + 3600, 7200));
    assert_eq!(answer.token_info(issued + 1).expect("a token").times.clock_offset, 0);
    answer.date = None;
    assert_eq!(answer.token_info(issued - 50).expect("a token").times.clock_offset, 50);
}

#[test]
fn nonsense_is_no_token() {
    let with = |name: &str, value: Value| {
        let mut document = token_document();
        document["token"][name] = value;
        answer(201, &document).token_info(0).expect_err("refused")
    };
    assert!(with("expires_at", json!("soon")).contains("`soon`"));
    assert!(with("expires_at", json!("2026-11-24T01:00:00Z")).contains("a token lifetime of"));
    assert!(with("expires_at", json!("9999-11-24T01:00:00Z")).contains("a token lifetime of"));
    assert!(with("expires_at", json!(7)).contains("not a token document"));
    let page = Answer { status: 201, body: b"<html>\x1b[31m".to_vec(), ..Answer::default() };
    let why = page.token_info(0).expect_err("refused");
    assert!(why.contains("<html>\\u{1b}[31m"), "{why}");
}

#[test]
fn keystones_own_words_come_through() {
    let refusal = json!({ "error": { "code": 401, "message": "Invalid\u{1b} user", "title": "Unauthorized" } });
    let error = answer(401, &refusal).error("token creation", URL, 0);
    assert_eq!(error.to_string(), "token creation: Keystone answered 401: Invalid\\u{1b} user");
    let receipt = json!({ "receipt": {}, "required_auth_methods": [["totp", "password"]] });
    assert!(answer(401, &receipt).error("token creation", URL, 0).to_string().contains("totp and password"));
}

#[test]
fn each_status_is_the_error_that_says_what_to_do() {
    let error = |status| answer(status, &json!({})).error("x", URL, 0);
    for status in [400, 401, 403, 404, 409] {
        assert!(matches!(error(status), Error::Refused { .. }), "{status}");
    }
    for status in [500, 502, 503] {
        assert!(matches!(error(status), Error::Unreachable { .. }), "{status}");
    }
    assert!(matches!(error(200), Error::BadAnswer { .. }));
    let mut redirect = answer(307, &json!({}));
    redirect.location = Some("https://elsewhere/v3".into());
    assert!(redirect.error("x", URL, 0).hint().contains("https://elsewhere/v3"));
}

#[test]
fn a_limit_is_in_seconds_or_until_a_date() {
    let wait = |text: Option<&str>| {
        let limited = Answer { status: 429, retry_after: text.map(str::to_owned), ..Answer::default() };
        match limited.error("x", URL, 1_795_485_600) {
            Error::RateLimited(seconds) => seconds,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait(Some("7")), 7);
    assert_eq!(wait(Some("Tue, 24 Nov 2026 02:00:30 GMT")), 30);
    assert_eq!([wait(None), wait(Some("soon")), wait(Some("-1"))], [60; 3]);
}

#[test]
fn a_token_is_of_the_identity_whose_user_and_scope_it_has() {
    let info = answer(200, &token_document()).token_info(0).expect("a token");
    let project = |name: &str| Scope::ProjectName { name: name.into(), domain: Domain::Name("Default".into()) };
    let is_of = |method, scope| info.is_of(&identity(method, scope));
    assert!(is_of(Method::Password(me()), project("p")).is_ok());
    assert!(is_of(Method::Password(User::Id("u".into())), Scope::ProjectId("pid".into())).is_ok());
    assert!(is_of(Method::Password(me()), project("q")).is_err());
    assert!(is_of(Method::Password(me()), Scope::None).is_err());
    assert!(is_of(Method::Password(User::Id("v".into())), project("p")).is_err());
    assert!(is_of(Method::CredentialId("c".into()), Scope::None).is_err());
}

#[test]
fn version_documents_say_where_v3_is() {
    let version = json!({ "id": "v3.14", "links": [{ "rel": "self", "href": "https://h/identity/v3/" }] });
    for document in [
        json!({ "versions": { "values": [version.clone()] } }),
        json!({ "versions": [version.clone()] }),
        json!({ "version": version }),
    ] {
        assert_eq!(answer(300, &document).v3_link().as_deref(), Some("https://h/identity/v3/"));
    }
    assert_eq!(answer(300, &json!({})).v3_link(), None);
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(status in 200u16..600, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let answer = Answer { status, body, retry_after: Some("99999999999999999999".into()), ..Answer::default() };
        let _ = answer.token_info(0);
        let _ = answer.error("x", URL, i64::MAX);
        let _ = answer.v3_link();
    }
}
