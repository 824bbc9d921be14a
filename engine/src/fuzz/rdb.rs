//! RDB streams, payloads and packed forms from outside: an error, or values that survive being written and read again.

use std::io::BufReader;

use super::input::Input;
use crate::clock::Clock;
use crate::engine::{Engine, EngineOptions};
use crate::namespace::Handle;
use crate::rdb::{
    Content, Encoder, Entry, Error, Event, Metadata, Pairs, Reader, Settings, Value, Writer, decode_body, listpack,
    lzf, restore, ziplist, zipmap,
};
use crate::shard::multi_key::Reach;
use crate::value::StringRef;
use crate::value::string::Digits;

/// Entries with the index of their database.
type Entries = Vec<(u64, Vec<u8>, Metadata, Value<'static>)>;

/// Reads a stream whose checksum is left unchecked, through a large and a tiny buffer. What can be read is written and read again.
///
/// # Panics
///
/// If that does not give the same.
pub fn stream(data: &[u8]) {
    let entries = Reader::new(data).and_then(|reader| read(reader.ignoring_checksum()));
    let slowly = BufReader::with_capacity(3, data);
    let slowly = Reader::new(slowly).and_then(|reader| read(reader.ignoring_checksum()));
    let entries = match (entries, slowly) {
        (Ok(entries), Ok(slowly)) => {
            assert_eq!(entries, slowly);
            entries
        }
        (Err(error), Err(slowly)) => {
            assert_eq!(error.to_string(), slowly.to_string());
            assert!(error.offset() <= data.len() as u64, "{error}");
            return;
        }
        (entries, slowly) => panic!("{entries:?}, but {slowly:?} in small steps"),
    };
    let mut writer = Writer::new(Vec::new(), Settings::default()).expect("a vector takes all");
    let mut database = 0;
    for (index, key, metadata, value) in &entries {
        if *index != database {
            database = *index;
            writer.database(database).expect("a vector takes all");
        }
        writer.entry(key, metadata, value.into()).expect("a vector takes all");
    }
    let written = writer.finish().expect("a vector takes all");
    let again = Reader::new(&written[..]).and_then(read).expect("what was written can be read");
    assert_eq!(again, entries);
}

fn read<R: std::io::BufRead>(mut reader: Reader<R>) -> Result<Entries, Error> {
    let (mut entries, mut database) = (Entries::new(), 0);
    while let Some(event) = reader.read_event()? {
        match event {
            Event::Database(index) => database = index,
            Event::Entry(Entry { key, metadata, value }) => {
                entries.push((database, key.to_vec(), metadata, value.into_owned()));
            }
            Event::Aux { .. } | Event::SizeHint { .. } => {}
        }
    }
    Ok(entries)
}

/// Decodes a payload: the first two bytes are the version, the rest type and value. What can be decoded is encoded and decoded
/// again, and given to a key, which is then used.
///
/// # Panics
///
/// If that does not give the same, or the key cannot be used.
pub fn payload(data: &[u8]) {
    let _ = restore(data, u64::MAX);
    let mut input = Input::new(data);
    let version = u16::from(input.byte()) | u16::from(input.byte()) << 8;
    if let Ok(value) = decode_body(input.rest(), version) {
        let payload = Encoder::new(Settings::default()).dump((&value).into());
        assert_eq!(restore(&payload, u64::MAX).expect("what was encoded can be decoded"), value);
        check_use(value);
    }
}

/// Gives a value to a key and does with it what clients do.
fn check_use(value: Value<'static>) {
    let options = EngineOptions { clock: Clock::manual(1_000), default_shards: 1, ..EngineOptions::default() };
    let engine = Engine::new(options).expect("there is one shard");
    let mut handle = Handle::new(engine.database(0).expect("there is a first database"));
    let used = handle.with(Reach::All, 1_000, |keyspace| {
        let key = keyspace.key(b"key");
        keyspace.restore(key, value.clone(), &Metadata::default()).expect("there is room");
        let payload = Content::of(keyspace.peek(key).expect("it was restored"), |content| {
            Encoder::new(Settings::default()).dump(content)
        });
        let dumped = restore(&payload, u64::MAX).expect("what was dumped can be restored");
        assert_eq!(sorted(&dumped), sorted(&value));
        match &value {
            Value::String(text) => {
                let len = keyspace.append(key, b"more").expect("there is room");
                assert_eq!(len, text.len() + 4);
                let _ = keyspace.increment(key, 1);
            }
            Value::Hash(pairs) => {
                for (field, value) in pairs.iter() {
                    let mut hash = keyspace.hash_mut(key).expect("it is a hash");
                    assert!(hash.get(field).is_some_and(|found| found.bytes(&mut Digits::new()) == value));
                    assert_eq!(hash.set(field, b"other"), Ok(false));
                    assert!(hash.remove(field));
                }
                assert!(!keyspace.contains(key), "it was removed with its last field");
            }
        }
        keyspace.check_invariants();
    });
    used.expect("nobody else has the lock");
}

/// A string as one pair, or the pairs of a hash in order.
fn sorted<'a>(value: &'a Value<'_>) -> Vec<(&'a [u8], &'a [u8])> {
    match value {
        Value::String(text) => vec![(text, b"")],
        Value::Hash(pairs) => {
            let mut pairs: Vec<_> = pairs.iter().collect();
            pairs.sort_unstable();
            pairs
        }
    }
}

/// Decodes a packed form; the first byte says which.
///
/// # Panics
///
/// If what it holds does not survive being packed again, or is more than its bytes can hold.
pub fn packed(data: &[u8]) {
    let mut input = Input::new(data);
    let form = input.below(4);
    if form == 3 {
        return lzf(&mut input);
    }
    let bytes = input.rest();
    let texts: Option<Vec<Vec<u8>>> = match form {
        0 => listpack::Elements::new(bytes)
            .ok()
            .and_then(|elements| elements.map(|element| element.ok().map(text)).collect()),
        1 => ziplist::Elements::new(bytes)
            .ok()
            .and_then(|elements| elements.map(|element| element.ok().map(text)).collect()),
        _ => zipmap::Entries::new(bytes).ok().and_then(|entries| {
            let pairs: Result<Pairs, _> = entries.collect();
            Some(pairs.ok()?.iter().flat_map(|(field, value)| [field.to_vec(), value.to_vec()]).collect())
        }),
    };
    let Some(texts) = texts else { return };
    assert!(texts.iter().map(Vec::len).sum::<usize>() <= bytes.len() * 20);
    let mut builder = listpack::Builder::new(Vec::new());
    texts.iter().for_each(|text| builder.push(text));
    let packed = builder.finish();
    let elements = listpack::Elements::new(&packed).expect("it was packed just now");
    assert!(elements.map(|element| text(element.expect("it was packed just now"))).eq(texts));
}

fn text(element: StringRef<'_>) -> Vec<u8> {
    element.bytes(&mut Digits::new()).to_vec()
}

fn lzf(input: &mut Input<'_>) {
    let len = input.below(1 << 16);
    let bytes = input.rest();
    let mut text = Vec::new();
    if lzf::decompress(bytes, len as u64, &mut text).is_ok() {
        assert_eq!(text.len(), len);
        check_compression(&text);
    }
    check_compression(bytes);
}

fn check_compression(text: &[u8]) {
    let mut compressor = lzf::Compressor::default();
    if let Some(compressed) = compressor.compress(text) {
        let mut again = Vec::new();
        assert_eq!(lzf::decompress(compressed, text.len() as u64, &mut again), Ok(()));
        assert!(again == text && compressed.len() + 4 <= text.len());
    }
}
