//! `save` and `bgsave`.

use tokio::time::sleep;

use super::{LOOK_EVERY, Session};
use crate::failure::Failure;
use crate::state::msg::Request;
use crate::state::sample::Info;

/// Saves everything or one namespace, and waits for it.
pub(super) async fn save(
    session: &mut Session<'_>,
    namespace: Option<String>,
    file: Option<String>,
) -> Result<(), Failure> {
    let Some(name) = namespace else {
        session.one(Request::change("save", ["SAVE"]).patient()).await?;
        return session.tell("saved everything");
    };
    let words = ["NAMESPACE", "SAVE", &name].into_iter().chain(file.as_deref());
    session.one(Request::change(format!("save {name}"), words).patient()).await?;
    session.tell(&format!("saved {name}"))
}

/// Saves everything in the background.
pub(super) async fn background(session: &mut Session<'_>, wait: bool) -> Result<(), Failure> {
    session.one(Request::change("background save", ["BGSAVE"])).await?;
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
