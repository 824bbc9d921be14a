//! Writing a stream, and single values.

use std::io::{self, Write};

use super::checksum::Crc64;
use super::{Metadata, Pairs, Value, hash, kind, length, lzf, string};
use crate::value::hash::HashLimits;
use crate::value::string::Digits;
use crate::value::{HashRef, ValueRef};

/// Bytes that are collected before they are summed and written.
const BUFFER_BYTES: usize = 64 * 1024;

/// The version of the format to write. The types we have are written alike in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// Version 10, of Redis 7.0; later ones and Valkey load it too.
    #[default]
    Rdb10,
    /// Version 11, of Redis 7.2 and Valkey 7.2 and 8.
    Rdb11,
}

impl Version {
    /// The number.
    pub const fn number(self) -> u16 {
        match self {
            Self::Rdb10 => 10,
            Self::Rdb11 => 11,
        }
    }
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The version of the format.
    pub version: Version,
    /// Whether strings are compressed where that makes them shorter (`rdbcompression`).
    pub compress: bool,
    /// Whether streams end in a checksum (`rdbchecksum`); payloads always do.
    pub checksum: bool,
    /// Which hashes are written as listpacks, among those of which nobody knows how they lie in memory.
    pub hash_limits: HashLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: Version::default(), compress: true, checksum: true, hash_limits: HashLimits::default() }
    }
}

/// The fields of a hash to be written.
pub trait Fields {
    /// Number of fields.
    fn len(&self) -> usize;

    /// Whether there are none; the format has no place for such a hash.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the hash lies packed in a keyspace, and so is written as a listpack, or as a table; `None` where the limits say what
    /// it is written as.
    fn is_packed(&self) -> Option<bool> {
        None
    }

    /// Calls `visit` with every field and its value, each time in the same order.
    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8]));
}

impl Fields for Pairs {
    fn len(&self) -> usize {
        Pairs::len(self)
    }

    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        self.iter().for_each(|(field, value)| visit(field, value));
    }
}

impl Fields for HashRef<'_> {
    fn len(&self) -> usize {
        HashRef::len(*self)
    }

    fn is_packed(&self) -> Option<bool> {
        Some(matches!(self, Self::Packed(_)))
    }

    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        let (mut field_digits, mut value_digits) = (Digits::new(), Digits::new());
        HashRef::for_each(*self, &mut |field, value| {
            visit(field.bytes(&mut field_digits), value.bytes(&mut value_digits));
        });
    }
}

/// A value to be written.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// A string.
    String(&'a [u8]),
    /// A hash, of at least one field.
    Hash(&'a dyn Fields),
}

impl Content<'_> {
    /// Calls `write` with the content of a value of a keyspace.
    pub fn of<T>(value: ValueRef<'_>, write: impl FnOnce(Content<'_>) -> T) -> T {
        match (value.string(), value.hash()) {
            (Ok(string), _) => write(Content::String(string.bytes(&mut Digits::new()))),
            (_, Ok(hash)) => write(Content::Hash(&hash)),
            (Err(_), Err(_)) => unreachable!("a value is of one of the types there are"),
        }
    }
}

impl<'a> From<&'a Value<'_>> for Content<'a> {
    fn from(value: &'a Value<'_>) -> Self {
        match value {
            Value::String(bytes) => Self::String(bytes),
            Value::Hash(pairs) => Self::Hash(&**pairs),
        }
    }
}

/// Writes single values. Holds buffers that all of them share: a quarter of a megabyte once something was compressed.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    settings: Settings,
    compressor: lzf::Compressor,
    packed: Vec<u8>,
}

impl Encoder {
    /// An encoder.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the settings for what is written from now on.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// The payload of a value, as DUMP answers it: type, value, version and checksum. For [`Version::Rdb10`] it is byte for byte
    /// that of Redis 7.0, for equal fields in equal order.
    pub fn dump(&mut self, content: Content<'_>) -> Vec<u8> {
        let mut payload = Vec::new();
        let kind = self.kind(content);
        payload.push(kind);
        self.write(&mut payload, kind, content).expect("a vector takes all");
        super::payload::seal(payload, self.settings.version)
    }

    /// Writes an entry as it stands in a stream: what several threads have collected so goes into one by
    /// [`Writer::encoded`].
    ///
    /// # Errors
    ///
    /// Of `out`.
    pub fn entry(
        &mut self,
        out: &mut impl Write,
        key: &[u8],
        metadata: &Metadata,
        content: Content<'_>,
    ) -> io::Result<()> {
        if let Some(deadline_ms) = metadata.deadline_ms {
            out.write_all(&[kind::DEADLINE_MS])?;
            out.write_all(&i64::try_from(deadline_ms).unwrap_or(i64::MAX).to_le_bytes())?;
        }
        if let Some(idle_seconds) = metadata.idle_seconds {
            out.write_all(&[kind::IDLE])?;
            length::write(out, idle_seconds)?;
        }
        if let Some(frequency) = metadata.frequency {
            out.write_all(&[kind::FREQUENCY, frequency])?;
        }
        let kind = self.kind(content);
        out.write_all(&[kind])?;
        self.write_string(out, key)?;
        self.write(out, kind, content)
    }

