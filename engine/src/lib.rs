//! The cache as a library.

pub mod clock;
pub mod engine;
pub mod error;
pub mod expiry;
pub mod glob;
pub mod keyspace;
pub(crate) mod memory;
pub mod namespace;
pub mod random;
pub mod shard;
pub mod stats;
pub mod table;
pub mod value;
