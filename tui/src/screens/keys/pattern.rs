//! The pattern of the key browser: a glob that the server looks for, and the same glob here, for what was loaded already. Bytes
//! that are shown as escapes can be typed as such.

use super::show;

/// What was typed as a pattern. A glob is taken as it is, but for the escapes that names are shown with; words without any of its
/// characters are looked for anywhere in the name; `!` before either shows the others, which the server cannot do, so that all keys are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    glob: Vec<u8>,
    is_inverse: bool,
}

impl Pattern {
    /// Reads what was typed.
    pub(super) fn parse(text: &str) -> Self {
        let (is_inverse, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let glob = match text {
            "" | "*" => Vec::new(),
            _ => {
                let (glob, has_wildcards) = compiled(text);
                if has_wildcards { glob } else { [b"*", glob.as_slice(), b"*"].concat() }
            }
        };
        Self { is_inverse: is_inverse && !glob.is_empty(), glob }
    }

    /// The glob for SCAN; none where all keys are asked for.
    pub(super) fn scanned(&self) -> Option<&[u8]> {
        Some(self.glob.as_slice()).filter(|glob| !glob.is_empty() && !self.is_inverse)
    }

    /// Whether a name is shown.
    pub(super) fn fits(&self, name: &[u8]) -> bool {
        self.glob.is_empty() || matches(&self.glob, name) != self.is_inverse
    }

    /// Whether all names are shown.
    pub(super) fn is_any(&self) -> bool {
        self.glob.is_empty()
    }
}

/// Parts `type=hash` from the pattern beside which it was typed.
pub(super) fn split_type(text: &str) -> (Option<String>, String) {
    let words = text.split(' ').scan(0, |at, word| {
        let start = *at;
        *at += word.len() + 1;
        Some((start, word))
    });
    let kind = words.into_iter().find_map(|(start, word)| Some((start, word.len(), word.strip_prefix(TYPE)?)));
    let Some((start, len, kind)) = kind else { return (None, text.to_owned()) };
    // A space went with it, before or after.
    let rest = match (text[..start].strip_suffix(' '), text[start + len..].strip_prefix(' ')) {
        (Some(before), Some(after)) => format!("{before} {after}"),
        (before, after) => format!("{}{}", before.unwrap_or_default(), after.unwrap_or_default()),
    };
    (Some(kind.to_ascii_lowercase()), rest)
}

/// What a type is typed behind.
const TYPE: &str = "type=";

/// The glob of what was typed, with the escapes of [`show::unescape`] as the bytes they stand for, and whether it holds anything that
/// stands for other characters.
fn compiled(text: &str) -> (Vec<u8>, bool) {
    let (mut glob, mut has_wildcards) = (Vec::with_capacity(text.len()), false);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let len = match escape_len(rest) {
            Some(len) => len,
            None if character == '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            None => character.len_utf8(),
        };
        let (part, after) = rest.split_at(len);
        match show::unescape(part) {
            // A byte that means something in a glob stands for itself.
            Ok(bytes) if part.starts_with('\\') => {
                let quoted = bytes.iter().flat_map(|&byte| match byte {
                    b'*' | b'?' | b'[' | b']' | b'\\' | b'^' | b'-' => vec![b'\\', byte],
                    byte => vec![byte],
                });
                glob.extend(quoted);
            }
            _ => {
                has_wildcards |= matches!(character, '*' | '?' | '[');
                glob.extend_from_slice(part.as_bytes());
            }
        }
        rest = after;
    }
    (glob, has_wildcards)
}

/// The length of the escape that a text begins with.
fn escape_len(text: &str) -> Option<usize> {
    let escape = text.strip_prefix('\\')?;
    match escape.chars().next()? {
        '\\' | 'n' | 'r' | 't' => Some(2),
        'x' => Some(4).filter(|len| text.is_char_boundary(*len)),
        'u' => text.find('}').map(|end| end + 1),
        _ => None,
    }
}

/// Whether a glob as SCAN knows it fits all of a name: `*`, `?`, `[a-z]`, `[^a]`, and `\` before a character that stands for
/// itself. `O(glob × name)`: of several stars only the last one is tried again.
fn matches(glob: &[u8], name: &[u8]) -> bool {
    let (mut glob_at, mut name_at) = (0, 0);
    let mut star = None;
    while name_at < name.len() {
        if glob.get(glob_at) == Some(&b'*') {
            star = Some((glob_at + 1, name_at));
            glob_at += 1;
        } else if let Some(len) = matches_one(&glob[glob_at..], name[name_at]) {
            glob_at += len;
            name_at += 1;
        } else if let Some((after, from)) = star {
            // The star takes one byte more.
            star = Some((after, from + 1));
            (glob_at, name_at) = (after, from + 1);
        } else {
            return false;
        }
    }
    glob[glob_at..].iter().all(|&byte| byte == b'*')
}

