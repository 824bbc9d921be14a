//! Saving again and again: everything into one file, single namespaces into files of a pattern.
//!
//! A task saves one target. All tasks share one thread, so that never two of them save at a time; the thread starts with the
//! first task and ends with the [`Autosave`]. What a task is due for and what came of it is kept here; the saving itself is done
//! by whoever runs the cache ([`SaveFiles`]), who knows the directory and wants to count and log.
//!
//! - The first file appears one interval after a task was set. So a program that sets its tasks after it has loaded never
//!   writes over what it was going to load.
//! - A tick with nothing changed since the task's last file is left out. A save that failed is tried again at the next tick.
//! - Ticks that pass while something is saved are not made up for.
//! - A task that was replaced or stopped saves no more: a save that is running is cancelled. [`Ending`] tells when it is over.
//! - The task of a deleted namespace is gone with it.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{AutosaveSettings, SaveError, SaveProgress, Saved, Scope};
use crate::engine::Engine;
use crate::namespace::Namespace;
use crate::snapshot::file::{FileError, FileName, NameError, NamePattern};

/// Shortest interval, in milliseconds.
pub const INTERVAL_MS_MIN: u64 = 1_000;

/// Does the saving for an [`Autosave`].
pub trait SaveFiles: Send + Sync {
    /// Saves what is due, as [`save`](super::save) does. Called by one thread at a time; may take its time.
    ///
    /// # Errors
    ///
    /// Whatever keeps the file from being written.
    fn save(&self, due: Due<'_>) -> Result<Saved, SaveError>;

    /// Removes files that are beyond what a task keeps, as [`Directory::remove_expired`] does. Called after a save.
    ///
    /// # Errors
    ///
    /// Whatever keeps a file from being removed. It is told with the save, which counts all the same.
    ///
    /// [`Directory::remove_expired`]: crate::snapshot::file::Directory::remove_expired
    fn remove_expired(&self, pattern: &NamePattern, namespace: &str, keep: usize) -> Result<(), FileError>;
}

/// A save that is due.
pub struct Due<'d> {
    /// What to save.
    pub target: &'d Target,
    /// The file.
    pub file: FileName,
    /// The task of each namespace, for [`SaveOptions::autosave`](super::SaveOptions::autosave).
    pub settings_of: &'d (dyn Fn(&Namespace) -> Option<AutosaveSettings> + Sync),
    /// To be kept up to date, and to be obeyed when it is cancelled.
    pub progress: &'d Arc<SaveProgress>,
}

/// What a task saves.
#[derive(Clone, Debug)]
pub enum Target {
    /// All namespaces, at one moment.
    Everything,
    /// One.
    Namespace(Arc<Namespace>),
}

impl Target {
    /// The same for [`save`](super::save).
    pub fn scope(&self) -> Scope<'_> {
        match self {
            Self::Everything => Scope::Everything,
            Self::Namespace(namespace) => Scope::Namespace(namespace),
        }
    }

    /// The name of the namespace; `None` for everything.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::Everything => None,
            Self::Namespace(namespace) => Some(namespace.name()),
        }
    }

    fn is_deleted(&self) -> bool {
        matches!(self, Self::Namespace(namespace) if namespace.is_deleted())
    }
}

