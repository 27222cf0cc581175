//! A state folder that cannot be used, is damaged or is gone: nothing is lost, and no token is made in vain.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Answer, Fake, keyutils};
use crate::user::User;

fn state(user: &User) -> std::path::PathBuf {
    user.home.state().join("ostoken")
}

/// Nobody works with this folder, nothing is sent, and it is said why.
#[track_caller]
fn is_not_used(user: &User, fake: &Fake, why: &str) {
    let sent = fake.requests().len();
    for command in [&["token"][..], &["login"], &["status"], &["refresh"]] {
        let output = user.run(command).expect_status(1);
        assert!(output.stderr.contains(why) && output.stderr.contains("hint: "), "no `{why}` in {output:?}");
    }
    let hook = user.hook("").success();
    assert!(hook.stdout.starts_with('\n') && hook.stdout.contains("__ostoken_said=state"), "{hook:?}");
    assert!(hook.stderr.contains(why) && hook.stderr.lines().count() == 1, "{hook:?}");
    assert_eq!(user.hook_after(&hook).success().stderr, "");
    assert_eq!(fake.requests().len(), sent);
}

#[test]
fn a_state_folder_that_is_a_symbolic_link_is_not_used() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let elsewhere = user.home.outside("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, state(&user)).unwrap();
    is_not_used(&user, &fake, "symbolic link");
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

#[test]
fn a_state_folder_that_everybody_can_write_to_is_not_used() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    fs::set_permissions(state(&user), fs::Permissions::from_mode(0o777)).unwrap();
    is_not_used(&user, &fake, "everyone can write");
    fs::set_permissions(state(&user), fs::Permissions::from_mode(0o700)).unwrap();
    user.token();
    assert_eq!(fake.posts(), 1);
}

#[test]
fn a_state_folder_of_another_user_is_not_used() {
    let fake = Fake::start();
    let user = User::of(&fake);
    fs::create_dir(state(&user)).unwrap();
    // Only root can give a folder away; others have no such folder to test with.
    if std::os::unix::fs::chown(state(&user), Some(65_534), None).is_ok() {
        is_not_used(&user, &fake, "owned by another user");
        assert!(user.run(&["token"]).stderr.contains("sudo -H"));
    }
}

#[test]
fn a_file_in_place_of_the_state_folder_is_not_used() {
    let fake = Fake::start();
    let user = User::of(&fake);
    fs::write(state(&user), "precious").unwrap();
    is_not_used(&user, &fake, "not a directory");
    assert_eq!(fs::read_to_string(state(&user)).unwrap(), "precious");
}

#[test]
fn state_that_cannot_be_written_costs_one_warning_and_hooks_send_nothing() {
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "keyutils").with("XDG_STATE_HOME", "/proc/nowhere");
    // No login can stand there, so nothing is sent.
    let hook = user.hook("").success();
    assert!(hook.stdout.contains("__ostoken_said=other-host") && hook.stderr.lines().count() == 1, "{hook:?}");
    assert_eq!(fake.requests().len(), 0);

    let output = user.run(&["token"]).success();
    assert!(
        output.stderr.contains("warning: cannot use /proc/nowhere") && output.stderr.lines().count() == 1,
        "{output:?}"
    );
    let again = user.run(&["token"]).success();
    assert_eq!((&again.stdout, fake.posts()), (&output.stdout, 1), "the keyring has it");
    assert!(again.stderr.lines().count() <= 1, "{again:?}");
    let login = user.run(&["login"]).success();
    assert!(login.stderr.contains("warning: cannot use"), "{login:?}");
}

#[test]
fn a_wrong_password_is_sent_once_where_state_cannot_be_written_too() {
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    fake.always(Answer::unauthorized());
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "keyutils").with("XDG_STATE_HOME", "/proc/nowhere");
    for _ in 0..5 {
        user.run(&["token"]).expect_status(4);
    }
    assert_eq!(fake.posts(), 1, "the keyring knows which one was refused");
}

