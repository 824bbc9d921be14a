//! Overview: how the server is doing. Panels with charts, the busiest namespaces, the last save, and what happened lately; one of
//! them has the focus, and can have the whole body.

mod layout;
mod persistence;
mod tail;
mod tiles;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use self::layout::{Form, Places};
use self::tiles::{Curve, Note, Tile};
use super::Screen;
use super::plot::window_name;
use crate::format;
use crate::keymap::Action;
use crate::state::last_save::LastSave;
use crate::state::msg::Effect;
use crate::state::sample::Wants;
use crate::state::tab::Tab;
use crate::state::update::go_to;
use crate::state::{App, NO_EFFECTS};
use crate::text::Align;
use crate::theme::{Role, Theme};
use crate::widgets::Canvas;
use crate::widgets::facts::{Fact, Facts};
use crate::widgets::histogram::{Growth, Histogram, HistogramRow};
use crate::widgets::panel::Panel;

pub(super) struct Overview;

/// Panels with charts; they come first.
const TILES: usize = 8;
const LATENCY: usize = 3;
const NAMESPACES: usize = TILES;
const PERSISTENCE: usize = TILES + 1;
const EVENTS: usize = TILES + 2;
const PANELS: usize = TILES + 3;

/// The screen that tells more about each panel.
const MORE: [Option<Tab>; PANELS] = [
    Some(Tab::Commands),
    Some(Tab::Namespaces),
    Some(Tab::Namespaces),
    Some(Tab::Commands),
    Some(Tab::Clients),
    Some(Tab::Clients),
    Some(Tab::Commands),
    Some(Tab::Namespaces),
    Some(Tab::Namespaces),
    Some(Tab::Persistence),
    None,
];

/// What the overview remembers.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Events that are scrolled away, the newest first.
    events_offset: usize,
}

impl Screen for Overview {
    fn tab(&self) -> Tab {
        Tab::Overview
    }

    fn wants(&self, app: &App) -> Wants {
        // In an order that stays when ranks change.
        let mut visible_namespaces = tail::names_on_top(app);
        visible_namespaces.sort_unstable();
        // What follows from a save that failed is a setting.
        let config = LastSave::of(app).is_some_and(|last| !last.is_ok);
        Wants { namespaces: true, visible_namespaces, commands: true, config, ..Wants::default() }
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let buffer = frame.buffer_mut();
        let tiles = tiles::all(app);
        let focus = focus(app);
        if app.is_zoomed {
            match focus {
                NAMESPACES => tail::namespaces(app, body, Form::Panel, true, buffer),
                PERSISTENCE => tail::persistence(app, body, Form::Panel, true, buffer),
                EVENTS => tail::events(app, body, Form::Panel, true, buffer),
                tile => large(app, tile, &tiles[tile], body, buffer),
            }
            return;
        }
        let places = Places::of(body);
        for (index, (tile, &area)) in tiles.iter().zip(&places.areas).enumerate() {
            match places.tiles {
                Form::Panel => small(app, tile, area, focus == index, buffer),
                Form::Lines => line(app, tile, area, focus == index, buffer),
            }
        }
        tail::namespaces(app, places.areas[NAMESPACES], places.tail, focus == NAMESPACES, buffer);
        tail::persistence(app, places.areas[PERSISTENCE], places.tail, focus == PERSISTENCE, buffer);
        tail::events(app, places.areas[EVENTS], places.tail, focus == EVENTS, buffer);
    }

    fn shows_events(&self, app: &App, body: Rect) -> bool {
        if app.is_zoomed { focus(app) == EVENTS } else { !Places::of(body).areas[EVENTS].is_empty() }
    }

    fn act(&self, app: &mut App, action: Action, _argument: Option<&str>) -> Vec<Effect> {
        match action {
            Action::NextPanel => app.focus = (focus(app) + 1) % PANELS,
            Action::PreviousPanel => app.focus = (focus(app) + PANELS - 1) % PANELS,
            Action::NewerEvents | Action::OlderEvents => {
                let last = app.events.newest().count().saturating_sub(1);
                let offset = &mut app.screens.overview.events_offset;
                let next = if action == Action::OlderEvents { *offset + 1 } else { offset.saturating_sub(1) };
                *offset = next.min(last);
            }
            Action::Open => {
                if let Some(tab) = MORE[focus(app)] {
                    return go_to(app, tab, None);
                }
            }
            _ => {}
        }
        NO_EFFECTS
    }

    /// A click gives a panel the focus; one on the panel that has it, the whole body.
    fn click(&self, app: &mut App, body: Rect, at: Position) -> Vec<Effect> {
        if app.is_zoomed {
            app.is_zoomed = false;
        } else if let Some(panel) = Places::of(body).hit(at) {
            app.is_zoomed = focus(app) == panel;
            app.focus = panel;
        }
        NO_EFFECTS
    }

