//! Memory for chunks in pages of 32 KiB, cut from extents of 2 MiB that huge pages back.
//!
//! A look-up in a large table goes to memory that no translation cache covers in pages of 4 KiB: with huge pages the walk to
//! the translation, which a prefetch has to wait for, is gone for all but the largest tables. And a new page costs its first
//! user a fault, which takes longer than fifty inserts; a thread of its own keeps extents ready whose memory is there.
//!
//! ```text
//! extent   64 pages of 32 KiB, a bit each: 1 free
//! classes  extents by their longest run of free pages; a run is taken from the smallest class that has one
//! ready    whole extents with memory behind them    vacant   whole extents without
//! ```
//!
//! Tables of a process share the extents, so that the part of a chunk that nothing was carved from yet is all they waste. What
//! tables that have gone leave between others is used before an extent is begun, in shorter runs than asked for: 64 shards with 4M
//! keys made into 8 take 414 MB after 403 MB, where they took 612 MB. An extent that becomes free gives its memory back to the
//! system and keeps its addresses.

use std::ptr::NonNull;

use parking_lot::{Condvar, Mutex, MutexGuard};

/// Unit of allocation.
pub(super) const PAGE_BYTES: usize = 32 << 10;
/// Largest run.
pub(super) const RUN_PAGES_MAX: usize = 32;
const EXTENT_PAGES: usize = 64;
const EXTENT_BYTES: usize = EXTENT_PAGES * PAGE_BYTES;
/// Extents that are mapped at a time: addresses only.
const EXTENTS_MAPPED: usize = 32;
/// Extents kept ready at most.
const READY_MAX: usize = 8;
/// Extents in use for each that is kept ready beyond the first: what waits unused stays below two percent.
const USED_PER_READY: usize = 64;
const NONE: u32 = u32::MAX;
const ALL_FREE: u64 = u64::MAX;

const _: () = assert!(EXTENT_PAGES == u64::BITS as usize && EXTENT_BYTES == 2 << 20 && RUN_PAGES_MAX < EXTENT_PAGES);

/// A run of pages that was taken.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) start: NonNull<u8>,
    extent: u32,
    first: u8,
    pages: u8,
}

struct Extent {
    start: NonNull<u8>,
    /// A bit for each free page.
    free: u64,
    /// Length of the longest run of them.
    longest: u8,
    /// Neighbours in the list of the class.
    previous: u32,
    next: u32,
}

// SAFETY: an extent owns the memory at its start, which nobody else knows but through the runs handed out.
unsafe impl Send for Extent {}

/// Extents and who has which of their pages.
pub(super) struct Extents {
    extents: Vec<Extent>,
    /// First extent of each class, the class being the longest run of free pages; only extents partly in use are listed.
    heads: [u32; EXTENT_PAGES],
    /// A bit for each class that has an extent.
    classes: u64,
    ready: Vec<u32>,
    vacant: Vec<u32>,
    /// Whether the thread that makes extents ready was started.
    has_keeper: bool,
}

static EXTENTS: Mutex<Extents> = Mutex::new(Extents::new());
static WANTED: Condvar = Condvar::new();

/// Takes so many neighbouring pages, 1 to [`RUN_PAGES_MAX`]; what lies in them is undefined. Rather than begin an extent, takes
/// the longest run there is of `least` pages or more. `None` when the system has no addresses left.
pub(super) fn take(least: usize, pages: usize) -> Option<Run> {
    let mut extents = EXTENTS.lock();
    let run = extents.take(least, pages);
    if extents.wants_ready() {
        if !std::mem::replace(&mut extents.has_keeper, true) {
            // Without it extents get their memory when they are first used.
            let _ = std::thread::Builder::new().name("rkvs-extents".into()).spawn(keep_ready);
        }
        WANTED.notify_one();
    }
    run
}

/// Gives a run back.
pub(super) fn give_back(run: Run) {
    let mut extents = EXTENTS.lock();
    if let Some(extent) = extents.give_back(run) {
        extents.ready.push(extent);
        empty_surplus(extents);
    }
}

