//! A short message in the corner: what an action came to.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use super::panel::Panel;
use crate::text;
use crate::theme::{Role, Theme};

const LINES_MAX: usize = 3;
const WIDTH_MAX: u16 = 48;

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Toast<'a> {
    /// The message.
    pub text: &'a str,
    /// [`Role::Good`], [`Role::Warn`] or [`Role::Bad`].
    pub role: Role,
}

impl Toast<'_> {
    /// Draws it over the lower right corner of `screen`; not at all where it would cover most of it.
    pub fn draw(&self, screen: Rect, buffer: &mut Buffer, theme: Theme) {
        let screen = screen.intersection(buffer.area);
        let mark = self.role.mark();
        let indent = if mark.is_empty() { 0 } else { 2 };
        let room = WIDTH_MAX.min(screen.width).saturating_sub(4 + indent);
        let lines = text::wrap(self.text, room.into(), LINES_MAX, theme.symbols().ellipsis);
        let height = lines.len() as u16 + 2;
        if lines.is_empty() || height > screen.height / 2 || room < 8 {
            return;
        }
        let text_width = lines.iter().map(|line| text::width(line)).max().unwrap_or(0) as u16;
        let width = text_width + indent + 4;
        let area = Rect { x: screen.right() - width, y: screen.bottom() - height, width, height };
        Canvas::new(area, buffer, theme).clear();
        let inner = Panel::default().draw(area, buffer, theme);
        let mut canvas = Canvas::new(inner, buffer, theme);
        canvas.text(1, 0, mark, self.role);
        for (y, line) in (0..).zip(&lines) {
            canvas.text(1 + indent, y, line, self.role);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    #[test]
    fn toasts() {
        let show = |text, role| picture(60, 8, |area, buffer| Toast { text, role }.draw(area, buffer, UNICODE));
        insta::assert_snapshot!("toast", show("saved in 1.2 s, 811 MB", Role::Good));
        insta::assert_snapshot!(
            "toast_error",
            show("BUSYRESIZE namespace sessions is being resized already; cancel it or wait", Role::Bad)
        );
    }

    #[test]
    fn a_small_screen_is_not_covered() {
        let shown =
            picture(40, 5, |area, buffer| Toast { text: "saved", role: Role::Good }.draw(area, buffer, UNICODE));
        assert!(!shown.contains("saved"));
    }

    proptest! {
        #[test]
        fn draws_anywhere(area in any_area(), theme in any_theme(), text in any_text()) {
            draw_inside(area, |area, buffer| Toast { text: &text, role: Role::Bad }.draw(area, buffer, theme));
        }
    }
}
