# ostoken: keeps a valid OpenStack token in the environment of this shell.
#
# In ~/.zshrc:    eval "$(ostoken init zsh)"
# Words for you:  ostoken_on, ostoken_off, ostoken_use FILE
#
# While the token is fresh and the OS_* variables are the same, a prompt starts no process.
#
# The body is one quoted argument, parsed only after aliases and the options that change the grammar
# of zsh are out of the way. So it holds no single quote. Tracing would show an inherited token.

\builtin typeset -g __ostoken_bin
__ostoken_bin=ostoken

() {
  { \builtin emulate -L zsh && \builtin setopt no_aliases no_all_export no_xtrace; } 2>/dev/null
  \builtin eval "$1"
} '
# The hook itself, at the prompt and again just before a command: a token may expire while the
# shell idles. zsh keeps $? and pipestatus. It runs under your options, so each expansion has a
# default and each test stands inside `if`.
__ostoken_hook() {
  # The clock, and what a token depends on, in one string. Of secrets only whether they are there,
  # and how long the password is. The user domain is taken away on export: it is back when an OpenRC
  # was sourced once more.
  \builtin local __ostoken_now="${EPOCHSECONDS-${(%)__ostoken_clock}}" __ostoken_new="\
${OS_CLOUD-}|${OS_AUTH_URL-}|${OS_USERNAME-}|${OS_USER_ID-}|\
${OS_PROJECT_ID-}|${OS_PROJECT_NAME-}|${OS_PROJECT_DOMAIN_ID-}|${OS_PROJECT_DOMAIN_NAME-}|\
${OS_TENANT_ID-}|${OS_TENANT_NAME-}|${OS_USER_DOMAIN_ID-}|${OS_USER_DOMAIN_NAME-}|\
${OS_DEFAULT_DOMAIN-}|${OS_DEFAULT_DOMAIN_ID-}|${OS_DEFAULT_DOMAIN_NAME-}|\
${OS_DOMAIN_ID-}|${OS_DOMAIN_NAME-}|${OS_SYSTEM_SCOPE-}|${OS_TRUST_ID-}|${OS_AUTH_TYPE-}|\
${OS_APPLICATION_CREDENTIAL_ID-}|${OS_APPLICATION_CREDENTIAL_NAME-}|${OS_CACERT-}|\
${OS_INSECURE-}|${OS_CLIENT_CONFIG_FILE-}|${OSTOKEN_EXPORT-}|${OSTOKEN_SCRUB-}|\
${OS_TOKEN:+t}${OS_APPLICATION_CREDENTIAL_SECRET:+a}${OS_PASSCODE:+c}${OS_PASSWORD+${#OS_PASSWORD}}"
  # A clock that went back counts as due.
  if [[ $__ostoken_now -lt $__ostoken_due && $__ostoken_now -ge $__ostoken_since &&
    -e $__ostoken_lease && $__ostoken_new == "$__ostoken_seen" ]]; then
    \builtin return 0
  fi
  if [[ -n ${__ostoken_asked-} ]]; then
    # __ostoken_refresh wants just that.
    __ostoken_seen=$__ostoken_new
  elif [[ -n ${OS_AUTH_URL-}${OS_CLOUD-} ]]; then
    __ostoken_refresh
  elif [[ -n ${OSTOKEN_FOR-} ]]; then
    __ostoken_restore
  fi
  \builtin return 0
}

