//! TLS: whom a server is trusted by, how this client shows who it is, and what is said where either fails.

use std::fs;

use crate::support::fake_issuer::characters;
use crate::support::tls::{Certificate, front};
use crate::support::{Answer, Fake};
use crate::user::User;

/// A user of the fake behind TLS on this port, whose file of authorities holds this.
fn user_of(fake: &Fake, port: u16, authorities: &str) -> User {
    let mut user = User::of(fake);
    user.set("OS_AUTH_URL", &format!("https://localhost:{port}/v3"));
    let file = file(&user, "ca.pem", authorities);
    user.set("OS_CACERT", &file);
    user
}

fn file(user: &User, name: &str, text: &str) -> String {
    let path = user.home.outside(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_servers_own_certificate_is_taken_where_it_is_listed_for_its_names_and_dates_alone() {
    let fake = Fake::start();
    let own = Certificate::self_signed(&["localhost"]);
    let port = front(fake.port(), &own, None);
    let mut user = user_of(&fake, port, &own.pem);
    user.token();
    // Another name of the same server.
    user.set("OS_AUTH_URL", &format!("https://127.0.0.1:{port}/v3"));
    let output = user.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains("certificate is for") && output.stderr.contains("not for 127.0.0.1"), "{output:?}");
    // A certificate of the same names and another key.
    let stranger = user_of(&fake, port, &Certificate::self_signed(&["localhost"]).pem);
    let output = stranger.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains("not signed by a trusted authority: set OS_CACERT"), "{output:?}");
    let over = Certificate::expired(&["localhost"]);
    let user = user_of(&fake, front(fake.port(), &over, None), &over.pem);
    let output = user.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains("expired on 2021-01-01"), "{output:?}");
    assert_eq!(fake.posts(), 1);
}

#[test]
fn authorities_stand_in_a_file_a_hashed_folder_or_under_openssls_other_labels() {
    let fake = Fake::start();
    let authority = Certificate::self_signed(&["authority"]);
    let port = front(fake.port(), &authority.signed(&["localhost"]), None);
    let mut user = user_of(&fake, port, &format!("some text\n{}more text\n", authority.pem));
    user.token();
    user.set("OS_CACERT", &file(&user, "trusted.pem", &authority.trusted_pem()));
    user.run(&["token"]).success();
    let folder = user.home.outside("folder");
    file(&user, "folder/authority.pem", &authority.pem);
    user.set("OS_CACERT", folder.to_str().unwrap());
    let output = user.run(&["login"]).expect_status(2);
    assert!(output.stderr.contains("OS_CACERT") && output.stderr.contains("openssl rehash"), "{output:?}");
    std::os::unix::fs::symlink("authority.pem", folder.join("5ed36f99.0")).unwrap();
    user.run(&["login"]).success();
    // A folder in which one link leads nowhere.
    std::os::unix::fs::symlink("absent.pem", folder.join("0a1b2c3d.0")).unwrap();
    user.run(&["refresh"]).success();
}

#[test]
fn the_first_of_the_variables_that_name_authorities_decides() {
    let fake = Fake::start();
    let (ours, other) = (Certificate::self_signed(&["authority"]), Certificate::self_signed(&["other"]));
    let port = front(fake.port(), &ours.signed(&["localhost"]), None);
    let names = ["OS_CACERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];
    for (at, name) in names.iter().enumerate() {
        let mut user = user_of(&fake, port, &ours.pem);
        let (right, wrong) = (user.get("OS_CACERT").to_owned(), file(&user, "other.pem", &other.pem));
        user.unset("OS_CACERT");
        user.set(name, &right);
        for later in &names[at + 1..] {
            user.set(later, &wrong);
        }
        user.token();
        user.set(name, &wrong);
        user.set("OS_PROJECT_NAME", "other");
        for later in &names[at + 1..] {
            user.set(later, &right);
        }
        user.run(&["token"]).expect_status(6);
        user.set(name, "/absent.pem");
        let output = user.run(&["token"]).expect_status(2);
        assert!(output.stderr.contains(name) && output.stderr.contains("/absent.pem"), "{output:?}");
    }
    assert_eq!(fake.posts(), names.len());
}

#[test]
fn a_client_certificate_is_shown_where_the_server_asks_for_it() {
    let fake = Fake::start();
    let (authority, clients) = (Certificate::self_signed(&["authority"]), Certificate::self_signed(&["clients"]));
    let port = front(fake.port(), &authority.signed(&["localhost"]), Some(&clients));
    let mut user = user_of(&fake, port, &authority.pem);
    let output = user.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains("asks for a client certificate: set OS_CERT and OS_KEY"), "{output:?}");
    let client = clients.signed(&["somebody"]);
    let (certificate, key) = (file(&user, "client.pem", &client.pem), file(&user, "client.key", &client.key));
    let both = file(&user, "both.pem", &format!("{}{}", client.pem, client.key));
    user.set("OS_CERT", &certificate);
    let output = user.run(&["token"]).expect_status(2);
    assert!(output.stderr.contains("OS_CERT") && output.stderr.contains("set OS_KEY"), "{output:?}");
    user.set("OS_KEY", &key);
    user.token();
    let mut user = user_of(&fake, port, &authority.pem).with("OS_CERT", &both);
    user.token();
    let stranger = Certificate::self_signed(&["stranger"]);
    user.set("OS_CERT", &file(&user, "stranger.pem", &format!("{}{}", stranger.pem, stranger.key)));
    user.set("OS_PROJECT_NAME", "other");
    user.run(&["login"]).expect_status(6);
    user.set("OS_CERT", &certificate);
    user.set("OS_KEY", &file(&user, "encrypted.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"));
    let output = user.run(&["login"]).expect_status(2);
    assert!(output.stderr.contains("OS_KEY") && output.stderr.contains("openssl pkey"), "{output:?}");
    assert_eq!(fake.posts(), 2);
}

#[test]
fn what_does_not_speak_tls_is_named_in_words() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_AUTH_URL", &format!("https://127.0.0.1:{}/v3", fake.port()));
    let output = user.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains("does not speak TLS on this port"), "{output:?}");
}

#[test]
fn an_answer_with_two_tokens_is_none() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let two = Answer::token(&characters(70, 7), "2026-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z");
    fake.then(two.header("X-Subject-Token", &characters(70, 8)));
    let output = user.run(&["token"]).expect_status(6);
    assert!(output.stderr.contains("more than one X-Subject-Token"), "{output:?}");
    assert_eq!(output.stdout, "");
}
