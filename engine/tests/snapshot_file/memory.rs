//! Every call to the disk fails once with every error, and then for good.

use rkvs_engine::random::Random;
use rkvs_engine::snapshot::file::error::Action;
use rkvs_engine::snapshot::file::testing::{Fault, MemoryDisk, Survival};
use rkvs_engine::snapshot::file::{Compression, LoadError, NamePattern, SaveError, WriteOptions};

use crate::sample::{Content, load, memory, name};

/// Small writes, so that there are many.
const OPTIONS: WriteOptions =
    WriteOptions { compression: Compression::Lz4, gathered_bytes: 700, unsynced_bytes_max: 2_000 };

#[test]
fn a_save_fails_whole_whatever_call_fails() {
    let (old, new) = (Content::random(1, 2, 40, 500), Content::random(2, 2, 40, 500));
    let (old_bytes, new_bytes) = (old.bytes(Compression::Lz4), new.bytes(Compression::Lz4));
    let name = name("dump.rkvs");
    let mut faults = 0;
    for fault in Fault::ALL {
        for (overwrites, count) in [(false, 1), (true, 1), (false, u64::MAX / 2), (true, u64::MAX / 2)] {
            if fault == Fault::Interrupted && count > 1 {
                // A call that is interrupted each time is made again each time, as the system's own tools do.
                continue;
            }
            for after in 0.. {
                let disk = MemoryDisk::new();
                if overwrites {
                    disk.put(&name, &old_bytes);
                }
                let directory = memory(&disk);
                disk.fail(fault, after, count);
                let answer = new.save_with(&directory, &name, OPTIONS);
                let met = disk.heal();
                let context = format!("{fault:?} after {after} calls, {answer:?}");
                if met == 0 {
                    assert!(answer.is_ok() && after > 10, "{context}");
                    break;
                }
                faults += 1;

                let left = disk.content(&name);
                match &answer {
                    Ok(_) => {
                        assert!(fault.is_passing(), "{context}");
                        assert_eq!(left.as_ref(), Some(&new_bytes), "{context}");
                    }
                    Err(SaveError::File(error)) if error.action == Action::SyncDirectory => {
                        assert_eq!(left.as_ref(), Some(&new_bytes), "{context}");
                    }
                    Err(error) => {
                        assert!(!fault.is_passing(), "{context}");
                        assert!(error.to_string().contains("cannot "), "{context}");
                        assert_eq!(left.as_ref(), overwrites.then_some(&old_bytes), "{context}");
                    }
                }
                let temporaries = disk.names().iter().filter(|name| name.is_temporary()).count();
                assert!(temporaries == 0 || (count > 1 && temporaries == 1), "{context}: {:?}", disk.names());

                // The fault ends: the next save succeeds, in the same directory or one that is opened anew.
                let directory = if after % 2 == 0 { memory(&disk) } else { directory };
                new.save_with(&directory, &name, OPTIONS).unwrap();
                assert_eq!(load(&memory(&disk), &name, 1).unwrap(), new, "{context}");
                assert_eq!(disk.names(), std::slice::from_ref(&name), "{context}");
            }
        }
    }
    eprintln!("{faults} faults");
    assert!(faults >= 500, "{faults} faults");
}

#[test]
fn a_load_fails_whole_whatever_call_fails() {
    let content = Content::random(1, 2, 30, 500);
    let (disk, name) = (MemoryDisk::new(), name("dump.rkvs"));
    disk.put(&name, &content.bytes(Compression::Lz4));
    let mut faults = 0;
    for fault in Fault::ALL {
        for after in 0.. {
            let directory = memory(&disk);
            disk.fail(fault, after, 1);
            let answer = load(&directory, &name, 1);
            if disk.heal() == 0 {
                break;
            }
            faults += 1;
            match answer {
                Ok(found) => assert!(fault.is_passing() && found == content),
                Err(LoadError::File(error)) => assert!(!fault.is_passing(), "{error}"),
                Err(error) => panic!("{fault:?} after {after} calls: {error}"),
            }
        }
    }
    assert!(faults >= 300, "{faults} faults");
}

#[test]
fn opening_and_clearing_up_survive_whatever_call_fails() {
    let pattern = NamePattern::parse("{ns}-{ts}").unwrap();
    for fault in Fault::ALL {
        for after in 0..20 {
            let disk = MemoryDisk::new();
            let files: Vec<_> = (0..5).map(|at| pattern.name("users", at)).collect();
            files.iter().for_each(|file| disk.put(file, b"snapshot"));
            let stray = Content::random(1, 1, 1, 10);
            disk.power_off(4);
            assert!(stray.save(&memory(&disk), &name("dump.rkvs"), Compression::None).is_err());
            let disk = disk.crash(Survival::Everything, &mut Random::from_seed(0));
            assert!(disk.names().iter().any(|name| name.is_temporary()));
            disk.fail(fault, after, 1);
            let directory = memory(&disk);
            let answer = directory.remove_expired(&pattern, "users", 2);
            let failed = disk.heal() > 0 && !fault.is_passing();
            assert_eq!(answer.is_err() || !directory.cleared().failed.is_empty(), failed, "{fault:?} after {after}");
            memory(&disk).remove_expired(&pattern, "users", 2).unwrap();
            assert_eq!(memory(&disk).files().unwrap().iter().filter(|file| files.contains(file)).count(), 2);
            assert!(disk.names().iter().all(|name| !name.is_temporary()));
        }
    }
}
