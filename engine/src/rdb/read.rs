//! Reading a whole stream.

use std::io::BufRead;

use super::body::{Bodies, Body};
use super::error::{Error, ErrorKind, Quoted, Result};
use super::kind::{self, Dialect};
use super::source::Source;
use super::string::Strings;
use super::{Metadata, Value, recycle};

/// First version whose streams end in a checksum.
const CHECKSUM_VERSION_MIN: u16 = 5;

/// Length of the header in bytes.
const HEADER_LEN: usize = 9;

const DEADLINE: &str = "a deadline";

/// What a stream is made of.
#[derive(Debug)]
pub enum Event<'a> {
    /// Something about the server that wrote the stream, or how: a name and its value.
    Aux {
        /// The name.
        name: &'a [u8],
        /// The value; a number in its decimal form.
        value: &'a [u8],
    },
    /// The entries that follow are of the database of this index. Those before the first such event are of database 0.
    Database(u64),
    /// How many entries, and how many of them with deadlines, the database has. Nothing holds the writer to it.
    SizeHint {
        /// Entries.
        keys: u64,
        /// Entries with a deadline.
        deadlines: u64,
    },
    /// An entry.
    Entry(Entry<'a>),
}

/// A key with its value and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a [u8],
    /// Deadline and accesses. A deadline may have passed long ago.
    pub metadata: Metadata,
    /// The value.
    pub value: Value<'a>,
}

/// Who is told what a stream holds.
pub trait Visitor {
    /// Why a stream is not read on.
    type Error: From<Error>;

    /// [`Event::Aux`].
    ///
    /// # Errors
    ///
    /// Ends reading, as with every method.
    fn aux(&mut self, _name: &[u8], _value: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    /// [`Event::Database`].
    ///
    /// # Errors
    ///
    /// For example that there is no such database.
    fn database(&mut self, index: u64) -> Result<(), Self::Error>;

    /// [`Event::SizeHint`].
    ///
    /// # Errors
    ///
    /// None by itself.
    fn size_hint(&mut self, _keys: u64, _deadlines: u64) -> Result<(), Self::Error> {
        Ok(())
    }

    /// [`Event::Entry`]. A key may come twice when somebody made the stream so.
    ///
    /// # Errors
    ///
    /// For example that there is no room for it.
    fn entry(&mut self, entry: Entry<'_>) -> Result<(), Self::Error>;
}

/// Reads a stream from its beginning to its end mark. Takes nothing behind that, so that something else may follow.
///
/// ```
/// use rkvs_engine::rdb::{Event, Reader};
///
/// let file: &[u8] = b"REDIS0003\xfe\x00\x00\x03key\xc0\x2a\xff";
/// let mut reader = Reader::new(file)?;
/// while let Some(event) = reader.read_event()? {
///     if let Event::Entry(entry) = event {
///         println!("{} {:?}", entry.key.escape_ascii(), entry.value);
///     }
/// }
/// # Ok::<(), rkvs_engine::rdb::Error>(())
/// ```
pub struct Reader<R> {
    bodies: Bodies<R>,
    version: u16,
    /// What was said of the entry to come.
    metadata: Metadata,
    key: Vec<u8>,
    aux: [Vec<u8>; 2],
    empty_keys: u64,
    is_over: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// If there is none, or it is of a version that cannot be read.
    pub fn new(input: R) -> Result<Self> {
        let mut source = Source::new(input);
        let not_rdb = || Error::new(0, ErrorKind::NotRdb);
        let header = source.array::<HEADER_LEN>("the header").map_err(|error| match error.kind() {
            ErrorKind::Truncated(_) => not_rdb(),
            _ => error,
        })?;
        let named = |name: &[u8], dialect| header.strip_prefix(name).map(|version| (version.to_vec(), dialect));
        let (digits, named) =
            named(b"REDIS", Dialect::Redis).or_else(|| named(b"VALKEY", Dialect::Valkey)).ok_or_else(not_rdb)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(not_rdb());
        }
        let version = digits.iter().fold(0, |version, digit| version * 10 + u16::from(digit - b'0'));
        let dialect = Dialect::of(version).filter(|dialect| *dialect == named && version > 0);
        let dialect = dialect.ok_or_else(|| Error::new(0, ErrorKind::Version(version)))?;
        if version < CHECKSUM_VERSION_MIN {
            source.ignore_checksum();
        }
        Ok(Self {
            bodies: Bodies::new(Strings::new(source), dialect),
            version,
            metadata: Metadata::default(),
            key: Vec::new(),
            aux: [const { Vec::new() }; 2],
            empty_keys: 0,
            is_over: false,
        })
    }

    /// Leaves the checksum unchecked, as the reference does with `rdbchecksum no`.
    #[must_use]
    pub fn ignoring_checksum(mut self) -> Self {
        self.source().ignore_checksum();
        self
    }

    /// Refuses strings longer than so many bytes; there is no such limit by default.
    #[must_use]
    pub fn with_string_len_max(mut self, most: u64) -> Self {
        self.bodies.strings.len_max = most;
        self
    }

    /// The version of the format: 1 to 12 of Redis, 80 and 81 of Valkey.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// Bytes read so far.
    pub fn offset(&self) -> u64 {
        self.bodies.strings.source.offset()
    }

    /// Keys met so far that hold a collection without elements. Old servers wrote such by mistake; the reference passes
    /// over them, and so does this.
    pub fn empty_keys(&self) -> u64 {
        self.empty_keys
    }

    /// Tells a visitor all that is left of the stream.
    ///
    /// # Errors
    ///
    /// As [`Reader::read_event`], and what the visitor returns.
    pub fn visit<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
        while let Some(event) = self.read_event()? {
            match event {
                Event::Aux { name, value } => visitor.aux(name, value)?,
                Event::Database(index) => visitor.database(index)?,
                Event::SizeHint { keys, deadlines } => visitor.size_hint(keys, deadlines)?,
                Event::Entry(entry) => visitor.entry(entry)?,
            }
        }
        Ok(())
    }

