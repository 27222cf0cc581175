//! The same program under the name that `credential.helper = ostoken` makes git look for.

use std::process::ExitCode;

fn main() -> ExitCode {
    ostoken::run_from_process("git-credential-ostoken")
}
