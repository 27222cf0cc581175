# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ostoken_global_optspecs
    string join \n openrc= cloud= allow-http h/help V/version
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

complete -c ostoken -n "__fish_ostoken_needs_command" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_needs_command" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_needs_command" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_needs_command" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_needs_command" -s V -l version -d 'Print version'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "login" -d 'Log in: ask for the password, verify it with Keystone, save it in the keyring'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "token" -d 'Print a valid token'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "env" -d 'Print shell code that exports the token'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "exec" -d 'Run a command with the token, and without the password, in its environment'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "status" -d 'Show the current login, token, keyring and last error'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "doctor" -d 'Find what is wrong, and print the command that mends it'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "refresh" -d 'Renew the token now'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "revoke" -d 'Revoke the token and delete it'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "logout" -d 'Log out: revoke this login\'s tokens and delete them and the password from the keyring'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "init" -d 'Print the shell hook, for the shell\'s startup file'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "completions" -d 'Print shell completions'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "man" -d 'Write the man pages to a folder'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "get" -d 'Credential protocol: print the token for the host described on stdin'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "store" -d 'Credential protocol: save a token created elsewhere'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "erase" -d 'Credential protocol: delete the given token'
complete -c ostoken -n "__fish_ostoken_needs_command" -f -a "capability" -d 'Credential protocol: print the capabilities of this helper'
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -l password-stdin -d 'Read the password from standard input'
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand login" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l format -d 'Output format' -r -f -a "value\t'The token alone'
json\t'An object with token, expires_at, refresh_at (RFC 3339, local clock), auth_url, account and scope'
env\t'Lines for an env file: OS_TOKEN and OS_AUTH_TYPE'
header\t'A request header: X-Auth-Token'
auth-state\t'What keystoneauth\'s set_auth_state takes: an object with auth_token and body, which is Keystone\'s own answer'
exec-credential\t'What kubectl takes from a credential plugin (client.authentication.k8s.io, as KUBERNETES_EXEC_INFO asks for)'"
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l min-ttl -d 'Require this much remaining lifetime, for example 6h' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -l shell -d 'The shell to print for' -r -f -a "bash\t'GNU bash'
zsh\t'Z shell'
fish\t'fish'
powershell\t'PowerShell, also Windows PowerShell'
posix\t'sh, dash, ksh, busybox'
cmd\t'cmd.exe'"
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -l min-ttl -d 'Require this much remaining lifetime, for example 6h' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l min-ttl -d 'Require this much remaining lifetime, for example 6h' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l for -d 'Set the environment for programs that read it in another way' -r -f -a "gophercloud\t'Go programs that use gophercloud\'s AuthOptionsFromEnv'"
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l direct -d 'Give the command the token alone: for programs that leave this machine or outlive this one'
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l wrapped -d 'Run the command as it is if there is no login'
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l json -d 'Print JSON'
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l check -d 'Check with Keystone that the token is still valid'
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand status" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand doctor" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand doctor" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand doctor" -l json -d 'Print JSON'
complete -c ostoken -n "__fish_ostoken_using_subcommand doctor" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand refresh" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand refresh" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand refresh" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand refresh" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -l all -d 'Revoke the tokens of every scope of this login'
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand revoke" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand logout" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand logout" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand logout" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand logout" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand init" -l wrap -d 'Run this program through `ostoken exec` when its name is typed; may be repeated' -r -f -a "(__fish_complete_command)"
complete -c ostoken -n "__fish_ostoken_using_subcommand init" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand init" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand init" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ostoken -n "__fish_ostoken_using_subcommand completions" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand completions" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand completions" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand completions" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand man" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand man" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand man" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand man" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand get" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand get" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand get" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand get" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand store" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand store" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand store" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand store" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand erase" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand erase" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand erase" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand erase" -s h -l help -d 'Print help'
complete -c ostoken -n "__fish_ostoken_using_subcommand capability" -l openrc -d 'Read the login from this OpenRC file instead of the environment' -r -F
complete -c ostoken -n "__fish_ostoken_using_subcommand capability" -l cloud -d 'Use this cloud of clouds.yaml instead of the environment' -r
complete -c ostoken -n "__fish_ostoken_using_subcommand capability" -l allow-http -d 'Allow plain-http auth URLs that are not on this machine'
complete -c ostoken -n "__fish_ostoken_using_subcommand capability" -s h -l help -d 'Print help'
