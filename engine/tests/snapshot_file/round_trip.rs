//! What is written comes back.

use proptest::collection::vec;
use proptest::prelude::*;

use rkvs_engine::snapshot::file::format::BLOCK_BYTES_MAX;
use rkvs_engine::snapshot::file::testing::MemoryDisk;
use rkvs_engine::snapshot::file::{
    Compression, Footer, Header, LoadError, Opaque, Problem, Reader, SaveError, Section, SectionTotals, WriteOptions,
    Writer, verify,
};

use crate::sample::{Content, header, load, load_bytes, memory, name};

fn opaque() -> impl Strategy<Value = Option<Opaque>> {
    proptest::option::of((any::<u32>(), vec(any::<u8>(), 0..40)).prop_map(|(version, bytes)| Opaque { version, bytes }))
}

prop_compose! {
    fn section()(
        name in "[a-zä_:-]{1,20}", shard_count in 1u32..=4_096, max_keys: u64, max_value_bytes: u64,
        max_memory_bytes: u64, policy in "[a-z-]{0,16}", autosave in opaque(),
    ) -> Section {
        Section { name, database: 0, shard_count, max_keys, max_value_bytes, max_memory_bytes, policy, autosave }
    }
}

prop_compose! {
    fn content()(
        sections in vec(section(), 1..6), created_ms: u64, writer in ".{0,20}", autosave in opaque(),
        blocks in vec((any::<u32>(), any::<u8>(), payload()), 0..20), totals in vec((any::<u64>(), any::<u64>()), 6),
    ) -> Content {
        let count = sections.len();
        let sections = (0..).zip(sections).map(|(database, section)| {
            Section { name: format!("{}{database}", section.name), database, ..section }
        });
        Content {
            header: Header { created_ms, writer, features: 0, autosave, sections: sections.collect() },
            blocks: blocks.into_iter().map(|(section, kind, payload)| (section % count as u32, kind, payload)).collect(),
            totals: totals[..count].iter().map(|(keys, bytes)| SectionTotals { keys: *keys, bytes: *bytes }).collect(),
        }
    }
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..300),
        (any::<u8>(), 0usize..200_000).prop_map(|(byte, len)| vec![byte; len]),
        (vec(any::<u8>(), 1..30), 0usize..3_000).prop_map(|(word, count)| word.repeat(count)),
    ]
}

proptest! {
    #[test]
    fn snapshots_come_back(content in content(), compressed: bool, threads in 1usize..4) {
        let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
        let directory = memory(&disk);
        let compression = if compressed { Compression::Lz4 } else { Compression::None };
        let written = content.save(&directory, &name, compression).unwrap();
        prop_assert_eq!(written.file_bytes, disk.content(&name).unwrap().len() as u64);
        prop_assert_eq!(written.raw_bytes, content.blocks.iter().map(|(.., payload)| payload.len() as u64).sum::<u64>());
        prop_assert_eq!(written.blocks, content.blocks.len() as u64);
        let (mut found, mut content) = (load(&directory, &name, threads).unwrap(), content);
        if threads > 1 {
            found.blocks.sort();
            content.blocks.sort();
        }
        prop_assert_eq!(found, content);
        prop_assert_eq!(disk.names(), [name]);
    }

    #[test]
    fn any_bytes_are_read_without_panic(mut bytes in vec(any::<u8>(), 0..500), begins in 0usize..300) {
        let whole = Content::random(1, 2, 2, 60).bytes(Compression::None);
        let kept = begins.min(bytes.len()).min(whole.len());
        bytes[..kept].copy_from_slice(&whole[..kept]);
        prop_assert!(bytes == whole || load_bytes(&bytes).is_err());
    }
}

#[test]
fn empty_snapshots_are_whole() {
    for sections in [0, 1, 1_000] {
        let content = Content {
            header: header(0, sections),
            blocks: Vec::new(),
            totals: vec![SectionTotals::default(); sections as usize],
        };
        assert_eq!(load_bytes(&content.bytes(Compression::Lz4)).unwrap(), content);
    }
}

