//! `AUTH [username] password`.

use crate::command::prelude::*;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "auth",
    summary: "Authenticates the connection.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of passwords defined for the user",
    group: Group::Connection,
    arity: Arity::AtLeast(2),
    flags: NOSCRIPT.with(LOADING).with(STALE).with(FAST).with(NO_AUTH).with(ALLOW_BUSY),
    args: &[Arg::string("username").since("6.0.0").optional(), Arg::string("password")],
    history: &[change("6.0.0", "Added ACL style (username and password).")],
    run: auth,
    ..Command::DEFAULT
}];

/// The only user there is.
const DEFAULT_USER: &[u8] = b"default";

fn auth(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let first = args.bytes()?;
    match args.remaining() {
        0 if !ctx.settings.requirepass.is_set() => return Err(CommandError::AuthWithoutPassword),
        0 => authenticate(ctx, DEFAULT_USER, first)?,
        1 => authenticate(ctx, first, args.bytes()?)?,
        _ => return Err(CommandError::Syntax),
    }
    reply.ok();
    Ok(())
}

/// Gives the session the rights of a user, if the password is right. What the session had before stays otherwise.
pub(super) fn authenticate(ctx: &mut Context<'_>, user: &[u8], password: &[u8]) -> CommandResult {
    let expected = &ctx.settings.requirepass;
    if user != DEFAULT_USER || (expected.is_set() && !expected.matches(password)) {
        return Err(CommandError::WrongPass);
    }
    ctx.session.set_authenticated(true);
    Ok(())
}
