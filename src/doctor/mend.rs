//! Commands in the words of the shell in use.

use crate::identity::Environment;
use crate::output::hook::HookShell;
use crate::output::shell::{Shell, line, quoted};
use std::path::{Path, PathBuf};

/// The shell in use, and where its user is at home.
pub struct Words<'a> {
    /// The shell, if it is one that has a hook.
    pub shell: Option<HookShell>,
    /// The name of a shell that has none.
    pub other: String,
    home: Option<&'a str>,
}

impl<'a> Words<'a> {
    /// The shell that started this program; else the one of SHELL, else the system's own.
    pub fn new(environment: &'a Environment, parent: Option<&str>) -> Words<'a> {
        let by_name = environment.get("SHELL").map(|path| base(path).to_owned()).unwrap_or_default();
        let system = || cfg!(windows).then_some(HookShell::Powershell);
        // Where dotnet runs it, PowerShell has no name of its own; Windows has that variable anyway.
        let is_powershell = cfg!(unix) && environment.get("PSModulePath").is_some();
        let by_mark = || is_powershell.then_some(HookShell::Powershell);
        let shell = parent.and_then(named).or_else(by_mark).or_else(|| named(&by_name)).or_else(system);
        let home = environment.get(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        Words { shell, other: by_name, home: home.filter(|home| Path::new(home).is_absolute()) }
    }

    /// The user's home, if it is known.
    pub fn home(&self) -> Option<PathBuf> {
        self.home.map(PathBuf::from)
    }

    /// What sets a variable.
    pub fn set(&self, name: &str, value: &str) -> String {
        line(self.language(), name, Some(value)).unwrap_or_default()
    }

    /// What unsets variables.
    pub fn unset(&self, names: &[&str]) -> String {
        let lines = names.iter().map(|name| line(self.language(), name, None).unwrap_or_default());
        match self.language() {
            Shell::Powershell | Shell::Fish => lines.collect::<Vec<_>>().join("; "),
            _ => format!("unset {}", names.join(" ")),
        }
    }

    /// What runs `second` if `first` works. Windows PowerShell has no word for that.
    pub fn then(&self, first: &str, second: &str) -> String {
        let join = if self.language() == Shell::Powershell { "; " } else { " && " };
        format!("{first}{join}{second}")
    }

    /// A path as an argument: below the home with `~` where nothing in it needs quotes.
    pub fn path(&self, path: &Path) -> String {
        let text = path.to_string_lossy();
        let is_plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "/._+-:@%,".contains(c) || c == '\\')
        };
        let below = self.home.and_then(|home| path.strip_prefix(home).ok()).and_then(Path::to_str);
        match below {
            Some(below) if is_plain(below) => format!("~{}{below}", std::path::MAIN_SEPARATOR),
            _ if is_plain(&text) && (cfg!(windows) || !text.contains('\\')) => text.into_owned(),
            _ => quoted(self.language(), &text),
        }
    }

    /// The line that loads the hook.
    pub fn hook(shell: HookShell) -> &'static str {
        match shell {
            HookShell::Bash => r#"eval "$(ostoken init bash --wrap openstack)""#,
            HookShell::Zsh => r#"eval "$(ostoken init zsh --wrap openstack)""#,
            HookShell::Fish => "ostoken init fish --wrap openstack | source",
            HookShell::Powershell => {
                r#". ([scriptblock]::Create((& ostoken init powershell --wrap openstack) -join "`n"))"#
            }
        }
    }

    /// What adds that line to a start-up file.
    pub fn add_hook(&self, shell: HookShell, file: &Path) -> String {
        match shell {
            HookShell::Powershell => format!("Add-Content $PROFILE '{}'", Words::hook(shell)),
            _ => format!("echo '{}' >> {}", Words::hook(shell), self.path(file)),
        }
    }

    fn language(&self) -> Shell {
        match self.shell {
            Some(HookShell::Bash) => Shell::Bash,
            Some(HookShell::Zsh) => Shell::Zsh,
            Some(HookShell::Fish) => Shell::Fish,
            Some(HookShell::Powershell) => Shell::Powershell,
            None => Shell::Posix,
        }
    }
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// The shell of a program's name; a login shell's may begin with `-`.
fn named(program: &str) -> Option<HookShell> {
    match program.trim_start_matches('-').trim_end_matches(".exe") {
        "bash" => Some(HookShell::Bash),
        "zsh" => Some(HookShell::Zsh),
        "fish" => Some(HookShell::Fish),
        "pwsh" | "powershell" => Some(HookShell::Powershell),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(shell: &str) -> Environment {
        [("SHELL", shell), ("HOME", "/home/me"), ("USERPROFILE", "/home/me")].into_iter().collect()
    }

    #[test]
    fn the_shell_that_asked_counts_before_the_login_shell() {
        let shell = |parent: Option<&str>, login: &str| Words::new(&environment(login), parent).shell;
        assert_eq!(shell(Some("fish"), "/bin/bash"), Some(HookShell::Fish));
        assert_eq!(shell(Some("-zsh"), "/bin/bash"), Some(HookShell::Zsh));
        assert_eq!(shell(Some("make"), "/usr/bin/bash"), Some(HookShell::Bash));
        assert_eq!(shell(None, "/opt/pwsh"), Some(HookShell::Powershell));
    }

    #[test]
    #[cfg(unix)]
    fn a_command_is_one_that_this_shell_can_run() {
        let environment = environment("/bin/bash");
        let words = |parent| Words::new(&environment, Some(parent));
        assert_eq!(words("bash").unset(&["OS_A", "OS_B"]), "unset OS_A OS_B");
        assert_eq!(words("fish").unset(&["OS_A", "OS_B"]), "set -e OS_A; set -e OS_B");
        assert_eq!(words("fish").set("OS_A", "b"), "set -gx OS_A 'b'");
        let path = |text: &str| words("bash").path(Path::new(text));
        assert_eq!(path("/home/me/openrc.sh"), "~/openrc.sh");
        assert_eq!(path("/home/me/my openrc.sh"), "'/home/me/my openrc.sh'");
        assert_eq!(path("/etc/it's.sh"), r"'/etc/it'\''s.sh'");
        assert_eq!(path(r"/etc/a\b"), r"'/etc/a\b'");
        let line = r#"echo 'eval "$(ostoken init bash --wrap openstack)"' >> ~/.bashrc"#;
        assert_eq!(words("bash").add_hook(HookShell::Bash, Path::new("/home/me/.bashrc")), line);
    }
}
