//! Prebuilt batches of requests.
//!
//! Requests are laid out once, with zeros where a key's digits belong. Before a batch is sent only those digits are
//! written anew, which costs about as much as a copy of the key: the generator never formats a request.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::distribution::KeySource;
use crate::keyspace::{Keyspace, write_digits, write_noise};
use crate::random::Random;

/// Most bytes one thread's prebuilt batches take together.
pub const BATCHES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How many requests are laid out before the pattern of a mix repeats.
const PATTERN_REQUESTS: usize = 4_096;

/// Sorts of requests a mix is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `GET key`
    Get,
    /// `SET key value`, with a time to live in milliseconds if there is one.
    Set {
        /// The argument of PX.
        ttl_ms: Option<u64>,
    },
    /// `MSET key value …`
    Mset {
        /// Keys per request.
        keys: usize,
    },
    /// `HGET hash field`, the field drawn uniformly.
    Hget,
    /// `HSET hash field value`, the field drawn uniformly.
    Hset,
    /// `HSET hash field value …` with every field.
    HsetAll,
    /// Any command: words with `{key}`, `{hash}`, `{field}` and `{value}` in them, one key per request.
    Custom(String),
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get => f.write_str("get"),
            Self::Set { ttl_ms: None } => f.write_str("set"),
            Self::Set { ttl_ms: Some(ttl_ms) } => write!(f, "set px {ttl_ms}"),
            Self::Mset { keys } => write!(f, "mset {keys}"),
            Self::Hget => f.write_str("hget"),
            Self::Hset => f.write_str("hset"),
            Self::HsetAll => f.write_str("hset all"),
            Self::Custom(words) => f.write_str(words),
        }
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "get" => Ok(Self::Get),
            "set" => Ok(Self::Set { ttl_ms: None }),
            "hget" => Ok(Self::Hget),
            "hset" => Ok(Self::Hset),
            _ => Err(format!("`{text}` is none of get, set, hget, hset (other commands: --command)")),
        }
    }
}

/// Things with weights: `get:9,set:1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighted<T>(pub Vec<(T, u64)>);

/// Largest weight, so that sums stay small.
const WEIGHT_MAX: u64 = 1_000;

impl<T> Weighted<T> {
    /// Makes a mix of one thing.
    pub fn one(item: T) -> Self {
        Self(vec![(item, 1)])
    }

    /// Returns `length` indices in proportion to the weights, in random order.
    fn pattern(&self, length: usize, random: &mut Random) -> Vec<usize> {
        let total: u64 = self.0.iter().map(|(_, weight)| weight).sum();
        let mut pattern = Vec::with_capacity(length);
        let mut sum = 0;
        for (index, (_, weight)) in self.0.iter().enumerate() {
            sum += weight;
            pattern.resize((length as u64 * sum / total) as usize, index);
        }
        random.shuffle(&mut pattern);
        pattern
    }
}

impl<T: FromStr<Err: fmt::Display>> FromStr for Weighted<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let item = |part: &str| {
            let (name, weight) = part.split_once(':').unwrap_or((part, "1"));
            let weight = weight.parse().ok().filter(|weight| (1..=WEIGHT_MAX).contains(weight));
            let weight = weight.ok_or_else(|| format!("the weight in `{part}` is not in 1..={WEIGHT_MAX}"))?;
            Ok((name.parse().map_err(|error: T::Err| error.to_string())?, weight))
        };
        text.split(',').map(item).collect::<Result<_, _>>().map(Self)
    }
}

impl<T: fmt::Display> fmt::Display for Weighted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            [(item, _)] => write!(f, "{item}"),
            items => {
                for (index, (item, weight)) in items.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{item}:{weight}")?;
                }
                Ok(())
            }
        }
    }
}

