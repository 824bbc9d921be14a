//! Results as charts: a file per family, a panel per fixed set of parameters, a line per cache.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::figures::{Results, Scenario};

/// Size of one panel in pixels, and panels in a row.
const PANEL: (u32, u32) = (380, 260);
const PANELS_WIDE: usize = 4;
/// The older crate, us.
const COLOURS: [RGBColor; 2] = [RGBColor(150, 150, 150), RGBColor(200, 60, 20)];

/// Draws all charts into a folder.
pub(crate) fn draw(results: &Results, folder: &Path) -> Result<(), Box<dyn Error>> {
    for chart in distinct(results.scenarios.iter().map(|scenario| scenario.chart.as_str())) {
        let scenarios: Vec<&Scenario> = results.scenarios.iter().filter(|scenario| scenario.chart == chart).collect();
        let file = folder.join(format!("{}-{chart}.svg", results.date));
        let note = format!("{chart}: median ns per item. {}", results.machine.note());
        draw_chart(&file, &note, &scenarios)?;
    }
    Ok(())
}

fn draw_chart(file: &Path, note: &str, scenarios: &[&Scenario]) -> Result<(), Box<dyn Error>> {
    let panels = distinct(scenarios.iter().map(|scenario| scenario.panel.as_str()));
    let wide = panels.len().min(PANELS_WIDE);
    let high = panels.len().div_ceil(wide);
    let size = (PANEL.0 * wide as u32, PANEL.1 * high as u32 + 30);
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    let area = area.titled(note, ("sans-serif", 15))?;
    for (area, panel) in area.split_evenly((high, wide)).iter().zip(panels) {
        let points: Vec<&&Scenario> = scenarios.iter().filter(|scenario| scenario.panel == panel).collect();
        let figures = points.iter().flat_map(|scenario| &scenario.figures);
        let top = figures.map(|figures| figures.p50_item_ns).fold(1.0, f64::max) * 1.1;
        let last = points.len().saturating_sub(1) as f64;
        let mut chart = ChartBuilder::on(area)
            .caption(panel, ("sans-serif", 14))
            .margin(8)
            .x_label_area_size(32)
            .y_label_area_size(52)
            .build_cartesian_2d(-0.2..last + 0.2, 0.0..top)?;
        // Parameters double from point to point: places in a row, not numbers on a line.
        let label = |place: &f64| {
            let is_place = (place - place.round()).abs() < 0.05 && *place > -0.1;
            let point = points.get(place.round().max(0.0) as usize).filter(|_| is_place);
            point.map_or_else(String::new, |scenario| scenario.value.to_string())
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(points.len() * 2)
            .x_label_formatter(&label)
            .x_desc(points.first().map_or("", |scenario| scenario.parameter))
            .y_label_formatter(&|ns| format!("{ns:.0}"))
            .y_labels(6)
            .draw()?;
        for (index, colour) in COLOURS.iter().enumerate() {
            let line: Vec<(f64, f64)> = points
                .iter()
                .enumerate()
                .filter_map(|(place, scenario)| Some((place as f64, scenario.figures.get(index)?.p50_item_ns)))
                .collect();
            let name =
                points.first().and_then(|scenario| scenario.figures.get(index)).map_or("", |figures| figures.cache);
            chart.draw_series(line.iter().map(|&point| Circle::new(point, 3, colour.filled())))?;
            chart
                .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
                .label(name)
                .legend(|(x, y)| PathElement::new([(x, y), (x + 14, y)], colour.stroke_width(2)));
        }
        chart.configure_series_labels().background_style(WHITE.mix(0.8)).label_font(("sans-serif", 11)).draw()?;
    }
    area.present()?;
    Ok(())
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
            let figures = vec![times.figures("theirs", 1), times.figures("ours", 1)];
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
        for text in ["first", "second", "shards", "64", "theirs", "ours"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text} is missing");
        }
    }
}
