//! Draws the state: header, tabs, banner, the screen, keys, and what lies over them. Pure: the same state gives the same picture.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Clear};

use crate::keymap;
use crate::layout;
use crate::screens;
use crate::state::dialog::{Dialog, Focus};
use crate::state::{App, Connection, Overlay};
use crate::text;
use crate::theme::Role;

/// Draws everything.
pub fn view(app: &App, frame: &mut Frame<'_>) {
    let theme = app.options.theme;
    if layout::is_too_small(app) {
        let words = format!("{}x{} needed", layout::WIDTH_MIN, layout::HEIGHT_MIN);
        frame.render_widget(Text::from(vec![Line::from("terminal too small"), Line::from(words)]), frame.area());
        return;
    }
    let areas = layout::areas(app);
    header(app, frame, areas.header);
    for (tab, label, area) in layout::tabs(app) {
        let role = if tab == app.tab { Role::Selected } else { Role::Label };
        frame.render_widget(Span::styled(label, theme.style(role)), area);
    }
    if let Connection::Disconnected { error, retry_at_ms } = &app.connection {
        let seconds = retry_at_ms.saturating_sub(app.now_ms).div_ceil(1_000);
        let words = format!(" DISCONNECTED  retry in {seconds} s  {}", text::harmless(error.as_bytes()));
        frame.render_widget(Line::styled(words, theme.style(Role::BadgeBad)), areas.banner);
    }
    if app.has_data() {
        screens::of(app.tab).view(app, frame, areas.body);
    }
    keys(app, frame, areas.keys);
    for overlay in &app.overlays {
        match overlay {
            Overlay::Dialog(dialog) => self::dialog(app, dialog, frame, areas.body),
            Overlay::Help { query, scroll } => help(app, query.text(), *scroll, frame, areas.body),
            Overlay::Palette { .. } | Overlay::Filter => {}
        }
    }
}

fn header(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let theme = app.options.theme;
    let server = app.server();
    let title = format!(" {} @ {} ", server.title(), server.address);
    let mut spans = vec![Span::styled(text::harmless(title.as_bytes()).into_owned(), theme.style(Role::Title))];
    let (words, role) = match (&app.connection, app.is_paused()) {
        (Connection::Connecting, _) => ("CONNECTING", Role::BadgeWarn),
        (Connection::Disconnected { .. }, _) => ("OFFLINE", Role::BadgeBad),
        (Connection::Connected, true) => ("PAUSED", Role::BadgeWarn),
        (Connection::Connected, false) => ("LIVE", Role::BadgeGood),
    };
    spans.push(Span::styled(format!(" {words} "), theme.style(role)));
    spans.push(Span::styled(format!(" {} ms", app.options.interval_ms), theme.style(Role::Label)));
    if app.options.is_readonly {
        spans.push(Span::styled(" READ-ONLY ", theme.style(Role::BadgeWarn)));
    }
    frame.render_widget(Line::from(spans), area);
}

fn keys(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let theme = app.options.theme;
    let typed = match app.overlays.last() {
        Some(Overlay::Palette { input, error }) => Some((":", input, error.as_deref().unwrap_or_default())),
        Some(Overlay::Filter) => Some(("/", &app.list().filter, "")),
        _ => None,
    };
    if let Some((prompt, input, error)) = typed {
        let (before, after) = input.parts();
        let spans = vec![
            Span::styled(prompt, theme.style(Role::Key)),
            Span::raw(format!("{before}{after}  ")),
            Span::styled(text::harmless(error.as_bytes()).into_owned(), theme.style(Role::Bad)),
        ];
        frame.render_widget(Line::from(spans), area);
        let x = area.x + 1 + text::width(before) as u16;
        frame.set_cursor_position(Position::new(x.min(area.right().saturating_sub(1)), area.y));
        return;
    }
    let has_list = screens::of(app.tab).has_list();
    let shown = keymap::valid(app.tab, has_list)
        .filter(|binding| !binding.hint.is_empty())
        .filter(|binding| !binding.is_change || !app.options.is_readonly);
    let spans = shown.flat_map(|binding| {
        let key = Span::styled(format!(" {}", binding.keys[0].label()), theme.style(Role::Key));
        [key, Span::styled(format!(" {} ", binding.hint), theme.style(Role::Label))]
    });
    frame.render_widget(Line::from_iter(spans), area);
}

fn boxed(app: &App, title: &str, lines: Vec<Line<'_>>, frame: &mut Frame<'_>, body: Rect) {
    let theme = app.options.theme;
    let width = lines.iter().map(Line::width).max().unwrap_or(0).max(title.len() + 2) as u16 + 4;
    let (width, height) = (width.min(body.width), (lines.len() as u16 + 2).min(body.height));
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
    let block = Block::bordered().title(format!(" {title} ")).border_style(theme.style(Role::BorderFocused));
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    frame.render_widget(Text::from(lines), inner);
}

fn dialog(app: &App, dialog: &Dialog, frame: &mut Frame<'_>, body: Rect) {
    let theme = app.options.theme;
    let harmless = |text: &str| text::harmless(text.as_bytes()).into_owned();
    let line = |label: &str, words: &str| Line::from(format!(" {:<10} {}", harmless(label), harmless(words)));
    let mut lines: Vec<Line<'_>> = dialog.lines.iter().map(|(label, words)| line(label, words)).collect();
    for (index, field) in dialog.fields.iter().enumerate() {
        let mark = if dialog.focus == Focus::Field(index) { "_" } else { "" };
        lines.push(line(&field.label, &format!("[{}{mark}]", field.input.text())));
    }
    lines.extend(dialog.error.as_ref().map(|error| Line::styled(harmless(error), theme.style(Role::Bad))));
    let button = |words: String, focus| {
        let role = if dialog.focus == focus { Role::Selected } else { Role::Label };
        Span::styled(format!("  [ {words} ]"), theme.style(role))
    };
    let cancel = button(if dialog.is_question() { "Cancel" } else { "Close" }.into(), Focus::Cancel);
    let verb = dialog.is_question().then(|| button(dialog.verb.clone(), Focus::Verb));
    lines.push(Line::from_iter(std::iter::once(cancel).chain(verb)));
    boxed(app, &harmless(&dialog.title), lines, frame, body);
}

fn help(app: &App, query: &str, scroll: u16, frame: &mut Frame<'_>, body: Rect) {
    let query = query.to_lowercase();
    let lines = keymap::BINDINGS.iter().map(|binding| {
        let keys: Vec<String> = binding.keys.iter().map(|key| key.label()).collect();
        format!(" {:<14} {}", keys.join(" "), binding.help)
    });
    let lines: Vec<Line<'_>> = lines.filter(|line| line.to_lowercase().contains(&query)).map(Line::from).collect();
    let last = lines.len().saturating_sub(usize::from(body.height.saturating_sub(2)));
    let shown = lines.into_iter().skip(last.min(scroll.into())).collect();
    boxed(app, &format!("Help: {query}"), shown, frame, body);
}
