//! The cache for programs that embed it: managers, namespaces, batches, with names and shapes of the `rkvs` crate.
//!
//! A thin layer over [`crate::engine`]. Calls are `async` so that programs written for that crate keep their shape; they
//! never wait for anything but a shard's lock, which is held for microseconds, and need no particular runtime. So there is no
//! lock timeout to set, and "absent" never means "too busy".
//!
//! | Here | Core |
//! |---|---|
//! | [`StorageManager`] | [`Engine`](crate::engine::Engine) without numbered databases |
//! | [`Namespace`] | [`Handle`](crate::namespace::Handle) to a [`namespace::Namespace`](crate::namespace::Namespace) |
//! | [`BatchResult`] | what [`keyspace::batch`](crate::keyspace::batch) does for keys and values that come owned |
//! | [`StringValue`](crate::StringValue) | a value that was read or replaced; where that crate returns an `Arc<Vec<u8>>`: `into()` makes it one |
//!
//! Snapshots are not built into this release: asking for them is [`RkvsError::PersistenceUnavailable`], never a silent OK.
//!
//! ```
//! use rkvs_engine::{BatchMode, NamespaceConfig, Result, RkvsError, StorageConfig, StorageManager};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! // A manager; nothing works before it is initialized.
//! let config = StorageConfig { max_namespaces: Some(10), ..StorageConfig::default() };
//! let storage = StorageManager::builder().with_config(config).build().await?;
//! storage.initialize(None).await?;
//!
//! // A namespace of at most 10,000 keys in four shards.
//! let config = NamespaceConfig::default();
//! config.set_max_keys(10_000);
//! config.set_shard_count(4);
//! storage.create_namespace("my_application", Some(config)).await?;
//! let users = storage.namespace("my_application").await?;
//!
//! // One key at a time.
//! assert!(users.set("user:1", b"Alice".to_vec()).await?.is_none());
//! assert_eq!(users.get("user:1").await.as_deref(), Some(&b"Alice".to_vec()));
//! assert_eq!(*users.update("user:1", b"Alicia".to_vec()).await?, b"Alice");
//! assert!(users.exists("user:1").await);
//! assert_eq!(*users.consume("user:1").await?, b"Alicia");
//! assert!(matches!(users.consume("user:1").await, Err(RkvsError::KeyNotFound)));
//! users.set("user:1", b"Bob".to_vec()).await?;
//! users.set("user:2", b"Carol".to_vec()).await?;
//! assert!(users.delete("user:2").await);
//!
//! // Several keys at once.
//! let items = vec![("user:1".to_string(), b"Bobby".to_vec()), ("user:3".to_string(), b"Eve".to_vec())];
//! let set = users.set_multiple(items, BatchMode::BestEffort).await.into_result()?;
//! assert_eq!(set.total_processed, 2);
//!
//! let keys = vec!["user:1".to_string(), "nobody".to_string()];
//! let got = users.get_multiple(keys, BatchMode::AllOrNothing).await;
//! assert!(!got.is_success() && got.data.is_none());
//! assert_eq!(got.errors.unwrap_or_default()[0].index, 1);
//!
//! let keys = vec!["user:3".to_string(), "nobody".to_string()];
//! let deleted = users.delete_multiple(keys, BatchMode::BestEffort).await;
//! assert_eq!((deleted.total_processed, deleted.failed()), (1, 1));
//!
//! // More shards.
//! let shards = users.get_config().await.shard_count();
//! users.resize_shards(2 * shards).await?;
//! assert_eq!(users.get_config().await.shard_count(), 8);
//!
//! storage.delete_namespace("my_application").await?;
//! assert!(users.set("user:1", b"too late".to_vec()).await.is_err());
//! # Ok(())
//! # }
//! ```

mod batch;
mod config;
mod error;
mod manager;
mod namespace;

pub use batch::{BatchError, BatchResult};
pub use config::{ManagerAutosaveConfig, NamespaceAutosaveConfig, NamespaceConfig, StorageConfig};
pub use error::{Result, RkvsError};
pub use manager::{StorageManager, StorageManagerBuilder};
pub use namespace::{Namespace, NamespaceMetadata, NamespaceStats};
