//! The hooks of bash and zsh beside other people's, in both orders. What belongs here: that the other one works, that
//! ostoken is asked once, and that both, and the next command, see the status of the last one.
//!
//! What has no package is simulated: by what it does to the shell, nothing more. Those tests say so in their names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::fake_ostoken::{FakeOstoken, RENEWED, TOKEN};
use crate::support::hooks::{bash, has_token};
use crate::support::pty::Shell;
use crate::support::tool;
use crate::support::tools::prepared;

/// The shells that these tests know.
fn shells() -> Vec<(&'static str, PathBuf)> {
    let found = [("bash", bash()), ("zsh", tool("zsh"))];
    found.into_iter().filter_map(|(kind, program)| Some((kind, program?))).collect()
}

/// What the peer's line in the rc file is (for a kind of shell, with the home), and how to see that it works.
struct Peer<'a> {
    line: &'a dyn Fn(&str, &Path) -> String,
    works: &'a dyn Fn(&mut Shell, &FakeOstoken),
}

impl Peer<'_> {
    fn in_both_orders(&self) {
        for (kind, program) in shells() {
            self.in_both_orders_of(kind, &program);
        }
    }

    fn in_both_orders_of(&self, kind: &str, program: &Path) {
        for first in ["theirs", "ours"] {
            let fake = FakeOstoken::new();
            let (theirs, ours) = ((self.line)(kind, &fake.home()), fake.source(kind));
            let rc = if first == "ours" { ours + &theirs } else { theirs + "\n" + &ours };
            let open = if kind == "zsh" { Shell::zsh } else { Shell::bash };
            let mut shell = open(program, &fake, &rc);
            assert_eq!(shell.greeting, "", "{kind}, {first} first");
            check(kind, &mut shell, &fake, first);
            (self.works)(&mut shell, &fake);
        }
    }
}

