//! The parameters of a namespace: their names, what they accept, what they are now.

use rkvs_engine::glob;
use rkvs_engine::namespace::{Limits, Namespace};

use crate::command::prelude::*;
use crate::config::{MaxmemoryPolicy, NAMESPACE_SETTINGS, NamespaceSettings};

/// A parameter that can be changed while the namespace serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Keys,
    ValueSize,
    Memory,
    MemoryPolicy,
}

impl Parameter {
    pub(super) const ALL: [Self; 4] = [Self::Keys, Self::ValueSize, Self::Memory, Self::MemoryPolicy];

    /// The name in NAMESPACE CONFIG, which is that of the settings file.
    fn name(self) -> &'static str {
        match self {
            Self::Keys => "max_keys",
            Self::ValueSize => "max_value_size",
            Self::Memory => "maxmemory",
            Self::MemoryPolicy => "maxmemory_policy",
        }
    }

    /// The option of NAMESPACE CREATE.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Keys => "MAXKEYS",
            Self::ValueSize => "MAXVALUESIZE",
            Self::Memory => "MAXMEMORY",
            Self::MemoryPolicy => "MAXMEMORYPOLICY",
        }
    }

    /// The parameter of a name, in any letter case, its words apart by `-`, `_` or nothing.
    pub(super) fn by_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| is_spelled(name, parameter.name()))
    }
}

/// The parameters that are given once and for all.
const FIXED: [&str; 2] = ["db", "shards"];

/// Whether a name is that of a parameter that cannot be changed.
pub(super) fn is_fixed(name: &[u8]) -> bool {
    FIXED.into_iter().any(|fixed| is_spelled(name, fixed))
}

fn is_spelled(name: &[u8], parameter: &str) -> bool {
    fn letters(name: &[u8]) -> impl Iterator<Item = u8> {
        name.iter().filter(|byte| !b"-_".contains(byte)).map(u8::to_ascii_lowercase)
    }
    letters(name).eq(letters(parameter.as_bytes()))
}

/// Whether a pattern fits the name of a parameter in one of its spellings.
pub(super) fn matches(pattern: &[u8], parameter: &str) -> bool {
    [parameter.to_owned(), parameter.replace('_', "-"), parameter.replace('_', "")]
        .iter()
        .any(|spelling| glob::matches(pattern, spelling.as_bytes(), true))
        || is_spelled(pattern, parameter)
}

/// What a parameter is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Number(u64),
    Word(&'static str),
}

/// All parameters of a namespace as they are now.
pub(super) fn all(namespace: &Namespace) -> [(&'static str, Value); 6] {
    let limits = namespace.limits();
    [
        (FIXED[0], Value::Number(namespace.database().into())),
        (FIXED[1], Value::Number(namespace.shard_count() as u64)),
        (Parameter::Keys.name(), Value::Number(limits.max_keys)),
        (Parameter::ValueSize.name(), Value::Number(limits.max_value_bytes)),
        (Parameter::Memory.name(), Value::Number(limits.max_memory_bytes)),
        (Parameter::MemoryPolicy.name(), Value::Word(MaxmemoryPolicy::default().word())),
    ]
}

/// New values of some parameters, checked and not in force yet.
#[derive(Debug, Default)]
pub(super) struct Changes {
    given: Vec<Parameter>,
    settings: NamespaceSettings,
}

impl Changes {
    /// Gives a parameter a value, as the settings file writes it; whether it had none yet.
    pub(super) fn set(&mut self, parameter: Parameter, value: &[u8]) -> Result<bool, Reason> {
        let text = std::str::from_utf8(value).map_err(|_| Reason::Invalid("argument is no text".into()))?;
        if parameter == Parameter::MemoryPolicy {
            if !MaxmemoryPolicy::WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)) {
                let words = MaxmemoryPolicy::WORDS.join(", ");
                return Err(Reason::Invalid(format!("argument must be one of the following: {words}")));
            }
        } else {
            let setting = NAMESPACE_SETTINGS.iter().find(|setting| setting.name == parameter.name());
            let setting = setting.expect("each limit is a setting of the file");
            let assigned = setting.assign(&mut self.settings, &[text.to_owned()], &mut Vec::new());
            assigned.map_err(|invalid| Reason::Invalid(invalid.to_string()))?;
        }
        let is_new = !self.given.contains(&parameter);
        self.given.push(parameter);
        Ok(is_new)
    }

    /// Limits with these changes.
    pub(super) fn applied_to(&self, limits: Limits) -> Limits {
        let new = |parameter, new, old| if self.given.contains(&parameter) { new } else { old };
        Limits {
            max_keys: new(Parameter::Keys, self.settings.max_keys, limits.max_keys),
            max_value_bytes: new(Parameter::ValueSize, self.settings.max_value_size_bytes, limits.max_value_bytes),
            max_memory_bytes: new(Parameter::Memory, self.settings.maxmemory_bytes, limits.max_memory_bytes),
        }
    }
}

/// Why a parameter is not changed.
#[derive(Debug)]
pub(super) enum Reason {
    Unknown,
    Fixed,
    Duplicate,
    Invalid(String),
}

/// Bytes shown of a parameter's name.
const SHOWN_LEN_MAX: usize = 128;

impl Reason {
    /// The error of a subcommand, in the words of the reference's CONFIG SET.
    pub(super) fn of(self, subcommand: &str, name: &[u8]) -> CommandError {
        let name = String::from_utf8_lossy(&name[..name.len().min(SHOWN_LEN_MAX)]);
        let reason = match &self {
            Self::Unknown => {
                let text = format!("ERR Unknown option or number of arguments for NAMESPACE {subcommand} - '{name}'");
                return CommandError::Message(text.into_bytes().into());
            }
            Self::Fixed => "can't set immutable config",
            Self::Duplicate => "duplicate parameter",
            Self::Invalid(reason) => reason,
        };
        let text = format!("ERR NAMESPACE {subcommand} failed (possibly related to argument '{name}') - {reason}");
        CommandError::Message(text.into_bytes().into())
    }
}
