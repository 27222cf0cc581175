# ostoken: keeps a valid OpenStack token in this shell's environment.
#
# In ~/.bashrc:   eval "$(ostoken init bash)"
# Words for you:  ostoken_on, ostoken_off, ostoken_use FILE
#
# While the token is fresh and the OS_* variables are the same, a prompt starts no process. Words
# that you may have aliased or made a function of are written \builtin; tests stand inside `if`
# and `case`, for shells under `set -e`, and what runs without __ostoken_quietly heeds `set -u`.
# shellcheck shell=bash
# shellcheck disable=SC2016 # what stands in single quotes is for a later evaluation
# shellcheck disable=SC2128,SC2178 # PROMPT_COMMAND may be a string or an array
# shellcheck disable=SC2154,SC2034 # locals of the caller; variables the printed code sets
# shellcheck disable=SC2153 # OSTOKEN_EXPORT is no misspelling of OSTOKEN_EXPORTED

# Under `set -a` children would inherit all that follows.
case $- in *a*) __ostoken_allexport=1 && \builtin set +a ;; esac

__ostoken_bin=ostoken

# Runs "$@" without the options that would print the token (-x), export our variables (-a), end the
# shell (-e, -u), make `export NAME=value` print the whole environment (-k), or hand a DEBUG trap on
# to `$(...)`, where what it prints would be taken for the answer (-T). `local -` gives them back,
# also after ^C.
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
  __ostoken_quietly() {
    {
      \builtin local -
      \builtin set +aekuxT
    } 2>/dev/null
    "$@"
  }
else
  __ostoken_quietly() {
    {
      \builtin local "__ostoken_opts=${-//[!aekuxT]/}" "__ostoken_ret=0"
      \builtin set +aekuxT
    } 2>/dev/null
    "$@" || __ostoken_ret=$?
    if [[ -n $__ostoken_opts ]]; then
      \builtin set "-$__ostoken_opts"
    fi
    \builtin return "$__ostoken_ret"
  }
fi

