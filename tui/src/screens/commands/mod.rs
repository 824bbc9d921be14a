//! Commands: what is called how often, how long it takes, and where the time goes.
//!
//! Rates, the share of the time and the average are those of the time since the poll before; an average of a command that was not
//! called meanwhile is that since the start, and dim. Percentiles are always since the start: the server tells no others.

mod detail;
mod figures;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use self::figures::{Figures, Total};
use super::plot::Unit;
use super::search::{self, Search};
use super::{Screen, listing, step_focus};
use crate::format;
use crate::keymap::Action;
use crate::state::list::{self, Row, SortKey, sorted};
use crate::state::msg::Effect;
use crate::state::sample::{Command, Wants};
use crate::state::tab::Tab;
use crate::state::{App, NO_EFFECTS, actions};
use crate::theme::Role;
use crate::widgets::bar_text;
use crate::widgets::panel::Panel;
use crate::widgets::table::{Cell, Column, Sort, Table, TableHit};

pub(super) struct Commands;

/// What rows can be sorted by; by the first at first. Each is a column of the table: see `TABLE`.
static SORTS: [list::Column; 9] = [
    list::Column { title: "% time", is_descending: true },
    list::Column { title: "command", is_descending: false },
    list::Column { title: "calls/s", is_descending: true },
    list::Column { title: "avg", is_descending: true },
    list::Column { title: "p50", is_descending: true },
    list::Column { title: "p99", is_descending: true },
    list::Column { title: "p99.9", is_descending: true },
    list::Column { title: "fail/s", is_descending: true },
    list::Column { title: "rej/s", is_descending: true },
];

/// The table's columns, of which the bar belongs to the share of the time.
static TABLE: [Column<'_>; 10] = [
    Column::new("command", 14).up_to(28),
    Column::new("calls/s", 7).right(),
    Column::new("avg", 7).right().priority(1),
    Column::new("p50", 7).right().priority(5),
    Column::new("p99", 7).right().priority(2),
    Column::new("p99.9", 7).right().priority(6),
    Column::new("fail/s", 6).right().priority(3),
    Column::new("rej/s", 6).right().priority(4),
    Column::new("% time", 6).right(),
    Column::new("", BAR_WIDTH).priority(7),
];
const SHARE: usize = 8;
const BAR_WIDTH: u16 = 14;

/// The column of the table that belongs to a sort.
fn column_of(sort: usize) -> usize {
    if sort == 0 { SHARE } else { sort - 1 }
}

/// The sort that belongs to a column of the table.
fn sort_of(column: usize) -> usize {
    if column >= SHARE { 0 } else { column + 1 }
}

/// Panels that can have the focus: the table, the percentiles of the selected command, its chart.
const PANELS: usize = 3;
const HISTOGRAM: usize = 1;
const CHART: usize = 2;

fn listed(app: &App) -> &[Command] {
    app.sample().commands.as_deref().map_or(&[], Vec::as_slice)
}

/// The command that the details are about.
fn selected(app: &App) -> Option<&Command> {
    listed(app).get(app.list_of(Tab::Commands).selected_row()?.index)
}

fn sort_key(figures: &Figures<'_>, sort: usize) -> SortKey {
    match sort {
        0 => figures.share.into(),
        1 => SortKey::text(&figures.command.name),
        2 => figures.calls.into(),
        3 => figures.mean.into(),
        4 => figures.command.percentile("p50").into(),
        5 => figures.command.percentile("p99").into(),
        6 => figures.command.percentile("p99.9").into(),
        7 => figures.failed.into(),
        _ => figures.rejected.into(),
    }
}

/// Where the parts are.
#[derive(Clone, Copy, Debug)]
struct Places {
    table: Rect,
    histogram: Rect,
    chart: Rect,
    is_bordered: bool,
}

fn places(app: &App, body: Rect) -> Places {
    let none = Places { table: Rect::ZERO, histogram: Rect::ZERO, chart: Rect::ZERO, is_bordered: body.height >= 12 };
    if app.is_zoomed {
        return match app.focus % PANELS {
            HISTOGRAM => Places { histogram: body, ..none },
            CHART => Places { chart: body, ..none },
            _ => Places { table: body, ..none },
        };
    }
    if body.height < 18 || body.width < 60 {
        return Places { table: body, ..none };
    }
    let below = (body.height / 3).clamp(6, 12);
    let [table, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(below)]).areas(body);
    let [histogram, chart] = Layout::horizontal([Constraint::Fill(2), Constraint::Fill(3)]).areas(below);
    Places { table, histogram, chart, ..none }
}

impl Places {
    /// Where the table itself is, with its heading.
    fn table_inner(&self) -> Rect {
        if self.is_bordered { Panel::inner(self.table) } else { self.table }
    }
}

fn table<'a>(app: &App, empty: &'a str) -> Table<'a> {
    let table = listing::table(app, Tab::Commands, &TABLE, empty);
    let sort = table.sort.map(|sort| Sort { column: column_of(sort.column), ..sort });
    Table { sort, ..table }
}

impl Screen for Commands {
    fn tab(&self) -> Tab {
        Tab::Commands
    }

    fn wants(&self, _app: &App) -> Wants {
        Wants { commands: true, ..Wants::default() }
    }

    fn has_list(&self) -> bool {
        true
    }

