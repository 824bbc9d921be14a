//! `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`: the value that DUMP gave.

use rkvs_engine::rdb::{self, ErrorKind, Metadata, PayloadError};

use crate::command::prelude::*;
use crate::commands::time_form::TimeForm;
use crate::resp::parse_i64;

pub(super) static COMMANDS: &[Command] = &[Command {
    name: "restore",
    summary: "Makes a key from the bytes that DUMP returned.",
    since: "2.6.0",
    complexity: "O(N) for a value of N bytes",
    group: Group::Generic,
    arity: Arity::AtLeast(4),
    flags: WRITE.with(DENYOOM),
    categories: Categories::DANGEROUS,
    keys: Keys::one(1).flags(OW.with(UPDATE)),
    args: &[
        Arg::key("key", 0),
        Arg::integer("ttl"),
        Arg::string("serialized-value"),
        Arg::word("replace", "REPLACE").since("3.0.0").optional(),
        Arg::word("absttl", "ABSTTL").since("5.0.0").optional(),
        Arg::integer("seconds").token("IDLETIME").since("5.0.0").optional(),
        Arg::integer("frequency").token("FREQ").since("5.0.0").optional(),
    ],
    history: &[
        change("3.0.0", "Takes `REPLACE`."),
        change("5.0.0", "Takes `ABSTTL`."),
        change("5.0.0", "Takes `IDLETIME` and `FREQ`."),
    ],
    run: restore,
    ..Command::DEFAULT
}];

const BUSY_KEY: CommandError = CommandError::Other("BUSYKEY Target key name already exists.");
const INVALID_TTL: CommandError = CommandError::Other("ERR Invalid TTL value, must be >= 0");
const INVALID_IDLE_TIME: CommandError = CommandError::Other("ERR Invalid IDLETIME value, must be >= 0");
const INVALID_FREQUENCY: CommandError = CommandError::Other("ERR Invalid FREQ value, must be >= 0 and <= 255");
const WRONG_VERSION_OR_CHECKSUM: CommandError = CommandError::Other("ERR DUMP payload version or checksum are wrong");
const BAD_FORMAT: CommandError = CommandError::Other("ERR Bad data format");

/// The options of one request.
#[derive(Default)]
struct Options {
    replaces: bool,
    /// Whether the TTL is a Unix time instead.
    is_absolute: bool,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
}

impl Options {
    fn read(args: &mut Args<'_>) -> Result<Self, CommandError> {
        let mut options = Self::default();
        while !args.is_empty() {
            let has_value = args.remaining() >= 2;
            if args.option("REPLACE") {
                options.replaces = true;
            } else if args.option("ABSTTL") {
                options.is_absolute = true;
            } else if has_value && options.frequency.is_none() && args.option("IDLETIME") {
                options.idle_seconds = Some(u64::try_from(args.integer()?).map_err(|_| INVALID_IDLE_TIME)?);
            } else if has_value && options.idle_seconds.is_none() && args.option("FREQ") {
                options.frequency = Some(u8::try_from(args.integer()?).map_err(|_| INVALID_FREQUENCY)?);
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(options)
    }
}

fn restore(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let (key, ttl, payload) = (args.key()?, args.bytes()?, args.bytes()?);
    let Options { replaces, is_absolute, idle_seconds, frequency } = Options::read(args)?;
    let now_ms = ctx.now_ms;
    let string_len_max = ctx.settings.proto_max_bulk_len;
    let mut keyspace = ctx.keyspace();
    if !replaces && keyspace.value_type(key).is_some() {
        return Err(BUSY_KEY);
    }
    let ttl = parse_i64(ttl).ok_or(CommandError::NotAnInteger)?;
    let form = if is_absolute { TimeForm::UnixMilliseconds } else { TimeForm::Milliseconds };
    let deadline_ms = match ttl {
        ..0 => return Err(INVALID_TTL),
        0 => None,
        _ => Some(form.unix_ms(ttl, now_ms).ok_or(CommandError::InvalidExpire("restore"))?.unsigned_abs()),
    };
    let value = rdb::restore(payload, string_len_max).map_err(|error| match error {
        PayloadError::VersionOrChecksum => WRONG_VERSION_OR_CHECKSUM,
        PayloadError::Format(error) if matches!(error.kind(), ErrorKind::TooLong { .. }) => CommandError::StringTooLong,
        PayloadError::Format(error) if matches!(error.kind(), ErrorKind::Unsupported(_)) => {
            CommandError::Message(format!("ERR Bad data format: {}", error.kind()).into_bytes().into())
        }
        PayloadError::Format(_) => BAD_FORMAT,
    })?;
    if deadline_ms.is_some_and(|deadline_ms| deadline_ms <= now_ms) {
        // What has expired already takes the place of what was there, and is gone.
        keyspace.remove(key);
    } else {
        keyspace.restore(key, value, &Metadata { deadline_ms, frequency, idle_seconds })?;
    }
    reply.ok();
    Ok(())
}
