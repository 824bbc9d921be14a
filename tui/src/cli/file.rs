//! The configuration file: TOML with the names of the arguments, and profiles of servers.
//!
//! ```toml
//! theme = "light"
//! interval = 2
//!
//! [profiles.prod]                  # rkvs-tui @prod
//! address = "rediss://cache.example:6380"
//! user = "watcher"
//! readonly = true
//! ```

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::settings::{Settings, interval};
use crate::failure::Failure;

/// Bytes of a file.
const SIZE_MAX: u64 = 1024 * 1024;

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct File {
    /// For whichever server.
    pub(super) settings: Settings,
    /// For single servers, by name.
    pub(super) profiles: BTreeMap<String, Settings>,
}

/// Where it is unless the command line says so.
pub(super) fn path(var: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("rkvs-tui").join("config.toml"))
}

/// All of a file that may be as large as that.
fn text_of(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(SIZE_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > SIZE_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(text)
}

impl File {
    /// Reads a file; one that nobody named may be missing.
    pub(super) fn read(path: &Path, is_named: bool) -> Result<Self, Failure> {
        let wrong = |reason: String| Failure::Usage(format!("{}: {reason}", path.display()));
        match text_of(path) {
            Ok(text) => Self::parse(&text).map_err(wrong),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => Ok(Self::default()),
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        // The error's own words would repeat the line, and a line may hold a password.
        let wrong = |error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", error.message().lines().next().unwrap_or_default())
        };
        let mut table: toml::Table = toml::from_str(text).map_err(wrong)?;
        let profiles = table.remove("profiles");
        // Read from the text, not from the table: only so the error knows its line.
        let settings = if profiles.is_none() {
            toml::from_str(text).map_err(wrong)?
        } else {
            Settings::deserialize(table).map_err(|error| error.message().to_owned())?
        };
        let profiles: BTreeMap<String, Settings> = match profiles {
            Some(profiles) => {
                BTreeMap::deserialize(profiles).map_err(|error| format!("profiles: {}", error.message()))?
            }
            None => BTreeMap::new(),
        };
        let all = || std::iter::once(&settings).chain(profiles.values());
        for seconds in all().filter_map(|settings| settings.interval) {
            interval(seconds).map_err(|error| format!("interval: {error}"))?;
        }
        Ok(Self { settings, profiles })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_arguments() {
        let file = File::parse(
            "theme = 'light'\ninterval = 2\nno-mouse = true\nformat = 'json'\nview = 'clients'\n\
             [profiles.prod]\naddress = 'rediss://h'\npassword = 'x'\ncacert = '/ca.pem'\n",
        );
        let file = file.unwrap();
        assert_eq!((file.settings.interval, file.settings.no_mouse), (Some(2.0), Some(true)));
        assert_eq!(file.profiles["prod"].address.as_deref(), Some("rediss://h"));
        assert!(!format!("{file:?}").contains("\"x\""));
    }

    #[test]
    fn a_file_without_end_is_refused() {
        let error = File::read(Path::new("/dev/zero"), true).unwrap_err().to_string();
        assert_eq!(error, "/dev/zero: it is larger than 1 MiB");
    }

    #[test]
    fn mistakes_are_named_and_passwords_are_not() {
        for (text, part) in [
            ("themes = 'dark'", "unknown field `themes`"),
            ("interval = 0", "interval: seconds from"),
            ("theme = 'dark'\npassword = s3cret", "line 2"),
            ("password = 's3cret'\nview = 'x'", "one of overview"),
            ("[profiles.a]\nhosts = 'x'", "profiles: unknown field `hosts`"),
        ] {
            let error = File::parse(text).unwrap_err();
            assert!(error.contains(part) && !error.contains("s3cret") && !error.contains('\n'), "{error}");
        }
    }
}
