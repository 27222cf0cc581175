//! `get`, `store`, `erase`, `capability`: the git credential helper protocol (PROTOCOL.md).

use crate::broker::LOCK_LIMIT;
use crate::cli::Global;
use crate::context::Context;
use crate::error::{Error, Exit};
use crate::identity::IdentitySource;
use crate::keystone::Issuer;
use crate::login_history::Caller;
use crate::protocol::{self, Message, line};
use crate::record::MARGIN;
use crate::secret::Token;
use crate::session::Session;
use crate::session::settings::allows_http;
use crate::session::source::identity_source;
use crate::store::StoredToken;
use zeroize::Zeroizing;

/// The scheme by which a caller says on purpose that it hands over a Keystone token.
const AUTHTYPE: &str = "X-Auth-Token";

/// Gives the token, where the description is of the identity's own Keystone and user, or empty.
pub fn get(global: &Global, context: &mut Context) -> Result<Exit, Error> {
    let message = Message::read(context.stdin)?;
    let source = match message.has_lines {
        false => Some(identity_source(global, context.environment, Caller::Command)?),
        true => {
            message.check()?;
            own(global, &message, context)?
        }
    };
    let Some(source) = source else { return Ok(Exit::Done) };
    let session = Session::of(source, Caller::Command, context.clock)?;
    let kept = session.obtain(0, context)?.kept;
    let mut text = Zeroizing::new(String::new());
    if message.wants_bearer() {
        text.push_str("capability[]=authtype\nauthtype=Bearer\nephemeral=1\n");
        text.push_str(&line("credential", kept.token.expose())?);
    } else {
        text.push_str(&line("username", session.source.identity.login.method.label())?);
        text.push_str(&line("password", kept.token.expose())?);
    }
    // Git is to ask again before the token dies, not when it has.
    let ask_again = kept.record.expires_locally().saturating_sub(MARGIN).max(context.clock.now() + 1);
    text.push_str(&line("password_expiry_utc", &ask_again.to_string())?);
    context.answer(&text)?;
    Ok(Exit::Done)
}

/// Takes a token from elsewhere, after asking the identity's own Keystone what it is. A plain password is git's: it may
/// be one for another server, so it is sent nowhere and kept nowhere.
pub fn store(global: &Global, context: &mut Context) -> Result<Exit, Error> {
    let message = Message::read(context.stdin)?;
    message.check()?;
    let is_ours = message.authtype.as_deref().map(|authtype| authtype.eq_ignore_ascii_case(AUTHTYPE));
    if is_ours == Some(false) || (is_ours.is_none() && message.credential.is_none()) {
        return Ok(Exit::Done);
    }
    let Some(source) = own(global, &message, context)? else { return Ok(Exit::Done) };
    let given = match (is_ours, &message.credential) {
        (Some(_), Some(credential)) => credential,
        (Some(_), None) => {
            return Err(Error::usage("credential description", "`authtype` without `credential`", protocol::HINT));
        }
        (None, _) => {
            return Err(Error::usage("credential description", "`credential` without `authtype`", protocol::HINT));
        }
    };
    let token =
        Token::parse(given.expose()).ok_or_else(|| Error::usage("credential", "not a token", protocol::HINT))?;
    let session = Session::of(source, Caller::Command, context.clock)?;
    let identity = &session.source.identity;
    let info = session.ask(|keystone, admit| keystone.validate(&identity.login.auth_url, &token, admit))?;
    let refused =
        |status, message: &str| Error::Refused { what: "token from elsewhere", status, message: message.into() };
    let info = info.ok_or_else(|| refused(404, "unknown token"))?;
    info.is_of(identity).map_err(|why| refused(403, why))?;
    let key = identity.key();
    let trust = &session.source.tls_policy;
    let stored = StoredToken::new(identity, &token, info.times, session.rule(), trust, context.clock)?;
    session.store.lock(key.as_str(), LOCK_LIMIT)?.write(&stored, info.document.as_deref())?;
    if let Some(error) = session.store.take_trouble() {
        context.warn(&error.to_string());
    }
    Ok(Exit::Done)
}

/// Forgets the given token, where it is the kept one: a late failure does not drop a newer token.
pub fn erase(global: &Global, context: &mut Context) -> Result<Exit, Error> {
    let message = Message::read(context.stdin)?;
    message.check()?;
    let Some(source) = own(global, &message, context)? else { return Ok(Exit::Done) };
    let Some(given) = message.password.as_ref().or(message.credential.as_ref()) else {
        return Err(Error::usage("credential description", "expected `password` or `credential`", protocol::HINT));
    };
    let Some(token) = Token::parse(given.expose()) else { return Ok(Exit::Done) };
    let session = Session::of(source, Caller::Command, context.clock)?;
    let key = session.source.identity.key();
    let is_kept = || Ok::<_, Error>(session.store.read(&key)?.is_some_and(|kept| kept.token == token));
    if is_kept()? {
        let locked = session.store.lock(key.as_str(), LOCK_LIMIT)?;
        if is_kept()? {
            locked.erase()?;
        }
    }
    Ok(Exit::Done)
}

/// Prints what this helper can do, as `git credential capability` does.
pub fn capability(context: &mut Context) -> Result<Exit, Error> {
    context.answer("version 0\ncapability authtype\n")?;
    Ok(Exit::Done)
}

/// The identity, where the description is of its Keystone and its user; `None` where it is not, so that git asks its
/// next helper. An environment without any Keystone, or with one that cannot be read, is of no description.
fn own(global: &Global, message: &Message, context: &Context) -> Result<Option<IdentitySource>, Error> {
    let is_named = global.openrc.is_some() || global.cloud.is_some();
    let has_cloud = context.environment.get("OS_CLOUD").is_some();
    if !is_named && !has_cloud {
        let auth_url = context.environment.auth_url(allows_http(global, context.environment));
        if !matches!(auth_url, Ok(Some(auth_url)) if message.is_for(&auth_url)) {
            return Ok(None);
        }
    }
    let source = match identity_source(global, context.environment, Caller::Command) {
        Err(_) if has_cloud && !is_named => return Ok(None),
        source => source?,
    };
    let login = &source.identity.login;
    Ok((message.is_for(&login.auth_url) && message.is_of(login)).then_some(source))
}
