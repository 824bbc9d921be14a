//! Every bit, every length, and pieces of files put together: all of it is refused, and costs little memory.

#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::thread;

use rkvs_engine::random::Random;
use rkvs_engine::snapshot::file::format::{END, MAGIC};
use rkvs_engine::snapshot::file::{Compression, LoadError, Problem};

use crate::sample::{Content, load_bytes};

/// Notes how much memory the calling thread has taken, and the most it had.
struct Counting;

thread_local! {
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
    static MOST_BYTES: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: everything is left to the system's allocator; the counters are plain cells without destructors.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE_BYTES.set(LIVE_BYTES.get() + layout.size() as isize);
        MOST_BYTES.set(MOST_BYTES.get().max(LIVE_BYTES.get()));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE_BYTES.set(LIVE_BYTES.get() - layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most memory that refusing a file of some 20 KB may take.
const MEMORY_BYTES_MAX: isize = 4 << 20;

/// Returns why bytes are refused, having taken little memory.
fn refusal(bytes: &[u8]) -> Option<Problem> {
    let before = LIVE_BYTES.get();
    MOST_BYTES.set(before);
    let answer = load_bytes(bytes);
    let taken = MOST_BYTES.get() - before;
    assert!(taken < MEMORY_BYTES_MAX, "{taken} bytes for {answer:?}");
    match answer {
        Ok(_) => None,
        Err(LoadError::Damaged { problem, offset, .. }) => {
            assert!(offset <= bytes.len() as u64, "{problem} at {offset}");
            Some(problem)
        }
        Err(error) => panic!("{error}"),
    }
}

/// A snapshot of some 20 KB, some of its blocks compressed.
fn reference() -> Vec<u8> {
    let bytes = Content::random(11, 3, 38, 900).bytes(Compression::Lz4);
    assert!(bytes.len() * 8 >= 150_000, "{} bytes", bytes.len());
    bytes
}

/// Does work for each number below `count`, on two threads.
fn spread(count: usize, work: impl Fn(usize) + Sync) {
    let work = &work;
    thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || (half..count).step_by(2).for_each(work));
        }
    });
}

#[test]
fn every_flipped_bit_is_refused() {
    let reference = reference();
    spread(reference.len(), |at| {
        let mut bytes = reference.clone();
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(refusal(&bytes).is_some(), "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
    });
}

#[test]
fn every_length_but_the_right_one_is_refused() {
    let reference = reference();
    spread(reference.len(), |len_bytes| {
        assert!(refusal(&reference[..len_bytes]).is_some(), "{len_bytes} bytes");
    });
    let mut random = Random::from_seed(1);
    let mut longer = reference.clone();
    for _ in 0..200 {
        longer.push(random.next_u64() as u8);
        assert!(refusal(&longer).is_some());
    }
    for other in [reference.as_slice(), &[0; 700], &END, &MAGIC, b"\n"] {
        assert!(refusal(&[&reference, other].concat()).is_some());
    }
    for len_bytes in [1, 7, 8, 16, 512, 4_096, 100_000] {
        assert_eq!(refusal(&vec![0; len_bytes]), Some(Problem::Magic), "{len_bytes} zeros");
    }
}

/// Where the blocks of a snapshot begin, and where the last one ends. Found by the numbers in the file, which is whole.
fn bounds(bytes: &[u8]) -> Vec<usize> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let end = bytes.len() - 32 - number(bytes.len() - 32);
    let mut bounds = vec![16 + number(12) + 4];
    while bounds[bounds.len() - 1] < end {
        let at = bounds[bounds.len() - 1];
        bounds.push(at + 32 + number(at + 20));
    }
    assert_eq!(bounds[bounds.len() - 1], end);
    bounds
}

