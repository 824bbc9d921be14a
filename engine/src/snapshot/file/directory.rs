//! The data directory: the files in it, and temporaries that become files when they are whole.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::disk::{Disk, DiskFile};
use super::error::{Action, FileError};
use super::name::FileName;
use super::pattern::NamePattern;
use super::system::SystemDisk;

/// How many names a new temporary tries before it gives up.
const TEMPORARY_TRIES_MAX: usize = 1_000;

/// A directory that is held open; clones are the same directory.
///
/// Everything in it is reached by a [`FileName`], so nothing outside it is. Only regular files are opened, replaced or
/// removed: no links, pipes, devices or directories.
#[derive(Clone, Debug)]
pub struct Directory {
    disk: Arc<dyn Disk>,
    path: Arc<str>,
    cleared: Arc<Cleared>,
}

/// What opening a directory did about temporaries that an earlier process left behind.
#[derive(Debug, Default)]
pub struct Cleared {
    /// Those removed.
    pub removed: Vec<FileName>,
    /// Those that could not be removed, and why; or that the directory could not be listed. Nothing depends on it.
    pub failed: Vec<FileError>,
}

impl Directory {
    /// Opens a directory and removes temporaries that lie there abandoned. Those of a process that still writes stay,
    /// and so does every file that is not called like one of ours.
    ///
    /// # Errors
    ///
    /// When there is no such directory, or it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let shown: Arc<str> = path.display().to_string().into();
        let disk = SystemDisk::open(path).map_err(|source| FileError {
            name: shown.to_string(),
            action: Action::OpenDirectory,
            source,
        })?;
        Ok(Self::on(Arc::new(disk), shown))
    }

    /// Does the same on any disk; `path` is what errors call it.
    pub fn on(disk: Arc<dyn Disk>, path: impl Into<Arc<str>>) -> Self {
        let mut directory = Self { disk, path: path.into(), cleared: Arc::default() };
        directory.cleared = Arc::new(directory.clear_temporaries());
        directory
    }

    /// What became of temporaries found when the directory was opened.
    pub fn cleared(&self) -> &Cleared {
        &self.cleared
    }

    /// The path it was opened by, to show.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the length of a file; `None` if there is none of that name.
    ///
    /// # Errors
    ///
    /// When something else has the name, or the disk fails.
    pub fn len_bytes(&self, name: &FileName) -> Result<Option<u64>, FileError> {
        match self.call(Action::Stat, name.as_str(), || self.disk.len_bytes(name)) {
            Ok(len_bytes) => Ok(Some(len_bytes)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists the files, by name. Those whose names no file of ours can have, and temporaries, are left out.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn files(&self) -> Result<Vec<FileName>, FileError> {
        let mut names = self.list()?;
        names.retain(|name| !name.is_temporary());
        names.sort_unstable();
        Ok(names)
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// [`FileError::is_not_found`] tells when there is none; and when it is no regular file, or cannot be opened.
    pub fn file(&self, name: &FileName) -> Result<File, FileError> {
        let file = self.call(Action::Open, name.as_str(), || self.disk.open(name))?;
        let len_bytes = self.call(Action::Stat, name.as_str(), || file.len_bytes())?;
        Ok(File { file, name: name.clone(), len_bytes })
    }

    /// Begins a file that will have a name once it is whole: see [`Temporary`].
    ///
    /// # Errors
    ///
    /// When something else than a file has the name, or no temporary can be made.
    pub fn create(&self, name: FileName) -> Result<Temporary, FileError> {
        self.len_bytes(&name)?;
        let mut tries = 0;
        loop {
            let temporary = FileName::temporary(std::process::id(), next_count());
            tries += 1;
            match self.call(Action::Create, temporary.as_str(), || self.disk.create(&temporary)) {
                Ok(file) => {
                    return Ok(Temporary {
                        directory: self.clone(),
                        file,
                        temporary,
                        name,
                        len_bytes: 0,
                        begun_bytes: 0,
                        synced_bytes: 0,
                        state: State::Open,
                    });
                }
                Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists && tries < TEMPORARY_TRIES_MAX => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// When there is none, it is no regular file, or it cannot be removed.
    pub fn remove(&self, name: &FileName) -> Result<(), FileError> {
        self.call(Action::Remove, name.as_str(), || self.disk.remove(name))
    }

    /// Removes a namespace's files of a pattern beyond the newest `keep`; 0 keeps all. Returns those removed.
    ///
    /// # Errors
    ///
    /// The first that went wrong; the other files are removed all the same.
    pub fn remove_expired(
        &self,
        pattern: &NamePattern,
        namespace: &str,
        keep: usize,
    ) -> Result<Vec<FileName>, FileError> {
        let files = self.files()?;
        let mut removed = Vec::new();
        let mut failed = None;
        for name in pattern.expired(namespace, &files, keep) {
            match self.remove(name) {
                Ok(()) => removed.push(name.clone()),
                Err(error) if error.is_not_found() => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(removed), Err)
    }

    fn list(&self) -> Result<Vec<FileName>, FileError> {
        self.call(Action::List, &self.path, || self.disk.list())
    }

    fn clear_temporaries(&self) -> Cleared {
        let mut cleared = Cleared::default();
        match self.list() {
            Err(error) => cleared.failed.push(error),
            Ok(names) => {
                for name in names.into_iter().filter(FileName::is_temporary) {
                    match self.call(Action::Remove, name.as_str(), || self.disk.remove_abandoned(&name)) {
                        Ok(true) => cleared.removed.push(name),
                        Ok(false) => {}
                        Err(error) if error.is_not_found() => {}
                        Err(error) => cleared.failed.push(error),
                    }
                }
            }
        }
        cleared
    }

    fn call<T>(&self, action: Action, name: &str, call: impl FnMut() -> io::Result<T>) -> Result<T, FileError> {
        uninterrupted(call).map_err(|source| FileError { name: name.to_owned(), action, source })
    }
}

/// An open file of the data directory.
#[derive(Debug)]
pub struct File {
    file: Box<dyn DiskFile>,
    name: FileName,
    len_bytes: u64,
}

impl File {
    /// The name it was opened by.
    pub fn name(&self) -> &FileName {
        &self.name
    }

    /// The length it had when it was opened.
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// Fills `bytes` from an offset; returns how many there were before the file ended.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize, FileError> {
        let mut filled = 0;
        while filled < bytes.len() {
            let rest = &mut bytes[filled..];
            match uninterrupted(|| self.file.read_at(rest, offset + filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(source) => {
                    return Err(FileError { name: self.name.to_string(), action: Action::Read, source });
                }
            }
        }
        Ok(filled)
    }
}

/// A file being written, under a name of its own in the same directory until [`Temporary::commit`].
///
/// So whoever opens the final name finds the old file or the new one, whole. Dropped before, it is removed.
#[derive(Debug)]
pub struct Temporary {
    directory: Directory,
    file: Box<dyn DiskFile>,
    temporary: FileName,
    name: FileName,
    len_bytes: u64,
    /// How much of it the system was asked to bring to the disk.
    begun_bytes: u64,
    /// How much of it is there.
    synced_bytes: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Can be written and committed.
    Open,
    /// A call failed: what is on the disk is unknown.
    Failed,
    /// It has its final name.
    Renamed,
}

impl Temporary {
    /// The name it will have.
    pub fn name(&self) -> &FileName {
        &self.name
    }

    /// Bytes written.
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// Writes all of `bytes` at the end.
    ///
    /// # Errors
    ///
    /// When the disk does not take them; nothing can be written or committed from then on.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.check_open(Action::Write)?;
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = match uninterrupted(|| self.file.append(rest)) {
                Ok(0) => return Err(self.fail(Action::Write, io::ErrorKind::WriteZero.into())),
                Ok(count) => count,
                Err(source) => return Err(self.fail(Action::Write, source)),
            };
            rest = &rest[count..];
            self.len_bytes += count as u64;
        }
        Ok(())
    }

    /// Sets what was appended on its way to the disk, and waits for it once more than `unsynced_bytes_max` are on their way. Called
    /// as the file grows, it leaves [`Temporary::commit`] little to wait for, and bounds the memory the system holds for it.
    ///
    /// # Errors
    ///
    /// When the disk does not take them; nothing can be written or committed from then on.
    pub fn write_back(&mut self, unsynced_bytes_max: u64) -> Result<(), FileError> {
        self.check_open(Action::Sync)?;
        if self.begun_bytes < self.len_bytes {
            self.file.begin_sync(self.begun_bytes, self.len_bytes - self.begun_bytes);
            self.begun_bytes = self.len_bytes;
        }
        if self.len_bytes - self.synced_bytes > unsynced_bytes_max { self.sync() } else { Ok(()) }
    }

    /// Brings everything to the disk and gives the file its final name; when this returns, it survives a loss of power.
    ///
    /// # Errors
    ///
    /// When anything went wrong. The file that had the name is as it was, unless [`Action::SyncDirectory`] is what failed:
    /// then the new file has the name already, and a loss of power may bring back the old one.
    pub fn commit(mut self) -> Result<(), FileError> {
        self.check_open(Action::Sync)?;
        self.sync()?;
        if let Err(source) = uninterrupted(|| self.directory.disk.rename(&self.temporary, &self.name)) {
            return Err(self.fail(Action::Rename, source));
        }
        self.state = State::Renamed;
        self.directory.call(Action::SyncDirectory, self.name.as_str(), || self.directory.disk.sync())
    }

    /// Waits until all of it is on the disk. A sync that failed is never tried again: the second would succeed, whatever
    /// became of the bytes.
    fn sync(&mut self) -> Result<(), FileError> {
        if let Err(source) = uninterrupted(|| self.file.sync()) {
            return Err(self.fail(Action::Sync, source));
        }
        self.synced_bytes = self.len_bytes;
        Ok(())
    }

    fn check_open(&self, action: Action) -> Result<(), FileError> {
        if self.state == State::Open {
            return Ok(());
        }
        let source = io::Error::other("an earlier call failed");
        Err(FileError { name: self.name.to_string(), action, source })
    }

    fn fail(&mut self, action: Action, source: io::Error) -> FileError {
        self.state = State::Failed;
        FileError { name: self.name.to_string(), action, source }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.state != State::Renamed {
            // Nobody is left to tell; a file that stays is removed when the directory is opened the next time.
            let _ = self.directory.remove(&self.temporary);
        }
    }
}

/// Repeats a call that a signal interrupted.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer,
        }
    }
}

/// Numbers temporaries, so that two of one process never have one name.
fn next_count() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}
