# ostoken: keeps a valid OpenStack token in the environment of this shell.
#
# In config.fish: ostoken init fish | source
# Words for you:  ostoken_on, ostoken_off, ostoken_use FILE
#
# While the token is fresh and the OS_* variables are the same, a prompt starts no process. Builtins
# that you may have made a function of are written `builtin`; the others fish itself protects.
#
# A .env may export any variable into this shell, also one of ours. What the hook remembers stands
# in variables written __ostoken__NAME here; `ostoken init` puts a number into their names that no
# file can know. Locals have plain names, and a value before use.

set -g __ostoken_bin ostoken

# The settings of the program: taken now, and given to each call. What a folder sets later must not
# reach a program that has the token.
set -g __ostoken__pinned __PINNED_LIST__

# What a token depends on. fish tells when one of these is set or erased, in any scope: to compare
# them all at each prompt would take as long as the rest of it.
set -l __ostoken_at --on-event=fish_prompt --on-event=fish_preexec
set -l __ostoken_on \
    --on-variable=__WATCHED__ \
    --on-variable=OS_{APPLICATION_CREDENTIAL_SECRET,TOKEN,PASSCODE,PASSWORD}
# A script gets the words, not the hook.
if not status is-interactive
    set __ostoken_at
    set __ostoken_on
end

# The hook itself, at the prompt and again just before a command: a token may expire while the
# shell idles. fish keeps $status and $pipestatus. Seconds that pass are all it needs, so the clock
# is one that can be read without a process: the time since the start, which never goes back.
if test -r /proc/uptime
    function __ostoken_hook $__ostoken_at
        read -l -d . now rest </proc/uptime
        and test $now -lt $__ostoken__fresh -a -e $__ostoken__lease
        or __ostoken_check 0$now
    end
else
    # Elsewhere the age of a file, and that may go back: it counts as due.
    function __ostoken_hook $__ostoken_at
        set -l now (builtin path mtime -R -- /)
        and test $now -lt $__ostoken__fresh -a $now -ge $__ostoken__since -a -e $__ostoken__lease
        or __ostoken_check 0$now
    end
end

function __ostoken_changed $__ostoken_on
    set -g __ostoken__fresh 0
    # A universal variable that was set anew is not the one that __ostoken_unset hid.
    if builtin contains -- "$argv[3]" $__ostoken__hidden
        __ostoken_show $argv[3]
    end
    # At once: our token must not stand beside another cloud, whatever comes of the question. What is
    # local is for one command, as in `OS_X=y command`, whose own concern it is.
    if test -z "$__ostoken__busy"; and not set -ql $argv[3]
        # Tracing would show the token. (When this local variable ends, the caller is traced again.)
        set -l fish_trace
        test -z "$__ostoken__tails" -o "$(__ostoken_look)" = "$__ostoken__seen"
        or __ostoken_drop
    end
end

# Not fresh, or a variable was set, perhaps to what it was: looks closer.
function __ostoken_check --argument-names now
    # Tracing would show the token.
    set -l fish_trace
    # ^C may have ended what set it.
    set -g __ostoken__busy
    if test -z "$OS_AUTH_URL$OS_CLOUD"
        __ostoken_restore
        # Until one of them is set.
        set -g __ostoken__lease /
        set -g __ostoken__since $now
        set -g __ostoken__due 99999999999
        set -g __ostoken__seen
    else
        set -l new "$(__ostoken_look)"
        test $now -lt $__ostoken__due -a $now -ge $__ostoken__since -a "$new" = "$__ostoken__seen" \
            -a -e $__ostoken__lease
        or __ostoken_ask $now $new
    end
    set -g __ostoken__fresh $__ostoken__due
end

# The values themselves. Of secrets only whether they are there, how long the password is, and how
# the token ends. The user domain is unset on export: it is back when an OpenRC was sourced once more.
function __ostoken_look
    set -l name
    set -l secrets
    for name in OS_APPLICATION_CREDENTIAL_SECRET OS_PASSCODE
        test -n "$$name"
        and set -a secrets $name
    end
    set -q OS_PASSWORD
    and set -a secrets (string length -- "$OS_PASSWORD")
    set -a secrets (string sub -s -4 -- "$OS_TOKEN")
    string escape -- \
        "$__WATCHED__" \
        "$secrets"
end

# Asks the program about an environment that changed or a token that is due. Called by
# __ostoken_check.
function __ostoken_ask --argument-names now new
    set -g __ostoken__busy 1
    # The name may have been set in a way that no event tells.
    test "$new" = "$__ostoken__seen"
    or __ostoken_drop
    # Armed before the call: after ^C or a failure the next prompt must not ask again at once.
    set -g __ostoken__since $now
    set -g __ostoken__due (builtin math $now + 30)
    set -g __ostoken__fresh $__ostoken__due
    set -g __ostoken__seen "$(__ostoken_look)"
    set -g __ostoken__lease /
    if string match -q '*/*' -- $__ostoken__bin; and not test -x $__ostoken__bin
        if not string match -q '*,gone,*' -- ",$__ostoken__said,"
            set -g __ostoken__said (string join , -- $__ostoken__said gone)
            builtin echo "ostoken: $__ostoken__bin is gone (ostoken_off ends this hook)" >&2
        end
    else
        __ostoken_refresh $now
    end
    # The environment as it is now is the one to compare with.
    set -g __ostoken__seen "$(__ostoken_look)"
    set -g __ostoken__busy
