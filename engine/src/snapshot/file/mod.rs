//! Snapshots on disk: files that are whole or absent, in one directory that nothing leaves.
//!
//! What lies here is the storage half: it knows files, blocks and checksums, and no keys. From the bottom up:
//!
//! - `disk.rs` is the boundary to the system: every call that can fail or lose data, as two small traits. `system.rs` is the
//!   real one; `testing` has one in memory whose calls fail and whose power goes off when a test wants it.
//! - `name.rs` says which names files may have, `pattern.rs` makes them from a namespace and a time.
//! - `directory.rs` is the data directory: files beneath it, and [`Temporary`], which takes its final name only when it is whole.
//! - `format.rs` draws the file, with `checksum.rs` and `compression.rs`; `write.rs` writes it from several threads,
//!   `read.rs` gives its blocks to several threads and refuses whatever is not a whole snapshot, with what and where.
//!
//! What the payload of a block means is for the layer above. So is time: milliseconds come in as arguments.

pub mod directory;
pub mod disk;
pub mod error;
pub mod format;
pub mod name;
pub mod pattern;
pub mod read;
pub mod testing;
pub mod write;

mod checksum;
mod compression;
mod system;

pub use compression::Compression;
pub use directory::{Directory, Temporary};
pub use error::{FileError, LoadError, NameError, Problem, SaveError};
pub use format::{Footer, Header, Opaque, Section, SectionTotals};
pub use name::{FileName, SUFFIX};
pub use pattern::NamePattern;
pub use read::{Block, Reader, verify};
pub use write::{WriteOptions, Writer, Written};
