//! A history as a filled chart: one row (a sparkline) or many, with an axis of round numbers.
//!
//! Where there are more points than columns, neighbours share a column, which shows the highest: a short peak must not vanish. Groups
//! are counted from the first point ever recorded, so a chart moves along as time passes instead of shimmering. What was not
//! measured (`None`) stays empty, unlike zero, which shows a line at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Canvas;
use crate::text::{self, Align};
use crate::theme::{Role, Theme};

/// What the axis goes up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Scale {
    /// The next round number above the highest point.
    #[default]
    Decimal,
    /// The same for bytes: round as a number of KiB, MiB …
    Binary,
    /// This value, such as a limit or a whole.
    UpTo(f64),
}

/// What columns are drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// Braille, two points a column, four steps a row; blocks where the charset has none.
    #[default]
    Braille,
    /// Eighths of a block (or ASCII characters), one point a column.
    Blocks,
}

/// A chart of one series.
#[derive(Clone, Copy)]
pub struct Chart<'a> {
    /// The points, oldest first.
    pub points: &'a [Option<f64>],
    /// How many points were ever recorded, the last of `points` included; 0 when nobody counts.
    pub recorded: u64,
    /// How many of the last points to show.
    pub window: usize,
    /// What the axis goes up to.
    pub scale: Scale,
    /// What columns are drawn with.
    pub grain: Grain,
    /// The colour: one of the series'.
    pub role: Role,
    /// How a value is written at the axis and in the last line.
    pub format: &'a dyn Fn(f64) -> String,
    /// What the window is called, such as `5m`, at the beginning of the line with minimum, average and maximum; no such line when
    /// empty, or when there are fewer than four rows.
    pub summary: &'a str,
}

/// The least, mean and greatest of what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The mean.
    pub avg: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// The spread of the points that were measured; none when none was.
    pub fn of(points: &[Option<f64>]) -> Option<Self> {
        let mut measured = 0.0;
        let mut spread = Self { min: f64::INFINITY, avg: 0.0, max: f64::NEG_INFINITY };
        for point in points.iter().flatten().filter(|point| point.is_finite()) {
            measured += 1.0;
            spread.min = spread.min.min(*point);
            spread.max = spread.max.max(*point);
            spread.avg += (*point - spread.avg) / measured;
        }
        (measured > 0.0).then_some(spread)
    }
}

impl Chart<'_> {
    /// Draws the chart.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let area = area.intersection(buffer.area);
        let summary_height = u16::from(!self.summary.is_empty() && area.height >= 4);
        let plot = Rect { height: area.height - summary_height, ..area };
        let top = self.top();
        let axis_width = self.draw_axis(plot, buffer, theme, top);
        let plot = Rect { x: plot.x + axis_width, width: plot.width - axis_width, ..plot };
        self.draw_columns(&mut Canvas::new(plot, buffer, theme), top);
        if summary_height > 0 {
            let row = Rect { y: area.y + area.height - 1, height: 1, ..area };
            self.draw_summary(&mut Canvas::new(row, buffer, theme));
        }
    }

    fn shown(&self) -> &[Option<f64>] {
        &self.points[self.points.len().saturating_sub(self.window)..]
    }

    fn top(&self) -> f64 {
        let max = Spread::of(self.shown()).map_or(0.0, |spread| spread.max);
        match self.scale {
            Scale::Decimal => round_up(max, 1000.0, &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]),
            Scale::Binary => round_up(max, 1024.0, &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]),
            Scale::UpTo(top) if top.is_finite() && top > 0.0 => top,
            Scale::UpTo(_) => 1.0,
        }
    }

    /// Labels at the top, in the middle and at the bottom, where there is room for them; answers how wide they are.
    fn draw_axis(&self, area: Rect, buffer: &mut Buffer, theme: Theme, top: f64) -> u16 {
        if area.height < 3 || area.width < 24 {
            return 0;
        }
        let middle = area.height / 2;
        let mut labels = vec![(0, (self.format)(top)), (area.height - 1, (self.format)(0.0))];
        if area.height >= 5 {
            labels.push((middle, (self.format)(top / 2.0)));
        }
        let width = labels.iter().map(|(_, label)| text::width(label)).max().unwrap_or(0).min(10) as u16;
        let mut canvas = Canvas::new(area, buffer, theme);
        for (y, label) in &labels {
            canvas.aligned(0, *y, width, label, Align::Right, Role::Dim);
        }
        width + 1
    }

    fn draw_columns(&self, canvas: &mut Canvas<'_>, top: f64) {
        let (width, height) = (canvas.width(), canvas.height());
        if width == 0 || height == 0 {
            return;
        }
        let braille = self.grain == Grain::Braille && canvas.theme().symbols().braille;
        let (per_column, steps) = if braille { (2, 4) } else { (1, 8) };
        let slots = grouped(self.shown(), self.recorded, self.window, usize::from(width) * per_column);
        let heights: Vec<u32> =
            slots.iter().map(|slot| slot.map_or(0, |value| level(value / top, u32::from(height) * steps))).collect();
        for (x, column) in (0..width).zip(heights.chunks(per_column)) {
            for y in 0..height {
                let below = u32::from(height - 1 - y) * steps;
                let filled =
                    |slot: usize| column.get(slot).map_or(0, |height| height.saturating_sub(below).min(steps)) as usize;
                if braille {
                    let dots = BRAILLE_LEFT[filled(0)] | BRAILLE_RIGHT[filled(1)];
                    if let Some(symbol) = char::from_u32(0x2800 + dots).filter(|_| dots > 0) {
                        canvas.text(x, y, symbol.encode_utf8(&mut [0; 4]), self.role);
                    }
                } else if filled(0) > 0 {
                    canvas.text(x, y, canvas.theme().symbols().levels[filled(0)], self.role);
                }
            }
        }
    }

    fn draw_summary(&self, canvas: &mut Canvas<'_>) {
        let mut x = canvas.text(0, 0, self.summary, Role::Dim);
        let Some(spread) = Spread::of(self.shown()) else {
            canvas.text(x + 2, 0, "no samples", Role::Dim);
            return;
        };
        for (name, value) in [("min", spread.min), ("avg", spread.avg), ("max", spread.max)] {
            let value = (self.format)(value);
            // Half a number would be another number.
            if usize::from(x) + 2 + name.len() + 1 + text::width(&value) > canvas.width().into() {
                break;
            }
            x = canvas.text(x + 2, 0, name, Role::Dim);
            x = canvas.text(x + 1, 0, &value, Role::Label);
        }
    }
}

