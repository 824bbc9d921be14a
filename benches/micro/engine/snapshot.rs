//! The container of snapshots: blocks of a megabyte written and read by two threads, in the system's temporary directory.
//! `TMPDIR=/dev/shm` leaves out the disk.

use std::io::{self, Write};

use rkvs_benches::random::Random;
use rkvs_benches::timing::Timing;
use rkvs_engine::snapshot::file::format::BLOCK_BYTES_MAX;
use rkvs_engine::snapshot::file::{
    Compression, Directory, FileName, Header, Reader, Section, SectionTotals, WriteOptions, Writer, verify,
};

const THREADS: usize = 2;

/// Different payloads, more than the processor's caches hold.
const PAYLOADS: usize = 64;

pub(crate) fn run(timing: &mut Timing<impl Write>) -> io::Result<()> {
    let blocks = timing.scaled(512).max(PAYLOADS);
    let folder = tempfile::tempdir()?;
    let directory = Directory::open(folder.path()).expect("the folder is there");
    let name = FileName::from_client(b"bench").expect("the name is plain");
    for (content, payloads) in [("noise", noise()), ("records", records())] {
        for compression in [Compression::None, Compression::Lz4] {
            let case = |what: &str| format!("snapshot/{what}, {content}, {compression:?}, per MiB");
            let begin = || {
                let section = Section { name: "0".into(), shard_count: 1, ..Section::default() };
                let header = Header { sections: vec![section], ..Header::default() };
                let options = WriteOptions { compression, ..WriteOptions::default() };
                Writer::begin(&directory, name.clone(), &header, options).expect("the disk does not fail")
            };
            let written = || {
                let writer = begin();
                write(&writer, &payloads, blocks);
                writer
            };
            timing.case(&case("save"), blocks, || finish(written()))?;
            timing.case_with(&case("finish"), blocks, written, finish)?;
            finish(written());
            timing.case(&case("verify"), blocks, || verify(&directory, &name, THREADS).expect("it is whole"))?;
            timing.case(&case("read"), blocks, || {
                let reader = Reader::open(&directory, &name).expect("it is whole");
                reader.blocks(THREADS, |block| std::hint::black_box(Ok(block.payload.len())).map(drop))
            })?;
        }
    }
    Ok(())
}

fn write(writer: &Writer, payloads: &[Vec<u8>], blocks: usize) {
    std::thread::scope(|scope| {
        for first in 0..THREADS {
            scope.spawn(move || {
                for block in (first..blocks).step_by(THREADS) {
                    writer.block(0, 0, &payloads[block % payloads.len()]).expect("the disk does not fail");
                }
            });
        }
    });
}

fn finish(writer: Writer) {
    writer.finish(&[SectionTotals::default()], 0).expect("the disk does not fail");
}

/// Payloads that do not compress.
fn noise() -> Vec<Vec<u8>> {
    let mut random = Random::new(1);
    let mut payload = || (0..BLOCK_BYTES_MAX / 8).flat_map(|_| random.next_u64().to_le_bytes()).collect();
    (0..PAYLOADS).map(|_| payload()).collect()
}

/// Payloads like entries: keys that begin alike, and values of which a part is chance.
fn records() -> Vec<Vec<u8>> {
    let mut random = Random::new(2);
    let mut payload = || {
        let mut payload = Vec::with_capacity(BLOCK_BYTES_MAX + 64);
        while payload.len() < BLOCK_BYTES_MAX {
            write!(payload, "\0\x0fuser:{:010}\x20", random.next_u64() % 10_000_000_000).expect("it takes everything");
            payload.extend_from_slice(&random.next_u64().to_le_bytes());
            payload.extend_from_slice(b"session=active;");
        }
        payload.truncate(BLOCK_BYTES_MAX);
        payload
    };
    (0..PAYLOADS).map(|_| payload()).collect()
}
