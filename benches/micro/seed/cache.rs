//! What a cache must do to take part, the two that do, and one that does nothing.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What happens to a batch when an item cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    AllOrNothing,
    BestEffort,
}

/// One namespace of a cache. A clone is a handle for another task.
///
/// Calls tell whether the key was there, or how many items of a batch were done, so that the harness can see that each
/// did what it is timed for.
pub(crate) trait Cache: Clone + Send + Sync + 'static {
    /// Name in results.
    const NAME: &'static str;
    /// Whether calls can tell what was there.
    const KEEPS: bool = true;

    fn with_shards(shards: usize) -> Self;

    fn get(&self, key: &str) -> impl Future<Output = bool> + Send;
    fn exists(&self, key: &str) -> impl Future<Output = bool> + Send;
    fn set(&self, key: &str, value: Vec<u8>) -> impl Future<Output = bool> + Send;
    fn update(&self, key: &str, value: Vec<u8>) -> impl Future<Output = bool> + Send;
    fn delete(&self, key: &str) -> impl Future<Output = bool> + Send;
    fn consume(&self, key: &str) -> impl Future<Output = bool> + Send;

    fn set_batch(&self, items: Vec<(String, Vec<u8>)>, mode: Mode) -> impl Future<Output = usize> + Send;
    fn get_batch(&self, keys: Vec<String>, mode: Mode) -> impl Future<Output = usize> + Send;
    fn delete_batch(&self, keys: Vec<String>, mode: Mode) -> impl Future<Output = usize> + Send;

    /// Keys of each shard.
    fn shard_key_counts(&self) -> impl Future<Output = Vec<usize>> + Send;
}

/// The older crate.
#[derive(Clone)]
pub(crate) struct Seed {
    namespace: Arc<rkvs_seed::Namespace>,
}

impl Seed {
    fn mode(mode: Mode) -> rkvs_seed::BatchMode {
        match mode {
            Mode::AllOrNothing => rkvs_seed::BatchMode::AllOrNothing,
            Mode::BestEffort => rkvs_seed::BatchMode::BestEffort,
        }
    }

    fn done<T>(result: &rkvs_seed::BatchResult<T>) -> usize {
        let failed = result.errors.as_ref().map_or(0, Vec::len);
        if result.data.is_some() { result.total_processed - failed } else { 0 }
    }
}

impl Cache for Seed {
    const NAME: &'static str = "rkvs 0.3.0";

    fn with_shards(shards: usize) -> Self {
        let config = rkvs_seed::NamespaceConfig::default();
        config.set_shard_count(shards);
        Self { namespace: Arc::new(rkvs_seed::Namespace::new("bench".to_owned(), config)) }
    }

    async fn get(&self, key: &str) -> bool {
        self.namespace.get(key).await.is_some()
    }

