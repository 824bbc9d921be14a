//! How keys, fields and values look.
//!
//! Key number 42 of a million in 16 bytes is `key:000000000042`. The value of a key is known from its number and length,
//! so anyone can check what a server returns: `v`, the last digits of the key's number, then filler. It never
//! looks like an integer, which servers store in a shorter form. The filler is a pattern that all values share, or,
//! where compression counts, half noise ([`Filler`]).

use serde::Serialize;

use crate::random::Random;

/// Most digits a number is written with.
pub const DIGITS_MAX: usize = 20;

/// What a value holds beside its digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Filler {
    /// A pattern of letters, the same in all values: nothing to compress within one, everything from one to the next.
    #[default]
    Pattern,
    /// One letter repeated in the first half of the value; the second half is bytes at random that belong to the key.
    /// However one compresses, value by value or many together, half of it remains.
    HalfNoise,
}

/// Keys `0..keys` and the shape of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Keyspace {
    /// How many keys there are; at least 1.
    pub keys: u64,
    /// What every string key starts with.
    pub prefix: String,
    /// What every hash key starts with.
    pub hash_prefix: String,
    /// Length of a key in bytes, unless prefix and digits need more.
    pub key_bytes: usize,
    /// Fields per hash; at least 1.
    pub fields: u64,
    /// What values hold beside their digits.
    pub filler: Filler,
}

impl Default for Keyspace {
    fn default() -> Self {
        Self {
            keys: 1_000_000,
            prefix: "key:".into(),
            hash_prefix: "hash:".into(),
            key_bytes: 16,
            fields: 16,
            filler: Filler::Pattern,
        }
    }
}

impl Keyspace {
    /// Returns how many digits tell the keys apart: the only bytes in which two keys differ.
    pub fn varying_digits(&self) -> usize {
        digits(self.keys.saturating_sub(1))
    }

    /// Returns how many digits tell the fields of a hash apart.
    pub fn varying_field_digits(&self) -> usize {
        digits(self.fields.saturating_sub(1))
    }

    /// Builds the name of a string key.
    pub fn key(&self, number: u64) -> Vec<u8> {
        self.name(&self.prefix, number)
    }

    /// Builds the name of a hash.
    pub fn hash_key(&self, number: u64) -> Vec<u8> {
        self.name(&self.hash_prefix, number)
    }

    /// Builds the name of a hash's field: `f` and digits.
    pub fn field(&self, number: u64) -> Vec<u8> {
        format!("f{number:0width$}", width = self.varying_field_digits()).into_bytes()
    }

    /// Builds the value of a key.
    pub fn value(&self, number: u64, value_bytes: usize) -> Vec<u8> {
        let mut value = self.value_template(value_bytes);
        let width = self.value_digits(value_bytes);
        if width > 0 {
            write_digits(&mut value[1..=width], number);
        }
        let noise_bytes = self.noise_bytes(value_bytes);
        write_noise(&mut value[value_bytes - noise_bytes..], number);
        value
    }

    /// Builds a value with zeros where the key's digits belong: from its second byte, [`Self::value_digits`] of them.
    /// Its last [`Self::noise_bytes`] are still to be written.
    pub fn value_template(&self, value_bytes: usize) -> Vec<u8> {
        let digits = self.value_digits(value_bytes);
        // Filler of a pattern longer than a cache line: neither all alike nor worth generating at run time.
        (0..value_bytes)
            .map(|at| match at {
                0 => b'v',
                at if at <= digits => b'0',
                _ if self.filler == Filler::HalfNoise => b'x',
                at => b'a' + ((at * 7 + at / 26 * 3) % 26) as u8,
            })
            .collect()
    }

    /// Returns how many digits of the key's number a value carries.
    pub fn value_digits(&self, value_bytes: usize) -> usize {
        let room = value_bytes - self.noise_bytes(value_bytes);
        self.varying_digits().min(room.saturating_sub(1))
    }

