//! INFO as sections of fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::value::{finite, whole};

/// Fields that are kept at most; a server has a few hundred.
const FIELDS_MAX: usize = 20_000;

/// The fields of INFO by name, whichever section they stood in: names are unique over all sections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Info {
    fields: BTreeMap<String, String>,
}

impl Info {
    /// Reads the lines of INFO; what is no `name:value` is passed over.
    pub fn parse(text: &str) -> Self {
        let fields = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
        Self { fields: fields.take(FIELDS_MAX).map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    /// A field as it came.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A field as a finite number. `12.3%` is 12.3.
    pub fn number(&self, name: &str) -> Option<f64> {
        finite(self.text(name)?.trim_end_matches('%'))
    }

    /// A field as a count.
    pub fn count(&self, name: &str) -> Option<u64> {
        whole(self.text(name)?)
    }

    /// Whether a field is `1`.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("1")
    }

    /// The fields whose names begin so, with what follows the beginning.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.fields
            .range(prefix.to_owned()..)
            .take_while(move |(name, _)| name.starts_with(prefix))
            .map(move |(name, value)| (&name[prefix.len()..], value.as_str()))
    }

    /// All fields by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The databases of the section keyspace alone.
    pub fn keyspace(&self) -> Self {
        let is_database = |name: &str| name.strip_prefix("db").is_some_and(|index| index.parse::<u64>().is_ok());
        let databases = self.fields.range("db".to_owned()..).take_while(|(name, _)| name.starts_with("db"));
        let databases = databases.filter(|(name, _)| is_database(name));
        Self { fields: databases.map(|(name, value)| (name.clone(), value.clone())).collect() }
    }

    /// Adds the fields of another one.
    pub fn extend(&mut self, other: &Self) {
        self.fields.extend(other.fields.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Bytes that its lines take.
    pub fn bytes(&self) -> usize {
        self.fields.iter().map(|(name, value)| name.len() + value.len() + 3).sum()
    }

    /// Takes out the fields whose names begin so: they have a part of the sample of their own.
    pub fn remove_prefix(&mut self, prefix: &str) {
        self.fields.retain(|name, _| !name.starts_with(prefix));
    }
}

/// The parts of a value like `keys=3,expires=0`.
pub(super) fn pairs(value: &str) -> impl Iterator<Item = (&str, &str)> {
    value.split(',').filter_map(|part| part.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_name_and_type() {
        let info = Info::parse(
            "# A\r\nused_memory:12\r\nperc:3.5%\r\nfile:/a:b\r\n\r\nnonsense\r\ndb0:keys=1\r\ndb1:keys=2\r\n",
        );
        assert_eq!(info.count("used_memory"), Some(12));
        assert_eq!(info.number("perc"), Some(3.5));
        assert_eq!(info.text("file"), Some("/a:b"));
        assert_eq!(info.count("file"), None);
        assert_eq!(info.count("nonsense"), None);
        assert_eq!(info.with_prefix("db").collect::<Vec<_>>(), [("0", "keys=1"), ("1", "keys=2")]);
        assert_eq!(info.keyspace(), Info::parse("db0:keys=1\ndb1:keys=2"));
        let mut other = Info::parse("dbsize:3\n");
        other.extend(&info.keyspace());
        assert_eq!((other.keyspace(), other.text("dbsize")), (info.keyspace(), Some("3")));
    }
}
