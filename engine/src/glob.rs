//! Glob patterns over bytes, as `KEYS`, `SCAN MATCH`, `PSUBSCRIBE` and `CONFIG GET` understand them.
//!
//! | Pattern | Matches |
//! |---|---|
//! | `*` | any bytes, also none |
//! | `?` | one byte |
//! | `[abc]`, `[a-z]` | one byte of the class; a range may be written either way round |
//! | `[^abc]` | one byte outside the class |
//! | `\x` | the byte `x`, whatever it means otherwise |
//!
//! The corners follow the reference server, because clients can see them:
//!
//! - The empty text matches the empty pattern only, so not even `*` (see [`matches_all`]).
//! - A class without its `]` ends with the pattern. `[^` is then any byte, `[` none.
//! - `]` ends a class even as its first byte: `[]` is none, `[^]` any.
//! - In `[a-]` the `]` is the end of the range, and the class goes on.
//! - A `\` that ends the pattern stands for itself.
//! - The ends of a range compare as signed bytes: `[a-\xff]` holds `\xff`, 0 to `a`, and not `b`.
//! - Ignoring case, `[\a]` still means `a` alone, and the ends of a range are folded after they
//!   have been put in order, so `[Z-a]` is none.

/// Tells whether `pattern` matches the whole of `text`.
///
/// `ignore_case` folds ASCII letters only.
///
/// Costs `O(text)` for patterns of usual shape and `O(text × longest part between two stars)` at
/// worst: when a part fits after its star, no earlier star is ever tried again, because
/// stretching an earlier one only leaves less text for the same rest. Allocates nothing.
pub fn matches(pattern: &[u8], text: &[u8], ignore_case: bool) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut at, mut from) = (0, 0);
    // Where to go on when the part after the latest star does not fit: that part's start in the
    // pattern, and the next place in the text to try it.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            while pattern.get(at) == Some(&b'*') {
                at += 1;
            }
            if at == pattern.len() {
                return true;
            }
            let Some(start) = next_candidate(pattern, at, text, from, ignore_case) else {
                return false;
            };
            from = start;
            retry = Some((at, start + 1));
        }
        let fits = match text.get(from) {
            Some(&byte) => match_one(pattern, at, byte, ignore_case),
            None if at == pattern.len() => return true,
            // Every part needs at least one byte, and starting later leaves even less.
            None => return false,
        };
        match (fits, retry) {
            (Some(next), _) => (at, from) = (next, from + 1),
            (None, Some((part, start))) => {
                let Some(start) = next_candidate(pattern, part, text, start, ignore_case) else {
                    return false;
                };
                (at, from) = (part, start);
                retry = Some((part, start + 1));
            }
            (None, None) => return false,
        }
    }
}

/// Tells whether `pattern` is `*`, which callers that list keys treat as "no pattern".
///
/// They differ for one text: [`matches()`] says that `*` does not match the empty one.
pub fn matches_all(pattern: &[u8]) -> bool {
    pattern == b"*"
}

/// Tells whether `pattern` matches exactly one text, itself: a search for it is a look-up.
pub fn is_literal(pattern: &[u8]) -> bool {
    literal_prefix(pattern).len() == pattern.len()
}

/// Returns the bytes every matching text starts with (when case counts): those of `pattern`
/// before its first special byte.
pub fn literal_prefix(pattern: &[u8]) -> &[u8] {
    let len = pattern.iter().position(|byte| is_special(*byte)).unwrap_or(pattern.len());
    &pattern[..len]
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'\\')
}

/// Returns the first place in `text`, from `from` on, where the part of `pattern` at `part` may
/// start: for a part that starts with a plain byte, where that byte is.
fn next_candidate(pattern: &[u8], part: usize, text: &[u8], from: usize, ignore_case: bool) -> Option<usize> {
    let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
    match pattern.get(part) {
        Some(&first) if !ignore_case && !is_special(first) => Some(from + memchr::memchr(first, rest)?),
        _ => Some(from),
    }
}

/// Matches one byte against the element of `pattern` at `at`, which is not a star, and returns
/// where the next element starts.
fn match_one(pattern: &[u8], at: usize, byte: u8, ignore_case: bool) -> Option<usize> {
    let (literal, next) = match *pattern.get(at..)? {
        [b'?', ..] => return Some(at + 1),
        [b'[', ..] => return match_class(pattern, at + 1, byte, ignore_case),
        [b'\\', escaped, ..] => (escaped, at + 2),
        [literal, ..] => (literal, at + 1),
        [] => return None,
    };
    same(literal, byte, ignore_case).then_some(next)
}

/// Matches one byte against the class whose `[` is just before `at`, and returns what follows the
/// class.
fn match_class(pattern: &[u8], mut at: usize, byte: u8, ignore_case: bool) -> Option<usize> {
    let negated = pattern.get(at) == Some(&b'^');
    at += usize::from(negated);
    let mut found = false;
    loop {
        match *pattern.get(at..).unwrap_or_default() {
            [] => break,
            [b'\\', escaped, ..] => {
                found |= escaped == byte;
                at += 2;
            }
            [b']', ..] => {
                at += 1;
                break;
            }
            [one, b'-', other, ..] => {
                found |= in_range(one, other, byte, ignore_case);
                at += 3;
            }
            [literal, ..] => {
                found |= same(literal, byte, ignore_case);
                at += 1;
            }
        }
    }
    (found != negated).then_some(at)
}

fn same(one: u8, other: u8, ignore_case: bool) -> bool {
    one == other || (ignore_case && one.eq_ignore_ascii_case(&other))
}

fn in_range(one: u8, other: u8, byte: u8, ignore_case: bool) -> bool {
    let fold = |byte: u8| {
        if ignore_case { byte.to_ascii_lowercase() } else { byte }
    };
    let (low, high) = if one.cast_signed() <= other.cast_signed() { (one, other) } else { (other, one) };
    let (low, high, byte) = (fold(low), fold(high), fold(byte));
    (low.cast_signed()..=high.cast_signed()).contains(&byte.cast_signed())
}

#[cfg(test)]
mod tests;
