//! Where things are: pure arithmetic on the terminal's size that drawing and the mouse share.

use ratatui::layout::{Constraint, Layout, Position, Rect};

use crate::state::App;
use crate::view;

/// Below this screens draw less.
pub const WIDTH_COMPACT: u16 = 100;
/// Below this screens draw less.
pub const HEIGHT_COMPACT: u16 = 24;

/// Why the connection is lost takes one row of so many, and no more than these.
const BANNER_SHARE: u16 = 6;
const BANNER_HEIGHT_MAX: u16 = 4;

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
    // What is known is worth more than all of a long reason; where nothing is, the body tells it.
    let share = if app.has_data() { app.size.height / BANNER_SHARE } else { 1 };
    let banner = view::alert_height(app, share.clamp(1, BANNER_HEIGHT_MAX));
    let [header, tabs, keys] = [1; 3].map(Constraint::Length);
    let rows = [header, tabs, Constraint::Length(banner), Constraint::Fill(1), keys];
    let [header, tabs, banner, body, keys] = Layout::vertical(rows).areas(Rect::from((Position::ORIGIN, app.size)));
    Areas { header, tabs, banner, body, keys }
}

/// Whether screens draw less.
pub fn is_compact(app: &App) -> bool {
    app.size.width < WIDTH_COMPACT || app.size.height < HEIGHT_COMPACT
}