/// What holds beside each peer.
fn check(kind: &str, shell: &mut Shell, fake: &FakeOstoken, first: &str) {
    has_token(shell, TOKEN);
    let pipestatus = if kind == "zsh" { "echo $pipestatus" } else { r#"echo "${PIPESTATUS[*]}""# };
    for calls in [1, 2] {
        assert_eq!(shell.run("(exit 7)").status, 7);
        assert_eq!(shell.text("echo $?"), "7");
        if calls == 2 {
            // The same once more, at a prompt that asks.
            fake.renew_elsewhere();
        }
        assert_eq!(shell.run("true | (exit 3) | (exit 4)").status, 4);
        assert_eq!(shell.text(pipestatus), "0 3 4", "{kind}, {first} first");
        for _ in 0..3 {
            shell.run("");
        }
        assert_eq!(fake.calls().len(), calls, "{kind}, {first} first: {:?}", fake.calls());
    }
    has_token(shell, RENEWED);
}

/// starship, with a prompt that [`Shell`] can read. It draws none on a dumb terminal.
fn starship_line(starship: &Path, kind: &str, home: &Path) -> String {
    let format = "add_newline = false\nformat = '${status}ship> '\n\
                  [status]\ndisabled = false\nsuccess_symbol = 'x'\nformat = 'ps\\[$status\\]ps '\n";
    fs::write(home.join("starship.toml"), format).expect("a configuration");
    let program = fs::canonicalize(starship).expect("a path without links");
    let program = program.display();
    format!(
        "export STARSHIP_CONFIG=~/starship.toml\ndraw() {{ TERM=xterm '{program}' \"$@\"; }}\n\
         eval \"$('{program}' init {kind} --print-full-init | sed \"s#'*{program}'*#draw#g\")\"\n"
    )
}

fn starship_works(shell: &mut Shell, _: &FakeOstoken) {
    shell.send("true");
    let text = shell.prompt().text;
    assert!(text.starts_with("ship> "), "{text}");
}

#[test]
fn starship_shows_its_prompt() {
    let Some(starship) = prepared("peers/bin/starship") else { return };
    let line = |kind: &str, home: &Path| starship_line(&starship, kind, home);
    Peer { line: &line, works: &starship_works }.in_both_orders();
}

fn zoxide_line(zoxide: &Path, kind: &str, home: &Path) -> String {
    fs::create_dir(home.join("visited")).expect("a folder");
    let bin = zoxide.parent().expect("a folder").display();
    format!("PATH='{bin}':$PATH\neval \"$(zoxide init {kind})\"\n")
}

fn zoxide_works(shell: &mut Shell, fake: &FakeOstoken) {
    shell.run("cd visited");
    shell.run("cd ..");
    let path = fake.home().join("visited");
    assert_eq!(shell.text("zoxide query -l | grep visited"), path.display().to_string());
}

#[test]
fn zoxide_remembers_folders() {
    let Some(zoxide) = prepared("peers/bin/zoxide") else { return };
    let line = |kind: &str, home: &Path| zoxide_line(&zoxide, kind, home);
    Peer { line: &line, works: &zoxide_works }.in_both_orders();
}

fn direnv_line(direnv: &Path, kind: &str, home: &Path) -> String {
    fs::create_dir(home.join("project")).expect("a folder");
    fs::write(home.join("project/.envrc"), "export PEER=here\n").expect(".envrc");
    format!("export DIRENV_LOG_FORMAT=\neval \"$('{}' hook {kind})\"\n", direnv.display())
}

fn direnv_works(shell: &mut Shell, fake: &FakeOstoken) {
    let calls = fake.calls().len();
    shell.run("direnv allow project/.envrc");
    shell.run("cd project");
    assert_eq!(shell.text("echo $PEER"), "here");
    shell.run("cd ..");
    assert_eq!(shell.text("echo ${PEER-gone}"), "gone");
    assert_eq!(fake.calls().len(), calls, "its variable is none of ours");
}

#[test]
fn direnv_loads_its_folder() {
    let Some(direnv) = tool("direnv") else { return };
    let line = |kind: &str, home: &Path| direnv_line(&direnv, kind, home);
    Peer { line: &line, works: &direnv_works }.in_both_orders();
}

#[test]
fn starship_zoxide_and_direnv_work_together() {
    let (Some(starship), Some(zoxide)) = (prepared("peers/bin/starship"), prepared("peers/bin/zoxide")) else { return };
    let Some(direnv) = tool("direnv") else { return };
    let line = |kind: &str, home: &Path| {
        let first = direnv_line(&direnv, kind, home) + &starship_line(&starship, kind, home);
        first + &zoxide_line(&zoxide, kind, home)
    };
    let works = |shell: &mut Shell, fake: &FakeOstoken| {
        starship_works(shell, fake);
        zoxide_works(shell, fake);
        direnv_works(shell, fake);
    };
    Peer { line: &line, works: &works }.in_both_orders();
}

/// bash-preexec 0.5 and 0.6: installed at the first prompt, in front and behind; a DEBUG trap; 0.6 exports its mark
/// under another name.
#[test]
fn bash_preexec_runs_its_functions_simulated() {
    let Some(bash) = bash() else { return };
    for mark in ["bash_preexec_imported", "__bp_imported"] {
        let line = |_: &str, _: &Path| format!("{mark}=defined\n{BASH_PREEXEC}");
        let works = |shell: &mut Shell, fake: &FakeOstoken| {
            shell.run("true | (exit 5)");
            assert_eq!(shell.text(r#"echo "$seen""#), "5:0 5");
            assert_eq!(shell.text("true; echo $ran"), "true; echo $ran");
            assert_eq!(shell.text("echo ${preexec_functions[*]} ${PS0-none}"), "ran __ostoken_preexec none");
            assert_eq!(fake.calls().len(), 2);
        };
        Peer { line: &line, works: &works }.in_both_orders_of("bash", &bash);
    }
}

const BASH_PREEXEC: &str = r#"
ran() { ran=$1; }
seen() { seen="$?:${BP_PIPESTATUS[*]}"; }
preexec_functions+=(ran)
precmd_functions+=(seen)
__bp_return() { return "$1"; }
__bp_precmd() {
  __bp_status=$? BP_PIPESTATUS=("${PIPESTATUS[@]}")
  local f
  for f in "${precmd_functions[@]}"; do
    __bp_return "$__bp_status"
    "$f"
  done
  return "$__bp_status"
}
__bp_interactive() { __bp_status=$? __bp_ready=on; return "$__bp_status"; }
__bp_preexec() {
  [[ -n $__bp_ready && -z ${COMP_LINE-} && $BASH_COMMAND != __bp_* && $BASH_COMMAND != *__ostoken_pc* ]] || return 0
  __bp_ready=
  local f
  for f in "${preexec_functions[@]}"; do
    "$f" "$(HISTTIMEFORMAT= history 1 | sed 's/^ *[0-9]* *//')"
  done
}
__bp_install() {
  trap '__bp_preexec' DEBUG
  PROMPT_COMMAND[0]=$'__bp_precmd\n'${PROMPT_COMMAND[0]/$'\n__bp_install'/}
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
    PROMPT_COMMAND+=$'\n__bp_interactive'
  else
    PROMPT_COMMAND+=(__bp_interactive)
  fi
}
PROMPT_COMMAND=${PROMPT_COMMAND[0]-:}$'\n__bp_install'
"#;

/// As VS Code's shell integration does it: one function runs what stood in PROMPT_COMMAND, or hooks of zsh.
#[test]
fn a_wrapper_like_vs_codes_runs_simulated() {
    let line = |kind: &str, _: &Path| if kind == "zsh" { VSCODE_ZSH.into() } else { VSCODE_BASH.into() };
    let works = |shell: &mut Shell, _: &FakeOstoken| {
        shell.run("(exit 5)");
        assert_eq!(shell.text("echo $__vsc_status"), "5");
    };
    Peer { line: &line, works: &works }.in_both_orders();
}

const VSCODE_BASH: &str = r#"
__vsc_original=("${PROMPT_COMMAND[@]}")
__vsc_restore() { return "$1"; }
__vsc_prompt() {
  __vsc_status=$?
  local cmd
  for cmd in "${__vsc_original[@]}"; do
    __vsc_restore "$__vsc_status"
    eval "${cmd:-}"
  done
}
PROMPT_COMMAND=__vsc_prompt
"#;

const VSCODE_ZSH: &str = r"
__vsc_precmd() { __vsc_status=$?; }
__vsc_preexec() { __vsc_command=$1; }
precmd_functions+=(__vsc_precmd)
preexec_functions+=(__vsc_preexec)
";

/// oh-my-zsh sets options, aliases and hooks, and completes the rest in its own time.
#[test]
fn oh_my_zsh_sets_its_title_simulated() {
    let Some(zsh) = tool("zsh") else { return };
    let line = |_: &str, _: &Path| OH_MY_ZSH.to_owned();
    let works = |shell: &mut Shell, _: &FakeOstoken| {
        shell.run("true two");
        assert_eq!(shell.text("echo $title"), "idle of echo $title");
    };
    Peer { line: &line, works: &works }.in_both_orders_of("zsh", &zsh);
}

const OH_MY_ZSH: &str = r#"
autoload -Uz add-zsh-hook is-at-least compinit
setopt prompt_subst multios long_list_jobs interactive_comments auto_cd auto_pushd pushd_ignore_dups pushd_minus
setopt extended_history hist_expire_dups_first hist_ignore_dups hist_ignore_space hist_verify share_history
compinit -u -d ~/.zcompdump
alias -g ...='../..' _='sudo ' local='echo aliased'
title_precmd() { title="idle of $command"; }
title_preexec() { emulate -L zsh; setopt extended_glob; command=$1 title="idle of $1"; }
add-zsh-hook precmd title_precmd
add-zsh-hook preexec title_preexec
"#;

/// powerlevel10k's instant prompt takes the terminal away while ~/.zshrc runs and warns about what was printed then.
#[test]
fn powerlevel10ks_instant_prompt_sees_no_output_simulated() {
    let Some(zsh) = tool("zsh") else { return };
    for mode in ["ok", "noisy"] {
        let fake = FakeOstoken::new();
        fake.mode(mode);
        let rc = format!("{INSTANT_PROMPT}{}precmd_functions+=(end_instant)\n", fake.source("zsh"));
        let mut shell = Shell::zsh(&zsh, &fake, &rc);
        assert_eq!(fs::read_to_string(fake.home().join("instant")).expect("what was printed"), "", "{mode}");
        assert_eq!(shell.greeting, "", "{mode}");
        let said = shell.run("").text;
        assert_eq!(said.lines().count(), usize::from(mode == "noisy"), "it is said at the second prompt: {said}");
        has_token(&mut shell, if mode == "ok" { TOKEN } else { "" });
    }
}

const INSTANT_PROMPT: &str = r"
typeset -gi __p9k_instant_prompt_active=1
exec {out}>&1 {err}>&2 1>~/instant 2>&1
end_instant() {
  if (( ${+__p9k_instant_prompt_active} )); then
    exec 1>&$out 2>&$err {out}>&- {err}>&-
    unset __p9k_instant_prompt_active
  fi
}
";
