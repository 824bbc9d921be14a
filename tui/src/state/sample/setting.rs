//! A setting of the server.

use serde::{Deserialize, Serialize};

use crate::value::Value;

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
                let is_secret = name.ends_with("pass") || name.ends_with("auth");
                Some(Self { value: if is_secret && !value.is_empty() { "(hidden)".into() } else { value }, name })
            })
            .collect();
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        settings
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
