//! Commands on hashes.

mod hset;
