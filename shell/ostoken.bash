# ostoken: keeps a valid OpenStack token in this shell's environment.
#
# In ~/.bashrc:   eval "$(ostoken init bash)"
# Words for you:  ostoken_on, ostoken_off, ostoken_use FILE
#
# While the token is fresh and the OS_* variables are the same, a prompt starts no process. Words
# that you may have aliased or made a function of are written \builtin; tests stand inside `if`
# and `case`, for shells under `set -e`, and what runs without __ostoken_quietly respects `set -u`.
#
# A folder's .env may export any variable into this shell, also one of ours. What the hook remembers
# stands in variables written __ostoken__NAME here; __ostoken_begin puts a number in their names that
# no file can know. Locals and what the printed code sets have plain names, and a value before use.
# shellcheck shell=bash
# shellcheck disable=SC2016 # what stands in single quotes is for a later evaluation
# shellcheck disable=SC2128,SC2178 # PROMPT_COMMAND may be a string or an array
# shellcheck disable=SC2154,SC2034 # locals of the caller; variables the printed code sets
# shellcheck disable=SC2153 # OSTOKEN_EXPORTED is no misspelling
# shellcheck disable=SC2119,SC2120,SC2163,SC2317 # functions called, and given arguments, by another

# Under `set -a` children would inherit all that follows.
case $- in
*a*) __ostoken_allexport=1 && \builtin set +a ;;
*) __ostoken_allexport='' ;;
esac

__ostoken_bin=ostoken

# Runs "$@" without the options that would print the token (-x), export our variables (-a), end the
# shell (-e, -u), make `export NAME=value` print the whole environment (-k), or hand a DEBUG trap on
# to `$(...)`, where what it prints would be taken for the answer (-T). `local -` gives them back,
# also after ^C.
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
  __ostoken_quietly() {
    {
      \builtin local - "FUNCNEST=0"
      \builtin set +aekuxT
    } 2>/dev/null
    "$@"
  }
