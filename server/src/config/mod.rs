//! What the operator may say, and where it was said.
//!
//! A **setting** is declared once in `settings.rs`; its type in `value.rs` reads and writes it. At start, `load.rs` merges the
//! layers defaults, file, environment and flags; `redis_conf.rs` and `toml_file.rs` are the two file formats, `directives.rs`
//! the names of the reference that this server does not have. While the server runs, [`Config`] shares the current
//! [`Settings`], changes them all or nothing (CONFIG SET), and `rewrite.rs` puts them back into the file (CONFIG REWRITE).

mod directives;
pub mod fuzz;
mod load;
mod redis_conf;
mod rewrite;
mod settings;
mod toml_file;
mod value;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rkvs_engine::glob;

use crate::resp::until_nul;

pub(crate) use directives::foreign_names;
pub(crate) use load::{FileSource, LoadError, Place, load};
pub(crate) use toml_file::{accepted, effective_document};
pub(crate) use value::system_text;

pub use rewrite::Namespaces;
pub(crate) use settings::AUTOSAVE_S_MAX;
pub use settings::{Change, NAMESPACE_SETTINGS, NamespaceSettings, SETTINGS, Setting, Settings, setting};
pub use toml_file::default_document;
pub use value::{
    Allowed, AlwaysOff, AutosavePattern, BIND_ADDRESSES_MAX, Directory, Invalid, Kind, LogFormat, LogLevel,
    MaxmemoryPolicy, OutputBufferLimit, PERCENTILES_MAX, PlainName, SavePoint, Secret, SnapshotFormat, memory_text,
    parse_memory, percentile_text,
};

/// Where the value of a setting comes from, in words (`"default"`, `"/etc/rkvs.conf:12"`, …), by name.
pub type Origins = BTreeMap<&'static str, String>;

/// The settings of a running server, shared by all of its parts.
///
/// Reading is a pointer load; a worker that wants less keeps what [`Config::current`] gave it and compares
/// [`Config::version`] now and then. Changes are serialised by a mutex that readers never touch.
pub struct Config {
    current: ArcSwap<Settings>,
    version: AtomicU64,
    changing: Mutex<Changing>,
}

/// What only changes need.
struct Changing {
    hooks: Vec<(&'static str, Hook)>,
    origins: Origins,
    file: Option<PathBuf>,
}

/// Makes a part follow a change; gets the settings before and after.
///
/// An error refuses the change; it is shown to the client as the reason. A hook must be ready to be called once more with
/// the arguments exchanged, when a later one refuses. It runs under the lock that serialises changes, so it must not call
/// [`Config::set`], [`Config::rewrite`] or [`Config::on_change`].
pub type Hook = Box<dyn Fn(&Settings, &Settings) -> Result<(), String> + Send + Sync>;

/// Why CONFIG SET or CONFIG REWRITE failed. The text is the whole error reply, with its prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No setting has this name.
    #[error("ERR Unknown option or number of arguments for CONFIG SET - '{0}'")]
    Unknown(String),
    /// The value of a setting was refused; nothing changed.
    #[error("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}")]
    Refused {
        /// The setting, under the name or alias used.
        name: String,
        /// Why.
        reason: String,
    },
    /// There is no file to rewrite.
    #[error("ERR The server is running without a config file")]
    NoFile,
    /// The file could not be rewritten; it is as it was.
    #[error("ERR Rewriting config file: {0}")]
    Rewrite(String),
}

impl Config {
    /// Shares the settings a server starts with, their origins, and the absolute path of the file that CONFIG REWRITE is to
    /// keep up to date.
    pub fn new(settings: Settings, origins: Origins, file: Option<PathBuf>) -> Self {
        Self {
            current: ArcSwap::from_pointee(settings),
            version: AtomicU64::new(1),
            changing: Mutex::new(Changing { hooks: Vec::new(), origins, file }),
        }
    }

    /// The settings as they are now.
    pub fn current(&self) -> Arc<Settings> {
        self.current.load_full()
    }

    /// A number that grows with every change, so that a copy of [`Config::current`] can be told to be stale.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The absolute path of the configuration file, if the server was started with one.
    pub fn file(&self) -> Option<PathBuf> {
        self.changing.lock().file.clone()
    }

    /// Calls `hook` whenever CONFIG SET changes the setting of this name.
    ///
    /// # Panics
    /// When there is no such setting.
    pub fn on_change(&self, name: &'static str, hook: Hook) {
        let setting = setting(name).expect("hooks are for settings that exist");
        self.changing.lock().hooks.push((setting.name, hook));
    }

