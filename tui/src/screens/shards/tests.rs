use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use super::*;
use crate::state::Options;
use crate::state::msg::Msg;
use crate::state::sample::{Info, Sample, Server};
use crate::state::update::update;
use crate::testing::{picture, press};

fn sample(at_ms: u64, keys_moved: Option<u64>) -> Sample {
    let shard =
        |shard| Shard { shard, keys: 10 + shard, used_bytes: 1_000, lock_waits: shard * at_ms / 500, expires: 0 };
    let resize = keys_moved.map(|keys_moved| Resize {
        state: "moving".into(),
        shards: 4,
        target: 8,
        keys_moved,
        keys_total: 100,
        ..Resize::default()
    });
    let namespace = |name: &str, keys, resize| Namespace {
        keys: Some(keys),
        shards: Some(4),
        db: Some(1),
        polled_at_ms: at_ms,
        resize,
        ..Namespace::named(name.into())
    };
    Sample {
        at_ms,
        server: Server { address: "h:1".into(), rkvs_version: Some("0.4.0".into()), redis_version: None },
        info: Arc::new(Info::parse("run_id:1\r\n")),
        namespaces: Some(Arc::new(vec![namespace("b", 0, None), namespace("a", 46, resize.clone())])),
        shards: Some(Arc::new(SampleShards { namespace: "a".into(), shards: (0..4).map(shard).collect(), resize })),
        ..Sample::default()
    }
}

fn app() -> App {
    let mut app = App::new(Options { tab: Tab::Shards, ..Options::default() }, Size::new(120, 40));
    for at_ms in [1_000, 2_000] {
        update(&mut app, Msg::Sample(Box::new(sample(at_ms, None))), at_ms);
    }
    app
}

#[test]
fn the_first_namespace_with_keys_is_shown() {
    let app = app();
    let picture = picture(&app);
    assert!(picture.contains("namespace a   shards 4   keys 46   skew 1.13"), "{picture}");
    assert!(picture.contains("min 10  avg 12  max 13"), "{picture}");
}

#[test]
fn bars_show_keys_memory_or_waits() {
    let mut app = app();
    for title in ["keys per shard", "memory per shard", "lock waits per shard", "keys per shard"] {
        assert!(picture(&app).contains(title), "{title}");
        press(&mut app, "v");
    }
    app.list_of_mut(Tab::Shards).view = 2;
    assert!(picture(&app).contains("max 6.0/s"), "{}", picture(&app));
}

#[test]
fn the_border_tells_what_it_has_room_for_and_what_bars_mean() {
    let values = [10.0, 20.0, 30.0];
    let told = [80, 43, 42, 34, 26, 20].map(|width| spread(View::Keys, &values, width));
    assert_eq!(told, ["min 10  avg 20  max 30", "avg 20  max 30", "avg 20  max 30", "max 30", "", ""]);
    assert_eq!(spread(View::Keys, &[], 80), "");
    let area = Rect::new(0, 0, 40, 10);
    assert_eq!(legend(40, area, Theme::default()), "");
    assert_eq!(legend(100, area, Theme::default()), "3 shards a column: █ mean  ░ highest");
}

#[test]
fn a_namespace_is_chosen_from_a_list() {
    let mut app = app();
    press(&mut app, "n");
    assert!(picture(&app).contains("choose a namespace"));
    assert_eq!(app.list().selected, Some("a".into()));
    press(&mut app, "j");
    let effects = press(&mut app, "⏎");
    assert_eq!(app.namespace.as_deref(), Some("b"));
    assert!(matches!(&effects[..], [Effect::SetWants(wants)] if wants.shards_of.as_deref() == Some("b")));
    assert!(picture(&app).contains("waiting for the server"), "the shards there are are another's");
    press(&mut app, "n/a⏎⏎");
    assert_eq!(app.namespace.as_deref(), Some("a"));
    press(&mut app, "n⎋");
    assert_eq!((app.namespace.as_deref(), app.list().rows.len()), (Some("a"), 4));
}