/// A command of a shell that cannot write to any file, as on a full disk.
fn on_a_full_disk(user: &User, arguments: &str) -> Command {
    let mut command = user.command("bash");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f 0; exec ostoken {arguments}")]);
    command
}

#[test]
fn a_full_disk_costs_one_warning_and_loses_nothing() {
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "keyutils");
    let hook = user.home.run(&mut on_a_full_disk(&user, "hook --shell bash")).success();
    assert!(hook.stdout.starts_with('\n'), "{hook:?}");
    assert_eq!(fake.requests().len(), 0, "a hook sends nothing: {hook:?}");
    let output = user.home.run(&mut on_a_full_disk(&user, "token")).success();
    assert!(output.stderr.contains("warning: cannot use") && output.stderr.lines().count() == 1, "{output:?}");
    assert_eq!(user.leftovers(), Vec::<String>::new());
    assert_eq!((user.token(), fake.posts()), (output.stdout.trim_end().to_owned(), 1));
    assert_eq!(user.leases().len(), 1);

    let token = user.token();
    user.make_stale();
    let output = user.home.run(&mut on_a_full_disk(&user, "token")).success();
    assert!(output.stderr.contains("warning: cannot use"), "{output:?}");
    let now = user.token();
    assert!(output.stdout.trim_end() == now || now == token, "{output:?}");
}

#[test]
fn each_call_says_that_its_token_cannot_be_kept() {
    // The keyring itself lies on the full disk.
    let fake = Fake::start();
    let user = User::of(&fake);
    for call in 1..=3 {
        let output = user.home.run(&mut on_a_full_disk(&user, "token")).success();
        assert!(output.stderr.starts_with("ostoken: warning: created a token but could not save it: cannot use "));
        assert_eq!((output.stderr.lines().count(), fake.posts()), (1, call), "{output:?}");
    }
    user.token();
}