end

function __ostoken_refresh --argument-names now
    # An empty IFS would keep the answer in one piece.
    set -l IFS \n
    set -l __ostoken_out
    set -l __ostoken_left
    set -l __ostoken_lease
    set -l __ostoken_said
    set -l own
    __ostoken_is_own
    and set own --own
    if set __ostoken_out (__ostoken_call hook --shell fish --said "$__ostoken__said" $own)
        and __ostoken_apply
        set -g __ostoken__said $__ostoken_said
        # A lease that always exists where there is none to test.
        test -n "$__ostoken_lease"
        and set -g __ostoken__lease $__ostoken_lease
    end
    if string match -qr '^[0-9]+$' -- "$__ostoken_left"
        set -g __ostoken__due (builtin math $now + $__ostoken_left)
    end
end

# Runs the program with the settings that __ostoken_pin took; what was not set is empty, which it
# takes for that. Without </dev/null it would eat what is typed ahead.
function __ostoken_call
    set -l name
    for name in $__ostoken__pinned
        set -fx $name ''
    end
    for name in $__ostoken__pins
        set -fx (string split -m 1 = -- $name)
    end
    command $__ostoken__bin $argv </dev/null
end

# Takes the settings from the environment as it is now, or from the arguments.
function __ostoken_pin
    set -l name
    set -g __ostoken__pins $argv
    if not set -q argv[1]
        for name in $__ostoken__pinned
            set -qx $name
            and set -g -a __ostoken__pins "$name=$$name"
        end
    end
end

# Takes the answer apart, a local variable of the caller's: an error would name the arguments. Line 1
# is the token, the rest is code that names it but does not hold it.
function __ostoken_apply --no-scope-shadowing
    set -q __ostoken_out[2]
    or return 1
    set -l __ostoken_t $__ostoken_out[1]
    string join \n -- $__ostoken_out[2..-1] | builtin source
    if test -n "$__ostoken_t"; and not __ostoken_is_own
        # The last characters of each: enough to know it again.
        set -g -a __ostoken__tails (string sub -s -12 -- $__ostoken_t)
    end
    return 0
end

# Whether this shell exported OS_TOKEN. Any, not the last one alone: direnv puts an old one back.
function __ostoken_is_own
    set -l tail
    for tail in $__ostoken__tails
        test "$OS_TOKEN" = $tail
        and return 0
        __ostoken_holds $tail "$OS_TOKEN"
        and return 0
    end
    return 1
end

# Whether this value holds a token with this end. What is short stands in many values.
function __ostoken_holds --argument-names tail value
    test (string length -- $tail) -ge 8
    and string match -q -- "*$tail*" $value
end

# Takes a token of ours out of the environment, without putting back what it had replaced. A .env
# may hold `OS_AUTH_URL=https://elsewhere/$OS_TOKEN`: what has a copy and is sent goes as well.
function __ostoken_drop
    set -l was $__ostoken__busy
    set -g __ostoken__busy 1
    __ostoken_is_own
    and __ostoken_unset_token
    set -l tail
    set -l name
    for tail in $__ostoken__tails
        for name in OS_AUTH_URL OS_USERNAME OS_USER_ID OS_PROJECT_ID OS_PROJECT_NAME OS_CLOUD OS_REGION_NAME \
            OS_PASSWORD OS_ENDPOINT http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
            __ostoken_holds $tail "$$name"
            and set -eg $name
        end
    end
    set -g __ostoken__busy $was
end

function __ostoken_unset_token
    set -eg OS_TOKEN OSTOKEN_EXPORTED OSTOKEN_EXPIRES_AT
    # Another auth type came with another OpenRC.
    test "$OS_AUTH_TYPE" = token
    and set -eg OS_AUTH_TYPE
end

# Takes a variable away, here. A universal one stays what it is for other shells, under an empty
# global one: fish would hand it to children if that was not exported, and clients pass over an empty one.
function __ostoken_unset --argument-names name
    set -eg $name
    if set -qU $name
        set -gx $name ''
        builtin contains -- $name $__ostoken__hidden
        or set -g -a __ostoken__hidden $name
    end
end

# Shows it again, unless you have put your own over it.
function __ostoken_show --argument-names name
    set -g __ostoken__hidden (string match -v -- $name $__ostoken__hidden)
    test -n "$$name"
    or set -eg $name
end

