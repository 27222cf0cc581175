//! A stand-in for the program that the hooks call: a script with a folder of its own, told by files
//! what to answer, which writes down each call. What it prints follows the contract of
//! `ostoken hook`, so that the hooks are tested without a keyring or a Keystone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use ostoken::output::hook::{HookShell, hook};
use tempfile::TempDir;

/// The token of the first answers; long enough that it can only be found where it was leaked.
pub const TOKEN: &str = "gAAAA-first_token-0123456789";
/// What a renewal gives.
pub const RENEWED: &str = "gAAAA-second_token-9876543210";

const SCRIPT: &str = r#"#!/bin/sh
dir='@DIR@'
if [ "$1" = init ]; then
  echo "$*" >>"$dir/inits"
  exec cat "$dir/init.$2"
fi
echo "$*" >>"$dir/calls"
if [ -t 0 ]; then echo terminal >>"$dir/terminal"; fi
read -r mode <"$dir/mode"
read -r token <"$dir/token"
read -r left <"$dir/left"
read -r expires <"$dir/expires"
said= shell= use=
while [ $# -gt 0 ]; do
  case $1 in
  --said) said=$2 ;;
  --shell) shell=$2 ;;
  --use) use=$2 ;;
  esac
  shift
done
case $shell in
bash | zsh)
  start() { printf '%s\n' "$1"; }
  restore() { echo __ostoken_restore; }
  copy() { printf '\\builtin export %s="$%s"\n' "$1" "$2"; }
  unset_() { printf '\\builtin unset %s\n' "$1"; }
  token_() { printf '%s\n' '\builtin export OS_TOKEN="$__ostoken_t"'; }
  word() { printf '\\builtin export %s=%s\n' "$1" "$2"; }
  tail() { printf "__ostoken_left=%s\n__ostoken_lease='%s'\n__ostoken_said=%s\n" "$left" "$(printf %s "$1" | sed "s/'/'\\\\''/g")" "$2"; }
  ;;
fish)
  start() { printf '%s\n' "$1"; }
  restore() { echo __ostoken_restore; }
  copy() { printf 'set -gx %s "$%s"\n' "$1" "$2"; }
  unset_() { printf '__ostoken_unset %s\n' "$1"; }
  token_() { echo 'set -gx OS_TOKEN $__ostoken_t'; }
  word() { printf 'set -gx %s %s\n' "$1" "$2"; }
  tail() { printf "set __ostoken_left %s\nset __ostoken_lease '%s'\nset __ostoken_said '%s'\n" "$left" "$(printf %s "$1" | sed "s/'/\\\\'/g")" "$2"; }
  ;;
powershell)
  start() { echo 'ostoken 1'; }
  restore() { echo restore; }
  copy() { printf 'copy %s=%s\n' "$1" "$2"; }
  unset_() { printf 'unset %s\n' "$1"; }
  token_() { printf 'set OS_TOKEN=%s\n' "$token"; }
  word() { printf 'set %s=%s\n' "$1" "$2"; }
  tail() { printf 'left %s\nlease %s\nsaid %s\nend\n' "$left" "$1" "$2"; }
  ;;
esac
if [ -n "$use" ]; then
  if [ ! -r "$use" ]; then
    echo "ostoken: no such file" >&2
    exit 4
  fi
  start ''
  restore
  cat "$use"
  [ "$shell" != powershell ] || echo end
  exit 0
fi
case $mode in
fail) exit 6 ;;
partial)
  start "$token"
  token_
  word PARTIAL 1
  exit 3
  ;;
oneline)
  word PARTIAL 1
  exit 0
  ;;
slow) exec sleep 60 ;;
wait) while [ ! -e "$dir/go" ]; do sleep 0.05; done ;;
noisy)
  if [ "$said" != unreachable ]; then echo 'ostoken: keystone cannot be reached' >&2; fi
  start ''
  tail '' unreachable
  exit 0
  ;;
restore)
  start ''
  restore
  tail '' refused
  exit 0
  ;;
nothing)
  start ''
  tail '' ''
  exit 0
  ;;