/// The length of the first element of a glob, which is no star, if it fits a byte.
fn matches_one(glob: &[u8], byte: u8) -> Option<usize> {
    match *glob {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (escaped == byte).then_some(2),
        [b'[', ..] => matches_set(glob, byte),
        [literal, ..] => (literal == byte).then_some(1),
        [] => None,
    }
}

/// The same for a set; one that is not closed reaches to the end of the glob.
fn matches_set(glob: &[u8], byte: u8) -> Option<usize> {
    let is_inverse = glob.get(1) == Some(&b'^');
    let mut at = if is_inverse { 2 } else { 1 };
    let mut is_member = false;
    loop {
        match glob[at.min(glob.len())..] {
            [] => break,
            [b']', ..] => {
                at += 1;
                break;
            }
            [b'\\', escaped, ..] => {
                is_member |= escaped == byte;
                at += 2;
            }
            [from, b'-', to, ..] => {
                is_member |= (from.min(to)..=from.max(to)).contains(&byte);
                at += 3;
            }
            [member, ..] => {
                is_member |= member == byte;
                at += 1;
            }
        }
    }
    (is_member != is_inverse).then_some(at.min(glob.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn globs_are_those_of_the_server() {
        for (glob, name, fits) in [
            ("*", "", true),
            ("user:*", "user:42", true),
            ("user:*", "auser:42", false),
            ("*:42", "user:4242", false),
            ("*a*b*c", "xxaxxbxxbxc", true),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-c]llo", "hbllo", true),
            ("h[c-a]llo", "hbllo", true),
            (r"h\*llo", "h*llo", true),
            (r"h\*llo", "hello", false),
            (r"[\]]", "]", true),
            ("[a", "a", true),
            ("a", "", false),
            ("", "", true),
        ] {
            assert_eq!(matches(glob.as_bytes(), name.as_bytes()), fits, "{glob} {name}");
        }
    }

    #[test]
    fn what_is_typed_becomes_a_glob() {
        for (typed, scanned) in [
            ("", None),
            ("*", None),
            ("web", Some("*web*")),
            ("web:*", Some("web:*")),
            ("!web", None),
            (r"a\nb", Some("*a\nb*")),
            (r"a\nb*", Some("a\nb*")),
            (r"a\\b", Some(r"*a\\b*")),
            (r"\x2a", Some(r"*\**")),
            (r"h\*llo", Some(r"*h\*llo*")),
            (r"\u{202e}?", Some("\u{202e}?")),
            (r"\x", Some(r"*\x*")),
        ] {
            assert_eq!(Pattern::parse(typed).scanned(), scanned.map(str::as_bytes), "{typed}");
        }
        assert_eq!(Pattern::parse(r"\x00\xff").scanned(), Some(&b"*\x00\xff*"[..]));
        assert!(Pattern::parse(r"a\nb").fits(b"xa\nby") && !Pattern::parse(r"a\nb").fits(b"anb"));
        assert!(!Pattern::parse("!web").fits(b"a:web:1") && Pattern::parse("!web").fits(b"a:1"));
        assert!(Pattern::parse("web").fits(b"a:web:1") && Pattern::parse("!").fits(b"x"));
    }

    #[test]
    fn a_type_is_no_part_of_the_pattern() {
        for (typed, kind, rest) in [
            ("type=hash", Some("hash"), ""),
            ("type=ZSET user:*", Some("zset"), "user:*"),
            ("user:* type=set", Some("set"), "user:*"),
            ("a  b type=list c", Some("list"), "a  b c"),
            ("type=", Some(""), ""),
            ("*type=hash*", None, "*type=hash*"),
            ("!type=hash", None, "!type=hash"),
            ("user 1", None, "user 1"),
        ] {
            assert_eq!(split_type(typed), (kind.map(str::to_owned), rest.to_owned()), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_found_by_what_is_shown(name in prop::collection::vec(any::<u8>(), 1..12)) {
            // Characters that mean something in a glob are typed with a backslash.
            let shown = show::spelled(&name).replace(['*', '?', '[', '!'], "?");
            prop_assert!(Pattern::parse(&shown).fits(&name), "{shown}");
        }

        #[test]
        fn any_glob_ends(glob in "[a*?\\[\\]\\\\^-]{0,12}", name in "[a*\\[\\]^-]{0,20}") {
            let escaped: String = name.chars().flat_map(|character| ['\\', character]).collect();
            prop_assert!(matches(escaped.as_bytes(), name.as_bytes()));
            matches(glob.as_bytes(), name.as_bytes());
        }
    }
}
