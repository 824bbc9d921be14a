//! The Redis serialization protocol: bytes to meaning and back, without any input or output.
//!
//! Requests come in through [`Decoder`] (`decode` reads arrays of bulk strings, `inline` the lines a person types into a
//! terminal); replies go out through [`Reply`], which writes them in the client's [`Protocol`] into an [`Output`], the bytes
//! a socket has still to take. `number`, `long_double` and `c_text` hold the reference's rules for numbers and texts in arguments and replies,
//! [`ProtocolError`] what is told to a peer that breaks the protocol before its connection closes, and `fuzz` the
//! properties that every input must keep.

mod c_text;
mod decode;
mod error;
pub mod fuzz;
mod inline;
mod long_double;
mod number;
mod output;
mod reply;

pub use c_text::until_nul;
pub use decode::{ArgRange, Decoded, Decoder, Limits};
pub use error::ProtocolError;
pub use long_double::{FloatError, LongDouble, add_long_double, write_long_double_human};
pub use number::{parse_f64, parse_i64, parse_scan_cursor, parse_u64, write_f64, write_i64, write_u64};
pub use output::{Chunks, Mark, Output, SHARED_LEN_MIN};
pub use reply::{Deferred, Reply};

/// The protocol version a client speaks; it starts with RESP2 and may change by `HELLO`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Version 2: five types; maps, sets and doubles travel as arrays and bulk strings.
    #[default]
    Resp2,
    /// Version 3: typed maps, sets, doubles, booleans, nulls and out-of-band pushes.
    Resp3,
}
