//! `DEBUG DIGEST` and `DEBUG DIGEST-VALUE [key …]`: signatures that are equal where the data are.
//!
//! The algorithm is the reference's, so that the two can be compared: SHA-1 of every part; parts whose order matters are mixed
//! (the sum so far is hashed anew with each), those without an order are joined by exclusive or. How values are encoded
//! makes no difference.

use rkvs_engine::keyspace::Scanned;
use rkvs_engine::namespace::Handle;
use rkvs_engine::value::string::Digits;
use rkvs_engine::value::{ValueRef, ValueType};
use sha1::{Digest, Sha1};

use crate::command::prelude::*;

/// A signature, zero of nothing.
#[derive(Clone, Copy, Default)]
struct Signature([u8; 20]);

impl Signature {
    /// Joins a part that has no place among others.
    fn join(&mut self, part: &[u8]) {
        for (own, other) in self.0.iter_mut().zip(Sha1::digest(part)) {
            *own ^= other;
        }
    }

    /// Joins what was joined elsewhere.
    fn join_signed(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own ^= other);
    }

    /// Adds a part behind those before it.
    fn mix(&mut self, part: &[u8]) {
        self.join(part);
        self.0 = Sha1::digest(self.0).into();
    }

    /// Adds a value with its deadline.
    fn mix_value(&mut self, value: ValueRef<'_>, deadline_ms: Option<u64>) {
        self.mix(&type_number(value.value_type()).to_be_bytes());
        let mut digits = Digits::new();
        if let Ok(string) = value.string() {
            self.mix(string.bytes(&mut digits));
        }
        if let Ok(hash) = value.hash() {
            hash.for_each(&mut |field, value| {
                let mut pair = Self::default();
                pair.mix(field.bytes(&mut digits));
                pair.mix(value.bytes(&mut digits));
                self.join(&pair.0);
            });
        }
        if deadline_ms.is_some() {
            // That there is one is part of the signature; when it falls due is not.
            self.join(b"!!expire!!");
        }
    }

    fn write(self, reply: &mut Reply<'_>) {
        let text: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        reply.simple(&text);
    }
}

/// The number the reference knows a type by.
fn type_number(value_type: ValueType) -> u32 {
    match value_type {
        ValueType::String => 0,
        ValueType::Hash => 4,
    }
}

/// Signs all databases, one after the other, by index. Costs a look at every byte there is; one shard is locked at a time.
pub(super) fn of_everything(ctx: &mut Context<'_>, reply: &mut Reply<'_>) {
    let mut all = Signature::default();
    for namespace in ctx.server.engine.namespaces() {
        let index = namespace.database();
        let handle = Handle::new(namespace);
        let keys = handle.unlocked(ctx.now_ms).collect(|keys: &mut Option<Signature>, entry: Scanned<'_>| {
            let mut key = Signature::default();
            key.mix(entry.key);
            key.mix_value(entry.value, entry.deadline_ms);
            keys.get_or_insert_default().join(&key.0);
        });
        // One without keys leaves no trace.
        if let Some(keys) = keys {
            all.mix(&index.to_be_bytes());
            all.join_signed(keys);
        }
    }
    all.write(reply);
}

/// Signs the values of keys, without their names; a key that is not there has the signature of nothing.
pub(super) fn of_values(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mut handle = Handle::new(std::sync::Arc::clone(ctx.namespace()));
    reply.array(args.remaining());
    while !args.is_empty() {
        let key = args.key()?;
        let signature = handle.with_key(key, ctx.now_ms, |keyspace| {
            let mut signature = Signature::default();
            let deadline_ms = keyspace.deadline_ms(key).flatten();
            if let Some(value) = keyspace.peek(key) {
                signature.mix_value(value, deadline_ms);
            }
            signature
        })?;
        signature.write(reply);
    }
    Ok(())
}
