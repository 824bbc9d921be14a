//! Where things are: pure arithmetic on the terminal's size that drawing and the mouse share.

use ratatui::layout::{Constraint, Layout, Position, Rect};

use crate::state::tab::Tab;
use crate::state::{App, Connection};

/// Below this nothing sensible can be drawn.
pub const WIDTH_MIN: u16 = 40;
/// Below this nothing sensible can be drawn.
pub const HEIGHT_MIN: u16 = 8;
/// Below this screens draw less.
pub const WIDTH_COMPACT: u16 = 100;
/// Below this screens draw less.
pub const HEIGHT_COMPACT: u16 = 24;

/// The parts of the screen, from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    /// Who answers, and how it goes.
    pub header: Rect,
    /// The tabs.
    pub tabs: Rect,
    /// Says that the connection is lost; empty while it is not.
    pub banner: Rect,
    /// The screen of the tab.
    pub body: Rect,
    /// The keys, or the line that is typed.
    pub keys: Rect,
}

/// The parts of the screen.
pub fn areas(app: &App) -> Areas {
    let banner = u16::from(matches!(app.connection, Connection::Disconnected { .. }));
    let keys = if app.has_more_hints { 3 } else { 1 };
    let rows = [1, 1, banner].map(Constraint::Length);
    let rows = [rows[0], rows[1], rows[2], Constraint::Fill(1), Constraint::Length(keys)];
    let [header, tabs, banner, body, keys] = Layout::vertical(rows).areas(Rect::from((Position::ORIGIN, app.size)));
    Areas { header, tabs, banner, body, keys }
}

/// Whether nothing sensible can be drawn.
pub fn is_too_small(app: &App) -> bool {
    app.size.width < WIDTH_MIN || app.size.height < HEIGHT_MIN
}

/// Whether screens draw less.
pub fn is_compact(app: &App) -> bool {
    app.size.width < WIDTH_COMPACT || app.size.height < HEIGHT_COMPACT
}

/// The tabs with their labels and places; only the shown one, with arrows, where not all have room.
pub fn tabs(app: &App) -> Vec<(Tab, String, Rect)> {
    let area = areas(app).tabs;
    let label = |tab: Tab| format!(" {} {} ", tab.digit(), tab.title());
    let width: usize = app.tabs().map(|tab| label(tab).len()).sum();
    if width > area.width.into() {
        let count = app.tabs().count();
        let place = app.tabs().position(|tab| tab == app.tab).unwrap_or(0) + 1;
        return vec![(app.tab, format!(" < {place}/{count} {} > ", app.tab.title()), area)];
    }
    let mut x = area.x;
    let mut places = Vec::new();
    for tab in app.tabs() {
        let label = label(tab);
        let width = label.len() as u16;
        places.push((tab, label, Rect { x, width, ..area }));
        x += width;
    }
    places
}

/// The tab at a place: the next or previous one when there is room for one only.
pub fn tab_at(app: &App, at: Position) -> Option<Tab> {
    let places = tabs(app);
    if let [(tab, label, _)] = places.as_slice() {
        let all: Vec<Tab> = app.tabs().collect();
        let here = all.iter().position(|other| other == tab)?;
        let by = if usize::from(at.x) * 2 < label.len() { all.len() - 1 } else { 1 };
        return all.get((here + by) % all.len()).copied();
    }
    places.iter().find(|(_, _, area)| area.contains(at)).map(|(tab, ..)| *tab)
}
