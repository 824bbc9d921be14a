//! A table that scrolls, sorts and gives up columns when it is narrow.
//!
//! Only rows that show are asked for: ten thousand rows cost what fifty do. What is selected, sorted and scrolled to comes in
//! as plain numbers; [`Table::offset`] is where scrolling really stands, so that the selected row is always seen.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Canvas;
use crate::text::{self, Align};
use crate::theme::{Role, Theme};

/// Columns between two columns of the table; the first of them also takes the mark of a cell or of sorting.
const GAP: u16 = 2;
/// Before the first column: the selection's mark.
const GUTTER: u16 = 1;

/// A column: how it is headed, and how wide it may be.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    title: &'a str,
    align: Align,
    width: u16,
    width_max: u16,
    priority: u8,
}

impl<'a> Column<'a> {
    /// A column of names, of at least `width` columns, that is always there.
    pub const fn new(title: &'a str, width: u16) -> Self {
        Self { title, align: Align::Left, width, width_max: width, priority: 0 }
    }

    /// Aligns it at the right: a column of numbers.
    pub const fn right(self) -> Self {
        Self { align: Align::Right, ..self }
    }

    /// Lets it grow to `width_max` when there is room.
    pub const fn up_to(self, width_max: u16) -> Self {
        Self { width_max, ..self }
    }

    /// How readily it is given up when it is narrow: the highest first, 0 never.
    pub const fn priority(self, priority: u8) -> Self {
        Self { priority, ..self }
    }

    /// Its heading.
    pub const fn title(&self) -> &'a str {
        self.title
    }

    fn width_min(&self) -> u16 {
        self.width.max(text::width(self.title) as u16)
    }
}

/// A cell's text, already harmless, and what it means. [`Role::Warn`] and [`Role::Bad`] get their mark from the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell<'a> {
    text: Cow<'a, str>,
    role: Role,
}

impl<'a> Cell<'a> {
    /// A cell with a meaning.
    pub fn new(text: impl Into<Cow<'a, str>>, role: Role) -> Self {
        Self { text: text.into(), role }
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::new(text, Role::Text)
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::new(text, Role::Text)
    }
}

impl<'a> From<Cow<'a, str>> for Cell<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::new(text, Role::Text)
    }
}

/// What rows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column.
    pub column: usize,
    /// Largest first.
    pub descending: bool,
}

/// What lies under the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableHit {
    /// The heading of the column of that index.
    Column(usize),
    /// The row of that index.
    Row(usize),
}

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// The columns, most important first.
    pub columns: &'a [Column<'a>],
    /// How many rows there are.
    pub rows: usize,
    /// Index of the selected row.
    pub selected: Option<usize>,
    /// Index of the row that was first when it was last drawn.
    pub offset: usize,
    /// What it is sorted by.
    pub sort: Option<Sort>,
    /// Whether keys act on it.
    pub focused: bool,
    /// What to say when there are no rows.
    pub empty: &'a str,
}

