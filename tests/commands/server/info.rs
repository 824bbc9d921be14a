//! `INFO [section …]`

use super::prose;
use rkvs_tests::{Server, Value, binary, expect::*, script};

const DEFAULT: &str = "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace";
const ALL: &str = "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats \
                   Cluster Keyspace";

/// The headings of a reply, in order.
fn headings(reply: &Value) -> String {
    let text = prose(reply);
    text.lines().filter_map(|line| line.strip_prefix("# ")).collect::<Vec<_>>().join(" ")
}

#[test]
fn sections_stand_in_the_order_of_the_reference() {
    script! {
        "INFO" => satisfies("the default sections", |reply| headings(reply) == DEFAULT),
        "INFO default" => satisfies("the default sections", |reply| headings(reply) == DEFAULT),
        "INFO ALL" => satisfies("all sections", |reply| headings(reply) == ALL),
        "INFO everything no-such" => satisfies("all sections", |reply| headings(reply) == ALL),
        "INFO cpu SERVER cpu" => satisfies("two sections", |reply| headings(reply) == "Server CPU"),
        "INFO default latencystats" => satisfies("one more", |reply| headings(reply).contains("Errorstats Latencystats")),
        "INFO cluster keyspace" => satisfies("sections with an empty line between", |reply| {
            prose(reply) == "# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n"
        }),
        "INFO no-such" => satisfies("nothing", |reply| prose(reply).is_empty()),
    }
}

/// The names of the fields of a section, in order.
fn names(server: &Server, section: &str) -> Vec<String> {
    let reply = server.client().line(&format!("INFO {section}"));
    let text = reply.text().expect("a text");
    text.lines().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
}

#[test]
fn fields_of_the_reference_stand_in_its_order() {
    let ours = Server::rkvs();
    let Some(redis) = Server::redis().filter(|_| !binary::rkvs_is_the_reference()) else { return };
    const OURS_ALONE: &[&str] = &["rkvs_version", "workers", "rdb_last_bgsave_bytes"];
    // Facts about parts that are not here, or that nobody counts.
    const LEFT_OUT: &[&str] = &[
        "atomicvar_api",
        "gcc_version",
        "lazyfree_pending_objects",
        "lazyfreed_objects",
        "expired_stale_perc",
        "active_defrag_key_hits",
        "active_defrag_key_misses",
        "total_active_defrag_time",
        "current_active_defrag_time",
        "total_reads_processed",
        "total_writes_processed",
        "io_threaded_reads_processed",
        "io_threaded_writes_processed",
        "reply_buffer_shrinks",
        "reply_buffer_expands",
    ];
    for section in ["server", "clients", "memory", "persistence", "stats", "replication", "cpu", "cluster"] {
        let mine: Vec<_> =
            names(&ours, section).into_iter().filter(|name| !OURS_ALONE.contains(&name.as_str())).collect();
        let theirs: Vec<_> =
            names(&redis, section).into_iter().filter(|name| !LEFT_OUT.contains(&name.as_str())).collect();
        let unsorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        assert_eq!(unsorted(&mine), unsorted(&theirs), "{section}");
    }
}

#[test]
fn counts_are_those_of_what_was_done() {
    let has: fn(&Value, &[&str]) -> bool = |reply, lines| {
        reply.text().is_some_and(|text| lines.iter().all(|line| text.lines().any(|found| found.starts_with(line))))
    };
    for server in std::iter::once(Server::rkvs()).chain(Server::redis()) {
        let mut client = server.client();
        let mut line = |request: &str| client.line(request);
        line("CONFIG RESETSTAT");
        line("SET a 1");
        line("SET b 1 EX 1000");
        line("GET a");
        line("GET a");
        line("GET no-such");
        line("GET");
        line("HSET a f v");
        line("SELECT 3");
        line("SET c 1");
        let reply = line("INFO keyspace");
        assert!(has(&reply, &["db0:keys=2,expires=1,avg_ttl=", "db3:keys=1,expires=0,avg_ttl=0"]), "{reply:?}");
        let reply = line("INFO commandstats");
        assert!(
            has(&reply, &["cmdstat_get:calls=3,usec=", "cmdstat_set:calls=3,usec=", "cmdstat_hset:calls=1,usec="]),
            "{reply:?}"
        );
        let text = reply.text().expect("a text");
        let of = |name: &str| {
            text.lines().find(|line| line.starts_with(&format!("cmdstat_{name}:"))).expect("it was called")
        };
        assert!(of("get").ends_with(",rejected_calls=1,failed_calls=0"), "{text}");
        assert!(of("hset").ends_with(",rejected_calls=0,failed_calls=1"), "{text}");
        assert!(of("config|resetstat").contains(":calls="), "{text}");
        let reply = line("INFO errorstats");
        assert!(has(&reply, &["errorstat_ERR:count=1", "errorstat_WRONGTYPE:count=1"]), "{reply:?}");
        let reply = line("INFO stats");
        assert!(has(&reply, &["keyspace_hits:2", "keyspace_misses:1", "total_error_replies:2"]), "{reply:?}");
        let reply = line("INFO latencystats");
        assert!(has(&reply, &["latency_percentiles_usec_get:p50="]), "{reply:?}");
        line("CONFIG SET latency-tracking-info-percentiles '12.5 100'");
        let reply = line("INFO latencystats");
        assert!(reply.text().is_some_and(|text| text.contains("_get:p12.5=") && text.contains(",p100=")), "{reply:?}");
    }
}

#[test]
fn it_may_be_asked_inside_a_transaction() {
    script! {
        "SET k v" => ok(),
        "MULTI" => ok(),
        "SET k w" => simple("QUEUED"),
        "INFO keyspace" => simple("QUEUED"),
        "EXEC" => satisfies("one key", |reply| reply.items().is_some_and(|replies| {
            replies[1].text().is_some_and(|text| text.contains("db0:keys=1,"))
        })),
    }
}

#[test]
fn memory_in_use_grows_with_the_data_and_has_a_peak() {
    let server = Server::rkvs();
    let mut client = server.client();
    let mut number = |name: &str| {
        let reply = client.line("INFO memory");
        let text = reply.text().expect("a text");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.expect("it is there").parse::<u64>().expect("a number")
    };
    let before = number("used_memory");
    server.client().cmd(&["SET", "k", &"x".repeat(1 << 20)]);
    assert!(number("used_memory") >= before + (1 << 20));
    server.client().line("DEL k");
    assert!(number("used_memory") < before + (1 << 20));
    assert!(number("used_memory_peak") >= before + (1 << 20));
    assert!(number("used_memory_rss") > 1 << 20);
}