#[test]
fn a_record_that_is_damaged_or_gone_is_rebuilt_without_a_request() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    let (path, good) = (user.record_path(), user.record());
    let with = |name: &str, value: Value| {
        let mut record = good.clone();
        record[name] = value;
        record.to_string()
    };
    let damages = [
        String::new(),
        "\0".repeat(300),
        "{".into(),
        "null".into(),
        "[1,2]".into(),
        good.to_string()[..200].to_owned(),
        with("fingerprint", "0000000000000000".into()),
        with("key", "0".into()),
        with("expires_at", "soon".into()),
        with("version", Value::Null),
        with("version", (-1).into()),
    ];
    for damage in &damages {
        fs::write(&path, damage).unwrap();
        assert_eq!(user.token(), token, "{damage}");
        assert_eq!(user.record(), good, "{damage}");
        fs::write(&path, damage).unwrap();
        assert!(user.hook("").success().stdout.starts_with(&token), "{damage}");
        assert_eq!(user.record(), good, "{damage}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(user.token(), token);
    assert_eq!(user.record(), good);
    assert_eq!(user.leases(), [good["lease"].as_str().unwrap()]);
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_lease_that_is_gone_is_made_again() {
    let fake = Fake::start();
    let user = User::of(&fake);
    let token = user.token();
    fs::remove_file(user.state().join(&user.leases()[0])).unwrap();
    let hook = user.hook("").success();
    let lease = user.state().join(&user.leases()[0]);
    assert!(hook.stdout.starts_with(&token) && hook.stdout.contains(lease.to_str().unwrap()), "{hook:?}");
    fs::remove_file(lease).unwrap();
    assert_eq!(user.token(), token);
    assert_eq!(user.leases(), [user.record()["lease"].as_str().unwrap()]);
    assert_eq!(fake.posts(), 1);
}

#[test]
fn a_state_folder_that_is_gone_is_made_again_from_the_keyring() {
    if !keyutils::available() {
        return;
    }
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "keyutils");
    let token = user.token();
    fs::remove_dir_all(state(&user)).unwrap();
    assert_eq!((user.token(), fake.posts()), (token, 1));
    assert_eq!(user.leases(), [user.record()["lease"].as_str().unwrap()]);
}

#[test]
fn a_record_of_a_newer_program_is_left_alone() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    let path = user.record_path();
    let mut record = user.record();
    record["version"] = 99.into();
    for text in [record.to_string(), r#"{"version": 99, "shape": "unknown"}"#.to_owned()] {
        fs::write(&path, &text).unwrap();
        for command in [&["token"][..], &["refresh"], &["revoke"], &["status"]] {
            let output = user.run(command);
            assert_eq!(output.status, 1, "{command:?}: {output:?}");
            assert!(output.stderr.contains("written by a newer ostoken (version 99)"), "{command:?}: {output:?}");
        }
        let hook = user.hook("").success();
        assert!(hook.stdout.contains("__ostoken_said=state") && hook.stderr.contains("version 99"), "{hook:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn times_at_the_edge_of_a_number_make_nothing_panic() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.token();
    let good = user.record();
    for name in ["issued_at", "expires_at", "refresh_at", "clock_offset"] {
        for value in [i64::MIN, i64::MAX] {
            let mut record = good.clone();
            record[name] = value.into();
            for command in
                [&["status"][..], &["status", "--json"], &["token", "--format", "json"], &["hook", "--shell", "bash"]]
            {
                fs::write(user.record_path(), record.to_string()).unwrap();
                let output = user.run(command);
                assert!(output.status != 101 && output.status >= 0, "{name} {value} {command:?}: {output:?}");
            }
        }
    }
}

#[test]
fn what_a_login_remembers_may_be_damaged() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.run(&["login"]).success();
    let login = user.record()["login"].as_str().unwrap().to_owned();
    for path in [user.state().join(format!("{login}.login.json")), state(&user).join(format!("logins/{login}.json"))] {
        assert!(path.exists(), "{}", path.display());
        for damage in ["", "{", "[]", "{\"version\":1}"] {
            fs::write(&path, damage).unwrap();
            user.run(&["refresh"]).success();
        }
    }
}

#[test]
fn a_token_put_in_by_hand_is_left_alone() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OS_TOKEN", "gAAAAAmine").with("OS_AUTH_TYPE", "token");
    let hook = user.hook("").success();
    assert!(!hook.stdout.contains("OS_TOKEN") && !hook.stdout.contains("unset"), "{hook:?}");
    assert!(hook.stdout.starts_with('\n') && hook.stderr.is_empty(), "{hook:?}");
    assert_eq!(fake.requests().len(), 0);
}

/// The folder of the file keyring's tokens, and the file of the only record in it.
fn only_record(user: &User) -> (std::path::PathBuf, std::path::PathBuf) {
    let folder = state(user).join("file");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let is_record = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.len() == 64 + ".json".len() && name.ends_with(".json")
    };
    let mut records: Vec<_> = names.filter(is_record).collect();
    assert_eq!(records.len(), 1, "{records:?}");
    (folder, records.remove(0))
}

#[test]
fn what_stands_in_a_record_is_never_a_path() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "file");
    user.run(&["login"]).success();
    let (folder, record) = only_record(&user);
    let documents = user.home.outside("documents");
    fs::create_dir(&documents).unwrap();
    fs::write(documents.join("precious.json"), "{}").unwrap();
    let text = fs::read_to_string(&record).unwrap();
    let key = record.file_stem().unwrap().to_str().unwrap();
    let elsewhere = documents.join("precious");
    for path in [elsewhere.to_str().unwrap().to_owned(), format!("../../../{}", elsewhere.display())] {
        let hostile = text.replace(&format!("\"key\": \"{key}\""), &format!("\"key\": \"{path}\""));
        let hostile = hostile.replace("\"lease\": \"lease.", &format!("\"lease\": \"{path}.json/../lease."));
        assert_ne!(hostile, text);
        for name in ["0".repeat(64), key.to_owned()] {
            fs::write(folder.join(format!("{name}.json")), &hostile).unwrap();
        }
        for command in [&["token"][..], &["refresh"], &["revoke", "--all"], &["login"], &["logout"], &["login"]] {
            user.run(command).success();
            let left: Vec<_> = fs::read_dir(&documents).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["precious.json"], "{command:?}");
        }
    }
}

