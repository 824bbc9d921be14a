//! What a client did wrong, and the exact words it is told.
//!
//! Handlers return these; dispatch discards what the handler had already written and sends the text. The texts are
//! part of the protocol: client libraries match on them, so each equals the reference server's byte for byte.

use std::borrow::Cow;

use rkvs_engine::error::Error as EngineError;

use crate::persistence::Refused;
use crate::resp::until_nul;

/// What a handler returns: the reply is complete, or the request was wrong and nothing was changed.
pub type CommandResult = Result<(), CommandError>;

/// A request that could not be carried out. The connection goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandError {
    /// The key holds another type of value.
    WrongType,
    /// An option is unknown, misplaced or contradicts another.
    Syntax,
    /// An argument, or the stored value, is no integer of 64 bits.
    NotAnInteger,
    /// An argument, or the stored value, is no floating-point number.
    NotAFloat,
    /// An argument that must not be negative is not a number, or is negative.
    NotPositive,
    /// An integer lies outside what the option permits.
    OutOfRange,
    /// An integer increment leaves 64 bits.
    Overflow,
    /// A decrement by the smallest integer, which has no negation.
    DecrementOverflow,
    /// A floating-point increment leaves the finite numbers.
    NotFinite,
    /// A key, index or field that must exist does not.
    NoSuchKey,
    /// A position before the start of a string.
    OffsetOutOfRange,
    /// A string would outgrow `proto-max-bulk-len`.
    StringTooLong,
    /// The value stored in a hash field is no integer.
    HashNotAnInteger,
    /// The value stored in a hash field is no floating-point number.
    HashNotAFloat,
    /// A TTL or deadline that is not positive or leaves 64 bits; carries the command's name.
    InvalidExpire(&'static str),
    /// A database index that does not exist.
    InvalidDatabase,
    /// A database index that is out of range (SELECT, MOVE, COPY).
    DatabaseOutOfRange,
    /// A SCAN cursor that is no unsigned integer.
    InvalidCursor,
    /// Too few or too many arguments; carries the command's name as `config|get`.
    WrongArity(&'static str),
    /// No such command; carries the whole text.
    UnknownCommand(Box<[u8]>),
    /// No such subcommand.
    UnknownSubcommand {
        /// What the client wrote.
        subcommand: Box<[u8]>,
        /// The command it belongs to, in capitals.
        command: Box<[u8]>,
    },
    /// The client has not authenticated.
    NoAuth,
    /// HELLO was sent before authentication.
    HelloNoAuth,
    /// User name or password are wrong.
    WrongPass,
    /// AUTH was sent though no password is configured.
    AuthWithoutPassword,
    /// HELLO asked for a protocol that is neither 2 nor 3.
    NoProto,
    /// HELLO's version argument is no integer.
    ProtocolNotAnInteger,
    /// A client or library name holds spaces, newlines or other special characters; carries what was named.
    InvalidName(&'static str),
    /// `maxmemory` is reached and nothing may or can be evicted.
    OutOfMemory,
    /// A namespace's own `max_keys` is reached.
    MaxKeys,
    /// A value is larger than the namespace's `max_value_size`.
    ValueTooLarge,
    /// The current namespace was deleted.
    NamespaceGone,
    /// There is no namespace of that name.
    NoNamespace,
    /// A namespace of that name exists.
    NamespaceExists,
    /// The engine refused for a reason that is an error of the client's; carries the whole text.
    Engine(&'static str),
    /// Somebody speaks HTTP: the connection ends without a reply.
    CrossProtocol,
    /// The command may not be sent inside MULTI.
    NotInMulti,
    /// MULTI inside MULTI.
    NestedMulti,
    /// WATCH inside MULTI.
    WatchInMulti,
    /// EXEC without MULTI.
    ExecWithoutMulti,
    /// DISCARD without MULTI.
    DiscardWithoutMulti,
    /// EXEC after a request was refused while queueing.
    ExecAbort,
    /// DEBUG is switched off; carries the command's name and the setting that permits it.
    NotEnabled(&'static str),
    /// A lock is taken and nothing has happened yet: dispatch tries the request again. No client is told.
    LockBusy,
    /// A handler failed in a way it must not; logged, counted, and the connection ends.
    Internal,
    /// A text that belongs to one command alone, with its prefix (`ERR …`).
    Other(&'static str),
    /// As [`CommandError::Other`], made up at run time. Line breaks are replaced when it is written.
    Message(Box<[u8]>),
}

impl CommandError {
    /// The text as sent, without the leading `-` and the line's end; begins with the prefix that names its class.
    pub fn text(&self) -> Cow<'_, [u8]> {
        use CommandError as E;
        let text: &str = match self {
            E::WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value",
            E::Syntax => "ERR syntax error",
            E::NotAnInteger => "ERR value is not an integer or out of range",
            E::NotAFloat => "ERR value is not a valid float",
            E::NotPositive => "ERR value is out of range, must be positive",
            E::OutOfRange => "ERR value is out of range",
            E::Overflow => "ERR increment or decrement would overflow",
            E::DecrementOverflow => "ERR decrement would overflow",
            E::NotFinite => "ERR increment would produce NaN or Infinity",
            E::NoSuchKey => "ERR no such key",
            E::OffsetOutOfRange => "ERR offset is out of range",
            E::StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            E::HashNotAnInteger => "ERR hash value is not an integer",
            E::HashNotAFloat => "ERR hash value is not a float",
            E::InvalidExpire(command) => return owned(format!("ERR invalid expire time in '{command}' command")),
            E::InvalidDatabase => "ERR invalid DB index",
            E::DatabaseOutOfRange => "ERR DB index is out of range",
            E::InvalidCursor => "ERR invalid cursor",
            E::WrongArity(command) => {
                return owned(format!("ERR wrong number of arguments for '{command}' command"));
            }
            E::UnknownCommand(text) => return Cow::Borrowed(text),
            E::UnknownSubcommand { subcommand, command } => {
                return Cow::Owned(
                    [b"ERR unknown subcommand '", &**subcommand, b"'. Try ", &**command, b" HELP."].concat(),
                );
            }
            E::NoAuth => "NOAUTH Authentication required.",
            E::HelloNoAuth => {
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> \
                 <pass> option can be used to authenticate the client and select the RESP protocol version at the same \
                 time"
            }
            E::WrongPass => "WRONGPASS invalid username-password pair or user is disabled.",
            E::AuthWithoutPassword => {
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
                 configuration is correct?"
            }
            E::NoProto => "NOPROTO unsupported protocol version",
            E::ProtocolNotAnInteger => "ERR Protocol version is not an integer or out of range",
            E::InvalidName(what) => {
                return owned(format!("ERR {what} cannot contain spaces, newlines or special characters."));
            }
            E::OutOfMemory => "OOM command not allowed when used memory > 'maxmemory'.",
            E::MaxKeys => "MAXKEYS the namespace holds as many keys as its limit permits",
            E::ValueTooLarge => "VALUETOOLARGE the value is larger than the namespace's limit permits",
            E::NotInMulti => "ERR Command not allowed inside a transaction",
            E::NamespaceGone => "NONAMESPACE the namespace was deleted",
            E::NoNamespace => "NONAMESPACE no such namespace",
            E::NamespaceExists => "NAMESPACEEXISTS a namespace of that name exists",
            E::CrossProtocol => "ERR cross protocol request",
            E::NestedMulti => "ERR MULTI calls can not be nested",
            E::WatchInMulti => "ERR WATCH inside MULTI is not allowed",
            E::ExecWithoutMulti => "ERR EXEC without MULTI",
            E::DiscardWithoutMulti => "ERR DISCARD without MULTI",
            E::ExecAbort => "EXECABORT Transaction discarded because of previous errors.",
            E::NotEnabled(command) => {
                return owned(format!(
                    "ERR {command} command not allowed. If the enable-{}-command option is set to \"local\", you can \
                     run it from a local connection, otherwise you need to set this option in the configuration file, \
                     and then restart the server.",
                    command.to_ascii_lowercase()
                ));
            }
            E::Internal | E::LockBusy => "ERR internal error",
            E::Engine(text) | E::Other(text) => text,
            E::Message(text) => return Cow::Borrowed(text),
        };
        Cow::Borrowed(text.as_bytes())
    }
}

impl From<Refused> for CommandError {
    fn from(refused: Refused) -> Self {
        Self::Message(format!("ERR {refused}").into_bytes().into())
    }
}

impl From<EngineError> for CommandError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::WrongType => Self::WrongType,
            EngineError::NotAnInteger => Self::NotAnInteger,
            EngineError::NotAFloat => Self::NotAFloat,
            EngineError::Overflow => Self::Overflow,
            EngineError::KeyNotFound => Self::NoSuchKey,
            EngineError::OutOfMemory => Self::OutOfMemory,
            EngineError::ValueTooLarge => Self::ValueTooLarge,
            EngineError::KeyTooLong => Self::Engine("ERR the key is longer than keys can be"),
            EngineError::MaxKeys => Self::MaxKeys,
            EngineError::NamespaceNotFound => Self::NoNamespace,
            EngineError::NamespaceExists => Self::NamespaceExists,
            EngineError::NamespaceDeleted => Self::NamespaceGone,
            EngineError::DatabaseOutOfRange => Self::DatabaseOutOfRange,
            EngineError::MaxKeysBelowCount => Self::Engine("ERR max_keys is below the number of keys there are"),
            EngineError::NameInvalid => Self::Engine(
                "ERR invalid namespace name: 1 to 128 letters, digits, or any of . _ - : without a dot at the start",
            ),
            EngineError::NamespaceFixed => Self::Engine("ERR the numbered databases cannot be deleted"),
            EngineError::MaxNamespaces => Self::Engine("ERR there are as many namespaces as there may be"),
            EngineError::DatabaseInUse => Self::Engine("ERR another namespace has that DB index"),
            EngineError::ShardCountOutOfRange => Self::Engine("ERR the number of shards is out of range"),
            EngineError::ResizeInProgress => Self::Engine("BUSYRESIZE the namespace is being resized"),
            EngineError::ResizeCancelled => Self::Engine("ERR the resize was cancelled"),
        }
    }
}

/// A text made up at run time.
fn owned(text: String) -> Cow<'static, [u8]> {
    Cow::Owned(text.into_bytes())
}

