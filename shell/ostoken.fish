# ostoken: keeps a valid OpenStack token in the environment of this shell.
#
# In config.fish: ostoken init fish | source
# Words for you:  ostoken_on, ostoken_off, ostoken_use FILE
#
# While the token is fresh and the OS_* variables are the same, a prompt starts no process. Builtins
# that you may have made a function of are written `builtin`; the others fish itself protects.

set -g __ostoken_bin ostoken

# What a token depends on. fish tells when one of these is set or erased, in any scope: to compare
# them all at each prompt would take as long as the rest of it.
set -l __ostoken_at --on-event=fish_prompt --on-event=fish_preexec
set -l __ostoken_on --on-variable=OS_{CLOUD,AUTH_URL,USERNAME,USER_ID,PROJECT_ID,PROJECT_NAME} \
    --on-variable=OS_{PROJECT_DOMAIN_ID,PROJECT_DOMAIN_NAME,TENANT_ID,TENANT_NAME} \
    --on-variable=OS_{USER_DOMAIN_ID,USER_DOMAIN_NAME,DOMAIN_ID,DOMAIN_NAME,TRUST_ID} \
    --on-variable=OS_{DEFAULT_DOMAIN,DEFAULT_DOMAIN_ID,DEFAULT_DOMAIN_NAME,SYSTEM_SCOPE} \
    --on-variable=OS_APPLICATION_CREDENTIAL_{ID,NAME,SECRET} \
    --on-variable=OS_{AUTH_TYPE,CACERT,INSECURE,CLIENT_CONFIG_FILE,TOKEN,PASSCODE,PASSWORD} \
    --on-variable=OSTOKEN_{EXPORT,SCRUB}
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
        and test $now -lt $__ostoken_fresh -a -e $__ostoken_lease
        or __ostoken_check 0$now
    end
else
    # Elsewhere the age of a file, and that may go back: it counts as due.
    function __ostoken_hook $__ostoken_at
        set -l now (builtin path mtime -R -- /)
        and test $now -lt $__ostoken_fresh -a $now -ge $__ostoken_since -a -e $__ostoken_lease
        or __ostoken_check 0$now
    end
end

function __ostoken_changed $__ostoken_on
    set -g __ostoken_fresh 0
    # A universal variable that was set anew is not the one that __ostoken_unset hid.
    if builtin contains -- "$argv[3]" $__ostoken_hidden
        __ostoken_show $argv[3]
    end
end

# Not fresh, or a variable was set, perhaps to what it was: looks closer.
function __ostoken_check --argument-names now
    # Tracing would show the token.
    set -l fish_trace
    if test -z "$OS_AUTH_URL$OS_CLOUD"
        test -n "$OSTOKEN_FOR"
        and __ostoken_restore
        # Until one of them is set.
        set -g __ostoken_lease /
        set -g __ostoken_since $now
        set -g __ostoken_due 99999999999
        set -g __ostoken_seen
    else
        set -l new "$(__ostoken_look)"
        test $now -lt $__ostoken_due -a $now -ge $__ostoken_since -a "$new" = "$__ostoken_seen" \
            -a -e $__ostoken_lease
        or __ostoken_refresh $now $new
    end
    set -g __ostoken_fresh $__ostoken_due
end

# The values themselves. Of secrets only whether they are there, and how long the password is. The
# user domain is taken away on export: it is back when an OpenRC was sourced once more.
function __ostoken_look
    set -l name
    set -l secrets
    for name in OS_TOKEN OS_APPLICATION_CREDENTIAL_SECRET OS_PASSCODE
        test -n "$$name"
        and set -a secrets $name
    end
    set -q OS_PASSWORD
    and set -a secrets (string length -- "$OS_PASSWORD")
    string escape -- "$OS_CLOUD" "$OS_AUTH_URL" "$OS_USERNAME" "$OS_USER_ID" "$OS_PROJECT_ID" \
        "$OS_PROJECT_NAME" "$OS_PROJECT_DOMAIN_ID" "$OS_PROJECT_DOMAIN_NAME" "$OS_TENANT_ID" \
        "$OS_TENANT_NAME" "$OS_USER_DOMAIN_ID" "$OS_USER_DOMAIN_NAME" "$OS_DEFAULT_DOMAIN" \
        "$OS_DEFAULT_DOMAIN_ID" "$OS_DEFAULT_DOMAIN_NAME" "$OS_DOMAIN_ID" "$OS_DOMAIN_NAME" \
        "$OS_SYSTEM_SCOPE" "$OS_TRUST_ID" "$OS_AUTH_TYPE" "$OS_APPLICATION_CREDENTIAL_ID" \
        "$OS_APPLICATION_CREDENTIAL_NAME" "$OS_CACERT" "$OS_INSECURE" "$OS_CLIENT_CONFIG_FILE" \
        "$OSTOKEN_EXPORT" "$OSTOKEN_SCRUB" "$secrets"
end

# Asks the program. Called by __ostoken_check.
function __ostoken_refresh --argument-names now new
    # Armed before the call: after ^C or a failure the next prompt must not ask again at once.
    set -g __ostoken_since $now
    set -g __ostoken_due (builtin math $now + 30)
    set -g __ostoken_fresh $__ostoken_due
    set -g __ostoken_seen $new
    set -g __ostoken_lease /
    if string match -q '*/*' -- $__ostoken_bin; and not test -x $__ostoken_bin
        if test "$__ostoken_said" != gone
            set -g __ostoken_said gone
            builtin echo "ostoken: $__ostoken_bin is gone (ostoken_off ends this hook)" >&2
        end
        return
    end
    # An empty IFS would keep the answer in one piece.
    set -l IFS \n
    set -l __ostoken_out
    set -g __ostoken_left
    # Without </dev/null the program would eat what is typed ahead.
    if set __ostoken_out (command $__ostoken_bin hook --shell fish --said "$__ostoken_said" </dev/null)
        __ostoken_apply
    end
    if string match -qr '^[0-9]+$' -- "$__ostoken_left"
        set -g __ostoken_due (builtin math $now + $__ostoken_left)
    end
    # A lease that always exists where there is none to test.
    test -n "$__ostoken_lease"
    or set -g __ostoken_lease /
    # The environment as it is now is the one to compare with.
    set -g __ostoken_seen "$(__ostoken_look)"