/// Puts something else in the place of a file of ours; false where this user or system cannot.
fn replace(path: &Path, kind: &str, precious: &Path) -> bool {
    use rustix::fs::{CWD, FileType, Mode, makedev, mkfifoat, mknodat};
    let _ = fs::remove_file(path);
    match kind {
        "a link" => symlink(precious, path).is_ok(),
        "a link to a device" => symlink("/dev/zero", path).is_ok(),
        "a link to nothing" => symlink(precious.with_file_name("made"), path).is_ok(),
        "a pipe" => mkfifoat(CWD, path, Mode::RWXU).is_ok(),
        "a folder" => fs::create_dir(path).is_ok(),
        "a device" => mknodat(CWD, path, FileType::CharacterDevice, Mode::RUSR | Mode::WUSR, makedev(1, 5)).is_ok(),
        // An address has room for about a hundred bytes.
        "a socket" => {
            let short = precious.with_file_name("s");
            std::os::unix::net::UnixListener::bind(&short).is_ok() && fs::rename(short, path).is_ok()
        }
        "a huge file" => fs::File::create(path).and_then(|file| file.set_len(1 << 40)).is_ok(),
        _ => fs::write(path, "x").is_ok() && std::os::unix::fs::chown(path, Some(65_534), None).is_ok(),
    }
}

#[test]
fn what_is_no_plain_file_of_this_users_is_named_and_not_waited_for() {
    let fake = Fake::start();
    let mut read = 0;
    for kind in [
        "a link",
        "a link to a device",
        "a link to nothing",
        "a pipe",
        "a folder",
        "a device",
        "a socket",
        "a huge file",
        "another user's",
    ] {
        let user = User::of(&fake);
        user.run(&["login"]).success();
        let precious = user.home.outside("precious");
        fs::write(&precious, "precious").unwrap();
        let files = |folder: &Path| -> Vec<PathBuf> {
            let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            paths.filter(|path| path.is_file()).collect()
        };
        let ours = ["file", "file/secrets", "logins"].map(|name| files(&state(&user).join(name))).concat();
        // Records, memories, logins, each with its lock; leases; entries of the keyring.
        assert!(ours.len() >= 8, "{ours:?}");
        for path in ours {
            // A refresh ends the lease that was there.
            let Ok(before) = fs::read(&path) else { continue };
            if !replace(&path, kind, &precious) {
                continue;
            }
            for command in [&["token"][..], &["status"], &["refresh"], &["hook", "--shell", "bash"]] {
                let output = user.run(command);
                let at = format!("{kind} in place of {}, {command:?}: {output:?}", path.display());
                assert!(output.elapsed.as_secs() < 5 && (0..=7).contains(&output.status), "{at}");
                assert!(!output.stdout.contains("precious") && !output.stderr.contains("precious\""), "{at}");
                let is_named = ["symbolic link", "not a regular file", "larger than 65536", "owned by another user"]
                    .iter()
                    .any(|why| output.stderr.contains(why));
                read += usize::from(is_named);
            }
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
            fs::write(&path, before).unwrap();
        }
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious", "{kind}");
        assert!(!precious.with_file_name("made").exists(), "{kind}");
    }
    assert!(read > 50, "each kind is refused by name: {read}");
}

