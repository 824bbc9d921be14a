//! A question over everything else: what would happen, where, at what cost; perhaps something to type; and buttons.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::input::Input;
use super::panel::Panel;
use crate::text;
use crate::theme::{Role, Theme};

/// Wider lines are hard to read.
const WIDTH_MAX: u16 = 64;
const WIDTH_MIN: u16 = 30;
/// A longer value is cut: the question must stay in sight.
const LINES_MAX: usize = 6;

/// One thing to know before answering.
#[derive(Clone, Copy, Debug)]
pub struct DialogLine<'a> {
    /// What it is: `server`, `effect`, `cost`.
    pub label: &'a str,
    /// The value, wrapped as needed.
    pub value: &'a str,
    /// What it means.
    pub role: Role,
}

/// Something to type.
#[derive(Clone, Copy, Debug)]
pub struct DialogInput<'a> {
    /// What to type.
    pub label: &'a str,
    /// What has been typed.
    pub input: Input<'a>,
}

/// Where keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// To what is typed.
    Input,
    /// To the button of that index.
    Button(usize),
}

/// A dialog.
#[derive(Clone, Copy, Debug)]
pub struct Dialog<'a> {
    /// What it is about.
    pub title: &'a str,
    /// [`Role::Warn`] or [`Role::Bad`] for what cannot be undone, with a warning beside the title; otherwise [`Role::Accent`].
    pub role: Role,
    /// What to know before answering.
    pub lines: &'a [DialogLine<'a>],
    /// Something to type.
    pub input: Option<DialogInput<'a>>,
    /// The answers, the harmless one first.
    pub buttons: &'a [&'a str],
    /// Where keys go.
    pub focus: Focus,
}

/// Where the parts of a dialog are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogLayout {
    /// All of it.
    pub area: Rect,
    /// Each button; empty when there is no room for it.
    pub buttons: Vec<Rect>,
    input: Option<Rect>,
    lines: u16,
    label_width: u16,
    /// Spaces within a button at each side.
    padding: u16,
}

impl DialogLayout {
    /// Index of the button at a position of the terminal.
    pub fn button_at(&self, position: Position) -> Option<usize> {
        self.buttons.iter().position(|button| button.contains(position))
    }
}

