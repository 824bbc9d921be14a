//! The views: one file each, one line in `ALL`.

mod clients;
mod commands;
mod config;
mod namespaces;
mod overview;
mod persistence;
mod shards;
mod slowlog;

use super::entry::Entry;
use crate::state::sample::{Sample, Wants};
use crate::state::tab::Tab;

/// A view of a server.
#[derive(Debug)]
pub struct View {
    /// The screen that shows the same.
    pub tab: Tab,
    /// What it tells, for the contract.
    pub meaning: &'static str,
    /// What it needs polled; of the namespace when it is about one.
    wants: fn(Option<&str>) -> Wants,
    /// Whether it tells rates, so that a sample before is needed.
    pub has_rates: bool,
    /// Whether there is exactly one row.
    is_one_row: bool,
    /// The rows; nothing where the sample does not have the part.
    rows: fn(&Reading<'_>) -> Option<Vec<Vec<Entry>>>,
    /// A row of nothing: its fields.
    fields: fn() -> Vec<Entry>,
}

/// What rows are read from.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// What was polled.
    pub now: &'a Sample,
    /// What was polled before, for rates.
    pub before: Option<&'a Sample>,
    /// The one namespace that is asked about.
    pub namespace: Option<&'a str>,
}

impl Reading<'_> {
    fn seconds(&self) -> f64 {
        seconds_between(self.before.map_or(0, |before| before.at_ms), self.now.at_ms)
    }
}

/// All views.
pub static ALL: [&View; 8] = [
    &overview::VIEW,
    &namespaces::VIEW,
    &commands::VIEW,
    &clients::VIEW,
    &shards::VIEW,
    &persistence::VIEW,
    &slowlog::VIEW,
    &config::VIEW,
];

impl View {
    /// The one of a screen; the keys have none, for nobody wants all of them at once.
    pub fn of(tab: Tab) -> Option<&'static Self> {
        ALL.into_iter().find(|view| view.tab == tab)
    }

    /// Its name in arguments and in JSON.
    pub fn name(&self) -> &'static str {
        self.tab.name()
    }

    /// What has to be polled for it.
    pub fn wants(&self, namespace: Option<&str>) -> Wants {
        Wants { all_at_once: true, ..(self.wants)(namespace) }
    }

    /// Its rows; nothing where the sample does not have what they tell.
    pub fn rows(&self, reading: &Reading<'_>) -> Option<Vec<Vec<Entry>>> {
        (self.rows)(reading)
    }

    /// Its fields in their order, without values.
    pub fn fields(&self) -> Vec<Entry> {
        (self.fields)()
    }

    /// Whether there is exactly one row.
    pub fn is_one_row(&self) -> bool {
        self.is_one_row
    }
}

fn seconds_between(from_ms: u64, to_ms: u64) -> f64 {
    to_ms.saturating_sub(from_ms) as f64 / 1_000.0
}

/// How fast a counter grows. None is told where one value is missing or time stood still, or where the counter went down: the
/// server was restarted.
fn rate(now: Option<f64>, before: Option<f64>, seconds: f64) -> Option<f64> {
    let (now, before) = (now?, before?);
    (seconds > 0.0 && now >= before).then(|| (now - before) / seconds)
}

/// The same for whole numbers.
fn count_rate(now: Option<u64>, before: Option<u64>, seconds: f64) -> Option<f64> {
    rate(now.map(|now| now as f64), before.map(|before| before as f64), seconds)
}

/// The hits among lookups.
fn hit_ratio(hits: Option<f64>, misses: Option<f64>) -> Option<f64> {
    let (hits, misses) = (hits?, misses?);
    (hits + misses > 0.0).then(|| hits / (hits + misses))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_needs_two_values_that_grow() {
        assert_eq!(count_rate(Some(30), Some(10), 2.0), Some(10.0));
        for (now, before, seconds) in
            [(None, Some(1), 1.0), (Some(1), None, 1.0), (Some(1), Some(2), 1.0), (Some(2), Some(1), 0.0)]
        {
            assert_eq!(count_rate(now, before, seconds), None);
        }
    }

    #[test]
    fn views_have_fields_with_names_of_their_own() {
        for view in ALL {
            assert!(View::of(view.tab).is_some_and(|of| std::ptr::eq(of, view)));
            let mut names: Vec<_> = view.fields().iter().map(|field| field.name).collect();
            let fields = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), fields, "{}", view.name());
            assert!(view.fields().iter().any(|field| field.heading.is_some()), "{} has columns", view.name());
        }
        assert!(View::of(Tab::Keys).is_none());
    }
}
