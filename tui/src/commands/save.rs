//! `save` and `bgsave`.

use tokio::time::sleep;

use super::{LOOK_EVERY, Session};
use crate::failure::Failure;
use crate::state::requests;
use crate::state::sample::Info;

/// Saves everything or one namespace, and waits for it.
pub(super) async fn save(
    session: &mut Session<'_>,
    namespace: Option<String>,
    file: Option<String>,
) -> Result<(), Failure> {
    let Some(name) = namespace else {
        session.one(requests::save()).await?;
        return session.tell("saved everything");
    };
    session.one(requests::save_namespace(&name, file.as_deref())).await?;
    session.tell(&format!("saved {name}"))
}

/// Saves everything in the background.
pub(super) async fn background(session: &mut Session<'_>, wait: bool) -> Result<(), Failure> {
    session.one(requests::background_save()).await?;
    if !wait {
        return session.tell("background save started");
    }
    loop {
        let reply = session.ask(["INFO", "persistence"]).await?;
        let info = Info::parse(&reply.to_text().unwrap_or_default());
        if info.flag("rdb_bgsave_in_progress") {
            sleep(LOOK_EVERY).await;
            continue;
        }
        return match info.text("rdb_last_bgsave_status") {
            Some("ok") => session.tell("background save done"),
            Some(status) => Err(Failure::Refused(format!("background save: {status}; the server's log tells more"))),
            None => Err(Failure::Refused("the server does not tell how the save went".into())),
        };
    }
}