/// Why a task was not set or stopped.
#[derive(Debug, thiserror::Error)]
pub enum AutosaveError {
    /// There is no such task.
    #[error("there is no autosave of that name")]
    Unknown,
    /// The interval is shorter than [`INTERVAL_MS_MIN`].
    #[error("an autosave interval has at least {INTERVAL_MS_MIN} ms, not {0}")]
    Interval(u64),
    /// The pattern makes no file names.
    #[error(transparent)]
    Pattern(#[from] NameError),
    /// The namespace was deleted.
    #[error("the namespace was deleted")]
    NamespaceDeleted,
    /// The thread that saves could not be started.
    #[error("the thread that saves cannot be started: {0}")]
    Thread(#[source] std::io::Error),
}

/// A task, as it is at the moment.
#[derive(Clone, Debug)]
pub struct AutosaveTask {
    /// What it saves.
    pub target: Target,
    /// Time from one save to the next, in milliseconds.
    pub interval_ms: u64,
    /// The file name, or the pattern of them.
    pub file: String,
    /// Files that stay; 0 for all of them.
    pub keep: u32,
    /// Milliseconds until the next tick.
    pub due_in_ms: u64,
    /// The save that is running.
    pub running: Option<Arc<SaveProgress>>,
    /// The last save that ended; `None` before the first.
    pub last: Option<Attempt>,
    /// The last save that went well; `None` before the first.
    pub last_good: Option<Attempt>,
}

/// How a save ended.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When it began, in Unix milliseconds.
    pub started_ms: u64,
    /// The file it was to write.
    pub file: FileName,
    /// How long it took.
    pub duration: Duration,
    /// What was saved, or why nothing was.
    pub result: Result<Saved, Arc<str>>,
    /// Why files beyond those to keep were not removed.
    pub not_removed: Option<Arc<str>>,
}

/// Tasks that save at intervals. See the module.
///
/// Dropped, it cancels a save that is running and waits for its end.
pub struct Autosave {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    engine: Arc<Engine>,
    files: Box<dyn SaveFiles>,
    state: Mutex<State>,
    /// Notified when tasks change and when a save ends.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By the name of the namespace; `None` for everything.
    tasks: BTreeMap<Option<Box<str>>, Task>,
    running: Option<Running>,
    /// The number of the last save that began, and of the last task that was set.
    last_number: u64,
    closing: bool,
}

struct Task {
    number: u64,
    target: Target,
    interval_ms: u64,
    files: Files,
    due_ms: u64,
    /// The count of changes that the last file shows.
    saved_changes: Option<u64>,
    last: Option<Attempt>,
    last_good: Option<Attempt>,
}

#[derive(Clone)]
enum Files {
    One(FileName),
    Pattern { pattern: NamePattern, keep: u32 },
}

struct Running {
    number: u64,
    /// The number of its task.
    task: u64,
    name: Option<Box<str>>,
    progress: Arc<SaveProgress>,
}

impl Autosave {
    /// Without tasks. Intervals are measured by the engine's clock; where that is driven by hand there is no thread, and
    /// [`Autosave::step`] does what is due.
    pub fn new(engine: Arc<Engine>, files: impl SaveFiles + 'static) -> Self {
        let shared = Shared { engine, files: Box::new(files), state: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared), thread: Mutex::default() }
    }

    /// Saves everything into one file from now on, instead of what was set before. `saved_changes` is the count
    /// ([`Saved::changes`], [`Engine::changes`]) that the file shows already; with `None` the first tick saves in any case.
    ///
    /// # Errors
    ///
    /// [`AutosaveError::Interval`], [`AutosaveError::Thread`]; nothing has changed then.
    pub fn set_everything(
        &self,
        interval_ms: u64,
        file: FileName,
        saved_changes: Option<u64>,
    ) -> Result<Ending, AutosaveError> {
        self.set_task(Target::Everything, interval_ms, Files::One(file), saved_changes)
    }

    /// Saves a namespace from now on, instead of what was set for it before.
    ///
    /// # Errors
    ///
    /// [`AutosaveError`]; nothing has changed then.
    pub fn set(&self, namespace: &Arc<Namespace>, settings: &AutosaveSettings) -> Result<Ending, AutosaveError> {
        let pattern = NamePattern::parse(&settings.pattern)?;
        let target = Target::Namespace(Arc::clone(namespace));
        self.set_task(target, settings.interval_ms, Files::Pattern { pattern, keep: settings.keep }, None)
    }

    fn set_task(
        &self,
        target: Target,
        interval_ms: u64,
        files: Files,
        saved_changes: Option<u64>,
    ) -> Result<Ending, AutosaveError> {
        if interval_ms < INTERVAL_MS_MIN {
            return Err(AutosaveError::Interval(interval_ms));
        }
        if target.is_deleted() {
            return Err(AutosaveError::NamespaceDeleted);
        }
        self.start_thread()?;
        let name: Option<Box<str>> = target.namespace().map(Into::into);
        let due_ms = self.shared.elapsed_ms().saturating_add(interval_ms);
        let mut state = self.shared.state.lock();
        let ending = self.shared.cancel(&state, name.as_deref());
        state.last_number += 1;
        let number = state.last_number;
        state.tasks.insert(
            name,
            Task { number, target, interval_ms, files, due_ms, saved_changes, last: None, last_good: None },
        );
        self.shared.changed.notify_all();
        Ok(ending)
    }

    /// Ends a task, that of everything for `None`, and waits until no file of it appears any more.
    ///
    /// # Errors
    ///
    /// [`AutosaveError::Unknown`].
    pub fn stop(&self, name: Option<&str>) -> Result<(), AutosaveError> {
        self.begin_stop(name).map(|ending| ending.wait())
    }

    /// Ends a task without waiting, for event loops: what is returned tells when a save of it is over.
    ///
    /// # Errors
    ///
    /// [`AutosaveError::Unknown`].
    pub fn begin_stop(&self, name: Option<&str>) -> Result<Ending, AutosaveError> {
        let mut state = self.shared.state.lock();
        let removed = state.tasks.remove(&name.map(Box::from));
        let ending = self.shared.cancel(&state, name);
        match removed {
            Some(task) if !task.target.is_deleted() => Ok(ending),
            // Whose namespace was deleted is gone already; a save of it is over soon.
            _ => Err(AutosaveError::Unknown),
        }
    }

