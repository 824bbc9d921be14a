use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use super::*;
use crate::output::Format;
use crate::state::msg::Msg;
use crate::state::sample::Sample;
use crate::state::update::update;
use crate::state::{Options, Overlay};
use crate::testing::picture;

fn command(name: &str, calls: u64, usec: u64, failed: u64) -> Command {
    let percentiles = [("p50", 2.0), ("p99", 30.0), ("p99.9", 400.0)];
    let latency_usec = percentiles.into_iter().map(|(name, usec)| (name.to_owned(), usec)).collect();
    Command { name: name.into(), calls, usec, failed, latency_usec, ..Command::default() }
}

fn app(width: u16, height: u16) -> App {
    let mut app = App::new(Options { tab: Tab::Commands, ..Options::default() }, Size::new(width, height));
    for (at_ms, commands) in [
        (1_000, vec![command("get", 100, 500, 0), command("set", 100, 1_000, 0), command("keys", 1, 90_000, 0)]),
        (2_000, vec![command("get", 300, 900, 2), command("set", 200, 2_600, 0), command("keys", 1, 90_000, 0)]),
    ] {
        let sample = Sample { at_ms, commands: Some(Arc::new(commands)), ..Sample::default() };
        update(&mut app, Msg::Sample(Box::new(sample)), at_ms);
    }
    app
}

fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    let now_ms = app.now_ms;
    update(app, Msg::Key(KeyEvent::from(code)), now_ms)
}

fn names(app: &App) -> Vec<&str> {
    app.list_of(Tab::Commands).rows.iter().map(|row| row.id.as_str().unwrap()).collect()
}

#[test]
fn numbers_are_those_since_the_poll_before() {
    let app = app(120, 40);
    let total = Total::of(&app, listed(&app));
    let of = |index: usize| Figures::of(&app, &listed(&app)[index], total);
    let (get, keys) = (of(0), of(2));
    assert_eq!((get.calls, get.mean, get.failed, get.share), (Some(200.0), Some(2.0), Some(2.0), Some(0.2)));
    // What was not called has its average since the start.
    assert_eq!((keys.calls, keys.mean, keys.is_mean_live, keys.share), (Some(0.0), Some(90_000.0), false, Some(0.0)));
}

#[test]
fn after_the_first_poll_shares_are_those_since_the_start() {
    let mut app = App::new(Options::default(), Size::new(80, 24));
    let commands = vec![command("a", 1, 300, 0), command("b", 1, 100, 0)];
    let sample = Sample { at_ms: 1_000, commands: Some(Arc::new(commands)), ..Sample::default() };
    update(&mut app, Msg::Sample(Box::new(sample)), 1_000);
    let figures = Figures::of(&app, &listed(&app)[0], Total::of(&app, listed(&app)));
    assert_eq!((figures.calls, figures.share), (None, Some(0.75)));
}

#[test]
fn rows_are_sorted_by_time_at_first_and_by_any_column() {
    let mut app = app(120, 40);
    assert_eq!(names(&app), ["set", "get", "keys"]);
    press(&mut app, KeyCode::Char('s'));
    assert_eq!(names(&app), ["get", "keys", "set"]);
    press(&mut app, KeyCode::Char('r'));
    assert_eq!(names(&app), ["set", "keys", "get"]);
    press(&mut app, KeyCode::Char('s'));
    assert_eq!(names(&app), ["get", "set", "keys"], "by calls");
    press(&mut app, KeyCode::Char('s'));
    assert_eq!(names(&app), ["keys", "set", "get"], "by average");
}

#[test]
fn every_sort_has_its_column() {
    for (sort, column) in SORTS.iter().enumerate() {
        assert_eq!(sort_of(column_of(sort)), sort);
        let titles = format!("{:?}", TABLE[column_of(sort)]);
        assert!(titles.contains(&format!("{:?}", column.title)), "{titles}");
    }
}

#[test]
fn a_click_on_a_heading_sorts() {
    let mut app = app(120, 40);
    let heading = picture(&app);
    let (row, line) = heading.lines().enumerate().find(|(_, line)| line.contains("calls/s")).unwrap();
    // The backend writes a quotation mark before each line.
    let column = line.chars().collect::<String>().split("calls/s").next().unwrap().chars().count() - 1;
    let kind = MouseEventKind::Down(MouseButton::Left);
    let event = MouseEvent { kind, column: column as u16, row: row as u16, modifiers: KeyModifiers::NONE };
    update(&mut app, Msg::Mouse(event), 2_000);
    assert_eq!(names(&app), ["get", "set", "keys"]);
}