#[test]
fn blocks_have_a_largest_size() {
    let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
    let directory = memory(&disk);
    for compression in [Compression::None, Compression::Lz4] {
        let writer = Writer::begin(
            &directory,
            name.clone(),
            &header(0, 1),
            WriteOptions { compression, ..WriteOptions::default() },
        )
        .unwrap();
        let payload = vec![b'v'; BLOCK_BYTES_MAX + 1];
        assert!(matches!(writer.block(0, 0, &payload), Err(SaveError::PayloadTooLarge(_))));
        assert!(matches!(writer.block(1, 0, b""), Err(SaveError::Sections { given: 1, sections: 1 })));
        writer.block(0, 9, &payload[1..]).unwrap();
        let progress = writer.progress();
        assert_eq!((progress.blocks(), progress.raw_bytes()), (1, BLOCK_BYTES_MAX as u64));
        let written = writer.finish(&[SectionTotals::default()], 70).unwrap();
        assert_eq!((written.duration_ms, progress.file_bytes()), (70, written.file_bytes));
        let found = load(&directory, &name, 1).unwrap();
        assert_eq!(found.blocks, [(0, 9, payload[1..].to_vec())]);
        let (_, Footer { blocks, .. }) = verify(&directory, &name, 2).unwrap();
        assert_eq!(blocks, 1);
    }
}

#[test]
fn headers_that_no_reader_accepts_are_not_written() {
    let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
    let spoil: [fn(&mut Header); 6] = [
        |header| header.sections[0].shard_count = 0,
        |header| header.sections[0].shard_count = 4_097,
        |header| header.sections[1].database = 0,
        |header| header.sections[1].database = 16_384,
        |header| header.sections[1].name = "0".into(),
        |header| header.sections[1].name = "../../x".into(),
    ];
    for spoil in spoil {
        let mut header = header(0, 2);
        spoil(&mut header);
        let answer = Writer::begin(&memory(&disk), name.clone(), &header, WriteOptions::default());
        assert!(matches!(answer, Err(SaveError::Header(_))), "{answer:?}");
    }
    let mut header = header(0, 2);
    header.autosave = Some(Opaque { version: 1, bytes: vec![0; 17 << 20] });
    let answer = Writer::begin(&memory(&disk), name, &header, WriteOptions::default());
    assert!(matches!(answer, Err(SaveError::HeaderTooLarge(_))), "{answer:?}");
    assert!(disk.names().is_empty());
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
    let directory = memory(&disk);
    disk.put(&name, b"old");
    let writer = Writer::begin(&directory, name.clone(), &header(0, 1), WriteOptions::default()).unwrap();
    writer.block(0, 0, b"new").unwrap();
    assert_eq!(disk.names().len(), 2);
    drop(writer);
    assert_eq!((disk.names(), disk.content(&name)), (vec![name], Some(b"old".to_vec())));
}

#[test]
fn who_gets_the_blocks_may_refuse_them() {
    let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
    let directory = memory(&disk);
    let content = Content::random(3, 2, 50, 1_000);
    content.save(&directory, &name, Compression::Lz4).unwrap();
    let reader = Reader::open(&directory, &name).unwrap();
    for threads in [1, 3] {
        let error = reader.blocks(threads, |block| if block.kind == 2 { Err("no such kind".into()) } else { Ok(()) });
        let LoadError::Refused { section, sequence, cause, .. } = error.unwrap_err() else { panic!("it is refused") };
        let (section_then, kind, _) = content.blocks[sequence as usize];
        assert_eq!((section_then, kind, cause.to_string().as_str()), (section, 2, "no such kind"));
        assert!(reader.progress().blocks() < 50);
    }
    reader.blocks(1, |_| Ok(())).unwrap();
    assert_eq!(reader.progress().file_bytes(), reader.progress().file_bytes_total());
}

#[test]
fn errors_say_what_and_where() {
    let content = Content::random(4, 2, 3, 300);
    let whole = content.bytes(Compression::None);
    let text = |bytes: &[u8]| load_bytes(bytes).unwrap_err().to_string();
    let mut other = whole.clone();
    other[8] = 2;
    assert_eq!(text(&other), "sample.rkvs at byte 8: the format has version 2, this program reads version 1");
    assert_eq!(text(&[]), "sample.rkvs at byte 0: the file is empty");
    assert_eq!(text(&[0; 4096]), "sample.rkvs at byte 0: this is not a snapshot of ours");
    assert_eq!(text(b"REDIS0011"), "sample.rkvs at byte 0: this is not a snapshot of ours");
    assert_eq!(text(&whole[..5]), "sample.rkvs at byte 5: the file ends early: 11 bytes are missing at least");
    let missing = memory(&MemoryDisk::new());
    let error = Reader::open(&missing, &name("dump.rkvs")).unwrap_err();
    assert!(matches!(&error, LoadError::File(error) if error.is_not_found()), "{error:?}");
    assert!(error.to_string().starts_with("cannot open dump.rkvs: "), "{error}");
    assert!(matches!(load_bytes(&whole[..whole.len() - 1]), Err(LoadError::Damaged { problem: Problem::End, .. })));
}
