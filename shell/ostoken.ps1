# ostoken: keeps a valid OpenStack token in the environment of this shell.
#
# In $PROFILE:    . ([scriptblock]::Create((& ostoken init powershell) -join "`n"))
# Words for you:  Enable-OsToken, Disable-OsToken, Use-OsToken FILE
#                 (or ostoken_on, ostoken_off, ostoken_use FILE)
#
# While the token is fresh and the OS_* variables are the same, a prompt starts no process.
#
# Windows PowerShell 5.1 must be able to run this. An alias of yours beats any function or cmdlet of
# the same name, so cmdlets are written with their module. DebuggerHidden keeps the token out of
# `Set-PSDebug -Trace 2`.
#
# A folder's .env may set any variable of the environment. What the hook remembers stands in variables
# of a module, where no environment reaches. Strings that decide about a token are compared by
# [string]::Equals: -ceq takes two for equal that differ in characters without a weight.

$__ostoken_bin = 'ostoken'

# In whatever scope this runs, the words below find the program.
$global:__ostoken_bin = $__ostoken_bin
$global:__ostoken_pins = @{}

# Loaded again, it starts afresh; two modules would ask twice.
if (Microsoft.PowerShell.Core\Get-Module -Name ostoken) {
  __ostoken_unregister
  Microsoft.PowerShell.Core\Remove-Module -Name ostoken -Force -WhatIf:$false -Confirm:$false -Verbose:$false
}

