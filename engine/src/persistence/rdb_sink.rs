//! Blocks on their way into an RDB file.
//!
//! Threads encode the entries of their blocks side by side and take turns in writing them. A hash is one entry in that format:
//! the fields of one that was taken down piece by piece are kept until the end, which takes as much memory as such hashes have
//! bytes.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::describe;
use super::save::SaveOptions;
use crate::rdb::{self, Content, Encoder, Metadata, Settings, Writer};
use crate::snapshot::BlockKind;
use crate::snapshot::file::error::Action;
use crate::snapshot::file::{Directory, FileError, FileName, SaveError, Section, Temporary};
use crate::snapshot::record::{Body, Fields, Head, Kind, Reader};
use crate::snapshot::take::{BlockSink, Taking};
use crate::value::StringRef;
use crate::value::string::Digits;

/// The aux field that tells, as JSON, what an RDB file has no place for: what namespaces there are. Other programs pass over it.
pub(super) const NAMESPACES_FIELD: &[u8] = b"rkvs-namespaces";

pub(super) struct RdbSink {
    settings: Settings,
    /// The database index of each section.
    databases: Vec<u64>,
    stream: Mutex<Stream>,
    /// Buffers that threads encode with.
    spare: Mutex<Vec<(Encoder, Vec<u8>)>>,
    /// Hashes that come in parts, by section and key.
    parted: Mutex<HashMap<(u32, Vec<u8>), Parted>>,
    /// Entries that come in pieces, by number.
    pieces: Mutex<HashMap<u64, Vec<u8>>>,
}

struct Stream {
    writer: Writer<Output>,
    /// The database whose entries are being written.
    database: Option<u64>,
    failure: Failure,
}

struct Parted {
    metadata: Metadata,
    count: u64,
    fields: Vec<u8>,
}

/// What went wrong with the temporary: more than an output can tell.
type Failure = Arc<Mutex<Option<FileError>>>;

