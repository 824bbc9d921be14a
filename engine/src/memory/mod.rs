//! Who may use how many bytes, and where large values go to be freed.
//!
//! `budget.rs` holds the limits, `reclaim.rs` the thread that frees what would be slow to free under a lock, `allocator.rs` the way
//! to the allocator that a program may have chosen.

#[cfg(feature = "mimalloc")]
pub mod allocator;
mod budget;
mod reclaim;

pub(crate) use budget::Budget;
pub(crate) use reclaim::Reclaim;

/// A value on cache lines of its own, so that its writers do not slow down its neighbours' readers. Two lines, because
/// processors fetch them in pairs.
#[repr(align(128))]
#[derive(Debug, Default)]
pub(crate) struct Padded<T>(pub(crate) T);
