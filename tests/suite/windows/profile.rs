//! The hook in a profile of the real PowerShell for Windows, which PWSH_WIN names.

use std::time::{Duration, Instant};

use super::commands::alice;
use super::machine::{Machine, PLAIN, USER};
use crate::support::process::Output;
use crate::support::tools::{named, wait_until};
use crate::support::{Answer, Fake};

const PROFILE: &str = "Documents/PowerShell/Microsoft.PowerShell_profile.ps1";
/// A prompt has a token, also where Wine takes longer to start the renewal than a prompt waits.
const AWAIT: &str =
    "for ($i = 0; -not $env:OS_TOKEN -and $i -lt 100; $i++) { Start-Sleep -Milliseconds 100; $null = prompt }";

/// Feeds lines to a PowerShell whose profile loads the hook, as README.md has it, and then does this.
fn shell(machine: &Machine, pwsh: &std::path::Path, second: &str, lines: &[&str]) -> Output {
    let first = format!(". ([scriptblock]::Create((& '{PLAIN}' init powershell) -join \"`n\"))");
    machine.file(&format!("{USER}/{PROFILE}"), format!("{first}\r\n{second}\r\n'loaded'\r\n"));
    let input = machine.home.outside("lines");
    std::fs::write(&input, lines.join("\n") + "\nexit\n").unwrap();
    let program = format!("Z:{}", pwsh.display().to_string().replace('/', "\\"));
    let mut command = machine.windows(&program, &["-NoLogo"]);
    let output = machine.run_alone(command.stdin(std::fs::File::open(input).unwrap()));
    assert!(output.stdout.contains("loaded"), "{output:?}");
    output
}

/// What a line printed behind this mark. What is echoed stands behind a prompt.
#[track_caller]
fn said<'o>(output: &'o Output, mark: &str) -> &'o str {
    let found = output.stdout.lines().find_map(|line| line.strip_prefix(mark)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {mark} in {output:#?}")).trim_end()
}

#[test]
fn prompts_have_a_token_start_nothing_while_it_is_fresh_and_see_a_renewal() {
    let (Some(pwsh), Some((cloud, mut machine))) = (named("PWSH_WIN"), alice()) else { return };
    machine.run(&["login"]).success();
    let file = machine.home.outside("openrc.sh");
    cloud.openrc_file_that_asks(&file, "alice", "demo");
    machine.file("rc/openrc.sh", std::fs::read(file).unwrap());
    machine.clear();
    let away = format!("Rename-Item {PLAIN} gone.exe");
    let mut lines =
        vec![AWAIT, "\"first=$env:OS_TOKEN\"", "\"state=$env:OS_AUTH_TYPE [$env:OS_USER_DOMAIN_NAME]\"", &away];
    // A prompt that started the program would say that it is gone.
    lines.extend(["$null"; 20]);
    let refresh = format!("& {PLAIN} refresh | Out-Null");
    let env = format!("(& {PLAIN} env --shell powershell --openrc C:\\rc\\openrc.sh) -join \"`n\" | Invoke-Expression");
    lines.extend([
        "Rename-Item C:\\gone.exe ostoken.exe",
        "\"same=$env:OS_TOKEN\"",
        &refresh,
        "\"renewed=$env:OS_TOKEN\"",
        "Disable-OsToken",
        "\"off=[$env:OS_TOKEN] [$env:OS_AUTH_TYPE] [$env:OS_USER_DOMAIN_NAME]\"",
        "\"left=$((Get-ChildItem Env:OSTOKEN_* | Where-Object Name -NotMatch KEYRING).Count)\"",
        &env,
        "\"env=$env:OS_TOKEN\"",
        "\"set=$env:OS_AUTH_TYPE [$env:OS_USER_DOMAIN_NAME]\"",
    ]);
    let output = shell(&machine, &pwsh, "Use-OsToken C:\\rc\\openrc.sh", &lines);
    assert!(!format!("{}{}", output.stdout, output.stderr).contains("is gone"), "{output:#?}");
    let first = said(&output, "first");
    assert_eq!(said(&output, "state"), "token []");
    assert_eq!(said(&output, "same"), first);
    let renewed = said(&output, "renewed");
    assert!(renewed != first && cloud.accepts(renewed), "{output:#?}");
    assert_eq!((said(&output, "off"), said(&output, "left")), ("[] [] [Default]", "0"));
    assert_eq!((said(&output, "env"), said(&output, "set")), (renewed, "token []"));
    assert_eq!(cloud.creations(), 3, "the login, the prompt (its file names the project by id), the refresh");
}

#[test]
fn a_hung_keystone_costs_a_prompt_two_and_a_half_seconds_and_leaves_no_process() {
    let Some(pwsh) = named("PWSH_WIN") else { return };
    let fake = Fake::start();
    fake.always(Answer::new(201).delay(Duration::from_secs(60)));
    let Some(mut machine) = Machine::new(fake.environment()) else { return };
    machine.unset("OS_AUTH_URL");
    let line = format!(
        "$env:OS_AUTH_URL = '{}'; $t = [Diagnostics.Stopwatch]::StartNew(); $null = prompt; \"took=$($t.ElapsedMilliseconds)\"",
        fake.auth_url()
    );
    let started = Instant::now();
    let output = shell(&machine, &pwsh, "", &[&line]);
    let took: u64 = said(&output, "took").parse().unwrap();
    assert!((500..2500).contains(&took), "{output:#?}");
    assert!(wait_until(Duration::from_secs(40), || machine.renewals().is_empty()));
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    assert_eq!(fake.posts(), 1);
}
