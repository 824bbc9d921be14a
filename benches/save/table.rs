//! Results as Markdown.

use std::fmt::Write;

use rkvs_benches::results::Results;

use crate::figures::{METRICS, ServerFigures};

/// Draws the medians beside each other, then every round.
pub(crate) fn draw(results: &Results<ServerFigures>) -> String {
    let mut text = results.head();
    text.push_str(
        "\nMedians of the rounds. In brackets the first column over this one: below 1 the first one takes less. Latencies \
         count from the time a request was due; *saving* are requests due while a save ran; memory is of the process and \
         its children.\n\n",
    );
    header(&mut text, results.cells.iter().map(|figures| figures.name.clone()));
    for metric in &METRICS {
        let _ = write!(text, "| {} |", metric.label);
        for (index, figures) in results.cells.iter().enumerate() {
            let _ = write!(text, " {}", metric.unit.text(figures.medians[metric.name]));
            if let (1.., Some(ratio)) = (index, figures.ratios[metric.name]) {
                let _ = write!(text, " (**{ratio:.2}**)");
            }
            text.push_str(" |");
        }
        text.push('\n');
    }
    text.push_str("\nAll rounds:\n\n");
    let columns = results
        .cells
        .iter()
        .flat_map(|figures| (1..=figures.rounds.len()).map(|number| format!("{} {number}", figures.name)));
    header(&mut text, columns);
    let rounds = || results.cells.iter().flat_map(|figures| &figures.rounds);
    for metric in &METRICS {
        let _ = write!(text, "| {} |", metric.label);
        for round in rounds() {
            let _ = write!(text, " {} |", metric.unit.text((metric.figure)(round)));
        }
        text.push('\n');
    }
    let _ = write!(text, "| requests while saving, in saves |");
    for round in rounds() {
        let _ = write!(text, " {} in {} |", round.saving.requests, round.saves_loaded_ms.len());
    }
    let _ = write!(text, "\n| generator late p99.9, whole run |");
    for round in rounds() {
        let _ = write!(text, " {:.0} µs |", round.lag_us_p999);
    }
    text.push('\n');
    let unsent: u64 = rounds().map(|round| round.unsent).sum();
    if unsent > 0 {
        let _ = writeln!(text, "\n{unsent} requests were due but could not be sent: the rate is too high.");
    }
    text
}

fn header(text: &mut String, columns: impl Iterator<Item = String>) {
    let mut count = 1;
    text.push_str("| |");
    for column in columns {
        let _ = write!(text, " {column} |");
        count += 1;
    }
    let _ = writeln!(text, "\n|{}", "---|".repeat(count));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::round;

    #[test]
    fn medians_come_first_and_every_round_is_there() {
        let ours = vec![round(5.0, 1 << 20), round(7.0, 3 << 20)];
        let theirs = vec![round(12.0, 8 << 20), round(12_000.0, 8 << 20)];
        let mut results = Results::begin("save", "Two rounds.".to_owned(), Vec::new(), None).unwrap();
        results.cells =
            vec![ServerFigures::new("ours", ours.clone(), &ours), ServerFigures::new("theirs", theirs, &ours)];
        let text = draw(&results);
        assert!(text.contains("\n| | ours | theirs |\n|---|---|---|\n"), "{text}");
        assert!(text.contains("\n| extra while saving | 2.0 MiB | 8.0 MiB (**0.25**) |\n"), "{text}");
        assert!(text.contains("\n| | ours 1 | ours 2 | theirs 1 | theirs 2 |\n"), "{text}");
        assert!(text.contains("\n| load | 5 ms | 7 ms | 12 ms | 12.00 s |\n"), "{text}");
        assert!(!text.contains("could not be sent"));
    }
}
