//! Writing a snapshot from several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::checksum::{Crc64, crc32};
use super::compression::{Compression, compress};
use super::directory::{Directory, Temporary};
use super::error::{FileError, SaveError};
use super::format::{BLOCK_BYTES_MAX, Footer, HEAD_BYTES, Head, Header, SectionFooter, SectionTotals, binding};
use super::name::FileName;

/// A snapshot being written; threads share it by reference.
///
/// What is slow, compressing and the checksums of payloads, happens outside its lock; under the lock a block gets its number
/// and is appended. Memory is what is gathered, a block, and one more for each thread that compresses. Whatever fails, and when the writer is
/// dropped before [`Writer::finish`], the temporary is removed and the file that had the name is as it was.
#[derive(Debug)]
pub struct Writer {
    options: WriteOptions,
    binding: u64,
    sections: usize,
    created_ms: u64,
    output: Mutex<Output>,
    /// Buffers to compress into, one for each thread that needed one at a time.
    spare: Mutex<Vec<Vec<u8>>>,
    progress: Arc<WriteProgress>,
}

/// How a snapshot is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// What is done to payloads.
    pub compression: Compression,
    /// How many bytes are gathered before the disk is called. A payload of so many is written from where it lies.
    pub gathered_bytes: usize,
    /// How many bytes may be on their way to the disk before writing waits for them.
    pub unsynced_bytes_max: u64,
}

impl Default for WriteOptions {
    /// Nothing is compressed, 256 KiB are gathered, 64 MiB are on their way.
    fn default() -> Self {
        Self { compression: Compression::default(), gathered_bytes: 256 << 10, unsynced_bytes_max: 64 << 20 }
    }
}

/// How far a writer has come; readable from any thread, and after it has ended.
#[derive(Debug, Default)]
pub struct WriteProgress {
    blocks: AtomicU64,
    raw_bytes: AtomicU64,
    file_bytes: AtomicU64,
}

impl WriteProgress {
    /// Blocks appended.
    pub fn blocks(&self) -> u64 {
        self.blocks.load(Ordering::Relaxed)
    }

    /// Bytes of their payloads.
    pub fn raw_bytes(&self) -> u64 {
        self.raw_bytes.load(Ordering::Relaxed)
    }

    /// Bytes of the file.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }
}

/// A snapshot that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of the payloads before compression.
    pub raw_bytes: u64,
    /// Number of blocks.
    pub blocks: u64,
    /// From the header's time to the time `finish` was given; 0 if the clock went backwards.
    pub duration_ms: u64,
}

/// What the lock protects: the end of the file.
#[derive(Debug)]
struct Output {
    /// Gone when a call failed, and with it the file.
    temporary: Result<Temporary, Arc<FileError>>,
    gathered: Vec<u8>,
    crc: Crc64,
    /// With the bytes gathered.
    file_bytes: u64,
    footer: Footer,
}

impl Writer {
    /// Begins a snapshot that will have `name` when it is finished.
    ///
    /// # Errors
    ///
    /// When the header is none that would be read again, something else than a file has the name, or the disk fails.
    pub fn begin(
        directory: &Directory,
        name: FileName,
        header: &Header,
        options: WriteOptions,
    ) -> Result<Self, SaveError> {
        header.check().map_err(SaveError::Header)?;
        let bytes = header.encode().map_err(SaveError::HeaderTooLarge)?;
        let mut crc = Crc64::new();
        crc.update(&bytes);
        let sections = header.sections.len();
        let output = Output {
            temporary: Ok(directory.create(name)?),
            file_bytes: bytes.len() as u64,
            crc,
            footer: Footer { blocks: 0, sections: vec![SectionFooter::default(); sections] },
            gathered: Vec::new(),
        };
        let writer = Self {
            options,
            binding: binding(&bytes),
            sections,
            created_ms: header.created_ms,
            output: Mutex::new(output),
            spare: Mutex::default(),
            progress: Arc::default(),
        };
        {
            let mut output = writer.output.lock();
            output.gathered.extend_from_slice(&bytes);
            output.write_gathered(options.gathered_bytes)?;
        }
        Ok(writer)
    }

    /// How far it has come.
    pub fn progress(&self) -> Arc<WriteProgress> {
        Arc::clone(&self.progress)
    }

