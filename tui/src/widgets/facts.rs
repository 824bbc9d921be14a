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
        let (mut x, mut y) = (0_u16, 0_u16);
        for fact in self.facts {
            let label_width = if fact.label.is_empty() { 0 } else { text::width(fact.label) + 1 };
            let width = label_width + text::width(fact.value) + fact.role.mark().len();
            // Part of a number would be another number.
            if width > canvas.width().into() {
                continue;
            }
            if x > 0 && usize::from(x) + GAP + width > canvas.width().into() {
                (x, y) = (0, y + 1);
            }
            if y >= canvas.height() {
                return;
            }
            let start = if x == 0 { 0 } else { x + GAP as u16 };
            canvas.text(start, y, fact.label, Role::Label);
            let end = canvas.text(start + label_width as u16, y, fact.value, fact.role);
            x = canvas.text(end, y, fact.role.mark(), fact.role);
        }
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
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), facts in prop::collection::vec((any_text(), any_text()), 0..20)) {
            let facts: Vec<_> = facts.iter().map(|(label, value)| Fact { label, value, role: Role::Bad }).collect();
            draw_inside(area, |area, buffer| Facts { facts: &facts }.draw(area, buffer, theme));
        }
    }
}
