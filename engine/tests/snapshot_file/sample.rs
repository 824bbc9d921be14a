//! Snapshots to try things on.

use std::sync::{Arc, Mutex};

use rkvs_engine::random::Random;
use rkvs_engine::snapshot::file::disk::Disk;
use rkvs_engine::snapshot::file::testing::MemoryDisk;
use rkvs_engine::snapshot::file::{
    Compression, Directory, FileName, Footer, Header, LoadError, Opaque, Reader, SaveError, Section, SectionTotals,
    WriteOptions, Writer, Written,
};

/// What a snapshot holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Content {
    pub(crate) header: Header,
    /// Section, kind and payload.
    pub(crate) blocks: Vec<(u32, u8, Vec<u8>)>,
    pub(crate) totals: Vec<SectionTotals>,
}

pub(crate) fn name(name: &str) -> FileName {
    FileName::from_operator(name.as_bytes()).unwrap()
}

pub(crate) fn memory(disk: &MemoryDisk) -> Directory {
    Directory::on(Arc::new(disk.clone()) as Arc<dyn Disk>, "memory")
}

/// A header with sections called `0`, `1` and so on.
pub(crate) fn header(created_ms: u64, sections: u32) -> Header {
    let section = |index: u32| Section {
        name: index.to_string(),
        database: index,
        shard_count: 1 + index,
        max_keys: u64::from(index) * 1_000,
        max_value_bytes: 512 << 20,
        max_memory_bytes: 0,
        policy: if index.is_multiple_of(2) { String::new() } else { "allkeys-lru".into() },
        autosave: (index % 3 == 1).then(|| Opaque { version: 1, bytes: vec![0, 255, 7] }),
    };
    Header {
        created_ms,
        writer: "rkvs 0.4.0".into(),
        features: 0,
        autosave: Some(Opaque { version: 3, bytes: b"every minute".to_vec() }),
        sections: (0..sections).map(section).collect(),
    }
}

impl Content {
    /// Makes up a snapshot: half of it as entries look like, half of it noise.
    pub(crate) fn random(seed: u64, sections: u32, blocks: usize, block_bytes: usize) -> Self {
        let mut random = Random::from_seed(seed);
        let mut blocks: Vec<(u32, u8, Vec<u8>)> = (0..blocks)
            .map(|_| {
                let section = random.below(u64::from(sections)) as u32;
                let kind = random.below(3) as u8;
                let len_bytes = random.below(block_bytes as u64 * 2) as usize;
                let mut payload = Vec::new();
                while payload.len() < len_bytes {
                    match random.below(2) {
                        0 => payload.extend(format!("user:{:08}\0session\0", random.below(1_000)).into_bytes()),
                        _ => payload.extend(random.next_u64().to_le_bytes()),
                    }
                }
                payload.truncate(len_bytes);
                (section, kind, payload)
            })
            .collect();
        blocks.push((0, 1, Vec::new()));
        let totals = (0..sections).map(|section| SectionTotals { keys: u64::from(section) + seed, bytes: 1 }).collect();
        Self { header: header(1_795_599_015_123 + seed, sections), blocks, totals }
    }

    pub(crate) fn save(
        &self,
        directory: &Directory,
        name: &FileName,
        compression: Compression,
    ) -> Result<Written, SaveError> {
        self.save_with(directory, name, WriteOptions { compression, ..WriteOptions::default() })
    }

    pub(crate) fn save_with(
        &self,
        directory: &Directory,
        name: &FileName,
        options: WriteOptions,
    ) -> Result<Written, SaveError> {
        let writer = Writer::begin(directory, name.clone(), &self.header, options)?;
        for (section, kind, payload) in &self.blocks {
            writer.block(*section, *kind, payload)?;
        }
        writer.finish(&self.totals, self.header.created_ms + 5)
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self, compression: Compression) -> Vec<u8> {
        let (disk, name) = (MemoryDisk::new(), name("sample.rkvs"));
        self.save(&memory(&disk), &name, compression).unwrap();
        disk.content(&name).unwrap()
    }
}

/// Reads a snapshot, whole or not at all; blocks in the order of the file with one thread.
pub(crate) fn load(directory: &Directory, name: &FileName, threads: usize) -> Result<Content, LoadError> {
    let reader = Reader::open(directory, name)?;
    let blocks = Mutex::new(Vec::new());
    reader.blocks(threads, |block| {
        blocks.lock().unwrap().push((block.section, block.kind, block.payload.to_vec()));
        Ok(())
    })?;
    let Footer { sections, .. } = reader.footer();
    Ok(Content {
        header: reader.header().clone(),
        blocks: blocks.into_inner().unwrap(),
        totals: sections.iter().map(|section| section.totals).collect(),
    })
}

/// Reads a snapshot from bytes.
pub(crate) fn load_bytes(bytes: &[u8]) -> Result<Content, LoadError> {
    let (disk, name) = (MemoryDisk::new(), name("sample.rkvs"));
    disk.put(&name, bytes);
    load(&memory(&disk), &name, 1)
}
