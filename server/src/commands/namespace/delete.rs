//! `NAMESPACE DELETE name`: removes a namespace with all its keys.

use super::name_text;
use crate::command::prelude::*;

pub(super) const DELETE: Command = Command {
    name: "delete",
    summary: "Removes a namespace with all its keys.",
    since: "0.4.0",
    complexity: "O(N), N being the number of keys",
    group: Group::Server,
    arity: Arity::Exactly(3),
    flags: WRITE.with(NOSCRIPT).with(ADMIN).with(NO_MULTI),
    scope: Scope::Server,
    args: &[Arg::string("name")],
    run: delete,
    ..Command::DEFAULT
};

/// Sessions that are in it are told by an error from then on, until they choose another. Its memory is freed in the
/// background.
fn delete(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let name = name_text(args.bytes()?)?;
    let namespace = ctx.server.engine.namespace(name);
    ctx.server.engine.delete_namespace(name)?;
    namespace.iter().for_each(|namespace| ctx.server.persistence.forget(namespace));
    reply.ok();
    Ok(())
}