#[test]
fn pieces_put_together_are_refused() {
    let content = Content::random(11, 3, 30, 900);
    // A sibling with the same header and blocks of the same lengths, each of them sound by itself.
    let mut sibling = content.clone();
    sibling.blocks.iter_mut().for_each(|(.., payload)| payload.iter_mut().for_each(|byte| *byte ^= 0x55));
    let later = Content::random(12, 3, 30, 900);
    let files = [&content, &sibling, &later].map(|content| content.bytes(Compression::None));
    assert_eq!(files[0].len(), files[1].len());

    let mut random = Random::from_seed(2);
    let mut problems: HashMap<Discriminant<Problem>, usize> = HashMap::new();
    let mut tries = 0;
    while tries < 10_000 {
        let (into, from) = (&files[0], &files[random.below(3) as usize]);
        let (into_bounds, from_bounds) = (bounds(into), bounds(from));
        let mut pick = |bounds: &[usize]| {
            let block = random.below(bounds.len() as u64 - 1) as usize;
            bounds[block]..bounds[block + 1]
        };
        let (one, other) = (pick(&into_bounds), pick(&into_bounds));
        let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
        let foreign = pick(&from_bounds);
        let spliced = match random.below(9) {
            // A block in place of another, one more, one less.
            0 => [&into[..first.start], &from[foreign], &into[first.end..]].concat(),
            1 => [&into[..first.start], &from[foreign], &into[first.start..]].concat(),
            2 => [&into[..first.start], &into[first.end..]].concat(),
            // Two that change places.
            3 if first.end <= second.start => {
                let between = &into[first.end..second.start];
                [&into[..first.start], &into[second.clone()], between, &into[first.clone()], &into[second.end..]]
                    .concat()
            }
            // One said twice.
            4 => [&into[..first.end], &into[first.start..]].concat(),
            // The beginning of one file and the end of another, at a block or anywhere.
            5 if foreign.start > from_bounds[0] => [&into[..first.start], &from[foreign.start..]].concat(),
            6 => {
                let at = random.below(into.len() as u64) as usize;
                [&into[..at], &from[at.min(from.len())..]].concat()
            }
            // Any bytes over any others.
            7 => {
                let len_bytes = 1 + random.below(600) as usize;
                let to = random.below((into.len() - len_bytes) as u64) as usize;
                let at = random.below((from.len() - len_bytes) as u64) as usize;
                let mut bytes = into.clone();
                bytes[to..to + len_bytes].copy_from_slice(&from[at..at + len_bytes]);
                bytes
            }
            // The same block of the sibling: all but the whole checksum says that it is right.
            _ => {
                let mut bytes = into.clone();
                bytes[first.clone()].copy_from_slice(&files[1][first]);
                bytes
            }
        };
        if files.contains(&spliced) {
            continue;
        }
        tries += 1;
        let problem = refusal(&spliced).expect("it is none of the files");
        *problems.entry(discriminant(&problem)).or_default() += 1;
    }
    eprintln!("{tries} splices: {problems:?}");
    for problem in [
        Problem::Checksum,
        Problem::BlockHead,
        Problem::BlockPayload,
        Problem::Sequence { expected: 0, found: 0 },
        Problem::FileLength(0),
        Problem::Totals { section: 0 },
    ] {
        let found = problems.get(&discriminant(&problem)).copied();
        assert!(found.is_some() || matches!(problem, Problem::Totals { .. }), "{problem}: {problems:?}");
    }
}

/// Lengths that lie are found out before memory is taken for them, even where all checksums are right.
#[test]
fn lengths_that_lie_cost_nothing() {
    let reference = Content::random(13, 3, 4, 100).bytes(Compression::None);
    for at in 0..reference.len().saturating_sub(4) {
        for lie in [u32::MAX, 1 << 31, 1 << 24, 1 << 20, 0] {
            let mut bytes = reference.clone();
            bytes[at..at + 4].copy_from_slice(&lie.to_le_bytes());
            assert!(bytes == reference || refusal(&bytes).is_some());
        }
    }
}
