//! Reading a snapshot, by several threads, and refusing what is none.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use parking_lot::Mutex;

use super::checksum::{Crc64, crc32};
use super::compression::{Compression, decompress};
use super::directory::{Directory, File};
use super::error::{LoadError, Problem};
use super::format::{
    Footer, HEAD_BYTES, Head, Header, MAGIC, PREFIX_BYTES, SectionFooter, TRAILER_BYTES, Trailer, before_checksum,
    binding,
};
use super::name::FileName;

/// Most threads that read one file.
pub const THREADS_MAX: usize = 64;

/// A snapshot whose beginning and end are sound.
///
/// Opening reads the header and the footer, so a file that was cut short or never finished is refused at once, whatever its
/// size. [`Reader::blocks`] then reads all between. A thread has at most one block in memory, as it is stored and as it was;
/// what is allocated is bounded by the bytes there are: a length is looked at before it is believed.
#[derive(Debug)]
pub struct Reader {
    file: File,
    header: Header,
    footer: Footer,
    /// The footer's bytes that are under the whole checksum.
    footer_bytes: Vec<u8>,
    trailer: Trailer,
    binding: u64,
    /// Of the header.
    crc: Crc64,
    blocks_begin: u64,
    blocks_end: u64,
    progress: Arc<ReadProgress>,
    /// Whether checksums are compared. Always, but for fuzzing, which could not get past them.
    checked: bool,
}

/// A block, as it was given to [`Writer::block`](super::Writer::block).
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The place of its section in the header.
    pub section: u32,
    /// The kind of its payload.
    pub kind: u8,
    /// Its payload.
    pub payload: &'a [u8],
}

/// How far a reader has come; readable from any thread.
#[derive(Debug, Default)]
pub struct ReadProgress {
    blocks: AtomicU64,
    file_bytes: AtomicU64,
    file_bytes_total: u64,
}

impl ReadProgress {
    /// Blocks read.
    pub fn blocks(&self) -> u64 {
        self.blocks.load(Ordering::Relaxed)
    }

    /// Bytes of the file read.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }

    /// Bytes of the file.
    pub fn file_bytes_total(&self) -> u64 {
        self.file_bytes_total
    }
}

/// Checks all of a file and keeps nothing of it but what it says of itself.
///
/// # Errors
///
/// As for [`Reader::open`] and [`Reader::blocks`].
pub fn verify(directory: &Directory, name: &FileName, threads: usize) -> Result<(Header, Footer), LoadError> {
    let reader = Reader::open(directory, name)?;
    reader.verify(threads)?;
    Ok((reader.header, reader.footer))
}

impl Reader {
    /// Opens a file and checks its header and its footer.
    ///
    /// # Errors
    ///
    /// [`LoadError::File`] when there is none, it is no regular file or the disk fails; [`LoadError::Damaged`] when it is not
    /// a whole snapshot of a version and with features that are known.
    pub fn open(directory: &Directory, name: &FileName) -> Result<Self, LoadError> {
        Self::open_with(directory, name, true)
    }

    /// Opens a file whose checksums are not compared, so that fuzzing reaches what is behind them.
    pub(crate) fn open_unchecked(directory: &Directory, name: &FileName) -> Result<Self, LoadError> {
        Self::open_with(directory, name, false)
    }

