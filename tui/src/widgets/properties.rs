//! Names and their values below each other, in sections: all there is to know about one thing. Flows into more columns where it
//! is wide and not high.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::text::{self, Align};
use crate::theme::{Role, Theme};

/// Columns between a name and its value.
const GAP: u16 = 2;
/// Columns between two columns of properties.
const GUTTER: u16 = 3;
/// A narrower column cuts values.
const COLUMN_WIDTH_MIN: u16 = 32;

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    /// The name.
    pub label: &'a str,
    /// The value, already harmless.
    pub value: String,
    /// What the value means.
    pub role: Role,
}

/// Properties that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// What they are about; no heading when empty.
    pub title: &'a str,
    /// The properties, most important first.
    pub properties: Vec<Property<'a>>,
}

/// Sections, most important first.
#[derive(Clone, Copy, Debug)]
pub struct Properties<'a> {
    /// The sections.
    pub sections: &'a [Section<'a>],
}

enum Line<'a> {
    Heading(&'a str),
    Property(&'a Property<'a>),
    Blank,
}

impl<'a> Section<'a> {
    /// A section without properties.
    pub fn new(title: &'a str) -> Self {
        Self { title, properties: Vec::new() }
    }

    /// Also says this.
    pub fn with(self, label: &'a str, value: impl Into<String>) -> Self {
        self.with_role(label, value, Role::Text)
    }

    /// Also says this, which means something.
    pub fn with_role(mut self, label: &'a str, value: impl Into<String>, role: Role) -> Self {
        self.properties.push(Property { label, value: value.into(), role });
        self
    }

    /// Also says this, if there is something to say.
    pub fn with_some(self, label: &'a str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.with(label, value),
            None => self,
        }
    }
}

impl Properties<'_> {
    /// Draws as many as fit. Blank rows give way first, headings next, then the last properties.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let columns_max = ((area.width + GUTTER) / (COLUMN_WIDTH_MIN + GUTTER)).max(1);
        let height = usize::from(area.height);
        let [roomy, close, bare] =
            [(true, true), (true, false), (false, false)].map(|(headings, blanks)| self.lines(headings, blanks));
        // Values are cut where there are many columns: as few as it takes, then the roomiest form.
        let choices = (1..=columns_max).flat_map(|columns| [(&roomy, columns), (&close, columns)]);
        let choices = choices.chain((1..=columns_max).map(|columns| (&bare, columns)));
        let fitting = choices.into_iter().find(|(lines, columns)| lines.len() <= height * usize::from(*columns));
        let (lines, columns) = fitting.unwrap_or((&bare, columns_max));
        let width = (area.width - GUTTER * (columns - 1)) / columns;
        let label_width =
            |line: &Line<'_>| if let Line::Property(property) = line { text::width(property.label) } else { 0 };
        let label_width = lines.iter().map(label_width).max().unwrap_or(0) as u16;
        // Even columns look better than a full one and a short one.
        let rows = lines.len().div_ceil(columns.into()).clamp(1, height);
        for (column, lines) in (0..columns).zip(lines.chunks(rows)) {
            let at = Rect { x: area.x + column * (width + GUTTER), width, ..area };
            let mut canvas = Canvas::new(at, buffer, theme);
            for (y, line) in (0..).zip(lines) {
                match line {
                    Line::Heading(title) => drop(canvas.text(0, y, title, Role::Heading)),
                    Line::Property(property) => {
                        canvas.aligned(0, y, label_width, property.label, Align::Left, Role::Label);
                        let x = label_width + GAP;
                        let room = width.saturating_sub(x + property.role.mark().len() as u16);
                        let end = canvas.aligned(x, y, room, &property.value, Align::Left, property.role);
                        canvas.text(end, y, property.role.mark(), property.role);
                    }
                    Line::Blank => {}
                }
            }
        }
    }

    fn lines(&self, headings: bool, blanks: bool) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        for section in self.sections.iter().filter(|section| !section.properties.is_empty()) {
            if blanks && !lines.is_empty() {
                lines.push(Line::Blank);
            }
            if headings && !section.title.is_empty() {
                lines.push(Line::Heading(section.title));
            }
            lines.extend(section.properties.iter().map(Line::Property));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{ASCII, UNICODE, any_area, any_text, any_theme, draw_inside, picture};
    use super::*;

    fn sections() -> [Section<'static>; 2] {
        [
            Section::new("memory").with("used", "1.9G").with_role("limit", "2.0G (95 %)", Role::Warn),
            Section::new("traffic").with("reads", "12").with("hit ratio", "98.2 %").with_some("evicted", None),
        ]
    }

    #[test]
    fn sections_stand_below_each_other_or_flow_into_columns() {
        let draw = |width, height, theme| {
            let sections = sections();
            picture(width, height, |area, buffer| Properties { sections: &sections }.draw(area, buffer, theme))
        };
        insta::assert_snapshot!(
            [
                draw(34, 8, UNICODE),
                draw(34, 6, UNICODE),
                draw(34, 4, ASCII),
                draw(70, 4, UNICODE),
                draw(16, 2, UNICODE),
            ]
            .join("\n")
        );
    }

    proptest! {
        #[test]
        fn draws_into_any_area(area in any_area(), theme in any_theme(), values in prop::collection::vec(any_text(), 0..30)) {
            let section = values.into_iter().fold(Section::new("all"), |section, value| section.with("value", value));
            draw_inside(area, |area, buffer| Properties { sections: &[section] }.draw(area, buffer, theme));
        }
    }
}