end

# Takes the answer apart, a local variable of the caller's: an error would name the arguments. Line 1
# is the token, the rest is code that names it but does not hold it.
function __ostoken_apply --no-scope-shadowing
    set -q __ostoken_out[2]
    or return 1
    set -l __ostoken_t $__ostoken_out[1]
    string join \n -- $__ostoken_out[2..-1] | builtin source
    if test -n "$__ostoken_t"
        set -g __ostoken_tail (string sub -s -8 -- $__ostoken_t)
    end
    return 0
end

# Takes a variable away, here. A universal one stays what it is for other shells, under an empty
# global one: fish would hand it to children if that was not exported, and clients heed no empty one.
function __ostoken_unset --argument-names name
    set -eg $name
    if set -qU $name
        set -gx $name ''
        builtin contains -- $name $__ostoken_hidden
        or set -g -a __ostoken_hidden $name
    end
end

# Shows it again, unless you have put your own over it.
function __ostoken_show --argument-names name
    set -g __ostoken_hidden (string match -v -- $name $__ostoken_hidden)
    test -n "$$name"
    or set -eg $name
end

# Undoes the export. What it had taken away is put back as long as there is a session to which it
# belongs: after direnv or you cleared that, a user domain would be a leftover.
function __ostoken_restore
    set -l fish_trace
    set -l name
    test -n "$OSTOKEN_FOR"
    or return 0
    # One that you exported over ours ends in another way, and stays.
    if test -n "$OSTOKEN_EXPORTED"; and string match -q -- "*$__ostoken_tail" "$OS_TOKEN"
        set -eg OS_TOKEN
        # Another auth type came with another OpenRC.
        test "$OS_AUTH_TYPE" = token
        and set -eg OS_AUTH_TYPE
    end
    set -l covered
    for name in $__ostoken_hidden
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
                test -n "$OS_AUTH_URL$OS_CLOUD" -a "$$variable" != "$$saved"
                and set -gx $variable "$$saved"
            end
            set -eg $saved
        end
    end
    set -eg OSTOKEN_EXPORTED OSTOKEN_FOR OSTOKEN_EXPIRES_AT OSTOKEN_SCRUBBED
    return 0
end

# After ostoken_off the words below are all that is left: fetches the rest again.
function __ostoken_load
    if not builtin functions -q __ostoken_hook
        command $__ostoken_bin init fish </dev/null | builtin source
        builtin functions -q __ostoken_hook
    end
end

function ostoken_on --description 'Keep a valid OpenStack token in this shell'
    __ostoken_load
    or return 1
    # Who asks is told, also what was said before.
    set -g __ostoken_said
    set -g __ostoken_due 0
    set -g __ostoken_fresh 0
    __ostoken_hook
    # No event tells when a local variable of the caller's ends: the next prompt looks closer.
    set -g __ostoken_fresh 0
    return 0
end

function ostoken_off --description 'Put the environment back as it was before ostoken'
    builtin functions -q __ostoken_hook
    or return 0
    if test -n "$OSTOKEN_SCRUBBED"
        builtin echo "ostoken: OS_PASSWORD was taken away and is not put back" >&2
    end
    __ostoken_restore
    builtin functions -e __ostoken_{hook,changed,check,look,refresh,apply,unset,show,restore}
    set -eg __ostoken_{fresh,due,since,seen,lease,said,left,tail,hidden}
    return 0
end

# Makes an OpenRC file the environment of this shell; the file is read as data, never run.
function ostoken_use --description 'Make an OpenRC file the environment of this shell'
    set -l fish_trace
    set -l IFS \n
    set -l __ostoken_out
    if test (builtin count $argv) -ne 1 -o -z "$argv[1]"
        builtin echo "usage: ostoken_use FILE" >&2
        return 2
    end
    set __ostoken_out (command $__ostoken_bin hook --shell fish --use $argv[1] </dev/null)
    or return
    __ostoken_load
    or return 1
    __ostoken_apply
    or return 1
    ostoken_on
end

# State of this shell. Sourced again, it starts afresh, but still knows which variables it hid.
set -g __ostoken_fresh 0
set -g __ostoken_due 0
set -g __ostoken_since 0
set -g __ostoken_seen
set -g __ostoken_lease /
set -g __ostoken_said
set -g __ostoken_left
set -g __ostoken_tail
set -g __ostoken_hidden $__ostoken_hidden
# An export that this shell inherited is ours, too, and so is what hides a universal variable.
begin
    set -l fish_trace
    if test -n "$OSTOKEN_EXPORTED" -a -n "$OS_TOKEN"
        set -g __ostoken_tail (string sub -s -8 -- $OS_TOKEN)
    end
    set -l name
    for name in {AUTH_TYPE,USER_DOMAIN_NAME,USER_DOMAIN_ID,USERNAME,USER_ID,PASSCODE}
        if set -q OSTOKEN_$name; and set -qU OS_$name; and set -qg OS_$name
            set name OS_$name
            test -z "$$name"; and not builtin contains -- $name $__ostoken_hidden
            and set -g -a __ostoken_hidden $name
        end
    end
end
