//! How fast long work gets on: resizes, saves, loading. A rate and an estimate of the end come from what the last samples told.

use std::collections::{HashMap, VecDeque};

use super::sample::Sample;

/// Points that a pace is taken from: the last ones, so that it follows the load.
const POINTS_MAX: usize = 20;
/// Share of the whole that must be done before its end is estimated: Redis counts the keys it saves by the thousand.
const TELLING_SHARE: f64 = 0.01;
/// Resizes whose pace is kept.
const RESIZES_MAX: usize = 1_024;

/// How much was done when.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    points: VecDeque<(u64, f64)>,
}

impl Pace {
    /// Notes how much is done. Less than before means that it began anew.
    pub fn note(&mut self, at_ms: u64, done: f64) {
        if let Some(&(last_ms, last_done)) = self.points.back() {
            if at_ms == last_ms {
                return;
            }
            if at_ms < last_ms || done < last_done {
                self.points.clear();
            }
        }
        if self.points.len() == POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back((at_ms, done));
    }

    /// How much is done in a second; absent until two points differ.
    pub fn per_second(&self) -> Option<f64> {
        let (&(from_ms, from), &(to_ms, to)) = (self.points.front()?, self.points.back()?);
        (to_ms > from_ms && to > from).then(|| (to - from) * 1_000.0 / (to_ms - from_ms) as f64)
    }

    /// Seconds until `whole` is done, if it goes on like this. Absent while too little is done to tell.
    pub fn seconds_left(&self, whole: f64) -> Option<f64> {
        let &(_, done) = self.points.back().filter(|(_, done)| *done >= whole * TELLING_SHARE)?;
        Some((whole - done).max(0.0) / self.per_second()?)
    }
}

/// The paces of all that goes on.
#[derive(Clone, Debug, Default)]
pub struct Paces {
    /// The save: what is counted is what `save_progress` counts.
    save: Pace,
    load: Pace,
    resizes: HashMap<String, Pace>,
}

impl Paces {
    /// Notes what a sample tells; what has ended is forgotten.
    pub fn note(&mut self, sample: &Sample) {
        let at_ms = sample.at_ms;
        let note = |pace: &mut Pace, done: Option<f64>| match done {
            Some(done) => pace.note(at_ms, done),
            None => *pace = Pace::default(),
        };
        note(&mut self.save, save_fraction(sample));
        note(&mut self.load, load_fraction(sample));
        let Some(namespaces) = &sample.namespaces else { return };
        let running =
            |name: &str| namespaces.iter().any(|namespace| namespace.name == name && namespace.resize.is_some());
        self.resizes.retain(|name, _| running(name));
        for namespace in namespaces.iter().filter(|namespace| namespace.polled_at_ms == at_ms) {
            let Some(resize) = &namespace.resize else { continue };
            if self.resizes.len() < RESIZES_MAX || self.resizes.contains_key(&namespace.name) {
                self.resizes.entry(namespace.name.clone()).or_default().note(at_ms, resize.keys_moved as f64);
            }
        }
    }

    /// That of the save that is running, as a share of the whole.
    pub fn save(&self) -> &Pace {
        &self.save
    }

    /// That of loading, as a share of the whole.
    pub fn load(&self) -> &Pace {
        &self.load
    }

    /// That of a namespace's resize, in keys.
    pub fn resize(&self, namespace: &str) -> Option<&Pace> {
        self.resizes.get(namespace)
    }
}

/// How much of the save that is running is done, 0 to 1; absent when none is, or when the server does not tell.
pub fn save_fraction(sample: &Sample) -> Option<f64> {
    let info = &sample.info;
    if !info.flag("rdb_bgsave_in_progress") {
        return None;
    }
    let of_keys = info.number("current_save_keys_processed").zip(info.number("current_save_keys_total"));
    of_keys.filter(|(_, total)| *total > 0.0).map(|(done, total)| (done / total).clamp(0.0, 1.0))
}

/// How much of the file is loaded, 0 to 1; absent when the server is not loading.
pub fn load_fraction(sample: &Sample) -> Option<f64> {
    let info = &sample.info;
    info.flag("loading").then(|| info.number("loading_loaded_perc").unwrap_or(0.0) / 100.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::{Info, Namespace, Resize};
    use super::*;

    #[test]
    fn the_end_is_estimated_from_the_last_points() {
        let mut pace = Pace::default();
        assert_eq!(pace.seconds_left(100.0), None);
        for (at_ms, done) in [(1_000, 0.0), (2_000, 10.0), (3_000, 20.0)] {
            pace.note(at_ms, done);
        }
        assert_eq!((pace.per_second(), pace.seconds_left(100.0)), (Some(10.0), Some(8.0)));
        assert_eq!(pace.seconds_left(10_000.0), None, "20 of 10,000 tell nothing");
        pace.note(4_000, 5.0);
        assert_eq!(pace.per_second(), None, "it began anew");
        for second in 5..200 {
            pace.note(second * 1_000, second as f64);
        }
        assert_eq!((pace.points.len(), pace.per_second()), (POINTS_MAX, Some(1.0)));
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let sample = |at_ms, keys_moved: Option<u64>, info: &str| {
            let resize = keys_moved.map(|keys_moved| Resize { keys_moved, keys_total: 100, ..Resize::default() });
            let namespace = Namespace { polled_at_ms: at_ms, resize, ..Namespace::named("a".into()) };
            Sample {
                at_ms,
                info: Arc::new(Info::parse(info)),
                namespaces: Some(Arc::new(vec![namespace])),
                ..Sample::default()
            }
        };
        let saving = |keys| {
            format!("rdb_bgsave_in_progress:1\r\ncurrent_save_keys_processed:{keys}\r\ncurrent_save_keys_total:8\r\n")
        };
        let mut paces = Paces::default();
        paces.note(&sample(1_000, Some(10), &saving(2)));
        paces.note(&sample(2_000, Some(30), &saving(4)));
        assert_eq!(paces.resize("a").and_then(|pace| pace.seconds_left(100.0)), Some(3.5));
        assert_eq!(paces.save().seconds_left(1.0), Some(2.0));
        paces.note(&sample(3_000, None, ""));
        assert_eq!((paces.resize("a"), paces.save().per_second()), (None, None));
    }
}
