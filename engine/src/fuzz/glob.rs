//! Glob patterns beside a matcher that tries every way there is.

use super::input::Input;
use crate::glob;

/// Attempts the plain matcher makes before it gives up: some milliseconds.
const STEPS_MAX: usize = 100_000;

/// Checks [`glob::matches()`] on any pattern and text against full backtracking, and what is said of literal patterns.
///
/// # Panics
///
/// If they disagree.
pub fn matches(data: &[u8]) {
    let mut input = Input::new(data);
    let ignore_case = input.flag();
    let pattern = input.text(64);
    check(pattern, input.rest(), ignore_case);
}

/// [`matches()`] for a pattern and a text.
///
/// # Panics
///
/// If they disagree.
pub fn check(pattern: &[u8], text: &[u8], ignore_case: bool) {
    let found = glob::matches(pattern, text, ignore_case);
    if let Some(expected) = matches_plainly(pattern, text, ignore_case) {
        assert_eq!(found, expected, "\"{}\" on \"{}\"", pattern.escape_ascii(), text.escape_ascii());
    }
    if glob::is_literal(pattern) {
        assert_eq!(glob::matches(pattern, text, false), pattern == text);
    }
    if glob::matches(pattern, text, false) {
        assert!(text.starts_with(glob::literal_prefix(pattern)));
        assert!(glob::matches(pattern, text, true) || pattern.contains(&b'['), "only classes can lose by folding");
    }
}

/// An element of a pattern.
enum Element {
    Star,
    Any,
    Byte(u8),
    Class { negated: bool, items: Vec<Item> },
}

/// A member of a class.
enum Item {
    Escaped(u8),
    Byte(u8),
    Range(u8, u8),
}

/// Whether the pattern matches, by its grammar and full backtracking; `None` when that takes too long.
fn matches_plainly(pattern: &[u8], text: &[u8], ignore_case: bool) -> Option<bool> {
    if text.is_empty() {
        return Some(pattern.is_empty());
    }
    backtrack(&parse(pattern), text, ignore_case, &mut STEPS_MAX.clone())
}

fn parse(pattern: &[u8]) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut rest = pattern.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        elements.push(match byte {
            b'*' => Element::Star,
            b'?' => Element::Any,
            b'\\' => Element::Byte(rest.next().unwrap_or(b'\\')),
            b'[' => {
                let negated = rest.next_if_eq(&b'^').is_some();
                let mut items = Vec::new();
                while let Some(byte) = rest.next() {
                    let mut ahead = rest.clone();
                    let range_end = ahead.next().filter(|dash| *dash == b'-').and_then(|_| ahead.next());
                    match (byte, range_end) {
                        (b'\\', _) if rest.peek().is_some() => items.extend(rest.next().map(Item::Escaped)),
                        (b']', _) => break,
                        (_, Some(end)) => {
                            items.push(Item::Range(byte, end));
                            rest = ahead;
                        }
                        _ => items.push(Item::Byte(byte)),
                    }
                }
                Element::Class { negated, items }
            }
            byte => Element::Byte(byte),
        });
    }
    elements
}

fn backtrack(elements: &[Element], text: &[u8], ignore_case: bool, steps: &mut usize) -> Option<bool> {
    *steps = steps.checked_sub(1)?;
    match (elements, text) {
        ([], _) => Some(text.is_empty()),
        ([Element::Star, rest @ ..], _) => {
            for start in 0..=text.len() {
                if backtrack(rest, &text[start..], ignore_case, steps)? {
                    return Some(true);
                }
            }
            Some(false)
        }
        (_, []) => Some(false),
        ([element, rest @ ..], [byte, shorter @ ..]) => {
            if holds(element, *byte, ignore_case) {
                backtrack(rest, shorter, ignore_case, steps)
            } else {
                Some(false)
            }
        }
    }
}

fn holds(element: &Element, byte: u8, ignore_case: bool) -> bool {
    let fold = |byte: u8| if ignore_case { byte.to_ascii_lowercase() } else { byte };
    match element {
        Element::Star | Element::Any => true,
        Element::Byte(literal) => fold(*literal) == fold(byte),
        Element::Class { negated, items } => {
            let found = items.iter().any(|item| match *item {
                Item::Escaped(literal) => literal == byte,
                Item::Byte(literal) => fold(literal) == fold(byte),
                Item::Range(one, other) => {
                    // The ends are signed, and put in order before they are folded.
                    let mut ends = [one.cast_signed(), other.cast_signed()];
                    ends.sort_unstable();
                    let [low, high] = ends.map(|end| fold(end.cast_unsigned()).cast_signed());
                    let byte = fold(byte).cast_signed();
                    low <= byte && byte <= high
                }
            });
            found != *negated
        }
    }
}