    /// The type that a value is written as.
    fn kind(&self, content: Content<'_>) -> u8 {
        match content {
            Content::String(_) => kind::STRING,
            Content::Hash(fields) => hash::kind_to_write(fields, self.settings.hash_limits),
        }
    }

    /// Writes a value as the type that [`Self::kind`] chose.
    fn write(&mut self, out: &mut impl Write, kind: u8, content: Content<'_>) -> io::Result<()> {
        let Self { settings, compressor, packed } = self;
        let compressor = settings.compress.then_some(compressor);
        match content {
            Content::String(text) => string::write(out, text, compressor),
            Content::Hash(fields) => hash::write(out, kind, fields, packed, compressor),
        }
    }

    fn write_string(&mut self, out: &mut impl Write, text: &[u8]) -> io::Result<()> {
        string::write(out, text, self.settings.compress.then_some(&mut self.compressor))
    }
}

/// Writes a stream. Nothing is held but a buffer of 64 KiB and the entry at hand.
///
/// The parts come in the order in which they are told: aux fields, then for each database its index, a size hint and its entries.
/// After an error the stream is of no use.
///
/// ```
/// use rkvs_engine::rdb::{Content, Metadata, Settings, Writer};
///
/// let mut writer = Writer::new(Vec::new(), Settings::default())?;
/// writer.aux(b"redis-ver", b"7.2.4")?;
/// writer.database(0)?;
/// writer.size_hint(1, 0)?;
/// writer.entry(b"key", &Metadata::default(), Content::String(b"value"))?;
/// let file = writer.finish()?;
/// assert!(file.starts_with(b"REDIS0010"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: Output<W>,
    encoder: Encoder,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    ///
    /// Of `out`, as with every method.
    pub fn new(out: W, settings: Settings) -> io::Result<Self> {
        let checksum = settings.checksum.then(Crc64::new);
        let mut out = Output { out, buffer: Vec::with_capacity(BUFFER_BYTES), checksum, written: 0 };
        write!(out, "REDIS{:04}", settings.version.number())?;
        Ok(Self { out, encoder: Encoder::new(settings) })
    }

    /// Writes an aux field. The reference writes `redis-ver`, `redis-bits` (64), `ctime` (Unix seconds), `used-mem` (bytes) and
    /// `aof-base` (0), numbers in decimal form.
    ///
    /// # Errors
    ///
    /// Of the output.
    pub fn aux(&mut self, name: &[u8], value: &[u8]) -> io::Result<()> {
        self.out.write_all(&[kind::AUX])?;
        self.encoder.write_string(&mut self.out, name)?;
        self.encoder.write_string(&mut self.out, value)
    }

    /// Begins the entries of a database.
    ///
    /// # Errors
    ///
    /// Of the output.
    pub fn database(&mut self, index: u64) -> io::Result<()> {
        self.out.write_all(&[kind::DATABASE])?;
        length::write(&mut self.out, index)
    }

    /// Tells how many entries the database has, and how many of them have deadlines. Readers take it for a hint.
    ///
    /// # Errors
    ///
    /// Of the output.
    pub fn size_hint(&mut self, keys: u64, deadlines: u64) -> io::Result<()> {
        self.out.write_all(&[kind::SIZE_HINT])?;
        length::write(&mut self.out, keys)?;
        length::write(&mut self.out, deadlines)
    }

    /// Writes an entry.
    ///
    /// # Errors
    ///
    /// Of the output.
    pub fn entry(&mut self, key: &[u8], metadata: &Metadata, content: Content<'_>) -> io::Result<()> {
        let Self { out, encoder } = self;
        encoder.entry(out, key, metadata, content)
    }

    /// Writes entries that [`Encoder::entry`] has encoded.
    ///
    /// # Errors
    ///
    /// Of the output.
    pub fn encoded(&mut self, entries: &[u8]) -> io::Result<()> {
        self.out.write_all(entries)
    }

    /// Bytes written so far, those in the buffer included.
    pub fn bytes(&self) -> u64 {
        self.out.written + self.out.buffer.len() as u64
    }

    /// Writes the end mark and the checksum, flushes, and gives the output back.
    ///
    /// # Errors
    ///
    /// Of the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[kind::END])?;
        self.out.drain()?;
        let checksum = self.out.checksum.take().map_or(0, |checksum| checksum.value());
        self.out.write_all(&checksum.to_le_bytes())?;
        self.out.drain()?;
        self.out.out.flush()?;
        Ok(self.out.out)
    }
}

/// An output whose bytes are collected and summed.
#[derive(Debug)]
struct Output<W> {
    out: W,
    buffer: Vec<u8>,
    checksum: Option<Crc64>,
    written: u64,
}

impl<W: Write> Output<W> {
    /// Writes what was collected.
    fn drain(&mut self) -> io::Result<()> {
        let Self { out, buffer, checksum, written } = self;
        if let Some(checksum) = checksum {
            checksum.update(buffer);
        }
        out.write_all(buffer)?;
        *written += buffer.len() as u64;
        buffer.clear();
        Ok(())
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.drain()?;
        }
        if bytes.len() < BUFFER_BYTES {
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        // Large strings are not copied.
        if let Some(checksum) = &mut self.checksum {
            checksum.update(bytes);
        }
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()?;
        self.out.flush()
    }
}