    /// Appends a block with a payload of at most [`BLOCK_BYTES_MAX`] bytes to a section. What `kind` and payload mean is the
    /// caller's; blocks are in the file in the order in which these calls end.
    ///
    /// # Errors
    ///
    /// When there is no such section or the payload is too large, and then the writer can go on; and when the disk fails, in
    /// this call or an earlier one, and then it cannot.
    pub fn block(&self, section: u32, kind: u8, payload: &[u8]) -> Result<(), SaveError> {
        if section as usize >= self.sections {
            return Err(SaveError::Sections { given: section as usize, sections: self.sections });
        }
        if payload.len() > BLOCK_BYTES_MAX {
            return Err(SaveError::PayloadTooLarge(payload.len()));
        }
        if self.options.compression == Compression::None {
            return self.append(section, kind, payload, Compression::None, payload);
        }
        let mut packed = self.spare.lock().pop().unwrap_or_default();
        let (compression, stored) = compress(self.options.compression, payload, &mut packed);
        let answer = self.append(section, kind, payload, compression, stored);
        self.spare.lock().push(packed);
        answer
    }

    /// Writes what is left, brings it to the disk, and gives the file its name. `totals` are those of each section; the time
    /// is only compared with the header's. When this returns, the snapshot survives a loss of power.
    ///
    /// # Errors
    ///
    /// When `totals` do not go with the sections, or the disk fails, in this call or an earlier one. See
    /// [`Temporary::commit`] for what there is afterwards.
    pub fn finish(self, totals: &[SectionTotals], now_ms: u64) -> Result<Written, SaveError> {
        if totals.len() != self.sections {
            return Err(SaveError::Sections { given: totals.len(), sections: self.sections });
        }
        let mut output = self.output.into_inner();
        for (section, totals) in output.footer.sections.iter_mut().zip(totals) {
            section.totals = *totals;
        }
        let footer = output.footer.encode(self.binding, output.file_bytes, &output.crc);
        output.gathered.extend_from_slice(&footer);
        output.write_gathered(1)?;
        let temporary = output.temporary.map_err(SaveError::File)?;
        let file_bytes = temporary.len_bytes();
        temporary.commit()?;
        self.progress.file_bytes.store(file_bytes, Ordering::Relaxed);
        Ok(Written {
            file_bytes,
            raw_bytes: output.footer.sections.iter().map(|section| section.raw_bytes).sum(),
            blocks: output.footer.blocks,
            duration_ms: now_ms.saturating_sub(self.created_ms),
        })
    }

    fn append(
        &self,
        section: u32,
        kind: u8,
        payload: &[u8],
        compression: Compression,
        stored: &[u8],
    ) -> Result<(), SaveError> {
        let payload_crc = crc32(self.binding, &[stored]);
        let mut output = self.output.lock();
        let output = &mut *output;
        if let Err(error) = &output.temporary {
            return Err(SaveError::File(Arc::clone(error)));
        }
        let head = Head {
            kind,
            compression,
            section,
            sequence: output.footer.blocks,
            raw_bytes: payload.len() as u32,
            stored_bytes: stored.len() as u32,
            payload_crc,
        };
        let head = head.encode(self.binding);
        output.crc.update(&head);
        output.crc.update(stored);
        output.gathered.extend_from_slice(&head);
        output.file_bytes += (HEAD_BYTES + stored.len()) as u64;
        output.footer.blocks += 1;
        let counted = &mut output.footer.sections[section as usize];
        counted.blocks += 1;
        counted.raw_bytes += payload.len() as u64;
        self.progress.blocks.store(output.footer.blocks, Ordering::Relaxed);
        self.progress.raw_bytes.fetch_add(payload.len() as u64, Ordering::Relaxed);
        self.progress.file_bytes.store(output.file_bytes, Ordering::Relaxed);
        if stored.len() >= self.options.gathered_bytes {
            output.write_gathered(1)?;
            output.on_disk(|temporary| temporary.append(stored))?;
        } else {
            output.gathered.extend_from_slice(stored);
            output.write_gathered(self.options.gathered_bytes)?;
        }
        output.on_disk(|temporary| temporary.write_back(self.options.unsynced_bytes_max))
    }
}

impl Output {
    /// Writes what is gathered once it is so much.
    fn write_gathered(&mut self, from_bytes: usize) -> Result<(), SaveError> {
        if self.gathered.len() < from_bytes {
            return Ok(());
        }
        let gathered = std::mem::take(&mut self.gathered);
        self.on_disk(|temporary| temporary.append(&gathered))?;
        self.gathered = gathered;
        self.gathered.clear();
        Ok(())
    }

    /// Calls the disk. On an error the temporary goes at once: on a full disk its bytes are wanted.
    fn on_disk(&mut self, call: impl FnOnce(&mut Temporary) -> Result<(), FileError>) -> Result<(), SaveError> {
        let temporary = self.temporary.as_mut().map_err(|error| SaveError::File(Arc::clone(error)))?;
        call(temporary).map_err(|error| {
            let error = Arc::new(error);
            self.temporary = Err(Arc::clone(&error));
            SaveError::File(error)
        })
    }
}