# A module has variables of its own, and your Set-StrictMode does not reach into it.
Microsoft.PowerShell.Core\New-Module -Name ostoken -ArgumentList $__ostoken_bin -ScriptBlock {
  param($bin)

  # State of this shell.
  $script:bin = $bin
  $script:since = $script:due = [DateTime]::MinValue
  $script:seen = 'nothing'
  $script:lease = $script:said = $script:looking = ''
  # The last characters of each token that this shell exported: enough to know it again. Of any, not
  # of the last one alone: direnv puts an old one back.
  $script:tails = @()
  # What the hook wrapped, the newest first: it may have to go round somebody who wrapped it.
  $script:origs = @()
  $script:wrap = $script:follow = $script:action = $null
  $script:moves = 0
  # How many of the hook's own calls the present one stands in: each has its own, and sees the one outside.
  $script:level = -1
  $script:registered = $script:wrapsPrompt = $false
  $script:starting = $true
  $script:name = '^(OS|OSTOKEN)_[A-Z0-9_]+$'
  # Where a copy of the token would be sent.
  $script:sent = '^((OS|OSTOKEN)_[A-Z0-9_]+|https?_proxy|all_proxy)$'
  $script:pins = @{}
  $script:pinned = -split '__PINNED_LIST__'

  # Asks the program. Whatever happens, $Error is then what it was.
  function __ostoken_refresh {
    [Diagnostics.DebuggerHidden()] param($now, $look)
    # First of all: our token must not stand beside another cloud, whatever comes of the question.
    if (-not [string]::Equals($look, $script:seen)) { __ostoken_drop }
    __ostoken_follow
    # Armed before the call: after ^C or a failure the next prompt must not ask again at once.
    $script:since = $now
    $script:due = $now.AddSeconds(30)
    $script:seen = $look
    $script:lease = ''
    $top = $global:Error[0]
    try {
      $answer = $null
      if ($script:bin -notmatch '[\\/]' -or (__ostoken_exists $script:bin)) {
        $arguments = @('hook', '--shell', 'powershell', '--said', $script:said)
        if (__ostoken_holds (__ostoken_get OS_TOKEN)) { $arguments += '--own' }
        $answer = __ostoken_ask $arguments
      }
      if (-not $answer) {
        if (($script:said -split ',') -cnotcontains 'gone') {
          $script:said = (@($script:said, 'gone') -ne '') -join ','
          __ostoken_say "ostoken: $script:bin is gone (Disable-OsToken ends this hook)"
        }
        return
      }
      if ($answer.Message) { __ostoken_say $answer.Message }
      if ($answer.Code -eq 130) { return $true }
      if ($answer.Code -eq 0) { $null = __ostoken_apply $answer.Text }
    } catch {
      # Asked again in 30 seconds.
    } finally {
      # The environment as it is now is the one to compare with.
      $script:looking = 'remember'
      $null = __ostoken_hook
      $script:looking = ''
      __ostoken_forget $top
    }
  }

  # Takes from $Error what came on top of $top.
  function __ostoken_forget {
    [Diagnostics.DebuggerHidden()] param($top)
    while ($global:Error.Count -gt 0 -and $global:Error[0] -ne $top) { $global:Error.RemoveAt(0) }
  }

  # Carries out an answer, if it is whole: its first and its last line tell. True when it was.
  function __ostoken_apply {
    [Diagnostics.DebuggerHidden()] param($text)
    $lines = $text.TrimEnd() -split '\r?\n'
    if ($lines.Count -lt 2 -or $lines[0] -cne 'ostoken 1' -or $lines[-1] -cne 'end') { return $false }
    foreach ($line in $lines) {
      $word, $rest = $line -split ' ', 2
      $name, $value = $rest -split '=', 2
      switch -CaseSensitive -Exact ($word) {
        'restore' { __ostoken_restore }
        'left' { if ($rest -match '^[0-9]{1,9}$') { $script:due = $script:since.AddSeconds($rest) } }
        'lease' { $script:lease = [regex]::Unescape($rest) }
        'said' { if ($rest -cmatch '^[a-z0-9.,-]*$') { $script:said = $rest } }
      }
      if ($name -cnotmatch $script:name) { continue }
      switch -CaseSensitive -Exact ($word) {
        'unset' { __ostoken_unset $name }
        'set' { __ostoken_set $name ([regex]::Unescape($value)) }
        'copy' { if ($value -cmatch $script:name) { __ostoken_set $name (__ostoken_get $value) } }
      }
      if ($word -ceq 'set' -and $name -ceq 'OS_TOKEN') { __ostoken_know }
    }
    $true
  }

  # Takes the settings of the program from the environment as it is now, or those of before: what a
  # folder sets later must not reach a program that has the token.
  function __ostoken_pin {
    [Diagnostics.DebuggerHidden()] param($before)
    $script:pins = @{}
    foreach ($name in $script:pinned) {
      $script:pins[$name] = if ($before) { $before[$name] } else { __ostoken_get $name }
    }
    $global:__ostoken_pins = $script:pins
  }

  # Remembers the token that is exported as one of ours.
  function __ostoken_know {
    [Diagnostics.DebuggerHidden()] param()
    $token = [string](__ostoken_get OS_TOKEN)
    if ($token -and -not (__ostoken_holds $token)) {
      $script:tails += $token.Substring($(if ($token.Length -gt 12) { $token.Length - 12 } else { 0 }))
    }
  }

  # Whether a token of ours stands in it.
  function __ostoken_holds {
    [Diagnostics.DebuggerHidden()] param([string] $value)
    foreach ($tail in $script:tails) {
      if ([string]::Equals($value, $tail) -or ($tail.Length -ge 8 -and $value.Contains($tail))) { return $true }
    }
    $false
  }

  # Takes a token of ours out of the environment, without putting back what it had replaced. A .env
  # may hold `OS_AUTH_URL=https://elsewhere/$OS_TOKEN`: what has a copy and is sent goes as well.
  function __ostoken_drop {
    [Diagnostics.DebuggerHidden()] param()
    if ($script:starting) {
      # A child shell does not know what its parent exported, and for which cloud: it asks. (A script
      # comes here only by your words, and keeps what it inherited.)
      $script:starting = $false
      foreach ($name in 'OSTOKEN_EXPORTED', 'OSTOKEN_EXPIRES_AT') {
        if ($null -ne (__ostoken_get $name)) { __ostoken_know }
      }
    }
    if (-not $script:tails) { return }
    if (__ostoken_holds (__ostoken_get OS_TOKEN)) { __ostoken_unset_token }
    foreach ($name in __ostoken_names) {
      if ($name -match $script:sent -and (__ostoken_holds (__ostoken_get $name))) { __ostoken_unset $name }
    }
  }

  function __ostoken_unset_token {
    [Diagnostics.DebuggerHidden()] param()
    foreach ($name in 'OS_TOKEN', 'OSTOKEN_EXPORTED', 'OSTOKEN_EXPIRES_AT') { __ostoken_unset $name }
    # Another auth type came with another OpenRC.
    if ((__ostoken_get OS_AUTH_TYPE) -ceq 'token') { __ostoken_unset OS_AUTH_TYPE }
  }

  # Undoes the export. What it had unset is restored as long as there is a session to which it
  # belongs: where you cleared that, a user domain would be a leftover. A token that you exported over
  # ours stays.
  function __ostoken_restore {
    [Diagnostics.DebuggerHidden()] param()
    __ostoken_drop
    $session = (__ostoken_get OSTOKEN_FOR) -and (__ostoken_session)
    foreach ($name in 'AUTH_TYPE', 'USER_DOMAIN_NAME', 'USER_DOMAIN_ID', 'USERNAME', 'USER_ID', 'PASSCODE') {
      $saved = __ostoken_get "OSTOKEN_$name"
      if ($null -ne $saved) {
        if ($session -and $null -eq (__ostoken_get "OS_$name")) { __ostoken_set "OS_$name" $saved }
        __ostoken_unset "OSTOKEN_$name"
      }
    }
    foreach ($name in 'EXPORTED', 'FOR', 'EXPIRES_AT', 'SCRUBBED') { __ostoken_unset "OSTOKEN_$name" }
  }

  # Puts the hook behind PSReadLine: a typed command runs with what the hook exported. PSReadLine
  # goes first, since it shows how the last command ended. Where there is none, or where it only
  # throws because standard input is a pipe, the hook goes behind the prompt. Scripts call neither.
  # ($function: loads nothing, where Get-Command would load PSReadLine.)
  function __ostoken_register {
    [Diagnostics.DebuggerHidden()] param()
    if (-not $script:registered) {
      $script:registered = $true
      $script:wrapsPrompt = -not $function:PSConsoleHostReadLine -or (__ostoken_piped)
      $script:wrap = if ($script:wrapsPrompt) { ${function:__ostoken_prompt} } else { ${function:__ostoken_readline} }
    }
    if ($script:wrapsPrompt) {
      $script:origs = @($function:prompt) + $script:origs
      $function:global:prompt = $script:wrap
    } else {
      $script:origs = @($function:PSConsoleHostReadLine) + $script:origs
      $function:global:PSConsoleHostReadLine = $script:wrap
    }
  }

  # The original goes first, before any statement that would change `$?`. Where the hook is wrapped
  # twice the inner one, which has the older original, only hands through.
  function __ostoken_readline {
    [Diagnostics.DebuggerHidden()] param()
    $line = & $script:origs[++$level]
    if ($level -eq 0 -and $script:registered) {
      if ($function:PSConsoleHostReadLine -ne $script:wrap) { $null = __ostoken_outermost }
      if ($ExecutionContext.InvokeCommand.LocationChangedAction -ne $script:action) { __ostoken_follow }
      # Who ends the call with ^C does not want the command either.
      if (__ostoken_hook) { $line = '' }
    }
    $line
  }

  function __ostoken_prompt {
    [Diagnostics.DebuggerHidden()] param()
    $text = & $script:origs[++$level]
    if ($level -eq 0 -and $script:registered) {
      if ($ExecutionContext.InvokeCommand.LocationChangedAction -ne $script:action) { __ostoken_follow }
      if ($function:prompt -ne $script:wrap -and (__ostoken_outermost)) {
        # What goes on after the hook this once may change the environment: the next prompt asks.
        __ostoken_drop
        $script:due = [DateTime]::MinValue
      } else {
        $null = __ostoken_hook
      }
    }
    $text
  }

  # Goes round whoever wrapped the hook. Who does the same each time keeps the outer place.
  function __ostoken_outermost {
    [Diagnostics.DebuggerHidden()] param()
    if ($script:moves -ge 5) { return $false }
    $script:moves++
    __ostoken_register
    $true
  }

  # Whether the shell calls the hook, for all that can be seen: others may have wrapped it, or have
  # dropped it.
  function __ostoken_live {
    [Diagnostics.DebuggerHidden()] param()
    $live = if ($script:wrapsPrompt) { $function:prompt } else { $function:PSConsoleHostReadLine }
    $script:registered -and $live -eq $script:wrap
  }

  # Whoever wrapped the hook keeps what it wrapped, which from now on only hands through.
  function __ostoken_unregister {
    [Diagnostics.DebuggerHidden()] param()
    if (__ostoken_live) {
      if ($script:wrapsPrompt) { $function:global:prompt = $script:origs[0] }
      else { $function:global:PSConsoleHostReadLine = $script:origs[0] }
      if ($script:origs.Count -gt 1) { $script:origs = @($script:origs[1..($script:origs.Count - 1)]) }
    }
    $script:registered = $false
    __ostoken_unfollow
  }

  function __ostoken_on {
    [Diagnostics.DebuggerHidden()] param()
    # Who asks is told, also what was said before.
    $script:said = ''
    $script:due = [DateTime]::MinValue
    $null = __ostoken_hook
  }

  function __ostoken_off {
    [Diagnostics.DebuggerHidden()] param()
    if (__ostoken_get OSTOKEN_SCRUBBED) { __ostoken_say 'ostoken: OS_PASSWORD was unset and is not restored' }
    __ostoken_restore
    __ostoken_unregister
  }

  # Makes an OpenRC file the environment. Its output is what went wrong.
  function __ostoken_use {
    [Diagnostics.DebuggerHidden()] param($file)
    $top = $global:Error[0]
    try {
      $answer = __ostoken_ask @('hook', '--shell', 'powershell', '--use', (__ostoken_path $file))
      if (-not $answer) { return "ostoken: $script:bin is gone" }
      if ($answer.Code -ne 0) {
        if ($answer.Message) { return $answer.Message }
        return "ostoken: no answer ($($answer.Code))"
      }
      if ($answer.Message) { __ostoken_say $answer.Message }
      if (-not (__ostoken_apply $answer.Text)) { return 'ostoken: the answer is not whole' }
    } catch {
      return "ostoken: $_"
    } finally {
      __ostoken_forget $top
    }
  }

  # The file as the program knows it: Set-Location does not move this process.
  function __ostoken_path {
    [Diagnostics.DebuggerHidden()] param($file)
    if ($file -match '^~($|[\\/])') { return $HOME + $file.Substring(1) }
    $here = (Microsoft.PowerShell.Management\Get-Location -PSProvider FileSystem).ProviderPath
    if ($file -match '^[\\/]') { return $file }
    if ($file -match '^([^:\\/]+):[\\/]' -and (Microsoft.PowerShell.Management\Get-PSDrive -Name $Matches[1] `
          -PSProvider FileSystem -ErrorAction Ignore)) {
      return Microsoft.PowerShell.Management\Convert-Path -LiteralPath $file
    }
    $path = Microsoft.PowerShell.Management\Join-Path -Path $here -ChildPath $file
    # A name that is no file is a cloud's.
    if ($file -notmatch '[\\/:]' -and -not (Microsoft.PowerShell.Management\Test-Path -LiteralPath $path)) {
      return $file
    }
    $path
  }

  if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage') {
    # Neither `Env:` nor a cmdlet here: each costs ten times as much.
    function __ostoken_get {
      [Diagnostics.DebuggerHidden()] param($name)
      [Environment]::GetEnvironmentVariable($name)
    }

    function __ostoken_set {
      [Diagnostics.DebuggerHidden()] param($name, $value)
      [Environment]::SetEnvironmentVariable($name, $value)
    }

    function __ostoken_piped {
      [Diagnostics.DebuggerHidden()] param()
      [Console]::IsInputRedirected
    }

    # What `Remove-Item Env:` does. [NullString]::Value for the value may leave an empty variable.
    function __ostoken_unset {
      [Diagnostics.DebuggerHidden()] param($name)
      if ($null -ne [Environment]::GetEnvironmentVariable($name)) {
        $ExecutionContext.InvokeProvider.Item.Remove("Env:$name", $false)
      }
    }

    function __ostoken_exists {
      [Diagnostics.DebuggerHidden()] param($file)
      [IO.File]::Exists($file)
    }

    function __ostoken_names {
      [Diagnostics.DebuggerHidden()] param()
      [Environment]::GetEnvironmentVariables().Keys
    }

    function __ostoken_session {
      [Diagnostics.DebuggerHidden()] param()
      [Environment]::GetEnvironmentVariable('OS_AUTH_URL') -or [Environment]::GetEnvironmentVariable('OS_CLOUD')
    }

    # The hook itself. Its only output is $true, when a person ended the call with ^C. One function,
    # since a call of another would cost half as much again.
    function __ostoken_hook {
      [Diagnostics.DebuggerHidden()] param()
      if ([Environment]::GetEnvironmentVariable('OS_AUTH_URL') -or [Environment]::GetEnvironmentVariable('OS_CLOUD')) {
        # What a token depends on, in one string. Of secrets only whether they are there, how long the
        # password is, and a number for the token. The user domain is unset on export: it is back
        # when an OpenRC was loaded once more. With our own mark, one that somebody changed is mended.
        # (.NET Framework joins nothing at all if the first part is null.)
        $look = [string]::Join("`0", '',
          [Environment]::GetEnvironmentVariable('__WATCHED__'),
          ([string][Environment]::GetEnvironmentVariable('OS_TOKEN')).GetHashCode(),
          [string]::IsNullOrEmpty([Environment]::GetEnvironmentVariable('OS_APPLICATION_CREDENTIAL_SECRET')),
          [string]::IsNullOrEmpty([Environment]::GetEnvironmentVariable('OS_PASSCODE')),
          ([string][Environment]::GetEnvironmentVariable('OS_PASSWORD')).Length)
        if ($script:looking) {
          if ($script:looking -eq 'remember') { $script:seen = $look }
          elseif (-not [string]::Equals($look, $script:seen)) { __ostoken_drop }
          return
        }
        $now = [DateTime]::UtcNow
        # A clock that went back counts as due.
        if ($now -ge $script:due -or $now -lt $script:since -or -not [string]::Equals($look, $script:seen) -or
          ($script:lease -and -not [IO.File]::Exists($script:lease))) {
          __ostoken_refresh $now $look
        }
      } elseif ($script:seen) {
        $script:seen = ''
        __ostoken_restore
      }
    }

    # direnv changes the environment in the middle of a line, when Set-Location has changed the folder
    # (`cd there; openstack ...`): there, too, the token goes before anything runs. Behind direnv, so
    # that the hook sees what it did. Windows PowerShell has no such event.
    function __ostoken_follow {
      [Diagnostics.DebuggerHidden()] param()
      $commands = $ExecutionContext.InvokeCommand
      $slot = $commands.PSObject.Properties['LocationChangedAction']
      if (-not $slot) { return }
      if ($null -eq $script:follow) { $script:follow = ${function:__ostoken_moved} -as $slot.TypeNameOfValue }
      $others = [Delegate]::Remove($slot.Value, $script:follow)
      $slot.Value = $script:action = [Delegate]::Combine($others, $script:follow)
    }

    function __ostoken_moved {
      [Diagnostics.DebuggerHidden()] param()
      $top = $global:Error[0]
      try {
        $script:looking = 'drop'
        $null = __ostoken_hook
      } catch {
        # The next prompt looks again.
      } finally {
        $script:looking = ''
        __ostoken_forget $top
      }
    }

    function __ostoken_unfollow {
      [Diagnostics.DebuggerHidden()] param()
      if ($null -ne $script:follow) {
        $slot = $ExecutionContext.InvokeCommand.PSObject.Properties['LocationChangedAction']
        $slot.Value = [Delegate]::Remove($slot.Value, $script:follow)
        $script:action = $null
      }
    }

    function __ostoken_say {
      [Diagnostics.DebuggerHidden()] param($text)
      $Host.UI.WriteErrorLine($text)
    }

    # Runs the program, for 2.3 seconds at most. With its input closed it eats nothing of what is
    # typed ahead, and so started it leaves $LASTEXITCODE alone. No output: it cannot be started.
    function __ostoken_ask {
      [Diagnostics.DebuggerHidden()] param($arguments)
      $start = [Diagnostics.ProcessStartInfo]::new($script:bin, (__ostoken_quote $arguments))
      $start.UseShellExecute = $false
      $start.CreateNoWindow = $true
      $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
      foreach ($name in $script:pinned) {
        $null = $start.EnvironmentVariables.Remove($name)
        if ($null -ne $script:pins[$name]) { $start.EnvironmentVariables[$name] = $script:pins[$name] }
      }
      $start.StandardOutputEncoding = $start.StandardErrorEncoding = [Text.Encoding]::ASCII
      $here = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
      if ([IO.Directory]::Exists($here)) { $start.WorkingDirectory = $here }
      $process = $null
      try {
        try { $process = [Diagnostics.Process]::Start($start) } catch { return }
        $process.StandardInput.Close()
        $out = $process.StandardOutput.ReadToEndAsync()
        $err = $process.StandardError.ReadToEndAsync()
        # The program ends by itself after 1.95 s. To end it would end the renewal that it has started.
        if (-not $process.WaitForExit(2300)) { return @{ Code = -1; Text = ''; Message = '' } }
        # A descendant that holds the streams open is not waited for.
        $text = if ($out.Wait(500)) { $out.Result } else { '' }
        $message = if ($err.Wait(500)) { $err.Result.TrimEnd() } else { '' }
        return @{ Code = $process.ExitCode; Text = $text; Message = $message }
      } finally {
        if ($null -ne $process) {
          if (-not $process.HasExited) {
            # With its descendants, where .NET can.
            if ($process.Kill.OverloadDefinitions.Count -gt 1) { $process.Kill($true) } else { $process.Kill() }
          }
          $process.Dispose()
        }
      }
    }

    # One command line, as Windows wants it; .NET takes it apart in the same way elsewhere.
    function __ostoken_quote {
      [Diagnostics.DebuggerHidden()] param($arguments)
      $quoted = foreach ($argument in $arguments) {
        '"' + ($argument -replace '(\\*)"', '$1$1\"' -replace '(\\+)$', '$1$1') + '"'
      }
      $quoted -join ' '
    }

    # Remove-Module would else take the wrapped function along.
    $ExecutionContext.SessionState.Module.OnRemove = { [Diagnostics.DebuggerHidden()] param() __ostoken_unregister }
  } else {
    # ConstrainedLanguage forbids .NET: no 2 seconds' limit, and Remove-Module, which says nothing to
    # a module here, takes ReadLine along (Disable-OsToken does not).
    function __ostoken_get {
      [Diagnostics.DebuggerHidden()] param($name)
      if (Microsoft.PowerShell.Management\Test-Path -LiteralPath "Env:$name") {
        (Microsoft.PowerShell.Management\Get-Item -LiteralPath "Env:$name").Value
      }
    }

    function __ostoken_set {
      [Diagnostics.DebuggerHidden()] param($name, $value)
      Microsoft.PowerShell.Management\Set-Item -LiteralPath "Env:$name" -Value $value -WhatIf:$false -Confirm:$false
    }

    function __ostoken_unset {
      [Diagnostics.DebuggerHidden()] param($name)
      if (Microsoft.PowerShell.Management\Test-Path -LiteralPath "Env:$name") {
        Microsoft.PowerShell.Management\Remove-Item -LiteralPath "Env:$name" -WhatIf:$false -Confirm:$false
      }
    }

    function __ostoken_exists {
      [Diagnostics.DebuggerHidden()] param($file)
      Microsoft.PowerShell.Management\Test-Path -LiteralPath $file -PathType Leaf
    }

    function __ostoken_piped {
      [Diagnostics.DebuggerHidden()] param()
      $false
    }

    function __ostoken_names {
      [Diagnostics.DebuggerHidden()] param()
      (Microsoft.PowerShell.Management\Get-ChildItem -LiteralPath Env:).Name
    }

    # Here no folder is followed: the hook looks before each command alone.
    function __ostoken_follow { [Diagnostics.DebuggerHidden()] param() }
    function __ostoken_unfollow { [Diagnostics.DebuggerHidden()] param() }

    function __ostoken_session {
      [Diagnostics.DebuggerHidden()] param()
      $env:OS_AUTH_URL -or $env:OS_CLOUD
    }

    function __ostoken_hook {
      [Diagnostics.DebuggerHidden()] param()
      if (__ostoken_session) {
        $look = '' +
          "$env:__WATCHED__`0" +
          "$("$env:OS_TOKEN".GetHashCode())`0$(-not $env:OS_APPLICATION_CREDENTIAL_SECRET)`0" +
          "$(-not $env:OS_PASSCODE)`0$("$env:OS_PASSWORD".Length)"
        if ($script:looking) { $script:seen = $look; return }
        $now = [DateTime]::UtcNow
        if ($now -ge $script:due -or $now -lt $script:since -or -not [string]::Equals($look, $script:seen) -or
          ($script:lease -and -not (__ostoken_exists $script:lease))) {
          __ostoken_refresh $now $look
        }
      } elseif ($script:seen) {
        $script:seen = ''
        __ostoken_restore
      }
    }

    function __ostoken_say {
      [Diagnostics.DebuggerHidden()] param($text)
      Microsoft.PowerShell.Utility\Write-Host $text
    }

    # The program writes its messages itself.
    function __ostoken_ask {
      [Diagnostics.DebuggerHidden()] param($arguments)
      $PSNativeCommandUseErrorActionPreference = $false
      # Windows PowerShell passes no argument where one is empty.
      $arguments = foreach ($argument in $arguments) { if ($argument) { $argument } else { 'none' } }
      $code = $global:LASTEXITCODE
      $lines = __ostoken_with $script:pins { @() | & $script:bin $arguments }
      $answer = @{ Code = $global:LASTEXITCODE; Text = $lines -join "`n"; Message = '' }
      $global:LASTEXITCODE = $code
      $answer
    }
  }

  __ostoken_pin
  __ostoken_register
} | Microsoft.PowerShell.Core\Import-Module -Global -DisableNameChecking -Verbose:$false