impl<T: fmt::Display> Serialize for Weighted<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a run asks for.
#[derive(Clone, Debug, Serialize)]
pub struct Workload {
    /// Names of keys.
    pub keyspace: Keyspace,
    /// Sorts of requests and their weights.
    pub mix: Weighted<Operation>,
    /// Lengths of values in bytes and their weights.
    pub value_bytes: Weighted<usize>,
}

/// A workload that cannot be laid out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    /// A placeholder without its end, or of an unknown name.
    #[error("`{0}`: placeholders are {{key}}, {{hash}}, {{field}} and {{value}}")]
    Placeholder(String),
    /// A command without words.
    #[error("an empty command")]
    Empty,
    /// Batches larger than [`BATCHES_BYTES_MAX`].
    #[error("a batch of {0} bytes: take shorter values or pipelines (limit {BATCHES_BYTES_MAX})")]
    TooLarge(usize),
}

/// One thread's prebuilt batches, sent in turn.
#[derive(Clone, Debug)]
pub struct Batches {
    batches: Vec<Batch>,
    next: usize,
}

/// The requests of one pipeline.
#[derive(Clone, Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Digits to write before sending, in the order of `bytes`.
    patches: Vec<Patch>,
    requests: Vec<RequestEnd>,
}

#[derive(Clone, Copy, Debug)]
struct RequestEnd {
    bytes: usize,
    patches: usize,
}

#[derive(Clone, Copy, Debug)]
struct Patch {
    at: usize,
    width: usize,
    number: Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// Draws the next key.
    NextKey,
    /// Takes the key drawn last.
    SameKey,
    /// Draws a field.
    Field,
    /// Takes the key drawn last, and writes its noise instead of digits.
    Noise,
}

impl Batches {
    /// Lays out batches of `pipeline` requests. `seed` decides the order of a mix.
    pub fn new(workload: &Workload, pipeline: usize, seed: u64) -> Result<Self, WorkloadError> {
        let mut random = Random::new(seed);
        let is_uniform = workload.mix.0.len() == 1 && workload.value_bytes.0.len() == 1;
        let count = if is_uniform { 1 } else { PATTERN_REQUESTS.div_ceil(pipeline) };
        let operations = workload.mix.pattern(count * pipeline, &mut random);
        let sizes = workload.value_bytes.pattern(count * pipeline, &mut random);
        let mut layout = Layout { workload, batch: Batch::default(), has_key: false };
        let mut batches = Vec::new();
        let mut total_bytes = 0;
        for (index, (operation, size)) in operations.into_iter().zip(sizes).enumerate() {
            layout.request(&workload.mix.0[operation].0, workload.value_bytes.0[size].0)?;
            if total_bytes + layout.batch.bytes.len() > BATCHES_BYTES_MAX {
                // A shorter pattern will do, a shorter batch will not.
                if batches.is_empty() {
                    return Err(WorkloadError::TooLarge(layout.batch.bytes.len()));
                }
                break;
            }
            if (index + 1) % pipeline == 0 {
                total_bytes += layout.batch.bytes.len();
                batches.push(std::mem::take(&mut layout.batch));
            }
        }
        Ok(Self { batches, next: 0 })
    }

    /// Draws keys for the next batch and returns its first `requests` requests, ready to send.
    #[inline]
    pub fn next_batch(&mut self, requests: usize, source: &mut KeySource, fields: u64) -> &[u8] {
        let next = if self.next + 1 == self.batches.len() { 0 } else { self.next + 1 };
        let batch = &mut self.batches[std::mem::replace(&mut self.next, next)];
        let end = batch.requests[requests - 1];
        let mut key = 0;
        for patch in &batch.patches[..end.patches] {
            let number = match patch.number {
                Number::NextKey => {
                    key = source.next_key();
                    key
                }
                Number::SameKey | Number::Noise => key,
                Number::Field => source.below(fields),
            };
            let target = &mut batch.bytes[patch.at..patch.at + patch.width];
            match patch.number {
                Number::Noise => write_noise(target, number),
                _ => write_digits(target, number),
            }
        }
        &batch.bytes[..end.bytes]
    }
}

