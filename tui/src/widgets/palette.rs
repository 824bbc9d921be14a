//! The command line: what is typed and what it may become.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::input::Input;
use super::panel::Panel;
use super::table::visible_offset;
use crate::text::{self, Align};
use crate::theme::{Role, Theme};

const WIDTH_MAX: u16 = 64;
const ROWS_MAX: u16 = 10;

/// A command to choose.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does.
    pub words: &'a str,
}

/// What is typed, and which commands match it.
#[derive(Clone, Copy, Debug)]
pub struct Palette<'a> {
    /// What is typed.
    pub input: Input<'a>,
    /// The commands that match, best first.
    pub matches: &'a [Candidate<'a>],
    /// Index of the chosen one.
    pub selected: usize,
    /// What to say when none matches.
    pub empty: &'a str,
}

/// How well `name` answers `query`: the lower the better, none when the letters of the query do not occur in it in their order.
/// A name that begins with it comes first, then one that contains it, then shorter ones.
pub fn rank(query: &str, name: &str) -> Option<(u8, usize)> {
    matched(query, name)?;
    let (query, name) = (query.to_lowercase(), name.to_lowercase());
    let kind = match name.find(&query) {
        Some(0) => 0,
        Some(_) => 1,
        None => 2,
    };
    Some((kind, name.len()))
}

/// Which characters of `name` the query matches: where it is contained whole, or one by one.
fn matched(query: &str, name: &str) -> Option<Vec<usize>> {
    let name: Vec<char> = name.chars().collect();
    let query: Vec<char> = query.chars().collect();
    let same = |left: &char, right: &char| left.to_lowercase().eq(right.to_lowercase());
    let whole = name
        .windows(query.len().max(1))
        .position(|part| part.iter().zip(&query).all(|(left, right)| same(left, right)));
    if let Some(start) = whole.filter(|_| !query.is_empty()) {
        return Some((start..start + query.len()).collect());
    }
    let mut from = 0;
    query
        .iter()
        .map(|wanted| {
            let at = from + name[from..].iter().position(|character| same(character, wanted))?;
            from = at + 1;
            Some(at)
        })
        .collect()
}

