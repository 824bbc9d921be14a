//! The power goes off at every call, and the disk keeps what it likes of what was not synced.

use rkvs_engine::random::Random;
use rkvs_engine::snapshot::file::disk::Disk;
use rkvs_engine::snapshot::file::testing::{MemoryDisk, Survival};
use rkvs_engine::snapshot::file::{Compression, LoadError, WriteOptions};

use crate::sample::{Content, load, memory, name};

const OPTIONS: WriteOptions =
    WriteOptions { compression: Compression::None, gathered_bytes: 1_000, unsynced_bytes_max: 3_000 };

/// Images for each moment at which the power goes off.
const IMAGES: usize = 220;

fn survival(image: usize) -> Survival {
    match image {
        0 => Survival::Nothing,
        1 => Survival::Everything,
        2 => Survival::Names,
        3 => Survival::Content,
        _ => Survival::Torn,
    }
}

#[test]
fn what_is_found_is_the_old_or_the_new() {
    let contents: Vec<_> = (0..3).map(|seed| Content::random(seed, 2, 12, 700)).collect();
    let name = name("dump.rkvs");
    let mut random = Random::from_seed(7);
    let (mut images, mut found_at) = (0, [0; 4]);
    for has_old in [false, true] {
        for after in 0.. {
            let disk = MemoryDisk::new();
            if has_old {
                disk.put(&name, &contents[0].bytes(Compression::None));
            }
            let directory = memory(&disk);
            disk.power_off(after);
            let mut acknowledged = 0;
            for content in &contents[1..] {
                if content.save_with(&directory, &name, OPTIONS).is_err() {
                    break;
                }
                acknowledged += 1;
            }
            for image in 0..IMAGES {
                images += 1;
                let crashed = disk.crash(survival(image), &mut random);
                let directory = memory(&crashed);
                assert!(crashed.names().iter().all(|name| !name.is_temporary()), "temporaries are cleared");
                let found = match load(&directory, &name, 1) {
                    Ok(found) => contents.iter().position(|content| *content == found).expect("one that was saved"),
                    Err(LoadError::File(error)) if error.is_not_found() => 3,
                    Err(error) => panic!("power off after {after} calls, image {image}: {error}"),
                };
                found_at[found] += 1;
                let before = if has_old { 0 } else { 3 };
                let allowed = match acknowledged {
                    0 => [before, 1],
                    1 => [1, 2],
                    _ => [2, 2],
                };
                assert!(allowed.contains(&found), "power off after {after} calls, image {image}: {found} is found");
            }
            if acknowledged == 2 {
                break;
            }
        }
    }
    eprintln!("{images} images: the old, the first, the second, none found {found_at:?} times");
    assert!(images >= 10_000, "{images} images");
    assert!(found_at.iter().all(|count| *count > 100), "{found_at:?}");
}

#[test]
fn without_a_sync_the_disk_tears_files_and_every_torn_one_is_refused() {
    let content = Content::random(5, 2, 12, 700);
    let bytes = content.bytes(Compression::None);
    let (temporary, name) = (name("written.rkvs"), name("dump.rkvs"));
    let mut random = Random::from_seed(8);
    let disk = MemoryDisk::new();
    let file = disk.create(&temporary).unwrap();
    for part in bytes.chunks(3_000) {
        assert_eq!(file.append(part).unwrap(), part.len());
    }
    disk.rename(&temporary, &name).unwrap();
    disk.sync().unwrap();
    let (mut whole, mut refused) = (0, 0);
    for image in 0..2_000 {
        let crashed = disk.crash(survival(image), &mut random);
        match load(&memory(&crashed), &name, 1) {
            Ok(found) => {
                assert_eq!(found, content);
                whole += 1;
            }
            Err(LoadError::Damaged { .. }) => refused += 1,
            Err(error) => panic!("image {image}: {error}"),
        }
    }
    eprintln!("{whole} whole, {refused} torn");
    assert!(whole > 0 && refused > 1_000, "{whole} whole, {refused} refused");
}

#[test]
fn without_a_sync_of_the_directory_the_name_can_be_lost() {
    let (name, mut random) = (name("dump.rkvs"), Random::from_seed(9));
    let disk = MemoryDisk::new();
    disk.create(&name).unwrap().sync().unwrap();
    assert!(disk.crash(Survival::Nothing, &mut random).names().is_empty());
    disk.sync().unwrap();
    assert_eq!(disk.crash(Survival::Nothing, &mut random).names(), [name]);
}

#[test]
fn a_sync_after_one_that_failed_brings_nothing_to_the_disk() {
    use rkvs_engine::snapshot::file::testing::Fault;

    let (name, mut random) = (name("dump.rkvs"), Random::from_seed(10));
    let disk = MemoryDisk::new();
    let file = disk.create(&name).unwrap();
    disk.sync().unwrap();
    file.append(b"bytes").unwrap();
    disk.fail(Fault::Io, 0, 1);
    assert!(file.sync().is_err());
    file.sync().unwrap();
    assert_eq!(disk.crash(Survival::Nothing, &mut random).content(&name), Some(Vec::new()));
}
