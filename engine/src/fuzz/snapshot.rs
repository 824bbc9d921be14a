//! Snapshot files from outside, whose checksums are not compared: otherwise nothing made up would get past them.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::snapshot::file::testing::MemoryDisk;
use crate::snapshot::file::{
    Compression, Directory, FileName, Footer, Header, LoadError, Reader, WriteOptions, Writer,
};

/// Section, kind and payload of each block.
type Blocks = Vec<(u32, u8, Vec<u8>)>;

/// Reads any bytes as a snapshot, which is refused, or is what comes back when it is saved again.
///
/// # Panics
///
/// If it is not.
pub fn snapshot(data: &[u8]) {
    let disk = MemoryDisk::new();
    let (given, again) = (name(b"given.rkvs"), name(b"again.rkvs"));
    disk.put(&given, data);
    let directory = Directory::on(Arc::new(disk), "memory");
    let as_it_is = Reader::open(&directory, &given).and_then(read);
    match Reader::open_unchecked(&directory, &given).and_then(read) {
        Err(LoadError::Damaged { offset, .. }) => {
            assert!(offset <= data.len() as u64);
            assert!(as_it_is.is_err(), "checksums only refuse more");
        }
        Err(error) => panic!("the disk does not fail, and nobody refuses a block: {error}"),
        Ok((header, footer, blocks)) => {
            for compression in [Compression::None, Compression::Lz4] {
                let options = WriteOptions { compression, ..WriteOptions::default() };
                let writer = Writer::begin(&directory, again.clone(), &header, options).expect("it was a header");
                for (section, kind, payload) in &blocks {
                    writer.block(*section, *kind, payload).expect("it was a block");
                }
                let totals: Vec<_> = footer.sections.iter().map(|section| section.totals).collect();
                writer.finish(&totals, 0).expect("it was a footer");
                let (header_again, footer_again, blocks_again) =
                    Reader::open(&directory, &again).and_then(read).expect("what is written is read");
                assert_eq!((&header_again, &footer_again), (&header, &footer));
                assert!(blocks_again == blocks);
            }
        }
    }
}

fn name(name: &[u8]) -> FileName {
    FileName::from_operator(name).expect("the name is plain")
}

fn read(reader: Reader) -> Result<(Header, Footer, Blocks), LoadError> {
    let blocks = Mutex::new(Blocks::new());
    reader.blocks(1, |block| {
        blocks.lock().push((block.section, block.kind, block.payload.to_vec()));
        Ok(())
    })?;
    Ok((reader.header().clone(), reader.footer().clone(), blocks.into_inner()))
}