#[test]
fn the_chooser_writes_and_orders_as_namespaces_does() {
    let mut app = app();
    let mut sample = sample(3_000, None);
    let namespace = |name: &str| Namespace { shards: Some(4_096), keys: Some(1), ..Namespace::named(name.into()) };
    sample.namespaces = Some(Arc::new(["2", "10", "1"].map(namespace).to_vec()));
    update(&mut app, Msg::Sample(Box::new(sample)), 3_000);
    press(&mut app, "nss");
    let shown: Vec<_> = app.list().rows.iter().filter_map(|row| row.id.as_str()).collect();
    assert_eq!(shown, ["1", "2", "10"]);
    assert!(picture(&app).contains(" 4096 "), "{}", picture(&app));
    press(&mut app, "/shards=4096⏎");
    assert_eq!(app.list().rows.len(), 3);
    assert_eq!(Shards.copy(&app), Some("1".into()));
}

#[test]
fn shards_that_were_not_read_are_not_none() {
    let mut app = App::new(Options { tab: Tab::Shards, ..Options::default() }, Size::new(120, 40));
    update(&mut app, Msg::Sample(Box::new(Sample { shards: None, ..sample(1_000, None) })), 1_000);
    assert!(picture(&app).contains("shards ─") && !picture(&app).contains(" 0 ─"), "{}", picture(&app));
}

#[test]
fn a_copied_shard_has_names() {
    let app = app();
    assert_eq!(Shards.copy(&app).unwrap(), "namespace=a shard=0 keys=10 expires=0 used_bytes=1000 lock_waits=0");
}

#[test]
fn the_dialog_of_a_resize_tells_the_newest_number() {
    let mut app = app();
    press(&mut app, "R");
    assert!(picture(&app).contains("4 shards, 46 keys"), "{}", picture(&app));
    let mut sample = sample(3_000, None);
    let namespace = Namespace { shards: Some(64), keys: Some(46), ..Namespace::named("a".into()) };
    sample.namespaces = Some(Arc::new(vec![namespace]));
    update(&mut app, Msg::Sample(Box::new(sample)), 3_000);
    assert!(picture(&app).contains("64 shards, 46 keys"), "{}", picture(&app));
}

#[test]
fn a_resize_is_followed_and_cancelled() {
    let mut app = app();
    let sent = |effects: &[Effect]| matches!(effects, [Effect::Run(request)] if request.is_change);
    assert!(sent(&press(&mut app, "R⏎⇥⏎")));
    press(&mut app, "c");
    assert!(app.overlays.is_empty());
    for (at_ms, keys_moved) in [(3_000, 20), (4_000, 40)] {
        update(&mut app, Msg::Sample(Box::new(sample(at_ms, Some(keys_moved)))), at_ms);
    }
    let picture = picture(&app);
    assert!(picture.contains("resize 4 → 8") && picture.contains("40.0 %"), "{picture}");
    assert!(picture.contains("eta 3 s  moved 40 of 100  rate 20/s"), "{picture}");
    assert!(sent(&press(&mut app, "c⇥⏎")));
}

#[test]
fn a_click_on_a_bar_selects_its_shard_and_enter_tells_about_it() {
    let mut app = app();
    let bars = parts(&app, layout::areas(&app).body).bars_inner();
    let kind = MouseEventKind::Down(MouseButton::Left);
    let (column, row) = (bars.x + bars.width / 4 * 2, bars.y + 1);
    // Bars are at most six columns wide, with a gap: the third begins at the fifteenth.
    let column = column.min(bars.x + 15);
    let event = MouseEvent { kind, column, row, modifiers: crossterm::event::KeyModifiers::NONE };
    update(&mut app, Msg::Mouse(event), 2_000);
    assert_eq!(app.list().selected, Some(2.into()));
    press(&mut app, "⏎");
    let picture = picture(&app);
    assert!(picture.contains("Shard 2 of a") && picture.contains("12 (26.1 % of all)"), "{picture}");
}

#[test]
fn a_resize_that_is_taken_back_tells_where_to() {
    let mut sample = sample(1_000, Some(40));
    let namespaces = Arc::make_mut(sample.namespaces.as_mut().unwrap());
    for resize in namespaces.iter_mut().filter_map(|namespace| namespace.resize.as_mut()) {
        (resize.state, resize.target) = ("cancelling".into(), 4);
    }
    let mut shards = (**sample.shards.as_ref().unwrap()).clone();
    shards.resize = namespaces.iter().find_map(|namespace| namespace.resize.clone());
    sample.shards = Some(Arc::new(shards));
    let mut app = App::new(Options { tab: Tab::Shards, ..Options::default() }, Size::new(120, 40));
    update(&mut app, Msg::Sample(Box::new(sample)), 1_000);
    assert!(picture(&app).contains("resize cancelling, back to 4"), "{}", picture(&app));
}