    fn copy(&self, app: &App) -> Option<String> {
        let tiles = tiles::all(app);
        let (title, value, notes) = match focus(app) {
            NAMESPACES => ("top namespaces", tail::names_on_top(app).join(" "), Vec::new()),
            PERSISTENCE => ("persistence", String::new(), persistence::notes(app)),
            EVENTS => ("events", app.events.newest().next()?.text.clone(), Vec::new()),
            tile => (tiles[tile].title, tiles[tile].value.clone(), tiles[tile].all_notes(app)),
        };
        let words = notes.iter().map(|note| format!("{} {}", note.label, note.value).trim().to_owned());
        Some(
            [title.to_owned(), value]
                .into_iter()
                .filter(|word| !word.is_empty())
                .chain(words)
                .collect::<Vec<_>>()
                .join("  "),
        )
    }
}

fn focus(app: &App) -> usize {
    app.focus % PANELS
}

/// Room for minimum, average and maximum with the name of the time they are of.
const SPREAD_WIDTH: u16 = 44;
/// Rows of a chart and notes from which on all notes show.
const ROOMY_HEIGHT: u16 = 6;

/// A tile with a border: how much is used, charts, notes.
fn small(app: &App, tile: &Tile<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let panel = Panel { title: tile.title, value: &tile.value, value_role: tile.value_role, note: "", focused };
    let mut left = panel.draw(area, buffer, theme);
    if let (Some(usage), true) = (&tile.usage, left.height > 0) {
        let [row, rest] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(left);
        draw_usage(usage, row, buffer, theme);
        left = rest;
    }
    let curves = &tile.curves[..tile.beside.min(tile.curves.len())];
    let is_alone = curves.len() == 1;
    // Minimum and maximum of each curve stand below it.
    let summary_height = u16::from(!is_alone && left.height > 0);
    let notes = tile.all_notes(app);
    let notes_height = notes_height(&notes, left, is_alone);
    let [charts, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(notes_height)]).areas(left);
    let columns = Layout::horizontal(vec![Constraint::Fill(1); curves.len()]).spacing(2).split(charts);
    for (curve, column) in curves.iter().zip(columns.iter()) {
        let [chart, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(summary_height)]).areas(*column);
        curve.plot.draw(app, "", chart, buffer);
        draw_notes(&[summary(app, curve)], Panel::padded(below), app, buffer);
    }
    draw_notes(&fitting(notes, below), Panel::padded(below), app, buffer);
}

/// Rows for the notes of a small tile: those that all of them take where the chart keeps the most of it, or else one, which a chart
/// does not miss.
fn notes_height(notes: &[Note], area: Rect, is_alone: bool) -> u16 {
    if area.height < ROOMY_HEIGHT {
        return u16::from(is_alone && area.height > 0);
    }
    with_facts(notes, |facts| facts.height(Panel::padded(area).width)).min(area.height / 3)
}

/// Where one row has to do, what says least is left out: of a spread the time it is of, and the least.
fn fitting(mut notes: Vec<Note>, area: Rect) -> Vec<Note> {
    if area.height == 1 && area.width < SPREAD_WIDTH {
        notes.retain(|note| !["", "min"].contains(&&*note.label));
    }
    notes
}

fn draw_usage(usage: &tiles::Usage, row: Rect, buffer: &mut Buffer, theme: Theme) {
    let row = Panel::padded(row);
    usage.gauge(&usage.words(row.width)).draw(row, buffer, theme);
}

/// The greatest value of a curve within the time that is shown.
fn summary(app: &App, curve: &Curve<'_>) -> Note {
    let max = curve.plot.series.summary(app.window()).map(|summary| summary.max);
    let label = if curve.name == "in" { "in, max" } else { "out, max" };
    Note::new(label, curve.plot.unit.write_known(max, app.options.theme))
}

