//! Where the parts of the key browser are, and what is drawn there.

use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::browser::{Browser, Cursor, Facts, KEYS_MAX, TYPES, Ttl, is_group, name};
use super::pattern::Pattern;
use super::show::{self, Format};
use super::value::{ITEM_SIZE_MAX, Kind, Opened};
use super::{is_tree, tree};
use crate::format;
use crate::layout::WIDTH_COMPACT;
use crate::state::App;
use crate::state::list::{List, RowId};
use crate::state::tab::Tab;
use crate::text;
use crate::theme::{Role, Symbols, Theme};
use crate::widgets::Canvas;
use crate::widgets::facts::{Fact, Facts as FactsLine};
use crate::widgets::panel::Panel;
use crate::widgets::table::{Cell, Column, Sort, Table, TableHit};

/// A key that expires sooner needs someone.
const SOON_MS: u64 = 10_000;
/// A key that expires sooner is worth a look.
const SHORTLY_MS: u64 = 60_000;
/// Lines in which all of the selected item is shown, with the line above them.
const STRIP_HEIGHT: u16 = 5;

/// Where things are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    status: Rect,
    keys: Option<Rect>,
    value: Option<Rect>,
    is_bordered: bool,
}

/// Divides the body: one line that says how far it is, below it the keys, the value, or both.
pub(super) fn parts(app: &App, body: Rect) -> Parts {
    let status_height = body.height.min(1);
    let status = Rect { height: status_height, ..body };
    let rest = Rect { y: body.y + status_height, height: body.height - status_height, ..body };
    let is_bordered = body.height >= 10 && body.width >= 50;
    let whole = Parts { status, keys: None, value: None, is_bordered };
    if app.screens.keys.opened.is_none() {
        return Parts { keys: Some(rest), ..whole };
    }
    if app.is_zoomed || body.width < WIDTH_COMPACT {
        return Parts { value: Some(rest), ..whole };
    }
    let width = rest.width * 2 / 5;
    let value = Rect { x: rest.x + width, width: rest.width - width, ..rest };
    Parts { keys: Some(Rect { width, ..rest }), value: Some(value), ..whole }
}

impl Parts {
    fn inner(&self, area: Rect) -> Rect {
        if self.is_bordered { Panel::inner(area) } else { area }
    }

    /// The table of the list that keys act on, with its headings.
    fn table(&self, app: &App) -> Rect {
        match (self.value, self.keys) {
            (Some(value), _) => self.value_parts(app, value).0,
            (None, Some(keys)) => self.inner(keys),
            (None, None) => Rect::default(),
        }
    }

    /// The table of a value, and where its selected item is shown whole.
    fn value_parts(&self, app: &App, area: Rect) -> (Rect, Option<Rect>) {
        let inner = self.inner(area);
        let kind = app.screens.keys.opened.as_ref().and_then(|opened| opened.kind);
        if matches!(kind, None | Some(Kind::String)) || inner.height < 2 * STRIP_HEIGHT {
            return (inner, None);
        }
        let height = inner.height - STRIP_HEIGHT;
        let strip = Rect { y: inner.y + height, height: STRIP_HEIGHT, ..inner };
        (Rect { height, ..inner }, Some(strip))
    }
}

/// Where the rows of the list are that keys act on.
pub(super) fn list_area(app: &App, body: Rect) -> Rect {
    Table::rows_area(parts(app, body).table(app))
}

/// Rows of keys that can be seen beside a value; none without one, as the list tells then.
pub(super) fn keys_page(app: &App, body: Rect) -> usize {
    let parts = parts(app, body);
    parts.keys.map_or(0, |keys| Table::rows_area(parts.inner(keys)).height.into())
}

/// Columns for the lines of a value.
pub(super) fn line_width(app: &App, body: Rect) -> usize {
    // The table's margin, the number of the line, the gap after it, the scrollbar.
    usize::from(parts(app, body).table(app).width.saturating_sub(LINE_NUMBER_WIDTH + 5))
}

const LINE_NUMBER_WIDTH: u16 = 6;
/// Columns of the longest number that a score can be: `-1.7976931348623157e+308`.
const SCORE_WIDTH_MAX: usize = 24;

