//! fred over RESP2 and RESP3; for the latter it opens with an inline `HELLO 3`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fred::prelude::*;
use fred::types::RespVersion;
use fred::types::config::ServerConfig;
use fred::types::scan::Scanner;
use futures::TryStreamExt;
use rkvs_tests::Server;

use crate::on_both;

/// How long one test may take over one protocol.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `work` on an empty server over each protocol.
fn each<F: Future<Output = Result<(), Error>>>(work: impl Fn(Client) -> F) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    on_both(|name, server| {
        for version in [RespVersion::RESP2, RespVersion::RESP3] {
            let test = async {
                let client = connect(server, version.clone()).await?;
                client.flushall::<()>(false).await?;
                work(client.clone()).await?;
                client.quit().await
            };
            // fred connects anew for as long as it is let.
            let done = runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await });
            let done = done.unwrap_or_else(|_| panic!("on {name}, {version:?}: not done after {PATIENCE:?}"));
            done.unwrap_or_else(|e| panic!("on {name}, {version:?}: {e}"));
        }
    });
}

async fn connect(server: &Server, version: RespVersion) -> Result<Client, Error> {
    let config = Config {
        version,
        server: ServerConfig::new_centralized(server.addr().ip().to_string(), server.addr().port()),
        ..Config::default()
    };
    let client = Builder::from_config(config).build()?;
    client.init().await?;
    Ok(client)
}

#[test]
fn values_of_all_types() {
    each(|client| async move {
        client.set::<(), _, _>("k", "v", Some(Expiration::EX(100)), None, false).await?;
        assert_eq!(client.get::<Option<String>, _>("k").await?.as_deref(), Some("v"));
        assert!((99..=100).contains(&client.ttl::<i64, _>("k").await?));
        assert_eq!(client.incr_by::<i64, _>("n", 42).await?, 42);
        assert_eq!(client.get::<Option<String>, _>("none").await?, None);
        client.hset::<(), _, _>("h", [("a", "1"), ("b", "two")]).await?;
        let all: BTreeMap<String, String> = client.hgetall("h").await?;
        assert_eq!(all, BTreeMap::from([("a".into(), "1".into()), ("b".into(), "two".into())]));
        let wrong = client.get::<String, _>("h").await.expect_err("a hash is no string");
        assert!(wrong.details().starts_with("WRONGTYPE"), "{wrong}");
        Ok(())
    });
}

#[test]
fn pipelines_and_transactions() {
    each(|client| async move {
        let pipeline = client.pipeline();
        for i in 0..500 {
            pipeline.set::<(), _, _>(format!("k{i}"), i, None, None, false).await?;
            pipeline.get::<(), _>(format!("k{i}")).await?;
        }
        let replies: Vec<String> = pipeline.all().await?;
        assert_eq!(replies.len(), 1_000);
        assert_eq!(replies[999], "499");

        let transaction = client.multi();
        transaction.set::<(), _, _>("n", 1, None, None, false).await?;
        transaction.incr::<(), _>("n").await?;
        transaction.hset::<(), _, _>("h", ("f", "v")).await?;
        let replies: (String, i64, i64) = transaction.exec(true).await?;
        assert_eq!(replies, ("OK".into(), 2, 1));
        Ok(())
    });
}

#[test]
fn scan_streams() {
    each(|client| async move {
        let keys: Vec<(String, i64)> = (0..1_000).map(|i| (format!("key:{i}"), i)).collect();
        client.mset(keys).await?;
        let mut found = BTreeSet::new();
        let mut pages = client.scan("key:*", Some(50), None);
        while let Some(mut page) = pages.try_next().await? {
            found.extend(page.take_results().unwrap_or_default().into_iter().filter_map(Key::into_string));
            page.next();
        }
        assert_eq!(found.len(), 1_000);
        Ok(())
    });
}
