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
    /// The keys.
    pub entries: &'a [HelpEntry<'a>],
}

/// A key, or several that do the same.
#[derive(Clone, Copy, Debug)]
pub struct HelpEntry<'a> {
    /// What is written on it.
    pub key: &'a str,
    /// What it does.
    pub words: &'a str,
    /// A word that finds it as well.
    pub also: &'a str,
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
    /// A key and the first line of what it does, or a further line.
    Entry(&'a str, String),
}

/// Lines of words beside a key.
const WORDS_LINES_MAX: usize = 4;

impl Help<'_> {
    /// The greatest useful offset on a screen.
    pub fn offset_max(&self, screen: Rect) -> usize {
        let inner = Panel::inner(self.area(screen));
        let lines = self.lines(self.query, inner.width, "~");
        lines.len().saturating_sub(inner.height.saturating_sub(1).into())
    }

    /// Draws it over what is there; answers where the terminal's cursor belongs.
    pub fn draw(&self, screen: Rect, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        let screen = screen.intersection(buffer.area);
        let area = self.area(screen);
        let lines = self.lines(self.query, Panel::inner(area).width, theme.symbols().ellipsis);
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
        let key_width = self.key_width(list.width);
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
        let lines = self.lines("", width.saturating_sub(2), "~").len();
        let height = u16::try_from(lines + 3).unwrap_or(u16::MAX).min(screen.height);
        Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + (screen.height - height) / 2, width, height }
    }

    fn key_width(&self, width: u16) -> u16 {
        let entries = self.sections.iter().flat_map(|section| section.entries);
        let keys = entries.map(|entry| text::width(entry.key)).max().unwrap_or(0);
        keys.min(usize::from(width) / 2) as u16
    }

    /// The sections that have entries with all words of the query, and those entries, in lines of this width.
    fn lines(&self, query: &str, width: u16, ellipsis: &str) -> Vec<Line<'_>> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        // Beside the key and a space at the right.
        let room = usize::from(width.saturating_sub(self.key_width(width) + 6));
        let mut lines = Vec::new();
        for section in self.sections {
            let matching = section.entries.iter().filter(|entry| {
                let line = format!("{} {} {} {}", section.title, entry.key, entry.words, entry.also).to_lowercase();
                words.iter().all(|word| line.contains(word.as_str()))
            });
            let mut matching = matching.peekable();
            if matching.peek().is_some() {
                if !lines.is_empty() {
                    lines.push(Line::Blank);
                }
                lines.push(Line::Section(section.title));
                for entry in matching {
                    let mut wrapped = text::wrap(entry.words, room, WORDS_LINES_MAX, ellipsis).into_iter();
                    lines.push(Line::Entry(entry.key, wrapped.next().unwrap_or_default()));
                    lines.extend(wrapped.map(|words| Line::Entry("", words)));
                }
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
                entry("1 … 8", "choose a screen", ""),
                entry("b", "background save", "bgsave"),
                entry("Space", "pause and go on", ""),
                entry("q Ctrl-C", "quit", ""),
            ],
        },
        HelpSection {
            title: "Namespaces",
            entries: &[
                entry("R", "change the number of shards", "resize"),
                entry("Enter", "detail", ""),
                entry("d", "delete, asks for the name", ""),
            ],
        },
    ];

    const fn entry(key: &'static str, words: &'static str, also: &'static str) -> HelpEntry<'static> {
        HelpEntry { key, words, also }
    }

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
            let help = help(query);
            let entries = help.lines(query, 70, "~").iter().filter(|line| matches!(line, Line::Entry(..))).count();
            assert_eq!(entries, found, "{query}");
        }
    }

    #[test]
    fn long_words_are_wrapped_and_nothing_is_cut() {
        let entries = [entry("R", "change the number of shards while reads and writes go on", "")];
        let help = Help { sections: &[HelpSection { title: "Shards", entries: &entries }], query: "", offset: 0 };
        for width in [40, 60, 100] {
            let picture = show(width, 14, help);
            let words: Vec<&str> = picture.split_whitespace().filter(|word| !word.contains(['│', '|'])).collect();
            assert!(words.join(" ").contains("change the number of shards while reads and writes go on"), "{picture}");
        }
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), query in any_text(), offset: usize, key in any_text(), words in any_text()) {
            let entries = [HelpEntry { key: &key, words: &words, also: &query }, entry("b", "save", "")];
            let sections = [HelpSection { title: &words, entries: &entries }, SECTIONS[0]];
            let help = Help { sections: &sections, query: &query, offset };
            draw_inside(area, |area, buffer| {
                help.draw(area, buffer, theme);
            });
        }
    }
}