/// Gives the memory of extents back that are ready and no longer wanted so.
fn empty_surplus(mut extents: MutexGuard<'_, Extents>) {
    while extents.ready.len() > extents.ready_wanted()
        && let Some(extent) = extents.ready.pop()
    {
        let start = extents.extents[extent as usize].start;
        MutexGuard::unlocked(&mut extents, || system::empty(start));
        extents.vacant.push(extent);
    }
}

/// Keeps as many extents ready as are wanted, for the life of the process.
fn keep_ready() {
    let mut extents = EXTENTS.lock();
    loop {
        while !extents.wants_ready() {
            WANTED.wait(&mut extents);
        }
        let Some(extent) = extents.take_vacant() else {
            WANTED.wait(&mut extents);
            continue;
        };
        let start = extents.extents[extent as usize].start;
        drop(extents);
        system::fill(start);
        extents = EXTENTS.lock();
        extents.ready.push(extent);
    }
}

impl Run {
    pub(super) fn bytes(&self) -> usize {
        usize::from(self.pages) * PAGE_BYTES
    }
}

impl Extents {
    const fn new() -> Self {
        Self {
            extents: Vec::new(),
            heads: [NONE; EXTENT_PAGES],
            classes: 0,
            ready: Vec::new(),
            vacant: Vec::new(),
            has_keeper: false,
        }
    }

    fn ready_wanted(&self) -> usize {
        let used = self.extents.len() - self.vacant.len() - self.ready.len();
        if used == 0 { 0 } else { (1 + used / USED_PER_READY).min(READY_MAX) }
    }

    fn wants_ready(&self) -> bool {
        self.ready.len() < self.ready_wanted()
    }

    fn take(&mut self, least: usize, mut pages: usize) -> Option<Run> {
        debug_assert!((1..=RUN_PAGES_MAX).contains(&pages) && (1..=pages).contains(&least));
        let serving = self.classes & (!0 << pages);
        let shorter = self.classes & (!0 << least);
        let index = if serving != 0 {
            let index = self.heads[serving.trailing_zeros() as usize];
            self.unlist(index);
            index
        } else if shorter != 0 {
            // Tables that have gone leave such holes between those that stay.
            pages = shorter.ilog2() as usize;
            let index = self.heads[pages];
            self.unlist(index);
            index
        } else {
            match self.ready.pop() {
                Some(index) => index,
                None => self.take_vacant()?,
            }
        };
        let extent = &mut self.extents[index as usize];
        let first = runs_of(extent.free, pages).trailing_zeros();
        extent.free &= !(ones(pages) << first);
        let start = extent.start;
        self.list(index);
        // SAFETY: the pages lie inside the extent.
        let start = unsafe { start.add(first as usize * PAGE_BYTES) };
        Some(Run { start, extent: index, first: first as u8, pages: pages as u8 })
    }

    /// Marks a run free; returns its extent when that is free as a whole now and no longer known here.
    fn give_back(&mut self, run: Run) -> Option<u32> {
        self.unlist(run.extent);
        let extent = &mut self.extents[run.extent as usize];
        let pages = ones(usize::from(run.pages)) << run.first;
        debug_assert!(extent.free & pages == 0, "a run is given back once");
        extent.free |= pages;
        if extent.free == ALL_FREE {
            return Some(run.extent);
        }
        self.list(run.extent);
        None
    }

    /// An extent that has no memory behind it.
    fn take_vacant(&mut self) -> Option<u32> {
        if self.vacant.is_empty() {
            let mapped = system::map(EXTENTS_MAPPED)?;
            // The lowest addresses are used first.
            for number in (0..EXTENTS_MAPPED).rev() {
                self.vacant.push((self.extents.len() + number) as u32);
            }
            self.extents.extend((0..EXTENTS_MAPPED).map(|number| {
                // SAFETY: so many extents were mapped.
                let start = unsafe { mapped.add(number * EXTENT_BYTES) };
                Extent { start, free: ALL_FREE, longest: EXTENT_PAGES as u8, previous: NONE, next: NONE }
            }));
        }
        self.vacant.pop()
    }

    /// Enters an extent into the list of its class, unless it has no free page.
    fn list(&mut self, index: u32) {
        let extent = &mut self.extents[index as usize];
        let longest = longest_run(extent.free);
        extent.longest = longest as u8;
        if longest == 0 {
            return;
        }
        let next = std::mem::replace(&mut self.heads[longest], index);
        (extent.previous, extent.next) = (NONE, next);
        if let Some(next) = self.extents.get_mut(next as usize) {
            next.previous = index;
        }
        self.classes |= 1 << longest;
    }

