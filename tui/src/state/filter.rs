//! The filter of a list: which rows are shown.

/// A filter, read from what was typed: words separated by spaces, all of which must fit. A word fits a row that holds it in any
/// column, in any letter case; `name=word` one that holds it in that column, or is it where both are numbers, with a unit or without,
/// so that `db=1` does not find 10, nor `idle=1s` what is idle for 21s; `!` before either one that does not. A column whose name has
/// spaces is named without them: `avgttl=2h`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    is_inverse: bool,
    column: Option<String>,
    word: String,
}

impl Filter {
    /// Reads a filter; one that says nothing fits everything.
    pub fn parse(text: &str) -> Self {
        let terms = text.split_whitespace().filter_map(|term| {
            let (is_inverse, term) = term.strip_prefix('!').map_or((false, term), |rest| (true, rest));
            let (column, word) = match term.split_once('=') {
                Some((column, word)) if !column.is_empty() => (Some(column.to_lowercase()), word),
                _ => (None, term),
            };
            (!term.is_empty()).then(|| Term { is_inverse, column, word: word.to_lowercase() })
        });
        Self { terms: terms.collect() }
    }

    /// Whether it fits everything.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The columns that it names, in lower case.
    fn named(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter_map(|term| term.column.as_deref())
    }

    /// Whether it names a column (in lower case).
    pub fn names(&self, column: &str) -> bool {
        self.named().any(|named| is_named(column, named))
    }

    /// The first column it names that is none of these (in lower case).
    pub fn unknown_column(&self, columns: &[&str]) -> Option<&str> {
        self.named().find(|named| !columns.iter().any(|column| is_named(column, named)))
    }

    /// Whether a row of these columns (name in lower case, text) is shown. A column that the row does not have makes the term
    /// one about the whole word, so that `a=b` finds a key of that name.
    pub fn fits(&self, columns: &[(&str, &str)]) -> bool {
        self.terms.iter().all(|term| term.fits(columns) != term.is_inverse)
    }
}

impl Term {
    fn fits(&self, columns: &[(&str, &str)]) -> bool {
        match &self.column {
            None => columns.iter().any(|(_, text)| holds(text, &self.word)),
            Some(column) if columns.iter().any(|(name, _)| is_named(name, column)) => {
                columns.iter().any(|(name, text)| is_named(name, column) && is_or_holds(text, &self.word))
            }
            Some(column) => {
                let word = format!("{column}={}", self.word);
                columns.iter().any(|(_, text)| holds(text, &word))
            }
        }
    }
}

/// Whether a column of this name is meant.
fn is_named(name: &str, typed: &str) -> bool {
    name == typed || (name.contains(' ') && name.split(' ').flat_map(str::bytes).eq(typed.bytes()))
}

/// Whether a text is a number, or else holds it.
fn is_or_holds(text: &str, word: &str) -> bool {
    let (Some((text_number, text_unit)), Some((number, unit))) = (figure(text), figure(word)) else {
        return holds(text, word);
    };
    let digits = |number: &str| number.bytes().filter(|byte| *byte != b',').collect::<Vec<_>>();
    // Who types decimals has read them: the unit need not be typed as well.
    let is_of_unit = unit.eq_ignore_ascii_case(text_unit) || (unit.is_empty() && number.contains('.'));
    is_of_unit && digits(text_number) == digits(number)
}

/// A number and its unit where a text is one: `10`, `1,024`, `0.5`, `1.8K`, `512 B`, `0s`, `2 µs`, `40 %`. Nobody types the space
/// before the unit: it would part two words.
fn figure(text: &str) -> Option<(&str, &str)> {
    let unit = text.trim_start_matches(|character: char| character.is_ascii_digit() || matches!(character, '.' | ','));
    let number = &text[..text.len() - unit.len()];
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let is_unit =
        unit.chars().count() <= 3 && unit.chars().all(|character| character.is_alphabetic() || character == '%');
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let is_number = groups.next().is_some_and(is_digits) && groups.all(|group| group.len() == 3 && is_digits(group));
    (is_number && is_digits(decimals) && is_unit).then_some((number, unit))
}

/// Whether a text holds a word of lower case. Rows are many and mostly ASCII: those cost no copy.
fn holds(text: &str, word: &str) -> bool {
    if text.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        word.is_empty() || text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
    } else {
        text.to_lowercase().contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_fit_together() {
        let row = [("name", "Web-1"), ("lib", "redis-py 8"), ("addr", "10.0.0.7:1")];
        let cases = [
            ("", true),
            ("web", true),
            ("WEB py", true),
            ("web java", false),
            ("!web", false),
            ("!java", true),
            ("lib=redis", true),
            ("name=redis", false),
            ("!name=redis lib=8", true),
            ("a=b", false),
            ("!", true),
        ];
        for (text, fits) in cases {
            assert_eq!(Filter::parse(text).fits(&row), fits, "{text}");
        }
        assert!(Filter::parse("a=b").fits(&[("key", "x:A=B:1")]));
        assert!(Filter::parse("äb name=").fits(&[("name", "xÄB")]));
    }

    #[test]
    fn columns_that_are_not_there_are_named() {
        let filter = Filter::parse("word db=1 !Nmae=x");
        assert_eq!(filter.unknown_column(&["db", "name"]), Some("nmae"));
        assert_eq!(filter.unknown_column(&["db", "nmae"]), None);
    }

    #[test]
    fn numbers_are_equal_or_not() {
        let row = [
            ("db", "10"),
            ("addr", "10.0.0.1:6379"),
            ("age", ""),
            ("idle", "20"),
            ("idle", "20s"),
            ("memory", "1.8K"),
            ("calls/s", "0.5"),
            ("keys", "1,024"),
            ("% time", "40.1"),
            ("p50", "2 µs"),
        ];
        for (text, fits) in [
            ("idle=20", true),
            ("idle=20s", true),
            ("idle=0s", false),
            ("idle=0", false),
            ("memory=1.8k", true),
            ("memory=1.8", true),
            ("memory=8K", false),
            ("calls/s=0", false),
            ("calls/s=0.5", true),
            ("keys=1024", true),
            ("keys=1,024", true),
            ("keys=24", false),
            ("%time=40.1", true),
            ("%time=4", false),
            ("p50=2µs", true),
        ] {
            assert_eq!(Filter::parse(text).fits(&row), fits, "{text}");
        }
        assert!(Filter::parse("memory=512B").fits(&[("memory", "512 B")]));
        for (text, fits) in
            [("db=1", false), ("db=10", true), ("!db=1", true), ("1", true), ("addr=6379", true), ("age=1", false)]
        {
            assert_eq!(Filter::parse(text).fits(&row), fits, "{text}");
        }
    }
}