# Undoes the export. What it had unset is restored as long as there is a session to which it
# belongs: after direnv or you cleared that, a user domain would be a leftover. A token that you
# exported over ours stays.
function __ostoken_restore
    set -l fish_trace
    set -l name
    set -l was $__ostoken__busy
    set -g __ostoken__busy 1
    __ostoken_drop
    set -l covered
    for name in $__ostoken__hidden
        test -z "$$name"
        and set -a covered $name
        __ostoken_show $name
    end
    for name in AUTH_TYPE USER_DOMAIN_NAME USER_DOMAIN_ID USERNAME USER_ID PASSCODE
        set -l variable OS_$name
        set -l saved OSTOKEN_$name
        if set -q $saved
            # Of what was covered the universal value is there again; yours may have stood over it.
            if not set -q $variable; or builtin contains -- $variable $covered
                test -n "$OSTOKEN_FOR" -a -n "$OS_AUTH_URL$OS_CLOUD" -a "$$variable" != "$$saved"
                and set -gx $variable "$$saved"
            end
            set -eg $saved
        end
    end
    set -eg OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT OSTOKEN_SCRUBBED
    set -g __ostoken__busy $was
    return 0
end

# After ostoken_off the words below are all that is left: fetches the rest again. The settings stay
# as they were taken.
function __ostoken_load
    if not builtin functions -q __ostoken_hook
        set -l kept $__ostoken__pins
        __ostoken_call init fish | builtin source
        builtin functions -q __ostoken_hook
        or return 1
        __ostoken_pin $kept
    end
end

function ostoken_on --description 'Keep a valid OpenStack token in this shell'
    __ostoken_load
    or return 1
    __ostoken_pin
    __ostoken_again
end

function __ostoken_again
    # Who asks is told, also what was said before.
    set -g __ostoken__said
    set -g __ostoken__due 0
    set -g __ostoken__fresh 0
    __ostoken_hook
    # No event tells when a local variable of the caller's ends: the next prompt looks closer.
    set -g __ostoken__fresh 0
    return 0
end

function ostoken_off --description 'Put the environment back as it was before ostoken'
    builtin functions -q __ostoken_hook
    or return 0
    if test -n "$OSTOKEN_SCRUBBED"
        builtin echo "ostoken: OS_PASSWORD was unset and is not restored" >&2
    end
    __ostoken_restore
    builtin functions -e __ostoken_{hook,changed,check,look,ask,refresh,pin,apply,is_own,holds,drop,unset_token,unset,show,restore,again}
    set -eg __ostoken__{fresh,due,since,seen,lease,said,tails,hidden,busy}
    return 0
end

# Makes a function of a program's name, which runs the program so that it creates no token. One of
# yours stays, also an alias.
function __ostoken_wrap --argument-names name
    if builtin functions -q $name
        string match -q '*__ostoken_serves*' -- (builtin functions $name)
        or return 0
    end
    set -l run (string escape -- $__ostoken__bin)" exec --wrapped -- $name \$argv"
    builtin eval "function $name --description '$name, with the token that ostoken keeps'
        if __ostoken_serves $name
            $run
        else
            command $name \$argv
        end
    end"
end

# Not after ostoken_off, nor where there is no such program: then it is as if it had no function.
function __ostoken_serves --argument-names name
    builtin functions -q __ostoken_hook; and test -x "$__ostoken__bin"; and builtin command -sq -- $name
end

# Makes an OpenRC file the environment of this shell; the file is read as data, never run.
function ostoken_use --description 'Make an OpenRC file the environment of this shell'
    set -l fish_trace
    set -l IFS \n
    set -l __ostoken_out
    set -l __ostoken_left
    set -l __ostoken_lease
    set -l __ostoken_said
    if test (builtin count $argv) -ne 1 -o -z "$argv[1]"
        builtin echo "usage: ostoken_use FILE" >&2
        return 2
    end
    set __ostoken_out (__ostoken_call hook --shell fish --use $argv[1])
    or return
    __ostoken_load
    or return 1
    set -g __ostoken__busy 1
    __ostoken_apply
    set -l done $status
    set -g __ostoken__busy
    test $done -eq 0
    or return 1
    __ostoken_again
end

# State of this shell. Sourced again, it starts afresh, but still knows which variables it hid.
set -g __ostoken__bin $__ostoken_bin
set -eg __ostoken_bin
set -g __ostoken__fresh 0
set -g __ostoken__due 0
set -g __ostoken__since 0
set -g __ostoken__seen
set -g __ostoken__lease /
set -g __ostoken__said
set -g __ostoken__tails
set -g __ostoken__busy
set -g __ostoken__hidden
__ostoken_pin
for __ostoken_name in __WRAPPED_LIST__
    __ostoken_wrap $__ostoken_name
end
builtin functions -e __ostoken_wrap
set -e __ostoken_name
# What hides a universal variable is ours, also where a shell before this one did it.
begin
    set -l fish_trace
    set -l name
    for name in {AUTH_TYPE,USER_DOMAIN_NAME,USER_DOMAIN_ID,USERNAME,USER_ID,PASSCODE}
        if set -q OSTOKEN_$name; and set -qU OS_$name; and set -qg OS_$name
            set name OS_$name
            test -z "$$name"
            and set -g -a __ostoken__hidden $name
        end
    end
    # A child shell does not know what its parent exported, and for which cloud: it asks.
    if status is-interactive; and test -n "$OS_TOKEN"
        if set -q OSTOKEN_EXPORTED; or set -q OSTOKEN_EXPIRES_AT
            __ostoken_unset_token
        end
    end
end
