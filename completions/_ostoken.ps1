
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'ostoken' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'ostoken'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'ostoken' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in: ask for the password, verify it with Keystone, save it in the keyring')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a valid token')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print shell code that exports the token')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with the token, and without the password, in its environment')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the current login, token, keyring and last error')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong, and print the command that mends it')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Renew the token now')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke the token and delete it')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Log out: revoke this login''s tokens and delete them and the password from the keyring')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print the shell hook, for the shell''s startup file')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print shell completions')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the man pages to a folder')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Credential protocol: print the token for the host described on stdin')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Credential protocol: save a token created elsewhere')
            [CompletionResult]::new('erase', 'erase', [CompletionResultType]::ParameterValue, 'Credential protocol: delete the given token')
            [CompletionResult]::new('capability', 'capability', [CompletionResultType]::ParameterValue, 'Credential protocol: print the capabilities of this helper')
            break
        }
        'ostoken;login' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;token' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--min-ttl', '--min-ttl', [CompletionResultType]::ParameterName, 'Require this much remaining lifetime, for example 6h')
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ostoken;env' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'The shell to print for')
            [CompletionResult]::new('--min-ttl', '--min-ttl', [CompletionResultType]::ParameterName, 'Require this much remaining lifetime, for example 6h')
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ostoken;exec' {
            [CompletionResult]::new('--min-ttl', '--min-ttl', [CompletionResultType]::ParameterName, 'Require this much remaining lifetime, for example 6h')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Set the environment for programs that read it in another way')
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--direct', '--direct', [CompletionResultType]::ParameterName, 'Give the command the token alone: for programs that leave this machine or outlive this one')
            [CompletionResult]::new('--wrapped', '--wrapped', [CompletionResultType]::ParameterName, 'Run the command as it is if there is no login')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ostoken;status' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Check with Keystone that the token is still valid')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;doctor' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;refresh' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;revoke' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Revoke the tokens of every scope of this login')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;logout' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;init' {
            [CompletionResult]::new('--wrap', '--wrap', [CompletionResultType]::ParameterName, 'Run this program through `ostoken exec` when its name is typed; may be repeated')
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ostoken;completions' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;man' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;get' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;store' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;erase' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;capability' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Read the login from this OpenRC file instead of the environment')
            [CompletionResult]::new('--cloud', '--cloud', [CompletionResultType]::ParameterName, 'Use this cloud of clouds.yaml instead of the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Allow plain-http auth URLs that are not on this machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
