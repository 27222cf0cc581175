//! The file itself: PowerShell's parser takes it, and it keeps to what Windows PowerShell 5.1 knows.

use std::process::Stdio;

use crate::support::fake_ostoken::FakeOstoken;
use crate::support::powershell::{command, pwsh};
use crate::support::process::finish;

const HOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/ostoken.ps1");

/// Runs this script on the parsed file (`$ast`, `$tokens`, `$errors`); returns what it prints.
fn parsed(script: &str) -> Option<String> {
    let pwsh = pwsh()?;
    let fake = FakeOstoken::new();
    let parse = format!(
        "$tokens = $errors = $null; \
         $ast = [Management.Automation.Language.Parser]::ParseFile('{HOOK}', [ref]$tokens, [ref]$errors)\n"
    );
    let mut command = command(&pwsh, &fake, &[]);
    command.args(["-NoProfile", "-NonInteractive", "-Command", &(parse + script)]).stdin(Stdio::null());
    let output = finish(&mut command, None).success();
    assert_eq!(output.stderr, "");
    Some(output.stdout)
}

#[test]
fn powershell_can_parse_the_file_and_it_is_ascii() {
    let text = std::fs::read_to_string(HOOK).expect("the hook");
    assert!(text.is_ascii());
    let Some(seen) = parsed("$errors; $ast.EndBlock.Statements.Count -gt 3") else { return };
    assert_eq!(seen, "True\n");
}

#[test]
fn it_has_no_syntax_that_windows_powershell_does_not_know() {
    let script = "
        $ast.FindAll({ $args[0].GetType().Name -in 'TernaryExpressionAst', 'PipelineChainAst' }, $true)
        $ast.FindAll({ $args[0].NullConditional }, $true)
        $ast.FindAll({ $args[0].CleanBlock }, $true)
        $tokens | Where-Object Kind -in 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket',
            'AndAnd', 'OrOr', 'QuestionMark', 'Clean'
        $tokens | Where-Object Text -match '(ArgumentList\\.|IsWindows|IsLinux|IsMacOS)'";
    let Some(seen) = parsed(script) else { return };
    assert_eq!(seen, "");
}

#[test]
fn each_function_hides_from_the_tracer_and_each_cmdlet_has_its_module() {
    let script = "
        $ast.FindAll({ $args[0] -is [Management.Automation.Language.FunctionDefinitionAst] }, $true) |
            Where-Object { $_.Body.ParamBlock.Attributes.TypeName.Name -notcontains 'Diagnostics.DebuggerHidden' } |
            ForEach-Object Name
        $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true) |
            ForEach-Object { $_.GetCommandName() } |
            Where-Object { $_ -and $_ -notmatch '^(__ostoken_|Microsoft\\.PowerShell\\.\\w+\\\\|Disable-OsToken$)' }";
    let Some(seen) = parsed(script) else { return };
    assert_eq!(seen, "");
}