/// The column whose heading is there.
pub(super) fn column_at(app: &App, body: Rect, at: Position) -> Option<usize> {
    let area = parts(app, body).table(app);
    let list = app.list_of(Tab::Keys);
    let hit = match &app.screens.keys.opened {
        Some(opened) => value_table(opened, list, "", |table| table.hit(area, at)),
        None => keys_table(list, true, true, "").hit(area, at),
    };
    match hit {
        Some(TableHit::Column(column)) => Some(column),
        _ => None,
    }
}

/// Draws everything.
pub(super) fn draw(app: &App, frame: &mut Frame<'_>, body: Rect) {
    let parts = parts(app, body);
    let buffer = frame.buffer_mut();
    let browser = &app.screens.keys;
    status(app, &parts, buffer);
    if let Some(area) = parts.keys {
        keys(app, &parts, area, buffer);
    }
    if let (Some(area), Some(opened)) = (parts.value, &browser.opened) {
        value(app, &parts, opened, area, buffer);
    }
}

/// What a line of facts is made of.
#[derive(Default)]
struct Told(Vec<(&'static str, String, Role)>);

impl Told {
    fn add(&mut self, label: &'static str, value: impl Into<String>, role: Role) {
        self.0.push((label, value.into(), role));
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let facts: Vec<Fact<'_>> =
            self.0.iter().map(|(label, value, role)| Fact { label, value, role: *role }).collect();
        FactsLine { facts: &facts }.draw(area, buffer, theme);
    }
}

/// One line: what is looked at and how far that is.
fn status(app: &App, parts: &Parts, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let area = Panel::padded(parts.status);
    let mut told = Told::default();
    let browser = &app.screens.keys;
    match &browser.opened {
        Some(opened) if parts.keys.is_none() || opened.error.is_some() => value_status(app, opened, parts, &mut told),
        _ => keys_status(app, parts, &mut told),
    }
    told.draw(area, buffer, theme);
}

fn keys_status(app: &App, parts: &Parts, told: &mut Told) {
    let browser = &app.screens.keys;
    let symbols = app.options.theme.symbols();
    if !parts.is_bordered {
        told.add("", namespace(browser), Role::Title);
        told.add("", loaded(app), Role::Accent);
    }
    let typed = Pattern::parse(list_of_keys(app).filter.text());
    if let Some(error) = &browser.error {
        told.add("", format!("failed: {}", text::line(error.as_bytes(), 120, symbols.ellipsis)), Role::Bad);
        told.add("m", "tries again", Role::Label);
    } else if browser.wanted.is_some() {
        told.add("", format!("loading{}", symbols.ellipsis), Role::Accent);
        told.add("Esc", "stops", Role::Label);
    } else if browser.is_full() && browser.cursor != Cursor::End {
        let kept = format!("at most {} are kept", format::exact(KEYS_MAX as u64));
        told.add("", kept, Role::Warn);
        told.add("m", "goes on with the next part", Role::Label);
    } else if browser.cursor == Cursor::End {
        told.add("", if browser.part > 0 { "the last part" } else { "all loaded" }, Role::Good);
    } else if browser.target.is_some() {
        told.add("m", "loads more", Role::Label);
    }
    if let Some(asked) = facts_asked(app) {
        told.add("asked about", asked, Role::Label);
    }
    if !typed.is_any() {
        let pattern = text::typed(list_of_keys(app).filter.text()).into_owned();
        told.add("pattern", pattern, Role::Accent);
    }
    if browser.kind > 0 {
        told.add("type", TYPES[browser.kind], Role::Accent);
    }
    if browser.part > 0 {
        told.add("part", (browser.part + 1).to_string(), Role::Text);
    }
    let total = total(app).filter(|total| *total > 0 && browser.cursor != Cursor::End);
    if let Some(total) = total {
        // SCAN tells no more than that it has not come around yet.
        let share = format::share(browser.looked_at.min(total * 99 / 100), total);
        told.add("scanned", format::percent(share), Role::Text);
    }
}

/// How many of the keys were asked about, while sorting waits for it.
fn facts_asked(app: &App) -> Option<String> {
    let browser = &app.screens.keys;
    if list_of_keys(app).sort == 0 {
        return None;
    }
    let known = browser.keys.iter().filter(|key| key.facts.is_some()).count();
    let (known, count) = (known as u64, browser.keys.len() as u64);
    (known < count).then(|| format!("{} of {}", format::exact(known), format::exact(count)))
}

fn namespace(browser: &Browser) -> String {
    browser.target.as_ref().map_or(String::new(), |target| text::harmless(target.name.as_bytes()).into_owned())
}

fn total(app: &App) -> Option<u64> {
    let target = app.screens.keys.target.as_ref()?;
    app.latest().namespace(&target.name)?.keys
}

fn loaded(app: &App) -> String {
    let browser = &app.screens.keys;
    let count = format::exact(browser.keys.len() as u64);
    let list = list_of_keys(app);
    // What the scan found is all shown; what is typed hides some of it, and so does what the server cannot look for.
    let pattern = Pattern::parse(list.filter.text());
    let is_hiding = !pattern.is_any() && (list.filter.text() != browser.typed || pattern.scanned().is_none());
    if is_hiding {
        let shown = super::shown_keys(app, list).count() as u64;
        return format!("{} of {count} loaded", format::exact(shown));
    }
    match total(app) {
        Some(total) => format!("{count} of {} keys", format::exact(total)),
        None => format!("{count} keys"),
    }
}

/// The list of the keys, whether it is the one that keys act on or not.
pub(super) fn list_of_keys(app: &App) -> &List {
    let browser = &app.screens.keys;
    if browser.opened.is_some() { &browser.other } else { app.list_of(Tab::Keys) }
}

static KEY_COLUMNS: [Column<'static>; 5] = [
    Column::new("name", 18).up_to(u16::MAX),
    Column::new("type", 6).priority(3),
    Column::new("ttl", 8).right().priority(1),
    Column::new("size", 7).right().priority(2),
    Column::new("encoding", 10).priority(4),
];

fn keys_table<'a>(list: &List, is_focused: bool, has_all_columns: bool, empty: &'a str) -> Table<'a> {
    let sort = Some(Sort { column: list.sort, descending: list.is_descending(&super::COLUMNS) });
    Table {
        columns: if has_all_columns { &KEY_COLUMNS } else { &KEY_COLUMNS[..3] },
        rows: list.rows.len(),
        selected: list.position(),
        offset: list.offset,
        sort,
        focused: is_focused,
        empty,
    }
}

