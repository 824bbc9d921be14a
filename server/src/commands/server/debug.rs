//! `DEBUG subcommand …`: for tests of the server and of clients.

use std::time::Duration;

use rkvs_engine::namespace::Handle;
use rkvs_engine::value::ValueType;

use crate::command::error::wrong_subcommand_syntax;
use crate::command::prelude::*;
use crate::resp::{Protocol, parse_f64, parse_i64};

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "debug",
    summary: "Holds commands for tests of the server.",
    since: "1.0.0",
    complexity: "That of the subcommand.",
    arity: Arity::AtLeast(2),
    flags: ADMIN.with(NOSCRIPT).with(LOADING).with(STALE).with(PROTECTED),
    internal: true,
    run: debug,
    ..Command::DEFAULT
}];

/// The longest sleep: what is longer is a typing error rather than a test.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

fn debug(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    match (args.bytes()?.to_ascii_lowercase().as_slice(), args.remaining()) {
        (b"sleep", 1) => {
            // Anything that is no number is none, as in the reference.
            let seconds = parse_f64(args.bytes()?).filter(|seconds| *seconds > 0.0).unwrap_or(0.0);
            std::thread::sleep(Duration::try_from_secs_f64(seconds).unwrap_or(SLEEP_MAX).min(SLEEP_MAX));
            reply.ok();
        }
        (b"object", 1) => object(ctx, args, reply)?,
        (b"set-active-expire", 1) => {
            ctx.server.engine.set_active_expiry(parse_i64(args.bytes()?).is_some_and(|on| on != 0));
            reply.ok();
        }
        (b"stringmatch-len", 2) => {
            let len = args.unsigned()?.min(ctx.settings.proto_max_bulk_len) as usize;
            reply.integer(i64::from(rkvs_engine::glob::matches(args.bytes()?, &vec![b'a'; len], false)));
        }
        (b"error", 1) => return Err(CommandError::Message(args.bytes()?.into())),
        (b"log", 1) => {
            tracing::warn!("DEBUG LOG: {}", String::from_utf8_lossy(args.bytes()?));
            reply.ok();
        }
        (b"protocol", 1) => protocol(args, reply)?,
        (b"help", 0) => {
            reply.array(HELP.len());
            HELP.iter().for_each(|line| reply.simple(line));
        }
        _ => return Err(wrong_subcommand_syntax(args)),
    }
    Ok(())
}

const HELP: &[&str] = &[
    "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "ERROR <string>",
    "    Returns an error with this text.",
    "LOG <message>",
    "    Writes a line to the log.",
    "OBJECT <key>",
    "    Tells how a key's value lies in memory.",
    "PROTOCOL string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
    "    Returns a value of this type.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Switches the search for expired keys off or on.",
    "SLEEP <seconds>",
    "    Keeps this connection's worker busy doing nothing.",
    "STRINGMATCH-LEN <len> <pattern>",
    "    Matches a pattern with so many letters a; returns 1 if it does.",
    "HELP",
    "    Prints this help.",
];

/// Describes a value. There is neither an address that would mean anything nor a count of references.
fn object(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let key = args.key()?;
    let mut handle = Handle::new(std::sync::Arc::clone(ctx.namespace()));
    let described = handle.with_key(key, ctx.now_ms, |keyspace| {
        let value = keyspace.peek(key)?;
        let encoding = value.encoding();
        let length = match value.value_type() {
            ValueType::String => value.string().map_or(0, |string| string.len()),
            _ => value.hash().map_or(0, |hash| {
                let mut length = 0;
                hash.for_each(&mut |field, value| length += field.len() + value.len());
                length
            }),
        };
        Some((encoding, length))
    })?;
    let (encoding, length) = described.ok_or(CommandError::NoSuchKey)?;
    reply.simple(&format!(
        "Value at:0x0 refcount:1 encoding:{} serializedlength:{length} lru:0 lru_seconds_idle:0",
        encoding.name()
    ));
    Ok(())
}

/// Writes a value of the type that is asked for, the reference's examples.
#[expect(clippy::approx_constant, reason = "the reference's example is no pi")]
fn protocol(args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    match args.bytes()?.to_ascii_lowercase().as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.integer(12_345),
        b"double" => reply.double(3.141),
        b"null" => reply.null(),
        b"array" => {
            reply.array(3);
            (0..3).for_each(|number| reply.integer(number));
        }
        b"set" => {
            reply.set(3);
            (0..3).for_each(|number| reply.integer(number));
        }
        b"map" => {
            reply.map(3);
            (0..3).for_each(|number| {
                reply.integer(number);
                reply.boolean(number == 1);
            });
        }
        b"attrib" => {
            if reply.protocol() == Protocol::Resp3 {
                reply.output().buffer().extend_from_slice(b"|1\r\n");
                reply.bulk(b"key-popularity");
                reply.array(2);
                reply.bulk(b"key:123");
                reply.integer(90);
            }
            reply.bulk(b"Some real reply following the attribute");
        }
        b"push" => {
            if reply.protocol() == Protocol::Resp2 {
                return Err(CommandError::Other("ERR RESP2 is not supported by this command"));
            }
            reply.push(2);
            reply.bulk(b"server-cpu-usage");
            reply.integer(42);
            reply.bulk(b"Some real reply following the push reply");
        }
        b"true" => reply.boolean(true),
        b"false" => reply.boolean(false),
        b"verbatim" => reply.verbatim(b"txt", b"This is a verbatim\nstring"),
        b"bignum" => reply.big_number(b"1234567999999999999999999999999999999"),
        _ => {
            return Err(CommandError::Other(
                "ERR Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    }
    Ok(())
}
