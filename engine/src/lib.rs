//! The cache as a library.

pub mod clock;
pub mod glob;
pub mod random;
pub mod shard;
pub mod table;
pub mod value;
