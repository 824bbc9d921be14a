//! Sub-commands: what the dashboard's keys do, for scripts. Each says in one line what was done; what is refused is a failure.

pub mod config;
pub mod kill;
pub mod namespaces;
pub mod resize;
mod save;

use std::io::{self, Write};
use std::time::Duration;

use crate::cli::Command;
use crate::cli::setup::Setup;
use crate::failure::Failure;
use crate::output::run::{connect, failure};
use crate::source::client::Client;
use crate::state::msg::Request;
use crate::text;
use crate::value::Value;

/// How long an exchange may take that is not known to take long.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Between two looks at something that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Carries out a sub-command that talks to a server.
pub async fn run(command: Command, setup: &Setup, out: &mut dyn Write) -> Result<(), Failure> {
    let mut session = Session { setup, client: None, out };
    match command {
        Command::Save { namespace, file } => save::save(&mut session, namespace, file).await,
        Command::Bgsave { wait } => save::background(&mut session, wait).await,
        Command::Resize(resize) => resize.run(&mut session).await,
        Command::Namespaces { command } => namespaces::run(&mut session, command).await,
        Command::Kill(kill) => kill.run(&mut session).await,
        Command::Config { command } => config::run(&mut session, command).await,
        Command::Completions { .. } | Command::Schema { .. } => Ok(()),
    }
}

/// A server that is asked for something, and where it is told.
pub(crate) struct Session<'a> {
    setup: &'a Setup,
    client: Option<Client>,
    out: &'a mut dyn Write,
}

impl Session<'_> {
    /// The replies to a request. A change is refused before anything is sent when only reading is allowed.
    async fn run(&mut self, request: Request) -> Result<Vec<Value>, Failure> {
        if request.is_change && self.setup.is_readonly {
            return Err(Failure::Refused(format!("--readonly: {}", request.label)));
        }
        let client = match &mut self.client {
            Some(client) => client,
            None => self.client.insert(connect(&self.setup.address, TIME_LIMIT).await?),
        };
        client.set_time_limit(Duration::from_secs(request.time_limit_s));
        let mut replies = Vec::new();
        let answers = client.pipeline(&request.commands).await;
        for reply in answers.map_err(|error| failure(&self.setup.address, &error))? {
            let reply = reply.ok().map_err(|error| refused(&request, &error))?;
            replies.push(reply);
        }
        tracing::info!(label = ?request.label, "done");
        Ok(replies)
    }

    /// The reply to a request of one command.
    async fn one(&mut self, request: Request) -> Result<Value, Failure> {
        Ok(self.run(request).await?.pop().unwrap_or(Value::Null))
    }

    /// The reply to a question.
    async fn ask<T: AsRef<[u8]>>(&mut self, words: impl IntoIterator<Item = T>) -> Result<Value, Failure> {
        self.one(Request::question(words)).await
    }

    /// Tells a line of the program's own words and, within it, text that somebody chose.
    fn tell(&mut self, line: &str) -> Result<(), Failure> {
        written(writeln!(self.out, "{}", text::typed(line)))
    }
}

/// Why a request was refused. A server without namespaces would only tell that it does not know the word.
fn refused(request: &Request, error: &str) -> Failure {
    let first = request.commands.first().and_then(|words| words.first());
    let is_of_namespaces = first.is_some_and(|word| word == b"NAMESPACE");
    let is_unknown = error.starts_with("ERR unknown command");
    let reason = if is_of_namespaces && is_unknown { "this server has no namespaces" } else { error };
    Failure::Refused(format!("{}: {reason}", request.label))
}

/// That nobody reads any more is no failure.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Connection(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
