//! A setting of the server.

use serde::{Deserialize, Serialize};

use super::SETTINGS_MAX;
use crate::value::Value;

/// Stands for a password.
const HIDDEN: &str = "(hidden)";

/// A setting as CONFIG GET tells it. Which ones can be changed the server says only when it refuses CONFIG SET.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setting {
    /// As in CONFIG SET.
    pub name: String,
    /// As it was answered.
    pub value: String,
}

impl Setting {
    /// Reads CONFIG GET *, by name. Passwords are left out: neither the screen nor a recording is a place for them.
    pub fn from_reply(reply: &Value) -> Vec<Self> {
        let mut settings: Vec<_> = reply
            .pairs()
            .into_iter()
            .filter_map(|(name, value)| {
                let (name, value) = (name.to_text()?, value.to_text()?);
                let setting = Self { name, value };
                let is_hidden = setting.is_secret() && !setting.value.is_empty();
                Some(if is_hidden { Self { value: HIDDEN.into(), ..setting } } else { setting })
            })
            .take(SETTINGS_MAX)
            .collect();
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        settings
    }

    /// Whether it holds a password.
    pub fn is_secret(&self) -> bool {
        self.name.ends_with("pass") || self.name.ends_with("auth")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_kept() {
        let words = ["requirepass", "s3cret", "port", "6379", "masterauth", "", "tls-key-file-pass", "k"];
        let reply = Value::Array(words.iter().map(|word| Value::Bytes(word.as_bytes().to_vec())).collect());
        let settings = Setting::from_reply(&reply);
        let values: Vec<_> = settings.iter().map(|setting| (setting.name.as_str(), setting.value.as_str())).collect();
        assert_eq!(
            values,
            [("masterauth", ""), ("port", "6379"), ("requirepass", "(hidden)"), ("tls-key-file-pass", "(hidden)")]
        );
    }
}
