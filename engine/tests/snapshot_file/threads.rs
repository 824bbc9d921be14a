//! Several threads write one snapshot, and several read it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rkvs_engine::random::Random;
use rkvs_engine::snapshot::file::testing::{Fault, MemoryDisk};
use rkvs_engine::snapshot::file::{
    Compression, Directory, LoadError, Reader, SaveError, SectionTotals, WriteOptions, Writer,
};

use crate::sample::{header, memory, name};

const WRITERS: u32 = 6;
const BLOCKS: u64 = 200;

/// The payload of a writer's block: told by its numbers.
fn payload(writer: u32, block: u64) -> Vec<u8> {
    let mut random = Random::from_seed(u64::from(writer) << 32 | block);
    let len_bytes = 12 + random.below(20_000) as usize;
    let mut payload = vec![writer as u8; len_bytes];
    payload[..4].copy_from_slice(&writer.to_le_bytes());
    payload[4..12].copy_from_slice(&block.to_le_bytes());
    payload[12..].iter_mut().step_by(3).for_each(|byte| *byte = random.next_u64() as u8);
    payload
}

fn write(writer: &Writer) -> Result<(), SaveError> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS)
            .map(|number| {
                scope.spawn(move || {
                    (0..BLOCKS).try_for_each(|block| writer.block(number % 3, number as u8, &payload(number, block)))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(Ok(()), Result::and)
    })
}

#[test]
fn blocks_of_all_threads_are_there_and_in_order_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::open(folder.path()).unwrap();
    let name = name("dump.rkvs");
    for compression in [Compression::None, Compression::Lz4] {
        let writer = Writer::begin(
            &directory,
            name.clone(),
            &header(0, 3),
            WriteOptions { compression, ..WriteOptions::default() },
        )
        .unwrap();
        write(&writer).unwrap();
        assert_eq!(writer.progress().blocks(), u64::from(WRITERS) * BLOCKS);
        writer.finish(&[SectionTotals::default(); 3], 0).unwrap();

        let reader = Reader::open(&directory, &name).unwrap();
        let next: Mutex<HashMap<u32, u64>> = Mutex::default();
        reader
            .blocks(1, |block| {
                let writer = u32::from(block.kind);
                let mut next = next.lock().unwrap();
                let number = next.entry(writer).or_default();
                assert_eq!(block.section, writer % 3);
                assert!(block.payload == payload(writer, *number), "block {number} of {writer}");
                *number += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(next.into_inner().unwrap(), (0..WRITERS).map(|writer| (writer, BLOCKS)).collect());

        let found = AtomicU64::new(0);
        reader
            .blocks(4, |block| {
                let number = u64::from_le_bytes(block.payload[4..12].try_into().unwrap());
                assert!(block.payload == payload(block.kind.into(), number));
                found.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
            .unwrap();
        assert_eq!(found.into_inner(), u64::from(WRITERS) * BLOCKS);
    }
}

#[test]
fn all_threads_learn_that_the_disk_is_full() {
    let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
    let directory = memory(&disk);
    let writer = Writer::begin(&directory, name.clone(), &header(0, 3), WriteOptions::default()).unwrap();
    disk.fail(Fault::Full, 3, u64::MAX / 2);
    let error = write(&writer).unwrap_err();
    assert!(
        matches!(&error, SaveError::File(error) if error.source.kind() == std::io::ErrorKind::StorageFull),
        "{error}"
    );
    disk.heal();
    let again = writer.block(0, 0, b"more").unwrap_err();
    assert_eq!(again.to_string(), error.to_string());
    assert_eq!(writer.finish(&[SectionTotals::default(); 3], 0).unwrap_err().to_string(), error.to_string());
    assert_eq!(disk.content(&name), None);
}

#[test]
fn an_error_ends_the_work_of_all_threads() {
    let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
    let directory = memory(&disk);
    let writer = Writer::begin(&directory, name.clone(), &header(0, 3), WriteOptions::default()).unwrap();
    write(&writer).unwrap();
    writer.finish(&[SectionTotals::default(); 3], 0).unwrap();
    let reader = Reader::open(&directory, &name).unwrap();
    let calls = AtomicU64::new(0);
    let error =
        reader.blocks(4, |_| if calls.fetch_add(1, Ordering::Relaxed) == 20 { Err("enough".into()) } else { Ok(()) });
    assert!(matches!(error, Err(LoadError::Refused { .. })));
    assert!(calls.into_inner() < 40, "the others go on for a block at most");
}

#[test]
#[should_panic(expected = "a scoped thread panicked")]
fn a_panic_in_one_thread_ends_the_others() {
    let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
    let directory = memory(&disk);
    let writer = Writer::begin(&directory, name.clone(), &header(0, 3), WriteOptions::default()).unwrap();
    write(&writer).unwrap();
    writer.finish(&[SectionTotals::default(); 3], 0).unwrap();
    let _ = Reader::open(&directory, &name).unwrap().blocks(3, |_| panic!("on purpose"));
}
