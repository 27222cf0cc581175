# ostoken: keeps a valid OpenStack token in the environment of this shell.
#
# In ~/.zshrc:    eval "$(ostoken init zsh)"
# Words for you:  ostoken_on, ostoken_off, ostoken_use FILE
#
# While the token is fresh and the OS_* variables are the same, a prompt starts no process.
#
# A .env may export any variable into this shell, also one of ours. What the hook remembers stands
# in variables written __ostoken__NAME here; `ostoken init` puts a number into their names that no
# file can know. Locals have plain names, and a value before use.
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
# shell idles, and what runs behind the hook may change the environment. zsh keeps $? and
# pipestatus. It runs under your options, so each expansion has a default and each test stands
# inside `if`.
__ostoken_hook() {
  # The clock, and what a token depends on, in one string; between the values stands a control
  # character (\037), so that no two environments look alike.
  # Of secrets only whether they are there, how long the password is, and how the token ends. The
  # user domain is unset on export: it is back when an OpenRC was sourced once more.
  # (In one word, each expansion would move all that follows it.)
  \builtin local __ostoken_now="${EPOCHSECONDS-${(%):-%D{%s\}}}" __ostoken_new=""
  __ostoken_new+="${__WATCHED__-}${__WATCHED__-}${__WATCHED__-}${__WATCHED__-}"
  __ostoken_new+="${OS_TOKEN:+${OS_TOKEN: -4}}${OS_APPLICATION_CREDENTIAL_SECRET:+a}${OS_PASSCODE:+c}${OS_PASSWORD+${#OS_PASSWORD}}"
  if [[ -n ${__ostoken__asked-} ]]; then
    # __ostoken_look wants just that.
    __ostoken__seen=$__ostoken_new
    \builtin return 0
  fi
  # A clock that went back counts as due. (Digits alone: a test with -lt runs what stands in a
  # subscript.)
  if [[ $__ostoken_now != *[^0-9]* && $__ostoken_now -lt $__ostoken__due && $__ostoken_now -ge $__ostoken__since &&
    -e $__ostoken__lease && $__ostoken_new == "$__ostoken__seen" &&
    ${precmd_functions[-1]-} == __ostoken_hook ]]; then
    \builtin return 0
  fi
  __ostoken_look
  \builtin return 0
}

# The slow path. Tracing would show the token.
__ostoken_look() {
  { \builtin emulate -L zsh && \builtin setopt no_xtrace no_err_exit no_err_return no_all_export; } 2>/dev/null
  # What a DEBUG trap prints would be taken for the answer (emulate -L gives the trap back).
  \builtin trap - DEBUG
  __ostoken_register
  if [[ -z $__ostoken_now || $__ostoken_now == *[^0-9]* ]]; then
    __ostoken_now="${(%):-%D{%s\}}"
  fi
  if [[ $__ostoken_new != "$__ostoken__seen" ]]; then
    # First of all: our token must not stand beside another cloud, whatever comes of the question.
    __ostoken_drop
  elif [[ $__ostoken_now -lt $__ostoken__due && $__ostoken_now -ge $__ostoken__since && -e $__ostoken__lease ]]; then
    \builtin return 0
  fi
  if [[ -n ${OS_AUTH_URL-}${OS_CLOUD-} ]]; then
    __ostoken_refresh
  else
    __ostoken_restore
  fi
  __ostoken_remember
}

# The environment as it is now is the one to compare with.
__ostoken_remember() {
  \builtin local __ostoken__asked=1
  __ostoken_hook
}

