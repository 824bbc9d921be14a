//! Compact encodings: small collections as one run of bytes.
//!
//! A small collection lies in its entry as plain bytes, without pointers or an allocation of its
//! own, and is searched from front to back, which beats any index while it fits a few cache
//! lines. The bytes belong to the table's arena, so nothing here changes them: a *view* borrows
//! them and describes a change as splices, and the owner carries those out in place.
//!
//! Every encoding is made of the same [`element`]s.

pub mod element;
pub mod packed_map;
