//! Everything that needs real shells, keyrings and a Keystone, in one test program.
//!
//! `tests/run` gets what the tests need and runs them. A test whose tools are missing says so on standard error and
//! passes; with `CI=true` it fails. `support` is the harness; each other module is one subject.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test has the real environment and the real time")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is how a test fails")]

mod support;

mod clients;
mod cloud_lockout;
mod cloud_tokens;
mod clouds;
mod completions;
mod concurrency;
mod creations;
mod doctor;
mod documents;
mod endpoint;
mod environments;
mod failpoints;
mod faults;
mod faults_hostile;
mod faults_network;
mod faults_state;
mod gophercloud;
mod harness;
mod harness_cloud;
mod hooks;
mod hooks_bash;
mod hooks_fish;
mod hooks_peers;
mod hooks_peers_simulated;
mod hooks_powershell;
mod hooks_zsh;
mod hostile_environment;
mod keyrings;
mod keyrings_choice;
mod keyrings_full;
mod openrc;
mod openrc_panels;
mod output;
mod plugin;
mod plugin_clients;
mod prompts;
mod protocol;
mod protocol_document;
mod readme_themes;
mod secrets;
mod streams;
mod terminal;
mod tls;
mod user;
mod windows;
mod wrapped;
