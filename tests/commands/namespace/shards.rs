//! `NAMESPACE SHARDS name`

use super::{NONE, facts};
use rkvs_tests::{Server, expect::*, script_of_ours};

#[test]
fn shards_add_up_to_the_namespace() {
    let server = Server::rkvs();
    let mut client = server.client();
    client.line("NAMESPACE CREATE a SHARDS 4");
    let mut sum_of = |fact: &str| -> (usize, u64) {
        let reply = client.line("NAMESPACE SHARDS a");
        let shards = reply.items().expect("an array");
        for (index, shard) in shards.iter().enumerate() {
            assert_eq!(facts(shard)["shard"], index.to_string());
        }
        (shards.len(), shards.iter().map(|shard| facts(shard)[fact].parse::<u64>().unwrap()).sum())
    };
    assert_eq!(sum_of("keys"), (4, 0));
    let mut writer = server.client();
    writer.line("NAMESPACE USE a");
    for n in 0..500 {
        writer.line(&format!("SET key:{n} v"));
    }
    writer.line("SET late v EX 1000");
    assert_eq!(sum_of("keys"), (4, 501));
    assert_eq!(sum_of("expires"), (4, 1));
    let used = sum_of("used_bytes").1;
    assert_eq!(facts(&writer.line("NAMESPACE INFO a"))["used_bytes"], used.to_string());
}

#[test]
fn needs_a_namespace() {
    script_of_ours! {
        "NAMESPACE SHARDS nowhere" => error(NONE),
        "NAMESPACE SHARDS" => wrong_arity("namespace|shards"),
    }
}
