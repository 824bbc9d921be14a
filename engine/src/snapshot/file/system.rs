//! The real disk: a directory held open, and files opened beneath it without following links.

use std::fs::File;
use std::io::{self, Write};
#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

#[cfg(target_os = "linux")]
use rustix::fs::Advice;
use rustix::fs::{AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::disk::{Disk, DiskFile};
use super::error::NotRegular;
use super::name::FileName;

/// How often a name is resolved again because directories were moved meanwhile.
#[cfg(target_os = "linux")]
const RESOLVE_TRIES_MAX: usize = 16;

/// A directory of the system.
///
/// Names are one component long, so `O_NOFOLLOW` alone keeps a call inside; where the kernel has `openat2` (Linux 5.6)
/// it is told as well to resolve nothing beyond the directory.
#[derive(Debug)]
pub(super) struct SystemDisk {
    directory: OwnedFd,
    /// Whether `openat2` is to be tried.
    resolve_beneath: bool,
}

impl SystemDisk {
    /// Opens a directory by its path, once: whatever the path means later, files stay beneath this one.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
        Ok(Self { directory, resolve_beneath: true })
    }

    /// Opens files as kernels without `openat2` have it.
    #[cfg(test)]
    pub(super) fn without_openat2(mut self) -> Self {
        self.resolve_beneath = false;
        self
    }

    fn open_at(&self, name: &FileName, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
        #[cfg(target_os = "linux")]
        if self.resolve_beneath {
            use rustix::fs::{ResolveFlags, openat2};

            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            for _ in 0..RESOLVE_TRIES_MAX {
                match openat2(&self.directory, name.as_str(), flags, mode, resolve) {
                    Err(Errno::AGAIN) => {}
                    // Old kernels do not have it, and sandboxes that do not know it forbid it.
                    Err(Errno::NOSYS | Errno::PERM) => break,
                    answer => return Ok(answer?),
                }
            }
        }
        Ok(rustix::fs::openat(&self.directory, name.as_str(), flags, mode)?)
    }

    /// Opens what is a regular file before and after: asked before, since opening a device can set it in motion; not
    /// waiting, since a pipe would.
    fn open_regular(&self, name: &FileName) -> io::Result<File> {
        self.stat_regular(name)?;
        let file = self.open_at(name, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?;
        check_regular(&rustix::fs::fstat(&file)?)?;
        Ok(File::from(file))
    }

    fn stat_regular(&self, name: &FileName) -> io::Result<Stat> {
        let stat = rustix::fs::statat(&self.directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW)?;
        check_regular(&stat)?;
        Ok(stat)
    }
}

fn check_regular(stat: &Stat) -> io::Result<()> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, NotRegular)),
    }
}

impl Disk for SystemDisk {
    fn create(&self, name: &FileName) -> io::Result<Box<dyn DiskFile>> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let file = self.open_at(name, flags, Mode::RUSR | Mode::WUSR)?;
        // The lock says that the file is in use; who clears up between the two calls may have removed it. Where file
        // systems have no locks, nobody can take one to clear up either.
        let taken = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK);
        if taken || rustix::fs::fstat(&file)?.st_nlink == 0 {
            return Err(Errno::EXIST.into());
        }
        Ok(Box::new(SystemFile(File::from(file))))
    }

    fn open(&self, name: &FileName) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(SystemFile(self.open_regular(name)?)))
    }

    fn len_bytes(&self, name: &FileName) -> io::Result<u64> {
        Ok(self.stat_regular(name)?.st_size.cast_unsigned())
    }

    fn rename(&self, from: &FileName, to: &FileName) -> io::Result<()> {
        match self.stat_regular(to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(rustix::fs::renameat(&self.directory, from.as_str(), &self.directory, to.as_str())?)
    }

    fn remove(&self, name: &FileName) -> io::Result<()> {
        self.stat_regular(name)?;
        Ok(rustix::fs::unlinkat(&self.directory, name.as_str(), AtFlags::empty())?)
    }

    fn remove_abandoned(&self, name: &FileName) -> io::Result<bool> {
        let file = self.open_regular(name)?;
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(false);
        }
        self.remove(name)?;
        Ok(true)
    }

    fn list(&self) -> io::Result<Vec<FileName>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.directory)? {
            let entry = entry?;
            let Some(name) = FileName::from_disk(entry.file_name().to_bytes()) else { continue };
            let is_regular = match entry.file_type() {
                FileType::RegularFile => true,
                FileType::Unknown => self.stat_regular(&name).is_ok(),
                _ => false,
            };
            if is_regular {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn sync(&self) -> io::Result<()> {
        match rustix::fs::fsync(&self.directory) {
            // Some file systems have no such thing for directories.
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A file of the system.
#[derive(Debug)]
struct SystemFile(File);

impl DiskFile for SystemFile {
    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        // There is nobody else who writes, so the end is where the last write stopped.
        (&self.0).write(bytes)
    }

    fn begin_sync(&self, offset: u64, len_bytes: u64) {
        // Linux begins to write pages that are dirty and drops those that are not, of which there are none yet. Called as
        // the file grows, it leaves the last sync little to do. It is advice: nothing depends on the answer.
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fadvise(&self.0, offset, NonZeroU64::new(len_bytes), Advice::DontNeed);
        #[cfg(not(target_os = "linux"))]
        let _ = (offset, len_bytes);
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(bytes, offset)
    }

    fn len_bytes(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_not_followed_by_either_way_of_opening() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("target"), b"bytes").unwrap();
        symlink("target", folder.path().join("link")).unwrap();
        let name = |name: &[u8]| FileName::from_operator(name).unwrap();
        let disk = || SystemDisk::open(folder.path()).unwrap();
        for disk in [disk(), disk().without_openat2()] {
            assert_eq!(disk.open(&name(b"target")).unwrap().len_bytes().unwrap(), 5);
            assert!(disk.open(&name(b"link")).is_err());
            // Past the look at what it is, the opening itself refuses.
            let error = disk.open_at(&name(b"link"), OFlags::RDONLY, Mode::empty()).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(Errno::LOOP.raw_os_error()));
            assert_eq!(disk.create(&name(b"link")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(disk.create(&name(b"target")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            disk.create(&name(b"new")).unwrap().append(b"x").unwrap();
            disk.remove(&name(b"new")).unwrap();
        }
    }
}
