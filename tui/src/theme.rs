//! Colours and symbols. A widget names the *role* of what it draws; the theme says how that looks.
//!
//! All colours are of the terminal's sixteen, so they follow the palette the user chose. One accent; the rest is calm. Colour
//! never carries meaning alone: what warns also has the mark `!`, what is selected also has the mark `▸`, and in the theme
//! without colours roles differ by modifiers.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// What is read: values, names.
    #[default]
    Text,
    /// What stands beside: labels, units, explanations.
    Label,
    /// What is hardly looked at: axes, tracks, placeholders.
    Dim,
    /// The title of a panel or dialog.
    Title,
    /// The heading of a column or section.
    Heading,
    /// The border of a panel.
    Border,
    /// The border of the panel that keys act on.
    BorderFocused,
    /// The selected row, tab or button.
    Selected,
    /// The selected row of a panel that keys do not act on.
    SelectedIdle,
    /// What the eye should find first.
    Accent,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Needs someone.
    Bad,
    /// A key that may be pressed.
    Key,
    /// Characters that match what was searched.
    Match,
    /// A chart's first series.
    Series1,
    /// A chart's second series.
    Series2,
    /// A chart's third series.
    Series3,
    /// A badge that says all is well: LIVE.
    BadgeGood,
    /// A badge that reminds: PAUSED, READ-ONLY.
    BadgeWarn,
    /// A badge that alarms: DISCONNECTED.
    BadgeBad,
}

impl Role {
    /// The mark that goes with the role, so that colour does not carry its meaning alone; empty for most.
    pub fn mark(self) -> &'static str {
        if matches!(self, Self::Warn | Self::Bad) { "!" } else { "" }
    }

    /// The role of a value that warns from `warn` on and alarms from `bad` on; [`Role::Text`] below, and for what is no number.
    pub fn of_level(value: f64, warn: f64, bad: f64) -> Self {
        if value >= bad {
            Self::Bad
        } else if value >= warn {
            Self::Warn
        } else {
            Self::Text
        }
    }
}

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// No colours at all: bold, dim, underlined and reversed.
    Mono,
}

impl Palette {
    /// The name in arguments and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
        }
    }

    /// The palette of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Dark, Self::Light, Self::Mono].into_iter().find(|palette| palette.name() == name)
    }

    /// The next one, round and round.
    pub fn next(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Mono,
            Self::Mono => Self::Dark,
        }
    }

    /// This one, or [`Palette::Mono`] when the environment's NO_COLOR (<https://no-color.org>) is set and not empty.
    pub fn unless_no_color(self, no_color: Option<&std::ffi::OsStr>) -> Self {
        if no_color.is_some_and(|value| !value.is_empty()) { Self::Mono } else { self }
    }
}

/// Which characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// Rounded borders, braille charts.
    #[default]
    Unicode,
    /// Nothing beyond ASCII.
    Ascii,
}

/// How everything looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// The colours.
    pub palette: Palette,
    /// The characters.
    pub charset: Charset,
}

impl Theme {
    /// A theme of these colours and characters.
    pub fn new(palette: Palette, charset: Charset) -> Self {
        Self { palette, charset }
    }

    /// The characters to draw with.
    pub fn symbols(self) -> &'static Symbols {
        match self.charset {
            Charset::Unicode => &UNICODE,
            Charset::Ascii => &ASCII,
        }
    }

    /// How a role looks. What it leaves open (the background above all) stays as it is.
    pub fn style(self, role: Role) -> Style {
        match self.palette {
            Palette::Dark => coloured(role, Color::Cyan, Color::Gray, Color::DarkGray),
            Palette::Light => coloured(role, Color::Blue, Color::DarkGray, Color::DarkGray),
            Palette::Mono => mono(role),
        }
    }
}

