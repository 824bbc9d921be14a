//! Longest common subsequence of two strings, for `LCS`.
//!
//! The table of lengths `L(i, j)`, of the first `i` bytes of one string and the first `j` of the
//! other, is what the reference fills, four bytes a cell. Neighbours in a row differ by 0 or 1, so
//! here a row is a bit vector of those steps, and a whole word of 64 cells follows from the row
//! above by one addition (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004).
//!
//! The steps are all that finding the subsequence needs. Where two bytes differ, `L(i, j)` is the
//! larger of `L(i-1, j)` and `L(i, j-1)`, and the reference goes on at the former only if that is
//! strictly larger: exactly when the row steps up at `j`. So every choice between subsequences of
//! one length, and with it every match range, is the reference's.

use std::iter;

/// The longest common subsequence of two strings.
#[derive(Debug)]
pub struct Lcs<'a> {
    a: &'a [u8],
    b: &'a [u8],
    len: usize,
    /// Bit `j` of row `i` is 0 where `L(i + 1, j + 1)` is larger than `L(i + 1, j)`.
    rows: Vec<u8>,
    row_len: usize,
}

/// A run of bytes that both strings have and the subsequence took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Where it starts in the first string.
    pub a_start: usize,
    /// Where it starts in the second string.
    pub b_start: usize,
    /// Its length in bytes, at least 1.
    pub len: usize,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LcsError {
    /// The table would have more cells than allowed.
    #[error("the strings are too long to be compared")]
    TooLarge,
    /// There is no memory for it.
    #[error("not enough memory to compare the strings")]
    OutOfMemory,
}

impl<'a> Lcs<'a> {
    /// Compares two strings.
    ///
    /// A table has `(a.len() + 1) × (b.len() + 1)` cells; `cells_max` bounds it, and thereby time
    /// and memory. (The reference stops where its four bytes a cell exceed `proto-max-bulk-len`:
    /// beyond 134,217,728 cells by default.)
    ///
    /// Takes some nanoseconds for 64 cells, a bit of memory for each, and up to 256 bits for
    /// each byte of `b` besides.
    ///
    /// # Errors
    ///
    /// [`LcsError`] if the table is larger than allowed or than the memory there is.
    pub fn new(a: &'a [u8], b: &'a [u8], cells_max: u64) -> Result<Self, LcsError> {
        check_cells(a, b, cells_max)?;
        let row_len = b.len().div_ceil(8);
        let mut rows = Vec::new();
        let bytes = a.len().checked_mul(row_len).ok_or(LcsError::TooLarge)?;
        // A row comes in whole words, so the last one reaches beyond until it is cut.
        rows.try_reserve_exact(bytes.saturating_add(8)).map_err(|_| LcsError::OutOfMemory)?;
        let len = steps(a, b, |row| {
            let end = rows.len() + row_len;
            row.iter().for_each(|word| rows.extend_from_slice(&word.to_le_bytes()));
            rows.truncate(end);
        })?;
        Ok(Self { a, b, len, rows, row_len })
    }

    /// Returns the length of the subsequence in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether the strings have no byte in common.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the runs the subsequence is made of, from the last to the first.
    pub fn matches(&self) -> impl Iterator<Item = Match> + '_ {
        // The next cell to look at, counted from 1 as in the table.
        let (mut i, mut j) = (self.a.len(), self.b.len());
        let equal = |i: usize, j: usize| i > 0 && j > 0 && self.a[i - 1] == self.b[j - 1];
        iter::from_fn(move || {
            while !equal(i, j) {
                if i == 0 || j == 0 {
                    return None;
                }
                if self.steps_up(i, j) { i -= 1 } else { j -= 1 }
            }
            let end = i;
            while equal(i, j) {
                (i, j) = (i - 1, j - 1);
            }
            Some(Match { a_start: i, b_start: j, len: end - i })
        })
    }

    /// Returns the subsequence.
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.len);
        // Backwards, as the runs come; then turned round.
        for Match { a_start, len, .. } in self.matches() {
            text.extend(self.a[a_start..a_start + len].iter().rev());
        }
        text.reverse();
        text
    }

    fn steps_up(&self, i: usize, j: usize) -> bool {
        let byte = self.rows[(i - 1) * self.row_len + (j - 1) / 8];
        byte >> ((j - 1) % 8) & 1 == 0
    }
}