    fn open_with(directory: &Directory, name: &FileName, checked: bool) -> Result<Self, LoadError> {
        let file = directory.file(name)?;
        let file_bytes = file.len_bytes();
        let damaged = |offset, problem| LoadError::Damaged { name: name.clone(), offset, problem };

        if file_bytes == 0 {
            return Err(damaged(0, Problem::Empty));
        }
        let mut prefix = [0; PREFIX_BYTES];
        let prefix_bytes = file.read_at(&mut prefix, 0)?;
        if prefix_bytes < PREFIX_BYTES && MAGIC.iter().zip(&prefix[..prefix_bytes]).all(|(magic, byte)| magic == byte) {
            return Err(damaged(file_bytes, Problem::Truncated((PREFIX_BYTES - prefix_bytes) as u64)));
        }
        let rest_bytes = Header::decode_prefix(&prefix).map_err(|(offset, problem)| damaged(offset, problem))?;
        let blocks_begin = (PREFIX_BYTES + rest_bytes) as u64;
        let needed = blocks_begin + TRAILER_BYTES as u64;
        if needed > file_bytes {
            return Err(damaged(file_bytes, Problem::Truncated(needed - file_bytes)));
        }
        let mut bytes = prefix.to_vec();
        bytes.resize(PREFIX_BYTES + rest_bytes, 0);
        read_exact(&file, &mut bytes[PREFIX_BYTES..], PREFIX_BYTES as u64)?;
        let header = Header::decode(&bytes, checked).map_err(|problem| damaged(PREFIX_BYTES as u64, problem))?;

        let trailer_at = file_bytes - TRAILER_BYTES as u64;
        let mut trailer = [0; TRAILER_BYTES];
        read_exact(&file, &mut trailer, trailer_at)?;
        let trailer = Trailer::decode(&trailer, file_bytes).map_err(|problem| damaged(trailer_at, problem))?;
        let Some(blocks_end) =
            trailer_at.checked_sub(trailer.body_bytes.into()).filter(|blocks_end| *blocks_end >= blocks_begin)
        else {
            let bound = trailer_at - blocks_begin;
            return Err(damaged(trailer_at, Problem::Length { found: trailer.body_bytes.into(), bound }));
        };
        let mut footer_bytes = vec![0; trailer.body_bytes as usize + TRAILER_BYTES];
        read_exact(&file, &mut footer_bytes, blocks_end)?;
        let mut crc = Crc64::new();
        crc.update(&bytes);
        let binding = binding(&bytes);
        let footer = Footer::decode(&footer_bytes, binding, checked).map_err(|problem| damaged(blocks_end, problem))?;
        if footer.sections.len() != header.sections.len() {
            let section = header.sections.len().min(footer.sections.len()) as u32;
            return Err(damaged(blocks_end, Problem::Totals { section }));
        }
        footer_bytes.truncate(before_checksum(&footer_bytes).len());
        let progress = ReadProgress { file_bytes_total: file_bytes, ..ReadProgress::default() };
        Ok(Self {
            file,
            header,
            footer,
            footer_bytes,
            trailer,
            binding,
            crc,
            blocks_begin,
            blocks_end,
            progress: Arc::new(progress),
            checked,
        })
    }

    /// What stands before the blocks.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What stands after the blocks. Its counts of blocks are compared with what there is; [`SectionTotals`] is for the caller.
    ///
    /// [`SectionTotals`]: super::SectionTotals
    pub fn footer(&self) -> &Footer {
        &self.footer
    }

    /// How far [`Reader::blocks`] has come.
    pub fn progress(&self) -> Arc<ReadProgress> {
        Arc::clone(&self.progress)
    }

    /// Checks all of the file, as [`Reader::blocks`] does, and gives nothing to anybody: whoever cannot undo what a block does
    /// calls this first. The second pass reads the same open file, from the system's cache as far as that holds it.
    ///
    /// # Errors
    ///
    /// As for [`Reader::blocks`].
    pub fn verify(&self, threads: usize) -> Result<(), LoadError> {
        self.blocks(threads, |_| Ok(()))
    }

