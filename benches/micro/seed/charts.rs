//! Results as charts: a file per family, a panel per fixed set of parameters, a line per cache.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::figures::{Results, Scenario};

/// Size of one panel in pixels, and panels in a row.
const PANEL: (u32, u32) = (340, 230);
const PANELS_WIDE: usize = 4;
/// Height of the lines above the panels: what is shown and where it was measured, then which line is which.
const HEAD: u32 = 58;
/// The older crate, us, the harness alone.
const COLOURS: [RGBColor; 3] = [RGBColor(110, 110, 110), RGBColor(200, 60, 20), RGBColor(185, 200, 225)];

/// Draws all charts into a folder.
pub(crate) fn draw(results: &Results, folder: &Path) -> Result<(), Box<dyn Error>> {
    for chart in distinct(results.scenarios.iter().map(|scenario| scenario.chart.as_str())) {
        let scenarios: Vec<&Scenario> = results.scenarios.iter().filter(|scenario| scenario.chart == chart).collect();
        let file = folder.join(format!("{}-{chart}.svg", results.date));
        let note = format!("{chart}: median ns per item, logarithmic. {}", results.machine.note());
        draw_chart(&file, &note, &scenarios)?;
    }
    Ok(())
}

fn draw_chart(file: &Path, note: &str, scenarios: &[&Scenario]) -> Result<(), Box<dyn Error>> {
    let panels = distinct(scenarios.iter().map(|scenario| scenario.panel.as_str()));
    let wide = panels.len().min(PANELS_WIDE);
    let high = panels.len().div_ceil(wide);
    let size = ((PANEL.0 * wide as u32).max(2 * PANEL.0), PANEL.1 * high as u32 + HEAD);
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    let (head, body) = area.split_vertically(HEAD);
    draw_head(&head, note, scenarios)?;
    // One scale for all panels, so that they can be compared; logarithmic, so that a ratio is a distance.
    let times = || scenarios.iter().flat_map(|scenario| &scenario.figures).map(|figures| figures.p50_item_ns.max(1.0));
    let (least, most) = (times().fold(f64::MAX, f64::min) * 0.8, times().fold(1.0, f64::max) * 1.25);
    for (area, panel) in body.split_evenly((high, wide)).iter().zip(panels) {
        let points: Vec<&Scenario> = scenarios.iter().copied().filter(|scenario| scenario.panel == panel).collect();
        let last = points.len().saturating_sub(1) as f64;
        let mut chart = ChartBuilder::on(area)
            .caption(panel, ("sans-serif", 14))
            .margin(6)
            .margin_right(14)
            .x_label_area_size(34)
            .y_label_area_size(48)
            .build_cartesian_2d(-0.2..last + 0.2, (least..most).log_scale())?;
        // Parameters double from point to point: places in a row, not numbers on a line.
        let label = |place: &f64| {
            let is_place = (place - place.round()).abs() < 0.05 && *place > -0.1;
            let point = points.get(place.round().max(0.0) as usize).filter(|_| is_place);
            point.map_or_else(String::new, |scenario| short(scenario.value as f64))
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_labels(points.len() * 2)
            .x_label_formatter(&label)
            .x_desc(points.first().map_or("", |scenario| scenario.parameter))
            .y_label_formatter(&|ns| if is_round(*ns) { short(*ns) } else { String::new() })
            .y_labels(12)
            .set_tick_mark_size(LabelAreaPosition::Bottom, 4)
            .draw()?;
        for (index, colour) in COLOURS.iter().enumerate() {
            let line: Vec<(f64, f64)> = points
                .iter()
                .enumerate()
                .filter_map(|(place, scenario)| Some((place as f64, scenario.figures.get(index)?.p50_item_ns.max(1.0))))
                .collect();
            chart.draw_series(line.iter().map(|&point| Circle::new(point, 3, colour.filled())))?;
            chart.draw_series(LineSeries::new(line, colour.stroke_width(2)))?;
        }
    }
    area.present()?;
    Ok(())
}

/// The title, and below it which colour is whose: once, where it covers no line.
fn draw_head(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    note: &str,
    scenarios: &[&Scenario],
) -> Result<(), Box<dyn Error>> {
    area.draw(&Text::new(note, (12, 10), ("sans-serif", 15)))?;
    let caches = scenarios.first().map(|scenario| &*scenario.figures).unwrap_or_default();
    for (place, (figures, colour)) in caches.iter().zip(COLOURS).enumerate() {
        let left = 12 + 150 * place as i32;
        area.draw(&PathElement::new([(left, 42), (left + 24, 42)], colour.stroke_width(3)))?;
        area.draw(&Circle::new((left + 12, 42), 4, colour.filled()))?;
        area.draw(&Text::new(figures.cache, (left + 32, 35), ("sans-serif", 14)))?;
    }
    Ok(())
}

/// Whether a number is 1, 2 or 5 of some power of ten: the marks of a logarithmic scale that have room for a label.
fn is_round(number: f64) -> bool {
    let first = number / 10f64.powf(number.log10().floor());
    [1.0, 2.0, 5.0, 10.0].iter().any(|digit| (first - digit).abs() < 0.01)
}

/// A number in few characters: 64, 2.5k, 1M.
fn short(number: f64) -> String {
    match number {
        1e6.. => format!("{}M", number / 1e6),
        1e3.. => format!("{}k", number / 1e3),
        _ => format!("{number}"),
    }
}

/// Keeps the first of equal names.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut kept: Vec<&str> = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rkvs_benches::machine::Machine;

    use super::*;
    use crate::figures::Times;

    #[test]
    fn a_chart_shows_every_panel_parameter_and_cache() {
        let scenario = |panel: &str, value| {
            let mut times = Times::new();
            times.record(Duration::from_nanos(200), true);
            let figures = ["theirs", "ours", "none"].map(|cache| times.figures(cache, 1)).to_vec();
            Scenario {
                chart: "gets".to_owned(),
                panel: panel.to_owned(),
                parameter: "shards",
                value,
                items: 1,
                figures,
            }
        };
        let results = Results {
            tool: String::new(),
            date: "2026-01-01".to_owned(),
            machine: Machine::here(),
            scale: 1.0,
            rounds: 1,
            scenarios: vec![scenario("first", 1), scenario("first", 64), scenario("second", 1)],
        };
        let folder = tempfile::tempdir().unwrap();
        draw(&results, folder.path()).unwrap();
        let svg = std::fs::read_to_string(folder.path().join("2026-01-01-gets.svg")).unwrap();
        for text in ["first", "second", "shards", "64", "theirs", "ours", "none"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text} is missing");
        }
    }
}
