//! Where settings come from at start: defaults < file < environment < flags, later layers over earlier ones.
//!
//! Each source becomes a layer of words by canonical name, checked on its own so that an error names the place it was made
//! at. A value that is refused is an error unless a later layer gives the same setting. The `config` crate reads TOML and the
//! environment and merges the layers.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::io::Read;
use std::path::Path;

use config::{Environment, Map, Source, Value, ValueKind};

use super::Origins;
use super::directives::{Directive, FOREIGN_SECRETS, nearest_name};
use super::settings::{NamespaceSettings, SETTINGS, Setting, Settings};
use super::value::system_text;
use super::{redis_conf, toml_file};

/// Largest configuration file, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Environment variables with this prefix are settings: `RKVS_MAXMEMORY`, `RKVS_HASH_MAX_LISTPACK_ENTRIES`.
const ENVIRONMENT_PREFIX: &str = "RKVS";
/// How the origin of a value from the environment starts.
const ENVIRONMENT_ORIGIN: &str = "environment variable ";

/// A configuration file: its contents, its name for messages, and its format.
pub(crate) struct FileSource {
    /// Name for messages.
    pub(crate) name: String,
    /// Contents.
    pub(crate) text: String,
    /// Whether it is TOML rather than redis.conf.
    pub(crate) is_toml: bool,
}

impl FileSource {
    /// Reads a file; the name decides its format.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        Ok(Self { name: path.display().to_string(), text: read_file(path)?, is_toml: is_toml(path) })
    }

    /// Reads a redis.conf from a stream, such as standard input.
    pub(crate) fn stream(name: &str, stream: &mut dyn Read) -> Result<Self, LoadError> {
        let text = read_text(stream).map_err(|reason| unreadable(name, reason))?;
        Ok(Self { name: name.to_owned(), text, is_toml: false })
    }
}

/// Whether the name of a configuration file says that it is TOML.
pub(super) fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// Reads a configuration file of bounded size.
pub(super) fn read_file(path: &Path) -> Result<String, LoadError> {
    std::fs::File::open(path)
        .map_err(|error| system_text(&error))
        .and_then(|mut file| read_text(&mut file))
        .map_err(|reason| unreadable(&path.display().to_string(), reason))
}

/// Reads a configuration of bounded size.
pub(super) fn read_text(stream: &mut dyn Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    stream.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| system_text(&error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("larger than {FILE_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "not valid UTF-8".to_owned())
}

fn unreadable(name: &str, reason: String) -> LoadError {
    Place::Unreadable { name: name.to_owned() }.refuses(reason)
}

/// What [`load`] makes of the sources.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The effective settings.
    pub(crate) settings: Settings,
    /// Where each value comes from.
    pub(crate) origins: Origins,
    /// What was given without effect, for the log.
    pub(crate) warnings: Vec<String>,
}

/// Where a setting was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file that cannot be read at all.
    Unreadable {
        /// Name of the file.
        name: String,
    },
    /// A line of a file.
    File {
        /// Name of the file.
        name: String,
        /// Number of the line, from one; `None` when it is not known.
        line: Option<usize>,
        /// The line, without secrets.
        text: String,
    },
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(String),
}

impl Place {
    /// A place in a file; hides what follows the name of a secret setting.
    pub(super) fn in_file(name: &str, line: Option<usize>, text: &str) -> Self {
        let text = text.trim();
        let secrets = SETTINGS.iter().filter(|setting| setting.secret).flat_map(Setting::names);
        let secret = secrets.chain(FOREIGN_SECRETS.iter().copied()).find(|secret| {
            let bare = text.trim_start_matches(['"', '\'']);
            bare.get(..secret.len()).is_some_and(|start| start.eq_ignore_ascii_case(secret))
        });
        let text = secret.map_or_else(|| text.to_owned(), |secret| format!("{secret} ***"));
        Place::File { name: name.to_owned(), line, text }
    }

    /// The error of this place.
    pub(super) fn refuses(self, reason: impl Into<String>) -> LoadError {
        LoadError { place: self, value: None, reason: reason.into() }
    }
}

impl fmt::Display for Place {
    /// The origin of a value, in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Unreadable { name } | Place::File { name, line: None, .. } => f.write_str(name),
            Place::File { name, line: Some(line), .. } => write!(f, "{name}:{line}"),
            Place::Environment(name) => write!(f, "{ENVIRONMENT_ORIGIN}{name}"),
            Place::Flag(name) => write!(f, "flag --{name}"),
        }
    }
}

