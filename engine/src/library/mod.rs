//! The cache for programs that embed it: managers, namespaces, batches, with names and shapes of the `rkvs` crate.
//!
//! A thin layer over [`crate::engine`]. Calls are `async` so that programs written for that crate keep their shape, and need
//! no particular runtime. Those on keys wait for nothing but a shard's lock, which is held for microseconds, and writers for a
//! snapshot that has as much in memory as it may; so there is no lock timeout to set, and "absent" never means "too busy".
//! Saving and loading run on threads of their own, which are awaited.
//!
//! | Here | Core |
//! |---|---|
//! | [`StorageManager`] | [`Engine`](crate::engine::Engine) without numbered databases |
//! | [`Namespace`] | [`Handle`](crate::namespace::Handle) to a [`namespace::Namespace`](crate::namespace::Namespace) |
//! | [`BatchResult`] | what [`keyspace::batch`](crate::keyspace::batch) does for keys and values that come owned |
//! | [`StringValue`](crate::StringValue) | a value that was read or replaced; where that crate returns an `Arc<Vec<u8>>`: `into()` makes it one |
//! | [`StorageManager::save_all`] and what is about files | [`persistence`](crate::persistence) |
//!
//! ```
//! use std::time::Duration;
//!
//! use rkvs_engine::{
//!     BatchMode, ManagerAutosaveConfig, NamespaceAutosaveConfig, NamespaceConfig, Result, RkvsError, StorageConfig,
//!     StorageManager,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let temporary = tempfile::tempdir().expect("there is room for a directory");
//! # let directory = temporary.path().join("rkvs_basic_usage");
//! // A manager that keeps snapshots in a directory, and makes one of everything every five minutes.
//! let manager_config = StorageConfig {
//!     max_namespaces: None,
//!     manager_autosave: Some(ManagerAutosaveConfig {
//!         interval: Duration::from_secs(300),
//!         filename: "full_db_snapshot.bin".to_string(),
//!     }),
//!     namespace_autosave: vec![],
//! };
//! let storage = StorageManager::builder()
//!     .with_config(manager_config.clone())
//!     .with_persistence(directory.clone())
//!     .build()
//!     .await?;
//!
//! // Nothing works before it is initialized: with what the file holds, or empty when there is none yet.
//! storage.initialize(Some("full_db_snapshot.bin")).await?;
//!
//! // A namespace of at most 10,000 keys in four shards.
//! let ns_name = "my_application_data";
//! let ns_config = NamespaceConfig::default();
//! ns_config.set_max_keys(10_000);
//! ns_config.set_shard_count(4);
//! storage.create_namespace(ns_name, Some(ns_config.clone())).await?;
//! let namespace = storage.namespace(ns_name).await?;
//!
//! // One key at a time.
//! let old_value = namespace.set("user:1", b"Alice".to_vec()).await?;
//! assert!(old_value.is_none());
//! let value = namespace.get("user:1").await;
//! assert_eq!(value.as_deref(), Some(&b"Alice".to_vec()));
//! let old_value = namespace.update("user:1", b"Alicia".to_vec()).await?;
//! assert_eq!(*old_value, b"Alice".to_vec());
//! assert!(namespace.exists("user:1").await);
//! let consumed_value = namespace.consume("user:1").await?;
//! assert_eq!(*consumed_value, b"Alicia".to_vec());
//! assert!(!namespace.exists("user:1").await);
//! assert!(matches!(namespace.consume("user:1").await, Err(RkvsError::KeyNotFound)));
//! namespace.set("user:1", b"Bob".to_vec()).await?;
//! namespace.set("user:2", b"Charlie".to_vec()).await?;
//! namespace.set("user:3", b"David".to_vec()).await?;
//! assert!(namespace.delete("user:2").await);
//! assert!(!namespace.exists("user:2").await);
//!
//! // Several keys at once: all that can be done, or all or nothing.
//! let items = vec![("user:1".to_string(), b"Bobby".to_vec()), ("user:4".to_string(), b"Eve".to_vec())];
//! let set_result = namespace.set_multiple(items, BatchMode::BestEffort).await.into_result()?;
//! assert_eq!(set_result.total_processed, 2);
//! let keys = vec!["user:1".to_string(), "non_existent_key".to_string()];
//! let get_result = namespace.get_multiple(keys, BatchMode::AllOrNothing).await;
//! assert!(get_result.data.is_none() && !get_result.is_success());
//! assert_eq!(get_result.errors.unwrap_or_default()[0].index, 1);
//! let keys = vec!["user:3".to_string(), "non_existent_key_2".to_string()];
//! let delete_result = namespace.delete_multiple(keys, BatchMode::BestEffort).await;
//! assert_eq!((delete_result.total_processed, delete_result.failed()), (1, 1));
//!
//! // More shards.
//! let current_shard_count = namespace.get_config().await.shard_count();
//! namespace.resize_shards(current_shard_count * 2).await?;
//! assert_eq!(namespace.get_config().await.shard_count(), 8);
//!
//! // Snapshots: when this returns they survive a loss of power.
//! storage.save_all("full_db_snapshot.bin").await?;
//! storage.save_namespace(ns_name, "my_app_snapshot.bin").await?;
//!
//! // Snapshots of one namespace, every minute that something has changed in.
//! storage
//!     .add_namespace_autosave_task(NamespaceAutosaveConfig {
//!         namespace_name: ns_name.to_string(),
//!         interval: Duration::from_secs(60),
//!         filename_pattern: "ns_{ns}_snapshot_{ts}.bin".to_string(),
//!     })
//!     .await?;
//! assert_eq!(storage.list_running_autosave_tasks().await?, (true, vec![ns_name.to_string()]));
//!
//! // Its autosave ends with the namespace; handles to it do not write into nowhere.
//! storage.delete_namespace(ns_name).await?;
//! assert!(namespace.set("user:1", b"too late".to_vec()).await.is_err());
//! assert_eq!(storage.list_running_autosave_tasks().await?, (true, vec![]));
//!
//! // It comes back from its snapshot, also under another name.
//! assert_eq!(storage.load_namespace("my_app_snapshot.bin").await?, ns_name);
//! storage.load_namespace_with_name("my_app_snapshot.bin", "copy").await?;
//! assert_eq!(storage.namespace("copy").await?.get("user:4").await.as_deref(), Some(&b"Eve".to_vec()));
//!
//! // The next start finds what was saved.
//! drop(storage);
//! let storage =
//!     StorageManager::builder().with_config(manager_config).with_persistence(directory).build().await?;
//! storage.initialize(Some("full_db_snapshot.bin")).await?;
//! let namespace = storage.namespace(ns_name).await?;
//! assert_eq!(namespace.get("user:1").await.as_deref(), Some(&b"Bobby".to_vec()));
//! let config = namespace.get_config().await;
//! assert_eq!((config.max_keys(), config.shard_count()), (10_000, 8));
//! # Ok(())
//! # }
//! ```

mod batch;
mod config;
mod error;
mod manager;
mod namespace;
mod persistence;

pub use batch::{BatchError, BatchResult};
pub use config::{ManagerAutosaveConfig, NamespaceAutosaveConfig, NamespaceConfig, StorageConfig};
pub use error::{IoError, Result, RkvsError};
pub use manager::{StorageManager, StorageManagerBuilder};
pub use namespace::{Namespace, NamespaceMetadata, NamespaceStats};
