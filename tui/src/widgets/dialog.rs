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
    /// To the field of that index.
    Field(usize),
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
    /// What is typed, in the order it is asked for.
    pub fields: &'a [DialogInput<'a>],
    /// What follows from what is typed.
    pub previews: &'a [DialogLine<'a>],
    /// What was wrong with the last answer: it shows however little room there is.
    pub error: Option<&'a str>,
    /// The answers, the harmless one first.
    pub buttons: &'a [&'a str],
    /// Where keys go.
    pub focus: Focus,
    /// How many rows above the buttons are scrolled away; none when the focus decides.
    pub scroll: Option<u16>,
}

/// Where the parts of a dialog are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogLayout {
    /// All of it.
    pub area: Rect,
    /// Each button; empty when there is no room for it.
    pub buttons: Vec<Rect>,
    /// Rows of the body that are scrolled away.
    pub offset: u16,
    /// The most that can be.
    pub offset_max: u16,
    /// Lines and fields.
    body: Rect,
    error: Rect,
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

/// A row of what scrolls.
enum Row<'a> {
    Blank,
    /// A row of a line's value; the first has the label and the mark.
    Text {
        line: &'a DialogLine<'a>,
        text: String,
        is_first: bool,
    },
    Field(usize),
}

impl<'a> Dialog<'a> {
    /// Places the dialog in the middle of `screen`. Where room is short lines and fields scroll; the error and the buttons stay.
    pub fn layout(&self, screen: Rect) -> DialogLayout {
        let label_width = self.label_width();
        let error = self.error_line();
        let values =
            self.lines.iter().chain(self.previews).chain(&error).map(|line| text::width(line.value) + indent(line));
        let value_width = values.max().unwrap_or(0) as u16;
        let buttons_width = self.buttons_width(1);
        // Within the border a space at each side.
        let content = label_width
            .saturating_add(2)
            .saturating_add(value_width)
            .max(buttons_width)
            .max(text::width(self.title) as u16 + 2);
        let width = content.saturating_add(4).clamp(WIDTH_MIN, WIDTH_MAX).min(screen.width);
        let room = value_room(width, label_width);
        let error_rows = error.map_or(0, |error| wrapped(&error, room, LINES_MAX, "~").len()) as u16;
        let rows = self.rows(width, "~");
        let body = rows.len() as u16;
        let buttons_height = u16::from(!self.buttons.is_empty());
        // A blank row before the buttons, where there is room.
        let wanted = body.saturating_add(error_rows).saturating_add(buttons_height + 3);
        let height = wanted.min(screen.height);
        let area = Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (screen.height - height) / 2,
            width,
            height,
        };
        let inner = Panel::inner(area);
        // Where they do not fit side by side, buttons lose their spaces.
        let row = if inner.width > 2 { Rect { x: inner.x + 1, width: inner.width - 2, ..inner } } else { inner };
        let padding = u16::from(buttons_width <= row.width);
        let buttons = self.place_buttons(row, padding);
        let above = inner.height.saturating_sub(buttons_height);
        let error_height = error_rows.min(above.saturating_sub(1).max(1)).min(above);
        let shown = body.min(above - error_height);
        let offset_max = body - shown;
        let offset = self.scroll.unwrap_or_else(|| match self.focus {
            // The field that is typed into is in sight, as low as it can be.
            Focus::Field(index) => {
                let at = rows.iter().position(|row| matches!(row, Row::Field(field) if *field == index));
                at.map_or(0, |at| (at as u16 + 1).saturating_sub(shown))
            }
            Focus::Button(_) => 0,
        });
        DialogLayout {
            area,
            buttons,
            offset: offset.min(offset_max),
            offset_max,
            body: Rect { height: shown, ..inner },
            error: Rect { y: inner.y + shown, height: error_height, ..inner },
            label_width,
            padding,
        }
    }

    /// Draws it over what is there; answers where the terminal's cursor belongs, if to it.
    pub fn draw(&self, screen: Rect, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        let screen = screen.intersection(buffer.area);
        let layout = self.layout(screen);
        Canvas::new(layout.area, buffer, theme).clear();
        let value = if self.role.mark().is_empty() { "" } else { "careful" };
        let note = scroll_note(&layout, theme);
        let panel = Panel { title: self.title, value, value_role: self.role, note: &note, focused: true };
        panel.draw(layout.area, buffer, theme);
        let cursor = self.draw_body(&layout, buffer, theme);
        if let Some(error) = self.error_line() {
            let room = value_room(layout.area.width, layout.label_width);
            let lines = wrapped(&error, room, layout.error.height.into(), theme.symbols().ellipsis);
            let mut canvas = Canvas::new(layout.error, buffer, theme);
            for (y, row) in (0..).zip(rows_of(&error, lines)) {
                draw_text(&mut canvas, y, layout.label_width, &row);
            }
        }
        for (index, (button, area)) in self.buttons.iter().zip(&layout.buttons).enumerate() {
            let focused = self.focus == Focus::Button(index);
            let space = " ".repeat(layout.padding.into());
            let (open, close) = if focused { ("[", "]") } else { (" ", " ") };
            let text = format!("{open}{space}{button}{space}{close}");
            Canvas::new(*area, buffer, theme).text(0, 0, &text, if focused { Role::Selected } else { Role::Text });
        }
        cursor
    }

    fn draw_body(&self, layout: &DialogLayout, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        let rows = self.rows(layout.area.width, theme.symbols().ellipsis);
        let (body, label_width) = (layout.body, layout.label_width);
        let mut cursor = None;
        for (y, row) in (0..body.height).zip(rows.iter().skip(layout.offset.into())) {
            let mut canvas = Canvas::new(body, buffer, theme);
            let Row::Field(index) = row else {
                draw_text(&mut canvas, y, label_width, row);
                continue;
            };
            let (field, is_focused) = (&self.fields[*index], self.focus == Focus::Field(*index));
            if is_focused {
                canvas.text(0, y, theme.symbols().selection, Role::Accent);
            }
            let role = if is_focused { Role::Accent } else { Role::Label };
            canvas.aligned(1, y, label_width, field.label, text::Align::Left, role);
            let x = (label_width + 3).min(body.width);
            let area = Rect { x: body.x + x, y: body.y + y, width: (body.width - x).saturating_sub(1), height: 1 };
            let at = field.input.draw(area, buffer, theme);
            cursor = cursor.or(at.filter(|_| is_focused));
        }
        cursor
    }

    /// What scrolls.
    fn rows(&self, width: u16, ellipsis: &str) -> Vec<Row<'a>> {
        let room = value_room(width, self.label_width());
        let of = |lines: &'a [DialogLine<'a>]| {
            lines.iter().flat_map(move |line| rows_of(line, wrapped(line, room, LINES_MAX, ellipsis)))
        };
        let mut rows: Vec<Row<'a>> = of(self.lines).collect();
        if !rows.is_empty() && !self.fields.is_empty() {
            rows.push(Row::Blank);
        }
        rows.extend((0..self.fields.len()).map(Row::Field));
        rows.extend(of(self.previews));
        rows
    }

    fn label_width(&self) -> u16 {
        let error = self.error_line();
        let labels = self.lines.iter().chain(self.previews).chain(&error).map(|line| line.label);
        let labels = labels.chain(self.fields.iter().map(|field| field.label));
        labels.map(text::width).max().unwrap_or(0).min(16) as u16
    }

    fn error_line(&self) -> Option<DialogLine<'a>> {
        self.error.map(|value| DialogLine { label: "error", value, role: Role::Bad })
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
}

