//! A disk that is really full.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use rkvs_engine::random::Random;
use rkvs_engine::snapshot::file::{Compression, Directory, SaveError};

use crate::sample::{Content, load, name};
use crate::skip::skipped;

/// A file system in memory, of a size; unmounted when dropped.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(at: &'a Path, megabytes: usize) -> Result<Self, String> {
        let size = format!("size={megabytes}m");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        match output {
            Ok(output) if output.status.success() => Ok(Self(at)),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

/// A snapshot of so many bytes that do not compress.
fn noise(seed: u64, len_bytes: usize) -> Content {
    let mut random = Random::from_seed(seed);
    let mut content = Content::random(seed, 1, 0, 1);
    content.blocks = (0..len_bytes / 50_000)
        .map(|_| (0, 1, (0..6_250).flat_map(|_| random.next_u64().to_le_bytes()).collect()))
        .collect();
    content
}

#[test]
fn nothing_is_lost_on_a_full_disk() {
    for megabytes in [1, 2, 8] {
        let folder = tempfile::tempdir().unwrap();
        let _mount = match Mount::new(folder.path(), megabytes) {
            Ok(mount) => mount,
            Err(why) => return skipped("the snapshot tests on a full disk", why.trim()),
        };
        let (directory, name) = (Directory::open(folder.path()).unwrap(), name("dump.rkvs"));
        let small = noise(0, 200_000);
        small.save(&directory, &name, Compression::Lz4).unwrap();
        let large = noise(1, megabytes << 20);
        for cycle in 0..10 {
            // Full by the snapshot itself, then by what others wrote.
            let before = fs::read(folder.path().join(name.as_str())).unwrap();
            let error = large.save(&directory, &name, Compression::Lz4).unwrap_err();
            assert!(
                matches!(&error, SaveError::File(error) if error.source.kind() == ErrorKind::StorageFull),
                "{error}"
            );
            assert!(fs::read(folder.path().join(name.as_str())).unwrap() == before);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the temporary is gone");

            let filler = folder.path().join("filler");
            assert!(fs::write(&filler, vec![1; megabytes << 20]).is_err());
            let error = noise(2 + cycle, 200_000).save(&directory, &name, Compression::Lz4).unwrap_err();
            assert!(error.to_string().contains("No space left"), "{error}");
            assert!(fs::read(folder.path().join(name.as_str())).unwrap() == before);
            load(&directory, &name, 2).unwrap();

            fs::remove_file(&filler).unwrap();
            let next = noise(2 + cycle, 200_000);
            next.save(&directory, &name, Compression::Lz4).unwrap();
            assert!(load(&directory, &name, 1).unwrap() == next);
        }
    }
}
