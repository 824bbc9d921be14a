//! How far something is: `resize 64 → 128  ███▌··· 57.0 %  moved 2.3M  eta 4 s`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::format;
use crate::text;
use crate::theme::{Role, Theme};

const BAR_WIDTH_MIN: usize = 6;
const BAR_WIDTH_MAX: usize = 40;

/// Progress in one row.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What is going on.
    pub label: &'a str,
    /// How much of it is done, 0 to 1.
    pub share: f64,
    /// Name and value of what else is known, most important first; the last give way first.
    pub details: &'a [(&'a str, &'a str)],
}

impl Progress<'_> {
    /// Draws it in the first row.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let mut canvas = Canvas::new(area, buffer, theme);
        let width = usize::from(canvas.width());
        let share = format!("{:>6}", format::percent(self.share));
        let fixed = 1 + share.len();
        let detail_width = |&(name, value): &(&str, &str)| 2 + text::width(name) + 1 + text::width(value);
        let label = text::cut(self.label, width.saturating_sub(fixed + BAR_WIDTH_MIN + 2), theme.symbols().ellipsis);
        let label_width = if label.is_empty() { 0 } else { text::width(&label) + 2 };
        let mut details = self.details;
        let needed = |details: &[(&str, &str)]| {
            label_width + BAR_WIDTH_MIN + fixed + details.iter().map(detail_width).sum::<usize>()
        };
        while needed(details) > width
            && let [kept @ .., _] = details
        {
            details = kept;
        }
        if needed(details) > width {
            canvas.text(0, 0, share.trim_start(), Role::Accent);
            return;
        }
        let bar_width = (BAR_WIDTH_MIN + width - needed(details)).min(BAR_WIDTH_MAX) as u16;
        canvas.text(0, 0, &label, Role::Text);
        let x = label_width as u16;
        canvas.bar(x, 0, bar_width, self.share, Role::Series1);
        let mut x = canvas.text(x + bar_width + 1, 0, &share, Role::Accent);
        for (name, value) in details {
            x = canvas.text(x + 2, 0, name, Role::Label);
            x = canvas.text(x + 1, 0, value, Role::Text);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    const RESIZE: Progress<'_> = Progress {
        label: "resize 64 → 128",
        share: 0.57,
        details: &[("moved", "2.3M"), ("eta", "4.0 s"), ("since", "12:04:11")],
    };

    #[test]
    fn details_give_way_from_the_end() {
        let mut out = String::new();
        for width in [90, 70, 56, 44, 32, 20, 10, 4] {
            out += &picture(width, 1, |area, buffer| RESIZE.draw(area, buffer, UNICODE));
        }
        out +=
            &picture(60, 1, |area, buffer| Progress { label: "resize 64 -> 128", ..RESIZE }.draw(area, buffer, ASCII));
        insta::assert_snapshot!("progress", out);
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), label in any_text(), share: f64, detail in any_text()) {
            let details = [("name", detail.as_str()), (detail.as_str(), "value")];
            let progress = Progress { label: &label, share, details: &details };
            draw_inside(area, |area, buffer| progress.draw(area, buffer, theme));
        }
    }
}