impl Dialog<'_> {
    /// Places the dialog in the middle of `screen`. Lines give way first, what is typed next, buttons last.
    pub fn layout(&self, screen: Rect) -> DialogLayout {
        let labels = self.lines.iter().map(|line| line.label).chain(self.input.iter().map(|input| input.label));
        let label_width = labels.map(text::width).max().unwrap_or(0).min(16) as u16;
        let value_width = self.lines.iter().map(|line| text::width(line.value)).max().unwrap_or(0) as u16;
        let buttons_width = self.buttons_width(1);
        // Within the border a space at each side.
        let content = label_width
            .saturating_add(2)
            .saturating_add(value_width)
            .max(buttons_width)
            .max(text::width(self.title) as u16 + 2);
        let width = content.saturating_add(4).clamp(WIDTH_MIN, WIDTH_MAX).min(screen.width);
        let wrapped: usize =
            self.lines.iter().map(|line| Self::wrapped(line, value_room(width, label_width), "~").len()).sum();
        let input_height = u16::from(self.input.is_some());
        let fixed = 2 + u16::from(!self.buttons.is_empty()) + input_height;
        // One blank row before the buttons and one before what is typed, where there is room.
        let blank = 1 + input_height;
        let height = (wrapped as u16).saturating_add(fixed + blank).min(screen.height);
        let area = Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (screen.height - height) / 2,
            width,
            height,
        };
        let inner = Panel::inner(area);
        let inner = if inner.width > 2 { Rect { x: inner.x + 1, width: inner.width - 2, ..inner } } else { inner };
        // Where they do not fit side by side, buttons lose their spaces.
        let padding = u16::from(buttons_width <= inner.width);
        let buttons = self.place_buttons(inner, padding);
        let above_buttons = inner.height.saturating_sub(u16::from(!self.buttons.is_empty()));
        let lines = (wrapped as u16).min(above_buttons.saturating_sub(input_height));
        let spare = above_buttons - input_height.min(above_buttons) - lines;
        let input = self.input.is_some().then(|| {
            let y = inner.y + lines + spare.min(1);
            let x = (label_width + 2).min(inner.width);
            Rect { x: inner.x + x, y, width: inner.width - x, height: 1 }.intersection(inner)
        });
        DialogLayout { area, buttons, input, lines, label_width, padding }
    }

    /// Draws it over what is there; answers where the terminal's cursor belongs, if to it.
    pub fn draw(&self, screen: Rect, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        let screen = screen.intersection(buffer.area);
        let layout = self.layout(screen);
        Canvas::new(layout.area, buffer, theme).clear();
        let value = if self.role.mark().is_empty() { "" } else { "careful" };
        let panel = Panel { title: self.title, value, value_role: self.role, focused: true, ..Panel::default() };
        let inner = panel.draw(layout.area, buffer, theme);
        self.draw_lines(
            &mut Canvas::new(Rect { height: layout.lines.min(inner.height), ..inner }, buffer, theme),
            &layout,
        );
        for (index, (button, area)) in self.buttons.iter().zip(&layout.buttons).enumerate() {
            let focused = self.focus == Focus::Button(index);
            let space = " ".repeat(layout.padding.into());
            let (open, close) = if focused { ("[", "]") } else { (" ", " ") };
            let text = format!("{open}{space}{button}{space}{close}");
            Canvas::new(*area, buffer, theme).text(0, 0, &text, if focused { Role::Selected } else { Role::Text });
        }
        let (input, area) = (self.input?, layout.input?);
        let label_area = Rect { x: inner.x, width: area.x.saturating_sub(inner.x), ..area };
        let mut canvas = Canvas::new(label_area, buffer, theme);
        canvas.aligned(1, 0, layout.label_width, input.label, text::Align::Left, Role::Label);
        let cursor = input.input.draw(area, buffer, theme);
        cursor.filter(|_| self.focus == Focus::Input)
    }

    fn draw_lines(&self, canvas: &mut Canvas<'_>, layout: &DialogLayout) {
        let ellipsis = canvas.theme().symbols().ellipsis;
        let mut y = 0;
        for line in self.lines {
            canvas.aligned(1, y, layout.label_width, line.label, text::Align::Left, Role::Label);
            let wrapped = Self::wrapped(line, value_room(layout.area.width, layout.label_width), ellipsis);
            let last = wrapped.len().saturating_sub(1);
            for (at, value) in wrapped.iter().enumerate() {
                let end = canvas.text(layout.label_width + 3, y, value, line.role);
                if at == last {
                    canvas.text(end, y, line.role.mark(), line.role);
                }
                y = y.saturating_add(1);
            }
        }
    }

    fn place_buttons(&self, inner: Rect, padding: u16) -> Vec<Rect> {
        let row = Rect { y: inner.y + inner.height.saturating_sub(1), height: inner.height.min(1), ..inner };
        let mut x = row.x + row.width.saturating_sub(self.buttons_width(padding)) / 2;
        self.buttons
            .iter()
            .map(|button| {
                let width = button_width(button, padding);
                let area = Rect { x, width, ..row }.intersection(row);
                x = x.saturating_add(width + 2 * padding);
                area
            })
            .collect()
    }

    fn buttons_width(&self, padding: u16) -> u16 {
        let widths: u16 = self.buttons.iter().map(|button| button_width(button, padding) + 2 * padding).sum();
        widths.saturating_sub(2 * padding)
    }

    fn wrapped(line: &DialogLine<'_>, width: usize, ellipsis: &str) -> Vec<String> {
        let lines = text::wrap(line.value, width, LINES_MAX, ellipsis);
        // An empty value still has its row.
        if lines.is_empty() { vec![String::new()] } else { lines }
    }
}

/// Columns of a button: its word, spaces, and brackets (or the room for them).
fn button_width(button: &str, padding: u16) -> u16 {
    (text::width(button) + 2).min(WIDTH_MAX.into()) as u16 + 2 * padding
}

