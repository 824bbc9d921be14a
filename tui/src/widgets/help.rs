//! All keys in sections, over everything else; typing searches them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::input::Input;
use super::panel::Panel;
use crate::text::{self, Align};
use crate::theme::{Role, Theme};

const WIDTH_MAX: u16 = 72;

/// Keys that belong together.
#[derive(Clone, Copy, Debug)]
pub struct HelpSection<'a> {
    /// Where they do something.
    pub title: &'a str,
    /// Each key with what it does.
    pub entries: &'a [(&'a str, &'a str)],
}

/// The list, searched and scrolled.
#[derive(Clone, Copy, Debug)]
pub struct Help<'a> {
    /// All keys.
    pub sections: &'a [HelpSection<'a>],
    /// What is searched, as typed.
    pub query: &'a str,
    /// First line that shows; less where there are not so many.
    pub offset: usize,
}

enum Line<'a> {
    Blank,
    Section(&'a str),
    Entry(&'a str, &'a str),
}

impl Help<'_> {
    /// The greatest useful offset on a screen.
    pub fn offset_max(&self, screen: Rect) -> usize {
        let rows = Panel::inner(self.area(screen)).height.saturating_sub(1);
        self.lines().len().saturating_sub(rows.into())
    }

    /// Draws it over what is there; answers where the terminal's cursor belongs.
    pub fn draw(&self, screen: Rect, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        let screen = screen.intersection(buffer.area);
        let area = self.area(screen);
        let lines = self.lines();
        Canvas::new(area, buffer, theme).clear();
        let inner = Panel::inner(area);
        let rows = usize::from(inner.height.saturating_sub(1));
        let offset = self.offset.min(self.offset_max(screen));
        let below = lines.len().saturating_sub(offset + rows);
        let note = if below > 0 { format!("{below} more {}", theme.symbols().descending) } else { String::new() };
        Panel { title: "Help", note: &note, focused: true, ..Panel::default() }.draw(area, buffer, theme);
        let search =
            Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), height: inner.height.min(1), ..inner };
        let cursor = Input { text: self.query, cursor: self.query.len(), placeholder: "type to search" }
            .draw(search, buffer, theme);
        let list = Rect { y: inner.y + search.height, height: inner.height - search.height, ..inner };
        let mut canvas = Canvas::new(list, buffer, theme);
        if lines.is_empty() {
            canvas.text(1, 0, "no key does that", Role::Label);
        }
        let key_width = self.sections.iter().flat_map(|section| section.entries).map(|(key, _)| text::width(key)).max();
        let key_width = key_width.unwrap_or(0).min(usize::from(list.width) / 2) as u16;
        for (y, line) in (0..list.height).zip(lines.iter().skip(offset)) {
            match line {
                Line::Blank => {}
                Line::Section(title) => {
                    canvas.text(1, y, title, Role::Heading);
                }
                Line::Entry(key, words) => {
                    canvas.aligned(3, y, key_width, key, Align::Left, Role::Key);
                    let x = 5 + key_width;
                    canvas.aligned(x, y, list.width.saturating_sub(x), words, Align::Left, Role::Text);
                }
            }
        }
        cursor
    }

    fn area(&self, screen: Rect) -> Rect {
        let width = screen.width.saturating_sub(4).clamp(screen.width.min(40), WIDTH_MAX);
        // As high as all of it needs, so that it does not jump while one types.
        let lines: usize = self.sections.iter().map(|section| section.entries.len() + 2).sum();
        let height = u16::try_from(lines + 2).unwrap_or(u16::MAX).min(screen.height);
        Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + (screen.height - height) / 2, width, height }
    }

    /// The sections that have entries with all words of the query, and those entries.
    fn lines(&self) -> Vec<Line<'_>> {
        let words: Vec<String> = self.query.split_whitespace().map(str::to_lowercase).collect();
        let mut lines = Vec::new();
        for section in self.sections {
            let matching = section.entries.iter().filter(|(key, does)| {
                let line = format!("{} {key} {does}", section.title).to_lowercase();
                words.iter().all(|word| line.contains(word.as_str()))
            });
            let mut matching = matching.peekable();
            if matching.peek().is_some() {
                if !lines.is_empty() {
                    lines.push(Line::Blank);
                }
                lines.push(Line::Section(section.title));
                lines.extend(matching.map(|(key, does)| Line::Entry(key, does)));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    const SECTIONS: &[HelpSection<'_>] = &[
        HelpSection {
            title: "Everywhere",
            entries: &[
                ("1 … 8", "choose a screen"),
                ("b", "background save"),
                ("Space", "pause and go on"),
                ("q Ctrl-C", "quit"),
            ],
        },
        HelpSection {
            title: "Namespaces",
            entries: &[("R", "resize shards"), ("Enter", "detail"), ("d", "delete, asks for the name")],
        },
    ];

    fn help(query: &str) -> Help<'_> {
        Help { sections: SECTIONS, query, offset: 0 }
    }

    fn show(width: u16, height: u16, help: Help<'_>) -> String {
        picture(width, height, |area, buffer| {
            help.draw(area, buffer, UNICODE);
        })
    }

    #[test]
    fn help_of_many_sizes() {
        insta::assert_snapshot!("help", show(80, 14, help("")));
        insta::assert_snapshot!("help_search", show(60, 14, help("SAVE")));
        insta::assert_snapshot!("help_nothing", show(40, 8, help("zebra")));
        insta::assert_snapshot!("help_scrolled", show(40, 8, Help { offset: 99, ..help("") }));
    }

    #[test]
    fn search_takes_all_words_from_key_section_and_words() {
        for (query, found) in
            [("", 7), ("resize", 1), ("namespaces", 3), ("names dele", 1), ("pause space", 1), ("zebra", 0)]
        {
            let entries = help(query).lines().iter().filter(|line| matches!(line, Line::Entry(..))).count();
            assert_eq!(entries, found, "{query}");
        }
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), query in any_text(), offset: usize, key in any_text(), words in any_text()) {
            let entries = [(key.as_str(), words.as_str()), ("b", "save")];
            let sections = [HelpSection { title: &words, entries: &entries }, SECTIONS[0]];
            let help = Help { sections: &sections, query: &query, offset };
            draw_inside(area, |area, buffer| {
                help.draw(area, buffer, theme);
            });
        }
    }
}
