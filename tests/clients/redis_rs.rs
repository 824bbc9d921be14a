//! redis-rs, blocking and asynchronous, over RESP2 and RESP3.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{AsyncCommands, Client, Commands, Connection, ErrorKind, RedisResult, ServerErrorKind};
use rkvs_tests::Server;

use crate::on_both;

fn clients(server: &Server) -> [Client; 2] {
    ["", "?protocol=resp3"]
        .map(|query| Client::open(format!("redis://{}/0{query}", server.addr())).expect("a valid address"))
}

/// Runs `work` on an empty server over each protocol.
fn each(work: impl Fn(&Client, &mut Connection) -> RedisResult<()>) {
    on_both(|name, server| {
        for client in clients(server) {
            let mut connection = client.get_connection().expect("the server takes the handshake");
            connection.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit can be set");
            let done = redis::cmd("FLUSHALL").exec(&mut connection).and_then(|()| work(&client, &mut connection));
            done.unwrap_or_else(|e| panic!("on {name}: {e}"));
        }
    });
}

#[test]
fn values_of_all_types() {
    each(|_, c| {
        let every_byte: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        c.set::<_, _, ()>("bin", &every_byte)?;
        assert!(c.get::<_, Vec<u8>>("bin")? == every_byte);
        c.set_ex::<_, _, ()>("k", 42, 100)?;
        assert_eq!(c.incr::<_, _, i64>("k", -2)?, 40);
        assert!((99..=100).contains(&c.ttl::<_, i64>("k")?));
        assert_eq!(c.get::<_, Option<String>>("none")?, None);
        assert!((c.incr::<_, _, f64>("f", 1.25)? - 1.25).abs() < 1e-9);
        assert_eq!(c.mget::<_, Vec<Option<i64>>>(&["k", "none"])?, [Some(40), None]);
        c.hset_multiple::<_, _, _, ()>("h", &[("a", "1"), ("b", "two")])?;
        let all: BTreeMap<String, String> = c.hgetall("h")?;
        assert_eq!(all, BTreeMap::from([("a".into(), "1".into()), ("b".into(), "two".into())]));
        assert!(c.hexists::<_, _, bool>("h", "a")?);
        let wrong = c.get::<_, String>("h").expect_err("a hash is no string");
        assert_eq!(wrong.code(), Some("WRONGTYPE"));
        Ok(())
    });
}

#[test]
fn pipelines_and_transactions() {
    each(|client, c| {
        let mut pipe = redis::pipe();
        for i in 0..1_000 {
            pipe.set(format!("k{i}"), i).ignore().get(format!("k{i}"));
        }
        assert_eq!(pipe.query::<Vec<i64>>(c)?, (0..1_000).collect::<Vec<_>>());
        let got: (i64, i64) = redis::pipe().atomic().set("n", 1).ignore().incr("n", 1).hset("h", "f", "v").query(c)?;
        assert_eq!(got, (2, 1));

        // The first attempt loses to another connection, the second wins.
        let mut other = client.get_connection()?;
        let mut attempts = 0;
        let (after,): (i64,) = redis::transaction(c, &["n"], |c, pipe| {
            attempts += 1;
            let n: i64 = c.get("n")?;
            if attempts == 1 {
                other.set::<_, _, ()>("n", 10)?;
            }
            pipe.set("n", n + 1).ignore().get("n").query(c)
        })?;
        assert_eq!((attempts, after), (2, 11));

        let aborted = redis::pipe().atomic().cmd("SET").arg("n").query::<()>(c).expect_err("SET needs a value");
        assert_eq!(aborted.kind(), ErrorKind::Server(ServerErrorKind::ExecAbort));
        Ok(())
    });
}

#[test]
fn scan_iterators() {
    each(|_, c| {
        let keys: Vec<(String, usize)> = (0..1_000).map(|i| (format!("key:{i}"), i)).collect();
        c.mset::<_, _, ()>(&keys)?;
        let found: BTreeSet<String> = c.scan_match("key:*")?.collect::<RedisResult<_>>()?;
        assert_eq!(found.len(), 1_000);
        c.hset_multiple::<_, _, _, ()>("h", &keys)?;
        let fields: BTreeMap<String, usize> = c.hscan("h")?.collect::<RedisResult<_>>()?;
        assert_eq!(fields.len(), 1_000);
        assert_eq!(fields["key:7"], 7);
        Ok(())
    });
}

#[tokio::test]
async fn one_connection_shared_by_many_tasks() {
    let server = Server::rkvs();
    for client in clients(&server) {
        let manager = ConnectionManager::new(client).await.expect("the server takes the handshake");
        let tasks: Vec<_> = (0..100)
            .map(|i| {
                let mut connection = manager.clone();
                tokio::spawn(async move {
                    connection.set::<_, _, ()>(format!("k{i}"), i).await?;
                    connection.get::<_, i64>(format!("k{i}")).await
                })
            })
            .collect();
        for (i, task) in tasks.into_iter().enumerate() {
            let got = task.await.expect("the task ends").expect("the server answers");
            assert_eq!(got, i as i64);
        }
        let mut connection = manager.clone();
        let got: (i64, String) =
            redis::pipe().atomic().incr("n", 1).get("k5").query_async(&mut connection).await.expect("a transaction");
        assert_eq!(got.1, "5");
    }
}
