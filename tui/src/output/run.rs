//! `--once` and `--watch`: a server or a recording, told line by line.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::entry::Entry;
use super::views::{Reading, View};
use super::{Format, Picture, Writer, writer};
use crate::app::MESSAGES_MAX;
use crate::clock;
use crate::failure::Failure;
use crate::source::address::Address;
use crate::source::client::{Client, Error};
use crate::source::live;
use crate::source::poll::Poller;
use crate::source::record::{Recorder, Recording};
use crate::source::replay;
use crate::state::msg::Msg;
use crate::state::sample::{Sample, Wants};
use crate::state::tab::Tab;

/// How far apart the two samples are that `--once` takes of a view with rates.
pub const APART: Duration = Duration::from_millis(500);
/// How long an exchange may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What is to be told.
#[derive(Debug)]
pub struct Plan {
    /// Which view.
    pub view: &'static View,
    /// How.
    pub format: Format,
    /// The one namespace that is asked about.
    pub namespace: Option<String>,
    /// Where all samples go as well.
    pub recorder: Option<Recorder>,
}

impl Plan {
    /// A recording holds everything, whatever is told.
    fn wants(&self) -> Wants {
        let wants = self.view.wants(self.namespace.as_deref());
        if self.recorder.is_some() {
            Wants { all_at_once: true, ..Wants::everything(wants.shards_of.or_else(|| self.namespace.clone())) }
        } else {
            wants
        }
    }

    fn record(&mut self, sample: &Sample) {
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.write(sample)
        {
            self.recorder = None;
            complain(&format!("the recording has ended: {error}"));
        }
    }

    fn rows(&self, now: &Sample, before: Option<&Sample>) -> Result<Vec<Vec<Entry>>, Failure> {
        let namespace = self.namespace.as_deref();
        let rows = self.view.rows(&Reading { now, before, namespace });
        if let (None, Some(reason)) = (&rows, now.refusal(self.view.name())) {
            return Err(Failure::Refused(format!("{}: {reason}", self.view.name())));
        }
        match (rows, namespace) {
            (Some(rows), Some(name)) if rows.is_empty() && self.view.tab == Tab::Namespaces => {
                Err(Failure::Refused(format!("there is no namespace {name:?}")))
            }
            (Some(rows), _) => Ok(rows),
            (None, Some(name)) if now.server.is_rkvs() && self.view.tab == Tab::Shards => {
                Err(Failure::Refused(format!("nothing is told about the shards of a namespace {name:?}")))
            }
            (None, _) => {
                Err(Failure::Refused(format!("{} does not tell its {}", now.server.title(), self.view.name())))
            }
        }
    }

    fn has_part(&self, sample: &Sample) -> bool {
        self.view.rows(&Reading { now: sample, before: None, namespace: None }).is_some()
    }

    /// Writes a sample. The end has come when nobody reads any more.
    fn tell(&self, out: &mut dyn Writer, now: &Sample, before: Option<&Sample>) -> Result<ControlFlow<()>, Failure> {
        let rows = self.rows(now, before)?;
        match out.write(&Picture { view: self.view, sample: now, rows }) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            Err(error) => Err(Failure::Connection(format!("standard output: {error}"))),
        }
    }
}

/// Tells what a server says now. Where rates are told it is asked twice, `apart`.
pub async fn once(mut plan: Plan, address: &Address, apart: Duration, out: impl Write) -> Result<(), Failure> {
    let wants = plan.wants();
    let mut client = connect(address, TIME_LIMIT).await?;
    let mut poller = Poller::new(address.to_string());
    let failed = |error| failure(address, &error);
    poller.identify(&mut client).await.map_err(failed)?;
    let mut now = poller.poll(&mut client, &wants, clock::now_ms()).await.map_err(failed)?;
    plan.record(&now);
    let mut before = None;
    if plan.view.has_rates {
        sleep(apart).await;
        let next = poller.poll(&mut client, &wants, clock::now_ms()).await.map_err(failed)?;
        before = Some(std::mem::replace(&mut now, next));
        plan.record(&now);
    }
    plan.tell(writer(plan.format, false, out).as_mut(), &now, before.as_ref()).map(drop)
}

