use tokio::net::TcpListener;

use super::super::fake::serve;
use super::*;
use crate::state::requests;

/// A server that closes the connection after so many polls, again and again.
async fn server(polls: usize) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut left = polls + 1;
            tokio::spawn(serve(stream, 7, move |request| match request[0].as_str() {
                "HELLO" => Some(b"-ERR unknown command\r\n".to_vec()),
                "INFO" if left == 0 => None,
                "INFO" => {
                    left -= 1;
                    let info = "redis_version:6.0\r\nused_memory:7\r\n";
                    Some(format!("${}\r\n{info}\r\n", info.len()).into_bytes())
                }
                "SELECT" if request[1] == "9" => Some(b"-ERR DB index is out of range\r\n".to_vec()),
                _ => Some(b"+OK\r\n".to_vec()),
            }));
        }
    });
    format!("127.0.0.1:{port}").parse().unwrap()
}

#[tokio::test]
async fn a_lost_connection_is_told_and_opened_again() {
    let (messages_out, mut messages) = mpsc::channel(64);
    let source = spawn(server(2).await, 10, Wants::default(), messages_out);
    for _ in 0..2 {
        assert!(matches!(messages.recv().await, Some(Msg::Connected(server)) if !server.is_rkvs()));
        for _ in 0..2 {
            let Some(Msg::Sample(sample)) = messages.recv().await else { unreachable!("a sample follows") };
            assert_eq!(sample.info.count("used_memory"), Some(7));
        }
        let lost = messages.recv().await;
        assert!(matches!(lost, Some(Msg::Disconnected { error, .. }) if error.contains("closed")));
        source.order(Order::PollNow).unwrap();
    }
}

#[tokio::test]
async fn where_nobody_listens_there_is_a_reason() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port()).parse().unwrap();
    drop(listener);
    let (messages_out, mut messages) = mpsc::channel(64);
    let _source = spawn(address, 10, Wants::default(), messages_out);
    let Some(Msg::Disconnected { error, retry_at_ms }) = messages.recv().await else { unreachable!("it is told") };
    assert!(error.contains("refused") && retry_at_ms > 0, "{error}");
}

#[tokio::test]
async fn a_request_is_not_sent_where_its_database_cannot_be_chosen() {
    let (messages_out, mut messages) = mpsc::channel(64);
    let source = spawn(server(1_000).await, 60_000, Wants::default(), messages_out);
    for (db, expected) in [(9, Err("ERR DB index is out of range".to_owned())), (1, Ok(1))] {
        source.order(Order::Run(requests::flush("a", db))).unwrap();
        let answer = loop {
            if let Some(Msg::Answer(answer)) = messages.recv().await {
                break answer;
            }
        };
        assert_eq!(answer.replies.map(|replies| replies.len()), expected);
    }
}
