//! Beside others that live at the prompt: what only fish has, and direnv with a cloud in its folder. Real peers in both
//! orders stand in `hooks_peers`.

use std::fs;

use super::{DUE, has_token, or_gone};
use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::pty::{SESSION, Shell};
use crate::support::tool;

#[test]
fn with_direnv_the_token_comes_and_goes_with_the_folder() {
    let (Some(fish), Some(direnv)) = (tool("fish"), tool("direnv")) else {
        return;
    };
    let theirs = format!("'{}' hook fish | source\n", direnv.display());
    let quiet = "set -gx DIRENV_LOG_FORMAT\n";
    let fake = FakeOstoken::new();
    let ours = fake.source("fish");
    fs::create_dir(fake.home().join("cloud")).expect("a folder");
    let envrc: String = SESSION.iter().map(|(k, v)| format!("export {k}='{v}'\n")).collect();
    fs::write(fake.home().join("cloud/.envrc"), envrc).expect(".envrc");
    for rc in [format!("{quiet}{theirs}{ours}"), format!("{quiet}{ours}{theirs}")] {
        let mut shell = Shell::fish_in(&fish, &fake, &rc, &[]);
        shell.run("direnv allow cloud/.envrc");
        for _ in 0..2 {
            shell.run("cd cloud");
            // One more prompt: direnv may stand behind this hook.
            shell.run("");
            has_token(&mut shell, TOKEN);
            assert_eq!(shell.text(&or_gone("OS_USER_DOMAIN_NAME")), "gone");
            shell.run("cd ..");
            shell.run("");
            assert_eq!(shell.text("env | grep -E '^OS(TOKEN)?_'"), "");
        }
    }
    assert_eq!(fake.calls().len(), 4);
}

/// Copies the prompt and calls the copy, as virtualenv's activate.fish does.
const WRAPPER: &str = r#"
functions -c fish_prompt wrapped
function fish_prompt
    set -l kept $pipestatus
    set -g wrapper_saw "$kept"
    sh -c "exit $kept[-1]"
    wrapped
end
"#;

#[test]
fn a_wrapper_of_the_prompt_sees_what_it_saw_before_simulated() {
    let Some(fish) = tool("fish") else { return };
    for order in ["{them}{us}", "{us}{them}"] {
        let fake = FakeOstoken::new();
        let rc = order.replace("{them}", WRAPPER).replace("{us}", &fake.source("fish"));
        let mut shell = Shell::fish(&fish, &fake, &rc);
        has_token(&mut shell, TOKEN);
        assert_eq!(shell.run("true | sh -c 'exit 3' | sh -c 'exit 4'").status, 4);
        assert_eq!(shell.text("echo $wrapper_saw"), "0 3 4", "{order}");
        fake.renew_elsewhere();
        assert_eq!(shell.run("true | sh -c 'exit 5' | sh -c 'exit 6'").status, 6);
        assert_eq!(shell.text("echo $wrapper_saw"), "0 5 6", "{order}");
        has_token(&mut shell, RENEWED);
        assert_eq!(fake.calls().len(), 2, "{order}");
        assert_eq!(shell.run("ostoken_off; sh -c 'exit 8'").status, 8);
    }
}

#[test]
fn hooks_of_others_see_the_commands_own_status() {
    let Some(fish) = tool("fish") else { return };
    let fake = FakeOstoken::new();
    let hook = |name| format!("function {name} --on-event fish_prompt\nset -g saw_{name} $pipestatus\nend\n");
    let rc = format!("{}{}{}", hook("before"), fake.source("fish"), hook("after"));
    let mut shell = Shell::fish(&fish, &fake, &rc);
    for due in ["true", DUE] {
        shell.run(&format!("{due}; true | sh -c 'exit 5'"));
        assert_eq!(shell.text("echo $saw_before $saw_after"), "0 5 0 5");
    }
}
