//! Snapshots: the state of the cache at one moment, in a file that is whole or absent.
//!
//! `file` is the storage half: it knows files, blocks and checksums, and no keys.

pub mod file;
