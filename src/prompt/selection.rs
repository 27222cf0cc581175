//! The answer to `ostoken_use`: an OpenRC file, or a cloud, becomes the shell's own environment.

use super::say;
use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit};
use crate::identity::Environment;
use crate::login_history::Caller;
use crate::output::change;
use crate::output::hook::{HookShell, use_text};
use crate::session::source::{in_place, of_variables, read_openrc, with_clouds};
use std::path::Path;

/// Where clouds are looked for stays as it is.
const PLACES: [&str; 3] = ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLOUD_NAME"];

/// Prints what makes it the shell's own, without its secret.
pub fn select(global: &Global, shell: HookShell, named: &Path, context: &mut Context) -> Result<Exit, Error> {
    match named.to_str().filter(|_| !named.exists()) {
        Some(name) if is_cloud(name, context.environment)? => use_cloud(global, shell, name, context),
        _ => use_file(global, shell, named, context),
    }
}

/// A name that is no file is a cloud's, unless it looks like the path of a file that is missing.
fn is_cloud(name: &str, environment: &Environment) -> Result<bool, Error> {
    let is_plain = !name.contains(['/', '\\']) && Path::new(name).extension().is_none();
    Ok(is_plain || with_clouds(environment, Caller::Command, |clouds| Ok(clouds.has(name)))?)
}

/// OS_CLOUD alone: its settings are the clients' to read.
fn use_cloud(global: &Global, shell: HookShell, name: &str, context: &mut Context) -> Result<Exit, Error> {
    let kept = PLACES.into_iter().filter_map(|place| Some((place, context.environment.get(place)?)));
    let environment: Environment = kept.chain([("OS_CLOUD", name)]).collect();
    let changes = change::replace(context.environment, &environment);
    // Whether there is such a cloud, and what is wrong with it.
    of_variables(global, &context.environment.changed(&changes), Caller::Command)?;
    context.answer(&use_text(shell, changes))?;
    Ok(Exit::Done)
}

fn use_file(global: &Global, shell: HookShell, path: &Path, context: &mut Context) -> Result<Exit, Error> {
    let file = read_openrc(path, context.environment)?;
    let environment = in_place(context.environment, &file.variables().collect());
    of_variables(global, &environment, Caller::Command)?;
    context.answer(&use_text(shell, change::replace(context.environment, &environment)))?;
    let left_out = file.left_out();
    if !left_out.is_empty() {
        say(
            &format!("not set, because their values are only known when the file runs: {}", left_out.join(", ")),
            context,
        );
    }
    Ok(Exit::Done)
}