    /// Takes an extent out of the list of its class.
    fn unlist(&mut self, index: u32) {
        let &Extent { longest, previous, next, .. } = &self.extents[index as usize];
        let class = usize::from(longest);
        if class == 0 {
            return;
        }
        if let Some(next) = self.extents.get_mut(next as usize) {
            next.previous = previous;
        }
        if let Some(previous) = self.extents.get_mut(previous as usize) {
            previous.next = next;
            return;
        }
        debug_assert_eq!(self.heads[class], index);
        self.heads[class] = next;
        if next == NONE {
            self.classes &= !(1 << class);
        }
    }
}

/// So many low bits.
fn ones(count: usize) -> u64 {
    (1 << count) - 1
}

/// A bit for each place at which a run of so many ones begins.
fn runs_of(bits: u64, count: usize) -> u64 {
    (1..count).fold(bits, |runs, distance| runs & bits >> distance)
}

/// Length of the longest run of ones.
fn longest_run(mut bits: u64) -> usize {
    let mut length = 0;
    while bits != 0 {
        bits &= bits >> 1;
        length += 1;
    }
    length
}

/// What the operating system does for extents.
#[cfg(all(unix, not(miri)))]
mod system {
    use std::ptr::NonNull;

    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};

    use super::EXTENT_BYTES;

    /// Addresses for so many extents, aligned to their size.
    pub(super) fn map(extents: usize) -> Option<NonNull<u8>> {
        let bytes = extents * EXTENT_BYTES;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new private mapping aliases nothing.
        let mapped = unsafe {
            mmap_anonymous(std::ptr::null_mut(), bytes + EXTENT_BYTES, ProtFlags::READ | ProtFlags::WRITE, flags)
        };
        let mapped = mapped.ok()?.cast::<u8>();
        // What stands over at both ends is never touched.
        let start = mapped.wrapping_add(mapped.align_offset(EXTENT_BYTES));
        #[cfg(target_os = "linux")]
        // SAFETY: the range lies inside the mapping; an advice changes no content. Where huge pages are off nothing changes.
        let _ = unsafe { madvise(start.cast(), bytes, Advice::LinuxHugepage) };
        NonNull::new(start)
    }

    /// Puts memory behind an extent.
    pub(super) fn fill(start: NonNull<u8>) {
        #[cfg(target_os = "linux")]
        // SAFETY: the extent is mapped and in nobody's use; populating changes no content. Kernels before 5.14 refuse, and the
        // first use fills it.
        let _ = unsafe { madvise(start.as_ptr().cast(), EXTENT_BYTES, Advice::LinuxPopulateWrite) };
        #[cfg(not(target_os = "linux"))]
        let _ = start;
    }

    /// Gives an extent's memory back.
    pub(super) fn empty(start: NonNull<u8>) {
        #[cfg(target_os = "linux")]
        let advice = Advice::LinuxDontNeed;
        #[cfg(not(target_os = "linux"))]
        let advice = Advice::DontNeed;
        // SAFETY: no run of the extent is in use, so nobody misses its content.
        let _ = unsafe { madvise(start.as_ptr().cast(), EXTENT_BYTES, advice) };
    }
}

#[cfg(not(all(unix, not(miri))))]
mod system {
    use std::ptr::NonNull;

    pub(super) fn map(_: usize) -> Option<NonNull<u8>> {
        None
    }

    pub(super) fn fill(_: NonNull<u8>) {}