    /// Names and values that match any of the patterns, as CONFIG GET shows them. A pattern without glob characters gives the
    /// name back in the spelling it was asked in.
    pub fn get(&self, patterns: &[&[u8]]) -> Vec<(String, String)> {
        let settings = self.current.load();
        let mut found: Vec<(String, String)> = Vec::new();
        for pattern in patterns {
            let is_glob = pattern.iter().any(|byte| b"[*?".contains(byte));
            for setting in SETTINGS {
                for name in setting.names() {
                    let matches = match is_glob {
                        true => glob::matches(pattern, name.as_bytes(), true),
                        false => pattern.eq_ignore_ascii_case(name.as_bytes()),
                    };
                    if matches && !found.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                        let shown = if is_glob { name.into() } else { String::from_utf8_lossy(pattern).into_owned() };
                        found.push((shown, setting.text(&settings)));
                    }
                }
            }
        }
        found
    }

    /// Changes several settings, all or none. `client_is_local` says whether the client is on this machine, for protected
    /// settings.
    pub fn set(&self, pairs: &[(&[u8], &[u8])], client_is_local: bool) -> Result<(), ConfigError> {
        let mut changing = self.changing.lock();
        let before = self.current.load_full();

        // The first offender by position decides the error: the reference checks every name before any value.
        let mut targets: Vec<(&'static Setting<Settings>, &'static str)> = Vec::with_capacity(pairs.len());
        for (name, _) in pairs {
            let spelling = String::from_utf8_lossy(name);
            let Some((setting, name)) =
                SETTINGS.iter().find_map(|setting| Some((setting, setting.name_like(&spelling)?)))
            else {
                return Err(ConfigError::Unknown(String::from_utf8_lossy(until_nul(name)).into_owned()));
            };
            // Here the reference tells the name as it was typed; once it looks at values, the name of the setting.
            let refused =
                |reason: &str| Err(ConfigError::Refused { name: spelling.to_string(), reason: reason.into() });
            match setting.change {
                Change::Immutable => return refused("can't set immutable config"),
                Change::Protected if !before.enable_protected_configs.allows(client_is_local) => {
                    return refused("can't set protected config");
                }
                Change::Protected | Change::Runtime => {}
            }
            if targets.iter().any(|(_, known)| *known == name) {
                return refused("duplicate parameter");
            }
            targets.push((setting, name));
        }

        let mut after = Settings::clone(&before);
        for ((setting, name), (_, value)) in targets.iter().zip(pairs) {
            let refused = |reason: String| ConfigError::Refused { name: (*name).to_owned(), reason };
            let text = std::str::from_utf8(value).map_err(|_| refused("argument must be valid UTF-8".into()))?;
            let mut notes = Vec::new();
            setting
                .assign(&mut after, &setting.words_in(text), &mut notes)
                .map_err(|invalid| refused(invalid.to_string()))?;
            if let Some(note) = notes.pop() {
                return Err(refused(note));
            }
        }

        changing.apply(&before, &after)?;
        for (setting, _) in targets {
            changing.origins.insert(setting.name, CONFIG_SET.into());
        }
        self.current.store(Arc::new(after));
        self.version.fetch_add(1, Ordering::Release);
        Ok(())
    }
}

impl Config {
    /// Puts the current values and the namespaces there are into the file the server was started with (CONFIG REWRITE); with
    /// `all`, also defaults that the file does not mention. Blocks until the disk has it.
    pub fn rewrite(&self, namespaces: &Namespaces, all: bool) -> Result<(), ConfigError> {
        let changing = self.changing.lock();
        let path = changing.file.as_ref().ok_or(ConfigError::NoFile)?;
        let settings = self.current.load();
        if !load::is_toml(path) && namespaces.values().any(|limits| *limits != NamespaceSettings::default()) {
            tracing::warn!(
                "CONFIG REWRITE: a redis.conf cannot express namespaces; those created and their limits last until the server                  stops. A configuration file that ends in .toml keeps them."
            );
        }
        let current = rewrite::Current { settings: &settings, origins: &changing.origins, namespaces, all };
        rewrite::rewrite(path, current).map_err(ConfigError::Rewrite)
    }
}

/// Origin of a value given by CONFIG SET.
const CONFIG_SET: &str = "CONFIG SET";

impl Changing {
    /// Runs the hooks of the settings that differ; when one refuses, takes back what the earlier ones did.
    fn apply(&self, before: &Settings, after: &Settings) -> Result<(), ConfigError> {
        let concerned = |name: &str| setting(name).is_some_and(|one| one.words(before) != one.words(after));
        let mut done: Vec<&Hook> = Vec::new();
        for (name, hook) in self.hooks.iter().filter(|(name, _)| concerned(name)) {
            if let Err(reason) = hook(before, after) {
                for earlier in done.iter().rev() {
                    // What held a moment ago holds again; if not, the part keeps the newer value and says so itself.
                    let _ = earlier(after, before);
                }
                return Err(ConfigError::Refused { name: (*name).to_owned(), reason });
            }
            done.push(hook);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
