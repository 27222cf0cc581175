//! Everything that needs real shells, keyrings and a Keystone, in one test program.
//!
//! `tests/run` gets what the tests need and runs them. A test whose tools are missing says so on standard error and
//! passes; with `CI=true` it fails. `support` is the harness; each other module is one subject.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is how a test fails")]

mod support;

mod harness;
mod harness_cloud;
mod hooks_bash;
mod hooks_zsh;
mod openrc;
