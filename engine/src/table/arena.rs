//! Memory for entries and groups: blocks in steps of 4 bytes, addressed by 32 bits.
//!
//! An arena is a list of chunks that grows by as much as it has up to 16 KiB, from 256 KiB on by about a hundredth (32 KiB to
//! 1 MiB at a time), so there is no doubling spike and little that waits to be carved.
//! Blocks are carved off the end of the newest chunk; freed blocks are kept in lists by exact size up to 2 KiB and
//! by size class above, found through a bitmap, split when a larger one must serve, and joined with a free
//! neighbour behind them.
//!
//! ```text
//! BlockRef   chunk (14 bits) | offset in 4-byte units (18 bits); 0 is "none"
//! free block mark and size (32 bits) | next free (32 bits) | previous free (32 bits)
//! ```
//!
//! The first word of a free block never occurs in a live one ([`Contents`]), so a chunk can be walked from its start.
//!
//! The caller knows the size of a live block (it follows from the entry in it) and gives it back on release, so no
//! block has a header of its own.

use super::pages::{PAGED_FROM_BYTES, Pages};
use std::marker::PhantomData;

/// What lies in the blocks: how a free one is told from a live one.
pub(super) trait Contents {
    /// Every block's size and place is a multiple of this many units; 16 of them are a cache line.
    const GRAIN: u32;
    /// First word of a free block of this size.
    fn free_word(units: u32) -> u32;
    /// Size of the free block that begins with this word, `None` if it is a live one.
    fn free_units(word: u32) -> Option<u32>;
}

/// Entries of a table: their first byte is never 0xFF.
pub(super) struct Entries;

impl Contents for Entries {
    const GRAIN: u32 = 1;

    fn free_word(units: u32) -> u32 {
        0xFF | units << 8
    }

    #[inline]
    fn free_units(word: u32) -> Option<u32> {
        (word & 0xFF == 0xFF).then_some(word >> 8)
    }
}

/// Smallest block in units: room for a free block's three words.
pub(super) const MIN_UNITS: u32 = 3;

const UNIT: usize = 4;
const OFFSET_BITS: u32 = 18;
const OFFSET_MASK: u32 = (1 << OFFSET_BITS) - 1;
const CHUNKS_MAX: usize = 1 << (32 - OFFSET_BITS);
const CHUNK_UNITS_MAX: u32 = 1 << OFFSET_BITS;
/// Chunks up to which an arena takes shorter ones than its size asks for. The others leave it most of its 16 GiB.
const SHORT_CHUNKS_MAX: usize = CHUNKS_MAX / 8;
/// From here on a block gets a chunk of its own.
const DEDICATED_UNITS: u32 = CHUNK_UNITS_MAX / 4;
const FIRST_CHUNK_UNITS: u32 = 256;
/// From here on a chunk is whole pages.
const PAGE_UNITS: u32 = (PAGED_FROM_BYTES / UNIT) as u32;

const _: () = assert!(CHUNK_UNITS_MAX.is_power_of_two() && PAGE_UNITS.is_power_of_two());

const EXACT_BINS: usize = 512;
const BINS: usize = EXACT_BINS + 64;
const BITMAP_WORDS: usize = BINS / 64;

/// Where a block is; never zero for a block.
pub(super) type BlockRef = u32;

struct Chunk {
    memory: Pages,
    /// Units the chunk has; zero for a place in the list whose chunk was given back.
    units: u32,
    /// Units handed out so far, from the start.
    carved: u32,
}

/// Heads of the free lists and a bit for each list that is not empty.
struct Bins {
    heads: [BlockRef; BINS],
    bitmap: [u64; BITMAP_WORDS],
}

pub(super) struct Arena<C> {
    chunks: Vec<Chunk>,
    /// The chunk that new blocks are carved from.
    current: u32,
    /// Places in `chunks` whose chunk was given back.
    vacant: Vec<u32>,
    bins: Option<Box<Bins>>,
    /// Units carved in all chunks.
    carved_units: u64,
    /// Units in free blocks.
    free_units: u64,
    /// Units of all chunks.
    total_units: u64,
    contents: PhantomData<C>,
}