# Runs it with these settings in place of the environment's.
function global:__ostoken_with {
  [Diagnostics.DebuggerHidden()] param($pins, $run)
  $PSNativeCommandUseErrorActionPreference = $false
  $now = @{}
  try {
    foreach ($name in $pins.Keys) {
      $item = Microsoft.PowerShell.Management\Get-Item -LiteralPath "Env:$name" -ErrorAction Ignore
      $now[$name] = if ($item) { $item.Value }
      __ostoken_put $name $pins[$name]
    }
    & $run
  } finally {
    foreach ($name in $now.Keys) { __ostoken_put $name $now[$name] }
  }
}

function global:__ostoken_put {
  [Diagnostics.DebuggerHidden()] param($name, $value)
  if ($null -ne $value) {
    Microsoft.PowerShell.Management\Set-Item -LiteralPath "Env:$name" -Value $value -WhatIf:$false -Confirm:$false
  } elseif (Microsoft.PowerShell.Management\Test-Path -LiteralPath "Env:$name") {
    Microsoft.PowerShell.Management\Remove-Item -LiteralPath "Env:$name" -WhatIf:$false -Confirm:$false
  }
}

# Puts the hook back where somebody has dropped it. After Disable-OsToken the words below are all that
# is left: fetches the rest again. The settings stay as they were taken.
function global:__ostoken_load {
  [Diagnostics.DebuggerHidden()] param()
  if (Microsoft.PowerShell.Core\Get-Module -Name ostoken) {
    if (-not (__ostoken_live)) { __ostoken_register }
    return
  }
  $kept = $global:__ostoken_pins
  __ostoken_with $kept { & $global:__ostoken_bin init powershell } | Microsoft.PowerShell.Utility\Out-String |
    Microsoft.PowerShell.Utility\Invoke-Expression
  if ($kept.Count) { __ostoken_pin $kept }
}

