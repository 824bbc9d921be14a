//! `DEBUG OBJECT key`: how a value lies in memory.

use rkvs_engine::namespace::Handle;
use rkvs_engine::value::string::Digits;
use rkvs_engine::value::{Encoding, HashRef, ValueRef};

use crate::command::prelude::*;
use crate::resp::parse_i64;

/// Tells, in the reference's form, where the value lies, its encoding, and the length it has when serialised. The time of its last
/// access is not kept, so the fields of that name are missing; in their place stands what is: how often it was used of late, 0 to 3.
pub(super) fn object(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let mut handle = Handle::new(std::sync::Arc::clone(ctx.namespace()));
    let text = handle.with_key(key, ctx.now_ms, |keyspace| {
        let frequency = keyspace.frequency(key)?;
        let value = keyspace.peek(key)?;
        Some(format!(
            "Value at:{:p} refcount:1 encoding:{} serializedlength:{} frequency:{frequency}",
            value.address(),
            value.encoding().name(),
            serialized_len(value),
        ))
    })?;
    reply.simple(&text.ok_or(CommandError::NoSuchKey)?);
    Ok(())
}

/// Bytes the value takes in the reference's files when they are not compressed.
fn serialized_len(value: ValueRef<'_>) -> usize {
    let mut digits = Digits::new();
    if let Ok(string) = value.string() {
        return string_len(string.bytes(&mut digits));
    }
    let Ok(hash) = value.hash() else { unreachable!("a value is a string or a hash") };
    let mut len = 0;
    let is_listpack = value.encoding() == Encoding::Listpack;
    hash.for_each(&mut |field, value| {
        for part in [field, value] {
            let bytes = part.bytes(&mut digits);
            len += if is_listpack { listpack_element_len(bytes) } else { string_len(bytes) };
        }
    });
    match hash {
        HashRef::Packed(_) => {
            // The listpack's length in bytes and in elements before them, a byte behind; all of it one string.
            len += 7;
            len_len(len) + len
        }
        HashRef::Table(_) => len_len(hash.len()) + len,
    }
}

/// Bytes of a string: an integer of up to 32 bits takes one byte and those it needs, all else a length and the bytes.
fn string_len(bytes: &[u8]) -> usize {
    match parse_i64(bytes) {
        Some(integer) if i8::try_from(integer).is_ok() => 2,
        Some(integer) if i16::try_from(integer).is_ok() => 3,
        Some(integer) if i32::try_from(integer).is_ok() => 5,
        _ => len_len(bytes.len()) + bytes.len(),
    }
}

/// Bytes that a length takes.
fn len_len(len: usize) -> usize {
    match len {
        0..0x40 => 1,
        0x40..0x4000 => 2,
        0x4000..=0xFFFF_FFFF => 5,
        _ => 9,
    }
}

/// Bytes of an element of a listpack: its head, its content, and its length once more to be read from behind.
fn listpack_element_len(bytes: &[u8]) -> usize {
    let element = match parse_i64(bytes) {
        Some(0..=127) => 1,
        Some(-4096..=4095) => 2,
        Some(integer) if i16::try_from(integer).is_ok() => 3,
        Some(-8_388_608..=8_388_607) => 4,
        Some(integer) if i32::try_from(integer).is_ok() => 5,
        Some(_) => 9,
        None if bytes.len() < 64 => 1 + bytes.len(),
        None if bytes.len() < 4_096 => 2 + bytes.len(),
        None => 5 + bytes.len(),
    };
    let back = match element {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    };
    element + back
}