/// A sparkline as text, for a cell of a table, scaled to its own greatest point.
pub fn sparkline(points: &[Option<f64>], recorded: u64, width: u16, theme: Theme) -> String {
    let top = Spread::of(points).map_or(0.0, |spread| spread.max).max(f64::MIN_POSITIVE);
    let slots = grouped(points, recorded, points.len(), width.into());
    slots.iter().map(|slot| theme.symbols().levels[slot.map_or(0, |value| level(value / top, 8)) as usize]).collect()
}

/// Dots filled from below in the left column of a braille character.
const BRAILLE_LEFT: [u32; 5] = [0, 0x40, 0x44, 0x46, 0x47];
/// The same in the right column.
const BRAILLE_RIGHT: [u32; 5] = [0, 0x80, 0xA0, 0xB0, 0xB8];

/// How many of `steps` a share takes; what was measured takes at least one.
fn level(share: f64, steps: u32) -> u32 {
    // Negative values and what is no number become zero.
    ((share * f64::from(steps)).round() as u32).clamp(1, steps.max(1))
}

/// The last `window` points in exactly `slots` slots, newest at the right: first grouped so that there are no more groups than
/// slots, then stretched over them.
fn grouped(points: &[Option<f64>], recorded: u64, window: usize, slots: usize) -> Vec<Option<f64>> {
    if slots == 0 {
        return Vec::new();
    }
    let window = window.max(1);
    let recorded = recorded.max(points.len() as u64);
    let group = window.div_ceil(slots);
    let mut groups = vec![None; window.div_ceil(group)];
    let last_group = recorded.saturating_sub(1) / group as u64;
    for (age, point) in points.iter().rev().enumerate() {
        let group_age = last_group - (recorded - 1 - age as u64) / group as u64;
        let Some(slot) = groups.get_mut(group_age as usize) else { break };
        *slot = match (*slot, measured(*point)) {
            (Some(highest), Some(value)) => Some(f64::max(highest, value)),
            (known, value) => known.or(value),
        };
    }
    (0..slots).rev().map(|age| groups[age * groups.len() / slots]).collect()
}

fn measured(point: Option<f64>) -> Option<f64> {
    point.filter(|value| value.is_finite())
}