impl Table<'_> {
    /// How many rows can be seen at once.
    pub fn page(area: Rect) -> usize {
        usize::from(area.height - heading_height(area.height))
    }

    /// Where the rows are: below the headings.
    pub fn rows_area(area: Rect) -> Rect {
        let heading = heading_height(area.height);
        Rect { y: area.y + heading, height: area.height - heading, ..area }
    }

    /// Index of the first row that shows: as near to [`Table::offset`](field@Table::offset) as the selection allows.
    pub fn offset(&self, area: Rect) -> usize {
        visible_offset(self.offset, self.selected, self.rows, Self::page(area))
    }

    /// Indexes of the rows that show.
    pub fn visible(&self, area: Rect) -> Range<usize> {
        let offset = self.offset(area);
        offset..self.rows.min(offset + Self::page(area))
    }

    /// Indexes of the columns that show.
    pub fn columns_visible(&self, area: Rect) -> Vec<usize> {
        self.layout(area).into_iter().map(|placed| placed.index).collect()
    }

    /// What lies at a position of the terminal.
    pub fn hit(&self, area: Rect, position: Position) -> Option<TableHit> {
        if !area.contains(position) {
            return None;
        }
        let (x, y) = (position.x - area.x, position.y - area.y);
        if y < heading_height(area.height) {
            let placed = self.layout(area).into_iter().find(|placed| x < placed.x + placed.width + GAP / 2)?;
            return Some(TableHit::Column(placed.index));
        }
        let index = self.offset(area) + usize::from(y - heading_height(area.height));
        (index < self.rows).then_some(TableHit::Row(index))
    }

    /// Draws it; `row` tells the cells of a row, one for each column, and is asked for those that show only.
    pub fn draw<'c>(&self, area: Rect, buffer: &mut Buffer, theme: Theme, mut row: impl FnMut(usize) -> Vec<Cell<'c>>) {
        let area = area.intersection(buffer.area);
        let layout = self.layout(area);
        let mut canvas = Canvas::new(area, buffer, theme);
        let heading = heading_height(area.height);
        if heading > 0 {
            self.draw_heading(&mut canvas, &layout);
        }
        if self.rows == 0 {
            let y = heading + (area.height - heading).saturating_sub(1) / 3;
            canvas.centered(y, self.empty, Role::Label);
            return;
        }
        for (y, index) in (heading..).zip(self.visible(area)) {
            let cells = row(index);
            for placed in &layout {
                let Some(cell) = cells.get(placed.index) else { continue };
                let end = canvas.aligned(placed.x, y, placed.width, &cell.text, placed.align, cell.role);
                canvas.text(end, y, cell.role.mark(), cell.role);
            }
            if self.selected == Some(index) {
                canvas.text(0, y, theme.symbols().selection, Role::Accent);
                let role = if self.focused { Role::Selected } else { Role::SelectedIdle };
                canvas.restyle(0, y, area.width - scrollbar_width(self.rows, area), role);
            }
        }
        self.draw_scrollbar(&mut canvas, area);
    }

    fn draw_heading(&self, canvas: &mut Canvas<'_>, layout: &[Placed]) {
        let symbols = canvas.theme().symbols();
        for placed in layout {
            let title = self.columns[placed.index].title;
            let sort = self.sort.filter(|sort| sort.column == placed.index);
            let role = if sort.is_some() { Role::Accent } else { Role::Heading };
            let end = canvas.aligned(placed.x, 0, placed.width, title, placed.align, role);
            if let Some(sort) = sort {
                canvas.text(end, 0, if sort.descending { symbols.descending } else { symbols.ascending }, role);
            }
        }
    }

    fn draw_scrollbar(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if scrollbar_width(self.rows, area) == 0 {
            return;
        }
        let page = Self::page(area);
        let (x, top) = (area.width - 1, heading_height(area.height));
        let symbols = canvas.theme().symbols();
        // The thumb is as long as what shows is of the whole, and touches an end only when the rows do.
        let length = (page * page / self.rows).max(1);
        let way = page - length;
        let way_rows = self.rows - page;
        let offset = self.offset(area);
        let start = match offset {
            0 => 0,
            _ if offset == way_rows => way,
            _ => (offset * way / way_rows).clamp(way.min(1), way.saturating_sub(1).max(way.min(1))),
        };
        for at in 0..page {
            let (symbol, role) = if (start..start + length).contains(&at) {
                (symbols.thumb, Role::Label)
            } else {
                (symbols.vertical, Role::Dim)
            };
            // A page has no more rows than the area.
            canvas.text(x, top + at as u16, symbol, role);
        }
    }

    /// Which columns show, where, how wide.
    fn layout(&self, area: Rect) -> Vec<Placed> {
        let margin = GUTTER + 1 + scrollbar_width(self.rows, area);
        let room = area.width.saturating_sub(margin);
        let mut kept: Vec<usize> = (0..self.columns.len()).collect();
        let needed = |kept: &[usize]| {
            let widths: u32 = kept.iter().map(|&index| u32::from(self.columns[index].width_min())).sum();
            widths + u32::from(GAP) * (kept.len().max(1) - 1) as u32
        };
        while needed(&kept) > u32::from(room) {
            // The last of those given up most readily.
            let Some(at) = (0..kept.len()).max_by_key(|&at| self.columns[kept[at]].priority) else { break };
            if self.columns[kept[at]].priority == 0 {
                break;
            }
            kept.remove(at);
        }
        let mut widths: Vec<u16> = kept.iter().map(|&index| self.columns[index].width_min()).collect();
        let mut spare = u32::from(room).saturating_sub(needed(&kept)) as u16;
        // One column at a time to each that may grow: at most as many steps as the area has columns.
        while spare > 0 {
            let before = spare;
            for (width, &index) in widths.iter_mut().zip(&kept) {
                if spare > 0 && *width < self.columns[index].width_max {
                    *width += 1;
                    spare -= 1;
                }
            }
            if spare == before {
                break;
            }
        }
        let mut x = GUTTER;
        let mut placed = Vec::with_capacity(kept.len());
        for (index, width) in kept.into_iter().zip(widths) {
            let left = (GUTTER + room).saturating_sub(x);
            if left == 0 {
                break;
            }
            let width = width.min(left);
            placed.push(Placed { index, x, width, align: self.columns[index].align });
            x += width + GAP;
        }
        placed
    }
}

/// The offset nearest to `offset` at which the selected row is among the `page` rows that show, and no room is wasted.
pub fn visible_offset(offset: usize, selected: Option<usize>, rows: usize, page: usize) -> usize {
    let offset = offset.min(rows.saturating_sub(page));
    let Some(selected) = selected.filter(|_| page > 0).map(|selected| selected.min(rows.saturating_sub(1))) else {
        return offset;
    };
    offset.clamp((selected + 1).saturating_sub(page), selected)
}

/// A column where it is drawn.
#[derive(Debug)]
struct Placed {
    index: usize,
    x: u16,
    width: u16,
    align: Align,
}

/// A single row is for a row.
fn heading_height(height: u16) -> u16 {
    u16::from(height > 1)
}

fn scrollbar_width(rows: usize, area: Rect) -> u16 {
    u16::from(rows > Table::page(area) && area.width > 1 && area.height > 0)
}

#[cfg(test)]
mod tests;
