//! A cursor over one request's arguments.

use rkvs_engine::table::{Key, KeyHasher};

use super::error::CommandError;
use super::keys::Argv;
use crate::resp::{ArgRange, parse_f64, parse_i64, parse_u64};

/// The arguments of one request, read from front to back; they are slices of the connection's read buffer.
///
/// The cursor starts behind the command's name (and its subcommand's, if it has one). Reading is free of allocation.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    bytes: &'a [u8],
    ranges: &'a [ArgRange],
    next: usize,
    first: usize,
    hasher: KeyHasher,
    /// The keys that dispatch has hashed already: their argument indexes and hashes.
    hashed: &'a [(usize, u64)],
    /// How many of them have been read.
    hashed_read: usize,
}

impl<'a> Args<'a> {
    /// A cursor at argument `first`; `ranges` lie in `bytes` and hold the command's name first.
    pub(crate) fn new(bytes: &'a [u8], ranges: &'a [ArgRange], first: usize, hasher: KeyHasher) -> Self {
        Self { bytes, ranges, next: first, first, hasher, hashed: &[], hashed_read: 0 }
    }

    /// Remembers the hashes of keys by their argument indexes, so that [`Args::key`] need not compute them again. Keys
    /// that are not read in this order are hashed anew.
    #[inline]
    pub(crate) fn with_hashes(self, hashed: &'a [(usize, u64)]) -> Self {
        Self { hashed, hashed_read: 0, ..self }
    }

    /// Number of arguments including the command's own name: what arity counts.
    #[inline]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether every argument has been read.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.next >= self.ranges.len()
    }

    /// Number of arguments not read yet.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.ranges.len().saturating_sub(self.next)
    }

    /// The argument at an index of the request, the command's name being 0.
    #[inline]
    pub fn at(&self, index: usize) -> Option<&'a [u8]> {
        self.ranges.get(index).map(|range| range.of(self.bytes))
    }

    /// The command's name as the client wrote it.
    #[inline]
    pub fn name(&self) -> &'a [u8] {
        self.at(0).unwrap_or_default()
    }

    /// Index of the argument that is read next.
    #[inline]
    pub fn position(&self) -> usize {
        self.next
    }

    /// Goes back to the first argument.
    pub fn reset(&mut self) {
        self.next = self.first;
        self.hashed_read = 0;
    }

    /// The next argument without reading it.
    #[inline]
    pub fn peek(&self) -> Option<&'a [u8]> {
        self.at(self.next)
    }

    /// Reads the next argument.
    ///
    /// # Errors
    /// [`CommandError::Syntax`] when there is none; arity has been checked, so only an option's value can be missing.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], CommandError> {
        self.next().ok_or(CommandError::Syntax)
    }

    /// Reads a key, with its hash.
    ///
    /// # Errors
    /// [`CommandError::Syntax`] when there is none.
    #[inline]
    pub fn key(&mut self) -> Result<Key<'a>, CommandError> {
        let index = self.next;
        let bytes = self.bytes()?;
        Ok(match self.hashed.get(self.hashed_read) {
            Some(&(hashed, hash)) if hashed == index => {
                self.hashed_read += 1;
                Key { bytes, hash }
            }
            _ => self.hasher.key(bytes),
        })
    }

    /// Reads a signed integer.
    ///
    /// # Errors
    /// [`CommandError::NotAnInteger`] unless it is written in the canonical form.
    #[inline]
    pub fn integer(&mut self) -> Result<i64, CommandError> {
        parse_i64(self.bytes()?).ok_or(CommandError::NotAnInteger)
    }

    /// Reads an unsigned integer.
    ///
    /// # Errors
    /// [`CommandError::NotAnInteger`] unless it is written in the canonical form.
    #[inline]
    pub fn unsigned(&mut self) -> Result<u64, CommandError> {
        parse_u64(self.bytes()?).ok_or(CommandError::NotAnInteger)
    }

    /// Reads a count: an integer that is not negative.
    ///
    /// # Errors
    /// [`CommandError::NotPositive`] otherwise.
    #[inline]
    pub fn count(&mut self) -> Result<usize, CommandError> {
        parse_i64(self.bytes()?).and_then(|count| usize::try_from(count).ok()).ok_or(CommandError::NotPositive)
    }

    /// Reads a floating-point number; infinities are numbers, NaN is not.
    ///
    /// # Errors
    /// [`CommandError::NotAFloat`] otherwise.
    #[inline]
    pub fn float(&mut self) -> Result<f64, CommandError> {
        parse_f64(self.bytes()?).ok_or(CommandError::NotAFloat)
    }

    /// Reads the next argument if it is this word in any case.
    #[inline]
    pub fn option(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()));
        self.next += usize::from(found);
        found
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`CommandError::Syntax`] when something has not been read.
    #[inline]
    pub fn end(&self) -> Result<(), CommandError> {
        if self.is_empty() { Ok(()) } else { Err(CommandError::Syntax) }
    }

    /// The keys that dispatch has hashed already, by argument index and hash: all of the request's, if it names them
    /// before it runs; none inside EXEC.
    #[inline]
    pub(crate) fn hashed(&self) -> &'a [(usize, u64)] {
        self.hashed
    }

    /// The hash of the argument at an index, as a key; 0 if there is none.
    pub(crate) fn hash_at(&self, index: usize) -> u64 {
        self.at(index).map_or(0, |key| self.hasher.hash(key))
    }

    /// The hasher that keys are hashed with.
    pub fn hasher(&self) -> KeyHasher {
        self.hasher
    }

    /// The whole request, the command's name first, wherever the cursor stands.
    pub fn whole(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        let bytes = self.bytes;
        self.ranges.iter().map(move |range| range.of(bytes))
    }
}

impl Argv for Args<'_> {
    fn count(&self) -> usize {
        self.len()
    }

    fn argument(&self, index: usize) -> &[u8] {
        self.at(index).unwrap_or_default()
    }
}

/// Reads what remains.
impl<'a> Iterator for Args<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let argument = self.at(self.next)?;
        self.next += 1;
        Some(argument)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining(), Some(self.remaining()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_takes_the_hash_it_was_given_only_at_its_own_index() {
        let hasher = KeyHasher::new(7, 8);
        let bytes = b"cmdabc";
        let ranges: Vec<_> = [(0, 3), (3, 1), (4, 1), (5, 1)].map(|(start, len)| ArgRange { start, len }).into();
        let hashed = [(1, 11), (3, 33)];
        let mut args = Args::new(bytes, &ranges, 1, hasher).with_hashes(&hashed);
        for _ in 0..2 {
            assert_eq!(args.key().map(|key| (key.bytes, key.hash)), Ok((&b"a"[..], 11)));
            assert_eq!(args.key().map(|key| key.hash), Ok(hasher.hash(b"b")), "not among those known");
            assert_eq!(args.key().map(|key| key.hash), Ok(33));
            args.reset();
        }
        args.next();
        assert_eq!(args.next(), Some(&b"b"[..]));
        assert_eq!(args.key().map(|key| key.hash), Ok(hasher.hash(b"c")), "a key passed over costs a hash, no mistake");
    }
}