impl Palette<'_> {
    /// Draws it at the top of `screen` over what is there; answers where the terminal's cursor belongs.
    pub fn draw(&self, screen: Rect, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
        let screen = screen.intersection(buffer.area);
        let width = screen.width.min(WIDTH_MAX);
        let rows = (self.matches.len().max(1) as u16).min(ROWS_MAX);
        let height = (rows + 3).min(screen.height);
        let area = Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (screen.height - height).min(screen.height / 6),
            width,
            height,
        };
        Canvas::new(area, buffer, theme).clear();
        let note =
            if self.matches.len() > rows.into() { format!("{} commands", self.matches.len()) } else { String::new() };
        let inner =
            Panel { title: "Command", note: &note, focused: true, ..Panel::default() }.draw(area, buffer, theme);
        let mut canvas = Canvas::new(inner, buffer, theme);
        canvas.text(1, 0, ":", Role::Accent);
        self.draw_matches(&mut canvas);
        let line = Rect {
            x: inner.x + 2.min(inner.width),
            width: inner.width.saturating_sub(3),
            height: inner.height.min(1),
            ..inner
        };
        self.input.draw(line, buffer, theme)
    }

    fn draw_matches(&self, canvas: &mut Canvas<'_>) {
        let rows = canvas.height().saturating_sub(1);
        if self.matches.is_empty() {
            canvas.text(3, 1, self.empty, Role::Label);
            return;
        }
        let names = self.matches.iter().map(|candidate| text::width(candidate.name)).max().unwrap_or(0);
        let name_width = names.min(24).min(usize::from(canvas.width().saturating_sub(4))) as u16;
        let offset = visible_offset(0, Some(self.selected), self.matches.len(), rows.into());
        for (y, (index, candidate)) in (1..=rows).zip(self.matches.iter().enumerate().skip(offset)) {
            canvas.aligned(3, y, name_width, candidate.name, Align::Left, Role::Text);
            self.draw_matched(canvas, y, name_width, candidate.name);
            let x = 5 + name_width;
            canvas.aligned(x, y, canvas.width().saturating_sub(x + 1), candidate.words, Align::Left, Role::Label);
            if index == self.selected {
                canvas.text(1, y, canvas.theme().symbols().selection, Role::Accent);
                canvas.restyle(0, y, canvas.width(), Role::Selected);
            }
        }
    }

    /// Lays the colour of what matches over the letters the query found, as far as they show.
    fn draw_matched(&self, canvas: &mut Canvas<'_>, y: u16, name_width: u16, name: &str) {
        // What follows the first word are the command's arguments.
        let query = self.input.text.split_whitespace().next().unwrap_or_default();
        for at in matched(query, name).unwrap_or_default() {
            let before: String = name.chars().take(at).collect();
            let x = text::width(&before) as u16;
            if x < name_width {
                canvas.restyle(3 + x, y, 1, Role::Match);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Modifier;

    use super::super::testing::*;
    use super::*;

    const COMMANDS: &[Candidate<'_>] = &[
        Candidate { name: "resize", words: "change the number of shards" },
        Candidate { name: "readonly", words: "refuse what changes anything" },
        Candidate { name: "bgsave", words: "save in the background" },
    ];

    fn palette(text: &str) -> Palette<'_> {
        let input = Input { text, cursor: text.len(), placeholder: "" };
        Palette { input, matches: COMMANDS, selected: 1, empty: "no such command" }
    }

    #[test]
    fn palettes_of_many_sizes() {
        let show = |width, height, theme, palette: Palette<'_>| {
            picture(width, height, |area, buffer| {
                palette.draw(area, buffer, theme);
            })
        };
        insta::assert_snapshot!("palette", show(70, 9, UNICODE, palette("re")));
        insta::assert_snapshot!("palette_ascii", show(40, 8, ASCII, palette("re")));
        insta::assert_snapshot!("palette_nothing", show(40, 6, UNICODE, Palette { matches: &[], ..palette("zebra") }));
        insta::assert_snapshot!("palette_small", show(20, 4, UNICODE, palette("re")));
    }

    #[test]
    fn beginnings_rank_before_parts_before_scattered_letters() {
        let mut names = ["clients", "namespaces", "ns-next", "persistence", "next screen"];
        names.sort_by_key(|name| rank("ns", name).map_or((9, 0), |rank| rank));
        assert_eq!(names[0], "ns-next");
        assert_eq!(rank("ns", "quit"), None);
        assert_eq!(rank("NS", "ns"), Some((0, 2)));
        assert_eq!(rank("", "quit"), Some((0, 4)));
        assert!(rank("es", "namespaces") < rank("ne", "namespaces"));
    }

    #[test]
    fn matching_letters_are_underlined() {
        assert_eq!(matched("rdo", "readonly"), Some(vec![0, 3, 4]));
        assert_eq!(matched("save", "bgsave"), Some(vec![2, 3, 4, 5]));
        for theme in [UNICODE, ASCII] {
            let buffer = buffer(64, 9, |area, buffer| {
                palette("re 64").draw(area, buffer, theme);
            });
            let y = (0..9).find(|&y| row(&buffer, y).contains("resize")).unwrap();
            let x = column_of(&buffer, y, "resize");
            let underlined: Vec<bool> =
                (x..x + 6).map(|x| buffer[(x, y)].modifier.contains(Modifier::UNDERLINED)).collect();
            assert_eq!(underlined, [true, true, false, false, false, false]);
        }
    }

    proptest! {
        #[test]
        fn draws_anywhere(
            area in any_area(), theme in any_theme(), query in any_text(), names in prop::collection::vec((any_text(), any_text()), 0..30),
            selected in 0_usize..40,
        ) {
            let matches: Vec<_> = names.iter().map(|(name, words)| Candidate { name, words }).collect();
            let palette = Palette { matches: &matches, selected, ..palette(&query) };
            draw_inside(area, |area, buffer| {
                palette.draw(area, buffer, theme);
            });
        }
    }
}
