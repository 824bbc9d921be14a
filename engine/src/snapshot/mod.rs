//! Snapshots: the state of the cache at one moment, in a file that is whole or absent.
//!
//! `take.rs` takes the state while the cache goes on changing, `record.rs` says what entries look like as bytes, `load.rs` puts
//! them back. `file` is the storage half: it knows files, blocks and checksums, and no keys.

pub mod file;
mod load;
pub(crate) mod record;
pub mod take;

pub use load::{LoadError, Loader};
pub use record::{BlockKind, RecordError};
