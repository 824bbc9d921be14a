//! Overview: how the server is doing.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};

use super::Screen;
use crate::format;
use crate::state::App;
use crate::state::history::ServerMetric;
use crate::state::sample::Wants;
use crate::state::tab::Tab;
use crate::text;

pub(super) struct Overview;

impl Screen for Overview {
    fn tab(&self) -> Tab {
        Tab::Overview
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { namespaces: true, commands: true, ..Wants::default() }
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let window = app.window();
        let rate = |metric| app.history.server(metric).at(window.to_ms).map_or("-".into(), format::rate);
        let info = &app.sample().info;
        let text = |name| text::harmless(info.text(name).unwrap_or("-").as_bytes()).into_owned();
        let mut lines = vec![
            format!("ops/s     {}", rate(ServerMetric::Ops)),
            format!("memory    {}", text("used_memory_human")),
            format!("clients   {}", text("connected_clients")),
            format!("hit ratio {}", rate(ServerMetric::HitRatio)),
            String::new(),
        ];
        lines.extend(app.events.newest().map(|event| text::harmless(event.text.as_bytes()).into_owned()));
        frame.render_widget(Text::from_iter(lines.into_iter().map(Line::from)), body);
    }
}