/// Columns for a value: without border, spaces, label, the gap after it and a mark.
fn value_room(width: u16, label_width: u16) -> usize {
    usize::from(width.saturating_sub(label_width + 6))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;

    const LINES: &[DialogLine<'_>] = &[
        DialogLine { label: "server", value: "127.0.0.1:6379", role: Role::Text },
        DialogLine { label: "namespace", value: "sessions, 64 shards", role: Role::Text },
        DialogLine {
            label: "effect",
            value: "keys move while reads and writes go on; it can be cancelled",
            role: Role::Text,
        },
        DialogLine { label: "cost", value: "about 90 MB during the move", role: Role::Warn },
    ];

    fn resize() -> Dialog<'static> {
        Dialog {
            title: "Resize shards",
            role: Role::Accent,
            lines: LINES,
            input: Some(DialogInput { label: "shards", input: Input { text: "128", cursor: 3, placeholder: "" } }),
            buttons: &["Cancel", "Resize"],
            focus: Focus::Button(0),
        }
    }

    #[test]
    fn dialogs_of_many_sizes() {
        let show = |width, height, theme, dialog: Dialog<'_>| {
            picture(width, height, |area, buffer| {
                dialog.draw(area, buffer, theme);
            })
        };
        let save = Dialog { title: "Save", role: Role::Bad, input: None, focus: Focus::Button(1), ..resize() };
        insta::assert_snapshot!("dialog", show(80, 14, UNICODE, resize()));
        insta::assert_snapshot!("dialog_40x8", show(40, 8, UNICODE, resize()));
        insta::assert_snapshot!("dialog_20x4", show(20, 4, UNICODE, resize()));
        insta::assert_snapshot!("dialog_ascii", show(60, 12, ASCII, save));
    }

    #[test]
    fn the_focused_button_is_told_apart_without_colour() {
        for (focus, text) in [(Focus::Button(0), "[ Cancel ]"), (Focus::Button(1), "[ Resize ]")] {
            let dialog = Dialog { focus, ..resize() };
            for theme in [UNICODE, ASCII] {
                let screen = Rect::new(0, 0, 80, 14);
                let buffer = buffer(80, 14, |area, buffer| {
                    dialog.draw(area, buffer, theme);
                });
                let button = dialog.layout(screen).buttons[usize::from(focus == Focus::Button(1))];
                assert_eq!(column_of(&buffer, button.y, text), button.x);
                let style = theme.style(Role::Selected);
                assert!(buffer[(button.x, button.y)].modifier.contains(style.add_modifier));
                assert_eq!(buffer[(button.x, button.y)].bg, style.bg.unwrap_or_default());
            }
        }
    }

    #[test]
    fn the_cursor_is_where_typing_goes() {
        let mut cursor = None;
        let dialog = Dialog { focus: Focus::Input, ..resize() };
        let buffer = buffer(80, 14, |area, buffer| cursor = dialog.draw(area, buffer, UNICODE));
        let Position { x, y } = cursor.unwrap();
        assert_eq!(column_of(&buffer, y, "128") + 3, x);
        assert!(row(&buffer, y).contains("shards"));
    }

    #[test]
    fn the_mouse_hits_buttons() {
        let layout = resize().layout(Rect::new(0, 0, 80, 14));
        for (index, button) in layout.buttons.iter().enumerate() {
            assert_eq!(layout.button_at(button.as_position()), Some(index));
        }
        assert_eq!(layout.button_at(Position::new(0, 0)), None);
    }

    #[test]
    fn buttons_and_input_show_as_long_as_there_is_any_room() {
        let buffer = buffer(40, 4, |area, buffer| {
            resize().draw(area, buffer, UNICODE);
        });
        assert!(row(&buffer, 1).contains("128") && row(&buffer, 2).contains("[ Cancel ]"));
    }

    proptest! {
        #[test]
        fn draws_anywhere(
            area in any_area(), theme in any_theme(), title in any_text(), lines in prop::collection::vec((any_text(), any_text()), 0..8),
            typed in prop::option::of((any_text(), any_text())), buttons in prop::collection::vec(any_text(), 0..4), focused in 0_usize..4,
        ) {
            let lines: Vec<_> = lines.iter().map(|(label, value)| DialogLine { label, value, role: Role::Bad }).collect();
            let buttons: Vec<_> = buttons.iter().map(String::as_str).collect();
            let input = typed.as_ref().map(|(label, text)| DialogInput { label, input: Input { text, cursor: 99, placeholder: label } });
            let focus = if focused == 3 { Focus::Input } else { Focus::Button(focused) };
            let dialog = Dialog { title: &title, role: Role::Bad, lines: &lines, input, buttons: &buttons, focus };
            draw_inside(area, |area, buffer| {
                let cursor = dialog.draw(area, buffer, theme);
                assert!(cursor.is_none_or(|cursor| area.contains(cursor)));
            });
        }
    }
}
