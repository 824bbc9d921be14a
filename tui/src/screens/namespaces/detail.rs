//! All that is known of one namespace.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::columns::{FULLNESS_BAD, FULLNESS_WARN, duration, hit_ratio, rate, ttl_share};
use crate::screens::listing;
use crate::state::App;
use crate::state::actions::namespace::kept;
use crate::state::history::NamespaceMetric;
use crate::state::sample::Namespace;
use crate::theme::Role;
use crate::widgets::panel::Panel;
use crate::widgets::properties::{Properties, Section};
use crate::{format, text};

/// Draws the panel of a namespace; without a border where each row counts.
pub(super) fn draw(app: &App, namespace: &Namespace, area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let name = listing::whole(app, &namespace.name);
    let mut sections = sections(app, namespace);
    let inner = if area.height < HEIGHT_WITH_BORDER {
        let title = Section::new("").with_role("namespace", name, Role::Accent);
        sections.insert(0, title);
        Panel::inset(area)
    } else {
        let panel = Panel { title: &name, note: "Esc closes", focused: true, ..Panel::default() };
        Panel::padded(panel.draw(area, buffer, theme))
    };
    Properties { sections: &sections }.draw(inner, buffer, theme);
}

const HEIGHT_WITH_BORDER: u16 = 8;

fn sections(app: &App, namespace: &Namespace) -> Vec<Section<'static>> {
    [keys(app, namespace), traffic(app, namespace), limits(namespace), memory(namespace), saving(app, namespace)].into()
}

fn keys(app: &App, namespace: &Namespace) -> Section<'static> {
    let arrow = app.options.theme.symbols().arrow;
    let shards = namespace.shards.map(|shards| match &namespace.resize {
        Some(resize) => {
            format!("{shards} {arrow} {}, {} {}", resize.target, resize.state, format::percent(resize.fraction()))
        }
        None => shards.to_string(),
    });
    let with_ttl = namespace.expires.map(|expires| {
        let share = ttl_share(namespace).filter(|share| share.is_finite());
        share.map_or(format::exact(expires), |share| format!("{} ({})", format::exact(expires), format::percent(share)))
    });
    let asked_s = app.sample().at_ms.saturating_sub(namespace.polled_at_ms) / 1_000;
    let is_old = namespace.polled_at_ms > 0 && asked_s > 0;
    Section::new("")
        .with_some("database", namespace.db.map(|db| db.to_string()))
        .with_some("keys", namespace.keys.map(format::exact))
        .with_some("with a ttl", with_ttl)
        .with_some("average ttl", namespace.avg_ttl_ms.filter(|ttl| *ttl > 0).map(|ttl_ms| duration(app, ttl_ms)))
        .with_some("shards", shards)
        .with_some("asked", is_old.then(|| format!("{} ago", format::age(asked_s))))
}

fn traffic(app: &App, namespace: &Namespace) -> Section<'static> {
    let both = |total: Option<u64>, metric| {
        let total = format::exact(total?);
        Some(match rate(app, namespace, metric) {
            Some(rate) => format!("{total} ({}/s)", format::rate(rate)),
            None => total,
        })
    };
    let hit_ratios = namespace.hit_ratio().map(|since_start| {
        let now = hit_ratio(app, namespace).unwrap_or(since_start);
        format!("{} now, {} in all", format::percent(now), format::percent(since_start))
    });
    Section::new("traffic")
        .with_some("ops/s", namespace.ops_per_sec.map(format::exact))
        .with_some("reads", namespace.reads.map(format::exact))
        .with_some("writes", namespace.writes.map(format::exact))
        .with_some("hits", both(namespace.hits, NamespaceMetric::Hits))
        .with_some("misses", both(namespace.misses, NamespaceMetric::Misses))
        .with_some("hit ratio", hit_ratios)
        .with_some("expired", both(namespace.expired, NamespaceMetric::Expired))
        .with_some("evicted", both(namespace.evicted, NamespaceMetric::Evicted))
        .with_some("lock waits", both(namespace.lock_waits, NamespaceMetric::LockWaits))
}

fn memory(namespace: &Namespace) -> Section<'static> {
    let parts = namespace.used_bytes.zip(namespace.key_bytes).zip(namespace.value_bytes);
    let overhead = parts.zip(namespace.keys.filter(|keys| *keys > 0)).map(|(((used, keys), values), count)| {
        let overhead = used.saturating_sub(keys).saturating_sub(values);
        format!("{:.1} B a key", overhead as f64 / count as f64)
    });
    Section::new("memory")
        .with_some("used", namespace.used_bytes.map(format::bytes))
        .with_some("keys", namespace.key_bytes.map(format::bytes))
        .with_some("values", namespace.value_bytes.map(format::bytes))
        .with_some("overhead", overhead)
}

fn limits(namespace: &Namespace) -> Section<'static> {
    let mut section = Section::new("limits");
    let limits = [
        ("max keys", namespace.max_keys, namespace.keys, format::exact as fn(u64) -> String),
        ("max memory", namespace.maxmemory, namespace.used_bytes, format::bytes),
        ("max value", namespace.max_value_size, None, format::bytes),
    ];
    for (label, limit, used, format) in limits {
        section = match (limit, used) {
            (None, _) => section,
            (Some(0), _) => section.with_role(label, "none", Role::Label),
            (Some(limit), None) => section.with(label, format(limit)),
            (Some(limit), Some(used)) => {
                let share = format::share(used, limit);
                let role = Role::of_level(share, FULLNESS_WARN, FULLNESS_BAD);
                section.with_role(label, format!("{} ({})", format(limit), format::percent(share)), role)
            }
        };
    }
    let policy = namespace.maxmemory_policy.as_ref();
    section.with_some("when full", policy.map(|policy| text::harmless(policy.as_bytes()).into_owned()))
}

fn saving(app: &App, namespace: &Namespace) -> Section<'static> {
    let now_s = app.sample().at_ms / 1_000;
    let last = namespace.last_save_s.map(|last_save_s| match last_save_s {
        0 => "never".to_owned(),
        at_s => format!("{} ago", format::age(now_s.saturating_sub(at_s))),
    });
    let autosaves = app.sample().autosaves.as_deref().map_or(&[][..], Vec::as_slice);
    let task = autosaves.iter().find(|autosave| autosave.name == namespace.name);
    let autosave = namespace.autosave_s.map(|interval_s| match (interval_s, task) {
        (0, _) => "off".to_owned(),
        (_, Some(task)) => format!("every {interval_s} s, {}", kept(task.keep)),
        (_, None) => format!("every {interval_s} s"),
    });
    let section = Section::new("saving").with_some("last save", last).with_some("autosave", autosave);
    let Some(task) = task else { return section };
    let next = if task.in_progress { "saving now".to_owned() } else { format!("in {} s", task.due_in_s) };
    let section = section.with("next", next);
    if task.last_error.is_empty() {
        section
    } else {
        section.with_role("error", text::harmless(task.last_error.as_bytes()).into_owned(), Role::Bad)
    }
}
