//! Results as Markdown.

use std::fmt::Write;

use rkvs_benches::results::{Results, thousands};

use crate::results::{MemoryCell, SpeedCell, SpeedFigures};

/// Draws speed: a table per data set, a row per kind of request, a column per server.
pub(crate) fn speed(results: &Results<SpeedCell>) -> String {
    let mut text = results.head();
    text.push_str("\nCPU time of the server per command, commands per second; × is CPU against the first column (above 1 is better; extremes of the rounds in brackets).\n");
    let mut data_set = None;
    for cell in &results.cells {
        if data_set != Some((cell.keys, cell.value_bytes)) {
            data_set = Some((cell.keys, cell.value_bytes));
            let _ = writeln!(text, "\n{} keys, values of {} B\n", thousands(cell.keys), cell.value_bytes);
            header(&mut text, results);
        }
        let _ = write!(text, "| {} {} |", cell.operation, pipeline_name(cell.pipeline));
        for (index, figures) in cell.servers.iter().enumerate() {
            let _ = write!(text, " {} |", speed_cell(figures, index == 0));
        }
        text.push('\n');
    }
    skipped(&mut text, results);
    text
}

fn speed_cell(figures: &SpeedFigures, is_baseline: bool) -> String {
    let SpeedFigures { cpu_ns, rate, cpu_ratio, .. } = figures;
    let absolute = format!("{:.2} µs, {:.0} k/s", cpu_ns / 1e3, rate / 1e3);
    if is_baseline {
        return absolute;
    }
    format!("{absolute}, **{:.2}×** ({:.2}-{:.2})", cpu_ratio.of_medians, cpu_ratio.low, cpu_ratio.high)
}

fn pipeline_name(pipeline: usize) -> String {
    if pipeline == 1 { "one by one".to_owned() } else { format!("pipeline {pipeline}") }
}

/// Draws memory: a row per size, a column per server.
pub(crate) fn memory(results: &Results<MemoryCell>) -> String {
    let mut text = results.head();
    text.push_str("\nBytes per entry beyond key and value: resident memory / the server's own used_memory; × is resident memory of the first column over this one's.\n\n");
    header(&mut text, results);
    let mut sizes: Vec<_> = results.cells.iter().map(size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    for wanted in sizes {
        let (keys, ttl_seconds, value_bytes) = wanted;
        let ttl = if ttl_seconds > 0 { " with time to live" } else { "" };
        let _ = write!(text, "| {} keys, {value_bytes} B{ttl} |", thousands(keys));
        let find = |name: &str| results.cells.iter().find(|cell| size(cell) == wanted && cell.server == name);
        let baseline = results.servers.first().and_then(|server| find(&server.name));
        for (index, server) in results.servers.iter().enumerate() {
            match find(&server.name) {
                None => text.push_str(" |"),
                Some(cell) => {
                    let used = cell.used_per_entry().map_or_else(|| "?".to_owned(), |bytes| format!("{bytes:.1}"));
                    let _ = write!(text, " {:.1} / {used}", cell.resident_per_entry());
                    if let (1.., Some(baseline)) = (index, baseline) {
                        let _ = write!(text, ", {:.2}×", baseline.resident_per_entry() / cell.resident_per_entry());
                    }
                    text.push_str(" |");
                }
            }
        }
        text.push('\n');
    }
    skipped(&mut text, results);
    text
}

fn size(cell: &MemoryCell) -> (u64, u64, usize) {
    (cell.keys, cell.ttl_seconds, cell.value_bytes)
}

fn header<C>(text: &mut String, results: &Results<C>) {
    text.push('|');
    for name in [""].into_iter().chain(results.servers.iter().map(|server| server.name.as_str())) {
        let _ = write!(text, " {name} |");
    }
    let _ = writeln!(text, "\n|{}", "---|".repeat(results.servers.len() + 1));
}

fn skipped<C>(text: &mut String, results: &Results<C>) {
    if !results.skipped.is_empty() {
        let _ = writeln!(text, "\nLeft out: {}.", results.skipped.join("; "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rkvs_benches::results::ServerNote;

    use crate::results::Round;

    fn results<C: serde::Serialize + serde::de::DeserializeOwned>(cells: Vec<C>) -> Results<C> {
        let note = |name: &str| ServerNote {
            name: name.to_owned(),
            version: "redis 7.0.15".to_owned(),
            command: format!("{name} --port {{port}}"),
        };
        let mut results =
            Results::begin("compare", "Five rounds.".to_owned(), vec![note("redis"), note("ours")], None).unwrap();
        results.cells = cells;
        results.skipped.push("10M keys need more memory".to_owned());
        results
    }

    #[test]
    fn speed_is_a_row_per_request_and_a_column_per_server() {
        let round = |cpu_ns| Round { cpu_ns, rate: 2e9 / cpu_ns, p50_us: 1.0, p99_us: 2.0, generator_busy: 0.5 };
        let redis = vec![round(10_000.0)];
        let figures = |name, rounds| SpeedFigures::new(name, rounds, &redis);
        let cell = SpeedCell {
            keys: 2_000_000,
            value_bytes: 64,
            operation: "GET".to_owned(),
            pipeline: 1,
            servers: vec![figures("redis", redis.clone()), figures("ours", vec![round(5_000.0)])],
        };
        let text = speed(&results(vec![cell.clone(), SpeedCell { pipeline: 64, ..cell }]));
        assert!(text.contains("2,000,000 keys, values of 64 B\n\n|  | redis | ours |\n|---|---|---|\n"), "{text}");
        let row = "10.00 µs, 200 k/s | 5.00 µs, 400 k/s, **2.00×** (2.00-2.00) |\n";
        assert!(text.contains(&format!("| GET one by one | {row}| GET pipeline 64 | {row}")), "{text}");
        assert!(text.ends_with("Left out: 10M keys need more memory.\n"));
    }

    #[test]
    fn memory_is_a_row_per_size() {
        let cell = |server: &str, resident_after| MemoryCell {
            server: server.to_owned(),
            keys: 1_000,
            key_bytes: 16,
            value_bytes: 64,
            ttl_seconds: 9,
            resident_before: 0,
            resident_after,
            used_before: Some(0),
            used_after: Some(90_000),
        };
        let text = memory(&results(vec![cell("ours", 100_000), cell("redis", 120_000)]));
        assert!(text.contains("| 1,000 keys, 64 B with time to live | 40.0 / 10.0 | 20.0 / 10.0, 2.00× |\n"), "{text}");
    }
}
