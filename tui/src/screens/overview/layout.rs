//! Where the panels are: a grid of charts with more below it, or one row for each number where room is short.

use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::{EVENTS, NAMESPACES, PANELS, PERSISTENCE, TILES};

/// A chart's panel is not lower than this: border, chart, notes.
const TILE_HEIGHT_MIN: u16 = 4;
/// Nor higher, while others may have the room.
const TILE_HEIGHT_MAX: u16 = 12;
/// What lies below the charts likes to have so many rows.
const TAIL_HEIGHT: u16 = 13;
/// From that many rows on it is in panels, otherwise in lines.
const TAIL_HEIGHT_PANELS: u16 = 9;
/// Panels side by side are at least that wide together.
const SIDE_BY_SIDE_WIDTH: u16 = 90;
/// In which order numbers take rows when there are too few for all.
const BY_IMPORTANCE: [usize; TILES] = [0, 1, 2, 3, 5, 4, 7, 6];

/// How panels are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// With a border.
    Panel,
    /// As lines.
    Lines,
}

/// Where each panel is, empty where it does not show, and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) areas: [Rect; PANELS],
    pub(super) tiles: Form,
    pub(super) tail: Form,
}

impl Places {
    /// Puts the panels into an area.
    pub(super) fn of(body: Rect) -> Self {
        let columns = match body.width {
            ..72 => 1,
            72..150 => 2,
            _ => 4,
        };
        let rows = (TILES / columns) as u16;
        let mut areas = [Rect::ZERO; PANELS];
        let tiles = if body.height >= rows * TILE_HEIGHT_MIN { Form::Panel } else { Form::Lines };
        let used = if tiles == Form::Panel {
            let height = body.height.saturating_sub(TAIL_HEIGHT) / rows;
            let height = height.clamp(TILE_HEIGHT_MIN, TILE_HEIGHT_MAX);
            let grid = Rect { height: height * rows, ..body };
            let lines = Layout::vertical(vec![Constraint::Length(height); rows.into()]).split(grid);
            for (row, line) in lines.iter().enumerate() {
                let cells = Layout::horizontal(vec![Constraint::Fill(1); columns]).split(*line);
                areas[row * columns..(row + 1) * columns].copy_from_slice(&cells);
            }
            grid.height
        } else {
            for (row, &tile) in (0..body.height).zip(&BY_IMPORTANCE) {
                areas[tile] = Rect { y: body.y + row, height: 1, ..body };
            }
            body.height.min(TILES as u16)
        };
        let tail = Rect { y: body.y + used, height: body.height - used, ..body };
        let form = if tail.height >= TAIL_HEIGHT_PANELS && tiles == Form::Panel { Form::Panel } else { Form::Lines };
        place_tail(&mut areas, tail, form);
        Self { areas, tiles, tail: form }
    }

    /// The panel at a place of the terminal.
    pub(super) fn hit(&self, at: Position) -> Option<usize> {
        self.areas.iter().position(|area| area.contains(at))
    }
}

fn place_tail(areas: &mut [Rect; PANELS], tail: Rect, form: Form) {
    let row = |y: u16| Rect { y: tail.y + y, height: 1, ..tail };
    if form == Form::Lines {
        if tail.height >= 1 {
            areas[PERSISTENCE] = row(0);
        }
        if tail.height >= 2 {
            areas[NAMESPACES] = row(1);
        }
        areas[EVENTS] = Rect { y: tail.y + 2.min(tail.height), height: tail.height.saturating_sub(2), ..tail };
        return;
    }
    let [persistence, rest] = Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(tail);
    areas[PERSISTENCE] = persistence;
    let both = if tail.width >= SIDE_BY_SIDE_WIDTH {
        Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).split(rest)
    } else {
        Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).split(rest)
    };
    (areas[NAMESPACES], areas[EVENTS]) = (both[0], both[1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_share_the_area_and_never_overlap() {
        for width in (40..220).step_by(9) {
            for height in 4..70 {
                let body = Rect::new(3, 2, width, height);
                let places = Places::of(body);
                for (index, area) in places.areas.iter().enumerate() {
                    assert!(area.is_empty() || body.union(*area) == body, "{width}x{height}: {index} {area:?}");
                    for other in &places.areas[index + 1..] {
                        assert!(!area.intersects(*other), "{width}x{height}: {area:?} {other:?}");
                    }
                }
                let covered: u32 = places.areas.iter().map(|area| area.area()).sum();
                assert_eq!(covered, body.area(), "{width}x{height}");
            }
        }
    }

    #[test]
    fn the_most_important_numbers_stay() {
        let shown = |width, height| -> Vec<usize> {
            let areas = Places::of(Rect::new(0, 0, width, height)).areas;
            (0..PANELS).filter(|&panel| !areas[panel].is_empty()).collect()
        };
        assert_eq!(shown(40, 5), [0, 1, 2, 3, 5]);
        assert_eq!(shown(60, 13).len(), PANELS);
        assert_eq!(shown(80, 21).len(), PANELS);
        let small = Places::of(Rect::new(0, 0, 80, 21));
        assert_eq!((small.tiles, small.tail), (Form::Panel, Form::Lines));
        let large = Places::of(Rect::new(0, 0, 120, 37));
        assert_eq!((large.tiles, large.tail), (Form::Panel, Form::Panel));
    }
}
