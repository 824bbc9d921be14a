//! A background thread that frees large values, so that nobody does it under a lock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use crate::table::Table;
use crate::value::Object;

/// Values from this size on are freed in the background, in bytes.
pub(crate) const LARGE_BYTES: usize = 64 << 10;

/// Tables with more entries are freed in the background whatever their size.
const ENTRIES_MAX: usize = 64;

/// Values and tables that wait to be freed before the thread that has one more value frees it itself: that slows down who deletes
/// rather than letting garbage pile up. A table always waits its turn: it may hold anything, and there are as many as shards.
const QUEUE_MAX: usize = 1_024;

/// Something to free.
enum Garbage {
    Object(#[expect(dead_code, reason = "kept to be dropped")] Box<Object>),
    Table(#[expect(dead_code, reason = "kept to be dropped")] Box<Table<Object>>),
}

/// The way to the freeing thread, which starts with the first large value and ends with the engine.
#[derive(Debug, Default)]
pub(crate) struct Reclaim {
    queue: OnceLock<Option<Sender<Garbage>>>,
    waiting: Arc<AtomicUsize>,
}

impl Reclaim {
    /// Frees an object: here when that is quick, in the background otherwise.
    pub(crate) fn free(&self, object: Option<Box<Object>>) {
        if let Some(object) = object
            && object.owned_bytes() >= LARGE_BYTES
            && self.waiting.load(Ordering::Relaxed) < QUEUE_MAX
        {
            self.free_large(Garbage::Object(object));
        }
    }

    /// Frees a table and all in it, of which its objects own `object_bytes`: here when that is quick, in the background
    /// otherwise.
    pub(crate) fn free_table(&self, table: Table<Object>, object_bytes: usize) {
        if table.len() >= ENTRIES_MAX || table.used_bytes() + object_bytes >= LARGE_BYTES {
            self.free_large(Garbage::Table(Box::new(table)));
        }
    }

    /// Frees in the background.
    #[cold]
    fn free_large(&self, garbage: Garbage) {
        let queue = self.queue.get_or_init(|| {
            let (sender, receiver) = channel();
            let waiting = Arc::clone(&self.waiting);
            let free = move |garbage: Garbage| {
                drop(garbage);
                waiting.fetch_sub(1, Ordering::Relaxed);
            };
            thread::Builder::new()
                .name("rkvs-reclaim".into())
                .spawn(move || receiver.into_iter().for_each(free))
                .ok()
                .map(|_| sender)
        });
        // Without a thread the value is dropped right here.
        if let Some(queue) = queue {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            // The thread goes on until the sender is gone.
            let _ = queue.send(garbage);
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
        while reclaim.waiting.load(Ordering::Relaxed) > 0 {
            thread::yield_now();
        }
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
        reclaim.free_table(Table::new(crate::table::KeyHasher::new(1, 2)), LARGE_BYTES - 1);
        assert!(reclaim.queue.get().is_none());
    }

    #[test]
    fn a_table_of_few_entries_is_as_large_as_what_they_own() {
        let reclaim = Reclaim::default();
        reclaim.free_table(Table::new(crate::table::KeyHasher::new(1, 2)), LARGE_BYTES);
        assert!(matches!(reclaim.queue.get(), Some(Some(_))));
    }
}
