//! A background thread that frees large values, so that nobody does it under a lock.

use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use crate::table::Table;
use crate::value::Object;

/// Values from this size on are freed in the background, in bytes.
pub(crate) const LARGE_BYTES: usize = 64 << 10;

/// Tables with fewer entries, each at most an object below [`LARGE_BYTES`], are freed where they are.
const ENTRIES_MAX: usize = 64;

/// Values that may wait to be freed. When as many wait, the thread that has one more frees it itself: that slows
/// down who deletes rather than letting garbage pile up.
const QUEUE_MAX: usize = 1_024;

/// Something to free.
enum Garbage {
    Object(#[expect(dead_code, reason = "kept to be dropped")] Box<Object>),
    Table(#[expect(dead_code, reason = "kept to be dropped")] Box<Table<Object>>),
}

/// The way to the freeing thread, which starts with the first large value and ends with the engine.
#[derive(Debug, Default)]
pub(crate) struct Reclaim {
    queue: OnceLock<Option<SyncSender<Garbage>>>,
}

impl Reclaim {
    /// Frees an object: here when that is quick, in the background otherwise.
    pub(crate) fn free(&self, object: Option<Box<Object>>) {
        if let Some(object) = object
            && object.owned_bytes() >= LARGE_BYTES
        {
            self.free_large(Garbage::Object(object));
        }
    }

    /// Frees a table and all in it: here when that is quick, in the background otherwise.
    pub(crate) fn free_table(&self, table: Table<Object>) {
        if table.len() >= ENTRIES_MAX || table.used_bytes() >= LARGE_BYTES {
            self.free_large(Garbage::Table(Box::new(table)));
        }
    }

    /// Frees in the background.
    #[cold]
    fn free_large(&self, garbage: Garbage) {
        let queue = self.queue.get_or_init(|| {
            let (sender, receiver) = sync_channel(QUEUE_MAX);
            thread::Builder::new()
                .name("rkvs-reclaim".into())
                .spawn(move || receiver.into_iter().for_each(drop::<Garbage>))
                .ok()
                .map(|_| sender)
        });
        // Without a thread, or with its queue full, the value is dropped right here.
        if let Some(queue) = queue
            && let Err(TrySendError::Full(garbage) | TrySendError::Disconnected(garbage)) = queue.try_send(garbage)
        {
            drop(garbage);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn large_values_are_freed_elsewhere_and_a_flood_is_freed_all_the_same() {
        let reclaim = Reclaim::default();
        let values: Vec<_> = (0..3 * QUEUE_MAX).map(|_| Arc::new(vec![0u8; LARGE_BYTES])).collect();
        let weak: Vec<_> = values.iter().map(Arc::downgrade).collect();
        for value in values {
            reclaim.free(Some(Box::new(Object::Bytes(value))));
        }
        assert!(matches!(reclaim.queue.get(), Some(Some(_))), "there is a thread for it");
        // Closing the queue ends the thread once it has freed everything.
        drop(reclaim);
        while weak.iter().any(|value| value.strong_count() > 0) {
            thread::yield_now();
        }
    }

    #[test]
    fn small_values_start_no_thread() {
        let reclaim = Reclaim::default();
        reclaim.free(None);
        reclaim.free(Some(Box::new(Object::PackedHash(vec![0; LARGE_BYTES - 1]))));
        reclaim.free_table(Table::new(crate::table::KeyHasher::new(1, 2)));
        assert!(reclaim.queue.get().is_none());
    }
}
