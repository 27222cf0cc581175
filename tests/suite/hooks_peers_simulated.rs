//! The hooks of bash and zsh beside others that have no package. Each is simulated by what it does to the shell, nothing
//! more, and the tests say so in their names.

use std::fs;
use std::path::Path;

use crate::hooks::Kind;
use crate::hooks_peers::Peer;
use crate::support::fake_ostoken::{FakeOstoken, TOKEN};
use crate::support::hooks::has_token;
use crate::support::pty::{SESSION, Shell};

/// bash-preexec 0.5 and 0.6: installed at the first prompt, in front and behind; a DEBUG trap; 0.6 exports its mark
/// under another name.
#[test]
fn bash_preexec_runs_its_functions_simulated() {
    for mark in ["bash_preexec_imported", "__bp_imported"] {
        let line = |_: &str, _: &Path| format!("{mark}=defined\n{BASH_PREEXEC}");
        let works = |shell: &mut Shell, fake: &FakeOstoken| {
            shell.run("true | (exit 5)");
            assert_eq!(shell.text(r#"echo "$seen""#), "5:0 5");
            assert_eq!(shell.text("true; echo $ran"), "true; echo $ran");
            assert_eq!(shell.text("echo ${preexec_functions[*]} ${PS0-none}"), "ran __ostoken_preexec none");
            assert_eq!(fake.calls().len(), 2);
        };
        Peer { line: &line, works: &works }.in_both_orders_of(Kind::Bash);
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
    let peer = Peer { line: &line, works: &works };
    peer.in_both_orders_of(Kind::Bash);
    peer.in_both_orders_of(Kind::Zsh);
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
    let line = |_: &str, _: &Path| OH_MY_ZSH.to_owned();
    let works = |shell: &mut Shell, _: &FakeOstoken| {
        shell.run("true two");
        assert_eq!(shell.text("echo $title"), "idle of echo $title");
    };
    Peer { line: &line, works: &works }.in_both_orders_of(Kind::Zsh);
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
    for mode in ["ok", "noisy"] {
        let fake = FakeOstoken::new();
        fake.mode(mode);
        let rc = format!("{INSTANT_PROMPT}{}precmd_functions+=(end_instant)\n", fake.source("zsh"));
        let Some(mut shell) = Kind::Zsh.open_in(&fake, &rc, SESSION) else { return };
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
