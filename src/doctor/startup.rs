//! The hook: whether a start-up file of the shell in use loads it, and whether it works in this shell.

use super::mend::Words;
use super::{Examination, Finding, files};
use crate::error::Error;
use crate::identity::Environment;
use crate::output::change::clients_bear_it;
use crate::output::hook::HookShell;
use std::path::{Path, PathBuf};

/// Looks at the start-up files and at the hook's marks in the environment.
pub fn check(examination: &Examination) -> Vec<Finding> {
    let words = &examination.words;
    let Some(shell) = words.shell else {
        let name = if words.other.is_empty() { "this shell" } else { &words.other };
        let text = format!("{name} has no hook; bash, zsh, fish and PowerShell do");
        return vec![Finding::note("hook", &text, "eval \"$(ostoken env --shell posix)\"")];
    };
    let files = startup_files(examination.environment, words, shell);
    let loading = files.iter().find(|file| lines(file).any(|line| loads_hook(&line, shell)));
    let hook = hook(examination, shell, loading.is_some());
    [startup_file(words, shell, &files, loading)].into_iter().chain(hook).collect()
}

fn startup_file(words: &Words, shell: HookShell, files: &[PathBuf], loading: Option<&PathBuf>) -> Finding {
    match (loading, files.first()) {
        (Some(file), _) => Finding::ok("start-up file", &format!("{} loads the hook", words.path(file))),
        (None, Some(usual)) => {
            let text = format!("{} does not load the hook", words.path(usual));
            Finding::note("start-up file", &text, &words.add_hook(shell, usual))
        }
        (None, None) => Finding::note("start-up file", "none is known: HOME is not set", Words::hook(shell)),
    }
}

/// Whether it works in this shell; `None` beside a token that somebody exported by hand, which is a finding of its own.
fn hook(examination: &Examination, shell: HookShell, is_loaded: bool) -> Option<Finding> {
    let environment = examination.environment;
    if environment.holds_foreign_token() {
        return None;
    }
    if environment.get("OS_TOKEN").is_some() {
        return Some(Finding::ok("hook", "works in this shell: OS_TOKEN is its own"));
    }
    Some(match environment.source(true) {
        Ok(source) if !clients_bear_it(environment, &source.identity) => {
            Finding::ok("hook", "leaves this login's variables alone: `ostoken exec` and --wrap serve it")
        }
        Err(Error::NoIdentity(_)) if environment.get("OS_CLOUD").is_none() => {
            Finding::ok("hook", "nothing to export: no login is selected in this shell")
        }
        Err(_) => Finding::ok("hook", "nothing to export for what is selected in this shell"),
        Ok(_) => {
            let mend = if is_loaded { "open a new shell" } else { Words::hook(shell) };
            Finding::note("hook", "exported no token in this shell", mend)
        }
    })
}

/// The start-up files of a shell that a hook may stand in, the usual one first.
fn startup_files(environment: &Environment, words: &Words, shell: HookShell) -> Vec<PathBuf> {
    let home = words.home();
    let folder = |variable: &str, below: &str| {
        let named = environment.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| Some(home.as_ref()?.join(below)))
    };
    let (folder, names): (_, &[&str]) = match shell {
        HookShell::Bash => (home.clone(), &[".bashrc", ".bash_profile", ".bash_login", ".profile"]),
        HookShell::Zsh => (folder("ZDOTDIR", ""), &[".zshrc", ".zprofile", ".zshenv"]),
        HookShell::Fish => (folder("XDG_CONFIG_HOME", ".config").map(|path| path.join("fish")), &["config.fish"]),
        HookShell::Powershell => {
            let documents = || Some(directories::UserDirs::new()?.document_dir()?.to_owned());
            let config = || folder("XDG_CONFIG_HOME", ".config").map(|path| path.join("powershell"));
            match cfg!(windows) {
                true => (documents(), &WINDOWS_PROFILES),
                false => (config(), &PROFILES),
            }
        }
    };
    let mut files: Vec<PathBuf> = folder.iter().flat_map(|folder| names.iter().map(|name| folder.join(name))).collect();
    if let (HookShell::Fish, Some(folder)) = (shell, &folder) {
        files
            .extend(std::fs::read_dir(folder.join("conf.d")).into_iter().flatten().flatten().map(|entry| entry.path()));
    }
    files
}

