//! A recording as a source: its samples come as far apart as they were taken, sped up if wanted. Its end is the last picture.

use std::io::BufRead;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::record::Recording;
use super::{ORDERS_MAX, REQUESTS_MAX, Source};
use crate::state::msg::{Msg, Request};

/// The longest pause between two samples, so that a gap of a night does not take a night.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Starts to replay a recording, within the running tokio runtime.
pub fn spawn<R: BufRead + Send + 'static>(recording: Recording<R>, speed: f64, messages: mpsc::Sender<Msg>) -> Source {
    let (orders, orders_in) = mpsc::channel(ORDERS_MAX);
    let (requests, requests_in) = mpsc::channel(REQUESTS_MAX);
    // What a live server obeys means nothing here; the channel stays open so that nobody notices.
    let play = async move {
        let _orders = orders_in;
        if play(recording, speed, &messages).await.is_ok() {
            refuse(requests_in, &messages).await;
        }
    };
    tokio::spawn(play);
    Source { orders, requests }
}

/// Nobody listens any more.
struct Ended;

async fn play<R: BufRead>(recording: Recording<R>, speed: f64, messages: &mpsc::Sender<Msg>) -> Result<(), Ended> {
    let send = async |msg| messages.send(msg).await.map_err(|_| Ended);
    let mut last_ms = None;
    for sample in recording {
        let sample = match sample {
            Ok(sample) => sample,
            Err(error) => return send(Msg::RecordingFailed(format!("recording: {error}"))).await,
        };
        match last_ms {
            None => send(Msg::Connected(sample.server.clone())).await?,
            Some(last_ms) => {
                let apart = Duration::from_millis(sample.at_ms.saturating_sub(last_ms));
                sleep(apart.div_f64(speed).min(PAUSE_MAX)).await;
            }
        }
        last_ms = Some(sample.at_ms);
        send(Msg::Sample(Box::new(sample))).await?;
    }
    send(Msg::Ended).await
}

async fn refuse(mut requests: mpsc::Receiver<Request>, messages: &mpsc::Sender<Msg>) {
    while let Some(request) = requests.recv().await {
        let answer = request.answer(Err("this is a recording".into()));
        if messages.send(Msg::Answer(answer)).await.is_err() {
            return;
        }
    }
}