#[test]
fn an_entry_of_a_keyring_of_files_leads_nowhere() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.run(&["login"]).success();
    let documents = user.home.outside("documents");
    fs::create_dir(&documents).unwrap();
    fs::write(documents.join("precious.json"), "{}").unwrap();
    let (_, record) = only_record(&user);
    let secrets = user.state().join("secrets");
    let entries = || fs::read_dir(&secrets).unwrap().map(|entry| entry.unwrap().path());
    let is_token = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains("\"lease\""));
    let entry = entries().find(is_token).expect("the token's entry");
    let good: Value = serde_json::from_slice(&fs::read(&entry).unwrap()).expect("JSON");
    let elsewhere = documents.join("precious");
    for (name, value) in [
        ("lease", "../../../outside/documents/lease".to_owned()),
        ("lease", documents.join("lease").display().to_string()),
        ("key", elsewhere.display().to_string()),
        ("key", "../../../outside/documents/precious".to_owned()),
    ] {
        let mut hostile = good.clone();
        hostile["record"][name] = value.as_str().into();
        for command in [&["token"][..], &["hook", "--shell", "bash"], &["revoke"], &["refresh"], &["logout"]] {
            let _ = fs::remove_file(&record);
            fs::write(&entry, hostile.to_string()).unwrap();
            user.run(command);
            let left: Vec<_> = fs::read_dir(&documents).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["precious.json"], "{name}={value}: {command:?}");
            assert_eq!(
                fs::read_to_string(documents.join("precious.json")).unwrap(),
                "{}",
                "{name}={value}: {command:?}"
            );
        }
    }
}

#[test]
fn a_folder_below_the_state_folder_is_checked_as_that_is() {
    let fake = Fake::start();
    let user = User::of(&fake).with("OSTOKEN_KEYRING", "file");
    user.run(&["login"]).success();
    for name in ["file", "logins", "file/secrets"] {
        let (folder, moved) = (state(&user).join(name), user.home.outside("moved"));
        fs::rename(&folder, &moved).unwrap();
        symlink(&moved, &folder).unwrap();
        let output = user.run(&["login"]);
        assert!(output.stderr.contains("symbolic link"), "{name}: {output:?}");
        fs::remove_file(&folder).unwrap();
        fs::rename(&moved, &folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let output = user.run(&["login"]);
        assert!(output.stderr.contains("everyone can write"), "{name}: {output:?}");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    }
    user.run(&["login"]).success();
}

/// What a file of the state folder says of an earlier failure, and of anything else, is text.
#[test]
fn what_a_file_says_is_escaped_before_a_terminal() {
    let fake = Fake::start();
    let user = User::of(&fake);
    user.run(&["login"]).success();
    let login = user.record()["login"].as_str().unwrap().to_owned();
    let hostile = "x\u{1b}]0;owned\u{7}\u{9b}31m\n\u{202e}\u{61c}\u{2028}";
    let memory = user.state().join(format!("{login}.login.json"));
    let far = crate::support::fake_issuer::now() + 300;
    for kind in ["unreachable", "refused", "no-keyring", "state"] {
        let text = serde_json::json!({
            "version": 1, "hooks_wait_until": far, "hooks_wait": i64::MAX, "failure_kind": kind,
            "failure": {"at": i64::MIN, "message": hostile},
        });
        user.edit_record(|record| {
            record["failure"] = serde_json::json!({"at": i64::MIN, "message": hostile});
            record["identity"]["account"] = hostile.into();
        });
        for command in [&["token"][..], &["status"], &["status", "--json"], &["hook", "--shell", "bash"], &["refresh"]]
        {
            fs::write(&memory, text.to_string()).unwrap();
            let output = user.run(command);
            let at = format!("{command:?}: {output:?}");
            assert!((0..=7).contains(&output.status), "{at}");
            // JSON is for programs, and escapes by its own rules what a terminal would obey.
            let shown = if command.len() == 1 { output.stdout + &output.stderr } else { output.stderr };
            let obeyed = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{61c}\u{2028}".contains(c);
            assert!(!shown.chars().any(obeyed), "{at}");
        }
    }
}

#[test]
fn a_path_is_escaped_before_a_terminal() {
    let fake = Fake::start();
    let mut user = User::of(&fake);
    let state = user.home.outside("st\u{1b}[31mate\u{202e}");
    fs::write(&state, "").unwrap();
    user.set("XDG_STATE_HOME", state.to_str().unwrap());
    let output = user.run(&["token"]);
    assert!(output.status != 0 && output.stderr.contains("\\u{1b}[31m"), "{output:?}");
    assert!(!output.stderr.contains('\u{1b}') && !output.stderr.contains('\u{202e}'), "{output:?}");
}
