
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
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Ask for the secret, prove it, and keep it in the keyring')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a valid token')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print what a shell evaluates to have the token in its environment')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with the token in its environment, and no password')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show identity, token, keyring and what went wrong last')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Renew the token now')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke the token at Keystone and forget it')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget secret and tokens of this login, and revoke them')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print the hook of a shell, for its start-up file')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the man pages into a folder')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Credential protocol: give the token for the description on standard input')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Credential protocol: take a token from elsewhere')
            [CompletionResult]::new('erase', 'erase', [CompletionResultType]::ParameterValue, 'Credential protocol: forget the given token')
            [CompletionResult]::new('capability', 'capability', [CompletionResultType]::ParameterValue, 'Credential protocol: print what this helper can do')
            break
        }
        'ostoken;login' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the secret from standard input')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;token' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How it is printed')
            [CompletionResult]::new('--min-ttl', '--min-ttl', [CompletionResultType]::ParameterName, 'It must live at least this long, such as 6h')
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ostoken;env' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'For which shell')
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ostoken;exec' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;status' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print an object for programs')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Ask Keystone whether it still knows the token')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;refresh' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;revoke' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Those of every scope of this login')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;logout' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;init' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ostoken;completions' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;man' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;get' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;store' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;erase' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ostoken;capability' {
            [CompletionResult]::new('--openrc', '--openrc', [CompletionResultType]::ParameterName, 'Take the identity from this OpenRC file, not from the environment')
            [CompletionResult]::new('--allow-http', '--allow-http', [CompletionResultType]::ParameterName, 'Permit an auth URL without TLS on another machine')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
