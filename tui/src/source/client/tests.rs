use std::sync::LazyLock;

use super::super::fake::serve;
use super::*;

const LIMIT: Duration = Duration::from_secs(5);
const RESP3: &str = "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n";
const NO_HELLO: &str = "-ERR unknown command 'HELLO'\r\n";

/// A client of a server that answers so, in pieces of that size; HELLO is answered as `hello` says.
async fn connect(
    url: &str,
    piece: usize,
    hello: &'static str,
    mut answer: impl FnMut(&[String]) -> Option<Vec<u8>> + Send + 'static,
) -> Result<Client, Error> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(serve(theirs, piece, move |request| match request[0].as_str() {
        "HELLO" => Some(hello.into()),
        "CLIENT" => Some(b"-ERR unknown subcommand\r\n".into()),
        _ => answer(request),
    }));
    Client::over(Box::new(ours), &url.parse().unwrap(), LIMIT).await
}

fn bytes(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

#[tokio::test]
async fn replies_of_resp3_are_read_in_pieces_of_any_size() {
    let reply = b">2\r\n+message\r\n+x\r\n%2\r\n$1\r\na\r\n*3\r\n:1\r\n_\r\n#t\r\n+b\r\n=8\r\ntxt:x\ny\n\r\n";
    for piece in 1..=reply.len() {
        let mut client = connect("x", piece, RESP3, |_| Some(reply.to_vec())).await.unwrap();
        let items = Value::Array(vec![Value::Integer(1), Value::Null, Value::Bool(true)]);
        let expected = Value::Map(vec![(bytes("a"), items), (bytes("b"), bytes("x\ny\n"))]);
        assert_eq!(client.pipeline(&[args(["A"]), args(["B"])]).await.unwrap(), [expected.clone(), expected]);
    }
}

#[tokio::test]
async fn a_server_without_hello_is_spoken_to_in_resp2() {
    let mut log = Vec::new();
    let answer = move |request: &[String]| {
        log.push(request.join(" "));
        Some(match request[0].as_str() {
            "AUTH" | "SELECT" => b"+OK\r\n".to_vec(),
            _ => format!("*2\r\n$-1\r\n${}\r\n{}\r\n", log.join(",").len(), log.join(",")).into_bytes(),
        })
    };
    let mut client = connect("redis://ann:pw@x/3", 1, NO_HELLO, answer).await.unwrap();
    let expected = Value::Array(vec![Value::Null, bytes("AUTH ann pw,SELECT 3,GET k")]);
    assert_eq!(client.call(args(["GET", "k"])).await.unwrap(), expected);
}

#[tokio::test]
async fn who_is_not_let_in_learns_why() {
    let refusal = |result: Result<Client, Error>| result.err().map(|error| error.to_string());
    let noauth = connect("x", 9, "-NOAUTH HELLO must be called\r\n", |_| None).await;
    assert_eq!(refusal(noauth).as_deref(), Some("NOAUTH HELLO must be called"));
    let wrong = connect("redis://p@x", 9, NO_HELLO, |_| Some(b"-WRONGPASS no\r\n".to_vec())).await;
    assert_eq!(refusal(wrong).as_deref(), Some("WRONGPASS no"));
    let db = connect("redis://x/99", 9, RESP3, |_| Some(b"-ERR DB index is out of range\r\n".to_vec())).await;
    assert_eq!(refusal(db).as_deref(), Some("ERR DB index is out of range"));
}

#[tokio::test]
async fn only_a_server_without_resp3_is_asked_again() {
    for hello in ["-ERR unknown command `HELLO`, with args\r\n", "-NOPROTO no\r\n", "-NOPERM no\r\n"] {
        let mut client = connect("x", 9, hello, |_| Some(b"+PONG\r\n".to_vec())).await.unwrap();
        assert_eq!(client.call(args(["PING"])).await.unwrap(), bytes("PONG"));
    }
    for hello in ["-ERR max number of clients reached\r\n", "-BUSY a script\r\n", "-LOADING data\r\n"] {
        let error = connect("x", 9, hello, |_| None).await.unwrap_err();
        assert!(matches!(&error, Error::Refused(reason) if hello.contains(reason.as_str())), "{error}");
    }
}

#[tokio::test]
async fn who_is_sent_away_before_asking_learns_why() {
    let (ours, mut theirs) = tokio::io::duplex(1_024);
    theirs.write_all(b"-ERR max number of clients reached\r\n").await.unwrap();
    drop(theirs);
    let error = Client::over(Box::new(ours), &"x".parse().unwrap(), LIMIT).await.unwrap_err();
    assert!(matches!(&error, Error::Refused(reason) if reason == "ERR max number of clients reached"), "{error}");
}

#[tokio::test]
async fn replies_of_too_many_values_are_refused() {
    static NULLS: LazyLock<Vec<u8>> = LazyLock::new(|| [&b"*400000\r\n"[..], &b"_\r\n".repeat(400_000)].concat());
    let mut client = connect("x", 100_000, RESP3, |_| Some(NULLS.clone())).await.unwrap();
    let asked: Vec<Args> = (0..10).map(|_| args(["A"])).collect();
    assert_eq!(client.pipeline(&asked).await.unwrap().len(), asked.len());
    // One of them is not too many, but all together are.
    let asked: Vec<Args> = (0..11).map(|_| args(["A"])).collect();
    assert!(matches!(client.pipeline(&asked).await, Err(Error::TooLarge)));
    let mut client = connect("x", 99, RESP3, |_| Some(b"*1000001\r\n_\r\n".to_vec())).await.unwrap();
    assert!(matches!(client.call(args(["A"])).await, Err(Error::TooLarge)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_breaks_the_connection() {
    let mut client = connect("x", 9, RESP3, |_| Some(b"$5\r\nab".to_vec())).await.unwrap();
    assert!(matches!(client.call(args(["A"])).await, Err(Error::Timeout(LIMIT))));
    assert!(matches!(client.call(args(["B"])).await, Err(Error::Broken)));
}

#[tokio::test]
async fn a_dropped_exchange_breaks_the_connection() {
    let mut client = connect("x", 9, RESP3, |_| Some(Vec::new())).await.unwrap();
    tokio::select! {
        biased;
        _ = client.call(args(["A"])) => unreachable!("there is no answer"),
        () = std::future::ready(()) => {}
    }
    assert!(matches!(client.call(args(["B"])).await, Err(Error::Broken)));
}

#[tokio::test]
async fn a_server_that_goes_away_or_talks_nonsense_is_an_error() {
    let error = async |reply: Option<&'static [u8]>| {
        let mut client = connect("x", 99, RESP3, move |_| reply.map(<[u8]>::to_vec)).await.unwrap();
        client.call(args(["A"])).await.unwrap_err()
    };
    static NESTED: [u8; 400] = {
        let mut bytes = [0; 400];
        let mut at = 0;
        while at < bytes.len() {
            bytes[at] = b"*1\r\n"[at % 4];
            at += 1;
        }
        bytes
    };
    assert!(matches!(error(None).await, Error::Closed));
    assert!(matches!(error(Some(b"HTTP/1.1 400\r\n")).await, Error::Protocol(_)));
    assert!(matches!(error(Some(&NESTED)).await, Error::Protocol(_)));
    assert!(matches!(error(Some(b"$99999999999\r\n")).await, Error::TooLarge));
}

#[tokio::test]
async fn an_error_may_hold_any_bytes() {
    for hello in [RESP3, NO_HELLO] {
        let mut client =
            connect("x", 9, hello, |_| Some(b"-ERR unknown command 'a\xff\xfe'\r\n".to_vec())).await.unwrap();
        for _ in 0..2 {
            let reply = client.call(args(["A"])).await.unwrap();
            assert_eq!(reply, Value::Error("ERR unknown command 'a\u{fffd}\u{fffd}'".into()));
        }
    }
}
