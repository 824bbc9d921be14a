//! A namespace's facts and statistics.

use serde::{Deserialize, Serialize};

use super::info::{Info, pairs};
use super::shard::Resize;
use crate::value::{Value, whole};

/// A namespace, or a database of a plain Redis, which tells only `db`, `keys`, `expires` and `avg_ttl_ms`. Counters count since
/// the start of the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are those of NAMESPACE INFO, under its names")]
pub struct Namespace {
    pub name: String,
    /// When it was last asked about; 0 when only its name is known so far.
    pub polled_at_ms: u64,
    pub db: Option<u64>,
    pub shards: Option<u64>,
    pub keys: Option<u64>,
    pub expires: Option<u64>,
    pub avg_ttl_ms: Option<u64>,
    pub used_bytes: Option<u64>,
    pub key_bytes: Option<u64>,
    pub value_bytes: Option<u64>,
    /// Limits: 0 is none.
    pub max_keys: Option<u64>,
    pub max_value_size: Option<u64>,
    pub maxmemory: Option<u64>,
    pub maxmemory_policy: Option<String>,
    pub hits: Option<u64>,
    pub misses: Option<u64>,
    pub reads: Option<u64>,
    pub writes: Option<u64>,
    pub expired: Option<u64>,
    pub evicted: Option<u64>,
    pub lock_waits: Option<u64>,
    pub ops_per_sec: Option<u64>,
    /// Seconds since 1970; 0 is never.
    pub last_save_s: Option<u64>,
    /// The interval of its autosave; 0 is none.
    pub autosave_s: Option<u64>,
    /// Present while its shards are changed.
    pub resize: Option<Resize>,
}

impl Namespace {
    /// One whose name alone is known.
    pub fn named(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Reads a reply of NAMESPACE INFO.
    pub fn from_reply(name: String, at_ms: u64, reply: &Value) -> Self {
        let number = |field| reply.number(field);
        Self {
            name,
            polled_at_ms: at_ms,
            db: number("db"),
            shards: number("shards"),
            keys: number("keys"),
            expires: number("expires"),
            avg_ttl_ms: None,
            used_bytes: number("used_bytes"),
            key_bytes: number("key_bytes"),
            value_bytes: number("value_bytes"),
            max_keys: number("max_keys"),
            max_value_size: number("max_value_size"),
            maxmemory: number("maxmemory"),
            maxmemory_policy: reply.text("maxmemory_policy"),
            hits: number("hits"),
            misses: number("misses"),
            reads: number("reads"),
            writes: number("writes"),
            expired: number("expired"),
            evicted: number("evicted"),
            lock_waits: number("lock_waits"),
            ops_per_sec: number("ops_per_sec"),
            last_save_s: number("last_save"),
            autosave_s: number("autosave"),
            resize: Resize::from_info(reply),
        }
    }

    /// Reads the databases of INFO keyspace, by index.
    pub fn from_keyspace(info: &Info, at_ms: u64) -> Vec<Self> {
        let mut databases: Vec<_> = info
            .with_prefix("db")
            .filter_map(|(index, value)| {
                let db = whole(index)?;
                let field = |name| whole(pairs(value).find(|(field, _)| *field == name)?.1);
                Some(Self {
                    name: db.to_string(),
                    polled_at_ms: at_ms,
                    db: Some(db),
                    keys: field("keys"),
                    expires: field("expires"),
                    avg_ttl_ms: field("avg_ttl"),
                    ..Self::default()
                })
            })
            .collect();
        databases.sort_by_key(|database| database.db);
        databases
    }

    /// The keys of all of them.
    pub fn keys_of(namespaces: &[Self]) -> u64 {
        namespaces.iter().filter_map(|namespace| namespace.keys).fold(0, u64::saturating_add)
    }

    /// Hits among lookups since the start, 0 to 1.
    pub fn hit_ratio(&self) -> Option<f64> {
        let (hits, misses) = (self.hits?, self.misses?);
        let lookups = hits.saturating_add(misses);
        (lookups > 0).then(|| hits as f64 / lookups as f64)
    }

    /// The use of the limit that is nearest, 0 to 1; absent when nothing is limited.
    pub fn fullness(&self) -> Option<f64> {
        let of = |used: Option<u64>, limit: Option<u64>| match (used, limit) {
            (Some(used), Some(limit)) if limit > 0 => Some(used as f64 / limit as f64),
            _ => None,
        };
        let (memory, keys) = (of(self.used_bytes, self.maxmemory), of(self.keys, self.max_keys));
        memory.into_iter().chain(keys).reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_of_a_plain_server_come_by_index() {
        let info = Info::parse("db10:keys=5,expires=1,avg_ttl=9\r\ndb2:keys=1,expires=0,avg_ttl=0\r\ndbsize:3\r\n");
        let databases = Namespace::from_keyspace(&info, 7);
        assert_eq!(databases.iter().map(|database| database.name.as_str()).collect::<Vec<_>>(), ["2", "10"]);
        assert_eq!((databases[1].keys, databases[1].avg_ttl_ms, databases[1].used_bytes), (Some(5), Some(9), None));
    }

    #[test]
    fn fullness_is_that_of_the_nearest_limit() {
        let namespace = Namespace {
            keys: Some(50),
            max_keys: Some(100),
            used_bytes: Some(90),
            maxmemory: Some(100),
            ..Namespace::default()
        };
        assert_eq!(namespace.fullness(), Some(0.9));
        assert_eq!(Namespace { max_keys: Some(0), maxmemory: None, ..namespace }.fullness(), None);
    }
}
