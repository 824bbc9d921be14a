//! A server for tests, in this process: answers each request with what a function says, in pieces of any size.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Serves until the function answers nothing, or the client goes away.
pub(super) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    piece: usize,
    mut answer: impl FnMut(&[String]) -> Option<Vec<u8>>,
) {
    let mut received = Vec::new();
    loop {
        while let Some((request, len)) = request(&received) {
            received.drain(..len);
            let Some(reply) = answer(&request) else { return };
            for piece in reply.chunks(piece) {
                if stream.write_all(piece).await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        }
        if stream.read_buf(&mut received).await.unwrap_or(0) == 0 {
            return;
        }
    }
}

fn request(received: &[u8]) -> Option<(Vec<String>, usize)> {
    let line = |at: usize| {
        let end = at + received.get(at..)?.windows(2).position(|two| two == b"\r\n")?;
        Some((std::str::from_utf8(&received[at + 1..end]).unwrap().parse::<usize>().unwrap(), end + 2))
    };
    let (count, mut at) = line(0)?;
    let mut words = Vec::new();
    for _ in 0..count {
        let (len, start) = line(at)?;
        words.push(String::from_utf8(received.get(start..start + len)?.to_vec()).unwrap());
        at = start + len + 2;
        received.get(..at)?;
    }
    Some((words, at))
}
