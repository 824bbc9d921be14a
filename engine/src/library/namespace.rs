//! A handle to a namespace.

use std::sync::Arc;
use std::time::Instant;

use smallvec::SmallVec;

use super::batch::BatchResult;
use super::config::NamespaceConfig;
use super::error::{Result, RkvsError};
use crate::engine::{Engine, EngineOptions, NamespaceOptions};
use crate::error::Error;
use crate::keyspace::Keyspace;
use crate::keyspace::batch::{BatchMode, Owned};
use crate::namespace::{self, Handle};
use crate::shard::multi_key::{Patience, Reach};
use crate::table::Key;
use crate::value::StringValue;

/// What a namespace holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NamespaceStats {
    /// Its name.
    pub name: String,
    /// Number of keys.
    pub key_count: usize,
    /// Sum of the lengths of all values in bytes.
    pub total_size: usize,
}

impl NamespaceStats {
    pub(super) fn of(namespace: &namespace::Namespace) -> Self {
        let usage = namespace.usage();
        Self { name: namespace.name().to_owned(), key_count: usage.keys, total_size: usage.value_bytes }
    }
}

/// A namespace's name and what it holds, as of when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceMetadata {
    /// Its name.
    pub name: String,
    key_count: usize,
    total_size: usize,
}

impl NamespaceMetadata {
    /// Number of keys.
    pub fn key_count(&self) -> usize {
        self.key_count
    }

    /// Sum of the lengths of all values in bytes.
    pub fn total_size(&self) -> usize {
        self.total_size
    }
}

/// A handle to a namespace. Keys are any bytes, also none: each call has a twin for keys that are no text.
///
/// After the namespace is deleted its keys are absent, and calls that return a `Result` answer
/// [`RkvsError::NamespaceDeleted`].
#[derive(Debug)]
pub struct Namespace {
    engine: Arc<Engine>,
    handle: Handle,
}

impl Namespace {
    /// A namespace of its own, without a manager.
    ///
    /// # Errors
    ///
    /// [`Error::NameInvalid`] and [`Error::ShardCountOutOfRange`] as [`RkvsError::Engine`].
    pub fn new(name: &str, config: &NamespaceConfig) -> Result<Self> {
        let options = EngineOptions { databases: 0, ..EngineOptions::default() };
        let engine = Arc::new(Engine::new(options).map_err(RkvsError::Engine)?);
        let options = NamespaceOptions { database: None, shards: Some(config.shard_count()), limits: config.limits() };
        let namespace = engine.create_namespace(name, options).map_err(|error| RkvsError::about(name, error))?;
        Self::open(engine, Handle::new(namespace))
    }

    pub(super) fn open(engine: Arc<Engine>, mut handle: Handle) -> Result<Self> {
        handle.refresh().map_err(|error| RkvsError::about(handle.namespace().name(), error))?;
        Ok(Self { engine, handle })
    }

    /// The core beneath, for what has no call here.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// A key's value, `None` when it is absent. A large value is shared, not copied.
    pub async fn get(&self, key: &str) -> Option<StringValue> {
        self.get_bytes(key.as_bytes()).await
    }

    /// [`Namespace::get`] for a key of any bytes.
    pub async fn get_bytes(&self, key: &[u8]) -> Option<StringValue> {
        let key = self.engine.key(key);
        let read = |keyspace: &mut Keyspace<'_>| Some(keyspace.string(key).ok()??.to_value());
        self.with_key(key, read).ok()?
    }

    /// Sets a key and returns the value it had.
    ///
    /// # Errors
    ///
    /// [`RkvsError::ValueTooLarge`], [`RkvsError::MaxKeysReached`] (only for a key that would be new), [`RkvsError::NamespaceDeleted`].
    pub async fn set(&self, key: &str, value: Vec<u8>) -> Result<Option<StringValue>> {
        self.set_bytes(key.as_bytes(), value).await
    }