fn keys(app: &App, parts: &Parts, area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let browser = &app.screens.keys;
    let list = list_of_keys(app);
    let is_focused = browser.opened.is_none();
    let inner = if parts.is_bordered {
        let title = format!("keys of {} {}", app.server().keyspace_word(), namespace(browser));
        let (loaded, note) = (loaded(app), place(list));
        let panel = Panel { title: &title, value: &loaded, value_role: Role::Accent, note: &note, focused: is_focused };
        panel.draw(area, buffer, theme)
    } else {
        area
    };
    let loading = format!("loading{}", theme.symbols().ellipsis);
    let empty = if browser.wanted.is_some() || browser.target.is_none() {
        loading.as_str()
    } else if browser.error.is_some() {
        "keys could not be loaded"
    } else if browser.cursor != Cursor::End {
        "none found so far; m looks further"
    } else if browser.kind > 0 || !list.filter.text().is_empty() {
        "no keys match the pattern and the type"
    } else {
        "there are no keys here"
    };
    let table = keys_table(list, is_focused, is_focused, empty);
    table.draw(inner, buffer, theme, |row| match list.rows.get(row) {
        Some(row) => key_cells(app, &row.id, inner.width.into()),
        None => Vec::new(),
    });
}

/// Which row of how many is selected.
fn place(list: &List) -> String {
    let count = list.rows.len();
    list.position()
        .map_or(String::new(), |at| format!("{} of {}", format::exact(at as u64 + 1), format::exact(count as u64)))
}