/// Returns the length of the longest common subsequence in bytes; see [`Lcs::new`].
///
/// Takes the same time but only one row of memory, and up to 256 bits for each byte of the
/// shorter string.
///
/// # Errors
///
/// [`LcsError`] as for [`Lcs::new`].
pub fn length(a: &[u8], b: &[u8], cells_max: u64) -> Result<usize, LcsError> {
    check_cells(a, b, cells_max)?;
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    steps(long, short, |_| ())
}

fn check_cells(a: &[u8], b: &[u8], cells_max: u64) -> Result<(), LcsError> {
    let cells = (a.len() as u128 + 1) * (b.len() as u128 + 1);
    if cells <= u128::from(cells_max) { Ok(()) } else { Err(LcsError::TooLarge) }
}

/// Computes the table row by row, shows each row's steps (0 where it steps up; ones beyond the
/// last column), and returns the length.
fn steps(a: &[u8], b: &[u8], mut row_done: impl FnMut(&[u64])) -> Result<usize, LcsError> {
    let masks = Masks::new(a, b)?;
    let mut row = zeroed(b.len().div_ceil(64))?;
    row.fill(u64::MAX);
    for byte in a {
        let mut carry = false;
        for (steps, mask) in row.iter_mut().zip(masks.of(*byte)) {
            let equal = *steps & mask;
            let (sum, over) = steps.overflowing_add(equal);
            let (sum, over_by_carry) = sum.overflowing_add(u64::from(carry));
            carry = over | over_by_carry;
            *steps = sum | (*steps & !mask);
        }
        row_done(&row);
    }
    Ok(row.iter().map(|steps| steps.count_zeros() as usize).sum())
}

/// For each byte that occurs in one string, where it occurs in the other: a bit for each place.
struct Masks {
    /// Which mask belongs to a byte.
    index: [u8; 256],
    words: Vec<u64>,
    row_words: usize,
}

impl Masks {
    fn new(a: &[u8], b: &[u8]) -> Result<Self, LcsError> {
        let mut occurs = [false; 256];
        a.iter().for_each(|byte| occurs[usize::from(*byte)] = true);
        let mut index = [0; 256];
        let mut count = 0;
        for (byte, _) in occurs.iter().enumerate().filter(|(_, occurs)| **occurs) {
            index[byte] = count as u8;
            count += 1;
        }

        let row_words = b.len().div_ceil(64);
        let mut words = zeroed(row_words.checked_mul(count).ok_or(LcsError::TooLarge)?)?;
        for (place, byte) in b.iter().map(|byte| usize::from(*byte)).enumerate().filter(|(_, byte)| occurs[*byte]) {
            words[usize::from(index[byte]) * row_words + place / 64] |= 1 << (place % 64);
        }
        Ok(Self { index, words, row_words })
    }

    fn of(&self, byte: u8) -> &[u64] {
        let start = usize::from(self.index[usize::from(byte)]) * self.row_words;
        &self.words[start..start + self.row_words]
    }
}

