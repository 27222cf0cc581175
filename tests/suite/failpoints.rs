//! kill -9 at every named point of a creation and of a renewal: the next run finds its way.
//!
//! The points exist only in a program that is built with `--features failpoints`, as `tests/run` does.

#[cfg(not(feature = "failpoints"))]
#[test]
fn the_points_are_tested_with_their_feature() {
    crate::support::skip("this needs `cargo test --features failpoints`");
}

#[cfg(feature = "failpoints")]
mod killed {
    use std::fs;

    use ostoken::failpoint::Point;

    use crate::support::{Cloud, CloudOptions, Fake, keyutils};
    use crate::user::User;

    /// What the killed process was doing.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Work {
        Creation,
        Renewal,
    }

    fn user(cloud: &Cloud, keyring: &str) -> User {
        User::new(cloud.openrc_environment("alice", "demo")).with("OSTOKEN_KEYRING", keyring)
    }

    /// Kills a process at `point` and looks at what the next ones make of it.
    fn survives(cloud: &Cloud, keyring: &str, point: Point, work: Work) {
        let case = format!("{keyring}, {work:?} killed at {}", point.name());
        let user = user(cloud, keyring);
        if work == Work::Renewal {
            user.token();
            user.make_stale();
        }
        let before = cloud.creations();
        let mut doomed = user.ostoken(&["token"]);
        let output = user.home.run(doomed.env("OSTOKEN_FAILPOINT", point.name()));
        assert_eq!(output.status, -9, "{case}: {output:?}");
        assert_eq!(output.stdout, "", "{case}");

        let output = user.run(&["token"]);
        assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{case}: {output:?}");
        let token = output.stdout.trim_end();
        assert!(cloud.accepts(token), "{case}");
        assert_eq!(user.token(), token, "{case}");
        let made = cloud.creations() - before;
        assert!((1..=2).contains(&made), "{case}: {made} creations");

        let hook = user.hook("").success();
        assert!(hook.stdout.starts_with(&format!("{token}\n")) && hook.stderr.is_empty(), "{case}: {hook:?}");
        assert_eq!(cloud.creations() - before, made, "{case}");
        user.run(&["refresh"]).success();
        is_tidy(&user, &case);
    }

    /// One record, one lease (its own), nothing half-written.
    fn is_tidy(user: &User, case: &str) {
        assert_eq!(user.leases(), [user.record()["lease"].as_str().unwrap()], "{case}");
        assert_eq!(user.leftovers(), Vec::<String>::new(), "{case}");
    }

    fn survives_everywhere(keyring: &str) {
        let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
        for work in [Work::Creation, Work::Renewal] {
            for point in Point::CREATION {
                survives(&cloud, keyring, point, work);
            }
        }
    }

    #[test]
    fn a_killed_creation_or_renewal_costs_one_more_with_keyutils() {
        if keyutils::available() {
            survives_everywhere("keyutils");
        }
    }

    #[test]
    fn a_killed_creation_or_renewal_costs_one_more_with_files() {
        survives_everywhere("file");
    }

    #[test]
    fn a_prompt_after_a_killed_creation_has_a_token() {
        let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
        for point in Point::CREATION {
            let user = user(&cloud, "file");
            let mut doomed = user.ostoken(&["token"]);
            user.home.run(doomed.env("OSTOKEN_FAILPOINT", point.name())).expect_status(-9);
            let hook = user.hook("").success();
            let token = hook.stdout.lines().next().unwrap_or_default();
            assert!(cloud.accepts(token), "killed at {}: {hook:?}", point.name());
            assert_eq!(hook.stderr, "", "killed at {}", point.name());
        }
    }

    #[test]
    fn a_prompt_whose_renewal_is_killed_goes_on_with_the_old_token() {
        let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
        for point in [Point::Locked, Point::Counted, Point::Created, Point::LeaseMade] {
            let user = user(&cloud, "file");
            let old = user.token();
            user.make_stale();
            user.home.run(user.ostoken(&["renew"]).env("OSTOKEN_FAILPOINT", point.name())).expect_status(-9);
            let hook = user.hook("").success();
            assert!(hook.stdout.starts_with(&old) && hook.stderr.is_empty(), "killed at {}: {hook:?}", point.name());
        }
    }

    #[test]
    fn a_creation_killed_after_the_entry_is_not_repeated() {
        let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
        for point in [Point::EntryWritten, Point::RecordWritten, Point::OldLeaseRemoved] {
            let (user, before) = (user(&cloud, "file"), cloud.creations());
            user.home.run(user.ostoken(&["token"]).env("OSTOKEN_FAILPOINT", point.name())).expect_status(-9);
            assert!(cloud.accepts(&user.token()));
            assert_eq!(cloud.creations() - before, 1, "killed at {}", point.name());
        }
    }

    /// A revocation that ends at `point`, killed or by Ctrl-C, leaves what the next one needs; the token is dead then.
    fn finishes(command: &str, keyring: &str, point: Point) {
        let case = format!("{command} with {keyring}, killed at {}", point.name());
        let fake = Fake::start();
        let user = User::of(&fake).with("OSTOKEN_KEYRING", keyring);
        user.run(&["login"]).success();
        let token = user.token();
        let told = || {
            let deleted = fake.requests().into_iter().filter(|request| request.method == "DELETE");
            deleted.filter(|request| request.header("X-Subject-Token") == Some(&token)).count()
        };
        let mut doomed = user.ostoken(&[command]);
        user.home.run(doomed.env("OSTOKEN_FAILPOINT", point.name())).expect_status(-9);
        if !matches!(point, Point::SecretForgotten | Point::LeasesGone) {
            let hook = user.home.run(user.ostoken(&["hook", "--shell", "bash"]).env_remove("OS_PASSWORD")).success();
            assert!(!hook.stdout.contains(&token), "{case}: it is still handed out: {hook:?}");
        }
        let again = user.run(&[command]).success();
        assert!(again.stderr.is_empty(), "{case}: {again:?}");
        assert!((1..=2).contains(&told()), "{case}: told {} times", told());
        let records = user.names(|name| name.ends_with(".json") && !name.ends_with(".login.json"));
        assert!(records.is_empty() && user.leases().is_empty(), "{case}: {records:?}");
        if keyring == "file" {
            assert_eq!(user.home.files_containing(&[&token]), Vec::<std::path::PathBuf>::new(), "{case}");
        }
        let deletes = fake.count("DELETE");
        user.run(&[command]).success();
        assert_eq!(fake.count("DELETE"), deletes, "{case}: nothing is left to be told");
    }

    #[test]
    fn a_revoke_killed_anywhere_is_finished_by_the_next_one() {
        for point in Point::REVOCATION {
            finishes("revoke", "file", point);
        }
    }

    #[test]
    fn a_logout_killed_anywhere_is_finished_by_the_next_one() {
        for point in [Point::SecretForgotten].into_iter().chain(Point::REVOCATION) {
            finishes("logout", "file", point);
            if keyutils::available() {
                finishes("logout", "keyutils", point);
            }
        }
    }

    #[test]
    fn a_token_made_beside_one_that_is_to_be_revoked_does_not_make_that_one_unknown() {
        let fake = Fake::start();
        let user = User::of(&fake);
        let old = user.token();
        user.home.run(user.ostoken(&["revoke"]).env("OSTOKEN_FAILPOINT", Point::Marked.name())).expect_status(-9);
        let new = user.token();
        assert_ne!(new, old);
        assert!(user.run(&["revoke"]).success().stdout.contains("revoked 2 tokens"));
        for token in [&old, &new] {
            let deleted = fake.requests().into_iter().filter(|request| request.method == "DELETE");
            assert_eq!(deleted.filter(|request| request.header("X-Subject-Token") == Some(token)).count(), 1);
        }
    }

    /// A user with a token, and the keys of the identity and of the login.
    fn with_token() -> (Fake, User, String, String) {
        let fake = Fake::start();
        let user = User::of(&fake);
        user.token();
        let record = user.record();
        let name = |field: &str| record[field].as_str().unwrap().to_owned();
        (fake, user, name("key"), name("login"))
    }

    #[test]
    fn a_half_written_record_and_an_old_lease_go_with_the_next_creation() {
        let (_fake, user, key, _) = with_token();
        fs::write(user.state().join(format!(".{key}.json.aB3xY9")), "{\"half\":").unwrap();
        fs::write(user.state().join(format!("lease.{}.0000000000000000", &key[..16])), "").unwrap();
        user.run(&["refresh"]).success();
        is_tidy(&user, "after a refresh");
    }

    #[test]
    fn a_half_written_memory_of_the_login_goes_with_the_next_creation() {
        let (_fake, user, _, login) = with_token();
        fs::write(user.state().join(format!(".{login}.login.json.aB3xY9")), "{\"half\":").unwrap();
        user.run(&["refresh"]).success();
        is_tidy(&user, "after a refresh");
    }

    #[test]
    fn a_half_written_secret_goes_with_the_login() {
        let (_fake, user, _, _) = with_token();
        user.run(&["login"]).success();
        let folder = user.state().join("secrets");
        let password = user.get("OS_PASSWORD").to_owned();
        let of_secret = fs::read_dir(&folder)
            .unwrap()
            .flatten()
            .find(|file| fs::read_to_string(file.path()).unwrap().contains(&password));
        let name = of_secret.unwrap().file_name().into_string().unwrap();
        fs::write(folder.join(format!(".{name}.aB3xY9")), &password).unwrap();
        user.run(&["logout"]).success();
        assert_eq!(user.home.files_containing(&[&password]), Vec::<std::path::PathBuf>::new());
    }
}
