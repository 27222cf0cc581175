//! The four shells, and how the same thing is said in each.

use std::path::PathBuf;

use crate::support::fake_ostoken::FakeOstoken;
use crate::support::hooks::bash;
use crate::support::powershell::pwsh;
use crate::support::pty::{SESSION, Shell};
use crate::support::tool;

/// A kind of shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bash,
    Zsh,
    Fish,
    /// Fed by a pipe, which is fast; on a terminal it is in `hooks_powershell::terminal`.
    PowerShell,
}

use Kind::{Bash, Fish, PowerShell, Zsh};

impl Kind {
    /// What `ostoken` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Bash => "bash",
            Zsh => "zsh",
            Fish => "fish",
            PowerShell => "powershell",
        }
    }

    /// The program; without it the test is to return.
    pub fn program(self) -> Option<PathBuf> {
        match self {
            Bash => bash(),
            Zsh | Fish => tool(self.name()),
            PowerShell => pwsh(),
        }
    }

    /// What runs a text as a script, which follows, and reads no file of the user.
    pub fn script(self) -> Option<Vec<String>> {
        let options: &[&str] = match self {
            Bash => &["--norc", "-c"],
            Zsh => &["-f", "-c"],
            Fish => &["--no-config", "-c"],
            PowerShell => &["-NoProfile", "-NonInteractive", "-Command"],
        };
        let program = self.program()?.to_str().expect("UTF-8").to_owned();
        Some([program].into_iter().chain(options.iter().map(|&option| option.to_owned())).collect())
    }

    /// A line that starts this shell in itself.
    pub fn child(self) -> Option<String> {
        let program = self.program()?.display().to_string();
        Some(match self {
            Bash => format!("'{program}' --rcfile ~/.bashrc"),
            Zsh => format!("'{program}' -d"),
            Fish => format!("'{program}'"),
            PowerShell => format!("& '{program}' -NoLogo"),
        })
    }

    /// A fake and a shell that uses it, in the usual session.
    pub fn start(self) -> Option<(FakeOstoken, Shell)> {
        let fake = FakeOstoken::new();
        let shell = self.open(&fake, "")?;
        Some((fake, shell))
    }

    /// A shell that uses this fake, with these lines before the hook in its rc file.
    pub fn open(self, fake: &FakeOstoken, before: &str) -> Option<Shell> {
        self.open_in(fake, &format!("{before}{}", self.source(fake)), SESSION)
    }

    /// A shell with this rc file and these variables.
    pub fn open_in(self, fake: &FakeOstoken, rc: &str, vars: &[(&str, &str)]) -> Option<Shell> {
        let open = match self {
            Bash => Shell::bash_in,
            Zsh => Shell::zsh_in,
            Fish => Shell::fish_in,
            PowerShell => Shell::pwsh_in,
        };
        Some(open(&self.program()?, fake, rc, vars))
    }

    /// What stands in the rc file of somebody who uses the hook.
    pub fn source(self, fake: &FakeOstoken) -> String {
        fake.source(self.name())
    }

    /// The call of a prompt, when this was the kind of the last message.
    pub fn call(self, said: &str) -> String {
        format!("hook --shell {} --said {said}", self.name())
    }

    /// Sets and exports a variable.
    pub fn set(self, name: &str, value: &str) -> String {
        match self {
            Bash | Zsh => format!("export {name}='{value}'"),
            Fish => format!("set -gx {name} '{value}'"),
            PowerShell => format!("$env:{name} = '{value}'"),
        }
    }

    /// A file that sets these variables.
    pub fn sets(self, vars: &[(&str, &str)]) -> String {
        vars.iter().map(|(name, value)| self.set(name, value) + "\n").collect()
    }

    /// Removes these variables, which are separated by blanks.
    pub fn unset(self, names: &str) -> String {
        match self {
            Bash | Zsh => format!("unset {names}"),
            Fish => format!("set -e {names}"),
            PowerShell => {
                format!("Remove-Item {}", names.split(' ').map(|n| format!("Env:{n}")).collect::<Vec<_>>().join(","))
            }
        }
    }

    /// What the program answers to set, or unset, these variables.
    pub fn answer(self, vars: &[(&str, Option<&str>)]) -> String {
        let line = |(name, value): &(&str, Option<&str>)| match (self, value) {
            (Bash | Zsh, None) => format!("\\builtin unset {name}\n"),
            (Bash | Zsh, Some(value)) => format!("\\builtin export {name}='{}'\n", value.replace('\'', "'\\''")),
            (Fish, None) => format!("__ostoken_unset {name}\n"),
            (Fish, Some(value)) => format!("set -gx {name} '{}'\n", value.replace('\'', "\\'")),
            (PowerShell, None) => format!("unset {name}\n"),
            (PowerShell, Some(value)) => format!("set {name}={value}\n"),
        };
        vars.iter().map(line).collect()
    }

    /// The values of these variables of the shell, separated by blanks; `gone` for one that is not there.
    pub fn values(self, shell: &mut Shell, names: &str) -> String {
        let value = |name| match self {
            Bash | Zsh => format!("${{{name}-gone}}"),
            Fish => format!("(set -q {name}; and echo \"${name}\"; or echo gone)"),
            PowerShell => format!("$($env:{name} ?? 'gone')"),
        };
        let values = names.split(' ').map(value).collect::<Vec<_>>().join(" ");
        shell.text(&match self {
            Bash | Zsh => format!("echo \"{values}\""),
            Fish => format!("echo {values}"),
            PowerShell => format!("\"{values}\""),
        })
    }

    /// The assertion of most tests: the token is there (or `gone`), and the shell still works.
    #[track_caller]
    pub fn has_token(self, shell: &mut Shell, token: &str) {
        assert_eq!(self.values(shell, "OS_TOKEN"), token);
    }

    /// All that is exported and could be ours or OpenStack's, sorted.
    pub fn environment(self, shell: &mut Shell) -> Vec<String> {
        let text = shell.text("env | grep -E '^OS(TOKEN)?_'");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    }

    /// Prints the status of the last command.
    pub fn status(self) -> &'static str {
        match self {
            Bash | Zsh => "echo $?",
            Fish => "echo $status",
            PowerShell => "if ($?) { 0 } else { $LASTEXITCODE }",
        }
    }

    /// Prints the status of each command of the last pipeline.
    pub fn pipestatus(self) -> &'static str {
        if self == Bash { "echo \"${PIPESTATUS[*]}\"" } else { "echo $pipestatus" }
    }

    /// Makes the next prompt one that asks. (In bash the hook's state stands in variables whose names hold a number.)
    pub fn due(self) -> &'static str {
        match self {
            Bash => "for v in \"${!__ostoken_@}\"; do case $v in __ostoken_[0-9]*_due) printf -v \"$v\" 0;; esac; done",
            Zsh => "__ostoken__due=0",
            Fish => "set -g __ostoken__due 0; set -g __ostoken__fresh 0",
            PowerShell => "& (Get-Module ostoken) { $script:due = [DateTime]::MinValue }",
        }
    }

    /// As if half a minute had passed.
    pub fn half_a_minute_later(self) -> &'static str {
        match self {
            Bash => {
                "for v in \"${!__ostoken_@}\"; do case $v in __ostoken_[0-9]*_due) printf -v \"$v\" %010d $((10#${!v} - 30));; esac; done"
            }
            Zsh => "((__ostoken__due -= 30))",
            Fish => "for name in due fresh; set -g __ostoken__$name (math $__ostoken__due - 30); end",
            PowerShell => "& (Get-Module ostoken) { $script:due = $script:due.AddSeconds(-30) }",
        }
    }

    /// As if the clock had gone back since the last call.
    pub fn long_ago(self) -> &'static str {
        match self {
            Bash => {
                "for v in \"${!__ostoken_@}\"; do case $v in __ostoken_[0-9]*_since) printf -v \"$v\" 5000000000;; esac; done"
            }
            Zsh => "__ostoken__since=5000000000 __ostoken__due=6000000000",
            Fish => "for name in since due fresh; set -g __ostoken__$name 90000000000; end",
            PowerShell => {
                "& (Get-Module ostoken) { $script:since = [DateTime]::UtcNow.AddDays(1); $script:due = $script:since }"
            }
        }
    }

    /// The word that turns the hook off, as its messages name it.
    pub fn off(self) -> &'static str {
        if self == PowerShell { "Disable-OsToken" } else { "ostoken_off" }
    }
}
