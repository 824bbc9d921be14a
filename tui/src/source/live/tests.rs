use std::sync::{Arc, Mutex};

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
        source.order(Order::Run(requests::flush(Keyspace::Numbered(db)))).unwrap();
        let answer = loop {
            if let Some(Msg::Answer(answer)) = messages.recv().await {
                break answer;
            }
        };
        assert_eq!(answer.replies.map(|replies| replies.len()), expected);
    }
}

/// A server of this process, which notes what it is asked beside who it is; there is a namespace called `a`.
async fn noting(run_id: &'static str) -> (Address, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port()).parse().unwrap();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let noted = Arc::clone(&noted);
            tokio::spawn(serve(stream, 7, move |request| {
                let words = request.join(" ");
                if !words.starts_with("INFO") && !words.starts_with("CLIENT") && !words.starts_with("HELLO") {
                    noted.lock().unwrap().push(words.clone());
                }
                Some(match words.as_str() {
                    "NAMESPACE USE gone" => b"-NONAMESPACE no such namespace\r\n".to_vec(),
                    "INFO server" => format!("${}\r\nrun_id:{run_id}\r\n", "run_id:".len() + run_id.len()).into_bytes(),
                    _ => b"+OK\r\n".to_vec(),
                })
            }));
        }
    });
    (address, asked)
}

async fn answer_to(source: &Source, messages: &mut mpsc::Receiver<Msg>, request: Request) -> Result<usize, String> {
    source.order(Order::Run(request)).unwrap();
    loop {
        if let Some(Msg::Answer(answer)) = messages.recv().await {
            return answer.replies.map(|replies| replies.len());
        }
    }
}

#[tokio::test]
async fn a_namespace_is_chosen_by_name_before_each_request() {
    let (messages_out, mut messages) = mpsc::channel(64);
    let (address, asked) = noting("1").await;
    let source = spawn(address, 60_000, Wants::default(), messages_out);
    let flush = |name: &str| requests::flush(Keyspace::Named(name.into()));
    for (name, expected) in [("a", Ok(1)), ("a", Ok(1)), ("gone", Err("NONAMESPACE no such namespace".to_owned()))] {
        assert_eq!(answer_to(&source, &mut messages, flush(name)).await, expected);
    }
    let flushed = ["NAMESPACE USE a", "FLUSHDB ASYNC"];
    assert_eq!(*asked.lock().unwrap(), [&flushed[..], &flushed, &["NAMESPACE USE gone"]].concat());
}

#[tokio::test]
async fn a_change_that_was_meant_for_another_process_is_not_sent() {
    let (messages_out, mut messages) = mpsc::channel(64);
    let (address, asked) = noting("new").await;
    let source = spawn(address, 60_000, Wants::default(), messages_out);
    let meant_for = |run_id: &str| Request { run_id: Some(run_id.into()), ..requests::kill(&[(7, "")]) };
    let refused = answer_to(&source, &mut messages, meant_for("old")).await;
    assert!(refused.is_err_and(|error| error.contains("restarted")));
    assert_eq!(answer_to(&source, &mut messages, meant_for("new")).await, Ok(1));
    assert_eq!(*asked.lock().unwrap(), ["PING"], "one connection was refused before anything was sent");
}