    /// Gives every block, its own checksum compared, to `each`, from up to `threads` threads at a time (1 to
    /// [`THREADS_MAX`]; 1 is the calling thread alone), in no order that could be relied on.
    ///
    /// Only when this returns `Ok` has the whole file been checked, so what `each` builds must not be used before;
    /// [`Reader::verify`] checks all of it beforehand.
    ///
    /// # Errors
    ///
    /// [`LoadError::Damaged`] when anything is not as it was written, [`LoadError::Refused`] with what `each` returned, and
    /// [`LoadError::File`] when the disk fails. The first ends the work of all threads; of several, the one that stands
    /// first in the file is returned.
    ///
    /// # Panics
    ///
    /// When `each` does.
    pub fn blocks<F>(&self, threads: usize, each: F) -> Result<(), LoadError>
    where
        F: Fn(Block<'_>) -> Result<(), Box<dyn Error + Send + Sync>> + Sync,
    {
        let pass = Pass {
            reader: self,
            cursor: Mutex::new(Cursor {
                offset: self.blocks_begin,
                sequence: 0,
                crc: self.crc.clone(),
                found: vec![SectionFooter::default(); self.header.sections.len()],
            }),
            ended: AtomicBool::new(false),
            failed: Mutex::new(None),
        };
        self.progress.blocks.store(0, Ordering::Relaxed);
        self.progress.file_bytes.store(self.blocks_begin, Ordering::Relaxed);
        if threads <= 1 {
            pass.work(&each);
        } else {
            thread::scope(|scope| {
                for _ in 0..threads.min(THREADS_MAX) {
                    scope.spawn(|| pass.work(&each));
                }
            });
        }
        pass.end()
    }

    fn damaged(&self, offset: u64, problem: Problem) -> LoadError {
        LoadError::Damaged { name: self.file.name().clone(), offset, problem }
    }
}

/// One reading of all blocks.
struct Pass<'r> {
    reader: &'r Reader,
    cursor: Mutex<Cursor>,
    ended: AtomicBool,
    /// Where in the file the first error is, and the error.
    failed: Mutex<Option<(u64, LoadError)>>,
}

/// Where the next block begins; what the blocks so far add up to.
struct Cursor {
    offset: u64,
    sequence: u64,
    crc: Crc64,
    found: Vec<SectionFooter>,
}

