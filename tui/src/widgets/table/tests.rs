use std::cell::Cell as Counter;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ratatui::style::Modifier;

use super::super::testing::*;
use super::*;
use crate::format;

const COLUMNS: &[Column<'_>] = &[
    Column::new("NAME", 10).up_to(32),
    Column::new("KEYS", 6).right(),
    Column::new("TTL%", 4).right().priority(6),
    Column::new("MEM", 6).right(),
    Column::new("LIMIT", 6).right().priority(4),
    Column::new("USE%", 5).right().priority(2),
    Column::new("OPS/S", 6).right(),
    Column::new("HIT%", 5).right().priority(3),
    Column::new("EVICT/S", 7).right().priority(5),
    Column::new("SHARDS", 6).right().priority(7),
];

fn table(rows: usize, selected: Option<usize>) -> Table<'static> {
    Table {
        columns: COLUMNS,
        rows,
        selected,
        offset: 0,
        sort: Some(Sort { column: 6, descending: true }),
        focused: true,
        empty: "no namespace matches",
    }
}

fn cells(index: usize) -> Vec<Cell<'static>> {
    let names = [
        "sessions",
        "api-cache",
        "jobs",
        "数据缓存🦀",
        "a-name-that-is-much-too-long-to-be-shown-whole",
        r"evil\x1b[2J",
    ];
    let size = 1 << (8 + index % 24);
    let used = (37 * index % 101) as f64 / 100.0;
    vec![
        names[index % names.len()].into(),
        format::count(size * 7).into(),
        "99".into(),
        format::bytes(size * 300).into(),
        if index.is_multiple_of(3) { Cell::new("-", Role::Dim) } else { "8.0G".into() },
        Cell::new(format::percent_number(used), Role::of_level(used, 0.75, 0.9)),
        format::rate(92_100.0 / (index + 1) as f64).into(),
        "98.2".into(),
        "0".into(),
        "64".into(),
    ]
}

fn draw(table: Table<'static>, theme: Theme) -> impl FnOnce(Rect, &mut Buffer) {
    move |area, buffer| table.draw(area, buffer, theme, cells)
}

#[test]
fn columns_give_way_by_priority() {
    insta::assert_snapshot!("table_wide", picture(100, 8, draw(table(6, Some(1)), UNICODE)));
    insta::assert_snapshot!("table_60", picture(60, 8, draw(table(40, Some(20)), UNICODE)));
    insta::assert_snapshot!("table_40", picture(40, 6, draw(table(40, Some(39)), UNICODE)));
    insta::assert_snapshot!("table_20", picture(20, 4, draw(table(3, Some(0)), UNICODE)));
    insta::assert_snapshot!("table_ascii", picture(80, 6, draw(table(40, Some(2)), ASCII)));
    insta::assert_snapshot!("table_empty", picture(60, 6, draw(table(0, None), UNICODE)));
}

#[test]
fn the_selected_row_is_marked_and_highlighted() {
    for theme in [UNICODE, ASCII] {
        let buffer = buffer(60, 6, draw(table(5, Some(2)), theme));
        assert_eq!(buffer[(0, 3)].symbol(), theme.symbols().selection);
        let style = theme.style(Role::Selected);
        assert!(
            buffer[(5, 3)].bg == style.bg.unwrap_or_default() && buffer[(5, 3)].modifier.contains(style.add_modifier)
        );
        assert_ne!(buffer[(5, 3)].style(), buffer[(5, 2)].style());
    }
    let idle = buffer(60, 6, draw(Table { focused: false, ..table(5, Some(2)) }, UNICODE));
    assert!(idle[(5, 3)].modifier.contains(Modifier::BOLD) && idle[(0, 3)].symbol() == "▸");
}

#[test]
fn what_warns_has_a_colour_and_a_mark() {
    // 37 * 5 % 101 = 84 %, 37 * 19 % 101 = 97 %.
    let at = |index| buffer(100, 2, |area, buffer| table(1, None).draw(area, buffer, UNICODE, |_| cells(index)));
    for (index, text, role) in [(5, "84.0!", Role::Warn), (19, "97.0!", Role::Bad), (1, "37.0 ", Role::Text)] {
        let buffer = at(index);
        let x = column_of(&buffer, 1, text);
        assert_eq!(buffer[(x, 1)].fg, UNICODE.style(role).fg.unwrap_or_default(), "{text}");
    }
}

