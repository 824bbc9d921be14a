//! Memory for chunks: from the allocator while small, from the system from 64 KiB on.
//!
//! Pages mapped from the system become resident only when touched, so the part of a chunk that nothing was carved from yet
//! costs nothing; an allocator may round up, keep or back such blocks with huge pages.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// From here on memory is mapped.
#[cfg(all(unix, not(miri)))]
const MAPPED_FROM_BYTES: usize = 64 << 10;
const ALIGN: usize = 64;

/// A run of memory, aligned to 64 bytes and given back on drop.
pub(super) struct Pages {
    start: NonNull<u8>,
    bytes: usize,
    mapped: bool,
}

impl Pages {
    /// No memory.
    pub(super) const NONE: Self = Self { start: NonNull::dangling(), bytes: 0, mapped: false };

    /// Memory of `bytes`, above zero. Not initialised.
    pub(super) fn allocate(bytes: usize) -> Self {
        #[cfg(all(unix, not(miri)))]
        if bytes >= MAPPED_FROM_BYTES
            && let Some(start) = map(bytes)
        {
            return Self { start, bytes, mapped: true };
        }
        let layout = layout(bytes);
        // SAFETY: the layout has a size above zero.
        let start = NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout));
        Self { start, bytes, mapped: false }
    }

    #[inline]
    pub(super) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        if self.mapped {
            #[cfg(all(unix, not(miri)))]
            // SAFETY: mapped by `map` with this size; the owner is gone.
            let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.bytes) };
            return;
        }
        // SAFETY: allocated with this layout; the owner is gone.
        unsafe { dealloc(self.start.as_ptr(), layout(self.bytes)) };
    }
}

/// `None` when the system has no more mappings to give; the allocator serves then.
#[cfg(all(unix, not(miri)))]
fn map(bytes: usize) -> Option<NonNull<u8>> {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
    // SAFETY: a new private mapping aliases nothing.
    let mapped =
        unsafe { mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
    NonNull::new(mapped.ok()?.cast())
}

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, ALIGN).expect("a chunk's size is below isize::MAX")
}
