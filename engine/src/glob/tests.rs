use proptest::prelude::*;

use super::*;

/// Cases whose answers were taken from a reference server, tricky ones first of all.
const CASES: &[(&[u8], &[u8], bool)] = &[
    // The empty text and the empty pattern.
    (b"", b"", true),
    (b"", b"a", false),
    (b"*", b"", false),
    (b"**", b"", false),
    (b"[^]", b"", false),
    // Stars.
    (b"*", b"a", true),
    (b"a*", b"a", true),
    (b"a***", b"a", true),
    (b"*a", b"a", true),
    (b"**a**", b"xax", true),
    (b"a*b*c", b"a-b-b-c", true),
    (b"a*b*c", b"a-c-b", false),
    (b"*ab", b"aab", true),
    (b"*aab*", b"aaaabx", true),
    (b"a*?", b"a", false),
    (b"*?*?", b"ab", true),
    (b"a*b?", b"abab", false),
    (b"a*b?", b"ababc", true),
    (b"h?llo", b"hello", true),
    (b"h?llo", b"hllo", false),
    // Classes.
    (b"h[ae]llo", b"hallo", true),
    (b"h[ae]llo", b"hillo", false),
    (b"h[^e]llo", b"hbllo", true),
    (b"h[^e]llo", b"hello", false),
    (b"h[a-b]llo", b"hbllo", true),
    (b"h[b-a]llo", b"hbllo", true),
    (b"h[b-a]llo", b"hcllo", false),
    (b"[]", b"a", false),
    (b"[]", b"]", false),
    (b"[]a]", b"a]", false),
    (b"[^]", b"a", true),
    (b"[^]a]", b"xa]", true),
    (b"[^", b"a", true),
    (b"[^", b"ab", false),
    (b"[", b"[", false),
    (b"[a", b"a", true),
    (b"[a", b"ab", false),
    (b"[ab", b"b", true),
    (b"[^ab", b"c", true),
    (b"[^ab", b"b", false),
    (b"a[", b"a", false),
    (b"[a^]", b"^", true),
    (b"[a-]", b"a", true),
    (b"[a-]", b"-", false),
    (b"[a-]", b"]", true),
    (b"[a-]", b"^", true),
    (b"[a-]x]", b"x", true),
    (b"[a-", b"-", true),
    (b"[a-", b"a", true),
    (b"[-a]", b"-", true),
    (b"[--a]", b"A", true),
    (b"[a-c-e]", b"d", false),
    (b"[a-c-e]", b"-", true),
    (b"[^-]", b"-", false),
    // A star and a question mark mean themselves in a class.
    (b"[*?]", b"?", true),
    (b"[*?]", b"x", false),
    // Escapes.
    (b"\\*", b"*", true),
    (b"\\*", b"a", false),
    (b"\\a", b"a", true),
    (b"\\", b"\\", true),
    (b"a\\", b"a\\", true),
    (b"a\\", b"a", false),
    (b"\\\\", b"\\", true),
    (b"*\\", b"a\\", true),
    (b"[\\]]", b"]", true),
    (b"[\\a-z]", b"b", false),
    (b"[\\a-z]", b"-", true),
    (b"[a-\\z]", b"\\", true),
    (b"[a-\\z]", b"]", true),
    (b"[a-\\z]", b"z", true),
    (b"[a-\\]", b"]", true),
    (b"[\\", b"\\", true),
    (b"[^\\", b"\\", false),
    (b"[^\\^]", b"^", false),
    // A `]` outside a class means itself.
    (b"]", b"]", true),
    (b"a]*", b"a]b", true),
    // Bytes above 127 compare as signed ones in ranges.
    (b"[a-\xff]", b"\xff", true),
    (b"[a-\xff]", b"b", false),
    (b"[a-\xff]", b"A", true),
    (b"[a-\xff]", b"\xfe", false),
    (b"[\x80-\xff]", b"\xc3", true),
    (b"[\x80-\xff]", b"a", false),
    (b"?", b"\xff", true),
    ("naïv?".as_bytes(), "naïve".as_bytes(), true),
    // Zero bytes are bytes.
    (b"a\0b", b"a\0b", true),
    (b"a\0*", b"a\0b", true),
    (b"[\0]", b"\0", true),
];

/// Cases with case ignored; `[\a]` and `[Z-a]` are the odd ones.
const CASES_IGNORING_CASE: &[(&[u8], &[u8], bool)] = &[
    (b"MAX*", b"maxmemory", true),
    (b"*MEMORY", b"maxmemory", true),
    (b"[M]AX*", b"maxmemory", true),
    (b"[\\M]AX*", b"maxmemory", false),
    (b"[L-N]AX*", b"maxmemory", true),
    (b"[N-L]AX*", b"maxmemory", true),
    (b"[Z-a]*", b"maxmemory", false),
    (b"[A-z]*", b"maxmemory", true),
    (b"[^M]*", b"maxmemory", false),
    (b"\\MAX*", b"maxmemory", true),
    (b"K", "\u{212a}".as_bytes(), false),
];

#[test]
fn tricky_cases_answer_as_the_reference() {
    for &(pattern, text, expected) in CASES {
        assert_eq!(
            matches(pattern, text, false),
            expected,
            "\"{}\" on \"{}\"",
            pattern.escape_ascii(),
            text.escape_ascii()
        );
    }
    for &(pattern, text, expected) in CASES_IGNORING_CASE {
        assert_eq!(matches(pattern, text, true), expected, "{}", pattern.escape_ascii());
    }
}

#[test]
fn thousand_stars_on_a_megabyte_take_one_pass() {
    let text = vec![b'a'; 1 << 20];
    // Full backtracking would need more steps than there are atoms; one pass is over at once.
    let mut never = b"a*".repeat(1_000);
    never.push(b'b');
    assert!(!matches(&never, &text, false));
    assert!(!matches(&never, &text, true));
    let mut classes = b"*[a-c]?".repeat(1_000);
    classes.extend_from_slice(b"[^a]");
    assert!(!matches(&classes, &text, false));

    let always = b"*a".repeat(1_000);
    assert!(matches(&always, &text, false));
    assert!(matches(&vec![b'*'; 1 << 20], &text, false));
}

#[test]
fn literal_patterns_are_told_from_others() {
    assert!(is_literal(b"user:1000"));
    assert!(is_literal(b""));
    assert!(is_literal(b"a]^-"));
    for pattern in [&b"user:*"[..], b"user:?", b"user:[1]", b"user:\\*"] {
        assert!(!is_literal(pattern));
        assert_eq!(literal_prefix(pattern), b"user:");
    }
    assert_eq!(literal_prefix(b"*"), b"");
    assert!(matches_all(b"*"));
    assert!(!matches_all(b"**") && !matches_all(b"") && !matches_all(b"a"));
}

proptest! {
    #[test]
    fn one_retry_finds_what_full_backtracking_finds(
        pattern in "[ab*?\\[\\]^\\\\-]{0,12}",
        text in "[abAB\\]\\\\-]{1,12}",
        ignore_case: bool,
    ) {
        let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
        crate::fuzz::glob::check(pattern, text, ignore_case);
    }

    #[test]
    fn any_bytes_are_answered(pattern: Vec<u8>, text: Vec<u8>, ignore_case: bool) {
        crate::fuzz::glob::check(&pattern, &text, ignore_case);
    }
}