else
  __ostoken_quietly() {
    {
      \builtin local "__ostoken_opts=${-//[!aekuxT]/}" "__ostoken_ret=0" "FUNCNEST=0"
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
# before a command. Written for speed: bash copies a function's body at each call, plain $NAME costs
# half of ${NAME-}, a `local` or another function as much as ten names. Times are ten digits and are
# compared as text: arithmetic would run what else stands in a variable.
__ostoken_hook() {
  # `set -a` would export what is set here, `set -u` minds names that are not.
  case $- in
  *[au]*) ;;
  *)
    __ostoken_time
    __ostoken_print
    # A clock that went back counts as due. Where nocasematch makes A equal a, ## does not.
    # shellcheck disable=SC2050 # constants, but for nocasematch
    if [[ $__ostoken__now < $__ostoken__due && ! $__ostoken__now < $__ostoken__since &&
      -e $__ostoken__lease && $__ostoken__new = "$__ostoken__seen" &&
      (A != a || -z ${__ostoken__new##"$__ostoken__seen"}) ]]; then
      \builtin return "${1-0}"
    fi
    ;;
  esac
  # A limit on how deep functions call each other would end this one here.
  \builtin local "FUNCNEST=0"
  __ostoken_quietly __ostoken_look
  \builtin return "${1-0}"
}

# The slow path. Runs under __ostoken_quietly, and so does all that it calls.
__ostoken_look() {
  \builtin local __ostoken_ask=''
  __ostoken_time
  __ostoken_print
  # EPOCHSECONDS and SECONDS are variables like others once somebody has unset them.
  if [[ ${#__ostoken__now} != 10 || $__ostoken__now = *[!0-9]* ]]; then
    \builtin printf -v __ostoken__now '%(%s)T' -1 2>/dev/null || \builtin printf -v __ostoken__now %010d 0
  fi
  __ostoken_cloud
  if [[ $__ostoken__cloud != "$__ostoken__asked" || -n ${__ostoken__cloud##"$__ostoken__asked"} ]]; then
    # First of all: our token must not stand beside another cloud, whatever comes of the question.
    __ostoken_drop
    __ostoken_ask=1
  elif [[ ! $__ostoken__now < $__ostoken__due || $__ostoken__now < $__ostoken__since || ! -e $__ostoken__lease ]]; then
    __ostoken_ask=1
  elif [[ $__ostoken__new = "$__ostoken__seen" ]]; then
    \builtin return 0
  fi
  __ostoken_before
  if ! __ostoken_keep_last; then
    # What runs behind the hook this once may change the environment: the next prompt asks.
    __ostoken_drop
    __ostoken__due=0
  elif [[ -z ${OS_AUTH_URL-}${OS_CLOUD-} ]]; then
    __ostoken_restore
    __ostoken__due=9999999999 __ostoken__since=0 __ostoken__lease=/
  elif [[ -n $__ostoken_ask ]]; then
    __ostoken_refresh
  fi
  __ostoken_notice
  __ostoken_remember
}

# The environment as it is now is the one to compare with.
__ostoken_remember() {
  __ostoken_cloud
  __ostoken__asked=$__ostoken__cloud
  __ostoken_print
  __ostoken__seen=$__ostoken__new
  if [[ $__ostoken__looks = spoil ]]; then
    __ostoken__same=()
    __ostoken__same[$__ostoken__cloud]=''
  fi
}

# Asks the program.
__ostoken_refresh() {
  \builtin local __ostoken_out __ostoken_left='' __ostoken_lease='' __ostoken_said=$__ostoken__said
  \builtin local __ostoken_own=''
  # Armed before the call: after ^C or a failure the next prompt must not ask again at once.
  __ostoken__since=$__ostoken__now
  __ostoken_due_in 30
  __ostoken__lease=/
  __ostoken_remember
  case $__ostoken__bin in
  */*)
    if [[ ! -x $__ostoken__bin ]]; then
      if [[ $__ostoken__said != *gone* ]]; then
        __ostoken__said=${__ostoken__said:+$__ostoken__said,}gone
        \builtin printf 'ostoken: %s is gone (ostoken_off ends this hook)\n' "$__ostoken__bin" >&2
      fi
      \builtin return 0
    fi
    ;;
  esac
  if __ostoken_is_own "${OS_TOKEN-}"; then
    __ostoken_own=--own
  fi
  if __ostoken_out=$(__ostoken_call hook --shell bash --said "$__ostoken__said" ${__ostoken_own:+"$__ostoken_own"}) &&
    __ostoken_apply; then
    __ostoken__said=$__ostoken_said
    # No lease to test: `/` is always there.
    __ostoken__lease=${__ostoken_lease:-/}
  fi
  case $__ostoken_left in
  '' | *[!0-9]*) ;;
  *) __ostoken_due_in "$((10#$__ostoken_left))" ;;
  esac
  __ostoken__end=0
  if __ostoken_is_own "${OS_TOKEN-}"; then
    # Digits only: this stands in an arithmetic expression.
    case ${OSTOKEN_EXPIRES_AT-} in
    '' | *[!0-9]*) __ostoken__end=9999999999 ;;
    *) __ostoken__end=$((10#$OSTOKEN_EXPIRES_AT)) ;;
    esac
  fi
}

__ostoken_due_in() {
  \builtin printf -v __ostoken__due %010d "$((10#$__ostoken__now + $1))"
}

# Runs the program, in the $(...) of the caller, with the settings that __ostoken_pin took. Without
# </dev/null it would eat what is typed ahead.
__ostoken_call() {
  # A read-only one cannot be set by anybody.
  {
    \builtin unset -v __PINNED_LIST__ OSTOKEN_PREEXEC || \builtin :
    \builtin export ${__ostoken__pins[@]+"${__ostoken__pins[@]}"} || \builtin :
  } 2>/dev/null
  \builtin exec "$__ostoken__bin" "$@" </dev/null
}

# Makes a function of a program's name, which runs the program so that it creates no token. One of
# yours stays. (An alias of yours is expanded first, and then calls the function.) `jobs` shows its text.
__ostoken_wrap() {
  \builtin local __ostoken_run
  if ! \builtin declare -F "$1" >/dev/null || [[ $(\builtin declare -f "$1") = *__ostoken_serves* ]]; then
    \builtin printf -v __ostoken_run %q "$__ostoken_bin"
    __ostoken_run+=" exec --wrapped -- $1 \"\$@\""
    \builtin eval "function $1 { if __ostoken_serves $1; then $__ostoken_run; else \\command $1 \"\$@\"; fi; }"
  fi
}

# Not after ostoken_off, nor where there is no such program: then it is as if it had no function.
__ostoken_serves() {
  \builtin declare -F __ostoken_hook >/dev/null && [[ -x $__ostoken__bin ]] && \builtin type -P "$1" >/dev/null
}

# Takes the settings from the environment as it is now, or from the arguments: what a folder sets
# later must not reach a program that has the token.
__ostoken_pin() {
  \builtin local __ostoken_name
  \builtin unset -v __ostoken__pins
  __ostoken__pins=("$@")
  if (($#)); then
    \builtin return 0
  fi
  for __ostoken_name in __PINNED_LIST__ OSTOKEN_PREEXEC; do
    if [[ -n ${!__ostoken_name+x} ]]; then
      __ostoken__pins+=("$__ostoken_name=${!__ostoken_name}")
    fi
  done
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
  if [[ -n $__ostoken_t ]] && ! __ostoken_is_own "$__ostoken_t"; then
    # The last characters of each: enough to know it again.
    __ostoken__own+=("$__ostoken__spoiled" "${__ostoken_t:$((${#__ostoken_t} > 12 ? ${#__ostoken_t} - 12 : 0))}")
  fi
  \builtin return 0
}

# Whether this shell exported this token. Any, not the last one alone: direnv puts an old one back.
__ostoken_is_own() {
  \builtin local __ostoken_tail
  if [[ -n $1 && -n ${__ostoken__own+x} ]]; then
    for __ostoken_tail in "${__ostoken__own[@]}"; do
      if [[ $1 = *"$__ostoken_tail"* ]]; then
        \builtin return 0
      fi
    done
  fi
  \builtin return 1
}

# Takes a token of ours out of the environment, without putting back what it had replaced. A .env
# may hold `OS_AUTH_URL=https://elsewhere/$OS_TOKEN`: what has a copy and is sent goes as well.
__ostoken_drop() {
  \builtin local __ostoken_name __ostoken_tail
  if __ostoken_is_own "${OS_TOKEN-}"; then
    __ostoken_unset_token
  fi
  for __ostoken_tail in ${__ostoken__own[@]+"${__ostoken__own[@]}"}; do
    for __ostoken_name in "${!OS_@}" "${!http@}" "${!HTTP@}" "${!all_p@}" "${!ALL_P@}"; do
      if [[ ${#__ostoken_tail} -ge 8 && ${!__ostoken_name-} = *"$__ostoken_tail"* ]]; then
        \builtin unset -v "$__ostoken_name"
      fi
    done
  done
}
__ostoken_unset_token() {
  \builtin unset -v OS_TOKEN OSTOKEN_EXPORTED OSTOKEN_EXPIRES_AT
  # Another auth type came with another OpenRC.
  if \builtin [ "${OS_AUTH_TYPE-}" = token ]; then
    \builtin unset -v OS_AUTH_TYPE
  fi
  __ostoken__end=0
}

# Undoes the export. What it had unset is restored as long as there is a session to which it
# belongs: after direnv or you cleared that, a user domain would be a leftover. A token that you
# exported over ours stays.
__ostoken_restore() {
  \builtin local __ostoken_name __ostoken_saved
  __ostoken_drop
  if [[ -z ${OSTOKEN_FOR-}${__ostoken__own+x} ]]; then
    \builtin return 0
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
  \builtin unset -v OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT OSTOKEN_SCRUBBED
}

# A token may expire while the shell idles, and what runs behind the hook may change the environment,
# after the prompt looked. Just before a command:
# - bash-preexec, where it is loaded (it may come later than this file, hence at each look);
# - bash 5.3: PS0 can run the hook in this shell;
# - bash 4.4 to 5.2: PS0 can only tell, and put a number in the place of the token; arithmetic starts
#   no process.
__ostoken_before() {
  \builtin local __ostoken_f
  __ostoken__looks=''
  # Its functions, too: any file may set a variable.
  if [[ -n ${bash_preexec_imported-}${__bp_imported-} && -n $(\builtin compgen -A function __bp_) ]]; then
    __ostoken__looks=preexec
    for __ostoken_f in ${preexec_functions[@]+"${preexec_functions[@]}"}; do
      if [[ $__ostoken_f = __ostoken_preexec ]]; then
        \builtin return 0
      fi
    done
    preexec_functions+=(__ostoken_preexec)
  elif [[ $- = *i* ]] && \builtin shopt -q promptvars; then
    case $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1])) in
    3?? | 40[0-3]) ;;
    404 | 50[0-2]) __ostoken__looks=spoil ;;
    *) __ostoken__looks=PS0 ;;
    esac
  fi
}

__ostoken_notice() {
  __ostoken_unprompt
  case $__ostoken__looks in
  PS0) PS0=$__ostoken__ps0$__ostoken__note${PS0-} ;;
  spoil)
    if [[ $__ostoken__end != 0 ]]; then
      PS0=$__ostoken__ps0$__ostoken__end$__ostoken__note${PS0-}
    fi
    ;;
  esac
}

__ostoken_unprompt() {
  if [[ -n ${PS0-} ]]; then
    PS0=${PS0/"${__ostoken__ps0%%[0-9]*}"*"$__ostoken__note"/}
    if [[ -z $PS0 ]]; then
      \builtin unset -v PS0
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
  if [[ ${__ostoken__end:-0} != 0 && -z $(\builtin trap -p DEBUG) ]]; then
    \builtin trap '__ostoken_spend "$_"' DEBUG
  fi
}
__ostoken_spend() {
  \builtin trap - DEBUG
  __ostoken_hook 0
  \builtin return 0
}

# The attributes of PROMPT_COMMAND as `declare -p` shows them (--: a plain string), or "none".
__ostoken_inspect() {
  __ostoken_flags=$(\builtin declare -p PROMPT_COMMAND 2>/dev/null) || __ostoken_flags='declare none'
  __ostoken_flags=${__ostoken_flags#declare }
  __ostoken_flags=${__ostoken_flags%% *}
}

# Puts the hook behind what PROMPT_COMMAND has (bash-preexec needs the first place): as an element
# where bash runs all of an array (5.1; each gets the command's own $? and PIPESTATUS), else on a
# new line (`;` would be wrong after `&` or a comment). A string that is exported stays one.
# `&& :` hands $? on to what follows, while `set -e` and a trap on ERR do not see it.
__ostoken_register() {
  \builtin local __ostoken_flags __ostoken_i
  __ostoken_unregister
  __ostoken_inspect
  if [[ $__ostoken_flags = *r* ]]; then
    \builtin printf 'ostoken: PROMPT_COMMAND is read-only, the hook stays off\n' >&2
    __ostoken__last=${PROMPT_COMMAND[*]-}
    \builtin return 0
  fi
  __ostoken__was=$__ostoken_flags
  __ostoken__entry=$__ostoken__plain
  if [[ $__ostoken_flags = *x* ]]; then
    __ostoken__entry=$__ostoken__guarded
  fi
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 503)); then
    for __ostoken_i in "${__ostoken__pins[@]}"; do
      if [[ $__ostoken_i = OSTOKEN_PREEXEC=1 ]]; then
        __ostoken__entry+=$'\n'$__ostoken__arm
      fi
    done
  fi
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)) || [[ $__ostoken_flags = *x* ]]; then
    PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}$__ostoken__entry
  elif [[ -z ${PROMPT_COMMAND[*]-} ]]; then
    # Never [0]: a later PROMPT_COMMAND=... of somebody else overwrites that.
    PROMPT_COMMAND[1]=$__ostoken__entry
  else
    PROMPT_COMMAND+=("$__ostoken__entry")
  fi
  __ostoken__last=${PROMPT_COMMAND[*]}
}

# Takes the hook out of __ostoken_rest.
__ostoken_strip() {
  \builtin local __ostoken_part
  for __ostoken_part in "$__ostoken__arm" "$__ostoken__plain" "$__ostoken__guarded"; do
    # Somebody may have gone on with `;`, behind which nothing must be missing.
    __ostoken_rest=${__ostoken_rest/"$__ostoken_part;"/}
    __ostoken_rest=${__ostoken_rest/$'\n'"$__ostoken_part"/}
    __ostoken_rest=${__ostoken_rest/"$__ostoken_part"/}
  done
}

__ostoken_unregister() {
  \builtin local __ostoken_flags __ostoken_i __ostoken_rest
  case ${PROMPT_COMMAND[*]-} in
  *"$__ostoken__plain"* | *"$__ostoken__guarded"*) ;;
  *) \builtin return 0 ;;
  esac
  __ostoken_inspect
  case $__ostoken_flags in
  *r*) ;;
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
    if [[ ${__ostoken_i:-0} = 0 && ${__ostoken__was-} != *a* ]]; then
      __ostoken_rest=${PROMPT_COMMAND[0]-}
      \builtin unset PROMPT_COMMAND
      if [[ ${__ostoken__was-} != none ]]; then
        PROMPT_COMMAND=$__ostoken_rest
      fi
    fi
    ;;
  *)
    __ostoken_rest=$PROMPT_COMMAND
    __ostoken_strip
    PROMPT_COMMAND=$__ostoken_rest
    if [[ -z $PROMPT_COMMAND && ${__ostoken__was-} = none ]]; then
      \builtin unset PROMPT_COMMAND
    fi
    ;;
  esac
}

# What runs behind the hook can change the environment unseen: the hook goes behind it. bash has
# taken its list for this prompt by then, so the status tells whether the hook was the last today.
# Who moves back behind it again and again stays there, and so does bash-preexec, which must be the last
# and calls the hook before a command.
__ostoken_keep_last() {
  case $- in *i*) ;; *) __ostoken__last=${PROMPT_COMMAND[*]-} ;; esac
  if [[ ${PROMPT_COMMAND[*]-} = "$__ostoken__last" ]]; then
    \builtin return 0
  fi
  if [[ ${PROMPT_COMMAND[*]-} = *"$__ostoken__entry" || $__ostoken__looks = preexec || $__ostoken__moved = xxxxx ]]; then
    __ostoken__last=${PROMPT_COMMAND[*]-}
    \builtin return 0
  fi
  __ostoken_register
  __ostoken__moved+=x
  [[ -n $__ostoken__looks ]]
}

# After ostoken_off the words below are all that is left: fetches the rest again. The settings stay
# as they were taken.
__ostoken_load() {
  if ! \builtin declare -F __ostoken_hook >/dev/null; then
    \builtin local __ostoken_kept
    __ostoken_kept=(${__ostoken__pins[@]+"${__ostoken__pins[@]}"})
    \builtin eval "$(__ostoken_call init bash)"
    \builtin declare -F __ostoken_hook >/dev/null || \builtin return 1
    __ostoken_quietly __ostoken_pin ${__ostoken_kept[@]+"${__ostoken_kept[@]}"}
  fi
}

__ostoken_again() {
  case $- in *i*) __ostoken_register ;; esac
  # Who asks is told, also what was said before.
  __ostoken__due='' __ostoken__said=''
  __ostoken_hook 0
}

ostoken_on() {
  __ostoken_load || \builtin return 1
  __ostoken_quietly __ostoken_pin
  __ostoken_quietly __ostoken_again
}

ostoken_off() {
  \builtin local __ostoken_i
  if ! \builtin declare -F __ostoken_hook >/dev/null; then
    \builtin return 0
  fi
  if [[ -n ${OSTOKEN_SCRUBBED-} ]]; then
    \builtin printf 'ostoken: OS_PASSWORD was unset and is not restored\n' >&2
  fi
  __ostoken_quietly __ostoken_restore
  __ostoken_unregister
  __ostoken_unprompt
  if [[ -n ${preexec_functions[*]-} ]]; then
    for __ostoken_i in "${!preexec_functions[@]}"; do
      if [[ ${preexec_functions[__ostoken_i]} = __ostoken_preexec ]]; then
        \builtin unset "preexec_functions[$__ostoken_i]"
      fi
    done
  fi
  \builtin unset -v __ostoken__was __ostoken__now __ostoken__new __ostoken__cloud __ostoken__asked __ostoken__due \
    __ostoken__since __ostoken__seen __ostoken__lease __ostoken__said __ostoken__own __ostoken__end __ostoken__looks __ostoken__last __ostoken__moved \
    __ostoken__entry __ostoken__plain __ostoken__guarded __ostoken__arm __ostoken__ps0 __ostoken__note __ostoken__same __ostoken__spoiled
  \builtin unset -f __ostoken_quietly __ostoken_hook __ostoken_look __ostoken_remember __ostoken_refresh \
    __ostoken_due_in __ostoken_pin __ostoken_apply __ostoken_is_own __ostoken_drop __ostoken_unset_token __ostoken_restore \
    __ostoken_before __ostoken_notice __ostoken_unprompt __ostoken_preexec __ostoken_debug __ostoken_spend \
    __ostoken_inspect __ostoken_register __ostoken_strip __ostoken_unregister __ostoken_keep_last __ostoken_again
}

# Makes an OpenRC file this shell's environment; the file is read as data, never run.
ostoken_use() {
  \builtin local __ostoken_out __ostoken_left
  if [[ $# -ne 1 || -z $1 ]]; then
    \builtin printf 'usage: ostoken_use FILE\n' >&2
    \builtin return 2
  fi
  __ostoken_out=$(__ostoken_call hook --shell bash --use "$1") || \builtin return
  __ostoken_load || \builtin return 1
  __ostoken_quietly __ostoken_apply || \builtin return 1
  __ostoken_quietly __ostoken_again
}

# Writes the functions named once more: the state in variables that nobody can name, the time and
# the fingerprint spelled out, since a function more would cost each prompt a sixth.
__ostoken_begin() {
  \builtin local __ostoken_name __ostoken_key __ostoken_time
  \builtin local __ostoken_print='' __ostoken_exact='' __ostoken_list __ostoken_was='' __ostoken_text
  # Those of an earlier evaluation.
  for __ostoken_name in "${!__ostoken_@}"; do
    case $__ostoken_name in
    __ostoken_[0-9]*_was) __ostoken_was=${!__ostoken_name} ;;
    esac
    case $__ostoken_name in
    __ostoken_[0-9]*) \builtin unset -v "$__ostoken_name" ;;
    esac
  done
  __ostoken_key=$RANDOM$RANDOM${SRANDOM-$RANDOM}$$
  __ostoken_key=${__ostoken_key//[!0-9]/}
  __ostoken_key=${__ostoken_key:0:12}
  # Before 5.0 another clock, for macOS's 3.2 the age of the shell; neither starts a process. There
  # a prompt runs no array either.
  __ostoken_list='$PROMPT_COMMAND'
  case $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1])) in
  30? | 40[01]) __ostoken_time='__ostoken__now=000000000$SECONDS; __ostoken__now=${__ostoken__now:(-10)}' ;;
  4*) __ostoken_time='\builtin printf -v __ostoken__now "%(%s)T" -1' ;;
  *) __ostoken_time='__ostoken__now=$EPOCHSECONDS' __ostoken_list='${PROMPT_COMMAND[*]}' ;;
  esac
  # What a token depends on, in one string; \037 so that no two environments look alike. The user
  # domain is unset on export: it is back when an OpenRC was sourced once more. With our own
  # marks, one that somebody changed is mended. (An assignment splits no words.)
  # shellcheck disable=SC2043 # `ostoken init` puts the names there
  for __ostoken_name in __WATCHED_LIST__; do
    __ostoken_print+=\$$__ostoken_name$'\037'
    # The same for PS0, which `set -u` looks at.
    __ostoken_exact+='${'$__ostoken_name'-}'$'\037'
  done
  # Of secrets only whether they are there, how long the password is, and how the token ends.
  __ostoken_name='${OS_APPLICATION_CREDENTIAL_SECRET:+a}${OS_PASSCODE:+c}${OS_PASSWORD+${#OS_PASSWORD}}'
  __ostoken_print+='${OS_TOKEN: -4}'$__ostoken_name
  __ostoken_exact+='${OS_TOKEN:+${OS_TOKEN: -4}}'$__ostoken_name
  __ostoken_rewrite "$@"
  # One of the same name may have come with the environment.
  \builtin export -nf "$@"
  \builtin declare -ft __ostoken_debug __ostoken_spend
  __ostoken_start
}

# Line by line: in 3.2 a replacement in a long string takes seconds.
__ostoken_rewrite() {
  \builtin local IFS=$'\n' __ostoken_line __ostoken_code='' __ostoken_options=$-
  \builtin set -f
  for __ostoken_line in $(\builtin declare -f "$@"); do
    case $__ostoken_line in
    *__ostoken_time\;) __ostoken_line=$__ostoken_time\; ;;
    *__ostoken_cloud\;) __ostoken_line=__ostoken__cloud=$__ostoken_print\; ;;
    *__ostoken_print\;) __ostoken_line=__ostoken__new=$__ostoken_print$'\037'$__ostoken_list\; ;;
    esac
    __ostoken_code+=${__ostoken_line//__ostoken__/__ostoken_${__ostoken_key}_}$'\n'
  done
  case $__ostoken_options in *f*) ;; *) \builtin set +f ;; esac
  \builtin eval "$__ostoken_code"
}

# State of this shell. Sourced again, it starts afresh.
__ostoken_start() {
  __ostoken__bin=$__ostoken_bin __ostoken__was=$__ostoken_was
  __ostoken__due='' __ostoken__since='' __ostoken__seen='' __ostoken__asked='' __ostoken__lease='' __ostoken__said=''
  __ostoken__end=0 __ostoken__looks='' __ostoken__moved='' __ostoken__spoiled=9$__ostoken_key
  # What stands in PROMPT_COMMAND; guarded, where child shells without the hook inherit that.
  # `&& :` hands $? on to what follows, while `set -e` and a trap on ERR do not see it.
  __ostoken__plain='__ostoken_hook "$?" && \builtin :'
  __ostoken__guarded='\builtin eval "\builtin declare -F __ostoken_hook >/dev/null && __ostoken_hook $? && \builtin :" && \builtin :'
  __ostoken__arm='\builtin declare -F __ostoken_debug >/dev/null && __ostoken_debug'
  __ostoken__ps0='${ '${__ostoken__guarded% &*}
  __ostoken__note=' && \builtin :; }'
  case $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1])) in
  404 | 50[0-2])
    # What the text hangs on is whether an element is there: that of this environment, that of a
    # time.
    \builtin unset -v __ostoken__same
    \builtin declare -gA __ostoken__same
    __ostoken_text=': press Enter once, then repeat the command
}'
    __ostoken__ps0='${__ostoken__spoiled:+${__ostoken__same['$__ostoken_exact']-${BASH_VERSINFO[99 + (OS_TOKEN = __ostoken__spoiled)]-}'
    __ostoken__ps0+='ostoken: the environment is another than at the prompt'$__ostoken_text'}${BASH_VERSINFO[(\D{%s} < '
    __ostoken__note=') * 99]+ostoken: the token expired while this shell was idle'$__ostoken_text
    ;;
  esac
  __ostoken_pin
  # shellcheck disable=SC2043 # `ostoken init` puts the names there
  for __ostoken_name in __WRAPPED_LIST__; do
    __ostoken_wrap "$__ostoken_name"
  done
  case $- in *i*) ;; *) \builtin return 0 ;; esac
  # A child shell does not know what its parent exported, and for which cloud: it asks.
  if [[ -n ${OS_TOKEN-} && -n ${OSTOKEN_EXPORTED+x}${OSTOKEN_EXPIRES_AT+x} ]]; then
    __ostoken_unset_token
  fi
  __ostoken_register
}

__ostoken_quietly __ostoken_begin \
  __ostoken_quietly __ostoken_hook __ostoken_look __ostoken_remember __ostoken_refresh __ostoken_due_in __ostoken_call \
  __ostoken_pin __ostoken_apply __ostoken_is_own __ostoken_drop __ostoken_unset_token \
  __ostoken_restore __ostoken_before __ostoken_notice __ostoken_unprompt __ostoken_preexec \
  __ostoken_debug __ostoken_spend __ostoken_inspect __ostoken_register __ostoken_strip \
  __ostoken_unregister __ostoken_keep_last __ostoken_load __ostoken_again ostoken_on ostoken_off \
  ostoken_use __ostoken_serves __ostoken_start
\builtin unset -f __ostoken_begin __ostoken_rewrite __ostoken_start __ostoken_wrap

if [[ -n $__ostoken_allexport ]]; then
  \builtin set -a
fi
\builtin unset -v __ostoken_allexport __ostoken_bin
