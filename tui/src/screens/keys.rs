//! Keys: what a namespace holds.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Screen;
use crate::state::App;
use crate::state::sample::Wants;
use crate::state::tab::Tab;
use crate::text;

pub(super) struct Keys;

impl Screen for Keys {
    fn tab(&self) -> Tab {
        Tab::Keys
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { namespaces: true, ..Wants::default() }
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let namespace = app.namespace_or_first().unwrap_or("-");
        let keys = app.sample().namespace(namespace).and_then(|namespace| namespace.keys).unwrap_or(0);
        frame.render_widget(Line::from(format!("{}: {keys} keys", text::harmless(namespace.as_bytes()))), body);
    }
}