/// The styles of both coloured themes. `label` is a step, `dim` two steps less than text.
fn coloured(role: Role, accent: Color, label: Color, dim: Color) -> Style {
    let plain = Style::new();
    let on = |background| Style::new().fg(Color::Black).bg(background).add_modifier(Modifier::BOLD);
    match role {
        Role::Text => plain,
        Role::Label => plain.fg(label),
        Role::Dim | Role::Border => plain.fg(dim),
        Role::Title | Role::SelectedIdle => plain.add_modifier(Modifier::BOLD),
        Role::Heading => plain.fg(label).add_modifier(Modifier::BOLD),
        Role::BorderFocused | Role::Series1 => plain.fg(accent),
        Role::Accent | Role::Key => plain.fg(accent).add_modifier(Modifier::BOLD),
        Role::Match => plain.fg(accent).add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        // Black on the accent keeps its contrast in every palette.
        Role::Selected => Style::new().fg(Color::Black).bg(accent_background(accent)),
        Role::Good => plain.fg(Color::Green),
        Role::Warn => plain.fg(Color::Yellow),
        Role::Bad => plain.fg(Color::Red).add_modifier(Modifier::BOLD),
        Role::Series2 => plain.fg(Color::Magenta),
        Role::Series3 => plain.fg(Color::Yellow),
        Role::BadgeGood => on(Color::Green),
        Role::BadgeWarn => on(Color::Yellow),
        Role::BadgeBad => Style::new().fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
    }
}

/// Blue is too dark a background for black.
fn accent_background(accent: Color) -> Color {
    if accent == Color::Blue { Color::LightBlue } else { accent }
}

fn mono(role: Role) -> Style {
    let modifier = match role {
        Role::Text | Role::Good | Role::Border | Role::Series1 | Role::Series3 => Modifier::empty(),
        Role::Label | Role::Dim | Role::Series2 => Modifier::DIM,
        Role::Title | Role::Heading | Role::BorderFocused | Role::Accent | Role::Key | Role::Warn => Modifier::BOLD,
        Role::SelectedIdle => Modifier::BOLD,
        Role::Match => Modifier::BOLD.union(Modifier::UNDERLINED),
        Role::Bad => Modifier::BOLD.union(Modifier::UNDERLINED),
        Role::Selected | Role::BadgeGood => Modifier::REVERSED,
        Role::BadgeWarn | Role::BadgeBad => Modifier::REVERSED.union(Modifier::BOLD),
    };
    Style::new().add_modifier(modifier)
}