    /// [`Namespace::set`] for a key of any bytes.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn set_bytes(&self, key: &[u8], value: Vec<u8>) -> Result<Option<StringValue>> {
        self.write(key, value, |_| Ok(())).await
    }

    /// Sets a key that is there and returns the value it had.
    ///
    /// # Errors
    ///
    /// [`RkvsError::KeyNotFound`], and as for [`Namespace::set`].
    pub async fn update(&self, key: &str, value: Vec<u8>) -> Result<StringValue> {
        self.update_bytes(key.as_bytes(), value).await
    }

    /// [`Namespace::update`] for a key of any bytes.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn update_bytes(&self, key: &[u8], value: Vec<u8>) -> Result<StringValue> {
        let old = self.write(key, value, |present| if present { Ok(()) } else { Err(Error::KeyNotFound) }).await?;
        old.ok_or(RkvsError::KeyNotFound)
    }

    /// Deletes a key; whether it was there.
    pub async fn delete(&self, key: &str) -> bool {
        self.delete_bytes(key.as_bytes()).await
    }

    /// [`Namespace::delete`] for a key of any bytes.
    pub async fn delete_bytes(&self, key: &[u8]) -> bool {
        self.room().await;
        let key = self.engine.key(key);
        self.with_key(key, |keyspace| keyspace.remove(key)).unwrap_or(false)
    }

    /// Deletes a key and returns its value: of several callers exactly one gets it.
    ///
    /// # Errors
    ///
    /// [`RkvsError::KeyNotFound`], [`RkvsError::NamespaceDeleted`].
    pub async fn consume(&self, key: &str) -> Result<StringValue> {
        self.consume_bytes(key.as_bytes()).await
    }

    /// [`Namespace::consume`] for a key of any bytes.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn consume_bytes(&self, key: &[u8]) -> Result<StringValue> {
        self.room().await;
        let key = self.engine.key(key);
        let taken = self.with_key(key, |keyspace| keyspace.take(key))?.map_err(|error| self.explain(error, 0))?;
        taken.ok_or(RkvsError::KeyNotFound)
    }

    /// Whether a key is there.
    pub async fn exists(&self, key: &str) -> bool {
        self.exists_bytes(key.as_bytes()).await
    }

    /// [`Namespace::exists`] for a key of any bytes.
    pub async fn exists_bytes(&self, key: &[u8]) -> bool {
        let key = self.engine.key(key);
        self.with_key(key, |keyspace| keyspace.contains(key)).unwrap_or(false)
    }

    /// Sets several keys; the result holds each key with the value it had, in order. See
    /// [`batch`](crate::keyspace::batch) for keys that are named twice, here and below.
    pub async fn set_multiple(
        &self,
        items: Vec<(String, Vec<u8>)>,
        mode: BatchMode,
    ) -> BatchResult<Vec<(String, Option<StringValue>)>> {
        self.room().await;
        self.set_batch(items, mode)
    }

    /// [`Namespace::set_multiple`] for keys of any bytes.
    pub async fn set_multiple_bytes(
        &self,
        items: Vec<(Vec<u8>, Vec<u8>)>,
        mode: BatchMode,
    ) -> BatchResult<Vec<(Vec<u8>, Option<StringValue>)>> {
        self.room().await;
        self.set_batch(items, mode)
    }

    /// Reads several keys; the result holds each key that was found with its value, in order.
    pub async fn get_multiple(&self, keys: Vec<String>, mode: BatchMode) -> BatchResult<Vec<(String, Vec<u8>)>> {
        self.get_batch(keys, mode)
    }

    /// [`Namespace::get_multiple`] for keys of any bytes.
    pub async fn get_multiple_bytes(
        &self,
        keys: Vec<Vec<u8>>,
        mode: BatchMode,
    ) -> BatchResult<Vec<(Vec<u8>, Vec<u8>)>> {
        self.get_batch(keys, mode)
    }

    /// Deletes several keys.
    pub async fn delete_multiple(&self, keys: Vec<String>, mode: BatchMode) -> BatchResult<()> {
        self.room().await;
        self.delete_batch(keys, mode)
    }

    /// [`Namespace::delete_multiple`] for keys of any bytes.
    pub async fn delete_multiple_bytes(&self, keys: Vec<Vec<u8>>, mode: BatchMode) -> BatchResult<()> {
        self.room().await;
        self.delete_batch(keys, mode)
    }

    /// Deletes several keys; the result holds each key that was there with its value, in order.
    pub async fn consume_multiple(&self, keys: Vec<String>, mode: BatchMode) -> BatchResult<Vec<(String, Vec<u8>)>> {
        self.room().await;
        self.consume_batch(keys, mode)
    }

    /// [`Namespace::consume_multiple`] for keys of any bytes.
    pub async fn consume_multiple_bytes(
        &self,
        keys: Vec<Vec<u8>>,
        mode: BatchMode,
    ) -> BatchResult<Vec<(Vec<u8>, Vec<u8>)>> {
        self.room().await;
        self.consume_batch(keys, mode)
    }

    /// The name and what the namespace holds.
    pub async fn get_metadata(&self) -> NamespaceMetadata {
        let NamespaceStats { name, key_count, total_size } = self.stats();
        NamespaceMetadata { name, key_count, total_size }
    }

    /// Number of keys in each shard.
    pub async fn get_shard_key_counts(&self) -> Vec<usize> {
        self.handle.namespace().shard_usage().iter().map(|usage| usage.keys).collect()
    }

    /// All keys as text, in no order; bytes that are no text are replaced.
    pub async fn list_keys(&self) -> Vec<String> {
        let keys = self.list_keys_bytes().await;
        keys.into_iter().map(|key| String::from_utf8_lossy(&key).into_owned()).collect()
    }

    /// All keys, in no order.
    pub async fn list_keys_bytes(&self) -> Vec<Vec<u8>> {
        let mut keyspace = self.handle.unlocked(self.engine.now_ms());
        keyspace.collect(|keys: &mut Vec<Vec<u8>>, found| keys.push(found.key.to_vec()))
    }

    /// One step over all keys, begun with cursor 0: about `count` keys, and the cursor to go on with, 0 at the end. Every
    /// key that is there from the first step to the last is returned exactly once.
    pub async fn scan_keys(&self, cursor: u64, count: usize) -> (u64, Vec<Vec<u8>>) {
        let mut keyspace = self.handle.unlocked(self.engine.now_ms());
        keyspace.scan(cursor, count, |keys: &mut Vec<Vec<u8>>, found| keys.push(found.key.to_vec()))
    }

    /// The configuration. A copy: changing it changes nothing here.
    pub async fn get_config(&self) -> NamespaceConfig {
        let namespace = self.handle.namespace();
        let limits = namespace.limits();
        NamespaceConfig::new(limits.max_keys as usize, limits.max_value_bytes as usize, namespace.shard_count())
    }

    /// Changes the most keys there may be; 0 is no limit.
    ///
    /// # Errors
    ///
    /// [`Error::MaxKeysBelowCount`] as [`RkvsError::Engine`]; [`RkvsError::NamespaceDeleted`].
    pub async fn set_max_keys(&self, max_keys: usize) -> Result<()> {
        let config = self.get_config().await;
        config.set_max_keys(max_keys);
        self.update_config(config).await
    }

    /// Changes the longest value there may be; 0 is no limit. Longer ones that are there stay.
    ///
    /// # Errors
    ///
    /// [`RkvsError::NamespaceDeleted`].
    pub async fn set_max_value_size(&self, max_bytes: usize) -> Result<()> {
        let config = self.get_config().await;
        config.set_max_value_size(max_bytes);
        self.update_config(config).await
    }

    /// Changes both limits or none. The number of shards is changed by [`Namespace::resize_shards`] alone.
    ///
    /// # Errors
    ///
    /// As [`Namespace::set_max_keys`]; nothing is changed then.
    pub async fn update_config(&self, config: NamespaceConfig) -> Result<()> {
        let namespace = self.handle.namespace();
        let max_memory_bytes = namespace.limits().max_memory_bytes;
        let limits = namespace::Limits { max_memory_bytes, ..config.limits() };
        namespace.set_limits(limits).map_err(|error| self.explain(error, 0))
    }

    /// Changes the number of shards, up or down. Other operations go on meanwhile, and none fails or misses a key. The work is done
    /// here, so this keeps its thread for as long as it takes, some seconds for ten million keys; call it where blocking is welcome.
    ///
    /// # Errors
    ///
    /// [`Error::ShardCountOutOfRange`] and [`Error::ResizeInProgress`] as [`RkvsError::Engine`]; [`RkvsError::NamespaceDeleted`].
    pub async fn resize_shards(&self, shards: usize) -> Result<()> {
        self.handle.namespace().resize(shards).map_err(|error| self.explain(error, 0))
    }

    pub(super) fn stats(&self) -> NamespaceStats {
        NamespaceStats::of(self.handle.namespace())
    }

    /// Waits while a snapshot has as much in memory as it may: what a writer changes is taken down for it first.
    #[inline]
    async fn room(&self) {
        if self.engine.snapshot_bound().is_reached() {
            Box::pin(self.engine.snapshot_bound().relieved()).await;
        }
    }

    #[inline]
    async fn write(
        &self,
        key: &[u8],
        value: Vec<u8>,
        may_write: impl FnOnce(bool) -> std::result::Result<(), Error>,
    ) -> Result<Option<StringValue>> {
        self.room().await;
        let key = self.engine.key(key);
        let size = value.len();
        let written = self.with_key(key, |keyspace| keyspace.exchange(key, value, may_write))?;
        written.map_err(|error| self.explain(error, size))
    }

    fn set_batch<K: AsRef<[u8]>>(
        &self,
        items: Vec<(K, Vec<u8>)>,
        mode: BatchMode,
    ) -> BatchResult<Vec<(K, Option<StringValue>)>> {
        let set = |keyspace: &mut Keyspace<'_>, items, hashes: &[u64]| keyspace.batch_exchange(mode, items, hashes);
        self.batch("set", mode, items, |(key, _)| key, |(key, _)| key, set)
    }

    fn get_batch<K: AsRef<[u8]>>(&self, keys: Vec<K>, mode: BatchMode) -> BatchResult<Vec<(K, Vec<u8>)>> {
        let get = |keyspace: &mut Keyspace<'_>, keys, hashes: &[u64]| keyspace.batch_fetch(mode, keys, hashes);
        self.batch("get", mode, keys, |key| key, |key| key, get)
    }

    fn delete_batch<K: AsRef<[u8]>>(&self, keys: Vec<K>, mode: BatchMode) -> BatchResult<()> {
        let delete = |keyspace: &mut Keyspace<'_>, keys, hashes: &[u64]| keyspace.batch_discard(mode, keys, hashes);
        self.batch("delete", mode, keys, |key| key, |key| key, delete).map(|_| ())
    }

    fn consume_batch<K: AsRef<[u8]>>(&self, keys: Vec<K>, mode: BatchMode) -> BatchResult<Vec<(K, Vec<u8>)>> {
        let consume = |keyspace: &mut Keyspace<'_>, keys, hashes: &[u64]| keyspace.batch_withdraw(mode, keys, hashes);
        self.batch("consume", mode, keys, |key| key, |key| key, consume)
    }

    /// Runs a batch of items, of each of which `key_of` tells the key and `into_key` leaves nothing else. `run` is given the
    /// items with the hashes of their keys.
    fn batch<I, K: AsRef<[u8]>, T>(
        &self,
        operation: &'static str,
        mode: BatchMode,
        items: Vec<I>,
        key_of: impl Fn(&I) -> &K,
        into_key: impl Fn(I) -> K,
        run: impl FnOnce(&mut Keyspace<'_>, Vec<I>, &[u64]) -> Owned<K, T>,
    ) -> BatchResult<Vec<(K, T)>> {
        #[expect(clippy::disallowed_methods, reason = "a duration is measured; what time it is does not matter")]
        let started = Instant::now();
        let total = items.len();
        let hashes: SmallVec<[u64; 256]> =
            items.iter().map(|item| self.engine.key(key_of(item).as_ref()).hash).collect();
        let mut items = Some(items);
        let report =
            self.with(Reach::Keys(&hashes), |keyspace| run(keyspace, items.take().unwrap_or_default(), &hashes));
        let report = report.unwrap_or_else(|_| {
            let keys = items.into_iter().flatten().map(into_key).collect();
            Owned::refused_whole(keys, Error::NamespaceDeleted)
        });
        BatchResult::new(operation, mode, total, report, started.elapsed())
    }

    #[inline]
    fn with_key<T>(&self, key: Key<'_>, operation: impl FnOnce(&mut Keyspace<'_>) -> T) -> Result<T> {
        match self.handle.at_key(key, operation) {
            Ok(done) => Ok(done),
            Err(operation) => self.with(Reach::Key(key.hash), operation),
        }
    }

    fn with<T>(&self, reach: Reach<'_>, operation: impl FnOnce(&mut Keyspace<'_>) -> T) -> Result<T> {
        let now_ms = self.engine.now_ms();
        match self.handle.lock(reach, Patience::Wait) {
            Ok(mut locks) => Ok(operation(&mut locks.keyspace(&self.handle, now_ms))),
            Err(_) => self.with_present(reach, now_ms, operation),
        }
    }

    /// After a resize or the end of the namespace this handle's shards are not its shards any more.
    #[cold]
    fn with_present<T>(
        &self,
        reach: Reach<'_>,
        now_ms: u64,
        operation: impl FnOnce(&mut Keyspace<'_>) -> T,
    ) -> Result<T> {
        self.handle.clone().with(reach, now_ms, operation).map_err(|error| self.explain(error, 0))
    }

    #[cold]
    fn explain(&self, error: Error, size: usize) -> RkvsError {
        let limits = self.handle.namespace().limits();
        match error {
            Error::MaxKeys => RkvsError::MaxKeysReached(limits.max_keys as usize),
            Error::ValueTooLarge => RkvsError::ValueTooLarge { size, max: limits.max_value_bytes as usize },
            error => RkvsError::about(self.handle.namespace().name(), error),
        }
    }
}
