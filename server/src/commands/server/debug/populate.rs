//! `DEBUG POPULATE count [prefix] [size]`: many keys at once.

use rkvs_engine::keyspace::DeadlineChange;
use rkvs_engine::namespace::Handle;

use crate::command::prelude::*;

/// Makes the keys that are not there yet, one shard locked at a time.
pub(super) fn populate(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let count = args.count()?;
    let prefix = args.next().unwrap_or(b"key");
    let size = if args.is_empty() { 0 } else { args.count()?.min(ctx.settings.proto_max_bulk_len as usize) };
    let mut handle = Handle::new(std::sync::Arc::clone(ctx.namespace()));
    let (mut name, mut value) = (Vec::new(), Vec::new());
    for number in 0..count {
        name.clear();
        name.extend_from_slice(prefix);
        name.extend_from_slice(format!(":{number}").as_bytes());
        value.clear();
        value.extend_from_slice(format!("value:{number}").as_bytes());
        if size > 0 {
            value.resize(size, 0);
        }
        let key = args.hasher().key(&name);
        handle.with_key(key, ctx.now_ms, |keyspace| {
            if keyspace.value_type(key).is_none() {
                keyspace.set_string(key, &value, DeadlineChange::Clear)
            } else {
                Ok(())
            }
        })??;
    }
    reply.ok();
    Ok(())
}
