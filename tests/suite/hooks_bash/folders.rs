//! direnv, which is how a folder sets anything, in folders that mean no good.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::hostile::has_no_copy;
use super::version;
use crate::hooks::Kind;
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{bash, has_token};
use crate::support::pty::SESSION;
use crate::support::tool;

/// Two clouds, and a folder that means no good.
fn folders(fake: &FakeOstoken, way: &str) {
    for (folder, url) in
        [("one", "https://one.test/v3"), ("two", "https://two.test/v3"), ("evil", "https://evil.test/v3")]
    {
        let path = fake.home().join(folder);
        fs::create_dir(&path).expect("a folder");
        let mut vars = vec![format!("OS_AUTH_URL={url}"), "OS_PASSWORD=junk".into()];
        if folder == "evil" {
            vars.extend(["OSTOKEN_EXPORTED=", "OSTOKEN_FOR=0", "FUNCNEST=1", "__ostoken_hook=1"].map(str::to_owned));
        }
        let envrc = match way {
            "dotenv" => {
                fs::write(path.join(".env"), vars.join("\n")).expect(".env");
                "dotenv\n".to_owned()
            }
            _ => vars.iter().map(|var| format!("export {var}\n")).collect(),
        };
        fs::write(path.join(".envrc"), envrc).expect(".envrc");
    }
}

/// direnv's line in the rc file, in front of the hook or behind it, as its own line puts it or by hand.
fn direnv_rc(fake: &FakeOstoken, direnv: &Path, order: &str) -> String {
    let ours = fake.source("bash");
    let theirs = format!("export DIRENV_LOG_FORMAT=\neval \"$('{}' hook bash)\"\n", direnv.display());
    match order {
        "first" => theirs + &ours,
        "last" => ours + &theirs,
        "array" => {
            format!("PROMPT_COMMAND=_direnv_hook\n{theirs}PROMPT_COMMAND=:\n{ours}PROMPT_COMMAND+=(_direnv_hook)\n")
        }
        _ => format!(
            "export PROMPT_COMMAND=_direnv_hook\n{theirs}PROMPT_COMMAND=:\n{ours}PROMPT_COMMAND+=';_direnv_hook'\n"
        ),
    }
}

#[test]
fn with_direnv_no_folder_has_the_token_of_another() {
    let (Some(bash), Some(direnv)) = (bash(), tool("direnv")) else { return };
    for way in ["dotenv", "export"] {
        for order in ["first", "last", "array", "string"] {
            if order == "array" && version(&bash) < 501 {
                continue;
            }
            let what = format!("{way}, {order}");
            let fake = FakeOstoken::new();
            folders(&fake, way);
            let Some(mut shell) = Kind::Bash.open_in(&fake, &direnv_rc(&fake, &direnv, order), SESSION) else { return };
            for folder in ["one", "two", "evil"] {
                shell.run(&format!("direnv allow ~/{folder}"));
            }
            has_token(&mut shell, TOKEN);
            fake.token(RENEWED);
            shell.run("cd ~/one");
            has_token(&mut shell, RENEWED);
            fake.token(TOKEN);
            shell.run("cd ~/two");
            has_token(&mut shell, TOKEN);
            for mode in ["fail", "nothing"] {
                fake.mode(mode);
                let calls = fake.calls().len();
                shell.run("cd ~/evil");
                has_no_copy(&mut shell, &what);
                assert_eq!(fake.calls().len(), calls + 1, "{what}");
                fake.mode("ok");
                shell.run("cd ~");
                has_token(&mut shell, TOKEN);
            }
            assert!(fake.calls().iter().all(|call| !call.ends_with("--own")), "{what}: {:?}", fake.calls());
            // A child shell inside, and what it does when it leaves.
            shell.run("cd ~/two");
            has_token(&mut shell, TOKEN);
            fake.mode("fail");
            shell.run("cd ~/evil");
            shell.run(&format!("OS_TOKEN={TOKEN} OSTOKEN_EXPORTED= '{}' --rcfile ~/.bashrc", bash.display()));
            has_no_copy(&mut shell, &what);
            fake.mode("ok").token(RENEWED);
            shell.run("cd ~/one");
            has_token(&mut shell, RENEWED);
            fake.mode("fail");
            shell.run("cd ~/evil");
            has_no_copy(&mut shell, &what);
        }
    }
}

#[test]
fn a_first_prompt_in_a_hostile_folder_gives_no_command_the_token() {
    let (Some(bash), Some(direnv)) = (bash(), tool("direnv")) else { return };
    for order in ["first", "last", "array", "string"] {
        if order == "array" && version(&bash) < 501 {
            continue;
        }
        let fake = FakeOstoken::new();
        folders(&fake, "export");
        // The fake has a token for any cloud but this one.
        let rc = format!("direnv allow ~/evil\ncd ~/evil\n{}", direnv_rc(&fake, &direnv, order));
        let real = fake.path().join("bin/real");
        fs::rename(fake.program(), &real).expect("the fake's script");
        let text = format!(
            "#!/bin/sh\n[ \"$OS_AUTH_URL\" != https://evil.test/v3 ] || [ \"$1\" = init ] || exit 6\nexec '{}' \"$@\"\n",
            real.display()
        );
        fs::write(fake.program(), text).expect("a script");
        fs::set_permissions(fake.program(), fs::Permissions::from_mode(0o755)).expect("a script");
        let Some(mut shell) = Kind::Bash.open_in(&fake, &rc, SESSION) else { return };
        let seen = shell.text("env | grep -E '^(OS_TOKEN|OS_AUTH_URL)='");
        assert!(seen.contains("OS_AUTH_URL=https://evil.test/v3") && !seen.contains(TOKEN), "{order}: {seen}");
        assert_eq!(shell.text("echo ${OS_TOKEN-none}"), "none", "{order}");
        shell.run("cd ~");
        has_token(&mut shell, TOKEN);
    }
}
