//! The cache as a library: namespaces of keys with limits and deadlines, cut into shards, changed one key or many at a
//! time.
//!
//! Programs that embed it begin with [`library`], whose types stand here at the root. The server works with the core:
//! [`engine::Engine`] owns the [`namespace`]s, a [`namespace::Handle`] locks what an operation needs, and a
//! [`keyspace::Keyspace`] is what it then works on.

pub mod clock;
pub mod engine;
pub mod error;
pub mod expiry;
pub mod fuzz;
pub mod glob;
pub mod keyspace;
pub mod library;
pub mod memory;
pub mod namespace;
pub mod persistence;
pub mod random;
pub mod rdb;
pub mod shard;
pub mod snapshot;
pub mod stats;
pub mod table;
pub mod value;

pub use keyspace::batch::BatchMode;
pub use library::{
    BatchError, BatchResult, IoError, ManagerAutosaveConfig, Namespace, NamespaceAutosaveConfig, NamespaceConfig,
    NamespaceMetadata, NamespaceStats, Result, RkvsError, StorageConfig, StorageManager, StorageManagerBuilder,
};
pub use value::StringValue;