    /// Ends what there is of a namespace that was deleted.
    pub fn forget(&self, namespace: &Namespace) -> Ending {
        let mut state = self.shared.state.lock();
        let is_its = |task: &Task| matches!(&task.target, Target::Namespace(of) if of.id() == namespace.id());
        let name = Some(namespace.name());
        match state.tasks.get(&name.map(Box::from)) {
            Some(task) if !is_its(task) => Ending { shared: Arc::clone(&self.shared), number: None },
            _ => {
                state.tasks.remove(&name.map(Box::from));
                self.shared.cancel(&state, name)
            }
        }
    }

    /// The tasks there are: that of everything, then those of namespaces by name.
    pub fn list(&self) -> Vec<AutosaveTask> {
        let now_ms = self.shared.elapsed_ms();
        let mut state = self.shared.state.lock();
        state.tasks.retain(|_, task| !task.target.is_deleted());
        let running = |task: &Task| {
            let running = state.running.as_ref().filter(|running| running.task == task.number);
            running.map(|running| Arc::clone(&running.progress))
        };
        state.tasks.values().map(|task| task.shown(now_ms, running(task))).collect()
    }

    /// The task of a namespace, as a snapshot keeps it.
    pub fn settings_of(&self, namespace: &Namespace) -> Option<AutosaveSettings> {
        self.shared.settings_of(namespace)
    }

    /// Does what is due, one after another. Returns the milliseconds until something will be.
    pub fn step(&self) -> Option<u64> {
        let mut state = self.shared.state.lock();
        loop {
            match self.shared.wait_ms(&state) {
                Some(0) if !state.closing && state.running.is_none() => self.shared.run_due(&mut state),
                wait_ms => return wait_ms,
            }
        }
    }

    fn start_thread(&self) -> Result<(), AutosaveError> {
        let mut thread = self.thread.lock();
        if thread.is_none() && !self.shared.engine.clock().is_manual() {
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new().name("rkvs-autosave".into()).spawn(move || shared.run());
            *thread = Some(started.map_err(AutosaveError::Thread)?);
        }
        Ok(())
    }
}

impl Drop for Autosave {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state.lock();
            state.closing = true;
            state.tasks.clear();
            if let Some(running) = &state.running {
                running.progress.cancel();
            }
            self.shared.changed.notify_all();
        }
        // Whoever is dropped by its own thread cannot wait for it.
        if let Some(thread) =
            self.thread.get_mut().take().filter(|thread| thread.thread().id() != thread::current().id())
        {
            // It catches what panics in it.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Autosave {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Autosave").field("tasks", &self.list()).finish_non_exhaustive()
    }
}

/// A save of a task that is gone, which may be running still: a file of it may appear until it is over.
pub struct Ending {
    shared: Arc<Shared>,
    /// The number of the save; `None` if there is none.
    number: Option<u64>,
}

impl Ending {
    /// Whether it is over: no file of the task appears any more.
    pub fn is_over(&self) -> bool {
        Self::is_over_in(&self.shared.state.lock(), self.number)
    }

    /// Waits until it is over. Blocks for as long as the disk takes to finish what it was given.
    pub fn wait(self) {
        let mut state = self.shared.state.lock();
        while !Self::is_over_in(&state, self.number) {
            self.shared.changed.wait(&mut state);
        }
    }

    fn is_over_in(state: &State, number: Option<u64>) -> bool {
        number.is_none() || state.running.as_ref().map(|running| running.number) != number
    }
}

impl Task {
    fn shown(&self, now_ms: u64, running: Option<Arc<SaveProgress>>) -> AutosaveTask {
        let (file, keep) = match &self.files {
            Files::One(file) => (file.to_string(), 0),
            Files::Pattern { pattern, keep } => (pattern.to_string(), *keep),
        };
        AutosaveTask {
            target: self.target.clone(),
            interval_ms: self.interval_ms,
            file,
            keep,
            due_in_ms: self.due_ms.saturating_sub(now_ms),
            running,
            last: self.last.clone(),
            last_good: self.last_good.clone(),
        }
    }

    /// Plans the tick after the one that was due: those that have passed by now are left out.
    fn plan(&mut self, now_ms: u64) {
        self.due_ms = self.due_ms.saturating_add(self.interval_ms);
        if self.due_ms <= now_ms {
            self.due_ms = now_ms.saturating_add(self.interval_ms);
        }
    }
}

impl Shared {
    fn elapsed_ms(&self) -> u64 {
        self.engine.clock().elapsed_ms()
    }

