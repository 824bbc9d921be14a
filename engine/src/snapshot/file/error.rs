//! What can go wrong with names, files and snapshots: which file, doing what, why, and where.

use std::error::Error;
use std::io;
use std::sync::Arc;

use super::format::{BLOCK_BYTES_MAX, HEADER_BYTES_MAX, SECTIONS_MAX, VERSION};
use super::name::{FileName, NAME_BYTES_MAX};

/// Why a name, or a pattern of names, was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing.
    #[error("a file needs a name")]
    Empty,
    /// It is longer than names may be, or could become so.
    #[error("a file name has at most {NAME_BYTES_MAX} characters, this one {len_bytes}")]
    TooLong {
        /// Length with the suffix, and for a pattern with the longest its placeholders can become.
        len_bytes: usize,
    },
    /// It begins with a dot.
    #[error("a file name starts with no dot")]
    LeadingDot,
    /// It has a character that may not stand in a name.
    #[error("a file name has letters, digits, or any of . _ -, not '{}' (at {at})", byte.escape_ascii())]
    Character {
        /// The first byte of the character.
        byte: u8,
        /// Where it is.
        at: usize,
    },
    /// A pattern has something in braces that is neither `{ns}` nor `{ts}`, or a brace without its other.
    #[error("{0} is no placeholder: there are {{ns}} and {{ts}}")]
    Placeholder(String),
}

/// What was being done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Opening the data directory.
    OpenDirectory,
    /// Listing the data directory.
    List,
    /// Asking what lies under a name.
    Stat,
    /// Opening a file.
    Open,
    /// Making a temporary.
    Create,
    /// Reading from a file.
    Read,
    /// Writing to a temporary.
    Write,
    /// Bringing a temporary to the disk.
    Sync,
    /// Giving a temporary its final name.
    Rename,
    /// Bringing the directory to the disk. The file is whole and has its name; a power failure may bring back the one before.
    SyncDirectory,
    /// Removing a file.
    Remove,
}

impl Action {
    fn words(self) -> &'static str {
        match self {
            Self::OpenDirectory => "open the directory",
            Self::List => "list the directory",
            Self::Stat => "look at",
            Self::Open => "open",
            Self::Create => "create",
            Self::Read => "read",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Rename => "rename the temporary file to",
            Self::SyncDirectory => "sync the directory of",
            Self::Remove => "remove",
        }
    }
}

/// A call to the system that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {} {name}: {source}", action.words())]
pub struct FileError {
    /// The file; the directory's path where the directory is meant.
    pub name: String,
    /// What was being done.
    pub action: Action,
    /// What the system answered.
    pub source: io::Error,
}

impl FileError {
    /// Whether there is no such file.
    pub fn is_not_found(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

/// Something else than a file lies under a name: the cause inside a [`FileError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a regular file")]
pub struct NotRegular;

/// Why a snapshot was not written. The file that had the name before is as it was, but for [`Action::SyncDirectory`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum SaveError {
    /// The disk did not do its part. Every thread that goes on writing the same snapshot gets the same error.
    #[error(transparent)]
    File(Arc<FileError>),
    /// The header is larger than [`HEADER_BYTES_MAX`].
    #[error("the header has {0} bytes, more than {HEADER_BYTES_MAX}")]
    HeaderTooLarge(usize),
    /// The header is none that a reader accepts.
    #[error("the header cannot be written: {0}")]
    Header(String),
    /// A payload is larger than [`BLOCK_BYTES_MAX`].
    #[error("a block holds at most {BLOCK_BYTES_MAX} bytes, not {0}")]
    PayloadTooLarge(usize),
    /// The header has no such section, or `finish` was given totals for another number of them.
    #[error("{given} does not go with the {sections} sections of the header")]
    Sections {
        /// The section, or the number of totals.
        given: usize,
        /// Sections in the header.
        sections: usize,
    },
}

impl From<FileError> for SaveError {
    fn from(error: FileError) -> Self {
        Self::File(Arc::new(error))
    }
}

/// Why a snapshot was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The disk did not do its part, or there is no such file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not a whole snapshot.
    #[error("{name} at byte {offset}: {problem}")]
    Damaged {
        /// The file.
        name: FileName,
        /// Where what is wrong begins.
        offset: u64,
        /// What is wrong.
        problem: Problem,
    },
    /// Who was given the payload of a block refused it.
    #[error("{name} at byte {offset}, block {sequence} of section {section}: {cause}")]
    Refused {
        /// The file.
        name: FileName,
        /// Where the block begins.
        offset: u64,
        /// The block's section.
        section: u32,
        /// The block's number.
        sequence: u64,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

/// What makes a file something else than a whole snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It does not begin as snapshots do.
    #[error("this is not a snapshot of ours")]
    Magic,
    /// It has another version.
    #[error("the format has version {0}, this program reads version {VERSION}")]
    Version(u32),
    /// It ends before what must be there.
    #[error("the file ends early: {0} bytes are missing at least")]
    Truncated(u64),
    /// A length is beyond its bound.
    #[error("a length of {found} bytes is beyond the bound of {bound}")]
    Length {
        /// What the file says.
        found: u64,
        /// What there may be.
        bound: u64,
    },
    /// The header is not what was written.
    #[error("the checksum of the header is wrong")]
    HeaderChecksum,
    /// The header cannot be decoded.
    #[error("the header cannot be decoded: {0}")]
    HeaderEncoding(String),
    /// The header says something that cannot be.
    #[error("the header is not valid: {0}")]
    HeaderContent(String),
    /// The file needs what this program does not know.
    #[error("the file needs features this program does not know: {0:#x}")]
    Features(u64),
    /// The last bytes are not those of a whole snapshot.
    #[error("the end is missing: the file was cut short, or something follows it")]
    End,
    /// The file says itself that it has another length.
    #[error("the file was written with {0} bytes")]
    FileLength(u64),
    /// The footer is not what was written.
    #[error("the checksum of the footer is wrong")]
    FooterChecksum,
    /// The footer cannot be decoded.
    #[error("the footer cannot be decoded: {0}")]
    FooterEncoding(String),
    /// The head of a block is not what was written.
    #[error("the checksum of the block's head is wrong")]
    BlockHead,
    /// A block stands in another's place.
    #[error("block {expected} is expected, block {found} is there")]
    Sequence {
        /// The number due.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The header has no such section; there are at most [`SECTIONS_MAX`].
    #[error("there is no section {0}")]
    Section(u32),
    /// A block is compressed in a way this program does not know.
    #[error("compression {0} is unknown")]
    Compression(u8),
    /// The payload of a block is not what was written.
    #[error("the checksum of the block is wrong")]
    BlockPayload,
    /// The payload of a block cannot be decompressed to the length it should have.
    #[error("the block cannot be decompressed")]
    Decompression,
    /// There are more or fewer blocks than the footer says.
    #[error("the footer tells of {expected} blocks, there are {found}")]
    Blocks {
        /// What the footer says.
        expected: u64,
        /// What was found.
        found: u64,
    },
    /// A section has more or less than the footer says.
    #[error("section {section} is not what the footer tells")]
    Totals {
        /// The section.
        section: u32,
    },
    /// The bytes of the whole file are not those written.
    #[error("the checksum of the whole file is wrong")]
    Checksum,
}

const _: () = assert!(SECTIONS_MAX <= u32::MAX as usize);