/// A tile that has the whole body: all its curves below each other.
fn large(app: &App, index: usize, tile: &Tile<'_>, area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let bars = if index == LATENCY { percentiles(app, &tile.notes) } else { Vec::new() };
    let bars_height = if Panel::inner(area).height >= 10 { bars.len() as u16 } else { 0 };
    let note = if bars_height > 0 { "bars: log" } else { "" };
    let panel = Panel { title: tile.title, value: &tile.value, value_role: tile.value_role, note, focused: true };
    let inner = panel.draw(area, buffer, theme);
    let [usage, charts, histogram, notes] = Layout::vertical([
        Constraint::Length(u16::from(tile.usage.is_some() && inner.height >= 2)),
        Constraint::Fill(1),
        Constraint::Length(bars_height),
        Constraint::Length(u16::from(inner.height >= 3)),
    ])
    .areas(inner);
    if let Some(shown) = &tile.usage {
        draw_usage(shown, usage, buffer, theme);
    }
    // The first has half of the room; what has none left for a chart is left out.
    let fitting = tile.curves.len().min(usize::from(charts.height / 4).max(1));
    let shares = (0..fitting).map(|place| Constraint::Fill(if place == 0 { 2 } else { 1 }));
    let rows = Layout::vertical(shares).split(charts);
    for (curve, row) in tile.curves.iter().zip(rows.iter()) {
        let name = format!("{}, {}", curve.name, window_name(app));
        curve.plot.draw(app, &name, *row, buffer);
    }
    Histogram { rows: &bars, growth: Growth::Logarithmic }.draw(Panel::padded(histogram), buffer, theme);
    let explained = [Note::new("", "percentiles: of all commands since the start").role(Role::Label)];
    draw_notes(if bars_height > 0 { &explained } else { &tile.notes }, Panel::padded(notes), app, buffer);
}

fn percentiles<'a>(app: &App, notes: &'a [Note]) -> Vec<HistogramRow<'a>> {
    use crate::state::history::LatencyMetric::{P50, P99, P999};
    let known = notes.iter().zip([P50, P99, P999]).filter_map(|(note, metric)| {
        let value = app.history.latency(metric).at(app.sample().at_ms)?;
        Some(HistogramRow { name: &note.label, value, shown: note.value.clone(), role: Role::Series1 })
    });
    known.collect()
}

/// Columns of the name and of the value of a tile in a line.
const NAME_WIDTH: u16 = 11;
const VALUE_WIDTH: u16 = 9;

/// A tile as a line: name, value, chart, notes.
fn line(app: &App, tile: &Tile<'_>, area: Rect, focused: bool, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let mut canvas = Canvas::new(area, buffer, theme);
    if canvas.height() == 0 {
        return;
    }
    if focused {
        canvas.text(0, 0, theme.symbols().selection, Role::Accent);
    }
    let title = tile.title.split(',').next().unwrap_or(tile.title);
    canvas.aligned(1, 0, NAME_WIDTH, title, Align::Left, if focused { Role::Accent } else { Role::Label });
    let is_pair = tile.beside > 1;
    // Two values stand for themselves.
    let value = if is_pair { "" } else { &tile.value };
    let end = canvas.aligned(1 + NAME_WIDTH, 0, VALUE_WIDTH, value, Align::Right, tile.value_role);
    canvas.text(end, 0, tile.value_role.mark(), tile.value_role);
    let x = 1 + NAME_WIDTH + VALUE_WIDTH + 2;
    let rest = Rect { x: area.x + x, width: area.width.saturating_sub(x + 1), ..area };
    if is_pair {
        let values = Rect { x: area.x + 2 + NAME_WIDTH, width: area.width.saturating_sub(2 + NAME_WIDTH), ..area };
        let notes = tile.curves[..tile.beside].iter().map(|curve| {
            let now = curve.plot.unit.write_known(curve.plot.now(app), theme);
            Note::new(curve.name, format!("{now:>8}"))
        });
        draw_notes(&notes.collect::<Vec<_>>(), values, app, buffer);
        return;
    }
    let chart_width = if rest.width >= 34 { rest.width / 2 } else { rest.width };
    let chart = Rect { width: chart_width, ..rest };
    let notes_width = rest.width.saturating_sub(chart_width + 2);
    let notes = Rect { x: rest.right() - notes_width, width: notes_width, ..rest };
    if let Some(usage) = &tile.usage {
        usage.gauge("").draw(chart, buffer, theme);
    } else if let Some(curve) = tile.curves.first() {
        curve.plot.draw(app, "", chart, buffer);
    }
    // Of a spread the least says least.
    // So does the median of a latency.
    let spread = tile.all_notes(app).into_iter().filter(|note| !["", "min", "p50"].contains(&&*note.label));
    let shown: Vec<Note> = spread.collect();
    draw_notes(&shown, notes, app, buffer);
}

/// Notes in running lines.
fn draw_notes(notes: &[Note], area: Rect, app: &App, buffer: &mut Buffer) {
    with_facts(notes, |facts| facts.draw(area, buffer, app.options.theme));
}

/// What is known of the notes.
fn with_facts<T>(notes: &[Note], then: impl FnOnce(Facts<'_>) -> T) -> T {
    let known = notes.iter().filter(|note| note.value != format::UNKNOWN);
    let facts: Vec<Fact<'_>> =
        known.map(|note| Fact { label: &note.label, value: &note.value, role: note.role }).collect();
    then(Facts { facts: &facts })
}

#[cfg(test)]
mod tests;