/// Whether a value with this origin was given by the environment.
pub(super) fn is_from_environment(origin: &str) -> bool {
    origin.starts_with(ENVIRONMENT_ORIGIN)
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadError {
    /// Where the mistake is.
    pub(crate) place: Place,
    /// The value that was refused, where the place does not show it and it is no secret.
    pub(crate) value: Option<String>,
    /// What it is.
    pub(crate) reason: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = &self.reason;
        match &self.place {
            Place::Unreadable { name } => {
                write!(f, "Fatal error, can't open config file '{name}': {reason}")
            }
            Place::File { name, line, text } => {
                writeln!(f, "*** FATAL CONFIG FILE ERROR (rkvs {}) ***", env!("CARGO_PKG_VERSION"))?;
                match line {
                    Some(line) => writeln!(f, "Reading the configuration file {name}, at line {line}")?,
                    None => writeln!(f, "Reading the configuration file {name}")?,
                }
                if !text.is_empty() {
                    writeln!(f, ">>> '{text}'")?;
                }
                f.write_str(reason)
            }
            // A line of a file is shown as it is; what was given elsewhere is shown here.
            Place::Environment(name) => match &self.value {
                Some(value) => write!(f, "environment variable {name}='{value}': {reason}"),
                None => write!(f, "environment variable {name}: {reason}"),
            },
            Place::Flag(name) => match &self.value {
                Some(value) => write!(f, "--{name} '{value}': {reason}"),
                None => write!(f, "--{name}: {reason}"),
            },
        }
    }
}

impl std::error::Error for LoadError {}

/// What one source gives: words and origin by canonical name.
#[derive(Clone, Default)]
pub(super) struct Layer {
    /// Where values are tried.
    scratch: Settings,
    given: BTreeMap<&'static str, (Vec<String>, String)>,
    pub(super) namespaces: BTreeMap<String, NamespaceSettings>,
    /// What cannot be used, in order.
    refused: Vec<(&'static str, LoadError)>,
    /// Directives without a setting of ours whose value asks for nothing.
    neutral: BTreeSet<&'static str>,
    warnings: Vec<String>,
}

impl Layer {
    /// Takes one directive, checking its value.
    pub(super) fn take(&mut self, place: Place, name: &str, words: Vec<String>) {
        match Directive::named(name) {
            Directive::Setting(setting) => self.take_setting(place, setting, words),
            Directive::Refused(refusal) if refusal.applies_to(&words) => {
                self.refuse(refusal.name, place.refuses(refusal.reason));
            }
            Directive::Refused(refusal) => _ = self.neutral.insert(refusal.name),
            Directive::Ignored => {
                let text = "is a directive of Redis that this server does not have: it has no effect";
                self.warnings.push(format!("'{name}' {text} ({place})"));
            }
            // The value is left out: it may belong to a secret that is misspelt.
            Directive::Unknown => {
                let hint = nearest_name(name).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
                let text = "is a directive that neither this server nor Redis knows: it has no effect";
                self.warnings.push(format!("'{}' {text} ({place}){hint}", name.escape_debug()));
            }
        }
    }

    /// Notes that a setting was given a value that cannot be used.
    pub(super) fn refuse(&mut self, name: &'static str, error: LoadError) {
        self.refused.push((name, error));
    }

    /// Whether it says anything about a setting or a directive.
    fn mentions(&self, name: &str) -> bool {
        self.given.contains_key(name)
            || self.neutral.contains(name)
            || self.refused.iter().any(|(other, _)| *other == name)
    }

    /// Takes the value of a setting.
    pub(super) fn take_setting(&mut self, place: Place, setting: &'static Setting<Settings>, words: Vec<String>) {
        let mut line = Vec::new();
        setting.add_line(&mut line, words);
        let mut notes = Vec::new();
        if let Err(invalid) = setting.assign(&mut self.scratch, &line, &mut notes) {
            let is_left_out = setting.secret || line.is_empty() || matches!(place, Place::File { .. });
            let value = (!is_left_out).then(|| line.join(" "));
            return self.refuse(setting.name, LoadError { value, ..place.refuses(invalid.to_string()) });
        }
        self.warnings.extend(notes.iter().map(|note| format!("{}: {note} ({place})", setting.name)));
        let (words, origin) = self.given.entry(setting.name).or_default();
        setting.add_line(words, line);
        *origin = place.to_string();
    }
}

impl fmt::Debug for Layer {
    /// Shows names only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        let value = |(words, origin): &(Vec<String>, String)| {
            let words = words.iter().map(|word| Value::new(Some(origin), ValueKind::String(word.clone())));
            Value::new(Some(origin), ValueKind::Array(words.collect()))
        };
        Ok(self.given.iter().map(|(name, given)| ((*name).to_owned(), value(given))).collect())
    }
}

