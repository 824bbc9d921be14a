//! Watched keys: which have changed since someone began to watch them.

use std::collections::HashMap;

/// The watched keys of one shard. A shard without any has no such table, so that an unwatched change costs one comparison.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    keys: HashMap<Box<[u8]>, Watch>,
}

#[derive(Debug)]
pub(crate) struct Watch {
    /// How many watch the key.
    pub(crate) watchers: u32,
    /// Raised by every change of the key.
    pub(crate) version: u64,
}

impl Watches {
    /// Adds a watcher and returns the key's version.
    pub(crate) fn watch(&mut self, key: &[u8]) -> u64 {
        if let Some(watch) = self.keys.get_mut(key) {
            watch.watchers += 1;
            return watch.version;
        }
        self.keys.insert(key.into(), Watch { watchers: 1, version: 0 });
        0
    }

    /// Takes a watcher away.
    pub(crate) fn unwatch(&mut self, key: &[u8]) {
        if let Some(watch) = self.keys.get_mut(key) {
            watch.watchers -= 1;
            if watch.watchers == 0 {
                self.keys.remove(key);
            }
        }
    }

    pub(crate) fn version(&self, key: &[u8]) -> Option<u64> {
        self.keys.get(key).map(|watch| watch.version)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    #[cold]
    pub(crate) fn touch(&mut self, key: &[u8]) {
        if let Some(watch) = self.keys.get_mut(key) {
            watch.version += 1;
        }
    }

    /// Notes a change of every watched key that `changed` picks.
    pub(crate) fn touch_where(&mut self, changed: impl Fn(&[u8]) -> bool) {
        for (key, watch) in &mut self.keys {
            if changed(key) {
                watch.version += 1;
            }
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.keys().map(|key| &**key)
    }

    /// Moves all watches out, to be put into other shards.
    pub(crate) fn into_keys(self) -> impl Iterator<Item = (Box<[u8]>, Watch)> {
        self.keys.into_iter()
    }

    /// Takes in a watch moved from another shard.
    pub(crate) fn insert(&mut self, key: Box<[u8]>, watch: Watch) {
        self.keys.insert(key, watch);
    }
}
