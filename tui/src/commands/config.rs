//! `config`: tells, changes and keeps settings.

use std::sync::Arc;

use clap::Subcommand;

use super::{Session, written};
use crate::clock;
use crate::failure::Failure;
use crate::output::views::{Reading, View};
use crate::output::{Picture, writer};
use crate::state::requests;
use crate::state::sample::{Info, Sample, Server, Setting};
use crate::state::tab::Tab;

/// What is done with settings.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Tells those whose names fit a pattern
    Get {
        /// Such as maxmemory*
        #[arg(default_value = "*")]
        pattern: String,
    },
    /// Changes one
    Set {
        /// Its name
        name: String,
        /// Its new value
        value: String,
    },
    /// Writes them into the server's configuration file
    Rewrite,
}

pub(super) async fn run(session: &mut Session<'_>, command: ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Get { pattern } => get(session, &pattern).await,
        ConfigCommand::Set { name, value } => {
            let set = requests::set(&name, &value).called(format!("set {name}"));
            if session.setup.is_readonly {
                return session.one(set).await.map(drop);
            }
            let before = value_of(session, &name).await?;
            session.one(set).await?;
            let after = value_of(session, &name).await?;
            session.tell(&format!("{name}: {before} -> {after}"))
        }
        ConfigCommand::Rewrite => {
            session.one(requests::rewrite().called("rewrite")).await?;
            session.tell("wrote the configuration file")
        }
    }
}

/// A setting's value. Who may change it need not be one who may read it.
async fn value_of(session: &mut Session<'_>, name: &str) -> Result<String, Failure> {
    match settings(session, name).await {
        Ok(settings) => Ok(settings.into_iter().next().map_or_else(|| "unknown".into(), |setting| setting.value)),
        Err(Failure::Refused(_)) => Ok("unknown".into()),
        Err(failure) => Err(failure),
    }
}

async fn settings(session: &mut Session<'_>, pattern: &str) -> Result<Vec<Setting>, Failure> {
    Ok(Setting::from_reply(&session.ask(["CONFIG", "GET", pattern]).await?))
}

async fn get(session: &mut Session<'_>, pattern: &str) -> Result<(), Failure> {
    let settings = settings(session, pattern).await?;
    if settings.is_empty() {
        return Err(Failure::Refused(format!("there is no setting {pattern:?}")));
    }
    let info = session.ask(["INFO", "server"]).await?;
    let server = Server::of(session.setup.address.to_string(), &Info::parse(&info.to_text().unwrap_or_default()));
    let sample = Sample { at_ms: clock::now_ms(), server, config: Some(Arc::new(settings)), ..Sample::default() };
    let view = View::of(Tab::Config).ok_or_else(|| Failure::Usage("settings cannot be told".into()))?;
    let rows = view.rows(&Reading { now: &sample, before: None, namespace: None }).unwrap_or_default();
    let picture = Picture { view, sample: &sample, rows };
    written(writer(session.setup.format, false, &mut *session.out).write(&picture))
}