fn wrapped(line: &DialogLine<'_>, width: usize, lines_max: usize, ellipsis: &str) -> Vec<String> {
    let lines = text::wrap(line.value, width.saturating_sub(indent(line)), lines_max, ellipsis);
    // An empty value still has its row.
    if lines.is_empty() { vec![String::new()] } else { lines }
}

fn rows_of<'a>(line: &'a DialogLine<'a>, texts: Vec<String>) -> impl Iterator<Item = Row<'a>> {
    let row = move |(at, text)| Row::Text { line, text, is_first: at == 0 };
    texts.into_iter().enumerate().map(row)
}

fn draw_text(canvas: &mut Canvas<'_>, y: u16, label_width: u16, row: &Row<'_>) {
    let Row::Text { line, text, is_first } = row else { return };
    let x = label_width + 3;
    if *is_first {
        canvas.aligned(1, y, label_width, line.label, text::Align::Left, Role::Label);
        canvas.text(x, y, line.role.mark(), line.role);
    }
    canvas.text(x + indent(line) as u16, y, text, line.role);
}

/// Columns that the mark takes before a value.
fn indent(line: &DialogLine<'_>) -> usize {
    if line.role.mark().is_empty() { 0 } else { 2 }
}

/// Says that there is more than can be seen.
fn scroll_note(layout: &DialogLayout, theme: Theme) -> String {
    let below = layout.offset_max - layout.offset;
    let symbols = theme.symbols();
    let rows =
        [(symbols.ascending, layout.offset), (symbols.descending, below)].into_iter().filter(|(_, rows)| *rows > 0);
    let mut words: Vec<String> = rows.map(|(symbol, rows)| format!("{symbol} {rows}")).collect();
    if !words.is_empty() {
        words.push("more: PgUp PgDn".into());
    }
    words.join(" ")
}