/// The temporary as an output.
struct Output {
    temporary: Temporary,
    failure: Failure,
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.temporary.append(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                let kind = error.source.kind();
                *self.failure.lock() = Some(error);
                Err(kind.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The error that made an output fail.
fn cause(failure: &Failure, error: io::Error) -> SaveError {
    let known = failure.lock().take();
    known.unwrap_or_else(|| FileError { name: String::new(), action: Action::Write, source: error }).into()
}

impl RdbSink {
    pub(super) fn begin(
        directory: &Directory,
        name: FileName,
        settings: Settings,
        taking: &Taking,
        moment_ms: u64,
        options: &SaveOptions<'_>,
    ) -> Result<Self, SaveError> {
        let sections = taking.sections();
        let namespaces: Vec<Section> = sections
            .iter()
            .map(|section| describe(&section.namespace, (options.autosave)(&section.namespace).as_ref()))
            .collect();
        let used_bytes: usize = sections.iter().map(|section| section.usage.used_bytes).sum();
        let failure = Failure::default();
        let output = Output { temporary: directory.create(name)?, failure: Arc::clone(&failure) };
        let begun = Writer::new(output, settings).and_then(|mut writer| {
            writer.aux(b"redis-ver", b"7.0.15")?;
            writer.aux(b"redis-bits", b"64")?;
            writer.aux(b"ctime", (moment_ms / 1000).to_string().as_bytes())?;
            writer.aux(b"used-mem", used_bytes.to_string().as_bytes())?;
            writer.aux(b"aof-base", b"0")?;
            writer.aux(NAMESPACES_FIELD, &serde_json::to_vec(&namespaces)?)?;
            let mut database = None;
            for (section, written) in sections.iter().zip(&namespaces).filter(|(section, _)| section.usage.keys > 0) {
                writer.database(written.database.into())?;
                writer.size_hint(section.usage.keys as u64, section.usage.expires as u64)?;
                database = Some(written.database.into());
            }
            Ok((writer, database))
        });
        let (writer, database) = begun.map_err(|error| cause(&failure, error))?;
        Ok(Self {
            settings,
            databases: namespaces.iter().map(|section| section.database.into()).collect(),
            stream: Mutex::new(Stream { writer, database, failure }),
            spare: Mutex::default(),
            parted: Mutex::default(),
            pieces: Mutex::default(),
        })
    }

    /// Writes what came in parts, brings the file to the disk and gives it its name. Returns its bytes.
    pub(super) fn finish(self) -> Result<u64, SaveError> {
        for ((section, key), parted) in std::mem::take(&mut *self.parted.lock()) {
            let fields = HashFields { fields: Fields::new(parted.count, &parted.fields), is_packed: Some(false) };
            self.encode(section, |encoder, out| encoder.entry(out, &key, &parted.metadata, Content::Hash(&fields)))?;
        }
        let Stream { writer, failure, .. } = self.stream.into_inner();
        let output = writer.finish().map_err(|error| cause(&failure, error))?;
        let file_bytes = output.temporary.len_bytes();
        output.temporary.commit()?;
        Ok(file_bytes)
    }

    /// Encodes something of a section and writes it.
    fn encode(
        &self,
        section: u32,
        encode: impl FnOnce(&mut Encoder, &mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), SaveError> {
        let (mut encoder, mut bytes) =
            self.spare.lock().pop().unwrap_or_else(|| (Encoder::new(self.settings), Vec::new()));
        bytes.clear();
        encode(&mut encoder, &mut bytes).expect("a vector takes all");
        let database = self.databases[section as usize];
        let mut stream = self.stream.lock();
        let Stream { writer, database: current, failure } = &mut *stream;
        let written = match *current == Some(database) {
            true => Ok(()),
            false => writer.database(database),
        };
        *current = Some(database);
        written.and_then(|()| writer.encoded(&bytes)).map_err(|error| cause(failure, error))?;
        drop(stream);
        self.spare.lock().push((encoder, bytes));
        Ok(())
    }

    fn entries(&self, section: u32, payload: &[u8]) -> Result<(), SaveError> {
        self.encode(section, |encoder, out| {
            let mut reader = Reader::new(payload);
            // What this process has just written is sound.
            while let Ok(Some(entry)) = reader.entry() {
                let Head { kind, key, deadline_ms, frequency } = entry.head;
                let frequency = (frequency > 0).then(|| Metadata::frequency_of(frequency));
                let metadata = Metadata { deadline_ms, frequency, idle_seconds: None };
                match entry.body {
                    Body::Bytes(bytes) => encoder.entry(out, key, &metadata, Content::String(bytes))?,
                    Body::Integer(integer) => {
                        let mut digits = Digits::new();
                        let text = StringRef::Integer(integer);
                        encoder.entry(out, key, &metadata, Content::String(text.bytes(&mut digits)))?;
                    }
                    Body::Fields(fields) if kind == Kind::Fields => self.keep(section, key, metadata, fields),
                    Body::Fields(fields) => {
                        let fields = HashFields { fields, is_packed: None };
                        encoder.entry(out, key, &metadata, Content::Hash(&fields))?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Keeps some fields of a hash until all have come.
    fn keep(&self, section: u32, key: &[u8], metadata: Metadata, fields: Fields<'_>) {
        let mut parted = self.parted.lock();
        let parted =
            parted.entry((section, key.to_vec())).or_insert_with(|| Parted { metadata, count: 0, fields: Vec::new() });
        parted.count += fields.count();
        parted.fields.extend_from_slice(fields.as_bytes());
    }
}

impl BlockSink for RdbSink {
    type Error = SaveError;

    fn block(&self, section: u32, kind: BlockKind, payload: &[u8]) -> Result<(), SaveError> {
        match kind {
            BlockKind::Entries => self.entries(section, payload),
            BlockKind::Piece => {
                let Ok(piece) = Reader::new(payload).piece() else { return Ok(()) };
                let mut pieces = self.pieces.lock();
                // Those of one entry come from one thread, in order.
                let whole = pieces.entry(piece.number).or_default();
                whole.extend_from_slice(piece.bytes);
                if (whole.len() as u64) < piece.whole_bytes {
                    return Ok(());
                }
                let whole = pieces.remove(&piece.number).unwrap_or_default();
                drop(pieces);
                self.entries(section, &whole)
            }
        }
    }
}

/// The fields of an entry, for the encoder.
struct HashFields<'f> {
    fields: Fields<'f>,
    is_packed: Option<bool>,
}

impl rdb::Fields for HashFields<'_> {
    fn len(&self) -> usize {
        self.fields.count() as usize
    }

    fn is_packed(&self) -> Option<bool> {
        self.is_packed
    }

    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        self.fields.for_each(|(field, value)| visit(field, value));
    }
}