    pub(super) fn empty(_: NonNull<u8>) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_are_found_as_by_looking_at_every_place(bits: u64, mask: u64, count in 1usize..=RUN_PAGES_MAX) {
            // Bits that stand in runs, too.
            for bits in [bits, bits | mask, bits | mask | mask.rotate_left(7), !(bits & mask & bits.rotate_left(5)), ALL_FREE] {
                let is_run = |at: usize| at + count <= 64 && bits >> at & ones(count) == ones(count);
                let expected: u64 = (0..64).filter(|at| is_run(*at)).map(|at| 1u64 << at).sum();
                prop_assert_eq!(runs_of(bits, count), expected);
                let longest = (0..=64usize).rev().find(|len| {
                    *len == 0 || (0..=64 - len).any(|at| (at..at + len).all(|bit| bits >> bit & 1 == 1))
                });
                prop_assert_eq!(Some(longest_run(bits)), longest);
            }
        }
    }

    #[cfg(not(miri))]
    proptest! {
        /// Against a plain list of what is taken: runs never overlap, lists hold what they should, everything comes back.
        #[test]
        fn runs_never_overlap(
            steps in prop::collection::vec((any::<bool>(), 1usize..=RUN_PAGES_MAX, any::<usize>()), 1..300),
            takes_shorter: bool,
        ) {
            let mut extents = Extents::new();
            let mut taken: Vec<Run> = Vec::new();
            for (take, pages, choice) in steps {
                if take || taken.is_empty() {
                    let least = if takes_shorter { 1 + choice % pages } else { pages };
                    let run = extents.take(least, pages).expect("there are addresses");
                    let place = |run: &Run| {
                        let start = run.start.as_ptr() as usize;
                        start..start + run.bytes()
                    };
                    let new = place(&run);
                    prop_assert!((least..=pages).contains(&usize::from(run.pages)));
                    for old in taken.iter().map(place) {
                        prop_assert!(new.end <= old.start || old.end <= new.start);
                    }
                    taken.push(run);
                } else {
                    let run = taken.swap_remove(choice % taken.len());
                    if let Some(extent) = extents.give_back(run) {
                        extents.vacant.push(extent);
                    }
                }
                let used: usize = taken.iter().map(|run| usize::from(run.pages)).sum();
                let free: usize = extents.extents.iter().map(|extent| extent.free.count_ones() as usize).sum();
                prop_assert_eq!(used + free, extents.extents.len() * EXTENT_PAGES);
                let mut listed = 0;
                for class in 1..EXTENT_PAGES {
                    let mut index = extents.heads[class];
                    prop_assert_eq!(index != NONE, extents.classes >> class & 1 == 1);
                    while index != NONE {
                        let extent = &extents.extents[index as usize];
                        prop_assert_eq!(longest_run(extent.free), class);
                        listed += 1;
                        index = extent.next;
                    }
                }
                let partly = extents.extents.iter().filter(|extent| ![0, ALL_FREE].contains(&extent.free)).count();
                prop_assert_eq!(listed, partly);
            }
            for run in taken {
                extents.give_back(run);
            }
            prop_assert!(extents.extents.iter().all(|extent| extent.free == ALL_FREE) && extents.classes == 0);
        }
    }

    #[cfg(not(miri))]
    #[test]
    fn what_tables_leave_between_others_is_used_again() {
        let mut extents = Extents::new();
        let mut runs: Vec<Run> = (0..100 * 16).map(|_| extents.take(4, 4).expect("there are addresses")).collect();
        let used = extents.extents.len() - extents.vacant.len();
        assert_eq!(used, 100);
        let mut is_odd = false;
        runs.retain_mut(|run| {
            is_odd = !is_odd;
            if is_odd {
                let gone = Run { ..*run };
                extents.give_back(gone);
            }
            !is_odd
        });
        let mut pages = 0;
        while pages < 100 * 32 {
            pages += usize::from(extents.take(1, RUN_PAGES_MAX).expect("there are addresses").pages);
        }
        assert_eq!(extents.extents.len() - extents.vacant.len(), used);
    }

    #[cfg(not(miri))]
    #[test]
    fn pages_are_memory_and_come_back() {
        let mut runs: Vec<Run> =
            (1..=RUN_PAGES_MAX).map(|pages| take(pages, pages).expect("there is memory")).collect();
        for (fill, run) in runs.iter().enumerate() {
            // SAFETY: the run is ours and so many pages long.
            unsafe { run.start.as_ptr().write_bytes(fill as u8 + 1, run.bytes()) };
        }
        for (fill, run) in runs.iter().enumerate() {
            // SAFETY: as above, written just now.
            let bytes = unsafe { std::slice::from_raw_parts(run.start.as_ptr(), run.bytes()) };
            assert!(bytes.iter().all(|byte| *byte == fill as u8 + 1));
        }
        runs.drain(..).for_each(give_back);
    }
}