/// Columns of a button: its word, spaces, and brackets (or the room for them).
fn button_width(button: &str, padding: u16) -> u16 {
    (text::width(button) + 2).min(WIDTH_MAX.into()) as u16 + 2 * padding
}

/// Columns for a value: without border, spaces, label and the gap after it.
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
            fields: &[DialogInput { label: "shards", input: Input { text: "128", cursor: 3, placeholder: "" } }],
            previews: &[],
            error: None,
            buttons: &["Cancel", "Resize"],
            focus: Focus::Button(0),
            scroll: None,
        }
    }

    /// A dialog with three fields, of which this one has the focus.
    fn limits(focus: Focus) -> Dialog<'static> {
        const FIELDS: &[DialogInput<'_>] = &[
            DialogInput { label: "max keys", input: Input { text: "1000", cursor: 4, placeholder: "" } },
            DialogInput { label: "max value", input: Input { text: "", cursor: 0, placeholder: "" } },
            DialogInput { label: "max memory", input: Input { text: "64mb", cursor: 4, placeholder: "" } },
        ];
        const PREVIEWS: &[DialogLine<'_>] =
            &[DialogLine { label: "sends", value: "NAMESPACE CONFIG SET sessions", role: Role::Accent }];
        Dialog { title: "Limits", fields: FIELDS, previews: PREVIEWS, focus, ..resize() }
    }

    #[test]
    fn dialogs_of_many_sizes() {
        let show = |width, height, theme, dialog: Dialog<'_>| {
            picture(width, height, |area, buffer| {
                dialog.draw(area, buffer, theme);
            })
        };
        let save = Dialog { title: "Save", role: Role::Bad, fields: &[], focus: Focus::Button(1), ..resize() };
        insta::assert_snapshot!("dialog", show(80, 14, UNICODE, resize()));
        insta::assert_snapshot!("dialog_40x8", show(40, 8, UNICODE, resize()));
        insta::assert_snapshot!("dialog_20x4", show(20, 4, UNICODE, resize()));
        insta::assert_snapshot!("dialog_ascii", show(60, 12, ASCII, save));
        insta::assert_snapshot!("dialog_fields", show(80, 18, UNICODE, limits(Focus::Field(1))));
        let error = "ERR the namespace is being resized already: wait until it is done or cancel it, then try again";
        let refused = Dialog { error: Some(error), ..limits(Focus::Field(1)) };
        insta::assert_snapshot!("dialog_error", show(80, 18, UNICODE, refused));
        insta::assert_snapshot!("dialog_error_40x8", show(40, 8, UNICODE, refused));
    }

    /// The rows of a picture that hold these words, from top to bottom.
    fn order<'a>(buffer: &Buffer, words: &[&'a str]) -> Vec<&'a str> {
        let rows = (0..buffer.area.height).map(|y| row(buffer, y));
        rows.filter_map(|row| words.iter().find(|words| row.contains(**words)).copied()).collect()
    }

    #[test]
    fn fields_stay_in_their_order_whichever_has_the_focus() {
        let labels = ["max keys", "max value", "max memory"];
        for focus in [Focus::Field(0), Focus::Field(1), Focus::Field(2), Focus::Button(0), Focus::Button(1)] {
            let mut cursor = None;
            let buffer = buffer(80, 18, |area, buffer| cursor = limits(focus).draw(area, buffer, UNICODE));
            assert_eq!(order(&buffer, &labels), labels, "{focus:?}");
            match (focus, cursor) {
                (Focus::Field(index), Some(at)) => assert!(row(&buffer, at.y).contains(labels[index])),
                (Focus::Button(_), None) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn where_room_is_short_the_error_and_the_focused_field_show_and_all_can_be_scrolled_to() {
        let dialog = Dialog { error: Some("ERR no"), ..limits(Focus::Field(1)) };
        let screen = Rect::new(0, 0, 40, 8);
        let show = |dialog: Dialog<'_>| {
            let buffer = buffer(40, 8, |area, buffer| {
                dialog.draw(area, buffer, UNICODE);
            });
            (0..8).map(|y| row(&buffer, y)).collect::<Vec<_>>().join("\n")
        };
        let picture = show(dialog);
        for words in ["max value", "error", "ERR no", "Cancel", "more"] {
            assert!(picture.contains(words), "{words}: {picture}");
        }
        let max = dialog.layout(screen).offset_max;
        let all: Vec<String> = (0..=max).map(|rows| show(Dialog { scroll: Some(rows), ..dialog })).collect();
        for words in ["server", "namespace", "effect", "cancelled", "cost", "max keys", "max memory", "sends"] {
            assert!(all.iter().any(|picture| picture.contains(words)), "{words}");
        }
        assert!(all.iter().all(|picture| picture.contains("ERR no") && picture.contains("Cancel")));
        assert_eq!(show(Dialog { scroll: Some(u16::MAX), ..dialog }), all[usize::from(max)]);
        assert!(!show(Dialog { lines: &[], fields: &[], ..dialog }).contains("more"), "nothing is hidden");
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
        let dialog = Dialog { focus: Focus::Field(0), ..resize() };
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
    fn buttons_and_the_focused_field_show_as_long_as_there_is_any_room() {
        let buffer = buffer(40, 4, |area, buffer| {
            Dialog { focus: Focus::Field(0), ..resize() }.draw(area, buffer, UNICODE);
        });
        assert!(row(&buffer, 1).contains("128") && row(&buffer, 2).contains("Cancel"));
    }

    proptest! {
        #[test]
        fn draws_anywhere(
            area in any_area(), theme in any_theme(), title in any_text(), lines in prop::collection::vec((any_text(), any_text()), 0..8),
            typed in prop::collection::vec((any_text(), any_text()), 0..4), error in prop::option::of(any_text()),
            buttons in prop::collection::vec(any_text(), 0..4), focused in 0_usize..8, scroll: Option<u16>,
        ) {
            let lines: Vec<_> = lines.iter().map(|(label, value)| DialogLine { label, value, role: Role::Bad }).collect();
            let buttons: Vec<_> = buttons.iter().map(String::as_str).collect();
            let fields: Vec<_> = typed
                .iter()
                .map(|(label, text)| DialogInput { label, input: Input { text, cursor: 99, placeholder: label } })
                .collect();
            let focus = if focused < 4 { Focus::Field(focused) } else { Focus::Button(focused - 4) };
            let dialog = Dialog {
                title: &title, role: Role::Bad, lines: &lines, fields: &fields, previews: &lines, error: error.as_deref(),
                buttons: &buttons, focus, scroll,
            };
            draw_inside(area, |area, buffer| {
                let cursor = dialog.draw(area, buffer, theme);
                assert!(cursor.is_none_or(|cursor| area.contains(cursor)));
            });
        }
    }
}
