//! The keys that do something now, in one row: as many as fit, the most important first to stay.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::text;
use crate::theme::{Role, Theme};

const GAP: usize = 2;

/// A key and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Hint<'a> {
    /// The key.
    pub key: &'a str,
    /// What it does, in a word or two.
    pub words: &'a str,
    /// How readily it is left out: the highest first.
    pub priority: u8,
}

/// Keys in the order they are shown.
#[derive(Clone, Copy, Debug)]
pub struct KeyBar<'a> {
    /// The keys.
    pub hints: &'a [Hint<'a>],
}

impl KeyBar<'_> {
    /// Draws it in the first row.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        let mut x = 1;
        for index in self.fitting(canvas.width().saturating_sub(1).into()) {
            let Hint { key, words, .. } = self.hints[index];
            x = canvas.text(x, 0, key, Role::Key);
            x = canvas.text(x + 1, 0, words, Role::Label) + GAP as u16;
        }
    }

    /// Indexes of the hints that fit `width`, chosen by priority, in their order.
    fn fitting(&self, width: usize) -> Vec<usize> {
        let mut by_priority: Vec<usize> = (0..self.hints.len()).collect();
        by_priority.sort_by_key(|&index| self.hints[index].priority);
        let mut used = 0;
        let mut chosen: Vec<usize> = by_priority
            .into_iter()
            .take_while(|&index| {
                let hint = self.hints[index];
                used += text::width(hint.key) + 1 + text::width(hint.words) + GAP;
                used <= width + GAP
            })
            .collect();
        chosen.sort_unstable();
        chosen
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    const HINTS: &[Hint<'_>] = &[
        Hint { key: "Enter", words: "detail", priority: 2 },
        Hint { key: "R", words: "resize shards", priority: 3 },
        Hint { key: "b", words: "background save", priority: 4 },
        Hint { key: "s", words: "sort", priority: 3 },
        Hint { key: "/", words: "filter", priority: 1 },
        Hint { key: "?", words: "help", priority: 0 },
        Hint { key: "q", words: "quit", priority: 0 },
    ];

    #[test]
    fn the_least_important_give_way() {
        let mut out = String::new();
        for width in [90, 60, 40, 20, 8, 3] {
            out += &picture(width, 1, |area, buffer| KeyBar { hints: HINTS }.draw(area, buffer, UNICODE));
        }
        insta::assert_snapshot!("key_bar", out);
    }

    #[test]
    fn keys_stand_out() {
        let buffer = buffer(90, 1, |area, buffer| KeyBar { hints: HINTS }.draw(area, buffer, ASCII));
        assert_ne!(buffer[(1, 0)].style(), buffer[(7, 0)].style());
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), hints in prop::collection::vec((any_text(), any_text(), any::<u8>()), 0..20)) {
            let hints: Vec<_> = hints.iter().map(|(key, words, priority)| Hint { key, words, priority: *priority }).collect();
            draw_inside(area, |area, buffer| KeyBar { hints: &hints }.draw(area, buffer, theme));
        }
    }
}
