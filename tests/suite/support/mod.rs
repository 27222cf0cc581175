//! The harness: clouds, homes, keyrings and faults that the tests run `ostoken` in.
#![allow(dead_code, reason = "an interface for tests to come, not only for today's")]

pub mod cloud;
pub mod cloud_users;
pub mod fake_answer;
pub mod fake_issuer;
pub mod fake_keystone;
pub mod fake_ostoken;
pub mod home;
pub mod hooks;
pub mod http;
pub mod keyutils;
pub mod openrc_text;
pub mod people;
pub mod powershell;
pub mod process;
pub mod pty;
pub mod secret_service;
pub mod tls;
pub mod tools;

pub use cloud::{Cloud, CloudOptions};
pub use fake_answer::Answer;
pub use fake_keystone::Fake;
pub use home::{Client, Home};
pub use secret_service::Session;
pub use tools::{skip, tool};
