//! The program for Windows, under Wine: the same Keystone, Windows Credential Manager as the keyring.
//!
//! `tests/windows` builds it and prepares a Windows. Each test has one of its own, with a name of its own for the user's
//! folder that is neither ASCII nor free of spaces.

mod commands;
mod console;
mod crowds;
mod entries;
mod machine;
mod profile;
mod prompts;
mod stopped;
mod streams;
