//! The loop: what the terminal, the source and the clock tell becomes messages; `update` makes of them state and effects; the
//! state is drawn when something changed, at most some thirty times a second. It runs on one thread.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::clock;
use crate::signals::{self, Asked, Signals};
use crate::source::record::{Recorder, private_file};
use crate::source::{Order, Source};
use crate::state::App;
use crate::state::msg::{Effect, Msg};
use crate::state::sample::Wants;
use crate::state::update::update;
use crate::terminal::{self, Guard};
use crate::view::view;

/// Messages that wait at most; whoever sends more waits.
pub const MESSAGES_MAX: usize = 64;
/// The shortest time between two pictures.
const FRAME: Duration = Duration::from_millis(33);
const TICK: Duration = Duration::from_secs(1);

/// Why it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The user quit, or the terminal is gone.
    Quit,
    /// A signal of that number said so.
    Signal(i32),
}

/// Runs until the user quits or a signal ends it.
pub async fn run(
    app: App,
    mut guard: Guard,
    signals: Signals,
    source: Source,
    messages: mpsc::Receiver<Msg>,
    recorder: Option<Recorder>,
) -> io::Result<End> {
    match work(app, &mut guard, signals, source, messages, recorder).await {
        // The signal that tells it may still be on its way.
        Ok(End::Quit) | Err(_) if terminal::is_gone() => Ok(End::Signal(signals::HANG_UP)),
        ended => ended,
    }
}

async fn work(
    mut app: App,
    guard: &mut Guard,
    mut signals: Signals,
    source: Source,
    mut messages: mpsc::Receiver<Msg>,
    mut recorder: Option<Recorder>,
) -> io::Result<End> {
    // One for the whole run: a second one would wait for ever for what the first one holds while it waits for a key.
    let mut input = EventStream::new();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_stale = true;
    let mut next_frame = Instant::now();
    loop {
        let msg = tokio::select! {
            biased;
            asked = signals.next() => match asked {
                Asked::End(number) => return Ok(End::Signal(number)),
                // The shell has used the terminal meanwhile, also when what stopped this could not be caught.
                Asked::GoOn if terminal::is_foreground() => {
                    guard.resume()?;
                    None
                }
                Asked::Stop | Asked::GoOn => match suspend(&mut app, guard, &mut signals).await? {
                    Some(end) => return Ok(end),
                    None => None,
                },
            },
            event = input.next() => match event {
                Some(event) => message(event?),
                // The terminal is gone.
                None => return Ok(End::Quit),
            },
            () = sleep_until(next_frame), if is_stale => {
                let size = terminal::size()?;
                if size == app.size {
                    guard.draw(size, |frame| view(&app, frame))?;
                    is_stale = false;
                    next_frame = Instant::now() + FRAME;
                    continue;
                }
                // The event that tells it is still on its way.
                Some(Msg::Resize(size.width, size.height))
            }
            msg = messages.recv() => msg,
            _ = tick.tick() => Some(Msg::Tick),
        };
        is_stale = true;
        let Some(msg) = msg else { continue };
        if let (Msg::Sample(sample), Some(recording)) = (&msg, &mut recorder)
            && let Err(error) = recording.write(sample)
        {
            recorder = None;
            update(&mut app, Msg::RecordingFailed(format!("the recording has ended: {error}")), clock::now_ms());
        }
        for effect in update(&mut app, msg, clock::now_ms()) {
            match effect {
                Effect::Quit => return Ok(End::Quit),
                Effect::Suspend => {
                    if let Some(end) = suspend(&mut app, guard, &mut signals).await? {
                        return Ok(end);
                    }
                }
                effect => {
                    if let Some(notice) = carry_out(effect, &app, guard, &source, recorder.is_some())? {
                        update(&mut app, notice, clock::now_ms());
                    }
                }
            }
        }
    }
}

fn message(event: Event) -> Option<Msg> {
    Some(match event {
        Event::Key(key) => Msg::Key(key),
        Event::Mouse(mouse) => Msg::Mouse(mouse),
        Event::Paste(text) => Msg::Paste(text),
        Event::Resize(width, height) => {
            let size = terminal::drawn(width, height);
            Msg::Resize(size.width, size.height)
        }
        Event::FocusGained => Msg::Focus(true),
        Event::FocusLost => Msg::Focus(false),
    })
}

/// Does what has an effect outside; what is known at once comes back as a message.
fn carry_out(
    effect: Effect,
    app: &App,
    guard: &mut Guard,
    source: &Source,
    is_recording: bool,
) -> io::Result<Option<Msg>> {
    let order = match effect {
        Effect::Run(request) => Order::Run(request),
        // A recording holds everything, whatever is looked at.
        Effect::SetWants(wants) if is_recording => {
            let shards_of = wants.shards_of.or_else(|| app.namespace_or_first().map(str::to_owned));
            Order::Wants(Wants { visible_namespaces: wants.visible_namespaces, ..Wants::everything(shards_of) })
        }
        Effect::SetWants(wants) => Order::Wants(wants),
        Effect::SetIntervalMs(interval_ms) => Order::IntervalMs(interval_ms),
        Effect::PollNow => Order::PollNow,
        Effect::Copy(text) => {
            let is_asked = guard.copy(text.as_bytes())?;
            return Ok(Some(Msg::Notice(if is_asked {
                Ok("copied".into())
            } else {
                Err("too long to be copied".into())
            })));
        }
        Effect::Export { file, contents } => {
            let written = export(Path::new(&file), |out| out.write_all(contents.as_bytes()));
            return Ok(Some(Msg::Notice(match written {
                Ok(()) => Ok(format!("wrote {file}")),
                Err(error) => Err(format!("{file}: {error}")),
            })));
        }
        Effect::SetMouse(has_mouse) => {
            guard.set_mouse(has_mouse)?;
            return Ok(None);
        }
        Effect::Redraw => {
            guard.redraw()?;
            return Ok(None);
        }
        Effect::Suspend | Effect::Quit => return Ok(None),
    };
    let refused = source.order(order).err();
    Ok(refused.map(|request| Msg::Answer(request.answer(Err("too many requests wait".into())))))
}

/// Makes a file; one that cannot be written whole does not stay.
fn export(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut file = private_file(path)?;
    write(&mut file).inspect_err(|_| drop(fs::remove_file(path)))
}

/// Gives the terminal back and stops, where there is a shell that can continue the process. What goes on in the background stops
/// again: the terminal is not its own. Tells the end, where a signal came that ends it.
async fn suspend(app: &mut App, guard: &mut Guard, signals: &mut Signals) -> io::Result<Option<End>> {
    if !signals::has_shell() {
        update(app, Msg::Notice(Err("there is no shell to go back to".into())), clock::now_ms());
        return Ok(None);
    }
    guard.suspend();
    loop {
        if let Some(number) = signals.stop().await? {
            return Ok(Some(End::Signal(number)));
        }
        if terminal::is_foreground() {
            guard.resume()?;
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_whole_does_not_stay() {
        let path = std::env::temp_dir().join(format!("rkvs-tui-export-{}", std::process::id()));
        let full = export(&path, |out| out.write_all(b"half").and(Err(io::ErrorKind::StorageFull.into())));
        assert!(full.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull) && !path.exists());
        export(&path, |out| out.write_all(b"whole")).unwrap();
        assert!(export(&path, |_| Ok(())).is_err(), "one that is there is left alone");
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        fs::remove_file(&path).unwrap();
    }
}
