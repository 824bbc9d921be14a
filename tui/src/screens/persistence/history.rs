//! The saves that were seen: how long each took, and how it went.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::format;
use crate::screens::listing;
use crate::state::App;
use crate::state::saves::Save;
use crate::theme::Role;
use crate::widgets::chart;
use crate::widgets::panel::Panel;
use crate::widgets::table::{Cell, Column, Table};

static COLUMNS: [Column<'static>; 4] = [
    Column::new("saved", 8).up_to(24),
    Column::new("ago", 4).right(),
    Column::new("took", 8).right(),
    Column::new("size", 6).right().priority(1),
];

/// How long the saves took, oldest first; a failed one is a gap.
fn durations(app: &App, width: u16) -> String {
    let took = |save: &Save| save.duration_ms.filter(|_| save.error.is_none()).map(|duration_ms| duration_ms as f64);
    let mut points: Vec<_> = app.saves.newest().take(width.into()).map(took).collect();
    points.reverse();
    // Each save has a column of its own.
    chart::sparkline(&points, 0, points.len() as u16, app.options.theme)
}

/// Draws the list, and in its border, where there is one, how long the saves took, and a note.
pub(super) fn draw(app: &App, area: Rect, border: Option<&str>, focused: bool, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let saves: Vec<&Save> = app.saves.newest().collect();
    let inner = if let Some(note) = border {
        let durations = durations(app, (area.width / 2).min(40));
        let value_role = Role::Series1;
        Panel { title: "saves seen", value: &durations, value_role, focused, note }.draw(area, buffer, theme)
    } else {
        area
    };
    let table = Table {
        columns: &COLUMNS,
        rows: saves.len(),
        selected: None,
        offset: 0,
        sort: None,
        focused: false,
        empty: if app.options.is_readonly { "none yet" } else { "none yet: b saves now" },
    };
    let now_s = app.sample().at_ms / 1_000;
    table.draw(inner, buffer, theme, |row| {
        let Some(save) = saves.get(row) else { return Vec::new() };
        let name = save.namespace.as_ref().map_or("everything".into(), |name| listing::cell(app, name));
        let took = match &save.error {
            Some(_) => Cell::new("failed", Role::Bad),
            None => save.took(theme.symbols().micro).unwrap_or(format::UNKNOWN.to_owned()).into(),
        };
        let size = save.bytes.filter(|bytes| *bytes > 0).map_or(format::UNKNOWN.to_owned(), format::bytes);
        vec![name.into(), format::age(now_s.saturating_sub(save.at_s)).into(), took, size.into()]
    });
}
