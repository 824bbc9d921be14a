//! `DEBUG HTSTATS index` and `DEBUG HTSTATS-KEY key`: how tables are filled.

use std::fmt::Write;

use rkvs_engine::namespace::Handle;
use rkvs_engine::table::Shape;
use rkvs_engine::value::HashRef;

use crate::command::prelude::*;

pub(super) fn of_database(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let index = u32::try_from(args.integer()?).ok();
    let namespace = index.and_then(|index| ctx.server.engine.database(index));
    let namespace = namespace.ok_or(CommandError::Other("ERR Out of range database"))?;
    let shapes = namespace.table_shapes();
    let mut sum = Shape::default();
    shapes.iter().for_each(|shape| sum += *shape);
    let keys = || shapes.iter().map(|shape| shape.entries);
    let mut text = String::from("[Dictionary HT]\n");
    // Writing into memory does not fail.
    let _ = writeln!(
        text,
        " shards: {}\n keys of a shard: {} to {}",
        namespace.shard_count(),
        keys().min().unwrap_or(0),
        keys().max().unwrap_or(0)
    );
    describe(&mut text, sum);
    reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

pub(super) fn of_key(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let mut handle = Handle::new(std::sync::Arc::clone(ctx.namespace()));
    let shape = handle.with_key(key, ctx.now_ms, |keyspace| {
        let value = keyspace.peek(key).ok_or(CommandError::NoSuchKey)?;
        match value.hash() {
            Ok(HashRef::Table(fields)) => Ok(fields.shape()),
            _ => Err(CommandError::Other(
                "ERR The value stored at the specified key is not represented using an hash table",
            )),
        }
    })??;
    let mut text = String::new();
    describe(&mut text, shape);
    reply.verbatim(b"txt", text.as_bytes());
    Ok(())
}

/// Appends what a table, or several together, are made of.
fn describe(text: &mut String, shape: Shape) {
    let filled = if shape.slots == 0 { 0.0 } else { shape.entries as f64 * 100.0 / shape.slots as f64 };
    let _ = writeln!(
        text,
        " number of elements: {}\n directory places: {}\n groups: {}\n buckets: {}\n slots: {} ({filled:.2}% filled)\n \
         bytes: {} ({} of them in free blocks)",
        shape.entries,
        shape.directory_places,
        shape.groups,
        shape.buckets,
        shape.slots,
        shape.resident_bytes,
        shape.free_bytes,
    );
}
