//! The filter of a list: which rows are shown.

/// A filter, read from what was typed: words separated by spaces, all of which must fit. A word fits a row that holds it in any
/// column, in any letter case; `name=word` one that holds it in that column; `!` before either one that does not.
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

    /// Whether a row of these columns (name in lower case, text) is shown. A column that the row does not have makes the term
    /// one about the whole word, so that `a=b` finds a key of that name.
    pub fn fits(&self, columns: &[(&str, &str)]) -> bool {
        self.terms.iter().all(|term| term.fits(columns) != term.is_inverse)
    }
}

impl Term {
    fn fits(&self, columns: &[(&str, &str)]) -> bool {
        let holds = |text: &str, word: &str| text.to_lowercase().contains(word);
        match &self.column {
            None => columns.iter().any(|(_, text)| holds(text, &self.word)),
            Some(column) if columns.iter().any(|(name, _)| name == column) => {
                columns.iter().any(|(name, text)| name == column && holds(text, &self.word))
            }
            Some(column) => {
                let word = format!("{column}={}", self.word);
                columns.iter().any(|(_, text)| holds(text, &word))
            }
        }
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
    }
}