    /// Reads on to the next event; `None` once the end mark was read and the checksum is right.
    ///
    /// # Errors
    ///
    /// If the stream cannot be read, means nothing, or holds something that is not supported. There is nothing to be read
    /// after an error.
    pub fn read_event(&mut self) -> Result<Option<Event<'_>>> {
        while !self.is_over {
            let offset = self.offset();
            match self.source().byte("an opcode or a type")? {
                kind::AUX => {
                    let [name, value] = &mut self.aux;
                    for (text, what) in [(name, "the name of an aux field"), (value, "the value of an aux field")] {
                        recycle(text);
                        self.bodies.strings.append(text, what)?;
                    }
                    let [name, value] = &self.aux;
                    return Ok(Some(Event::Aux { name, value }));
                }
                kind::DATABASE => {
                    let index = self.source().length("the index of a database")?;
                    return Ok(Some(Event::Database(index)));
                }
                kind::SIZE_HINT => {
                    let keys = self.source().length("a size hint")?;
                    let deadlines = self.source().length("a size hint")?;
                    return Ok(Some(Event::SizeHint { keys, deadlines }));
                }
                kind::DEADLINE_SECONDS => {
                    let seconds = i32::from_le_bytes(self.source().array(DEADLINE)?);
                    self.metadata.deadline_ms = Some(u64::try_from(seconds).unwrap_or(0) * 1000);
                }
                kind::DEADLINE_MS => {
                    let deadline_ms = i64::from_le_bytes(self.source().array(DEADLINE)?);
                    // What is before 1970 has passed, but for -1, which the reference takes for none.
                    self.metadata.deadline_ms = (deadline_ms != -1).then(|| u64::try_from(deadline_ms).unwrap_or(0));
                }
                kind::FREQUENCY => self.metadata.frequency = Some(self.source().byte("a frequency")?),
                kind::IDLE => self.metadata.idle_seconds = Some(self.source().length("an idle time")?),
                kind::SLOT_INFO => {
                    for _ in 0..3 {
                        self.source().length("the sizes of a slot")?;
                    }
                }
                kind::END => {
                    self.is_over = true;
                    self.check_end()?;
                }
                opcode @ (kind::FUNCTION | kind::FUNCTION_OLD | kind::MODULE_AUX | kind::SLOT_IMPORT) => {
                    return Err(self.unsupported(opcode, offset));
                }
                kind => {
                    let Some(body) = self.read_entry(kind, offset)? else { continue };
                    let metadata = std::mem::take(&mut self.metadata);
                    let value = self.bodies.value(body);
                    return Ok(Some(Event::Entry(Entry { key: &self.key, metadata, value })));
                }
            }
        }
        Ok(None)
    }

    /// Makes sure that nothing follows, for files that hold nothing else. To be called at the end.
    ///
    /// # Errors
    ///
    /// If something follows, or the stream cannot be read.
    pub fn check_nothing_follows(&mut self) -> Result<()> {
        let offset = self.offset();
        if self.source().ahead()?.is_empty() {
            return Ok(());
        }
        Err(Error::corrupt(offset, "something follows the end, where a file of RDB alone has nothing"))
    }

    /// Reads a key and the value of a type; `None` if that is an empty collection, which is passed over.
    fn read_entry(&mut self, kind: u8, offset: u64) -> Result<Option<Body>> {
        let Self { bodies, key, .. } = self;
        let is_type = kind == kind::STRING
            || super::hash::is_hash(kind, bodies.dialect)
            || bodies.dialect.unsupported(kind).is_some();
        if !is_type {
            return Err(Error::corrupt(offset, "a type or an opcode that is not known"));
        }
        recycle(key);
        bodies.strings.append(key, "a key")?;
        let body = bodies.read(kind, offset).map_err(|error| error.in_key(key))?;
        if matches!(body, Body::Nothing) {
            self.empty_keys += 1;
            self.metadata = Metadata::default();
            return Ok(None);
        }
        Ok(Some(body))
    }

    fn check_end(&mut self) -> Result<()> {
        let offset = self.offset();
        let computed = self.source().checksum()?;
        if self.version >= CHECKSUM_VERSION_MIN {
            let stored = u64::from_le_bytes(self.source().array("the checksum")?);
            if let Some(computed) = computed.filter(|computed| stored != 0 && stored != *computed) {
                return Err(Error::new(offset, ErrorKind::Checksum { stored, computed }));
            }
        }
        self.source().settle()
    }

    /// The error for an opcode that stands for something we do not have.
    fn unsupported(&mut self, opcode: u8, offset: u64) -> Error {
        let what = match opcode {
            kind::FUNCTION => {
                let mut code = Vec::new();
                if let Err(error) = self.bodies.strings.append(&mut code, "a function library") {
                    return error;
                }
                let line = code.split(|byte| *byte == b'\n').next().unwrap_or_default();
                format!("a function library that begins with {}", Quoted::new(line))
            }
            kind::FUNCTION_OLD => "a function of a release candidate of Redis 7.0".to_owned(),
            kind::MODULE_AUX => match self.source().length("the name of a module's type") {
                Ok(id) => format!("data of a module (type {})", kind::module_name(id)),
                Err(error) => return error,
            },
            _ => "the import of a slot by a cluster".to_owned(),
        };
        Error::new(offset, ErrorKind::Unsupported(what))
    }

    fn source(&mut self) -> &mut Source<R> {
        &mut self.bodies.strings.source
    }
}