#[test]
fn only_rows_that_show_are_asked_for() {
    let asked = Counter::new(0);
    let table = Table { offset: 5_000, ..table(10_000, Some(5_010)) };
    buffer(100, 31, |area, buffer| {
        table.draw(area, buffer, UNICODE, |index| {
            assert!((5_000..5_030).contains(&index));
            asked.set(asked.get() + 1);
            cells(index)
        });
    });
    assert_eq!(asked.get(), 30);
}

#[test]
fn the_offset_follows_the_selection() {
    for (offset, selected, rows, page, expected) in [
        (0, Some(0), 100, 10, 0),
        (0, Some(9), 100, 10, 0),
        (0, Some(10), 100, 10, 1),
        (50, Some(40), 100, 10, 40),
        (50, None, 100, 10, 50),
        (99, None, 100, 10, 90),
        (5, Some(2), 3, 10, 0),
        (5, Some(700), 8, 4, 4),
        (5, Some(7), 0, 4, 0),
        (5, Some(7), 10, 0, 5),
    ] {
        assert_eq!(visible_offset(offset, selected, rows, page), expected, "{offset} {selected:?} {rows} {page}");
    }
}

#[test]
fn the_mouse_hits_what_was_drawn() {
    let area = Rect::new(3, 2, 60, 8);
    let table = Table { offset: 10, ..table(40, Some(12)) };
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 20));
    table.draw(area, &mut buffer, UNICODE, cells);
    let x = column_of(&buffer, 2, "OPS/S");
    assert_eq!(table.hit(area, Position::new(x, 2)), Some(TableHit::Column(6)));
    assert_eq!(table.hit(area, Position::new(column_of(&buffer, 2, "NAME"), 2)), Some(TableHit::Column(0)));
    let y = (0..20).find(|&y| buffer[(3, y)].symbol() == "▸").unwrap();
    assert_eq!(table.hit(area, Position::new(20, y)), Some(TableHit::Row(12)));
    assert_eq!(table.hit(area, Position::new(2, 5)), None);
    let short = Table { rows: 2, ..table };
    assert_eq!(short.hit(area, Position::new(20, 5)), None);
}

#[test]
fn the_scrollbar_touches_an_end_only_there() {
    let bar = |offset| {
        let buffer = buffer(40, 11, draw(Table { offset, ..table(1000, None) }, ASCII));
        (1..11).map(|y| buffer[(39, y)].symbol().to_owned()).collect::<String>()
    };
    assert_eq!(bar(0), "#|||||||||");
    assert_eq!(bar(1), "|#||||||||");
    assert_eq!(bar(989), "||||||||#|");
    assert_eq!(bar(990), "|||||||||#");
}

/// The claim of the module, with room for slow machines: the cost does not grow with the rows. `cargo test --release -p rkvs-tui
/// ten_thousand -- --nocapture` measures.
#[test]
fn ten_thousand_rows_draw_in_a_blink() {
    let area = Rect::new(0, 0, 120, 40);
    let mut buffer = Buffer::empty(area);
    let table = Table { offset: 4_990, ..table(10_000, Some(5_000)) };
    let mut best = Duration::MAX;
    for _ in 0..50 {
        let start = Instant::now();
        table.draw(area, &mut buffer, UNICODE, cells);
        best = best.min(start.elapsed());
    }
    eprintln!("120 x 40 of 10,000 rows: {best:?}");
    assert!(best < Duration::from_millis(20), "{best:?}");
}

proptest! {
    #[test]
    fn draws_anywhere(
        area in any_area(), theme in any_theme(), rows in 0_usize..200, selected in prop::option::of(0_usize..300),
        offset in prop_oneof![0_usize..300, Just(usize::MAX)], texts in prop::collection::vec(any_text(), 0..12),
        x in 0_u16..100, y in 0_u16..40,
    ) {
        let table = Table { rows, selected, offset, ..table(0, None) };
        draw_inside(area, |area, buffer| {
            table.draw(area, buffer, theme, |_| texts.iter().map(|text| Cell::new(text.as_str(), Role::Bad)).collect());
        });
        if let Some(TableHit::Row(index)) = table.hit(area, Position::new(x, y)) {
            prop_assert!(table.visible(area).contains(&index));
        }
        if let Some(selected) = selected.filter(|&selected| selected < rows && Table::page(area) > 0) {
            prop_assert!(table.visible(area).contains(&selected));
        }
    }
}
