//! Watched keys: which have changed since someone began to watch them.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::table::Key;

/// The watched keys of one shard. A shard without any has no such table, so that an unwatched change costs one comparison.
///
/// They are kept by hash, so that a resize can take those of a range.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    by_hash: BTreeMap<u64, SmallVec<[Watch; 1]>>,
}

/// A watched key.
#[derive(Debug)]
pub(crate) struct Watch {
    key: Box<[u8]>,
    /// How many watch it.
    watchers: u32,
    /// Raised by every change of it.
    version: u64,
}

impl Watches {
    fn find(&mut self, key: Key<'_>) -> Option<&mut Watch> {
        self.by_hash.get_mut(&key.hash)?.iter_mut().find(|watch| *watch.key == *key.bytes)
    }

    /// Adds a watcher and returns the key's version.
    pub(crate) fn watch(&mut self, key: Key<'_>) -> u64 {
        if let Some(watch) = self.find(key) {
            watch.watchers += 1;
            return watch.version;
        }
        self.insert(key.hash, Watch { key: key.bytes.into(), watchers: 1, version: 0 });
        0
    }

    /// Takes a watcher away.
    pub(crate) fn unwatch(&mut self, key: Key<'_>) {
        let Some(watch) = self.find(key) else { return };
        watch.watchers -= 1;
        if watch.watchers == 0
            && let Some(watches) = self.by_hash.get_mut(&key.hash)
        {
            watches.retain(|watch| watch.watchers > 0);
            if watches.is_empty() {
                self.by_hash.remove(&key.hash);
            }
        }
    }

    pub(crate) fn version(&mut self, key: Key<'_>) -> Option<u64> {
        self.find(key).map(|watch| watch.version)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    #[cold]
    pub(crate) fn touch(&mut self, key: Key<'_>) {
        if let Some(watch) = self.find(key) {
            watch.version += 1;
        }
    }

    /// Notes a change of every watched key that `changed` picks.
    pub(crate) fn touch_where(&mut self, changed: impl Fn(Key<'_>) -> bool) {
        for (hash, watches) in &mut self.by_hash {
            for watch in watches {
                watch.version += u64::from(changed(Key { hash: *hash, bytes: &watch.key }));
            }
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        self.by_hash
            .iter()
            .flat_map(|(&hash, watches)| watches.iter().map(move |watch| Key { hash, bytes: &watch.key }))
    }

    /// Moves all watches out, to be put into other shards, each with its key's hash.
    pub(crate) fn into_watches(self) -> impl Iterator<Item = (u64, Watch)> {
        self.by_hash.into_iter().flat_map(|(hash, watches)| watches.into_iter().map(move |watch| (hash, watch)))
    }

    /// Takes those out whose key's hash lies in `start..=end`.
    pub(crate) fn take_range(&mut self, start: u64, end: u64) -> Self {
        let hashes: Vec<u64> = self.by_hash.range(start..=end).map(|(hash, _)| *hash).collect();
        Self { by_hash: hashes.into_iter().filter_map(|hash| self.by_hash.remove_entry(&hash)).collect() }
    }

    /// Takes in a watch moved from another shard.
    pub(crate) fn insert(&mut self, hash: u64, watch: Watch) {
        self.by_hash.entry(hash).or_default().push(watch);
    }
}