/// The least number at or above `max` that is a power of `base`, times 1, 10 or 100, times one of `steps`.
fn round_up(max: f64, base: f64, steps: &[f64]) -> f64 {
    if max <= 0.0 || !max.is_finite() {
        return 1.0;
    }
    let unit = base.powi(max.log(base).floor() as i32);
    let candidates = [1.0, 10.0, 100.0].into_iter().flat_map(|ten| steps.iter().map(move |step| step * ten * unit));
    // Rounding in `powi` must not push a round number to the next.
    let round = candidates.into_iter().find(|candidate| *candidate >= max * (1.0 - 1e-12)).unwrap_or(base * unit);
    if round.is_finite() { round } else { max }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::*;
    use crate::format;

    fn chart<'a>(points: &'a [Option<f64>], format: &'a dyn Fn(f64) -> String) -> Chart<'a> {
        Chart {
            points,
            recorded: 0,
            window: 60,
            scale: Scale::Decimal,
            grain: Grain::Braille,
            role: Role::Series1,
            format,
            summary: "5m",
        }
    }

    fn wave(points: usize) -> Vec<Option<f64>> {
        (0..points)
            .map(|at| {
                (!(20..26).contains(&at))
                    .then(|| 120e3 + 60e3 * (at as f64 / 6.0).sin() + 15e3 * (at as f64 * 1.3).cos())
            })
            .collect()
    }

    #[test]
    fn charts_of_many_sizes() {
        let points = wave(60);
        let show = |width, height, grain, theme, points: &[Option<f64>]| {
            picture(width, height, |area, buffer| {
                Chart { grain, ..chart(points, &format::rate) }.draw(area, buffer, theme)
            })
        };
        insta::assert_snapshot!("chart_braille", show(60, 8, Grain::Braille, UNICODE, &points));
        insta::assert_snapshot!("chart_blocks", show(60, 6, Grain::Blocks, UNICODE, &points));
        insta::assert_snapshot!("chart_ascii", show(60, 6, Grain::Braille, ASCII, &points));
        insta::assert_snapshot!("chart_one_row", show(40, 1, Grain::Blocks, UNICODE, &points));
        insta::assert_snapshot!("chart_half_recorded", show(60, 5, Grain::Braille, UNICODE, &points[..18]));
        insta::assert_snapshot!("chart_nothing", show(60, 5, Grain::Braille, UNICODE, &[]));
    }

    #[test]
    fn zero_shows_and_a_gap_does_not() {
        let points = [Some(0.0), None, Some(8.0), Some(f64::NAN), Some(4.0), Some(-3.0)];
        assert_eq!(sparkline(&points, 0, 6, UNICODE), "▁ █ ▄▁");
        assert_eq!(sparkline(&points, 0, 6, ASCII), "_ # =_");
        assert_eq!(sparkline(&[None, Some(0.0)], 0, 4, UNICODE), "  ▁▁");
        assert_eq!(sparkline(&[], 0, 3, UNICODE), "   ");
    }

    #[test]
    fn groups_keep_peaks_and_do_not_shift_as_time_passes() {
        let peak = |length: usize| -> Vec<Option<f64>> {
            (0..length).map(|at| Some(if at == 50 { 9.0 } else { 1.0 })).collect()
        };
        for length in [96, 97, 98, 99] {
            let slots = grouped(&peak(length), length as u64, 96, 24);
            // Point 50 is of group 12; the last group is at the right.
            let expected = 23 - ((length - 1) / 4 - 12);
            assert_eq!(slots.iter().position(|slot| *slot == Some(9.0)), Some(expected), "{length}");
        }
    }

    #[test]
    fn axes_end_at_round_numbers() {
        const KIB: f64 = 1024.0;
        for (max, scale, top) in [
            (0.0, Scale::Decimal, 1.0),
            (f64::NAN, Scale::Decimal, 1.0),
            (0.3, Scale::Decimal, 0.3),
            (950.0, Scale::Decimal, 1000.0),
            (1000.0, Scale::Decimal, 1000.0),
            (182_340.0, Scale::Decimal, 200e3),
            (201_000.0, Scale::Decimal, 300e3),
            (950.0, Scale::Binary, KIB),
            (KIB, Scale::Binary, KIB),
            (182_340.0, Scale::Binary, 200.0 * KIB),
            (900.0 * KIB, Scale::Binary, KIB * KIB),
        ] {
            let points = [Some(max)];
            let found = Chart { scale, ..chart(&points, &format::rate) }.top();
            assert!((found / top - 1.0).abs() < 1e-9, "{max} {scale:?}: {found}");
        }
        let chart = chart(&[], &format::rate);
        assert_eq!(Chart { scale: Scale::UpTo(8.0), ..chart }.top(), 8.0);
        assert_eq!(Chart { scale: Scale::UpTo(f64::NAN), ..chart }.top(), 1.0);
    }

    #[test]
    fn the_spread_is_of_what_was_measured() {
        let spread = Spread::of(&[Some(1.0), None, Some(4.0), Some(f64::INFINITY), Some(1.0)]).unwrap();
        assert_eq!(spread, Spread { min: 1.0, avg: 2.0, max: 4.0 });
        assert_eq!(Spread::of(&[None]), None);
        assert!(Spread::of(&[Some(f64::MAX), Some(f64::MAX)]).unwrap().avg.is_finite());
    }

    proptest! {
        #[test]
        fn draws_anywhere(
            area in any_area(), theme in any_theme(),
            points in prop::collection::vec(prop::option::of(prop_oneof![any::<f64>(), 0.0..1e6]), 0..700),
            window in 0_usize..700, recorded in prop_oneof![Just(0), any::<u64>()], blocks in any::<bool>(), binary in any::<bool>(),
        ) {
            let grain = if blocks { Grain::Blocks } else { Grain::Braille };
            let scale = if binary { Scale::Binary } else { Scale::Decimal };
            let chart = Chart { window, recorded, grain, scale, ..chart(&points, &format::rate) };
            draw_inside(area, |area, buffer| chart.draw(area, buffer, theme));
            prop_assert_eq!(text::width(&sparkline(&points, recorded, area.width, theme)), usize::from(area.width));
        }
    }
}
