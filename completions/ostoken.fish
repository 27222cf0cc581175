# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ostoken_global_optspecs
    string join \n openrc= allow-http h/help V/version
end

function __fish_ostoken_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ostoken_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ostoken_using_subcommand
    set -l cmd (__fish_ostoken_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ostoken -n "__fish_ostoken_needs_command" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_needs_command" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_needs_command" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_needs_command" -s V -l version -d 'Print version'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "login" -d 'Ask for the secret, prove it, and keep it in the keyring'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "token" -d 'Print a valid token'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "env" -d 'Print what a shell evaluates to have the token in its environment'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "exec" -d 'Run a command with the token in its environment, and no password'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "status" -d 'Show identity, token, keyring and what went wrong last'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "refresh" -d 'Renew the token now'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "revoke" -d 'Revoke the token at Keystone and forget it'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "logout" -d 'Forget secret and tokens of this login, and revoke them'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "init" -d 'Print the hook of a shell, for its start-up file'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "completions" -d 'Print the completions of a shell'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "man" -d 'Write the man pages into a folder'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "get" -d 'Credential protocol: give the token for the description on standard input'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "store" -d 'Credential protocol: take a token from elsewhere'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "erase" -d 'Credential protocol: forget the given token'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "capability" -d 'Credential protocol: print what this helper can do'
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -l password-stdin -d 'Read the secret from standard input'
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l format -d 'How it is printed' -r -f -a "value\t'The token alone'
json\t'An object with token, expires_at, refresh_at (RFC 3339, local clock), auth_url, account and scope'
env\t'Lines for an env file: OS_TOKEN and OS_AUTH_TYPE'
header\t'A request header: X-Auth-Token'"
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l min-ttl -d 'It must live at least this long, such as 6h' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -l shell -d 'For which shell' -r -f -a "bash\t'GNU bash'
zsh\t'Z shell'
fish\t'fish'
powershell\t'PowerShell, also Windows PowerShell'
posix\t'sh, dash, ksh, busybox'
cmd\t'cmd.exe'"
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l json -d 'Print an object for programs'
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l check -d 'Ask Keystone whether it still knows the token'
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand refresh" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand refresh" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand refresh" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -l all -d 'Those of every scope of this login'
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand logout" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand logout" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand logout" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand init" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand init" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ostoken -n "__fish_ostoken_using_subcommand completions" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand completions" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand completions" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand man" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand man" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand man" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand get" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand get" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand get" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand store" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand store" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand store" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand erase" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand erase" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand erase" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand capability" -l openrc -d 'Take the identity from this OpenRC file, not from the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand capability" -l allow-http -d 'Permit an auth URL without TLS on another machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand capability" -s h -l help -d 'Print help'
