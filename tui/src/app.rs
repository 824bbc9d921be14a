//! The loop: what the terminal, the source and the clock tell becomes messages; `update` makes of them state and effects; the
//! state is drawn when something changed, at most some thirty times a second. It runs on one thread.

use std::io::{self, Write};
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
use crate::terminal::Guard;
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
    mut app: App,
    mut guard: Guard,
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
                Asked::Stop => {
                    suspend(&mut app, &mut guard, &mut signals).await?;
                    None
                }
                // The shell has used the terminal meanwhile, also when what stopped this could not be caught.
                Asked::GoOn => {
                    guard.resume()?;
                    None
                }
            },
            event = input.next() => match event {
                Some(event) => message(event?),
                // The terminal is gone.
                None => return Ok(End::Quit),
            },
            () = sleep_until(next_frame), if is_stale => {
                let size = guard.terminal().size()?;
                if size == app.size {
                    guard.terminal().draw(|frame| view(&app, frame))?;
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
                Effect::Suspend => suspend(&mut app, &mut guard, &mut signals).await?,
                effect => {
                    if let Some(notice) = carry_out(effect, &app, &mut guard, &source, recorder.is_some())? {
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
        Event::Resize(width, height) => Msg::Resize(width, height),
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
            let written = private_file(&file).and_then(|mut out| out.write_all(contents.as_bytes()));
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

/// Gives the terminal back and stops, where there is a shell that can continue the process.
async fn suspend(app: &mut App, guard: &mut Guard, signals: &mut Signals) -> io::Result<()> {
    if !signals::has_shell() {
        update(app, Msg::Notice(Err("there is no shell to go back to".into())), clock::now_ms());
        return Ok(());
    }
    guard.suspend();
    signals.stop().await?;
    guard.resume()
}
