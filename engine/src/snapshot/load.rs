//! Putting entries back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::record::{BlockKind, Entry, Piece, Reader, RecordError};
use crate::error::Error;
use crate::namespace::{Handle, Namespace};
use crate::shard::prefetch;
use crate::table::Key;

/// Why a block was not loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The block is not what it should be.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The cache refused an entry.
    #[error("an entry cannot be stored: {0}")]
    Refused(#[from] Error),
    /// A block of a section there is none of.
    #[error("a block of section {0}, which there is none of")]
    NoSuchSection(u32),
    /// An entry that was cut into pieces is not complete at the end.
    #[error("{0} entries lack pieces")]
    Incomplete(usize),
}

/// Loads blocks into namespaces; several threads may share it. Sections are the namespaces in the order given.
///
/// Entries whose deadline has passed are left out. An entry replaces what its key holds, but for parts of one hash, which add up.
#[derive(Debug)]
pub struct Loader {
    sections: Vec<Arc<Namespace>>,
    now_ms: u64,
    assemblies: Mutex<HashMap<u64, Assembly>>,
    loaded: AtomicU64,
    expired: AtomicU64,
}

/// An entry whose pieces come in.
#[derive(Debug)]
struct Assembly {
    section: u32,
    whole_bytes: u64,
    present_bytes: u64,
    /// By offset.
    pieces: BTreeMap<u64, Vec<u8>>,
}

impl Loader {
    /// A loader into these namespaces, at a time in Unix milliseconds.
    pub fn new(sections: Vec<Arc<Namespace>>, now_ms: u64) -> Self {
        Self { sections, now_ms, assemblies: Mutex::default(), loaded: AtomicU64::new(0), expired: AtomicU64::new(0) }
    }

    /// Entries loaded so far; a large hash may be several.
    pub fn loaded(&self) -> u64 {
        self.loaded.load(Ordering::Relaxed)
    }

    /// Entries left out because they had expired.
    pub fn expired(&self) -> u64 {
        self.expired.load(Ordering::Relaxed)
    }

    /// Loads a block.
    ///
    /// # Errors
    ///
    /// [`LoadError`]; entries before the faulty one may be there by then.
    pub fn block(&self, section: u32, kind: BlockKind, payload: &[u8]) -> Result<(), LoadError> {
        match kind {
            BlockKind::Entries => self.entries(section, payload),
            BlockKind::Piece => match self.assemble(section, Reader::new(payload).piece()?)? {
                Some(whole) => self.entries(section, &whole),
                None => Ok(()),
            },
        }
    }

    /// Ends the loading.
    ///
    /// # Errors
    ///
    /// [`LoadError::Incomplete`].
    pub fn finish(&self) -> Result<(), LoadError> {
        match self.assemblies.lock().len() {
            0 => Ok(()),
            incomplete => Err(LoadError::Incomplete(incomplete)),
        }
    }

    /// Adds a piece; returns the whole when it is the last one.
    fn assemble(&self, section: u32, piece: Piece<'_>) -> Result<Option<Vec<u8>>, LoadError> {
        let mut assemblies = self.assemblies.lock();
        let assembly = assemblies.entry(piece.number).or_insert_with(|| Assembly {
            section,
            whole_bytes: piece.whole_bytes,
            present_bytes: 0,
            pieces: BTreeMap::new(),
        });
        let end = piece.offset + piece.bytes.len() as u64;
        let before = assembly.pieces.range(..=piece.offset).next_back();
        let after = assembly.pieces.range(piece.offset..).next();
        let is_free = before.is_none_or(|(offset, bytes)| offset + bytes.len() as u64 <= piece.offset)
            && after.is_none_or(|(offset, _)| end <= *offset);
        if !is_free || (assembly.section, assembly.whole_bytes) != (section, piece.whole_bytes) {
            return Err(RecordError { what: "a piece that does not fit the others", at: 0 }.into());
        }
        assembly.present_bytes += piece.bytes.len() as u64;
        assembly.pieces.insert(piece.offset, piece.bytes.to_vec());
        if assembly.present_bytes < assembly.whole_bytes {
            return Ok(None);
        }
        let assembly = assemblies.remove(&piece.number).expect("it was there just now");
        drop(assemblies);
        // All its bytes are here, so this is no more than what was read.
        let mut whole = Vec::with_capacity(assembly.present_bytes as usize);
        assembly.pieces.into_values().for_each(|piece| whole.extend_from_slice(&piece));
        Ok(Some(whole))
    }

    fn entries(&self, section: u32, payload: &[u8]) -> Result<(), LoadError> {
        let namespace = self.sections.get(section as usize).ok_or(LoadError::NoSuchSection(section))?;
        let mut handle = Handle::new(Arc::clone(namespace));
        let hasher = namespace.shared().hasher;
        let mut reader = Reader::new(payload);
        let mut window: Vec<(Key<'_>, Entry<'_>)> = Vec::with_capacity(prefetch::WINDOW_MAX);
        loop {
            let entry = reader.entry()?;
            let is_last = entry.is_none();
            if let Some(entry) = entry {
                if entry.head.deadline_ms.is_some_and(|deadline_ms| deadline_ms <= self.now_ms) {
                    self.expired.fetch_add(1, Ordering::Relaxed);
                } else {
                    window.push((hasher.key(entry.head.key), entry));
                }
            }
            if window.len() < prefetch::WINDOW_MAX && !is_last {
                continue;
            }
            {
                let mut keys = prefetch::Window::new();
                window.iter().for_each(|(key, _)| keys.add(&handle, key.hash));
                keys.fetch();
            }
            self.loaded.fetch_add(window.len() as u64, Ordering::Relaxed);
            for (key, entry) in window.drain(..) {
                handle.with_key(key, self.now_ms, |keyspace| keyspace.load(key, &entry))??;
            }
            if is_last {
                return Ok(());
            }
        }
    }
}