impl Pass<'_> {
    fn work<F>(&self, each: &F)
    where
        F: Fn(Block<'_>) -> Result<(), Box<dyn Error + Send + Sync>>,
    {
        // Who ends has come to the end of the file, or has failed, or panics: the others have nothing left to do.
        let _ended = EndOnDrop(&self.ended);
        let (mut stored, mut raw) = (Vec::new(), Vec::new());
        while !self.ended.load(Ordering::Relaxed) {
            let answer = match self.next(&mut stored) {
                Ok(None) => break,
                Ok(Some((offset, head))) => {
                    self.open_block(offset, &head, &stored, &mut raw, each).map_err(|error| (offset, error))
                }
                Err(at) => Err(at),
            };
            if let Err((offset, error)) = answer {
                let mut failed = self.failed.lock();
                if failed.as_ref().is_none_or(|(known, _)| offset < *known) {
                    *failed = Some((offset, error));
                }
                return;
            }
        }
    }

    /// Takes the next block out of the file: its bytes are read, under the lock, in the order of the file.
    fn next(&self, stored: &mut Vec<u8>) -> Result<Option<(u64, Head)>, (u64, LoadError)> {
        let reader = self.reader;
        let mut cursor = self.cursor.lock();
        let offset = cursor.offset;
        if offset == reader.blocks_end || self.ended.load(Ordering::Relaxed) {
            return Ok(None);
        }
        self.take(&mut cursor, stored).map(Some).map_err(|error| {
            // Nobody else reads on from here.
            self.ended.store(true, Ordering::Relaxed);
            (offset, error)
        })
    }

    fn take(&self, cursor: &mut Cursor, stored: &mut Vec<u8>) -> Result<(u64, Head), LoadError> {
        let reader = self.reader;
        let offset = cursor.offset;
        let damaged = |problem| reader.damaged(offset, problem);
        let there = reader.blocks_end - offset;
        if there < HEAD_BYTES as u64 {
            return Err(damaged(Problem::Truncated(HEAD_BYTES as u64 - there)));
        }
        let mut bytes = [0; HEAD_BYTES];
        read_exact(&reader.file, &mut bytes, offset)?;
        let head = Head::decode(&bytes, reader.binding, reader.checked).map_err(damaged)?;
        if head.sequence != cursor.sequence {
            return Err(damaged(Problem::Sequence { expected: cursor.sequence, found: head.sequence }));
        }
        let there = there - HEAD_BYTES as u64;
        if u64::from(head.stored_bytes) > there {
            return Err(damaged(Problem::Truncated(u64::from(head.stored_bytes) - there)));
        }
        let Some(found) = cursor.found.get_mut(head.section as usize) else {
            return Err(damaged(Problem::Section(head.section)));
        };
        found.blocks += 1;
        found.raw_bytes += u64::from(head.raw_bytes);
        stored.resize(head.stored_bytes as usize, 0);
        read_exact(&reader.file, stored, offset + HEAD_BYTES as u64)?;
        cursor.crc.update(&bytes);
        cursor.crc.update(stored);
        cursor.offset += (HEAD_BYTES + stored.len()) as u64;
        cursor.sequence += 1;
        reader.progress.blocks.store(cursor.sequence, Ordering::Relaxed);
        reader.progress.file_bytes.store(cursor.offset, Ordering::Relaxed);
        Ok((offset, head))
    }

    /// Checks a block that was read, and gives it to `each`.
    fn open_block<F>(
        &self,
        offset: u64,
        head: &Head,
        stored: &[u8],
        raw: &mut Vec<u8>,
        each: &F,
    ) -> Result<(), LoadError>
    where
        F: Fn(Block<'_>) -> Result<(), Box<dyn Error + Send + Sync>>,
    {
        let reader = self.reader;
        if reader.checked && crc32(reader.binding, &[stored]) != head.payload_crc {
            return Err(reader.damaged(offset, Problem::BlockPayload));
        }
        let payload = match head.compression {
            Compression::None => stored,
            Compression::Lz4 => {
                raw.resize(head.raw_bytes as usize, 0);
                if !decompress(stored, raw) {
                    return Err(reader.damaged(offset, Problem::Decompression));
                }
                raw
            }
        };
        each(Block { section: head.section, kind: head.kind, payload }).map_err(|cause| LoadError::Refused {
            name: reader.file.name().clone(),
            offset,
            section: head.section,
            sequence: head.sequence,
            cause,
        })
    }

    /// Compares what was found with what the footer says.
    fn end(self) -> Result<(), LoadError> {
        let reader = self.reader;
        if let Some((_, error)) = self.failed.into_inner() {
            return Err(error);
        }
        let mut cursor = self.cursor.into_inner();
        let damaged = |problem| Err(reader.damaged(reader.blocks_end, problem));
        if cursor.sequence != reader.footer.blocks {
            return damaged(Problem::Blocks { expected: reader.footer.blocks, found: cursor.sequence });
        }
        for (section, (told, found)) in (0..).zip(reader.footer.sections.iter().zip(&cursor.found)) {
            if (told.blocks, told.raw_bytes) != (found.blocks, found.raw_bytes) {
                return damaged(Problem::Totals { section });
            }
        }
        cursor.crc.update(&reader.footer_bytes);
        if reader.checked && cursor.crc.finish() != reader.trailer.crc {
            return damaged(Problem::Checksum);
        }
        reader.progress.file_bytes.store(reader.progress.file_bytes_total, Ordering::Relaxed);
        Ok(())
    }
}

/// Ends the work of all threads when the one that holds it ends.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reads bytes that must be there, since the length of the file says so.
fn read_exact(file: &File, bytes: &mut [u8], offset: u64) -> Result<(), LoadError> {
    let count = file.read_at(bytes, offset)?;
    if count == bytes.len() {
        return Ok(());
    }
    let problem = Problem::Truncated((bytes.len() - count) as u64);
    Err(LoadError::Damaged { name: file.name().clone(), offset: offset + count as u64, problem })
}
