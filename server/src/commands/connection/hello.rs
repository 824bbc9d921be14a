//! `HELLO [protover [AUTH username password] [SETNAME name]]`: the handshake of modern clients.

use super::auth::authenticate;
use super::is_plain;
use crate::command::prelude::*;
use crate::resp::{Protocol, parse_i64};
use crate::server::REDIS_VERSION;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "hello",
    summary: "Handshakes with the Redis server.",
    since: "6.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::AtLeast(1),
    flags: NOSCRIPT.with(LOADING).with(STALE).with(FAST).with(NO_AUTH).with(ALLOW_BUSY),
    args: &[Arg::block(
        "arguments",
        &[
            Arg::integer("protover"),
            Arg::block("username_password", &[Arg::string("username"), Arg::string("password")])
                .token("AUTH")
                .optional(),
            Arg::string("clientname").token("SETNAME").optional(),
        ],
    )
    .optional()],
    history: &[change(
        "6.2.0",
        "`protover` made optional; when called without arguments the command reports the current connection's context.",
    )],
    run: hello,
    ..Command::DEFAULT
}];

fn hello(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let protocol = match args.next().map(parse_i64) {
        None => None,
        Some(Some(2)) => Some(Protocol::Resp2),
        Some(Some(3)) => Some(Protocol::Resp3),
        Some(Some(_)) => return Err(CommandError::NoProto),
        Some(None) => return Err(CommandError::ProtocolNotAnInteger),
    };
    let mut credentials = None;
    let mut name = None;
    while let Some(option) = args.peek() {
        if args.remaining() >= 3 && args.option("AUTH") {
            credentials = Some((args.bytes()?, args.bytes()?));
        } else if args.remaining() >= 2 && args.option("SETNAME") {
            let wanted = args.bytes()?;
            if !is_plain(wanted) {
                return Err(CommandError::InvalidName("Client names"));
            }
            name = Some(wanted);
        } else {
            return Err(echoing("ERR Syntax error in HELLO option '", option, "'"));
        }
    }
    if let Some((user, password)) = credentials {
        authenticate(ctx, user, password)?;
    }
    if !ctx.session.authenticated && ctx.settings.requirepass.is_set() {
        return Err(CommandError::HelloNoAuth);
    }
    if let Some(name) = name {
        ctx.session.info.update_names(|names| names.name = name.into());
    }
    if let Some(protocol) = protocol {
        ctx.session.speak(protocol);
    }
    let protocol = ctx.session.protocol;
    let mut reply = Reply::new(reply.output(), protocol);
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.integer(if protocol == Protocol::Resp3 { 3 } else { 2 });
    reply.bulk(b"id");
    reply.integer(ctx.session.info.id as i64);
    reply.bulk(b"mode");
    reply.bulk(b"standalone");
    reply.bulk(b"role");
    reply.bulk(b"master");
    reply.bulk(b"modules");
    reply.array(0);
    Ok(())
}