fn key_cells(app: &App, id: &RowId, width: usize) -> Vec<Cell<'static>> {
    let browser = &app.screens.keys;
    let symbols = app.options.theme.symbols();
    let (depth, from) = if is_tree(list_of_keys(app)) { tree::indent(browser, id) } else { (0, 0) };
    let indent = "  ".repeat(depth.min(width / 4));
    let shown = show::name(name(id).get(from..).unwrap_or_default(), width, symbols.ellipsis);
    if is_group(id) {
        let sign = if browser.is_unfolded(name(id)) { "-" } else { "+" };
        let count = format::exact(browser.group(name(id)).len() as u64);
        return vec![
            Cell::new(format!("{indent}{sign} {shown} ({count})"), Role::Accent),
            Cell::new("group", Role::Label),
        ];
    }
    // Names stand where those of groups do, behind their sign.
    let margin = if is_tree(list_of_keys(app)) { "  " } else { "" };
    let facts = browser.key(id).and_then(|key| key.facts.as_deref());
    let Some(facts) = facts else {
        let dim = || Cell::new(symbols.dot, Role::Dim);
        return vec![Cell::from(format!("{indent}{margin}{shown}")), dim(), dim(), dim(), dim()];
    };
    let ttl = facts.ttl(app.now_ms);
    let role = if ttl == Ttl::Gone { Role::Dim } else { Role::Text };
    let kind = text::line(facts.kind.as_bytes(), 20, symbols.ellipsis);
    let encoding = facts.encoding.as_deref().unwrap_or(format::UNKNOWN);
    vec![
        Cell::new(format!("{indent}{margin}{shown}"), role),
        Cell::new(kind, role),
        ttl_cell(ttl, app.now_ms, symbols),
        Cell::new(facts.bytes.map_or(format::UNKNOWN.into(), format::bytes), role),
        Cell::new(text::line(encoding.as_bytes(), 20, symbols.ellipsis), Role::Label),
    ]
}

fn ttl_words(ttl: Ttl, now_ms: u64, symbols: &Symbols) -> (String, Role) {
    match ttl {
        Ttl::Never => ("never".into(), Role::Label),
        Ttl::Gone => ("gone".into(), Role::Dim),
        Ttl::At(deadline_ms) => {
            let left_ms = deadline_ms.saturating_sub(now_ms);
            let role = if left_ms < SOON_MS {
                Role::Bad
            } else if left_ms < SHORTLY_MS {
                Role::Warn
            } else {
                Role::Text
            };
            // Tenths of seconds would only flicker.
            let left = Duration::from_millis(left_ms);
            let left = if left_ms < SHORTLY_MS {
                format!("{} s", left_ms.div_ceil(1_000))
            } else {
                format::duration(left, symbols.micro)
            };
            (left, role)
        }
    }
}

fn ttl_cell(ttl: Ttl, now_ms: u64, symbols: &Symbols) -> Cell<'static> {
    let (words, role) = ttl_words(ttl, now_ms, symbols);
    Cell::new(words, role)
}

/// What is known about the key whose value is shown.
fn value_status(app: &App, opened: &Opened, parts: &Parts, told: &mut Told) {
    let symbols = app.options.theme.symbols();
    if !parts.is_bordered {
        told.add("", show::name(opened.name(), 24, symbols.ellipsis), Role::Title);
    }
    if let Some(error) = &opened.error {
        told.add("", text::line(error.as_bytes(), 120, symbols.ellipsis), Role::Bad);
    }
    let Some(facts) = &opened.facts else { return };
    told_about(app, opened, facts, told);
}

fn told_about(app: &App, opened: &Opened, facts: &Facts, told: &mut Told) {
    let symbols = app.options.theme.symbols();
    told.add("", text::line(facts.kind.as_bytes(), 20, symbols.ellipsis), Role::Accent);
    if let (Some(kind), Some(length)) = (opened.kind, opened.length) {
        told.add(kind.unit(length), format::exact(length), Role::Text);
    }
    let (ttl, role) = ttl_words(facts.ttl(app.now_ms), app.now_ms, symbols);
    told.add("ttl", ttl, if facts.ttl == Ttl::Never { Role::Text } else { role });
    if let Some(bytes) = facts.bytes {
        told.add("memory", format::bytes(bytes), Role::Text);
    }
    if let Some(encoding) = &facts.encoding {
        told.add("encoding", text::line(encoding.as_bytes(), 20, symbols.ellipsis), Role::Text);
    }
}

