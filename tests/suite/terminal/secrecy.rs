//! Where no token and no password may be seen, and what OSTOKEN_SCRUB unsets.

use super::{in_each_shell, init, language, member, user_of_fake};
use crate::support::people;

in_each_shell! {
    a_traced_shell_shows_no_token
    the_history_holds_no_token
    scrubbing_takes_user_and_password_away_after_a_login
    scrubbing_without_a_login_takes_no_password_away
}

fn a_traced_shell_shows_no_token(name: &str) {
    let Some((cloud, person)) = member("alice", "demo") else { return };
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let first = shell.token();
    let (on, off) = language::trace(name);
    let mut seen = shell.run(on).text;
    person.run(&["refresh"]).success();
    // A slow prompt, a fast one, another project, off and on, and the file read as data.
    let file = person.home.outside("openrc.sh");
    cloud.openrc_file(&file, "alice", "demo");
    let used = format!("ostoken_use {}", file.display());
    for line in ["", "", "export OS_PROJECT_NAME=other", "ostoken_off", "ostoken_on", &used, "unset OS_AUTH_URL"] {
        seen += &shell.run(line).text;
    }
    shell.run(off);
    let (demo, password) = (person.token(), people::password("alice"));
    let mut other = person;
    let other = other.set("OS_PROJECT_NAME", "other").token();
    for secret in [&first, &demo, &other, &password] {
        assert!(!seen.contains(secret.as_str()), "{seen}");
    }
    assert!(seen.contains("ostoken_on"), "it was traced: {seen}");
}

fn the_history_holds_no_token(name: &str) {
    let Some((_fake, person)) = user_of_fake() else { return };
    let size = if language::is_posix(name) { "HISTSIZE=1000 SAVEHIST=1000\n" } else { "" };
    let rc = size.to_owned() + &init(name);
    let Some(mut shell) = person.terminal(name, &rc) else { return };
    shell.run("echo something");
    shell.run("ostoken_off");
    shell.run("ostoken_on");
    let history = shell.text(language::history(name));
    assert!(history.contains("echo something"), "{history}");
    assert!(!history.contains(&shell.token()) && !history.contains("__ostoken"), "{history}");
}

fn scrubbing_takes_user_and_password_away_after_a_login(name: &str) {
    let Some((cloud, mut person)) = member("erin", "remote") else { return };
    person.run(&["login"]).success();
    person.set("OSTOKEN_SCRUB", "1");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    let token = shell.token();
    assert!(cloud.accepts(&token));
    assert_eq!(shell.exported("OS_PASSWORD|OS_USERNAME|OS_USER_"), "");
    shell.run("");
    for line in ["ostoken token", "sh -c 'ostoken token'"] {
        assert_eq!(shell.text(line), token, "{line}");
    }
    assert!(shell.text("ostoken status").contains("erin at "));
    // A new token is made with what the keyring holds.
    shell.run("ostoken revoke");
    let second = shell.new_token(&token);
    assert!(second != token && cloud.accepts(&second));
    assert_eq!(shell.exported("OS_PASSWORD|OS_USERNAME|OS_USER_"), "");
    let off = shell.run("ostoken_off");
    assert_eq!(off.text, "ostoken: OS_PASSWORD was unset and is not restored\n");
    assert_eq!(shell.exported("OS_PASSWORD|OS_USERNAME|OS_USER_"), "OS_USERNAME=erin\nOS_USER_DOMAIN_NAME=elsewhere");
    assert_eq!(shell.exported("OS_TOKEN|OSTOKEN_(EXP|FOR|AUTH|USER|SCRUBBED)"), "");
    assert_eq!((cloud.creations(), cloud.answers_to("POST", 401)), (2, 0));
}

fn scrubbing_without_a_login_takes_no_password_away(name: &str) {
    let Some((_fake, mut person)) = user_of_fake() else { return };
    person.set("OSTOKEN_SCRUB", "1");
    let Some(mut shell) = person.terminal(name, &init(name)) else { return };
    shell.token();
    assert_eq!(shell.get("OS_PASSWORD"), "correct horse battery");
    assert_eq!(shell.get("OS_USERNAME"), "alice");
}
