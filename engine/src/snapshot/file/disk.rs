//! The boundary to the system: every call that can fail or lose data.
//!
//! Small on purpose, so that a disk in memory can stand in for the real one and let any of the calls fail. No call here is
//! repeated or completed: a write may be short, any call may be interrupted. [`Directory`](super::Directory) and
//! [`Temporary`](super::Temporary) see to that, above.

use std::fmt;
use std::io;

use super::name::FileName;

/// One directory of a disk, and the files in it.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Makes a file under a name that is free, for its owner only, and marks it as in use until it is closed.
    ///
    /// # Errors
    ///
    /// Of the kind `AlreadyExists` when there is anything under that name.
    fn create(&self, name: &FileName) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a regular file for reading.
    ///
    /// # Errors
    ///
    /// [`NotRegular`](super::error::NotRegular) when it is something else: a link too.
    fn open(&self, name: &FileName) -> io::Result<Box<dyn DiskFile>>;

    /// Returns the length of a regular file.
    ///
    /// # Errors
    ///
    /// As for [`Disk::open`].
    fn len_bytes(&self, name: &FileName) -> io::Result<u64>;

    /// Gives a file another name. What regular file had it loses it in the same moment; anything else is left alone.
    ///
    /// # Errors
    ///
    /// [`NotRegular`](super::error::NotRegular) when something else than a file has the new name.
    fn rename(&self, from: &FileName, to: &FileName) -> io::Result<()>;

    /// Removes a regular file.
    ///
    /// # Errors
    ///
    /// As for [`Disk::open`].
    fn remove(&self, name: &FileName) -> io::Result<()>;

    /// Removes a regular file unless whoever made it still has it open. Returns whether it did.
    ///
    /// # Errors
    ///
    /// As for [`Disk::open`].
    fn remove_abandoned(&self, name: &FileName) -> io::Result<bool>;

    /// Lists the regular files whose names are such as ours, in no order.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    fn list(&self) -> io::Result<Vec<FileName>>;

    /// Brings the names to the disk: which files there are, and under which names.
    ///
    /// # Errors
    ///
    /// When the disk failed.
    fn sync(&self) -> io::Result<()>;
}

/// An open file.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Writes at the end; returns how many of the bytes it took.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn append(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Asks the system to begin bringing a range to the disk, without waiting. It may do nothing; what fails is told by
    /// the next [`DiskFile::sync`].
    fn begin_sync(&self, offset: u64, len_bytes: u64);

    /// Reads from an offset; returns how many bytes it got, 0 at the end.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Returns the length.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn len_bytes(&self) -> io::Result<u64>;

    /// Brings the content to the disk. Once that has failed, a later success means nothing: the system has given up
    /// the bytes that it could not write.
    ///
    /// # Errors
    ///
    /// What the system answers.
    fn sync(&self) -> io::Result<()>;
}