/// The table of a value for whoever draws or hits it.
fn value_table<T>(opened: &Opened, list: &List, empty: &str, then: impl FnOnce(&Table<'_>) -> T) -> T {
    let kind = opened.kind.unwrap_or(Kind::String);
    let (name, content) = kind.headings();
    let size = Column::new("size", 7).right().priority(2);
    let line = [Column::new(name, LINE_NUMBER_WIDTH).right(), Column::new(content, 4).up_to(u16::MAX)];
    let index = [Column::new("index", 6).right(), Column::new(content, 10).up_to(u16::MAX), size];
    let pair = [Column::new(name, 10).up_to(30), Column::new(content, 10).up_to(u16::MAX), size];
    let member = [Column::new(name, 10).up_to(u16::MAX), size];
    let widest = opened.items.iter().map(|item| item.content.len()).max().unwrap_or(0).min(SCORE_WIDTH_MAX);
    let score = [Column::new(name, 10).up_to(u16::MAX), Column::new(content, 8).right().up_to(widest as u16)];
    let entry = [Column::new(name, 17).up_to(22), Column::new(content, 10).up_to(u16::MAX), size];
    let columns = match kind {
        Kind::String => &line[..],
        Kind::List => &index,
        Kind::Hash => &pair,
        Kind::Set => &member,
        Kind::SortedSet => &score,
        Kind::Stream => &entry,
    };
    // The first way of sorting is the server's own order, which has no heading.
    let column = match (kind, list.sort) {
        (Kind::String, _) | (_, 0) => None,
        (Kind::Set, 3) => Some(1),
        (_, sort) => Some(sort - 1),
    };
    let sort = column.filter(|column| *column < columns.len());
    let sort = sort.map(|column| Sort { column, descending: list.is_descending(&super::COLUMNS) });
    then(&Table {
        columns,
        rows: list.rows.len(),
        selected: list.position(),
        offset: list.offset,
        sort,
        focused: true,
        empty,
    })
}

fn value(app: &App, parts: &Parts, opened: &Opened, area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let list = app.list_of(Tab::Keys);
    if parts.is_bordered {
        let title = show::name(opened.name(), area.width.into(), theme.symbols().ellipsis);
        let summary = value_summary(app, opened, parts);
        let note = value_note(opened, list);
        let role = if opened.is_full() && !opened.is_whole() { Role::Warn } else { Role::Accent };
        Panel { title: &title, value: &summary, value_role: role, note: &note, focused: true }
            .draw(area, buffer, theme);
    }
    let (table_area, strip) = parts.value_parts(app, area);
    let loading = format!("loading{}", theme.symbols().ellipsis);
    let empty = match &opened.error {
        _ if opened.is_loading() => loading.clone(),
        Some(error) => text::line(error.as_bytes(), area.width.into(), theme.symbols().ellipsis),
        None if list.filter.text().is_empty() => "the value is empty".into(),
        None => "nothing that was loaded matches the filter".into(),
    };
    let width = usize::from(table_area.width);
    let ellipsis = theme.symbols().ellipsis;
    value_table(opened, list, &empty, |table| {
        table.draw(table_area, buffer, theme, |row| {
            let Some(row) = list.rows.get(row) else { return Vec::new() };
            if opened.kind == Some(Kind::String) {
                let line = opened.lines.get(row.index).cloned().unwrap_or_default();
                let number = line.number.map_or_else(String::new, |number| number.to_string());
                return vec![Cell::new(number, Role::Dim), Cell::from(line.text)];
            }
            let Some(item) = opened.items.get(row.index) else { return Vec::new() };
            let name = Cell::from(text::line(&item.name, width, ellipsis));
            let content = || Cell::from(text::line(&item.content, width, ellipsis));
            let size = || Cell::new(format::bytes(item.size as u64), Role::Label);
            match opened.kind {
                Some(Kind::Set) => vec![name, size()],
                Some(Kind::SortedSet) => vec![name, content()],
                _ => vec![name, content(), size()],
            }
        });
    });
    if let Some(strip) = strip {
        item_strip(app, opened, strip, buffer);
    }
}

/// What the panel of a value says in its border: beside the keys everything, alone how much was loaded.
fn value_summary(app: &App, opened: &Opened, parts: &Parts) -> String {
    let dot = format!(" {} ", app.options.theme.symbols().dot);
    let mut words: Vec<String> = Vec::new();
    if let (Some(facts), true) = (&opened.facts, parts.keys.is_some()) {
        words.push(text::line(facts.kind.as_bytes(), 20, app.options.theme.symbols().ellipsis));
        words.extend(facts.bytes.map(format::bytes));
        if facts.ttl != Ttl::Never {
            words.push(format!("ttl {}", ttl_words(facts.ttl(app.now_ms), app.now_ms, app.options.theme.symbols()).0));
        }
    }
    if let (Some(kind), Some(length)) = (opened.kind, opened.length) {
        let loaded = if kind == Kind::String { opened.bytes.len() } else { opened.items.len() } as u64;
        let unit = kind.unit(length);
        words.push(if loaded < length && !opened.is_whole() {
            format!("{} of {} {unit}", format::exact(loaded), format::exact(length))
        } else {
            format!("{} {unit}", format::exact(length))
        });
    }
    words.join(&dot)
}

fn value_note(opened: &Opened, list: &List) -> String {
    if opened.is_full() && !opened.is_whole() {
        return "no more of it is kept".into();
    }
    match opened.kind {
        Some(Kind::String) => {
            let name = opened.format(list.view).name();
            line_place(opened, list).map_or_else(|| name.to_owned(), |place| format!("{name}  {place}"))
        }
        _ => place(list),
    }
}

/// Which line of how many is selected, however many rows each takes; none where lines have no numbers.
fn line_place(opened: &Opened, list: &List) -> Option<String> {
    let number_at = |row: usize| opened.lines.get(..=row)?.iter().rev().find_map(|line| line.number);
    let selected = number_at(list.selected_row()?.index)?;
    let count = number_at(opened.lines.len().checked_sub(1)?)?;
    Some(format!("line {} of {}", format::exact(selected as u64), format::exact(count as u64)))
}

/// All of the selected item, as far as there is room.
fn item_strip(app: &App, opened: &Opened, area: Rect, buffer: &mut Buffer) {
    let theme = app.options.theme;
    let list = app.list_of(Tab::Keys);
    let Some(item) = list.selected_row().and_then(|row| opened.items.get(row.index)) else { return };
    let is_content = !matches!(opened.kind, Some(Kind::Set | Kind::SortedSet));
    let bytes = if is_content { &item.content } else { &item.name };
    let is_whole = bytes.len() < ITEM_SIZE_MAX;
    let suited = Format::suited(bytes, is_whole);
    let format = suited[list.view % suited.len()];
    let mut canvas = Canvas::new(area, buffer, theme);
    canvas.repeat(0, 0, area.width, theme.symbols().horizontal, Role::Border);
    let name = match opened.kind {
        Some(Kind::List) => format!("element {}", text::line(&item.name, 20, theme.symbols().ellipsis)),
        Some(Kind::SortedSet) => format!("member, score {}", text::line(&item.content, SCORE_WIDTH_MAX, "")),
        _ if is_content => text::line(&item.name, usize::from(area.width / 2), theme.symbols().ellipsis),
        _ => "member".into(),
    };
    let end = canvas.text(1, 0, &format!(" {name} "), Role::Label);
    let kind = format!(" {} ", format.name());
    let width = text::width(&kind) as u16;
    if end + width + 1 < area.width {
        canvas.right(area.width - 1, 0, &kind, Role::Label);
    }
    let lines = format.lines(bytes, usize::from(area.width.saturating_sub(2)));
    let room = usize::from(area.height.saturating_sub(1));
    for (y, line) in lines.iter().take(room).enumerate() {
        let is_cut = y + 1 == room && lines.len() > room;
        let line = if is_cut { format!("{} ", line.text) } else { line.text.clone() };
        canvas.text(1, y as u16 + 1, &line, Role::Text);
        if is_cut {
            canvas.right(area.width, y as u16 + 1, theme.symbols().ellipsis, Role::Label);
        }
    }
}
