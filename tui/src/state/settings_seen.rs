//! What the settings were when they were first seen: what differs since then is worth a mark.

use std::collections::BTreeMap;

use super::sample::{SETTINGS_MAX, Sample, Setting};

/// The settings of the server as they were.
#[derive(Clone, Debug, Default)]
pub struct SettingsSeen {
    /// Of which server.
    address: String,
    by_name: BTreeMap<String, Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    first: String,
    last: String,
    changed_at_ms: Option<u64>,
}

impl SettingsSeen {
    /// Compares what a sample tells with what was known. Another server begins anew; the same one keeps its first values when it
    /// is restarted, so that what the restart changed shows.
    pub fn record(&mut self, sample: &Sample) {
        let Some(settings) = &sample.config else { return };
        if self.address != sample.server.address {
            *self = Self { address: sample.server.address.clone(), ..Self::default() };
        }
        for Setting { name, value } in settings.iter() {
            if let Some(seen) = self.by_name.get_mut(name) {
                if seen.last != *value {
                    seen.last.clone_from(value);
                    seen.changed_at_ms = Some(sample.at_ms);
                }
            } else if self.by_name.len() < SETTINGS_MAX {
                let seen = Seen { first: value.clone(), last: value.clone(), changed_at_ms: None };
                self.by_name.insert(name.clone(), seen);
            }
        }
    }

    /// The first value of a setting that has another one now.
    pub fn before(&self, setting: &Setting) -> Option<&str> {
        let seen = self.by_name.get(&setting.name)?;
        (seen.first != setting.value).then_some(seen.first.as_str())
    }

    /// When a setting was last seen to change: milliseconds since 1970.
    pub fn changed_at_ms(&self, name: &str) -> Option<u64> {
        self.by_name.get(name)?.changed_at_ms
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::state::sample::Server;

    fn told(address: &str, at_ms: u64, value: &str) -> (Sample, Setting) {
        let setting = Setting { name: "maxmemory".into(), value: value.into() };
        let server = Server { address: address.into(), ..Server::default() };
        let config = Some(Arc::new(vec![setting.clone()]));
        (Sample { at_ms, server, config, ..Sample::default() }, setting)
    }

    #[test]
    fn the_first_value_is_remembered_until_it_is_back() {
        let mut seen = SettingsSeen::default();
        for (at_ms, value, before) in [(1, "0", None), (2, "1gb", Some("0")), (3, "2gb", Some("0")), (4, "0", None)] {
            let (sample, setting) = told("a:1", at_ms, value);
            seen.record(&sample);
            seen.record(&Sample { at_ms: at_ms + 100, config: None, ..sample });
            assert_eq!(seen.before(&setting), before, "{value}");
        }
        assert_eq!(seen.changed_at_ms("maxmemory"), Some(4));
        let (other, setting) = told("b:1", 5, "7");
        seen.record(&other);
        assert_eq!((seen.before(&setting), seen.changed_at_ms("maxmemory")), (None, None));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let many = |n: usize| Setting { name: n.to_string(), value: String::new() };
        let config = Some(Arc::new((0..SETTINGS_MAX + 9).map(many).collect()));
        let mut seen = SettingsSeen::default();
        seen.record(&Sample { config, ..Sample::default() });
        assert_eq!(seen.by_name.len(), SETTINGS_MAX);
    }
}
