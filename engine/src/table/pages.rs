//! Memory for chunks: from the allocator while small, in pages of shared extents from 32 KiB on, mapped for one block alone.
//!
//! An allocator may round up, keep or back such blocks with huge pages whose untouched parts are resident; extents
//! are shared by all tables, so that these parts are used.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

use super::extents::{self, PAGE_BYTES, RUN_PAGES_MAX, Run};

const ALIGN: usize = 64;

/// From so many bytes on chunks are whole pages.
pub(super) const PAGED_FROM_BYTES: usize = PAGE_BYTES;

/// A run of memory, aligned to 64 bytes and given back on drop.
pub(super) struct Pages {
    start: NonNull<u8>,
    origin: Origin,
}

enum Origin {
    Nowhere,
    Allocated {
        bytes: usize,
    },
    Extent(Run),
    #[cfg(all(unix, not(miri)))]
    Mapped {
        bytes: usize,
    },
}

impl Pages {
    /// No memory.
    pub(super) const NONE: Self = Self { start: NonNull::dangling(), origin: Origin::Nowhere };

    /// Memory of `bytes`, above zero, or less where extents have left runs of `least` bytes or more; with how much it is. Not
    /// initialised. From [`PAGED_FROM_BYTES`] on, whole pages waste nothing.
    pub(super) fn allocate(least: usize, bytes: usize) -> (Self, usize) {
        let pages = bytes.div_ceil(PAGE_BYTES);
        if bytes >= PAGED_FROM_BYTES
            && pages <= RUN_PAGES_MAX
            && let Some(run) = extents::take(least.div_ceil(PAGE_BYTES), pages)
        {
            let bytes = bytes.min(run.bytes());
            return (Self { start: run.start, origin: Origin::Extent(run) }, bytes);
        }
        (Self::allocate_alone(bytes), bytes)
    }

    /// Memory that is no part of an extent.
    fn allocate_alone(bytes: usize) -> Self {
        let pages = bytes.div_ceil(PAGE_BYTES);
        #[cfg(all(unix, not(miri)))]
        if pages > RUN_PAGES_MAX
            && let Some(start) = map(bytes)
        {
            return Self { start, origin: Origin::Mapped { bytes } };
        }
        let layout = layout(bytes);
        // SAFETY: the layout has a size above zero.
        let start = NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout));
        Self { start, origin: Origin::Allocated { bytes } }
    }

    #[inline]
    pub(super) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.origin, Origin::Nowhere) {
            Origin::Nowhere => {}
            Origin::Extent(run) => extents::give_back(run),
            // SAFETY: allocated with this layout; the owner is gone.
            Origin::Allocated { bytes } => unsafe { dealloc(self.start.as_ptr(), layout(bytes)) },
            #[cfg(all(unix, not(miri)))]
            Origin::Mapped { bytes } => {
                // SAFETY: mapped by `map` with this size; the owner is gone.
                let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), bytes) };
            }
        }
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