    async fn exists(&self, key: &str) -> bool {
        self.namespace.exists(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> bool {
        self.namespace.set(key, value).await.is_ok_and(|replaced| replaced.is_some())
    }

    async fn update(&self, key: &str, value: Vec<u8>) -> bool {
        self.namespace.update(key, value).await.is_ok()
    }

    async fn delete(&self, key: &str) -> bool {
        self.namespace.delete(key).await
    }

    async fn consume(&self, key: &str) -> bool {
        self.namespace.consume(key).await.is_some()
    }

    async fn set_batch(&self, items: Vec<(String, Vec<u8>)>, mode: Mode) -> usize {
        Self::done(&self.namespace.set_multiple(items, Self::mode(mode)).await)
    }

    async fn get_batch(&self, keys: Vec<String>, mode: Mode) -> usize {
        Self::done(&self.namespace.get_multiple(keys, Self::mode(mode)).await)
    }

    async fn delete_batch(&self, keys: Vec<String>, mode: Mode) -> usize {
        Self::done(&self.namespace.delete_multiple(keys, Self::mode(mode)).await)
    }

    async fn shard_key_counts(&self) -> Vec<usize> {
        self.namespace.get_shard_key_counts().await
    }
}

/// Our engine, by the same calls.
#[derive(Clone)]
pub(crate) struct Ours {
    namespace: Arc<rkvs_engine::Namespace>,
}

impl Ours {
    fn mode(mode: Mode) -> rkvs_engine::BatchMode {
        match mode {
            Mode::AllOrNothing => rkvs_engine::BatchMode::AllOrNothing,
            Mode::BestEffort => rkvs_engine::BatchMode::BestEffort,
        }
    }
}

impl Cache for Ours {
    const NAME: &'static str = concat!("rkvs ", env!("CARGO_PKG_VERSION"));

    fn with_shards(shards: usize) -> Self {
        let config = rkvs_engine::NamespaceConfig::default();
        config.set_shard_count(shards);
        let namespace = rkvs_engine::Namespace::new("bench", &config).expect("the shard count is in range");
        Self { namespace: Arc::new(namespace) }
    }

    async fn get(&self, key: &str) -> bool {
        self.namespace.get(key).await.is_some()
    }

    async fn exists(&self, key: &str) -> bool {
        self.namespace.exists(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> bool {
        self.namespace.set(key, value).await.is_ok_and(|replaced| replaced.is_some())
    }

    async fn update(&self, key: &str, value: Vec<u8>) -> bool {
        self.namespace.update(key, value).await.is_ok()
    }

    async fn delete(&self, key: &str) -> bool {
        self.namespace.delete(key).await
    }

    async fn consume(&self, key: &str) -> bool {
        self.namespace.consume(key).await.is_ok()
    }

    async fn set_batch(&self, items: Vec<(String, Vec<u8>)>, mode: Mode) -> usize {
        self.namespace.set_multiple(items, Self::mode(mode)).await.total_processed
    }

    async fn get_batch(&self, keys: Vec<String>, mode: Mode) -> usize {
        self.namespace.get_multiple(keys, Self::mode(mode)).await.total_processed
    }

    async fn delete_batch(&self, keys: Vec<String>, mode: Mode) -> usize {
        self.namespace.delete_multiple(keys, Self::mode(mode)).await.total_processed
    }

    async fn shard_key_counts(&self) -> Vec<usize> {
        self.namespace.get_shard_key_counts().await
    }
}

/// No cache at all: it reads the keys it is given, drops the values, and answers that all went well. What a call of it takes is
/// the harness's share of every time: reading the clock, waiting for the key's bytes to come from memory, copying the
/// value that is given away.
#[derive(Clone)]
pub(crate) struct Nothing;

impl Nothing {
    fn read(key: &str) -> bool {
        black_box(key.bytes().fold(0, |sum: u8, byte| sum.wrapping_add(byte)));
        true
    }
}

impl Cache for Nothing {
    const NAME: &'static str = "harness alone";
    const KEEPS: bool = false;

    fn with_shards(_shards: usize) -> Self {
        Self
    }

    async fn get(&self, key: &str) -> bool {
        Self::read(key)
    }

    async fn exists(&self, key: &str) -> bool {
        Self::read(key)
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> bool {
        drop(black_box(value));
        Self::read(key)
    }

    async fn update(&self, key: &str, value: Vec<u8>) -> bool {
        self.set(key, value).await
    }

    async fn delete(&self, key: &str) -> bool {
        Self::read(key)
    }

    async fn consume(&self, key: &str) -> bool {
        Self::read(key)
    }

    async fn set_batch(&self, items: Vec<(String, Vec<u8>)>, _mode: Mode) -> usize {
        items.iter().filter(|(key, _)| Self::read(key)).count()
    }

    async fn get_batch(&self, keys: Vec<String>, _mode: Mode) -> usize {
        keys.iter().filter(|key| Self::read(key)).count()
    }

    async fn delete_batch(&self, keys: Vec<String>, _mode: Mode) -> usize {
        keys.iter().filter(|key| Self::read(key)).count()
    }

    async fn shard_key_counts(&self) -> Vec<usize> {
        Vec::new()
    }
}
