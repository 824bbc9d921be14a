//! The fields and values of a hash, one behind the other.

use std::collections::HashSet;

use super::recycle;

/// Up to this many fields are compared with each other; more are put into a table.
const COMPARED_MAX: usize = 8;

/// Fields and their values, in the order they were read. Equal to others with the same pairs in the same order.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    bytes: Vec<u8>,
    /// Where each field and each value ends in `bytes`.
    ends: Vec<[usize; 2]>,
    were_packed: bool,
}

impl PartialEq for Pairs {
    fn eq(&self, other: &Self) -> bool {
        (&self.bytes, &self.ends) == (&other.bytes, &other.ends)
    }
}

impl Eq for Pairs {}

impl Pairs {
    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The pairs.
    pub fn iter(&self) -> Iter<'_> {
        Iter { bytes: &self.bytes, begin: 0, ends: self.ends.iter() }
    }

    /// Whether they were a listpack or a ziplist. The reference keeps such a hash packed however long its values are.
    pub fn were_packed(&self) -> bool {
        self.were_packed
    }

    pub(super) fn set_were_packed(&mut self) {
        self.were_packed = true;
    }

    pub(super) fn clear(&mut self) {
        self.were_packed = false;
        recycle(&mut self.bytes);
        recycle(&mut self.ends);
    }

    /// Adds a pair that `append` writes behind the bytes; it returns where the field ends.
    pub(super) fn push_with<E>(&mut self, append: impl FnOnce(&mut Vec<u8>) -> Result<usize, E>) -> Result<(), E> {
        let field_end = append(&mut self.bytes)?;
        self.ends.push([field_end, self.bytes.len()]);
        Ok(())
    }

    /// Adds a pair.
    pub fn push(&mut self, field: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(field);
        let field_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push([field_end, self.bytes.len()]);
    }

    /// A field that is there twice. `O(bytes)`.
    pub(super) fn duplicate(&self) -> Option<&[u8]> {
        let mut fields = self.iter().map(|(field, _)| field);
        if self.len() <= COMPARED_MAX {
            return fields.clone().enumerate().find_map(|(index, field)| {
                let mut before = fields.clone().take(index);
                before.any(|other| other == field).then_some(field)
            });
        }
        // Keyed by chance, so that nobody can choose fields that meet in it.
        let mut known = HashSet::with_capacity(self.len());
        fields.find(|field| !known.insert(*field))
    }
}

impl<'a> FromIterator<(&'a [u8], &'a [u8])> for Pairs {
    fn from_iter<I: IntoIterator<Item = (&'a [u8], &'a [u8])>>(pairs: I) -> Self {
        let mut all = Self::default();
        pairs.into_iter().for_each(|(field, value)| all.push(field, value));
        all
    }
}

impl<'a> IntoIterator for &'a Pairs {
    type Item = (&'a [u8], &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The pairs of [`Pairs::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    bytes: &'a [u8],
    begin: usize,
    ends: std::slice::Iter<'a, [usize; 2]>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let [field_end, value_end] = *self.ends.next()?;
        let begin = std::mem::replace(&mut self.begin, value_end);
        Some((&self.bytes[begin..field_end], &self.bytes[field_end..value_end]))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ends.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_found_among_few_and_among_many() {
        for len in [0, 1, 2, COMPARED_MAX, COMPARED_MAX + 1, 1000] {
            let fields: Vec<String> = (0..len).map(|index| index.to_string()).collect();
            let mut pairs: Pairs = fields.iter().map(|field| (field.as_bytes(), &b"same"[..])).collect();
            assert_eq!((pairs.len(), pairs.duplicate()), (len, None));
            if len > 0 {
                let last = fields[len - 1].as_bytes();
                pairs.push(last, b"other");
                assert_eq!(pairs.duplicate(), Some(last));
            }
        }
    }

    #[test]
    fn pairs_are_what_was_pushed() {
        let all: [(&[u8], &[u8]); 3] = [(b"a", b""), (b"", b"b"), (b"field", b"value")];
        let pairs: Pairs = all.into_iter().collect();
        assert!(pairs.iter().eq(all));
        assert_eq!(pairs.iter().len(), 3);
    }
}
