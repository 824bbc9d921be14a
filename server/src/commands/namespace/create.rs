//! `NAMESPACE CREATE name [DB index] [SHARDS n] [MAXKEYS n] [MAXVALUESIZE bytes] [MAXMEMORY bytes] [MAXMEMORYPOLICY policy]`

use rkvs_engine::engine::{NAMESPACES_MAX, NamespaceOptions};
use rkvs_engine::error::Error as EngineError;
use rkvs_engine::namespace::Limits;

use super::parameter::{Changes, Parameter};
use crate::command::prelude::*;

pub(super) const CREATE: Command = Command {
    name: "create",
    summary: "Makes a namespace.",
    since: "0.4.0",
    complexity: "O(N), N being the number of shards",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: NOSCRIPT.with(ADMIN).with(NO_MULTI),
    args: &[
        Arg::string("name"),
        Arg::integer("index").token("DB").optional(),
        Arg::integer("shards").token("SHARDS").optional(),
        Arg::integer("max-keys").token("MAXKEYS").optional(),
        Arg::integer("max-value-size").token("MAXVALUESIZE").optional(),
        Arg::integer("max-memory").token("MAXMEMORY").optional(),
        Arg::string("policy").token("MAXMEMORYPOLICY").optional(),
    ],
    run: create,
    ..Command::DEFAULT
};

fn create(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let name = std::str::from_utf8(args.bytes()?).map_err(|_| EngineError::NameInvalid)?;
    let (mut database, mut shards, mut changes) = (None, None, Changes::default());
    while !args.is_empty() {
        let is_new = if args.option("DB") {
            let index = u32::try_from(args.integer()?).map_err(|_| CommandError::DatabaseOutOfRange)?;
            database.replace(index).is_none()
        } else if args.option("SHARDS") {
            let count = usize::try_from(args.integer()?).map_err(|_| EngineError::ShardCountOutOfRange)?;
            shards.replace(count).is_none()
        } else {
            let parameter = Parameter::by_name(args.bytes()?).ok_or(CommandError::Syntax)?;
            let set = changes.set(parameter, args.bytes()?);
            set.map_err(|reason| reason.of("CREATE", parameter.word().as_bytes()))?
        };
        if !is_new {
            return Err(CommandError::Syntax);
        }
    }
    if let Some(index) = own_index(name) {
        if database.is_some_and(|database| database != index) {
            return Err(CommandError::Other("ERR a name that is a DB index belongs to that DB"));
        }
        database = Some(index);
    }
    let limits = changes.applied_to(Limits::default());
    ctx.server.engine.create_namespace(name, NamespaceOptions { database, shards, limits })?;
    reply.ok();
    Ok(())
}

/// The database index that a name spells, so that SELECT and NAMESPACE USE mean the same by a number both know.
fn own_index(name: &str) -> Option<u32> {
    let index: u32 = name.parse().ok()?;
    ((index as usize) < NAMESPACES_MAX && index.to_string() == name).then_some(index)
}
