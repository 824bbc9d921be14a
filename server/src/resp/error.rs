//! What a peer is told that breaks the protocol.

use std::borrow::Cow;

/// A request that cannot be read. The connection answers [`message`](Self::message) as an error and closes; nothing of
/// the request has been executed, and the bytes behind it have no meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The number after `*` is not a number, or above the limit of arguments.
    #[error("invalid multibulk length")]
    InvalidMultibulkLength,
    /// More arguments than a client may send before it has authenticated.
    #[error("unauthenticated multibulk length")]
    UnauthenticatedMultibulkLength,
    /// The number after `$` is not a number, negative, or above `proto-max-bulk-len`.
    #[error("invalid bulk length")]
    InvalidBulkLength,
    /// A longer argument than a client may send before it has authenticated.
    #[error("unauthenticated bulk length")]
    UnauthenticatedBulkLength,
    /// An argument does not start with `$` but with this byte.
    #[error("expected '$', got byte {0}")]
    ExpectedBulk(u8),
    /// The line after `*` does not end in time.
    #[error("too big mbulk count string")]
    MultibulkLineTooLong,
    /// The line after `$` does not end in time.
    #[error("too big bulk count string")]
    BulkLineTooLong,
    /// An inline request does not end in time.
    #[error("too big inline request")]
    InlineTooLong,
    /// A quote of an inline request is not closed, or closed in the middle of a word.
    #[error("unbalanced quotes in request")]
    UnbalancedQuotes,
}

impl ProtocolError {
    /// Gives the text the reference sends after `-ERR `, for [`Reply`](super::Reply) to clean of line ends.
    ///
    /// Bytes rather than text: a wrong type byte is shown as it came.
    pub fn message(&self) -> Cow<'static, [u8]> {
        let text: &'static str = match self {
            Self::InvalidMultibulkLength => "Protocol error: invalid multibulk length",
            Self::UnauthenticatedMultibulkLength => "Protocol error: unauthenticated multibulk length",
            Self::InvalidBulkLength => "Protocol error: invalid bulk length",
            Self::UnauthenticatedBulkLength => "Protocol error: unauthenticated bulk length",
            Self::MultibulkLineTooLong => "Protocol error: too big mbulk count string",
            Self::BulkLineTooLong => "Protocol error: too big bulk count string",
            Self::InlineTooLong => "Protocol error: too big inline request",
            Self::UnbalancedQuotes => "Protocol error: unbalanced quotes in request",
            Self::ExpectedBulk(byte) => {
                let shown = if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
                let mut text = b"Protocol error: expected '$', got '".to_vec();
                text.extend_from_slice(&[shown, b'\'']);
                return Cow::Owned(text);
            }
        };
        Cow::Borrowed(text.as_bytes())
    }
}
