//! `namespaces`: lists, makes and deletes them.

use clap::Subcommand;

use super::Session;
use crate::failure::Failure;
use crate::output::run::{APART, Plan, once};
use crate::output::views::View;
use crate::state::requests::{self, NewNamespace};
use crate::state::tab::Tab;

/// What is done with namespaces.
#[derive(Clone, Debug, Subcommand)]
pub enum NamespacesCommand {
    /// Lists them, as --once --view namespaces does
    List,
    /// Makes one
    Create {
        /// Its name
        name: String,
        /// The database index that SELECT takes
        #[arg(long, value_name = "DB")]
        index: Option<u64>,
        /// How many shards
        #[arg(long, value_name = "N")]
        shards: Option<u64>,
        /// Limit of its keys
        #[arg(long, value_name = "N")]
        max_keys: Option<u64>,
        /// Limit of a value
        #[arg(long, value_name = "BYTES")]
        max_value_size: Option<String>,
        /// Limit of its memory
        #[arg(long, value_name = "BYTES")]
        maxmemory: Option<String>,
        /// Which keys make room at that limit
        #[arg(long, value_name = "POLICY")]
        maxmemory_policy: Option<String>,
    },
    /// Removes one with all its keys
    Delete {
        /// Its name
        name: String,
        /// Yes, with all its keys
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(session: &mut Session<'_>, command: Option<NamespacesCommand>) -> Result<(), Failure> {
    match command.unwrap_or(NamespacesCommand::List) {
        NamespacesCommand::List => {
            let view = View::of(Tab::Namespaces).ok_or_else(|| Failure::Usage("namespaces cannot be listed".into()))?;
            let plan = Plan { view, format: session.setup.format, namespace: None, recorder: None };
            once(plan, &session.setup.address, APART, &mut *session.out).await
        }
        NamespacesCommand::Create { name, index, shards, max_keys, max_value_size, maxmemory, maxmemory_policy } => {
            let new = NewNamespace { db: index, shards, max_keys, max_value_size, maxmemory, maxmemory_policy };
            session.one(requests::create_namespace(&name, new)).await?;
            session.tell(&format!("created {name}"))
        }
        NamespacesCommand::Delete { name, yes } => {
            if !yes && !session.setup.is_readonly {
                return Err(Failure::Usage(format!("all keys of {name:?} will be gone: --yes says so")));
            }
            session.one(requests::delete_namespace(&name)).await?;
            session.tell(&format!("deleted {name}"))
        }
    }
}