    /// The thread: does what is due until the end.
    fn run(&self) {
        let mut state = self.state.lock();
        while !state.closing {
            match self.wait_ms(&state) {
                Some(0) => self.run_due(&mut state),
                Some(wait_ms) => {
                    self.changed.wait_for(&mut state, Duration::from_millis(wait_ms));
                }
                None => self.changed.wait(&mut state),
            }
        }
    }

    /// Milliseconds until a task is due; `None` without tasks.
    fn wait_ms(&self, state: &State) -> Option<u64> {
        let due_ms = state.tasks.values().map(|task| task.due_ms).min()?;
        Some(due_ms.saturating_sub(self.elapsed_ms()))
    }

    /// Does what the task that is due first wants, without the lock while it saves.
    fn run_due(&self, state: &mut MutexGuard<'_, State>) {
        let Some((name, task)) = state.tasks.iter().min_by_key(|(_, task)| task.due_ms) else { return };
        let (name, number, target, files) = (name.clone(), task.number, task.target.clone(), task.files.clone());
        let saved_changes = task.saved_changes;
        if target.is_deleted() {
            state.tasks.remove(&name);
            return;
        }
        let started_ms = self.engine.now_ms();
        let file = match &files {
            Files::One(file) => file.clone(),
            Files::Pattern { pattern, .. } => pattern.name(name.as_deref().unwrap_or_default(), started_ms),
        };
        let progress = Arc::<SaveProgress>::default();
        state.last_number += 1;
        state.running = Some(Running {
            number: state.last_number,
            task: number,
            name: name.clone(),
            progress: Arc::clone(&progress),
        });
        let attempt = MutexGuard::unlocked(state, || {
            let has_changed = saved_changes != Some(self.changes(&target));
            has_changed.then(|| self.attempt(&target, &files, file, started_ms, &progress))
        });
        state.running = None;
        self.changed.notify_all();
        let now_ms = self.elapsed_ms();
        // One that was set anew meanwhile has not saved yet.
        if let Some(task) = state.tasks.get_mut(&name).filter(|task| task.number == number) {
            task.plan(now_ms);
            if let Some(attempt) = attempt {
                if let Ok(saved) = &attempt.result {
                    task.saved_changes = Some(saved.changes);
                    task.last_good = Some(attempt.clone());
                }
                task.last = Some(attempt);
            }
        }
    }

    fn attempt(
        &self,
        target: &Target,
        files: &Files,
        file: FileName,
        started_ms: u64,
        progress: &Arc<SaveProgress>,
    ) -> Attempt {
        let began_ms = self.elapsed_ms();
        let settings_of = |namespace: &Namespace| self.settings_of(namespace);
        let due = Due { target, file: file.clone(), settings_of: &settings_of, progress };
        let result = guarded(|| self.files.save(due));
        let not_removed = match (&result, files, target) {
            (Ok(_), Files::Pattern { pattern, keep }, Target::Namespace(namespace)) if *keep > 0 => {
                guarded(|| self.files.remove_expired(pattern, namespace.name(), *keep as usize)).err()
            }
            _ => None,
        };
        let duration = Duration::from_millis(self.elapsed_ms().saturating_sub(began_ms));
        Attempt { started_ms, file, duration, result, not_removed }
    }

    /// The count of changes that [`Saved::changes`] is compared with.
    fn changes(&self, target: &Target) -> u64 {
        match target {
            Target::Everything => self.engine.usage().counters.changes + self.engine.other_changes(),
            Target::Namespace(namespace) => namespace.usage().counters.changes,
        }
    }

    fn settings_of(&self, namespace: &Namespace) -> Option<AutosaveSettings> {
        let state = self.state.lock();
        let task = state.tasks.get(&Some(namespace.name().into()))?;
        match (&task.target, &task.files) {
            (Target::Namespace(of), Files::Pattern { pattern, keep }) if of.id() == namespace.id() => {
                let (interval_ms, pattern) = (task.interval_ms, pattern.to_string());
                Some(AutosaveSettings { interval_ms, pattern, keep: *keep })
            }
            _ => None,
        }
    }

    /// Cancels a save of that name, if one is running.
    fn cancel(self: &Arc<Self>, state: &State, name: Option<&str>) -> Ending {
        let running = state.running.as_ref().filter(|running| running.name.as_deref() == name);
        if let Some(running) = running {
            running.progress.cancel();
        }
        Ending { shared: Arc::clone(self), number: running.map(|running| running.number) }
    }
}

/// The outcome of a call in words; so that one that panics ends neither the thread nor the waiting for it.
fn guarded<T, E: fmt::Display>(call: impl FnOnce() -> Result<T, E>) -> Result<T, Arc<str>> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| error.to_string().into()),
        Err(_) => Err("a part of the program panicked".into()),
    }
}