const PROFILES: [&str; 2] = ["Microsoft.PowerShell_profile.ps1", "profile.ps1"];
const WINDOWS_PROFILES: [&str; 4] = [
    r"PowerShell\Microsoft.PowerShell_profile.ps1",
    r"PowerShell\profile.ps1",
    r"WindowsPowerShell\Microsoft.PowerShell_profile.ps1",
    r"WindowsPowerShell\profile.ps1",
];

/// The lines of a file that are not comments.
fn lines(file: &Path) -> impl Iterator<Item = String> {
    let text = files::text(file).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(str::trim_start).map(str::to_owned).collect();
    lines.into_iter().filter(|line| !line.starts_with('#'))
}

/// The words of a line, whatever quotes and brackets stand around them.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "\"'`()&;|{}".contains(c)).filter(|word| !word.is_empty())
}

/// Whether the line holds `ostoken init SHELL`, by whatever path.
fn loads_hook(line: &str, shell: HookShell) -> bool {
    let name = match shell {
        HookShell::Bash => "bash",
        HookShell::Zsh => "zsh",
        HookShell::Fish => "fish",
        HookShell::Powershell => "powershell",
    };
    let words: Vec<&str> = tokens(line).collect();
    let is_program = |word: &str| matches!(word.rsplit(['/', '\\']).next(), Some("ostoken" | "ostoken.exe"));
    words.windows(3).any(|words| is_program(words[0]) && words[1] == "init" && words[2] == name)
}

/// The OpenRC files that the start-up files of the shell in use name by `ostoken_use`, as far as that is plain.
pub fn used_files(examination: &Examination) -> Vec<PathBuf> {
    let words = &examination.words;
    let Some(shell) = words.shell else { return Vec::new() };
    let files = startup_files(examination.environment, words, shell);
    files.iter().flat_map(|file| lines(file)).filter_map(|line| used_file(&line, words.home()?.to_str()?)).collect()
}

fn used_file(line: &str, home: &str) -> Option<PathBuf> {
    let mut words = line.split_whitespace();
    let name = words.next().filter(|word| matches!(*word, "ostoken_use" | "Use-OsToken"))?;
    let argument = line.trim_start().strip_prefix(name)?.split([';', '#', '&', '|']).next()?.trim();
    let argument = argument.trim_matches(['"', '\'']);
    let below = ["~/", "$HOME/", "${HOME}/", r"$HOME\", r"~\"].iter().find_map(|start| argument.strip_prefix(start));
    let path = below.map_or_else(|| PathBuf::from(argument), |below| Path::new(home).join(below));
    path.is_absolute().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_however_it_is_written() {
        for (shell, line) in [
            (HookShell::Bash, Words::hook(HookShell::Bash)),
            (HookShell::Bash, "command -v ostoken >/dev/null && eval \"$(~/.cargo/bin/ostoken init bash)\""),
            (HookShell::Bash, "source <(ostoken init bash)"),
            (HookShell::Zsh, Words::hook(HookShell::Zsh)),
            (HookShell::Fish, Words::hook(HookShell::Fish)),
            (HookShell::Powershell, Words::hook(HookShell::Powershell)),
            (HookShell::Powershell, r#"& "C:\Program Files\ostoken.exe" init powershell | Out-String"#),
        ] {
            assert!(loads_hook(line, shell), "{line}");
        }
        for line in ["eval \"$(ostoken init zsh)\"", "my-ostoken init bash", "ostoken login # then init bash"] {
            assert!(!loads_hook(line, HookShell::Bash), "{line}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn the_file_of_a_use_is_found_where_it_is_plain() {
        let used = |line| used_file(line, "/home/me").map(|path| path.display().to_string());
        assert_eq!(used("ostoken_use ~/openrc.sh").as_deref(), Some("/home/me/openrc.sh"));
        assert_eq!(used("ostoken_use \"$HOME/my cloud.sh\"; clear").as_deref(), Some("/home/me/my cloud.sh"));
        assert_eq!(used("Use-OsToken /etc/rc.sh").as_deref(), Some("/etc/rc.sh"));
        for line in ["ostoken_use", "ostoken_use $file", "ostoken_used /etc/rc.sh", "ostoken_use openrc.sh"] {
            assert_eq!(used(line), None, "{line}");
        }
    }
}
