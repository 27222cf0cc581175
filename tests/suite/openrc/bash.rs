//! A real bash that sources many files in one process, each in a subshell of its own.

use std::collections::BTreeMap;
use std::process::Command;

use super::OUTER;

/// What bash had set at the end of each file; `None` where the file ended the shell.
pub type Outcome = Option<BTreeMap<String, String>>;

const DRIVER: &str = r#"
files=("$@")
set --
for file in "${files[@]}"; do
    (
        cd "${file%.sh}"
        source "$file" </dev/null >/dev/null 2>&1
        for name in $(compgen -v OS_); do
            [[ -v $name ]] && printf 'V\0%s\0%s\0' "$name" "${!name}"
        done
        printf 'E\0'
    ) 2>/dev/null
    printf 'N\0'
done
"#;

/// Sources each text in a bash without `OS_*` variables and without any program to run.
/// `None`, with a word about it, where there is no bash of version 4.4 or later.
pub fn source_all<T: AsRef<[u8]>>(texts: &[T]) -> Option<Vec<Outcome>> {
    let Some(program) = program() else {
        let required = cfg!(target_os = "linux") && std::env::var_os("CI").is_some();
        assert!(!required, "CI has no bash 4.4");
        eprintln!("SKIPPED: no bash of version 4.4 or later");
        return None;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut bash = Command::new(program);
    bash.args(["--norc", "--noprofile", "-c", DRIVER, "bash"]);
    bash.env_clear().envs(OUTER).current_dir(folder.path());
    for (index, text) in texts.iter().enumerate() {
        let file = folder.path().join(format!("{index}.sh"));
        // In a subshell bash replaces itself by a file's last command where it can; `:` is one to spare.
        let text = [text.as_ref(), b"\n:\n"].concat();
        std::fs::write(&file, text).expect("the file can be written");
        std::fs::create_dir(file.with_extension("")).expect("a folder of its own");
        bash.arg(file);
    }
    let output = bash.output().expect("bash runs");
    let outcomes = parse(&output.stdout);
    assert_eq!(outcomes.len(), texts.len(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(outcomes)
}

/// The path of bash: the PATH it is given later does not lead to it.
fn program() -> Option<String> {
    let test = "((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) && printf %s \"$BASH\"";
    let output = Command::new("bash").args(["-c", test]).output().ok()?;
    String::from_utf8(output.stdout).ok().filter(|path| cfg!(unix) && path.starts_with('/'))
}

fn parse(output: &[u8]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let (mut current, mut ended) = (BTreeMap::new(), false);
    let mut fields = output.split(|&byte| byte == 0).map(|field| String::from_utf8_lossy(field).into_owned());
    while let Some(tag) = fields.next() {
        match tag.as_str() {
            "V" => {
                let name = fields.next().expect("a name");
                current.insert(name, fields.next().expect("a value"));
            }
            "E" => ended = true,
            "N" => {
                let variables = std::mem::take(&mut current);
                outcomes.push(std::mem::take(&mut ended).then_some(variables));
            }
            _ => {}
        }
    }
    outcomes
}