impl<C: Contents> Arena<C> {
    pub(super) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            current: 0,
            vacant: Vec::new(),
            bins: None,
            carved_units: 0,
            free_units: 0,
            total_units: 0,
            contents: PhantomData,
        }
    }

    /// Bytes that were ever handed out and not given back to the system: what the arena keeps resident.
    pub(super) fn used_bytes(&self) -> usize {
        self.carved_units as usize * UNIT
            + self.chunks.capacity() * size_of::<Chunk>()
            + self.bins.as_ref().map_or(0, |_| size_of::<Bins>())
    }

    /// Bytes in blocks that were released and wait to be used again.
    pub(super) fn free_bytes(&self) -> usize {
        self.free_units as usize * UNIT
    }

    /// Whether the 32-bit addresses are nearly used up (16 GiB).
    pub(super) fn is_full(&self) -> bool {
        self.chunks.len() - self.vacant.len() >= CHUNKS_MAX - 64
    }

    /// Start of a block.
    #[inline]
    pub(super) fn pointer(&self, block: BlockRef) -> *mut u8 {
        let chunk = &self.chunks[(block >> OFFSET_BITS) as usize];
        // SAFETY: a BlockRef is only made by `allocate`, which keeps the offset inside the chunk, and chunks that hold a live
        // block are not given back.
        unsafe { chunk.memory.start().add((block & OFFSET_MASK) as usize * UNIT) }
    }

    /// The block that starts at an address; O(chunks), for rare use.
    pub(super) fn block_at(&self, address: *const u8) -> BlockRef {
        let found = self.chunks.iter().enumerate().find_map(|(index, chunk)| {
            let offset = (address as usize).wrapping_sub(chunk.memory.start() as usize) / UNIT;
            (offset < chunk.carved as usize).then_some((index as u32) << OFFSET_BITS | offset as u32)
        });
        found.expect("the address of a live block lies in a chunk")
    }

    /// Takes a block of `units` (at least [`MIN_UNITS`]). Its bytes are not initialised.
    #[inline]
    pub(super) fn allocate(&mut self, units: u32) -> BlockRef {
        debug_assert!(units >= MIN_UNITS && units.is_multiple_of(C::GRAIN));
        if units >= DEDICATED_UNITS {
            return self.allocate_dedicated(units);
        }
        if self.free_units >= u64::from(units)
            && let Some(block) = self.allocate_free(units)
        {
            return block;
        }
        if let Some(chunk) = self.chunks.get_mut(self.current as usize)
            && chunk.units - chunk.carved >= units
            && chunk.carved <= OFFSET_MASK
        {
            let block = self.current << OFFSET_BITS | chunk.carved;
            chunk.carved += units;
            self.carved_units += u64::from(units);
            return block;
        }
        self.allocate_slow(units)
    }

    fn allocate_free(&mut self, units: u32) -> Option<BlockRef> {
        let bins = self.bins.as_deref()?;
        let exact = bin_holding(units);
        if exact < EXACT_BINS && bins.heads[exact] != 0 {
            let block = bins.heads[exact];
            self.unlink(block, units);
            return Some(block);
        }
        // Larger blocks are split only when much lies free, lest every odd size leaves crumbs.
        if self.free_units * 8 > self.carved_units { self.allocate_split(units) } else { None }
    }

    fn allocate_split(&mut self, units: u32) -> Option<BlockRef> {
        let bins = self.bins.as_deref()?;
        let bin = bins.first_from(bin_serving(units + MIN_UNITS.max(C::GRAIN)))?;
        let block = bins.heads[bin];
        let size = self.free_size(block);
        debug_assert!(size >= units + MIN_UNITS.max(C::GRAIN));
        self.unlink(block, size);
        self.link(block + units, size - units);
        Some(block)
    }

    /// A chunk for one block. No large block is ever carved from another chunk: releasing it gives the whole chunk back.
    #[cold]
    fn allocate_dedicated(&mut self, units: u32) -> BlockRef {
        let index = self.add_chunk(units, units);
        let chunk = &mut self.chunks[index as usize];
        chunk.carved = units;
        self.carved_units += u64::from(units);
        index << OFFSET_BITS
    }

    #[cold]
    fn allocate_slow(&mut self, units: u32) -> BlockRef {
        if self.free_units * 16 > self.carved_units
            && let Some(block) = self.allocate_split(units)
        {
            return block;
        }
        self.retire_current();
        let least = units + C::GRAIN;
        let size = next_chunk_units(self.total_units).max(least);
        // Powers of two of pages fill extents without a rest.
        let size = match size {
            ..PAGE_UNITS => size.next_multiple_of(FIRST_CHUNK_UNITS),
            PAGE_UNITS.. => size.next_power_of_two(),
        };
        let least = if self.chunks.len() < SHORT_CHUNKS_MAX { least } else { size };
        let index = self.add_chunk(least, size);
        self.current = index;
        let chunk = &mut self.chunks[index as usize];
        let start = chunk.carved;
        chunk.carved += units;
        self.carved_units += u64::from(units);
        index << OFFSET_BITS | start
    }

    /// Makes the uncarved rest of the current chunk a free block.
    fn retire_current(&mut self) {
        let index = self.current;
        let Some(chunk) = self.chunks.get_mut(index as usize) else { return };
        let rest = chunk.units - chunk.carved;
        if rest >= MIN_UNITS && chunk.carved <= OFFSET_MASK {
            let block = index << OFFSET_BITS | chunk.carved;
            chunk.carved += rest;
            self.carved_units += u64::from(rest);
            self.link(block, rest);
        }
    }

    /// Adds a chunk of so many units, or of fewer down to `least` where that fills a hole.
    fn add_chunk(&mut self, least: u32, units: u32) -> u32 {
        if self.chunks.is_empty() && units >= DEDICATED_UNITS {
            // Keeps chunk 0 an ordinary one: offset 0 of it would be the null reference.
            self.add_chunk(FIRST_CHUNK_UNITS, FIRST_CHUNK_UNITS);
        }
        let (memory, bytes) = Pages::allocate(least as usize * UNIT, units as usize * UNIT);
        let units = (bytes / UNIT) as u32;
        self.total_units += u64::from(units);
        let chunk = Chunk { memory, units, carved: 0 };
        if let Some(index) = self.vacant.pop() {
            self.chunks[index as usize] = chunk;
            return index;
        }
        assert!(self.chunks.len() < CHUNKS_MAX, "an arena holds at most 16 GiB; `is_full` is asked before");
        if self.chunks.is_empty() {
            // The start of chunk 0 stays unused so that no block has reference 0.
            self.chunks.push(Chunk { carved: C::GRAIN, ..chunk });
            self.carved_units += u64::from(C::GRAIN);
            return 0;
        }
        self.chunks.push(chunk);
        (self.chunks.len() - 1) as u32
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// `block` came from [`Self::allocate`] with `units` and was not released since.
    pub(super) unsafe fn release(&mut self, block: BlockRef, units: u32) {
        let index = block >> OFFSET_BITS;
        let chunk = &mut self.chunks[index as usize];
        if units >= DEDICATED_UNITS {
            self.total_units -= u64::from(chunk.units);
            self.carved_units -= u64::from(chunk.carved);
            // A dedicated chunk holds this one block.
            *chunk = Chunk { memory: Pages::NONE, units: 0, carved: 0 };
            self.vacant.push(index);
            return;
        }
        let carved = chunk.carved;
        let mut units = units;
        let end = (block & OFFSET_MASK) + units;
        if end < carved {
            let next = block + units;
            // SAFETY: `next` is the start of a block of this chunk, since blocks lie end to end up to `carved`.
            if let Some(size) = C::free_units(unsafe { self.word(next, 0).read() }) {
                self.unlink(next, size);
                units += size;
            }
        }
        if (block & OFFSET_MASK) + units == carved && index == self.current {
            let chunk = &mut self.chunks[index as usize];
            chunk.carved -= units;
            self.carved_units -= u64::from(units);
            return;
        }
        self.link(block, units);
    }

    fn word(&self, block: BlockRef, index: usize) -> *mut u32 {
        // Blocks are aligned to 4 bytes and have at least three words.
        self.pointer(block).cast::<u32>().wrapping_add(index)
    }

    fn free_size(&self, block: BlockRef) -> u32 {
        // SAFETY: `block` is a free block, whose first word holds mark and size.
        C::free_units(unsafe { self.word(block, 0).read() }).expect("lists hold free blocks")
    }

    fn link(&mut self, block: BlockRef, units: u32) {
        let bin = bin_holding(units);
        let bins = self.bins.get_or_insert_with(|| Box::new(Bins { heads: [0; BINS], bitmap: [0; BITMAP_WORDS] }));
        let next = bins.heads[bin];
        bins.heads[bin] = block;
        bins.bitmap[bin / 64] |= 1 << (bin % 64);
        self.free_units += u64::from(units);
        // SAFETY: the block is not in use and has at least three words; so has the free block after it in the list.
        unsafe {
            self.word(block, 0).write(C::free_word(units));
            self.word(block, 1).write(next);
            self.word(block, 2).write(0);
            if next != 0 {
                self.word(next, 2).write(block);
            }
        }
    }

    fn unlink(&mut self, block: BlockRef, units: u32) {
        let bin = bin_holding(units);
        // SAFETY: `block` is in the free list of its size, so its three words are initialised and its neighbours are free blocks.
        unsafe {
            let next = self.word(block, 1).read();
            let previous = self.word(block, 2).read();
            if next != 0 {
                self.word(next, 2).write(previous);
            }
            if previous != 0 {
                self.word(previous, 1).write(next);
            } else if let Some(bins) = self.bins.as_deref_mut() {
                debug_assert_eq!(bins.heads[bin], block);
                bins.heads[bin] = next;
                if next == 0 {
                    bins.bitmap[bin / 64] &= !(1 << (bin % 64));
                }
            }
        }
        self.free_units -= u64::from(units);
    }

    /// Walks every chunk and checks that blocks lie end to end and free lists and counters agree. `live_units` tells
    /// the size of the live block at a pointer.
    pub(super) fn check(&self, live_units: impl Fn(*const u8) -> u32) -> (usize, u64) {
        let (mut live_blocks, mut free_units, mut carved_units) = (0, 0, 0);
        for (index, chunk) in self.chunks.iter().enumerate() {
            carved_units += u64::from(chunk.carved);
            let mut offset = if index == 0 { C::GRAIN } else { 0 };
            while offset < chunk.carved {
                let block = (index as u32) << OFFSET_BITS | offset;
                let pointer = self.pointer(block);
                // SAFETY: `offset` is the start of a block below `carved`.
                let free = C::free_units(unsafe { self.word(block, 0).read() });
                let units = if let Some(units) = free {
                    free_units += u64::from(units);
                    units
                } else {
                    live_blocks += 1;
                    live_units(pointer)
                };
                assert!(units >= MIN_UNITS);
                offset += units;
            }
            assert!(offset == chunk.carved || chunk.units == 0, "blocks end where carving does");
        }
        assert_eq!(free_units, self.free_units);
        assert_eq!(carved_units, self.carved_units);
        let mut listed = 0;
        if let Some(bins) = self.bins.as_deref() {
            for bin in 0..BINS {
                assert_eq!(bins.heads[bin] != 0, bins.bitmap[bin / 64] >> (bin % 64) & 1 == 1);
                let (mut block, mut previous) = (bins.heads[bin], 0);
                while block != 0 {
                    let size = self.free_size(block);
                    assert_eq!(bin_holding(size), bin);
                    listed += u64::from(size);
                    // SAFETY: a listed block is free and has three words.
                    unsafe {
                        assert_eq!(self.word(block, 2).read(), previous);
                        previous = block;
                        block = self.word(block, 1).read();
                    }
                }
            }
        }
        assert_eq!(listed, self.free_units);
        (live_blocks, free_units)
    }
}