/// Merges all sources. `flags` are names (without dashes) and their arguments, in order.
pub(crate) fn load(
    file: Option<&FileSource>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    flags: Vec<(String, Vec<String>)>,
) -> Result<Loaded, LoadError> {
    let file = file.map(file_layer).transpose()?.unwrap_or_default();
    let layers = [file, environment_layer(environment)?, flags_layer(flags)];
    for (index, layer) in layers.iter().enumerate() {
        let is_overridden = |name: &str| layers[index + 1..].iter().any(|later| later.mentions(name));
        if let Some((_, error)) = layer.refused.iter().find(|(name, _)| !is_overridden(name)) {
            return Err(error.clone());
        }
    }

    let mut loaded = Loaded { settings: Settings::default(), origins: Origins::new(), warnings: Vec::new() };
    let mut builder = config::Config::builder();
    for layer in layers {
        loaded.warnings.extend(layer.warnings.iter().cloned());
        loaded.settings.namespaces.extend(layer.namespaces.clone());
        builder = builder.add_source(layer);
    }
    let merged = builder.build().and_then(|merged| merged.collect()).expect("layers are flat maps of words");
    for setting in SETTINGS {
        let Some(value) = merged.get(setting.name) else {
            loaded.origins.insert(setting.name, "default".into());
            continue;
        };
        let origin = value.origin().unwrap_or_default().to_owned();
        let words = value.clone().into_array().expect("layers hold arrays");
        let words: Vec<String> =
            words.into_iter().map(|word| word.into_string().expect("layers hold arrays of words")).collect();
        setting
            .assign(&mut loaded.settings, &words, &mut Vec::new())
            .map_err(|invalid| Place::in_file(&origin, None, setting.name).refuses(invalid.to_string()))?;
        loaded.origins.insert(setting.name, origin);
    }
    Ok(loaded)
}

fn file_layer(file: &FileSource) -> Result<Layer, LoadError> {
    let mut layer = Layer::default();
    if file.is_toml {
        toml_file::read(&file.name, &file.text, &mut layer)?;
    } else {
        redis_conf::read(&file.name, &file.text, 0, &mut |place, name, words| layer.take(place, name, words))?;
    }
    Ok(layer)
}

fn environment_layer(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Layer, LoadError> {
    let mut variables: Map<String, String> = Map::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with("RKVS_")).map(str::to_owned) else {
            continue;
        };
        match value.into_string() {
            Ok(value) => variables.insert(name, value),
            Err(_) => return Err(Place::Environment(name).refuses("not valid UTF-8")),
        };
    }
    let variables = Environment::with_prefix(ENVIRONMENT_PREFIX)
        .source(Some(variables))
        .collect()
        .expect("names and values are valid UTF-8");
    let variables: BTreeMap<String, Value> = variables.into_iter().collect();

    let mut layer = Layer::default();
    for (key, value) in variables {
        let variable = format!("{ENVIRONMENT_PREFIX}_{}", key.to_ascii_uppercase());
        let name = key.replace('_', "-");
        let text = value.into_string().expect("variables are text");
        // Kubernetes puts the address of a service called "rkvs" into variables of just this form.
        if matches!(Directive::named(&name), Directive::Unknown) || (name == "port" && text.starts_with("tcp://")) {
            let hint = nearest_name(&name).filter(|near| *near != name);
            let hint = hint.map(|near| format!("; did you mean the setting '{near}'?")).unwrap_or_default();
            layer.warnings.push(format!("{variable} is ignored: it names no setting{hint}"));
            continue;
        }
        layer.take(Place::Environment(variable), &name, vec![text]);
    }
    Ok(layer)
}

fn flags_layer(flags: Vec<(String, Vec<String>)>) -> Layer {
    let mut layer = Layer::default();
    for (name, words) in flags {
        layer.take(Place::Flag(name.clone()), &name, words);
    }
    layer
}