/// Tells what a recording says last.
pub fn once_of_recording(plan: &Plan, path: &Path, out: impl Write) -> Result<(), Failure> {
    let (mut now, mut before, mut last) = (None, None, None);
    for sample in open(path)? {
        let sample = sample.map_err(|error| in_file(path, &error))?;
        if plan.has_part(&sample) {
            before = now.replace(sample);
        } else {
            last = Some(sample);
        }
    }
    let Some(now) = now.or(last) else {
        return Err(Failure::Connection(format!("{}: there is nothing in it", path.display())));
    };
    plan.tell(writer(plan.format, false, out).as_mut(), &now, before.as_ref()).map(drop)
}

/// Tells what a server says again and again. A connection that is lost is opened again: a line on standard error says so, and the
/// next rates are null.
pub async fn watch(plan: Plan, address: Address, interval: Duration, out: impl Write) -> Result<(), Failure> {
    let (messages_out, messages) = mpsc::channel(MESSAGES_MAX);
    let wants = plan.wants();
    let place = address.to_string();
    let _source = live::spawn(address, interval.as_millis() as u64, wants, messages_out);
    follow(plan, &place, messages, out).await
}

/// Tells a recording as it was taken.
pub async fn watch_recording(plan: Plan, path: &Path, speed: f64, out: impl Write) -> Result<(), Failure> {
    let (messages_out, messages) = mpsc::channel(MESSAGES_MAX);
    let _source = replay::spawn(open(path)?, speed, messages_out);
    follow(plan, &path.display().to_string(), messages, out).await
}

async fn follow(
    mut plan: Plan,
    place: &str,
    mut messages: mpsc::Receiver<Msg>,
    out: impl Write,
) -> Result<(), Failure> {
    let mut out = writer(plan.format, true, out);
    let mut before = None;
    let mut has_connected = false;
    while let Some(msg) = messages.recv().await {
        match msg {
            Msg::Connected(_) => has_connected = true,
            Msg::Disconnected { error, .. } if !has_connected => {
                return Err(Failure::Connection(format!("{place}: {}", with_hint(&error))));
            }
            Msg::Disconnected { error, .. } => {
                before = None;
                complain(&format!("{place}: {error}; trying again"));
            }
            Msg::Sample(now) => {
                plan.record(&now);
                // Of a recording, lines may hold other parts.
                if before.is_some() && !plan.has_part(&now) {
                    continue;
                }
                if plan.tell(out.as_mut(), &now, before.as_deref())?.is_break() {
                    return Ok(());
                }
                before = Some(now);
            }
            Msg::RecordingFailed(error) => return Err(Failure::Connection(format!("{place}: {error}"))),
            Msg::Ended => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

/// Connects to a server, or tells which one does not answer.
pub async fn connect(address: &Address, time_limit: Duration) -> Result<Client, Failure> {
    let client = Client::connect(address, time_limit).await;
    client.map_err(|error| Failure::Connection(format!("{address}: {}", with_hint(&error.to_string()))))
}

/// Why an exchange with a server came to nothing: it refused, or the connection was lost.
pub fn failure(address: &Address, error: &Error) -> Failure {
    let text = format!("{address}: {error}");
    if matches!(error, Error::Refused(_)) { Failure::Refused(text) } else { Failure::Connection(text) }
}

/// What a server said that lets nobody in without a login, and how to give one.
fn with_hint(error: &str) -> String {
    if error.starts_with("NOAUTH") {
        format!("{error} (-a or REDISCLI_AUTH gives a password)")
    } else {
        error.to_owned()
    }
}

fn open(path: &Path) -> Result<Recording<io::BufReader<std::fs::File>>, Failure> {
    Recording::open(path).map_err(|error| in_file(path, &error))
}

fn in_file(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Connection(format!("{}: {error}", path.display()))
}

/// One line on standard error.
pub fn complain(text: &str) {
    // There is nowhere else to tell it.
    let _ = writeln!(io::stderr(), "rkvs-tui: {}", crate::text::typed(text));
}