impl Bins {
    fn first_from(&self, bin: usize) -> Option<usize> {
        let mut word = bin / 64;
        let mut bits = *self.bitmap.get(word)? & (!0 << (bin % 64));
        while bits == 0 {
            word += 1;
            bits = *self.bitmap.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }
}

/// How large the next chunk of an arena is that has so many units.
fn next_chunk_units(total: u64) -> u32 {
    let wanted = match total * UNIT as u64 {
        // Small tables come and go: what they would leave in extents keeps these from becoming free.
        bytes if bytes < 256 << 10 => total.min(u64::from(PAGE_UNITS / 2)),
        _ => 1 << (total / 64).max(u64::from(PAGE_UNITS)).ilog2(),
    };
    wanted.clamp(u64::from(FIRST_CHUNK_UNITS), u64::from(CHUNK_UNITS_MAX)) as u32
}

/// Units of a block of `bytes`.
#[inline]
pub(super) fn units_for(bytes: usize) -> u32 {
    (bytes.div_ceil(UNIT) as u32).max(MIN_UNITS)
}

/// The bin a free block of this size belongs to.
fn bin_holding(units: u32) -> usize {
    if (units as usize) < EXACT_BINS {
        return units as usize;
    }
    // Four classes for each doubling from 512 units on.
    let log = units.ilog2();
    let quarter = units >> (log - 2) & 3;
    (EXACT_BINS + ((log - 9) * 4 + quarter) as usize).min(BINS - 1)
}

/// The first bin all of whose blocks are at least this large.
fn bin_serving(units: u32) -> usize {
    let bin = bin_holding(units);
    if bin < EXACT_BINS {
        return bin;
    }
    let log = units.ilog2();
    let class_start = (4 + (units >> (log - 2) & 3)) << (log - 2);
    if class_start == units { bin } else { bin + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bins_are_ordered_and_serve() {
        let mut last = 0;
        for units in MIN_UNITS..CHUNK_UNITS_MAX {
            let bin = bin_holding(units);
            assert!(bin >= last && bin < BINS);
            last = bin;
            let serving = bin_serving(units);
            assert!(serving == bin || serving == bin + 1);
            if serving == bin && units as usize >= EXACT_BINS {
                assert!(bin_holding(units - 1) < bin);
            }
        }
    }

    #[test]
    fn large_blocks_have_chunks_of_their_own() {
        let mut arena = Arena::<Entries>::new();
        // Grows the arena until its current chunk has room for a large block, and leaves large free blocks behind.
        let small = DEDICATED_UNITS - 1;
        let blocks: Vec<BlockRef> = (0..40).map(|_| arena.allocate(small)).collect();
        // SAFETY: every block is live and released once, with its size.
        unsafe { blocks[10..20].iter().rev().for_each(|block| arena.release(*block, small)) };
        let chunks = arena.chunks.len();
        let large = arena.allocate(DEDICATED_UNITS);
        assert_eq!((large & OFFSET_MASK, arena.chunks.len()), (0, chunks + 1));
        // SAFETY: as above.
        unsafe { arena.release(large, DEDICATED_UNITS) };
        let live = |_| small;
        assert_eq!(arena.check(live).0, 30);
    }

    proptest! {
        /// Against a plain list of (block, bytes written): no block overlaps another, whatever is taken and given back.
        #[test]
        fn blocks_keep_their_bytes(steps in prop::collection::vec((any::<bool>(), 1usize..3000, any::<u8>()), 1..600)) {
            let mut arena = Arena::<Entries>::new();
            let mut model: Vec<(BlockRef, usize, u8)> = Vec::new();
            for (take, bytes, seed) in steps {
                if take || model.is_empty() {
                    let bytes = if seed == 7 { bytes * 400 } else if seed > 128 { bytes % 100 + 12 } else { bytes.max(12) };
                    let block = arena.allocate(units_for(bytes));
                    let fill = seed & 0x7F;
                    // SAFETY: the block has at least `bytes` bytes.
                    unsafe { arena.pointer(block).write_bytes(fill, bytes) };
                    model.push((block, bytes, fill));
                } else {
                    let (block, bytes, fill) = model.swap_remove(bytes % model.len());
                    // SAFETY: as above; the block is live until released here.
                    unsafe {
                        let slice = std::slice::from_raw_parts(arena.pointer(block), bytes);
                        prop_assert!(slice.iter().all(|byte| *byte == fill));
                        arena.release(block, units_for(bytes));
                    }
                }
            }
            let live: std::collections::HashMap<usize, u32> =
                model.iter().map(|(block, bytes, _)| (arena.pointer(*block) as usize, units_for(*bytes))).collect();
            let (blocks, _) = arena.check(|pointer| live[&(pointer as usize)]);
            prop_assert_eq!(blocks, model.len());
        }
    }
}
