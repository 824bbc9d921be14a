//! Keys that all tell which generation they are of, so that half of a state is seen at once.

use std::collections::BTreeSet;

use rkvs_tests::{Client, Value};

use crate::Random;

/// Strings, in as many shards as there are.
const KEYS: usize = 64;
/// Enough for several blocks of a file.
const VALUE_BYTES: usize = 12 << 10;
/// Fields of a hash that is large enough to be taken down piece by piece.
const FIELDS: usize = 300;

/// Makes everything of the current namespace one generation.
pub(crate) fn write(client: &mut Client, generation: u64) {
    let mut random = Random(generation);
    let mut strings = vec![b"MSET".to_vec()];
    let mut hash = vec![b"HSET".to_vec(), b"hash".to_vec()];
    let text = generation.to_string().into_bytes();
    for index in 0..KEYS {
        let value = [&text[..], b":", &random.bytes(VALUE_BYTES)].concat();
        strings.extend([format!("key:{index}").into_bytes(), value]);
    }
    hash.extend((0..FIELDS).flat_map(|index| [format!("field:{index}").into_bytes(), text.clone()]));
    crate::assert_ok(&client.cmd(&strings));
    assert!(client.cmd(&hash).integer().is_some());
}

/// The one generation that everything of the current namespace is of; `None` where there is nothing.
pub(crate) fn read(client: &mut Client) -> Option<u64> {
    let mut strings = vec!["MGET".to_owned()];
    strings.extend((0..KEYS).map(|index| format!("key:{index}")));
    let strings = client.cmd(&strings);
    let hash = client.line("HVALS hash");
    let size = client.line("DBSIZE").integer();
    if size == Some(0) {
        return None;
    }
    assert_eq!(size, Some(KEYS as i64 + 1));
    assert_eq!(hash.items().unwrap().len(), FIELDS);
    let told: BTreeSet<u64> = [strings, hash].iter().flat_map(|list| list.items().unwrap()).map(generation).collect();
    assert_eq!(told.len(), 1, "generations are mixed: {told:?}");
    told.first().copied()
}

fn generation(value: &Value) -> u64 {
    let bytes = value.bytes().unwrap_or_else(|| panic!("a value is missing: {value:?}"));
    let digits = bytes.split(|byte| *byte == b':').next().unwrap();
    String::from_utf8_lossy(digits).parse().unwrap_or_else(|_| panic!("no generation in {}", bytes.escape_ascii()))
}
