//! `EXEC`

use rkvs_tests::{Server, expect::*, script};

#[test]
fn answers_each_request_in_turn() {
    script! {
        "MULTI" => ok(),
        "SET k v" => simple("QUEUED"),
        "HSET h f v" => simple("QUEUED"),
        "GET k" => simple("QUEUED"),
        "GET none" => simple("QUEUED"),
        "HGETALL h" => simple("QUEUED"),
        "EXEC" => array([ok(), int(1), bulk("v"), nil(), map([("f", "v")])]),
        "MULTI" => ok(),
        "EXEC" => array([]),
        "EXEC" => error("ERR EXEC without MULTI"),
    }
}

#[test]
fn an_error_while_running_stops_nothing() {
    script! {
        "SET s x" => ok(),
        "MULTI" => ok(),
        "INCR s" => simple("QUEUED"),
        "HGET s f" => simple("QUEUED"),
        "SET s y" => simple("QUEUED"),
        "EXEC" => array([error("ERR value is not an integer or out of range"), wrong_type(), ok()]),
        "GET s" => bulk("y"),
    }
}

#[test]
fn an_error_while_queueing_discards_everything() {
    const ABORTED: &str = "EXECABORT Transaction discarded because of previous errors.";
    script! {
        "MULTI" => ok(),
        "SET k v" => simple("QUEUED"),
        "NOSUCH" => error("ERR unknown command 'NOSUCH', with args beginning with: "),
        "EXEC" => error(ABORTED),
        "GET k" => nil(),
        "MULTI" => ok(),
        "SET k v" => simple("QUEUED"),
        "SET k" => wrong_arity("set"),
        "SET k w" => simple("QUEUED"),
        "EXEC" => error(ABORTED),
        "GET k" => nil(),
    }
}

#[test]
fn a_refused_exec_ends_the_transaction() {
    const REFUSED: &str = "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command";
    script! {
        "EXEC now" => error(REFUSED),
        "MULTI" => ok(),
        "SET k v" => simple("QUEUED"),
        "EXEC now" => error(REFUSED),
        "EXEC" => error("ERR EXEC without MULTI"),
        "GET k" => nil(),
    }
}

#[test]
fn the_selected_database_may_change_inside() {
    script! {
        "MULTI" => ok(),
        "SET k zero" => simple("QUEUED"),
        "SELECT 1" => simple("QUEUED"),
        "SET k one" => simple("QUEUED"),
        "EXEC" => array([ok(), ok(), ok()]),
        "GET k" => bulk("one"),
        "SELECT 0" => ok(),
        "GET k" => bulk("zero"),
    }
}

/// Two transactions that move an amount between two keys never let anyone see the sum change.
#[test]
fn nobody_sees_half_a_transaction() {
    let server = Server::rkvs();
    server.client().line("MSET a 500 b 500");
    std::thread::scope(|scope| {
        for (from, to) in [("a", "b"), ("b", "a")] {
            let mut client = server.client();
            scope.spawn(move || {
                for _ in 0..300 {
                    let lines = ["MULTI".into(), format!("DECR {from}"), format!("INCR {to}"), "EXEC".into()];
                    client.pipeline(&lines.map(|line| rkvs_tests::line::split(&line)));
                }
            });
        }
        let mut reader = server.client();
        scope.spawn(move || {
            for _ in 0..600 {
                let reply = reader.line("MGET a b");
                let amounts: Vec<i64> =
                    reply.items().expect("two values").iter().filter_map(|value| value.text()?.parse().ok()).collect();
                assert_eq!(amounts.iter().sum::<i64>(), 1_000, "{reply:?}");
            }
        });
    });
}
