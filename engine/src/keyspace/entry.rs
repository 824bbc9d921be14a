//! The one way in which entries of a shard are found, made, changed and removed.

use crate::namespace::Namespace;
use crate::shard::Shard;

/// The entries of one locked shard, with everything that must be kept in step with them.
pub(super) struct Entries<'s> {
    pub(super) shard: &'s mut Shard,
    pub(super) namespace: &'s Namespace,
    pub(super) now_ms: u64,
}

impl<'s> Entries<'s> {
    #[inline]
    pub(super) fn new(shard: &'s mut Shard, namespace: &'s Namespace, now_ms: u64) -> Self {
        Self { shard, namespace, now_ms }
    }
}