# Asks the program.
__ostoken_refresh() {
  \builtin local __ostoken_out="" __ostoken_left="" __ostoken_lease="" __ostoken_said="" __ostoken_own="" __ostoken_error=2
  # Armed before the call: after ^C or a failure the next prompt must not ask again at once.
  __ostoken__since=$__ostoken_now
  __ostoken__due=$(( __ostoken_now + 30 ))
  __ostoken__lease=/
  __ostoken_remember
  # powerlevel10k warns about anything printed now. What is not printed is asked again.
  if [[ -n ${__p9k_instant_prompt_active-} ]]; then
    __ostoken_error=-
  fi
  if [[ $__ostoken__bin == */* && ! -x $__ostoken__bin ]]; then
    if [[ ,$__ostoken__said, != *,gone,* && $__ostoken_error == 2 ]]; then
      __ostoken__said="${__ostoken__said:+$__ostoken__said,}gone"
      \builtin print -ru2 -- "ostoken: $__ostoken__bin is gone (ostoken_off ends this hook)"
    fi
    \builtin return 0
  fi
  if __ostoken_is_own; then
    __ostoken_own=--own
  fi
  if __ostoken_out=$(__ostoken_call hook --shell zsh --said "$__ostoken__said" ${__ostoken_own:+"$__ostoken_own"} \
    2>&$__ostoken_error) && __ostoken_apply; then
    # No lease to test: `/` is always there.
    __ostoken__lease=${__ostoken_lease:-/}
    if [[ $__ostoken_error == 2 ]]; then
      __ostoken__said=$__ostoken_said
    elif [[ -n $__ostoken_said ]]; then
      __ostoken_left=0
    fi
  fi
  if [[ -n $__ostoken_left && $__ostoken_left != *[^0-9]* ]]; then
    __ostoken__due=$(( __ostoken_now + __ostoken_left ))
  fi
}

# Runs the program, in the $(...) of the caller, with the settings that __ostoken_pin took. Without
# </dev/null it would eat what is typed ahead.
__ostoken_call() {
  \builtin emulate -L zsh
  { \builtin unset $__ostoken__pinned && \builtin export -- "${(@)__ostoken__pins}"; } 2>/dev/null
  "$__ostoken__bin" "$@" </dev/null
}

# Makes a function of the name of a program, which runs the program so that it creates no token. One
# of yours stays. (An alias of yours is expanded first, and then calls the function.)
__ostoken_wrap() {
  if ! \builtin typeset -f "$1" >/dev/null || [[ "$(\builtin typeset -f "$1")" == *__ostoken_serves* ]]; then
    \builtin eval "function $1 {
      if __ostoken_serves $1; then ${(q)__ostoken__bin} exec --wrapped -- $1 \"\$@\"; else \\command $1 \"\$@\"; fi
    }"
  fi
}

# Not after ostoken_off, nor where there is no such program: then it is as if it had no function.
__ostoken_serves() {
  \builtin typeset -f __ostoken_hook >/dev/null && [[ -x $__ostoken__bin ]] && \builtin whence -p "$1" >/dev/null
}

# Takes the settings from the environment as it is now, or from the arguments: what a folder sets
# later must not reach a program that has the token.
__ostoken_pin() {
  \builtin emulate -L zsh
  \builtin local __ostoken_name
  __ostoken__pins=("$@")
  if (( $# )); then
    \builtin return 0
  fi
  for __ostoken_name in $__ostoken__pinned; do
    if [[ -n ${(P)__ostoken_name+x} ]]; then
      __ostoken__pins+=("$__ostoken_name=${(P)__ostoken_name}")
    fi
  done
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
  if [[ -n $__ostoken_t ]] && ! __ostoken_is_own; then
    # The last characters of each: enough to know it again.
    __ostoken__tails+=("${__ostoken_t[-12,-1]:-$__ostoken_t}")
  fi
  \builtin return 0
}

# Whether this shell exported OS_TOKEN. Any, not the last one alone: direnv puts an old one back.
__ostoken_is_own() {
  \builtin local __ostoken_tail
  for __ostoken_tail in "${__ostoken__tails[@]}"; do
    if [[ ${OS_TOKEN-} == "$__ostoken_tail" || ${#__ostoken_tail} -ge 8 && ${OS_TOKEN-} == *"$__ostoken_tail"* ]]; then
      \builtin return 0
    fi
  done
  \builtin return 1
}

# Takes a token of ours out of the environment, without putting back what it had replaced. A .env
# may hold `OS_AUTH_URL=https://elsewhere/$OS_TOKEN`: what has a copy and is sent goes as well.
__ostoken_drop() {
  \builtin local __ostoken_name __ostoken_tail
  if __ostoken_is_own; then
    __ostoken_unset_token
  fi
  for __ostoken_tail in "${__ostoken__tails[@]}"; do
    for __ostoken_name in OS_AUTH_URL OS_USERNAME OS_USER_ID OS_PROJECT_ID OS_PROJECT_NAME OS_CLOUD \
      OS_REGION_NAME OS_PASSWORD OS_ENDPOINT http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY; do
      if [[ ${#__ostoken_tail} -ge 8 && ${(P)__ostoken_name-} == *"$__ostoken_tail"* ]]; then
        \builtin unset $__ostoken_name
      fi
    done
  done
}

__ostoken_unset_token() {
  \builtin unset OS_TOKEN OSTOKEN_EXPORTED OSTOKEN_EXPIRES_AT
  # Another auth type came with another OpenRC.
  if [[ ${OS_AUTH_TYPE-} == token ]]; then
    \builtin unset OS_AUTH_TYPE
  fi
}

# Undoes the export. What it had unset is restored as long as there is a session to which it
# belongs: after direnv or you cleared that, a user domain would be a leftover. A token that you
# exported over ours stays.
__ostoken_restore() {
  { \builtin emulate -L zsh && \builtin setopt no_xtrace no_err_exit no_err_return no_all_export; } 2>/dev/null
  \builtin local __ostoken_name __ostoken_saved
  __ostoken_drop
  for __ostoken_name in AUTH_TYPE USER_DOMAIN_NAME USER_DOMAIN_ID USERNAME USER_ID PASSCODE; do
    __ostoken_saved=OSTOKEN_$__ostoken_name
    __ostoken_name=OS_$__ostoken_name
    if [[ -n ${(P)__ostoken_saved+x} ]]; then
      if [[ -z ${(P)__ostoken_name+x} && -n ${OSTOKEN_FOR-} && -n ${OS_AUTH_URL-}${OS_CLOUD-} ]]; then
        \builtin export "$__ostoken_name=${(P)__ostoken_saved}"
      fi
      \builtin unset $__ostoken_saved
    fi
  done
  \builtin unset OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT OSTOKEN_SCRUBBED
}

# Puts the hook behind all others: direnv loads a folder in one of them.
__ostoken_register() {
  \builtin emulate -L zsh
  if [[ ! -o interactive ]]; then
    \builtin return 0
  fi
  \builtin typeset -ga precmd_functions preexec_functions
  precmd_functions=(${precmd_functions:#__ostoken_hook} __ostoken_hook)
  preexec_functions=(${preexec_functions:#__ostoken_hook} __ostoken_hook)
}

# After ostoken_off the words below are all that is left: fetches the rest again. The settings stay
# as they were taken.
__ostoken_load() {
  \builtin emulate -L zsh
  if ! \builtin typeset -f __ostoken_hook >/dev/null; then
    \builtin local -a __ostoken_kept
    __ostoken_kept=("${(@)__ostoken__pins}")
    \builtin eval "$(__ostoken_call init zsh)"
    \builtin typeset -f __ostoken_hook >/dev/null || \builtin return 1
    __ostoken_pin "${(@)__ostoken_kept}"
  fi
}

__ostoken_again() {
  { \builtin emulate -L zsh && \builtin setopt no_xtrace no_err_exit no_err_return no_all_export; } 2>/dev/null
  __ostoken_register
  # Who asks is told, also what was said before.
  __ostoken__due=0 __ostoken__said=""
  __ostoken_hook
}

ostoken_on() {
  \builtin emulate -L zsh
  __ostoken_load || \builtin return 1
  __ostoken_pin
  __ostoken_again
}

ostoken_off() {
  \builtin emulate -L zsh
  if ! \builtin typeset -f __ostoken_hook >/dev/null; then
    \builtin return 0
  fi
  if [[ -n ${OSTOKEN_SCRUBBED-} ]]; then
    \builtin print -ru2 -- "ostoken: OS_PASSWORD was unset and is not restored"
  fi
  __ostoken_restore
  precmd_functions=(${precmd_functions:#__ostoken_hook})
  preexec_functions=(${preexec_functions:#__ostoken_hook})
  \builtin unset __ostoken__due __ostoken__since __ostoken__seen __ostoken__lease __ostoken__said \
    __ostoken__tails
  \builtin unset -f __ostoken_hook __ostoken_look __ostoken_remember __ostoken_refresh __ostoken_apply __ostoken_pin \
    __ostoken_is_own __ostoken_drop __ostoken_unset_token __ostoken_restore __ostoken_register __ostoken_again
}

# Makes an OpenRC file the environment of this shell; the file is read as data, never run.
ostoken_use() {
  \builtin emulate -L zsh
  \builtin setopt no_err_exit no_err_return no_all_export
  \builtin local __ostoken_out="" __ostoken_left="" __ostoken_lease="" __ostoken_said=""
  if [[ $# -ne 1 || -z $1 ]]; then
    \builtin print -ru2 -- "usage: ostoken_use FILE"
    \builtin return 2
  fi
  __ostoken_out=$(__ostoken_call hook --shell zsh --use "$1") || \builtin return
  __ostoken_load || \builtin return 1
  __ostoken_apply || \builtin return 1
  __ostoken_again
}

# State of this shell. Sourced again, it starts afresh. (+x for setopt all_export.)
\builtin typeset -g +x __ostoken__bin=$__ostoken_bin
\builtin unset __ostoken_bin
\builtin typeset -g __ostoken__due=0 __ostoken__since=0
\builtin typeset -g __ostoken__seen="" __ostoken__lease="" __ostoken__said=""
\builtin typeset -ga __ostoken__tails
__ostoken__tails=()
\builtin typeset -ga __ostoken__pins __ostoken__pinned
__ostoken__pinned=(__PINNED_LIST__)
__ostoken_pin
for __ostoken_name in __WRAPPED_LIST__; do
  __ostoken_wrap "$__ostoken_name"
done
\builtin unset __ostoken_name
\builtin unset -f __ostoken_wrap
# One that the environment brought along would stand in the way of that of the module.
if [[ ${(t)EPOCHSECONDS-} != *readonly* ]]; then
  \builtin unset EPOCHSECONDS
fi
\builtin zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null || \builtin :

# A script gets the words, not the hook.
if [[ -o interactive ]]; then
  # A child shell does not know what its parent exported, and for which cloud: it asks.
  if [[ -n ${OS_TOKEN-} && -n ${OSTOKEN_EXPORTED+x}${OSTOKEN_EXPIRES_AT+x} ]]; then
    __ostoken_unset_token
  fi
  __ostoken_register
fi
'
