//! Tokens of a real Keystone: who gets which, how often one is made, and how they end. What belongs here runs the
//! program as a person or a script does, without a hook.

mod endings;
mod identities;
mod logins;

use crate::support::{Cloud, CloudOptions};
use crate::user::User;

/// A cloud and one of its users in a project; where something is missing, the test is to return.
fn member(user: &str, project: &str) -> Option<(Cloud, User)> {
    let cloud = Cloud::start(CloudOptions::default())?;
    let person = User::with_keyutils(cloud.openrc_environment(user, project))?;
    Some((cloud, person))
}
