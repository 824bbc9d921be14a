//! The row of screens to choose from: with whole names, short names, or only the chosen one (`‹2 Namespaces›`).

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Canvas;
use crate::text;
use crate::theme::{Role, Theme};

/// A screen to choose.
#[derive(Clone, Copy, Debug)]
pub struct TabName<'a> {
    /// The key that chooses it.
    pub key: &'a str,
    /// Its name.
    pub title: &'a str,
    /// The same where room is short.
    pub short: &'a str,
}

/// Screens and which is shown.
#[derive(Clone, Copy, Debug)]
pub struct Tabs<'a> {
    /// The screens.
    pub tabs: &'a [TabName<'a>],
    /// Index of the one that is shown.
    pub selected: usize,
}

/// One piece of the row.
struct Piece {
    columns: Range<u16>,
    text: String,
    /// The tab that a click chooses.
    tab: usize,
}

impl Tabs<'_> {
    /// Index of the tab that a click at a position of the terminal chooses.
    pub fn hit(&self, area: Rect, position: Position) -> Option<usize> {
        if !area.contains(position) || position.y != area.y {
            return None;
        }
        let x = position.x - area.x;
        self.pieces(area.width, "‹", "›").into_iter().find(|piece| piece.columns.contains(&x)).map(|piece| piece.tab)
    }

    /// Draws it in the first row.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        let symbols = theme.symbols();
        for piece in self.pieces(canvas.width(), symbols.more_left, symbols.more_right) {
            let width = piece.columns.end - piece.columns.start;
            if piece.tab == self.selected {
                canvas.aligned(piece.columns.start, 0, width, &piece.text, text::Align::Left, Role::Accent);
            } else {
                let (key, name) = piece.text.split_at(piece.text.trim_start().find(' ').map_or(0, |at| at + 1));
                let end = canvas.text_within(piece.columns.start, 0, width, key, Role::Dim);
                canvas.text(end, 0, name, Role::Label);
            }
        }
    }

    fn pieces(&self, width: u16, left: &str, right: &str) -> Vec<Piece> {
        if self.tabs.is_empty() {
            return Vec::new();
        }
        let selected = self.selected.min(self.tabs.len() - 1);
        let full = self.row(|tab| tab.title);
        let row = if fits(&full, width) { full } else { self.row(|tab| tab.short) };
        if fits(&row, width) {
            return row;
        }
        let (count, last) = (self.tabs.len(), self.tabs.len() - 1);
        let title = format!("{} {}", self.tabs[selected].key, self.tabs[selected].title);
        // The arrows stay; the name is cut.
        let room = usize::from(width.saturating_sub(2));
        let title = text::cut(&title, room, "").into_owned();
        let end = 1 + text::width(&title) as u16;
        vec![
            Piece { columns: 0..1, text: left.to_owned(), tab: selected.checked_sub(1).unwrap_or(last) },
            Piece { columns: 1..end, text: title, tab: selected },
            Piece { columns: end..end + 1, text: right.to_owned(), tab: (selected + 1) % count },
        ]
    }

    /// All tabs side by side: the selected one in brackets, which are spaces for the others, so that nothing moves.
    fn row(&self, name: impl for<'n> Fn(&'n TabName<'_>) -> &'n str) -> Vec<Piece> {
        let mut x = 0_u16;
        let mut pieces = Vec::with_capacity(self.tabs.len());
        for (tab, names) in self.tabs.iter().enumerate() {
            let (open, close) = if tab == self.selected { ("[", "]") } else { (" ", " ") };
            let text = format!("{open}{} {}{close}", names.key, name(names));
            let end = x.saturating_add(text::width(&text) as u16);
            pieces.push(Piece { columns: x..end, text, tab });
            x = end;
        }
        pieces
    }
}

fn fits(pieces: &[Piece], width: u16) -> bool {
    pieces.last().is_some_and(|last| last.columns.end <= width)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    const TABS: &[TabName<'_>] = &[
        TabName { key: "1", title: "Overview", short: "Over" },
        TabName { key: "2", title: "Namespaces", short: "Name" },
        TabName { key: "3", title: "Commands", short: "Cmd" },
        TabName { key: "4", title: "Clients", short: "Cli" },
        TabName { key: "5", title: "Shards", short: "Shard" },
        TabName { key: "6", title: "Persistence", short: "Save" },
        TabName { key: "7", title: "Slowlog", short: "Slow" },
        TabName { key: "8", title: "Config", short: "Conf" },
    ];

    #[test]
    fn forms_follow_the_width() {
        let mut out = String::new();
        for (width, theme) in [(110, UNICODE), (80, UNICODE), (60, UNICODE), (60, ASCII), (12, UNICODE), (2, UNICODE)] {
            out += &picture(width, 1, |area, buffer| Tabs { tabs: TABS, selected: 1 }.draw(area, buffer, theme));
        }
        insta::assert_snapshot!("tabs", out);
    }

    #[test]
    fn the_selected_tab_has_brackets_and_a_style() {
        for theme in [UNICODE, ASCII] {
            let buffer = buffer(110, 1, |area, buffer| Tabs { tabs: TABS, selected: 1 }.draw(area, buffer, theme));
            let x = column_of(&buffer, 0, "[2 Namespaces]");
            assert_ne!(buffer[(x + 1, 0)].style(), buffer[(1, 0)].style());
        }
    }

    #[test]
    fn the_mouse_chooses() {
        let tabs = Tabs { tabs: TABS, selected: 0 };
        let area = Rect::new(5, 1, 110, 1);
        let buffer = buffer(110, 1, |area, buffer| tabs.draw(area, buffer, UNICODE));
        let x = 5 + column_of(&buffer, 0, "Slowlog");
        assert_eq!(tabs.hit(area, Position::new(x, 1)), Some(6));
        assert_eq!(tabs.hit(area, Position::new(x, 2)), None);
        let narrow = Rect { width: 20, ..area };
        assert_eq!(tabs.hit(narrow, Position::new(5, 1)), Some(7), "before the first comes the last");
        assert_eq!(tabs.hit(narrow, Position::new(8, 1)), Some(0));
        assert_eq!(tabs.hit(narrow, Position::new(5 + 1 + "1 Overview".len() as u16, 1)), Some(1));
    }

    #[test]
    fn a_narrow_row_tells_the_key_that_chooses_not_the_place() {
        let tabs = [TABS[0], TABS[5], TABS[7]];
        let shown = picture(16, 1, |area, buffer| Tabs { tabs: &tabs, selected: 1 }.draw(area, buffer, UNICODE));
        assert!(shown.contains("‹6 Persistence›"), "{shown}");
    }

    proptest! {
        #[test]
        fn draws_anywhere(
            area in any_area(), theme in any_theme(), names in prop::collection::vec((any_text(), any_text()), 0..12),
            selected in 0_usize..20, x in 0_u16..100,
        ) {
            let names: Vec<_> = names.iter().map(|(title, short)| TabName { key: "1", title, short }).collect();
            let tabs = Tabs { tabs: &names, selected };
            draw_inside(area, |area, buffer| tabs.draw(area, buffer, theme));
            prop_assert!(tabs.hit(area, Position::new(x, area.y)).is_none_or(|tab| tab < names.len()));
        }
    }
}
