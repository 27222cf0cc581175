//! The `ostoken` program: hands its arguments, environment and streams to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ostoken::run_from_process("ostoken")
}