function global:Enable-OsToken {
  [Diagnostics.DebuggerHidden()] [CmdletBinding()] [Alias('ostoken_on')] param()
  __ostoken_load
  __ostoken_pin
  __ostoken_on
}

function global:Disable-OsToken {
  [Diagnostics.DebuggerHidden()] [CmdletBinding()] [Alias('ostoken_off')] param()
  if (Microsoft.PowerShell.Core\Get-Module -Name ostoken) {
    __ostoken_off
    Microsoft.PowerShell.Core\Remove-Module -Name ostoken -Force -WhatIf:$false -Confirm:$false -Verbose:$false
  }
}

# The arguments of a function as a program would have got them: PowerShell keeps the first `--` for itself where
# it calls a function, and makes two of `-name:value`. The command as it was typed tells.
function global:__ostoken_arguments {
  [Diagnostics.DebuggerHidden()] param($call, $given)
  try {
    $text = $call.PSObject.Properties['Statement']
    $text = if ($text -and $text.Value) { $text.Value } else { $call.Line.Substring($call.OffsetInLine - 1) }
    $parsed = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $null)
    $elements = $parsed.Find({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true).CommandElements
    $all = [Collections.Generic.List[object]] $given
    $kept = $false
    for ($n = 1; $n -lt $elements.Count; $n++) {
      $typed = $elements[$n].Extent.Text
      if ($typed -ceq '--' -and -not $kept) {
        $kept = $true
        $all.Insert($n - 1, '--')
      }
      # How many a splatted variable stands for is not known.
      if ($typed -match '^@[^({]') { break }
      if ($elements[$n] -is [Management.Automation.Language.CommandParameterAst] -and $elements[$n].Argument) {
        $all[$n - 1] = "$($all[$n - 1])$($all[$n])"
        $all.RemoveAt($n)
      }
    }
    return , $all.ToArray()
  } catch {
    # ConstrainedLanguage forbids to look: there `--` has to be put in quotes.
    , $given
  }
}

