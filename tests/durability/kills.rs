//! Kills at random moments under load, with a save point of one second (D3).

use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rkvs_tests::{Client, Server, skip};

use crate::{Random, assert_ok, folder, times};

/// Servers at a time: mostly they wait for their save points.
const LANES: usize = 10;
const KILLS: usize = 50;

/// A save point of one second is reached when that second is over, which is seen in the next.
const SAVE_INTERVAL: Duration = Duration::from_secs(2);
/// What saving so little takes at most on a busy machine, and seeing that it is due.
const SAVE_MAX: Duration = Duration::from_secs(3);
/// Longest life of a server.
const LIFE_MAX_MS: usize = 4_500;

/// A writer's number and when it was acknowledged.
type Acknowledged = (u64, Instant);

/// Writes rising numbers to several keys until it is killed; returns which were acknowledged, and the last that a save which began
/// afterwards has confirmed.
fn live(server: Server, from: u64, life: Duration) -> (Vec<Acknowledged>, u64) {
    let end = Instant::now() + life;
    let (mut client, mut observer) = (server.client(), server.client());
    let mut acknowledged = Vec::new();
    // Numbers acknowledged when so many saves had succeeded.
    let mut seen: Vec<(u64, u64)> = Vec::new();
    for number in from.. {
        let pair: Vec<String> = (0..8).flat_map(|key| [format!("key:{key}"), number.to_string()]).collect();
        let request: Vec<String> = std::iter::once("MSET".to_owned()).chain(pair).collect();
        assert_ok(&client.cmd(&request));
        acknowledged.push((number, Instant::now()));
        if number % 16 == 0 {
            let saves = crate::info(&mut observer, "rdb_saves").parse().unwrap();
            if seen.last().is_none_or(|(before, _)| *before < saves) {
                seen.push((saves, number));
            }
        }
        if Instant::now() >= end {
            break;
        }
    }
    server.kill();
    // Of two saves since, the second began after the number was there.
    let last = seen.last().map_or(0, |(saves, _)| *saves);
    let confirmed = seen.iter().filter(|(saves, _)| saves + 2 <= last).map(|(_, number)| *number).max();
    (acknowledged, confirmed.unwrap_or(0))
}

fn loaded(client: &mut Client) -> u64 {
    let reply = client.line("MGET key:0 key:1 key:2 key:3 key:4 key:5 key:6 key:7");
    let items = reply.items().unwrap();
    assert!(items.iter().all(|item| *item == items[0]), "half of an MSET was saved: {reply:?}");
    items[0].text().map_or(0, |text| text.parse().unwrap())
}

/// Kills and restarts a server, and returns how old the data was in the worst case.
fn lane(dir: &Path, random: &mut Random, kills: usize) -> Duration {
    let (mut number, mut worst) = (0, Duration::ZERO);
    for _ in 0..kills {
        let server = Server::rkvs_in(dir, &["--save", "1 1"]);
        let began = Instant::now();
        assert!(loaded(&mut server.client()) >= number, "what was there is gone");
        let life = Duration::from_millis(random.below(LIFE_MAX_MS) as u64);
        let (acknowledged, confirmed) = live(server, number + 1, life);
        let killed = Instant::now();
        let after = Server::rkvs_in(dir, &[]);
        let found = loaded(&mut after.client());
        after.kill();
        assert!(found >= confirmed, "{confirmed} was confirmed by two saves, {found} is there");
        assert!(found >= number, "what was there is gone");
        let lost = acknowledged.iter().find(|(number, _)| *number > found);
        let age = lost.map_or(Duration::ZERO, |(_, at)| killed.duration_since((*at).max(began)));
        assert!(age <= SAVE_INTERVAL + SAVE_MAX, "the data is {age:?} old");
        worst = worst.max(age);
        number = found;
    }
    worst
}

#[test]
fn after_a_kill_at_any_moment_the_last_save_loads_and_is_not_old() {
    let worst = Mutex::new(Duration::ZERO);
    thread::scope(|scope| {
        for index in 0..LANES {
            let worst = &worst;
            scope.spawn(move || {
                let dir = folder();
                let lane_worst = lane(dir.path(), &mut Random(index as u64), times(KILLS) / LANES);
                let mut worst = worst.lock().unwrap();
                *worst = (*worst).max(lane_worst);
            });
        }
    });
    skip::note(&format!("{} kills: data at most {:?} old", times(KILLS), worst.into_inner().unwrap()));
}
