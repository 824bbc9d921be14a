//! Watched keys.

use rkvs_engine::namespace::Handle;
use rkvs_engine::table::Key;

/// A key that must not change before EXEC, and the version it had when it was watched.
#[derive(Debug)]
pub(crate) struct Watch {
    handle: Handle,
    key: Box<[u8]>,
    hash: u64,
    version: u64,
}

impl Watch {
    /// A watch that has just begun.
    pub(crate) fn new(handle: Handle, key: Key<'_>, version: u64) -> Self {
        Self { handle, key: key.bytes.into(), hash: key.hash, version }
    }

    /// The namespace of the key.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The key.
    pub(crate) fn key(&self) -> Key<'_> {
        Key { hash: self.hash, bytes: &self.key }
    }

    /// The version the key had.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Whether this is a watch of that key.
    pub(crate) fn is_of(&self, handle: &Handle, key: Key<'_>) -> bool {
        self.hash == key.hash && self.handle.namespace().id() == handle.namespace().id() && *self.key == *key.bytes
    }

    /// Ends the watch.
    pub(crate) fn end(mut self) {
        let (key, hash) = (std::mem::take(&mut self.key), self.hash);
        // A deleted namespace has forgotten its watches.
        let _ = self.handle.with_key(Key { hash, bytes: &key }, 0, |keyspace| {
            keyspace.unwatch(Key { hash, bytes: &key });
        });
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<Self>() + self.key.len()
    }
}
