//! Saving before the server stops.
//!
//! Writes wait from the moment on at which the last save begins, so that what it shows is what there is at the end. When it
//! fails, they go on, and so does the server.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Job, LOADING, Persistence, Refused, SAVE_FAILED, STOPPING};
use crate::server::Server;

impl Persistence {
    /// Begins to save everything and to stop the server then; with `force`, even when saving has failed. A save under way is
    /// called off: this one shows more.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn save_and_stop(&self, force: bool) -> Result<Arc<Job>, Refused> {
        if self.is_loading() {
            return Err(Refused::Loading);
        }
        if self.gate.fetch_or(STOPPING, Ordering::Relaxed) & STOPPING != 0 {
            return Err(Refused::Stopping);
        }
        let job = Arc::new(Job::default());
        self.state.lock().stopping = Some(Arc::clone(&job));
        let begun = self.begin(&job, move |server, job| {
            let saved = server.persistence.save_last(server, job);
            // Whoever wants to call it off after this is told that there is nothing to call off.
            server.persistence.state.lock().stopping = None;
            if job.progress.is_cancelled() {
                tracing::warn!("The shutdown was called off.");
            } else if saved.is_ok() || force {
                if saved.is_err() {
                    tracing::warn!("Error trying to save the DB, but exiting anyway.");
                }
                server.stop();
                return Ok(());
            } else {
                tracing::error!("Error trying to save the DB, can't exit.");
            }
            server.persistence.set_gate(STOPPING, false);
            saved.and_then(|()| Err("the shutdown was called off".into()))
        });
        if let Err(refused) = begun {
            self.state.lock().stopping = None;
            self.set_gate(STOPPING, false);
            return Err(refused);
        }
        Ok(job)
    }

    fn save_last(&self, server: &Server, job: &Arc<Job>) -> Result<(), String> {
        tracing::info!("Saving the final snapshot before exiting.");
        self.reserve_from_others(job);
        self.run_save(server, job)
    }

    /// Calls a shutdown off that is still saving. Whether there was one.
    pub fn abort_stop(&self) -> bool {
        let state = self.state.lock();
        if let Some(job) = &state.stopping {
            job.progress.cancel();
        }
        state.stopping.is_some()
    }

    /// Stops without saving, also where the last save is under way.
    pub fn stop_without_saving(&self, server: &Server) {
        self.set_gate(STOPPING, false);
        server.stop();
    }

    /// Saves once more what was changed after the last save began: by requests that were being executed then. To be called
    /// when nobody is served any more. Where that save has failed and the server was forced to stop, this would as well.
    ///
    /// # Errors
    /// Why that failed.
    pub fn save_rest(&self, server: &Server) -> Result<(), String> {
        let is_wanted = self.gate() & (STOPPING | LOADING | SAVE_FAILED) == STOPPING;
        if !is_wanted || self.unsaved_changes(server) == 0 {
            return Ok(());
        }
        let job = Arc::new(Job::default());
        self.reserve_from_others(&job);
        self.run_save(server, &job)
    }
}

/// Whether the server saves when it is told to stop without being told how: if there are save points.
pub fn saves_by_itself(server: &Server) -> bool {
    !server.config.current().save.is_empty()
}
