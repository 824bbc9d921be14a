//! Namespaces in files: saving them, loading them, saving them regularly.
//!
//! `save.rs` writes what [`crate::snapshot`] takes, in our own format or as an RDB file; `load.rs` reads either back, into
//! namespaces that nobody finds before all of the file was found sound. Both block the thread that calls them, and tell their
//! progress. `autosave.rs` keeps the tasks that save at intervals.

pub mod autosave;
mod load;
mod rdb_sink;
mod save;

pub use autosave::{Attempt, Autosave, AutosaveError, AutosaveTask, Due, Ending, SaveFiles, Target};
pub(crate) use load::load_all_unchecked;
pub use load::{LoadError, LoadProgress, Loaded, load_all, load_namespace};
pub use save::{Format, SaveError, SaveOptions, SaveProgress, Saved, Scope, save};

use serde::{Deserialize, Serialize};

use crate::namespace::{Limits, Namespace};
use crate::snapshot::file::Opaque;

/// Regular saving of one namespace, as a snapshot keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutosaveSettings {
    /// Time from one to the next.
    pub interval_ms: u64,
    /// The pattern of the file names: see [`NamePattern`](crate::snapshot::file::NamePattern).
    pub pattern: String,
    /// Files of the pattern that stay; 0 for all of them.
    pub keep: u32,
}

/// The meaning of the bytes that stand for [`AutosaveSettings`].
const AUTOSAVE_VERSION: u32 = 1;

impl AutosaveSettings {
    fn to_opaque(&self) -> Opaque {
        let bytes = bincode::serde::encode_to_vec(self, bincode::config::standard()).unwrap_or_default();
        Opaque { version: AUTOSAVE_VERSION, bytes }
    }

    /// `None` for a version that is not known, which a later program may have written: saving goes on without.
    fn from_opaque(opaque: &Opaque) -> Option<Self> {
        if opaque.version != AUTOSAVE_VERSION {
            return None;
        }
        let config = bincode::config::standard().with_limit::<4096>();
        bincode::serde::decode_from_slice(&opaque.bytes, config).ok().map(|(settings, _)| settings)
    }
}

/// What a section says of the limits of its namespace.
fn limits_of(section: &crate::snapshot::file::Section) -> Limits {
    Limits {
        max_keys: section.max_keys,
        max_value_bytes: section.max_value_bytes,
        max_memory_bytes: section.max_memory_bytes,
    }
}

/// A namespace without its keys.
fn describe(namespace: &Namespace, autosave: Option<&AutosaveSettings>) -> crate::snapshot::file::Section {
    let limits = namespace.limits();
    crate::snapshot::file::Section {
        name: namespace.name().to_owned(),
        database: namespace.database(),
        shard_count: namespace.shard_count() as u32,
        max_keys: limits.max_keys,
        max_value_bytes: limits.max_value_bytes,
        max_memory_bytes: limits.max_memory_bytes,
        policy: String::new(),
        autosave: autosave.map(AutosaveSettings::to_opaque),
    }
}