# The hook itself, with the status of the last command: at the prompt, and where bash can do it just
# before a command. Written for speed: plain $NAME costs half of ${NAME-}, a `local` or another
# function as much as ten names, and quotes around the names make bash a third slower.
__ostoken_hook() {
  # `set -a` would export what is set here, `set -u` minds names that are not.
  if [[ $- = *[au]* ]]; then
    __ostoken_quietly __ostoken_hook "${1-0}"
    \builtin return "${1-0}"
  fi
  __ostoken_now=${EPOCHSECONDS-}
  if [[ -z $__ostoken_now ]]; then
    # Before 5.0 (macOS has 3.2): another clock, and it starts no process either.
    if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 402)); then
      \builtin printf -v __ostoken_now '%(%s)T' -1
    else
      __ostoken_now=$SECONDS
    fi
  fi
  # What a token depends on, in one string. Of secrets only whether they are there, and how long
  # the password is. The user domain is taken away on export: it is back when an OpenRC was sourced
  # once more. (An assignment splits no words. One line, since breaking it takes quotes.)
  __ostoken_new=$OS_CLOUD:$OS_AUTH_URL:$OS_USERNAME:$OS_USER_ID:$OS_PROJECT_ID:$OS_PROJECT_NAME:$OS_PROJECT_DOMAIN_ID:$OS_PROJECT_DOMAIN_NAME:$OS_TENANT_ID:$OS_TENANT_NAME:$OS_USER_DOMAIN_ID:$OS_USER_DOMAIN_NAME:$OS_DEFAULT_DOMAIN:$OS_DEFAULT_DOMAIN_ID:$OS_DEFAULT_DOMAIN_NAME:$OS_DOMAIN_ID:$OS_DOMAIN_NAME:$OS_SYSTEM_SCOPE:$OS_TRUST_ID:$OS_AUTH_TYPE:$OS_APPLICATION_CREDENTIAL_ID:$OS_APPLICATION_CREDENTIAL_NAME:$OS_CACERT:$OS_INSECURE:$OS_CLIENT_CONFIG_FILE:$OSTOKEN_EXPORT:$OSTOKEN_SCRUB:${OS_TOKEN:+t}${OS_APPLICATION_CREDENTIAL_SECRET:+a}${OS_PASSCODE:+c}${OS_PASSWORD+${#OS_PASSWORD}}
  # A clock that went back counts as due. Where nocasematch makes A equal a, ## does not.
  # shellcheck disable=SC2050 # constants, but for nocasematch
  if [[ $__ostoken_now -lt $__ostoken_due && $__ostoken_now -ge $__ostoken_since &&
    -e $__ostoken_lease && $__ostoken_new = "$__ostoken_seen" &&
    (A != a || -z ${__ostoken_new##"$__ostoken_seen"}) ]]; then
    \builtin return "${1-0}"
  fi
  if [[ -n ${__ostoken_asked-} ]]; then
    # __ostoken_refresh wants just that.
    __ostoken_seen=$__ostoken_new
  elif [[ -n $OS_AUTH_URL$OS_CLOUD ]]; then
    __ostoken_quietly __ostoken_refresh
  elif [[ -n $OSTOKEN_FOR ]]; then
    __ostoken_quietly __ostoken_restore
  fi
  \builtin return "${1-0}"
}

# Asks the program. Runs under __ostoken_quietly, called by __ostoken_hook.
__ostoken_refresh() {
  \builtin local __ostoken_out __ostoken_left='' __ostoken_asked=1
  # Armed before the call: after ^C or a failure the next prompt must not ask again at once.
  __ostoken_since=$__ostoken_now
  __ostoken_due=$((__ostoken_now + 30))
  __ostoken_seen=$__ostoken_new
  __ostoken_lease=/
  case $__ostoken_bin in
  */*)
    if [[ ! -x $__ostoken_bin ]]; then
      if [[ ${__ostoken_said-} != gone ]]; then
        __ostoken_said=gone
        \builtin printf 'ostoken: %s is gone (ostoken_off ends this hook)\n' "$__ostoken_bin" >&2
      fi
      \builtin return 0
    fi
    ;;
  esac
  # Without </dev/null the program would eat what is typed ahead.
  if __ostoken_out=$("$__ostoken_bin" hook --shell bash --said "${__ostoken_said-}" </dev/null); then
    __ostoken_apply || \builtin :
  fi
  case $__ostoken_left in
  '' | *[!0-9]*) ;;
  *) __ostoken_due=$((__ostoken_now + 10#$__ostoken_left)) ;;
  esac
  # No lease to test: `/` is always there.
  __ostoken_lease=${__ostoken_lease:-/}
  # The environment as it is now is the one to compare with.
  __ostoken_hook
  # Digits only: arithmetic would run what else stands in a variable of the environment.
  case ${OSTOKEN_EXPORTED:+${OSTOKEN_EXPIRES_AT-}} in
  '' | *[!0-9]*) __ostoken_end=0 ;;
  *) __ostoken_end=$((10#$OSTOKEN_EXPIRES_AT)) ;;
  esac
  __ostoken_before
}

# Takes the answer apart: line 1 is the token, the rest is code that names it but does not hold it.
__ostoken_apply() {
  \builtin local __ostoken_t
  case $__ostoken_out in
  *$'\n'*) ;;
  *) \builtin return 1 ;;
  esac
  __ostoken_t=${__ostoken_out%%$'\n'*}
  \builtin eval "${__ostoken_out#*$'\n'}"
  if [[ -n $__ostoken_t ]]; then
    __ostoken_tail=${__ostoken_t#"${__ostoken_t%????????}"}
  fi
  \builtin return 0
}

# Undoes the export. What it had taken away is put back as long as there is a session to which it
# belongs: after direnv or you cleared that, a user domain would be a leftover.
__ostoken_restore() {
  \builtin local __ostoken_name __ostoken_saved
  if [[ -z ${OSTOKEN_FOR-} ]]; then
    \builtin return 0
  fi
  # One that you exported over ours ends in another way, and stays.
  if [[ -n ${OSTOKEN_EXPORTED-} && ${OS_TOKEN-} == *"${__ostoken_tail-}" ]]; then
    \builtin unset OS_TOKEN
    # Another auth type came with another OpenRC.
    if \builtin [ "${OS_AUTH_TYPE-}" = token ]; then
      \builtin unset OS_AUTH_TYPE
    fi
  fi
  for __ostoken_name in AUTH_TYPE USER_DOMAIN_NAME USER_DOMAIN_ID USERNAME USER_ID PASSCODE; do
    __ostoken_saved=OSTOKEN_$__ostoken_name
    __ostoken_name=OS_$__ostoken_name
    if [[ -n ${!__ostoken_saved+x} ]]; then
      if [[ -z ${!__ostoken_name+x} && -n ${OS_AUTH_URL-}${OS_CLOUD-} ]]; then
        \builtin export "$__ostoken_name=${!__ostoken_saved}"
      fi
      \builtin unset "$__ostoken_saved"
    fi
  done
  \builtin unset OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT OSTOKEN_SCRUBBED
  __ostoken_end=0
}

# A token may expire while the shell idles, after the last prompt looked. Just before a command:
# - bash-preexec, where it is loaded (it may come later than this file, hence at each refresh);
# - bash 5.3: PS0 can run the hook in this shell;
# - bash 4.4 to 5.2: PS0 can only tell; arithmetic starts no process.
__ostoken_before() {
  \builtin local __ostoken_f
  if [[ -n ${bash_preexec_imported-}${__bp_imported-} ]]; then
    for __ostoken_f in ${preexec_functions[@]+"${preexec_functions[@]}"}; do
      if [[ $__ostoken_f = __ostoken_preexec ]]; then
        \builtin return 0
      fi
    done
    preexec_functions+=(__ostoken_preexec)
    __ostoken_unprompt
  elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) && \builtin shopt -q promptvars; then
    case ${PS0-} in
    *__ostoken_*) ;;
    *) PS0=$__ostoken_ps0${PS0-} ;;
    esac
  fi
}

__ostoken_unprompt() {
  if [[ -n ${PS0-} ]]; then
    PS0=${PS0/"$__ostoken_ps0"/}
    if [[ -z $PS0 ]]; then
      \builtin unset PS0
    fi
  fi
}

# A status other than 0 would make bash-preexec skip the command under extdebug.
__ostoken_preexec() {
  __ostoken_hook 0
  \builtin return 0
}

# With OSTOKEN_PREEXEC=1 (before 5.3): a DEBUG trap for one command, set when the prompt is done and
# only where there is none. To look costs a process. `declare -ft`: else bash hides the trap from
# functions. It must be set last, or it would be spent here; "$_" is so what it was.
__ostoken_debug() {
  if [[ ${__ostoken_end-0} -gt 0 && -z $(\builtin trap -p DEBUG) ]]; then
    \builtin trap '__ostoken_spend "$_"' DEBUG
  fi
}
__ostoken_spend() {
  \builtin trap - DEBUG
  __ostoken_hook 0
  \builtin return 0
}
\builtin declare -ft __ostoken_debug __ostoken_spend

# What stands in PROMPT_COMMAND. `&& :` hands $? on to what follows, while `set -e` and a trap on ERR
# do not see it; the default is for child shells that inherit PROMPT_COMMAND and have no hook.
__ostoken_entry='"${__ostoken_pc-:}" "$?" && \builtin :'
__ostoken_arm_entry='"${__ostoken_arm-:}"'

# The attributes of PROMPT_COMMAND as `declare -p` shows them (--: a plain string), or "none".
__ostoken_inspect() {
  __ostoken_flags=$(\builtin declare -p PROMPT_COMMAND 2>/dev/null) || __ostoken_flags='declare none'
  __ostoken_flags=${__ostoken_flags#declare }
  __ostoken_flags=${__ostoken_flags%% *}
}

# Puts the hook behind what PROMPT_COMMAND has (bash-preexec needs the first place): as an element
# where bash runs all of an array (5.1; each gets the command's own $? and PIPESTATUS), else on a
# new line (`;` would be wrong after `&` or a comment). A string that is exported stays one.
__ostoken_register() {
  \builtin local __ostoken_flags
  __ostoken_inspect
  case $__ostoken_flags:${PROMPT_COMMAND[*]-} in
  *:*"$__ostoken_entry"*) \builtin return 0 ;;
  *r*:*)
    \builtin printf 'ostoken: PROMPT_COMMAND is read-only, the hook stays off\n' >&2
    \builtin return 0
    ;;
  esac
  __ostoken_pc=__ostoken_hook
  __ostoken_was=$__ostoken_flags
  if [[ ${OSTOKEN_PREEXEC-} = 1 ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 503)); then
    __ostoken_arm=__ostoken_debug
  fi
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)) || [[ $__ostoken_flags = *x* ]]; then
    PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}$__ostoken_entry
    PROMPT_COMMAND+=${__ostoken_arm:+$'\n'$__ostoken_arm_entry}
    \builtin return 0
  fi
  # Never [0]: a later PROMPT_COMMAND=... of somebody else overwrites that.
  if [[ -z ${PROMPT_COMMAND[*]-} ]]; then
    PROMPT_COMMAND[1]=$__ostoken_entry
  else
    PROMPT_COMMAND+=("$__ostoken_entry")
  fi
  if [[ -n ${__ostoken_arm-} ]]; then
    PROMPT_COMMAND+=("$__ostoken_arm_entry")
  fi
}

# Takes the hook out of __ostoken_rest.
__ostoken_strip() {
  __ostoken_rest=${__ostoken_rest/$'\n'"$__ostoken_arm_entry"/}
  __ostoken_rest=${__ostoken_rest/$'\n'"$__ostoken_entry"/}
  __ostoken_rest=${__ostoken_rest/"$__ostoken_arm_entry"/}
  __ostoken_rest=${__ostoken_rest/"$__ostoken_entry"/}
}

__ostoken_unregister() {
  \builtin local __ostoken_flags __ostoken_i __ostoken_rest
  __ostoken_inspect
  case $__ostoken_flags in
  none | *r*) ;;
  *a*)
    for __ostoken_i in "${!PROMPT_COMMAND[@]}"; do
      __ostoken_rest=${PROMPT_COMMAND[__ostoken_i]}
      __ostoken_strip
      if [[ -z $__ostoken_rest && -n ${PROMPT_COMMAND[__ostoken_i]} ]]; then
        \builtin unset "PROMPT_COMMAND[$__ostoken_i]"
      else
        PROMPT_COMMAND[__ostoken_i]=$__ostoken_rest
      fi
    done
    # What was no array before becomes none again, unless others have added to it.
    __ostoken_i="${!PROMPT_COMMAND[*]}"
    if [[ ${__ostoken_i:-0} = 0 && ${__ostoken_was-} != *a* ]]; then
      __ostoken_rest=${PROMPT_COMMAND[0]-}
      \builtin unset PROMPT_COMMAND
      if [[ ${__ostoken_was-} != none ]]; then
        PROMPT_COMMAND=$__ostoken_rest
      fi
    fi
    ;;
  *)
    __ostoken_rest=$PROMPT_COMMAND
    __ostoken_strip
    PROMPT_COMMAND=$__ostoken_rest
    if [[ -z $PROMPT_COMMAND && ${__ostoken_was-} = none ]]; then
      \builtin unset PROMPT_COMMAND
    fi
    ;;
  esac
  __ostoken_unprompt
  if [[ -n ${preexec_functions[*]-} ]]; then
    for __ostoken_i in "${!preexec_functions[@]}"; do
      if [[ ${preexec_functions[__ostoken_i]} = __ostoken_preexec ]]; then
        \builtin unset "preexec_functions[$__ostoken_i]"
      fi
    done
  fi
}

# After ostoken_off the words below are all that is left: fetches the rest again.
__ostoken_load() {
  if ! \builtin declare -F __ostoken_hook >/dev/null; then
    \builtin eval "$("$__ostoken_bin" init bash </dev/null)"
    \builtin declare -F __ostoken_hook >/dev/null
  fi
}

ostoken_on() {
  __ostoken_load || \builtin return 1
  if [[ $- = *a* ]]; then
    __ostoken_quietly ostoken_on
    \builtin return
  fi
  case $- in *i*) __ostoken_register ;; esac
  # Who asks is told, also what was said before.
  __ostoken_due=0 __ostoken_said=''
  __ostoken_hook 0
}

ostoken_off() {
  if ! \builtin declare -F __ostoken_hook >/dev/null; then
    \builtin return 0
  fi
  if [[ -n ${OSTOKEN_SCRUBBED-} ]]; then
    \builtin printf 'ostoken: OS_PASSWORD was taken away and is not put back\n' >&2
  fi
  __ostoken_quietly __ostoken_restore
  __ostoken_unregister
  \builtin unset -v __ostoken_pc __ostoken_arm __ostoken_was __ostoken_now __ostoken_new \
    __ostoken_due __ostoken_since __ostoken_seen __ostoken_lease __ostoken_said __ostoken_tail __ostoken_end __ostoken_ps0 __ostoken_note \
    __ostoken_entry __ostoken_arm_entry
  \builtin unset -f __ostoken_quietly __ostoken_hook __ostoken_refresh \
    __ostoken_apply __ostoken_restore __ostoken_before __ostoken_unprompt __ostoken_preexec \
    __ostoken_debug __ostoken_spend __ostoken_inspect __ostoken_register __ostoken_strip \
    __ostoken_unregister __ostoken_inherit
}

# Makes an OpenRC file this shell's environment; the file is read as data, never run.
ostoken_use() {
  \builtin local __ostoken_out __ostoken_left
  if [[ $# -ne 1 || -z $1 ]]; then
    \builtin printf 'usage: ostoken_use FILE\n' >&2
    \builtin return 2
  fi
  __ostoken_out=$("$__ostoken_bin" hook --shell bash --use "$1" </dev/null) || \builtin return
  __ostoken_load || \builtin return 1
  __ostoken_quietly __ostoken_apply || \builtin return 1
  ostoken_on
}

# State of this shell. Sourced again, it starts afresh.
__ostoken_due=0 __ostoken_since=0 __ostoken_end=0
__ostoken_seen='' __ostoken_lease='' __ostoken_said='' __ostoken_tail=''
# An export that this shell inherited is ours, too.
__ostoken_inherit() {
  if [[ -n ${OSTOKEN_EXPORTED-} && -n ${OS_TOKEN-} ]]; then
    __ostoken_tail=${OS_TOKEN#"${OS_TOKEN%????????}"}
  fi
}
__ostoken_quietly __ostoken_inherit
__ostoken_note='ostoken: the token expired while this shell was idle: press Enter once, then repeat the command
'
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 503)); then
  __ostoken_ps0='${ '$__ostoken_entry'; }'
else
  # Of the note 0 or 200 characters.
  __ostoken_ps0='${__ostoken_note+${__ostoken_note:0:(__ostoken_end > 0 && \D{%s} >= __ostoken_end) * 200}}'
fi

# A script gets the words, not the hook.
case $- in *i*) __ostoken_register ;; esac

if [[ -n ${__ostoken_allexport-} ]]; then
  \builtin unset __ostoken_allexport
  \builtin set -a
fi