esac
start "$token"
take() { # NAME: moves OS_NAME to OSTOKEN_NAME
  copy "OSTOKEN_$1" "OS_$1"
  unset_ "OS_$1"
}
if [ -n "${OS_USER_DOMAIN_NAME-}" ]; then take USER_DOMAIN_NAME; fi
if [ -n "${OS_USER_DOMAIN_ID-}" ]; then take USER_DOMAIN_ID; fi
if [ -n "${OS_PASSCODE-}" ]; then take PASSCODE; fi
if [ -z "${OSTOKEN_EXPORTED-}" ] && [ -n "${OS_AUTH_TYPE-}" ]; then take AUTH_TYPE; fi
if [ "${OSTOKEN_SCRUB-}" = 1 ] && [ -n "${OS_PASSWORD-}" ]; then
  take USERNAME
  unset_ OS_PASSWORD
  word OSTOKEN_SCRUBBED 1
fi
token_
word OS_AUTH_TYPE token
word OSTOKEN_EXPORTED 0123456789abcdef
word OSTOKEN_FOR fedcba9876543210
word OSTOKEN_EXPIRES_AT "$expires"
: >"$dir/a lease, it's one"
tail "$dir/a lease, it's one" ''
"#;

/// The script, its folder and the hook files that call it.
pub struct FakeOstoken {
    folder: TempDir,
}

impl FakeOstoken {
    /// A fake that hands out [`TOKEN`], good for hours.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("ostoken-hook-").tempdir().expect("a temporary folder");
        let fake = Self { folder };
        let program = fake.program();
        fs::create_dir(program.parent().expect("bin")).expect("bin");
        fs::create_dir(fake.home()).expect("home");
        let script = SCRIPT.replace("@DIR@", fake.path().to_str().expect("UTF-8"));
        // Written by a child: a test thread that forks meanwhile would else inherit the open file,
        // and running the script would fail with "text file busy".
        fs::write(fake.path().join("script"), script).expect("script");
        let copied =
            std::process::Command::new("cp").arg(fake.path().join("script")).arg(&program).status().expect("cp");
        assert!(copied.success());
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("chmod");
        fake.mode("ok").token(TOKEN).left(7200).expires(4_000_000_000);
        for shell in HookShell::value_variants() {
            let name = shell.to_possible_value().expect("a name").get_name().to_owned();
            fake.write(&format!("init.{name}"), &hook(*shell, program.to_str().expect("UTF-8"), &[]));
        }
        fake
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("the fake's folder can be written");
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The home of the shells under test.
    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// The script.
    pub fn program(&self) -> PathBuf {
        self.path().join("bin/ostoken")
    }

    /// What stands in the rc file of somebody who uses the hook.
    pub fn source(&self, shell: &str) -> String {
        let program = self.program().display().to_string();
        match shell {
            "fish" => format!("'{program}' init fish | source\n"),
            "powershell" => {
                format!(". ([scriptblock]::Create((& '{program}' init powershell) -join \"`n\"))\n")
            }
            _ => format!("eval \"$('{program}' init {shell})\"\n"),
        }
    }

    /// ok, fail, partial, oneline, slow, wait, noisy, restore or nothing.
    pub fn mode(&self, mode: &str) -> &Self {
        self.write("mode", &format!("{mode}\n"));
        self
    }

    /// The token of the next answers.
    pub fn token(&self, token: &str) -> &Self {
        self.write("token", &format!("{token}\n"));
        self
    }

    /// Seconds until the shell should ask again.
    pub fn left(&self, seconds: u32) -> &Self {
        self.write("left", &format!("{seconds}\n"));
        self
    }

    /// When the token expires, in Unix seconds.
    pub fn expires(&self, at: u64) -> &Self {
        self.write("expires", &format!("{at}\n"));
        self
    }

    /// Ends the wait of mode `wait`.
    pub fn go(&self) {
        self.write("go", "");
    }

    /// Deletes the lease, as another process does that renews or revokes.
    pub fn renew_elsewhere(&self) {
        self.token(RENEWED);
        fs::remove_file(self.path().join("a lease, it's one")).expect("there is a lease");
    }

    /// A file for `ostoken_use`: what the program would print for it.
    pub fn openrc(&self, name: &str, code: &str) -> PathBuf {
        self.write(name, code);
        self.path().join(name)
    }

    /// The calls of `ostoken hook`, arguments only.
    pub fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path().join("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until so many calls were made.
    pub fn await_calls(&self, count: usize) {
        let end = std::time::Instant::now() + super::pty::LIMIT;
        while self.calls().len() < count {
            assert!(std::time::Instant::now() < end, "calls: {:?}", self.calls());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Whether a call ever had a terminal as its standard input.
    pub fn saw_terminal(&self) -> bool {
        self.path().join("terminal").exists()
    }
}