#[test]
fn the_filter_is_by_name() {
    let mut app = app(120, 40);
    for key in "/!et".chars() {
        press(&mut app, KeyCode::Char(key));
    }
    assert_eq!(names(&app), ["keys"]);
    press(&mut app, KeyCode::Enter);
    let shown = picture(&app);
    assert!(shown.contains("1 of 3 commands") && shown.contains("filter !et"), "{shown}");
}

#[test]
fn any_column_can_be_filtered_by() {
    let mut app = app(120, 40);
    for (filter, shown) in
        [("calls/s=0", vec!["keys"]), ("calls/s=100", vec!["set"]), ("%time=80.0", vec!["set"]), ("avg=9", vec![])]
    {
        crate::testing::press(&mut app, &format!("/⌫{filter}⏎"));
        assert_eq!(names(&app), shown, "{filter}");
    }
}

#[test]
fn that_bars_are_logarithmic_is_said() {
    let mut app = app(120, 40);
    assert!(picture(&app).contains("since start, bars: log"), "{}", picture(&app));
    press(&mut app, KeyCode::Enter);
    assert!(picture(&app).contains("bars: log"), "{}", picture(&app));
}

#[test]
fn details_follow_the_selection_and_v_goes_on_to_the_next_chart() {
    let mut app = app(60, 16);
    press(&mut app, KeyCode::Home);
    press(&mut app, KeyCode::Enter);
    let shown = picture(&app);
    assert!(
        shown.contains("80.0 % of command time") && shown.contains("p99.9") && shown.contains("calls/s, 5m"),
        "{shown}"
    );
    press(&mut app, KeyCode::Down);
    assert!(picture(&app).contains("20.0 % of command time"));
    press(&mut app, KeyCode::Char('v'));
    assert!(picture(&app).contains("mean latency, 5m"));
    press(&mut app, KeyCode::Esc);
    assert!(picture(&app).contains("3 commands"));
}

#[test]
fn zoom_goes_through_the_panels() {
    let mut app = app(120, 40);
    press(&mut app, KeyCode::Home);
    press(&mut app, KeyCode::Char('z'));
    assert!(!picture(&app).contains("set: latency"));
    press(&mut app, KeyCode::Right);
    let shown = picture(&app);
    assert!(shown.contains("set: latency") && !shown.contains("3 commands"), "{shown}");
    press(&mut app, KeyCode::Right);
    assert!(picture(&app).contains("set: calls/s"));
    press(&mut app, KeyCode::Down);
    assert!(picture(&app).contains("get: calls/s"));
    press(&mut app, KeyCode::Right);
    assert!(picture(&app).contains("3 commands"));
}

#[test]
fn statistics_are_reset_after_a_question() {
    let mut app = app(120, 40);
    press(&mut app, KeyCode::Char('C'));
    assert!(matches!(app.overlays.as_slice(), [Overlay::Dialog(_)]));
    assert!(press(&mut app, KeyCode::Enter).is_empty(), "Cancel has the focus");
    press(&mut app, KeyCode::Char('C'));
    press(&mut app, KeyCode::Tab);
    let effects = press(&mut app, KeyCode::Enter);
    let [Effect::Run(request)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(request.commands, [[b"CONFIG".to_vec(), b"RESETSTAT".to_vec()]]);
    assert!(request.is_change);
}

#[test]
fn rows_are_exported_as_they_are_shown() {
    let mut app = app(120, 40);
    app.list_of_mut(Tab::Commands).sort_by(1);
    update(&mut app, Msg::Tick, 2_000);
    let (extension, contents) = Commands.export(&app, Format::Csv).unwrap();
    let lines: Vec<&str> = contents.lines().collect();
    assert_eq!(extension, "csv");
    assert!(lines[0].starts_with("at_ms,name,calls_per_second,"), "{contents}");
    assert!(lines[1].starts_with("2000,get,200,300,"), "{contents}");
    assert_eq!(lines.len(), 4);
}
