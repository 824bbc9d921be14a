//! What must hold for every configuration file, as a function a fuzz target or a test calls with any bytes.

use super::load::{FileSource, Loaded, load};
use super::settings::{SETTINGS, Settings};
use super::{Origins, redis_conf, rewrite};

/// Longest text that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;

/// Reads a file, TOML or redis.conf by the lowest bit of the first byte: it is refused, or what CONFIG REWRITE makes of it, or
/// puts into an empty file, is read as the same settings, and rewritten as it is.
///
/// Texts that say `include` are passed over, for they name other files.
///
/// # Panics
///
/// If that is not so.
pub fn file(data: &[u8]) {
    let Some((format, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(&text[..text.len().min(TEXT_BYTES_MAX)]) else { return };
    if text.to_ascii_lowercase().contains("include") {
        return;
    }
    for line in text.lines() {
        let Some(words) = redis_conf::split_words(line) else { continue };
        let quoted: Vec<String> = words.iter().map(|word| redis_conf::quoted(word)).collect();
        assert_eq!(redis_conf::split_words(&quoted.join(" ")), Some(words));
    }
    let is_toml = format & 1 == 1;
    let Ok(Loaded { settings, origins, .. }) = read(text, is_toml) else { return };
    for old in [text, ""] {
        let new = rewrite::rewritten(old, is_toml, current(&settings, &origins)).expect("it was read before");
        let again = read(&new, is_toml).unwrap_or_else(|error| panic!("{error}\n{new}"));
        for setting in SETTINGS {
            let words = |settings: &Settings| setting.words(settings);
            assert_eq!(words(&again.settings), words(&settings), "{}\n{new}", setting.name);
        }
        let newer = rewrite::rewritten(&new, is_toml, current(&again.settings, &again.origins));
        assert_eq!(newer.as_deref(), Ok(&*new));
    }
}

/// What is to be written into a file: the settings, and the namespaces they name.
fn current<'a>(settings: &'a Settings, origins: &'a Origins) -> rewrite::Current<'a> {
    rewrite::Current { settings, origins, namespaces: &settings.namespaces, all: false }
}

fn read(text: &str, is_toml: bool) -> Result<Loaded, super::LoadError> {
    load(Some(&FileSource { name: "fuzz".into(), text: text.into(), is_toml }), [], Vec::new())
}
