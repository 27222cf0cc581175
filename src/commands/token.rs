//! `ostoken token`: prints a valid token. Never reads standard input, never prompts.

use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit};
use crate::login_history::Caller;
use crate::output::format::{self, Format};
use crate::session::Session;
use crate::store::StoredToken;

/// Prints the token in the form that is asked for.
pub fn run(global: &Global, form: Format, min_ttl: i64, context: &mut Context) -> Result<Exit, Error> {
    let session = Session::open(global, Caller::Command, context)?;
    let exec_info = context.environment.get("KUBERNETES_EXEC_INFO");
    let mut obtain = || session.obtain(min_ttl, context).map(|handout| handout.kept);
    let text = match form {
        Format::Value => format::value(&obtain()?.token),
        Format::Env => format::env(&obtain()?.token),
        Format::Header => format::header(&obtain()?.token),
        Format::Json => {
            let StoredToken { token, record, .. } = obtain()?;
            format::json(&token, &record)
        }
        Format::ExecCredential => {
            let StoredToken { token, record, .. } = obtain()?;
            format::exec_credential(&token, &record, exec_info)?
        }
        Format::AuthState => {
            let (kept, document) = session.obtain_with_document(min_ttl, context)?;
            format::auth_state(&kept.token, &document)?
        }
    };
    context.answer(&text)?;
    Ok(Exit::Done)
}