struct Layout<'a> {
    workload: &'a Workload,
    batch: Batch,
    has_key: bool,
}

impl Layout<'_> {
    fn request(&mut self, operation: &Operation, value_bytes: usize) -> Result<(), WorkloadError> {
        self.has_key = false;
        match operation {
            Operation::Get => {
                self.words(2, &["GET"]);
                self.key();
            }
            Operation::Set { ttl_ms: None } => {
                self.words(3, &["SET"]);
                self.key();
                self.value(value_bytes);
            }
            Operation::Set { ttl_ms: Some(ttl_ms) } => {
                self.words(5, &["SET"]);
                self.key();
                self.value(value_bytes);
                self.argument(b"PX");
                self.argument(ttl_ms.to_string().as_bytes());
            }
            Operation::Mset { keys } => {
                self.words(1 + 2 * keys, &["MSET"]);
                for _ in 0..*keys {
                    self.has_key = false;
                    self.key();
                    self.value(value_bytes);
                }
            }
            Operation::Hget => {
                self.words(3, &["HGET"]);
                self.hash();
                self.drawn_field();
            }
            Operation::Hset => {
                self.words(4, &["HSET"]);
                self.hash();
                self.drawn_field();
                self.value(value_bytes);
            }
            Operation::HsetAll => {
                let fields = self.workload.keyspace.fields;
                self.words(2 + 2 * fields as usize, &["HSET"]);
                self.hash();
                for field in 0..fields {
                    let field = self.workload.keyspace.field(field);
                    self.argument(&field);
                    self.value(value_bytes);
                }
            }
            Operation::Custom(text) => self.custom(text, value_bytes)?,
        }
        self.batch.requests.push(RequestEnd { bytes: self.batch.bytes.len(), patches: self.batch.patches.len() });
        Ok(())
    }

    fn words(&mut self, count: usize, words: &[&str]) {
        self.batch.bytes.extend_from_slice(format!("*{count}\r\n").as_bytes());
        for word in words {
            self.argument(word.as_bytes());
        }
    }

    fn argument(&mut self, argument: &[u8]) {
        self.batch.bytes.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        self.batch.bytes.extend_from_slice(argument);
        self.batch.bytes.extend_from_slice(b"\r\n");
    }

    fn key(&mut self) {
        let key = self.workload.keyspace.key(0);
        self.numbered(&key, key.len(), Piece::Key);
    }

    fn hash(&mut self) {
        let key = self.workload.keyspace.hash_key(0);
        self.numbered(&key, key.len(), Piece::Key);
    }

    fn drawn_field(&mut self) {
        let field = self.workload.keyspace.field(0);
        self.numbered(&field, field.len(), Piece::Field);
    }

    fn value(&mut self, value_bytes: usize) {
        let keyspace = &self.workload.keyspace;
        let value = keyspace.value_template(value_bytes);
        let digits = keyspace.value_digits(value_bytes);
        self.numbered(&value, 1 + digits, Piece::Value(digits));
        self.noise(self.batch.bytes.len() - 2, value_bytes);
    }

    /// Marks the end of a value as noise to be written, if it has any.
    fn noise(&mut self, value_end: usize, value_bytes: usize) {
        let width = self.workload.keyspace.noise_bytes(value_bytes);
        if width > 0 {
            self.batch.patches.push(Patch { at: value_end - width, width, number: Number::Noise });
        }
    }

    /// Appends an argument whose digits end at `digits_end`.
    fn numbered(&mut self, argument: &[u8], digits_end: usize, piece: Piece) {
        self.argument(argument);
        let start = self.batch.bytes.len() - 2 - argument.len();
        self.patch(start + digits_end, piece);
    }

    fn patch(&mut self, end: usize, piece: Piece) {
        let keyspace = &self.workload.keyspace;
        let (width, number) = match piece {
            Piece::Field => (keyspace.varying_field_digits(), Number::Field),
            Piece::Key | Piece::Value(_) => {
                let number = if self.has_key { Number::SameKey } else { Number::NextKey };
                self.has_key = true;
                (if let Piece::Value(digits) = piece { digits } else { keyspace.varying_digits() }, number)
            }
        };
        self.batch.patches.push(Patch { at: end - width, width, number });
    }

    fn custom(&mut self, text: &str, value_bytes: usize) -> Result<(), WorkloadError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        if words.is_empty() {
            return Err(WorkloadError::Empty);
        }
        self.words(words.len(), &[]);
        for word in words {
            self.custom_word(word, value_bytes)?;
        }
        Ok(())
    }

    fn custom_word(&mut self, word: &str, value_bytes: usize) -> Result<(), WorkloadError> {
        let keyspace = &self.workload.keyspace;
        let mut argument = Vec::new();
        let mut pieces = Vec::new();
        let mut rest = word;
        while let Some((before, tail)) = rest.split_once('{') {
            argument.extend_from_slice(before.as_bytes());
            let (name, after) = tail.split_once('}').ok_or_else(|| WorkloadError::Placeholder(word.to_owned()))?;
            let (text, piece) = match name {
                "key" => (keyspace.key(0), Piece::Key),
                "hash" => (keyspace.hash_key(0), Piece::Key),
                "field" => (keyspace.field(0), Piece::Field),
                "value" => (keyspace.value_template(value_bytes), Piece::Value(keyspace.value_digits(value_bytes))),
                _ => return Err(WorkloadError::Placeholder(word.to_owned())),
            };
            let digits_end = match piece {
                Piece::Value(digits) => 1 + digits,
                Piece::Key | Piece::Field => text.len(),
            };
            pieces.push((argument.len() + digits_end, argument.len() + text.len(), piece));
            argument.extend_from_slice(&text);
            rest = after;
        }
        argument.extend_from_slice(rest.as_bytes());
        self.argument(&argument);
        let start = self.batch.bytes.len() - 2 - argument.len();
        for (digits_end, end, piece) in pieces {
            self.patch(start + digits_end, piece);
            if matches!(piece, Piece::Value(_)) {
                self.noise(start + end, value_bytes);
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Piece {
    Key,
    Field,
    /// A value with this many digits of its key.
    Value(usize),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Distribution;

    fn workload(mix: &[(Operation, u64)], value_bytes: &[(usize, u64)]) -> Workload {
        Workload {
            keyspace: Keyspace { keys: 100, key_bytes: 8, fields: 10, ..Keyspace::default() },
            mix: Weighted(mix.to_vec()),
            value_bytes: Weighted(value_bytes.to_vec()),
        }
    }

    fn sent(operation: Operation, value_bytes: usize, pipeline: usize, requests: usize) -> String {
        let workload = workload(&[(operation, 1)], &[(value_bytes, 1)]);
        let mut batches = Batches::new(&workload, pipeline, 1).unwrap();
        let mut source = KeySource::new(Distribution::Sequential, 100, 1, 0, 1);
        for _ in 0..41 {
            source.next_key();
        }
        String::from_utf8(batches.next_batch(requests, &mut source, 1).to_vec()).unwrap()
    }

    #[test]
    fn requests_are_laid_out_with_their_keys() {
        assert_eq!(sent(Operation::Get, 4, 1, 1), "*2\r\n$3\r\nGET\r\n$8\r\nkey:0041\r\n");
        assert_eq!(
            sent(Operation::Set { ttl_ms: None }, 4, 3, 2),
            "*3\r\n$3\r\nSET\r\n$8\r\nkey:0041\r\n$4\r\nv41v\r\n*3\r\n$3\r\nSET\r\n$8\r\nkey:0042\r\n$4\r\nv42v\r\n"
        );
        assert_eq!(
            sent(Operation::Set { ttl_ms: Some(5_000) }, 0, 1, 1),
            "*5\r\n$3\r\nSET\r\n$8\r\nkey:0041\r\n$0\r\n\r\n$2\r\nPX\r\n$4\r\n5000\r\n"
        );
        assert_eq!(
            sent(Operation::Mset { keys: 2 }, 2, 1, 1),
            "*5\r\n$4\r\nMSET\r\n$8\r\nkey:0041\r\n$2\r\nv1\r\n$8\r\nkey:0042\r\n$2\r\nv2\r\n"
        );
        assert_eq!(sent(Operation::Hget, 4, 1, 1), "*3\r\n$4\r\nHGET\r\n$8\r\nhash:041\r\n$2\r\nf0\r\n");
        assert_eq!(sent(Operation::Hset, 1, 1, 1), "*4\r\n$4\r\nHSET\r\n$8\r\nhash:041\r\n$2\r\nf0\r\n$1\r\nv\r\n");
        let custom = Operation::Custom("ZADD z:{key}! 1 {value}".into());
        assert_eq!(sent(custom, 4, 1, 1), "*4\r\n$4\r\nZADD\r\n$11\r\nz:key:0041!\r\n$1\r\n1\r\n$4\r\nv41v\r\n");
    }

    #[test]
    fn sent_values_are_the_expected_ones() {
        let keyspace = workload(&[], &[]).keyspace;
        for value_bytes in [0, 1, 2, 3, 8, 300] {
            let request = sent(Operation::Set { ttl_ms: None }, value_bytes, 1, 1);
            let value = String::from_utf8(keyspace.value(41, value_bytes)).unwrap();
            assert!(request.ends_with(&format!("${value_bytes}\r\n{value}\r\n")), "{request}");
        }
    }

    #[test]
    fn mixes_keep_their_proportions() {
        let workload = workload(&[(Operation::Get, 9), (Operation::Set { ttl_ms: None }, 1)], &[(8, 1), (16, 1)]);
        let mut batches = Batches::new(&workload, 64, 1).unwrap();
        let mut source = KeySource::new(Distribution::Uniform, 100, 1, 0, 1);
        let mut all = String::new();
        for _ in 0..64 {
            all.push_str(std::str::from_utf8(batches.next_batch(64, &mut source, 1)).unwrap());
        }
        let sets = all.matches("SET").count();
        assert_eq!(all.matches("GET").count() + sets, 4_096);
        assert!((409..=410).contains(&sets), "{sets}");
        let short = all.matches("$8\r\nv").count();
        assert!((150..=260).contains(&short), "{short} of {sets} values are short");
    }

    #[test]
    fn weights_are_read_and_written_alike() {
        assert_eq!("get:9,set:1".parse::<Weighted<Operation>>().unwrap().to_string(), "get:9,set:1");
        assert_eq!("hget".parse::<Weighted<Operation>>().unwrap().to_string(), "hget");
        assert_eq!("8,64:3".parse::<Weighted<usize>>(), Ok(Weighted(vec![(8, 1), (64, 3)])));
        for bad in ["", "get:0", "get:x", "getx", "get,,set", "get:100000"] {
            assert!(bad.parse::<Weighted<Operation>>().is_err(), "{bad}");
        }
    }

    #[test]
    fn impossible_workloads_are_refused() {
        let refused = |operation, value_bytes, pipeline| {
            Batches::new(&workload(&[(operation, 1)], &[(value_bytes, 1)]), pipeline, 1).unwrap_err()
        };
        assert!(matches!(refused(Operation::Custom("X {nothing}".into()), 1, 1), WorkloadError::Placeholder(_)));
        assert!(matches!(refused(Operation::Custom("X {key".into()), 1, 1), WorkloadError::Placeholder(_)));
        assert_eq!(refused(Operation::Custom(" ".into()), 1, 1), WorkloadError::Empty);
        let set = Operation::Set { ttl_ms: None };
        assert!(matches!(refused(set, BATCHES_BYTES_MAX / 8, 16), WorkloadError::TooLarge(_)));
    }
}
