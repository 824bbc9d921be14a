//! The value types, and the small encodings and algorithms they share.
//!
//! A *type* is what the user sees; an *encoding* is how it lies in memory. Nothing here knows
//! about keys, shards or clients.

pub mod compact;