fn zeroed(words: usize) -> Result<Vec<u64>, LcsError> {
    let mut zeroed = Vec::new();
    zeroed.try_reserve_exact(words).map_err(|_| LcsError::OutOfMemory)?;
    zeroed.resize(words, 0);
    Ok(zeroed)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const CELLS_MAX: u64 = 1 << 27;

    /// Runs as the reference lists them: first and last byte in both strings.
    fn ranges(a: &str, b: &str) -> Vec<((usize, usize), (usize, usize))> {
        let lcs = Lcs::new(a.as_bytes(), b.as_bytes(), CELLS_MAX).expect("small");
        lcs.matches()
            .map(|run| ((run.a_start, run.a_start + run.len - 1), (run.b_start, run.b_start + run.len - 1)))
            .collect()
    }

    #[test]
    fn the_documented_example_gives_its_text_and_ranges() {
        let lcs = Lcs::new(b"ohmytext", b"mynewtext", CELLS_MAX).expect("small");
        assert_eq!((lcs.text(), lcs.len()), (b"mytext".to_vec(), 6));
        assert_eq!(ranges("ohmytext", "mynewtext"), [((4, 7), (5, 8)), ((2, 3), (0, 1))]);
    }

    #[test]
    fn strings_without_anything_in_common_have_an_empty_one() {
        for (a, b) in [("", ""), ("a", ""), ("", "a"), ("abc", "xyz")] {
            let lcs = Lcs::new(a.as_bytes(), b.as_bytes(), CELLS_MAX).expect("small");
            assert_eq!((lcs.text(), lcs.is_empty(), lcs.matches().count()), (Vec::new(), true, 0));
            assert_eq!(length(a.as_bytes(), b.as_bytes(), CELLS_MAX), Ok(0));
        }
    }

    #[test]
    fn among_equals_the_reference_choice_is_taken() {
        // Taken from a reference server: as late in the second string as the length allows.
        assert_eq!(ranges("ab", "ba"), [((1, 1), (0, 0))]);
        assert_eq!(ranges("aaa", "a"), [((2, 2), (0, 0))]);
        assert_eq!(ranges("a", "aaa"), [((0, 0), (2, 2))]);
        assert_eq!(ranges("abcbdab", "bdcaba"), [((5, 6), (3, 4)), ((3, 4), (0, 1))]);
    }

    #[test]
    fn table_larger_than_allowed_is_refused() {
        let (a, b) = ([b'a'; 9], [b'a'; 99]);
        assert_eq!(Lcs::new(&a, &b, 999).err(), Some(LcsError::TooLarge));
        assert_eq!(length(&a, &b, 999), Err(LcsError::TooLarge));
        assert_eq!(Lcs::new(&a, &b, 1_000).map(|lcs| lcs.len()), Ok(9));
        assert_eq!(length(&a, &b, 1_000), Ok(9));
    }

    #[test]
    fn largest_table_of_the_reference_is_done_at_once() {
        let a: Vec<u8> = (0..11_584u32).map(|place| (place * place % 251) as u8).collect();
        let b: Vec<u8> = (0..11_584u32).map(|place| (place * 7 % 253) as u8).collect();
        let lcs = Lcs::new(&a, &b, CELLS_MAX).expect("just within the limit");
        assert_eq!(lcs.rows.len(), 11_584 * 1_448);
        assert_eq!(length(&a, &b, CELLS_MAX), Ok(lcs.len()));
        assert_eq!(lcs.text().len(), lcs.len());
    }

    /// The plain table, and the reference's way back through it.
    fn plain(a: &[u8], b: &[u8]) -> (usize, Vec<Match>) {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 1..=a.len() {
            for j in 1..=b.len() {
                table[i][j] =
                    if a[i - 1] == b[j - 1] { table[i - 1][j - 1] + 1 } else { table[i - 1][j].max(table[i][j - 1]) };
            }
        }
        let (mut i, mut j) = (a.len(), b.len());
        let mut runs: Vec<Match> = Vec::new();
        let mut broken = true;
        while i > 0 && j > 0 {
            if a[i - 1] != b[j - 1] {
                if table[i - 1][j] > table[i][j - 1] {
                    i -= 1
                } else {
                    j -= 1
                }
                broken = true;
                continue;
            }
            (i, j) = (i - 1, j - 1);
            match runs.last_mut().filter(|_| !broken) {
                Some(run) => *run = Match { a_start: i, b_start: j, len: run.len + 1 },
                None => runs.push(Match { a_start: i, b_start: j, len: 1 }),
            }
            broken = false;
        }
        (table[a.len()][b.len()], runs)
    }

    proptest! {
        #[test]
        fn bit_rows_say_what_the_plain_table_says(
            a in vec(0u8..4, 0..200),
            b in prop_oneof![vec(0u8..4, 0..200), vec(0u8..2, 60..70), vec(2u8..255, 0..20)],
        ) {
            let (len, runs) = plain(&a, &b);
            let lcs = Lcs::new(&a, &b, CELLS_MAX).expect("small");
            prop_assert_eq!(lcs.len(), len);
            prop_assert_eq!(length(&a, &b, CELLS_MAX), Ok(len));
            prop_assert_eq!(length(&b, &a, CELLS_MAX), Ok(len));
            let text: Vec<u8> =
                runs.iter().rev().flat_map(|run| &a[run.a_start..run.a_start + run.len]).copied().collect();
            prop_assert_eq!(lcs.text(), text);
            prop_assert_eq!(lcs.matches().collect::<Vec<_>>(), runs);
        }
    }
}