    fn columns(&self) -> &'static [list::Column] {
        &SORTS
    }

    fn rows(&self, app: &App) -> Vec<Row> {
        let list = app.list_of(Tab::Commands);
        let search = Search::new(app, Tab::Commands, &TABLE);
        let total = Total::of(app, listed(app));
        let figures = listed(app).iter().map(|command| Figures::of(app, command, total)).enumerate();
        let shown = figures.filter(|(_, figures)| {
            let name = figures.command.name.as_str();
            search.fits(&[("command", name), ("name", name)], |column| cells(app, figures).swap_remove(column))
        });
        let rows = shown.map(|(index, figures)| {
            (sort_key(&figures, list.sort), Row { id: figures.command.name.as_str().into(), index })
        });
        sorted(rows.collect(), list.is_descending(&SORTS))
    }

    fn filter_columns<'a>(&self, _app: &'a App) -> Vec<&'a str> {
        search::columns(&["name"], &TABLE)
    }

    fn list_area(&self, app: &App, body: Rect) -> Option<Rect> {
        if app.list_of(Tab::Commands).detail.is_some() {
            return None;
        }
        Some(Table::rows_area(places(app, body).table_inner()))
    }

    fn column_at(&self, app: &App, body: Rect, at: Position) -> Option<usize> {
        match table(app, "").hit(places(app, body).table_inner(), at)? {
            TableHit::Column(column) => Some(sort_of(column)),
            TableHit::Row(_) => None,
        }
    }

    fn act(&self, app: &mut App, action: Action, _argument: Option<&str>) -> Vec<Effect> {
        match action {
            Action::Open => {
                let list = app.list_of_mut(Tab::Commands);
                list.detail = if list.detail.is_some() { None } else { list.selected.clone() };
            }
            Action::NextPanel | Action::PreviousPanel => step_focus(app, action, PANELS),
            Action::ResetStatistics => app.open(actions::reset_statistics()),
            _ => {}
        }
        NO_EFFECTS
    }

    /// A click gives a panel the focus; one on the panel that has it, the whole body.
    fn click(&self, app: &mut App, body: Rect, at: Position) -> Vec<Effect> {
        let places = places(app, body);
        if app.is_zoomed || app.list_of(Tab::Commands).detail.is_some() {
            return NO_EFFECTS;
        }
        let hit = [places.table, places.histogram, places.chart].iter().position(|area| area.contains(at));
        if let Some(panel) = hit {
            app.is_zoomed = app.focus % PANELS == panel && panel > 0;
            app.focus = panel;
        }
        NO_EFFECTS
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, body: Rect) {
        let buffer = frame.buffer_mut();
        let total = Total::of(app, listed(app));
        let selected = selected(app).map(|command| Figures::of(app, command, total));
        if let (true, Some(figures)) = (app.list_of(Tab::Commands).detail.is_some(), &selected) {
            detail::whole(app, figures, body, buffer);
            return;
        }
        let places = places(app, body);
        let focus = app.focus % PANELS;
        draw_table(app, total, &places, focus == 0, buffer);
        if let Some(figures) = &selected {
            detail::histogram(app, figures, places.histogram, focus == HISTOGRAM, buffer);
            detail::chart(app, figures, places.chart, focus == CHART, buffer);
        } else {
            for (area, title) in [(places.histogram, "percentiles"), (places.chart, "chart")] {
                Panel { title, ..Panel::default() }.draw(area, buffer, app.options.theme);
            }
        }
    }
}

fn draw_table(app: &App, total: Total, places: &Places, focused: bool, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let list = app.list_of(Tab::Commands);
    let (shown, all) = (list.rows.len(), listed(app).len());
    if places.is_bordered {
        let filter = listing::filter_note(app, Tab::Commands);
        let count = if shown == all { format!("{all} commands") } else { format!("{shown} of {all} commands") };
        let panel = Panel { title: "commands", value: &filter, value_role: Role::Accent, note: &count, focused };
        panel.draw(places.table, buffer, theme);
    }
    let empty = listing::empty(app, Tab::Commands, "commands", "no command was called yet");
    table(app, &empty).draw(places.table_inner(), buffer, theme, |position| {
        let command = list.rows.get(position).and_then(|row| listed(app).get(row.index));
        command.map_or(Vec::new(), |command| cells(app, &Figures::of(app, command, total)))
    });
}

fn cells<'c>(app: &App, figures: &Figures<'_>) -> Vec<Cell<'c>> {
    let theme = app.options.theme;
    let latency = |usec| Unit::Latency.write_known(usec, theme);
    let percentile = |name| Cell::from(latency(figures.command.percentile(name)));
    let rate = |rate: Option<f64>| format::rate(rate.unwrap_or(f64::NAN));
    let alarming = |number: Option<f64>, role| {
        let role = match number {
            Some(0.0) | None => Role::Dim,
            Some(_) => role,
        };
        Cell::new(rate(number), role)
    };
    vec![
        Cell::from(listing::cell(app, &figures.command.name)),
        Cell::new(rate(figures.calls), if figures.calls == Some(0.0) { Role::Dim } else { Role::Text }),
        Cell::new(latency(figures.mean), if figures.is_mean_live { Role::Text } else { Role::Dim }),
        percentile("p50"),
        percentile("p99"),
        percentile("p99.9"),
        alarming(figures.failed, Role::Warn),
        alarming(figures.rejected, Role::Warn),
        Cell::from(format::percent_number(figures.share.unwrap_or(f64::NAN))),
        Cell::new(bar_text(figures.share.unwrap_or(0.0), BAR_WIDTH, theme), Role::Series1),
    ]
}

#[cfg(test)]
mod tests;
