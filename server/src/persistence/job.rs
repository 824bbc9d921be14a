//! Work that takes longer than a request may: on a thread of its own, with clients that wait for its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rkvs_engine::persistence::SaveProgress;

use super::Persistence;
use crate::server::Server;

/// Most jobs at a time, those that wait for others included.
const JOBS_MAX: usize = 16;

/// How long the end of jobs is waited for when the server stops: loading cannot be called off. A temporary that stays is removed
/// at the next start.
const END_MAX: Duration = Duration::from_secs(10);

/// One piece of work. A client that waits for it keeps it in its session.
#[derive(Debug, Default)]
pub struct Job {
    /// How far it has come, and the way to end it.
    pub progress: Arc<SaveProgress>,
    outcome: OnceLock<Result<(), String>>,
}

impl Job {
    /// What came of it, once it has ended: nothing, or the text of an error.
    pub fn outcome(&self) -> Option<&Result<(), String>> {
        self.outcome.get()
    }
}

/// Why a job was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Everything is being saved already.
    #[error("Background save already in progress")]
    SaveInProgress,
    /// There are too many jobs.
    #[error("too many saves and loads are in progress")]
    TooMany,
    /// The data is not there yet.
    #[error("the data is being loaded")]
    Loading,
    /// The server stops.
    #[error("the server is shutting down")]
    Stopping,
    /// The system has no thread for it.
    #[error("no thread can be started")]
    NoThread,
}

impl Persistence {
    /// [`Persistence::begin`] with a job of its own.
    pub(super) fn begin_new(
        &self,
        work: impl FnOnce(&Server, &Arc<Job>) -> Result<(), String> + Send + 'static,
    ) -> Result<Arc<Job>, Refused> {
        let job = Arc::new(Job::default());
        self.begin(&job, work)?;
        Ok(job)
    }

    /// Begins a job. When it has ended, whoever waits for it is woken.
    pub(super) fn begin(
        &self,
        job: &Arc<Job>,
        work: impl FnOnce(&Server, &Arc<Job>) -> Result<(), String> + Send + 'static,
    ) -> Result<(), Refused> {
        let server = self.server().ok_or(Refused::Stopping)?;
        {
            let mut state = self.state.lock();
            if state.jobs.len() >= JOBS_MAX {
                return Err(Refused::TooMany);
            }
            state.jobs.push(Arc::clone(job));
        }
        let of_thread = Arc::clone(job);
        let run = move || {
            let worked = catch_unwind(AssertUnwindSafe(|| work(&server, &of_thread)));
            let outcome = worked.unwrap_or_else(|_| Err("internal error".into()));
            server.persistence.forget_job(&of_thread);
            // Only this thread sets it.
            let _ = of_thread.outcome.set(outcome);
            server.wake_workers();
        };
        thread::Builder::new().name("rkvs-job".into()).spawn(run).map(drop).map_err(|_| {
            self.forget_job(job);
            Refused::NoThread
        })
    }

    /// Forgets a job, and the place of a save of everything if it has kept that.
    pub(super) fn forget_job(&self, job: &Arc<Job>) {
        let mut state = self.state.lock();
        state.jobs.retain(|other| !Arc::ptr_eq(other, job));
        if state.running.as_ref().is_some_and(|running| Arc::ptr_eq(&running.job, job)) {
            state.running = None;
        }
        drop(state);
        self.ended.notify_all();
    }

    /// Calls off all saves that are under way, and waits for their end, so that nothing of them is left behind. To be called when the
    /// server stops.
    pub fn end_jobs(&self) {
        let deadline = Instant::now() + END_MAX;
        let mut state = self.state.lock();
        state.jobs.iter().for_each(|job| job.progress.cancel());
        while !state.jobs.is_empty() && !self.ended.wait_until(&mut state, deadline).timed_out() {}
    }
}