# What the function of a wrapped program does: it runs the program so that it creates no token. After
# Disable-OsToken, and where there is no such program, it is as if it had no function.
& {
  $run = {
    [Diagnostics.DebuggerHidden()] param()
    $name = $MyInvocation.MyCommand.Name
    $arguments = __ostoken_arguments $MyInvocation $args
    $program = Microsoft.PowerShell.Core\Get-Command -Name $name -CommandType Application -TotalCount 1
    if (-not $program) { return }
    if ($function:__ostoken_hook -and (Microsoft.PowerShell.Management\Test-Path -LiteralPath $global:__ostoken_bin)) {
      $program = $global:__ostoken_bin
      $arguments = @('exec', '--wrapped', '--', $name) + $arguments
    }
    if ($MyInvocation.ExpectingInput) { $input | & $program @arguments } else { & $program @arguments }
  }
  # A function of yours stays. (An alias of yours goes before it.)
  foreach ($name in @(-split '__WRAPPED_LIST__') -ne '') {
    $was = Microsoft.PowerShell.Management\Get-Item -LiteralPath "Function:$name" -ErrorAction Ignore
    if (-not $was -or $was.Definition -match '__ostoken_arguments') {
      Microsoft.PowerShell.Management\Set-Item -LiteralPath "Function:global:$name" -Value $run
    }
  }
}

# Makes an OpenRC file the environment of this shell; the file is read as data, never run.
function global:Use-OsToken {
  [Diagnostics.DebuggerHidden()] [CmdletBinding()] [Alias('ostoken_use')] param([string] $File)
  $wrong = 'usage: Use-OsToken FILE'
  if ($File) {
    $off = -not (Microsoft.PowerShell.Core\Get-Module -Name ostoken)
    __ostoken_load
    $wrong = __ostoken_use $File
    if (-not $wrong) { __ostoken_on; return }
    if ($off) { Disable-OsToken }
  }
  if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage') {
    # With Write-Error, $? would be true.
    $wrong = [Management.Automation.ErrorRecord]::new([Exception]::new($wrong), 'ostoken', 'NotSpecified', $File)
    $PSCmdlet.WriteError($wrong)
  } else {
    Microsoft.PowerShell.Utility\Write-Error -Message $wrong
  }
}
