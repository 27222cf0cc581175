//! What is exported, that a prompt starts no process and costs little, and what the last command left behind.

use super::Kind;
use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::hooks::{ROUND, cost, drop_lease, processes};
use crate::support::pty::SESSION;

pub fn the_token_is_exported_and_the_user_domain_unset(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    assert_eq!(shell.greeting, "");
    let want = [
        "OSTOKEN_EXPIRES_AT=4000000000",
        "OSTOKEN_EXPORTED=0123456789abcdef",
        "OSTOKEN_FOR=fedcba9876543210",
        "OSTOKEN_USER_DOMAIN_NAME=Default",
        "OS_AUTH_TYPE=token",
        "OS_AUTH_URL=https://keystone.test:5000/v3",
        "OS_PASSWORD=s3cret-word",
        "OS_PROJECT_DOMAIN_NAME=Default",
        "OS_PROJECT_NAME=engine",
        &format!("OS_TOKEN={TOKEN}"),
        "OS_USERNAME=ada",
    ];
    assert_eq!(kind.environment(&mut shell), want);
    assert_eq!(fake.calls(), [kind.call("")]);
    assert!(!fake.saw_terminal());
}

pub fn no_variable_of_the_hook_is_exported_and_the_token_has_no_second_copy(kind: Kind) {
    let Some((_fake, mut shell)) = kind.start() else { return };
    assert_eq!(shell.text("env | grep -c __ostoken"), "0");
    // In two words: a line that searches for it must not be what it finds.
    let (first, second) = TOKEN.split_at(9);
    assert_eq!(shell.text(&format!("set | grep -c -e '{first}'\"\"'{second}'")), "1");
    if kind == Kind::Fish {
        assert_eq!(shell.text("set -U | grep -c -i ostoken"), "0", "nothing is universal");
    }
}

pub fn a_fresh_token_makes_no_call_at_any_prompt(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    for _ in 0..20 {
        shell.quietly("");
    }
    shell.quietly("true");
    // Set to what it was.
    shell.quietly(&kind.set("OS_PROJECT_NAME", "engine"));
    if kind != Kind::PowerShell {
        shell.quietly("OS_PROJECT_NAME=other true");
    }
    assert_eq!(fake.calls().len(), 1);
}

/// What a script does to have the hook as a prompt has it: zsh's looks whether it is the last of all.
fn as_at_a_prompt(kind: Kind, fake: &FakeOstoken) -> String {
    let registered = if kind == Kind::Zsh { "precmd_functions=(__ostoken_hook)\n" } else { "" };
    kind.source(fake) + registered
}

pub fn a_fast_prompt_starts_no_process(kind: Kind) {
    let Some(shell) = kind.script() else { return };
    let fake = FakeOstoken::new();
    let script = |times| {
        let again = match kind {
            Kind::Fish => format!("for i in (seq {times})\n__ostoken_hook\nend"),
            _ => format!("for ((i = 0; i < {times}; i++)); do __ostoken_hook; done"),
        };
        as_at_a_prompt(kind, &fake) + &again
    };
    let Some(once) = processes(&fake, &shell, script, 1) else { return };
    assert!(once > 2, "the slow path is seen: {once}");
    assert_eq!(processes(&fake, &shell, script, 201), Some(once));
}

pub fn a_fast_prompt_costs_at_most_a_twentieth_of_a_process(kind: Kind) {
    let Some(shell) = kind.script() else { return };
    let fake = FakeOstoken::new();
    let (hooks, trues) = ROUND;
    let rounds = match kind {
        // A loop of fish's own costs as much as what is measured.
        Kind::Fish => format!(
            "__ostoken_hook
            eval \"function hooks; $(string repeat -n {hooks} '__ostoken_hook;'); end\"
            eval \"function processes; $(string repeat -n {trues} 'set -l out (/bin/true);'); end\"
            function next; echo; read -l go; end
            next; for round in (seq 150); hooks; next; processes; next; end"
        ),
        Kind::PowerShell => format!(
            "function next {{ [Console]::WriteLine(); $null = [Console]::In.ReadLine() }}
            $null = __ostoken_hook; next; foreach ($round in 1..300) {{
            foreach ($n in 1..{hooks}) {{ $null = __ostoken_hook }}; next
            foreach ($n in 1..{trues}) {{ $null = & /bin/true }}; next }}"
        ),
        _ => format!(
            "next() {{ echo; read -r go; }}
            __ostoken_hook; next; for ((r = 0; r < 150; r++)); do
            for ((i = 0; i < {hooks}; i++)); do __ostoken_hook; done; next
            for ((i = 0; i < {trues}; i++)); do x=$(/bin/true); done; next; done"
        ),
    };
    let (hook, process) = cost(&fake, &shell, &(as_at_a_prompt(kind, &fake) + &rounds));
    assert!(hook * 20.0 <= process, "a hook {hook:.1} us, a process {process:.1} us");
    assert_eq!(fake.calls().len(), 1);
}

pub fn status_and_pipestatus_are_the_commands_own_at_fast_and_slow_prompts(kind: Kind) {
    let Some((fake, mut shell)) = kind.start() else { return };
    for round in 0..2 {
        assert_eq!(shell.run("sh -c 'exit 7'").status, 7);
        assert_eq!(shell.text(kind.status()), "7");
        if round == 0 {
            fake.renew_elsewhere();
        }
        shell.quietly("true | sh -c 'exit 3' | sh -c 'exit 4'");
        assert_eq!(shell.text(kind.pipestatus()), "0 3 4");
        if kind == Kind::Bash {
            shell.quietly("true one two");
            assert_eq!(shell.text("echo $_"), "two");
        }
        // zsh and fish, and a bash that can, ask just before the command, too.
        shell.quietly("sh -c 'exit 5'");
        drop_lease(&fake);
        assert_eq!(shell.text(kind.status()), "5");
    }
    assert_eq!(fake.calls().len(), 4);
}

pub fn hooks_before_and_after_see_the_commands_own_status(kind: Kind) {
    if kind == Kind::Bash && kind.program().is_none_or(|bash| crate::hooks_bash::version(&bash) < 501) {
        return; // PROMPT_COMMAND is no array yet
    }
    // A hook of somebody else, which notes what it sees.
    let other = |name, bash| match kind {
        Kind::Bash => format!("{name}() {{ {name}=\"$?:${{PIPESTATUS[*]}}\"; }}\n{bash}\n"),
        Kind::Zsh => format!("{name}() {{ {name}=\"$?:$pipestatus\"; }}\nprecmd_functions+=({name})\n"),
        _ => format!("function {name} --on-event fish_prompt\nset -g {name} \"$status:$pipestatus\"\nend\n"),
    };
    let (before, after) = (other("before", "PROMPT_COMMAND=before"), other("after", "PROMPT_COMMAND+=(after)"));
    let fake = FakeOstoken::new();
    let rc = before + &kind.source(&fake) + &after;
    let Some(mut shell) = kind.open_in(&fake, &rc, SESSION) else { return };
    shell.quietly("true | sh -c 'exit 5'");
    assert_eq!(shell.text("echo $before $after"), "5:0 5 5:0 5");
    fake.renew_elsewhere();
    shell.quietly("true | sh -c 'exit 6'");
    assert_eq!(shell.text("echo $before $after"), "6:0 6 6:0 6");
    assert_eq!(fake.calls().len(), 2);
}