/// Bytes shown of an unknown command's name, and of its arguments together.
const SHOWN_LEN_MAX: usize = 128;

/// The error for a command nobody knows, quoting the start of what was sent as the reference does.
#[cold]
pub(crate) fn unknown_command<'a>(name: &[u8], arguments: impl Iterator<Item = &'a [u8]>) -> CommandError {
    let mut shown = Vec::new();
    for argument in arguments {
        if shown.len() >= SHOWN_LEN_MAX {
            break;
        }
        let room = SHOWN_LEN_MAX - shown.len();
        shown.push(b'\'');
        shown.extend_from_slice(self::shown(argument, room));
        shown.extend_from_slice(b"' ");
    }
    let name = self::shown(name, SHOWN_LEN_MAX);
    let text = [b"ERR unknown command '", name, b"', with args beginning with: ", &shown].concat();
    CommandError::UnknownCommand(text.into_boxed_slice())
}

/// The error for a subcommand nobody knows.
#[cold]
pub(crate) fn unknown_subcommand(subcommand: &[u8], command: &str) -> CommandError {
    CommandError::UnknownSubcommand {
        subcommand: shown(subcommand, SHOWN_LEN_MAX).into(),
        command: command.to_ascii_uppercase().into_bytes().into(),
    }
}

/// The error for a subcommand that was given arguments it does not take, where its arity permits them.
#[cold]
pub(crate) fn wrong_subcommand_syntax(args: &super::args::Args<'_>) -> CommandError {
    let subcommand = shown(args.at(1).unwrap_or_default(), SHOWN_LEN_MAX);
    let container = args.name().to_ascii_uppercase();
    let text =
        [b"ERR unknown subcommand or wrong number of arguments for '", subcommand, b"'. Try ", &container, b" HELP."];
    CommandError::Message(text.concat().into())
}

/// An error that shows a part of the request between two texts, as the reference's formatter does.
#[cold]
pub(crate) fn echoing(before: &str, shown: &[u8], after: &str) -> CommandError {
    CommandError::Message([before.as_bytes(), until_nul(shown), after.as_bytes()].concat().into())
}

/// The bytes shown of an argument where the reference bounds their number.
fn shown(argument: &[u8], len_max: usize) -> &[u8] {
    until_nul(&argument[..argument.len().min(len_max)])
}
