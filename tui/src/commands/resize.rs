//! `resize`: the number of shards of a namespace.

use clap::Args;
use tokio::time::sleep;

use super::{LOOK_EVERY, Session};
use crate::failure::Failure;
use crate::state::requests;
use crate::state::sample::Shards;
use crate::value::Value;

/// Arguments of `resize`.
#[derive(Clone, Debug, Args)]
pub struct Resize {
    /// Which namespace
    pub namespace: String,
    /// How many shards it is to have
    #[arg(required_unless_present = "cancel", conflicts_with = "cancel")]
    pub shards: Option<u64>,
    /// Ends when all keys have moved, or have moved back
    #[arg(long)]
    pub wait: bool,
    /// Takes back the resize that is going on
    #[arg(long)]
    pub cancel: bool,
}

impl Resize {
    pub(super) async fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let name = &self.namespace;
        let request = match self.shards {
            Some(shards) => requests::resize(name, shards),
            None => requests::cancel_resize(name),
        };
        let label = request.label.clone();
        session.one(request).await?;
        if !self.wait {
            return session.tell(&format!("{label}: started"));
        }
        loop {
            let status = session.ask(["NAMESPACE", "RESIZE", name, "STATUS"]).await?;
            let status = Shards::from_replies(name.clone(), &Value::Null, Some(&status)).resize;
            let Some(status) = status else {
                return Err(Failure::Refused("the server does not tell how the resize goes".into()));
            };
            if status.is_running() {
                sleep(LOOK_EVERY).await;
                continue;
            }
            let is_there = self.shards.is_none_or(|shards| status.shards == shards);
            let result = status.last_result.as_deref().unwrap_or("unknown");
            return if is_there {
                session.tell(&format!("{label}: {name} has {} shards", status.shards))
            } else {
                Err(Failure::Refused(format!("{label}: {result}, {name} has {} shards", status.shards)))
            };
        }
    }
}
