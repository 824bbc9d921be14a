//! Names with their values in running lines: `rss 3.6G   frag 1.12   peak 3.9G`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::text;
use crate::theme::{Role, Theme};

const GAP: usize = 3;

/// A name and its value.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// The name; may be empty.
    pub label: &'a str,
    /// The value.
    pub value: &'a str,
    /// What the value means.
    pub role: Role,
}

/// Facts, most important first.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The facts.
    pub facts: &'a [Fact<'a>],
}

impl Facts<'_> {
    /// Draws as many as fit, from the left to the right, row by row.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        for (fact, x, y) in self.places(canvas.width()).filter(|(.., y)| *y < canvas.height()).collect::<Vec<_>>() {
            canvas.text(x, y, fact.label, Role::Label);
            let end = canvas.text(x + fact.label_width(), y, fact.value, fact.role);
            canvas.text(end, y, fact.role.mark(), fact.role);
        }
    }

    /// The rows that all of them take.
    pub fn height(&self, width: u16) -> u16 {
        self.places(width).last().map_or(0, |(.., y)| y + 1)
    }

    /// Where each begins. Part of a number would be another number: what is wider than a row is left out.
    fn places(&self, width: u16) -> impl Iterator<Item = (&Fact<'_>, u16, u16)> {
        let fitting = self.facts.iter().filter(move |fact| fact.width() <= width.into());
        fitting.scan((0, 0), move |(end, row), fact| {
            let next = if *end == 0 { 0 } else { *end + GAP };
            let is_new_row = next + fact.width() > width.into();
            let x = if is_new_row { 0 } else { next };
            *row += u16::from(is_new_row);
            *end = x + fact.width();
            Some((fact, x as u16, *row))
        })
    }
}

impl Fact<'_> {
    fn label_width(&self) -> u16 {
        if self.label.is_empty() { 0 } else { text::width(self.label) as u16 + 1 }
    }

    fn width(&self) -> usize {
        usize::from(self.label_width()) + text::width(self.value) + self.role.mark().len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    const FACTS: &[Fact<'_>] = &[
        Fact { label: "rss", value: "3.6G", role: Role::Text },
        Fact { label: "frag", value: "1.92", role: Role::Warn },
        Fact { label: "peak", value: "3.9G", role: Role::Text },
        Fact { label: "", value: "no limit", role: Role::Dim },
    ];

    #[test]
    fn facts_flow() {
        let mut out = String::new();
        for (width, height) in [(50, 1), (24, 2), (24, 1), (6, 4)] {
            out += &picture(width, height, |area, buffer| Facts { facts: FACTS }.draw(area, buffer, UNICODE));
        }
        insta::assert_snapshot!("facts", out);
        let heights = [50, 24, 6, 0].map(|width| Facts { facts: FACTS }.height(width));
        assert_eq!(heights, [1, 2, 0, 0], "what is too wide takes no row");
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), facts in prop::collection::vec((any_text(), any_text()), 0..20)) {
            let facts: Vec<_> = facts.iter().map(|(label, value)| Fact { label, value, role: Role::Bad }).collect();
            draw_inside(area, |area, buffer| Facts { facts: &facts }.draw(area, buffer, theme));
        }
    }
}