/// The characters of a charset; each takes one column unless it says otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Symbols {
    /// Corners of a panel: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// A line from left to right.
    pub horizontal: &'static str,
    /// A line from top to bottom.
    pub vertical: &'static str,
    /// Heights of a column, from nothing to full, in eighths.
    pub levels: [&'static str; 9],
    /// Lengths of a bar's last cell, from nothing to full, in eighths.
    pub parts: [&'static str; 9],
    /// What a bar has not reached.
    pub track: &'static str,
    /// What bars grouped into one column reach at most, above their mean.
    pub ghost: &'static str,
    /// Before the selected row.
    pub selection: &'static str,
    /// In the heading of the column that sorts upwards.
    pub ascending: &'static str,
    /// In the heading of the column that sorts downwards.
    pub descending: &'static str,
    /// Where text was cut.
    pub ellipsis: &'static str,
    /// Between the parts of a line.
    pub dot: &'static str,
    /// From old to new; one or two columns.
    pub arrow: &'static str,
    /// There is more to the left.
    pub more_left: &'static str,
    /// There is more to the right.
    pub more_right: &'static str,
    /// Where a scrollbar stands.
    pub thumb: &'static str,
    /// The prefix for a millionth.
    pub micro: &'static str,
    /// Whether charts may use braille.
    pub braille: bool,
}

const UNICODE: Symbols = Symbols {
    corners: ["╭", "╮", "╰", "╯"],
    horizontal: "─",
    vertical: "│",
    levels: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    parts: [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    track: "·",
    ghost: "░",
    selection: "▸",
    ascending: "▲",
    descending: "▼",
    ellipsis: "…",
    dot: "·",
    arrow: "→",
    more_left: "‹",
    more_right: "›",
    thumb: "┃",
    micro: "µ",
    braille: true,
};

const ASCII: Symbols = Symbols {
    corners: ["+", "+", "+", "+"],
    horizontal: "-",
    vertical: "|",
    levels: [" ", "_", ".", "-", "=", "+", "*", "%", "#"],
    parts: [" ", ".", ".", ".", "=", "=", "=", "#", "#"],
    track: ".",
    ghost: ":",
    selection: ">",
    ascending: "^",
    descending: "v",
    ellipsis: "~",
    dot: "-",
    arrow: "->",
    more_left: "<",
    more_right: ">",
    thumb: "#",
    micro: "u",
    braille: false,
};

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    const ROLES: [Role; 21] = [
        Role::Text,
        Role::Label,
        Role::Dim,
        Role::Title,
        Role::Heading,
        Role::Border,
        Role::BorderFocused,
        Role::Selected,
        Role::SelectedIdle,
        Role::Accent,
        Role::Good,
        Role::Warn,
        Role::Bad,
        Role::Key,
        Role::Match,
        Role::Series1,
        Role::Series2,
        Role::Series3,
        Role::BadgeGood,
        Role::BadgeWarn,
        Role::BadgeBad,
    ];

    #[test]
    fn mono_has_no_colours() {
        let theme = Theme::new(Palette::Mono, Charset::Unicode);
        for role in ROLES {
            assert_eq!((theme.style(role).fg, theme.style(role).bg), (None, None), "{role:?}");
        }
    }

    #[test]
    fn colours_are_of_the_sixteen() {
        for palette in [Palette::Dark, Palette::Light] {
            for role in ROLES {
                let style = Theme::new(palette, Charset::Unicode).style(role);
                for color in [style.fg, style.bg].into_iter().flatten() {
                    assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{role:?} is {color}");
                }
            }
        }
    }

    #[test]
    fn what_matters_differs_from_text_in_every_theme() {
        for palette in [Palette::Dark, Palette::Light, Palette::Mono] {
            let theme = Theme::new(palette, Charset::Unicode);
            for role in
                [Role::Selected, Role::SelectedIdle, Role::Warn, Role::Bad, Role::BadgeBad, Role::Key, Role::Match]
            {
                assert_ne!(theme.style(role), theme.style(Role::Text), "{role:?} in {palette:?}");
            }
            assert_ne!(theme.style(Role::Warn), theme.style(Role::Bad));
        }
        assert_eq!((Role::Warn.mark(), Role::Bad.mark(), Role::Text.mark()), ("!", "!", ""));
    }

    #[test]
    fn no_color_means_mono_unless_empty() {
        assert_eq!(Palette::Dark.unless_no_color(Some(OsStr::new("1"))), Palette::Mono);
        assert_eq!(Palette::Light.unless_no_color(Some(OsStr::new(""))), Palette::Light);
        assert_eq!(Palette::Light.unless_no_color(None), Palette::Light);
    }

    #[test]
    fn palettes_are_known_by_name_and_follow_each_other() {
        for palette in [Palette::Dark, Palette::Light, Palette::Mono] {
            assert_eq!(Palette::by_name(palette.name()), Some(palette));
            assert_ne!(palette.next(), palette);
        }
        assert_eq!(Palette::by_name("pink"), None);
    }

    #[test]
    fn levels_have_their_role() {
        for (value, role) in [(0.5, Role::Text), (0.8, Role::Warn), (0.95, Role::Bad), (f64::NAN, Role::Text)] {
            assert_eq!(Role::of_level(value, 0.75, 0.9), role, "{value}");
        }
    }

    #[test]
    fn ascii_symbols_are_ascii() {
        assert!(format!("{ASCII:?}").is_ascii());
    }
}
