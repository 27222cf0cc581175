//! Programs and prepared files that a test needs, and what happens without them: a skip that everybody sees.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Finds a program on PATH; without it the test is to return.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// Says that this test is skipped and why, past the test runner's capture. Under `CI=true` it panics instead.
pub fn skip(why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "skipped: {why}");
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("skipped: {why} (needed by {test})\n");
    // The macros of print are captured, the handle itself is not.
    let _ = std::io::stderr().write_all(line.as_bytes());
    // tests/run counts them.
    if let Some(list) = std::env::var_os("OSTOKEN_TESTS_SKIPPED") {
        let mut list = fs::OpenOptions::new().append(true).create(true).open(list).expect("the list of skipped tests");
        list.write_all(line.as_bytes()).expect("a line in it");
    }
}

/// The program that this variable names; without it the test is to return.
pub fn named(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).and_then(|path| PathBuf::from(path).canonicalize().ok());
    if found.is_none() {
        skip(&format!("set {variable} to a PowerShell"));
    }
    found
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Something that `tests/setup` has put under target/tests; without it the test is to return.
pub fn prepared(name: &str) -> Option<PathBuf> {
    let path = root().join("target/tests").join(name);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("target/tests/{name} is not there, run tests/setup"));
    None
}

/// Asks every few milliseconds until the answer is yes; false when `limit` has passed first.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !done() {
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// The processes of this machine whose environment holds `entry` (NAME=VALUE).
pub fn processes_with(entry: &str) -> Vec<i32> {
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let number = process.file_name().to_string_lossy().parse::<i32>();
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        let holds = environment.split(|byte| *byte == 0).any(|one| one == entry.as_bytes());
        if let (Ok(number), true) = (number, holds) {
            found.push(number);
        }
    }
    found
}