# Asks the program. Tracing would show the token.
__ostoken_refresh() {
  { \builtin emulate -L zsh && \builtin setopt no_xtrace no_err_exit no_err_return no_all_export; } 2>/dev/null
  # What a DEBUG trap prints would be taken for the answer (emulate -L gives the trap back).
  \builtin trap - DEBUG
  \builtin local __ostoken_out="" __ostoken_left=""
  # Armed before the call: after ^C or a failure the next prompt must not ask again at once.
  __ostoken_since=$__ostoken_now
  __ostoken_due=$(( __ostoken_now + 30 ))
  __ostoken_seen=$__ostoken_new
  __ostoken_lease=/
  if [[ $__ostoken_bin == */* && ! -x $__ostoken_bin ]]; then
    if [[ $__ostoken_said != gone && -z ${__p9k_instant_prompt_active-} ]]; then
      __ostoken_said=gone
      \builtin print -ru2 -- "ostoken: $__ostoken_bin is gone (ostoken_off ends this hook)"
    fi
    \builtin return 0
  fi
  # Without </dev/null the program would eat what is typed ahead.
  if [[ -n ${__p9k_instant_prompt_active-} ]]; then
    # powerlevel10k warns about anything printed now. What was said is not lost: asked again.
    if __ostoken_out=$("$__ostoken_bin" hook --shell zsh --said "$__ostoken_said" </dev/null 2>/dev/null); then
      __ostoken_apply
    fi
    if [[ -n $__ostoken_said ]]; then
      __ostoken_said="" __ostoken_left=0
    fi
  elif __ostoken_out=$("$__ostoken_bin" hook --shell zsh --said "$__ostoken_said" </dev/null); then
    __ostoken_apply
  fi
  if [[ -n $__ostoken_left && $__ostoken_left != *[^0-9]* ]]; then
    __ostoken_due=$(( __ostoken_now + __ostoken_left ))
  fi
  # No lease to test: `/` is always there.
  __ostoken_lease=${__ostoken_lease:-/}
  # The environment as it is now is the one to compare with.
  \builtin local __ostoken_asked=1
  __ostoken_hook
}

# Takes the answer apart: line 1 is the token, the rest is code that names it but does not hold it.
__ostoken_apply() {
  \builtin local __ostoken_t="" __ostoken_nl="
"
  if [[ $__ostoken_out != *$__ostoken_nl* ]]; then
    \builtin return 1
  fi
  __ostoken_t=${__ostoken_out%%$__ostoken_nl*}
  \builtin eval "${__ostoken_out#*$__ostoken_nl}"
  if [[ -n $__ostoken_t ]]; then
    __ostoken_tail="${__ostoken_t[-8,-1]}"
  fi
  \builtin return 0
}

# Undoes the export. What it had taken away is put back as long as there is a session to which it
# belongs: after direnv or you cleared that, a user domain would be a leftover.
__ostoken_restore() {
  { \builtin emulate -L zsh && \builtin setopt no_xtrace no_err_exit no_err_return no_all_export; } 2>/dev/null
  \builtin local __ostoken_name __ostoken_saved
  if [[ -z ${OSTOKEN_FOR-} ]]; then
    \builtin return 0
  fi
  # One that you exported over ours ends in another way, and stays.
  if [[ -n ${OSTOKEN_EXPORTED-} && ${OS_TOKEN-} == *"${__ostoken_tail-}" ]]; then
    \builtin unset OS_TOKEN
    # Another auth type came with another OpenRC.
    if [[ ${OS_AUTH_TYPE-} == token ]]; then
      \builtin unset OS_AUTH_TYPE
    fi
  fi
  for __ostoken_name in AUTH_TYPE USER_DOMAIN_NAME USER_DOMAIN_ID USERNAME USER_ID PASSCODE; do
    __ostoken_saved=OSTOKEN_$__ostoken_name
    __ostoken_name=OS_$__ostoken_name
    if [[ -n ${(P)__ostoken_saved+x} ]]; then
      if [[ -z ${(P)__ostoken_name+x} && -n ${OS_AUTH_URL-}${OS_CLOUD-} ]]; then
        \builtin export "$__ostoken_name=${(P)__ostoken_saved}"
      fi
      \builtin unset $__ostoken_saved
    fi
  done
  \builtin unset OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT OSTOKEN_SCRUBBED
}

__ostoken_register() {
  \builtin emulate -L zsh
  \builtin typeset -ga precmd_functions preexec_functions
  precmd_functions=(${precmd_functions:#__ostoken_hook} __ostoken_hook)
  preexec_functions=(${preexec_functions:#__ostoken_hook} __ostoken_hook)
}

# After ostoken_off the words below are all that is left: fetches the rest again.
__ostoken_load() {
  \builtin emulate -L zsh
  if ! \builtin typeset -f __ostoken_hook >/dev/null; then
    \builtin eval "$("$__ostoken_bin" init zsh </dev/null)"
    \builtin typeset -f __ostoken_hook >/dev/null
  fi
}

ostoken_on() {
  \builtin emulate -L zsh
  __ostoken_load || \builtin return 1
  if [[ -o interactive ]]; then
    __ostoken_register
  fi
  # Who asks is told, also what was said before.
  __ostoken_due=0 __ostoken_said=""
  __ostoken_hook
}

ostoken_off() {
  \builtin emulate -L zsh
  if ! \builtin typeset -f __ostoken_hook >/dev/null; then
    \builtin return 0
  fi
  if [[ -n ${OSTOKEN_SCRUBBED-} ]]; then
    \builtin print -ru2 -- "ostoken: OS_PASSWORD was taken away and is not put back"
  fi
  __ostoken_restore
  precmd_functions=(${precmd_functions:#__ostoken_hook})
  preexec_functions=(${preexec_functions:#__ostoken_hook})
  \builtin unset __ostoken_due __ostoken_since __ostoken_seen __ostoken_lease __ostoken_said \
    __ostoken_tail __ostoken_clock
  \builtin unset -f __ostoken_hook __ostoken_refresh __ostoken_apply \
    __ostoken_restore __ostoken_register
}

# Makes an OpenRC file the environment of this shell; the file is read as data, never run.
ostoken_use() {
  \builtin emulate -L zsh
  \builtin setopt no_err_exit no_err_return no_all_export
  \builtin local __ostoken_out="" __ostoken_left=""
  if [[ $# -ne 1 || -z $1 ]]; then
    \builtin print -ru2 -- "usage: ostoken_use FILE"
    \builtin return 2
  fi
  __ostoken_out=$("$__ostoken_bin" hook --shell zsh --use "$1" </dev/null) || \builtin return
  __ostoken_load || \builtin return 1
  __ostoken_apply || \builtin return 1
  ostoken_on
}

# State of this shell. Sourced again, it starts afresh. (+x for setopt all_export.)
\builtin typeset -g +x __ostoken_bin
\builtin typeset -g __ostoken_due=0 __ostoken_since=0
# The clock of a zsh without that module: slower, no process either.
\builtin typeset -g __ostoken_clock="%D{%s}"
\builtin zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null || \builtin :
\builtin typeset -g __ostoken_seen="" __ostoken_lease="" __ostoken_said="" __ostoken_tail=""
# An export that this shell inherited is ours, too.
if [[ -n ${OSTOKEN_EXPORTED-} && -n ${OS_TOKEN-} ]]; then
  __ostoken_tail="${OS_TOKEN[-8,-1]}"
fi

# A script gets the words, not the hook.
if [[ -o interactive ]]; then
  __ostoken_register
fi
'