    /// Returns how many bytes at its end a value has at random.
    pub fn noise_bytes(&self, value_bytes: usize) -> usize {
        match self.filler {
            Filler::Pattern => 0,
            Filler::HalfNoise => value_bytes / 2,
        }
    }

    fn name(&self, prefix: &str, number: u64) -> Vec<u8> {
        let width = self.key_bytes.saturating_sub(prefix.len()).max(self.varying_digits());
        format!("{prefix}{number:0width$}").into_bytes()
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Writes the last digits of a number over `target`, with leading zeros.
#[inline]
pub fn write_digits(target: &mut [u8], mut number: u64) {
    const PAIRS: &[u8; 200] = &pairs();
    let mut end = target.len();
    while end >= 2 {
        let pair = (number % 100) as usize * 2;
        number /= 100;
        target[end - 2..end].copy_from_slice(&PAIRS[pair..pair + 2]);
        end -= 2;
    }
    if end == 1 {
        target[0] = b'0' + (number % 10) as u8;
    }
}

/// Writes the bytes at random that belong to a key.
#[inline]
pub fn write_noise(target: &mut [u8], number: u64) {
    let mut random = Random::new(number);
    for piece in target.chunks_mut(8) {
        piece.copy_from_slice(&random.next_u64().to_le_bytes()[..piece.len()]);
    }
}

const fn pairs() -> [u8; 200] {
    let mut pairs = [0; 200];
    let mut number = 0;
    while number < 100 {
        pairs[number * 2] = b'0' + (number / 10) as u8;
        pairs[number * 2 + 1] = b'0' + (number % 10) as u8;
        number += 1;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_asked_length_and_differ_in_the_last_digits() {
        let keyspace = Keyspace::default();
        assert_eq!(keyspace.key(42), b"key:000000000042");
        assert_eq!(keyspace.hash_key(42), b"hash:00000000042");
        assert_eq!(keyspace.field(3), b"f03");
        assert_eq!(keyspace.varying_digits(), 6);
        let short = Keyspace { keys: 1_000, key_bytes: 2, ..Keyspace::default() };
        assert_eq!(short.key(999), b"key:999", "digits are never cut off");
        assert_eq!(Keyspace { keys: 1, ..Keyspace::default() }.varying_digits(), 1);
    }

    #[test]
    fn values_carry_the_digits_of_their_key_and_are_no_integers() {
        let keyspace = Keyspace { keys: 2_000_000, ..Keyspace::default() };
        assert_eq!(&keyspace.value(1_234_567, 64)[..8], b"v1234567");
        assert_eq!(keyspace.value(1_234_567, 64).len(), 64);
        assert_eq!(keyspace.value(1_234_567, 4), b"v567");
        assert_eq!(keyspace.value(7, 1), b"v");
        assert_eq!(keyspace.value(7, 0), b"");
    }

    #[test]
    fn half_of_a_value_is_noise_of_its_key() {
        let keyspace = Keyspace { filler: Filler::HalfNoise, ..Keyspace::default() };
        let (one, other) = (keyspace.value(1, 33), keyspace.value(2, 33));
        assert_eq!(one, keyspace.value(1, 33));
        assert_eq!((&one[..17], &other[..17]), (&b"v000001xxxxxxxxxx"[..], &b"v000002xxxxxxxxxx"[..]));
        assert_ne!(one[17..], other[17..]);
        assert_eq!(&keyspace.value(123_456, 4)[..2], b"v6", "digits leave the noise its room");
    }

    #[test]
    fn digits_are_written_with_leading_zeros_at_any_width() {
        for width in 0..=DIGITS_MAX {
            let mut target = vec![b'x'; width];
            write_digits(&mut target, 1_234_567_890_123);
            let expected = format!("{:020}", 1_234_567_890_123_u64);
            assert_eq!(target, &expected.as_bytes()[DIGITS_MAX - width..]);
        }
    }
}
