//! `kill`: closes connections.

use clap::{ArgGroup, Args};

use super::Session;
use crate::failure::Failure;
use crate::state::requests;
use crate::value::Value;

/// Arguments of `kill`.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true))]
pub struct Kill {
    /// The numbers of connections
    #[arg(value_name = "ID", group = "which", conflicts_with_all = ["addr", "laddr", "client_type", "logged_in_as"])]
    pub ids: Vec<u64>,
    /// Those from this address
    #[arg(long, value_name = "IP:PORT", group = "which")]
    pub addr: Option<String>,
    /// Those to this address of the server
    #[arg(long, value_name = "IP:PORT", group = "which")]
    pub laddr: Option<String>,
    /// Those of this type: normal, pubsub, master, replica
    #[arg(long = "type", value_name = "TYPE", group = "which")]
    pub client_type: Option<String>,
    /// Those of this user
    #[arg(long, value_name = "NAME", group = "which")]
    pub logged_in_as: Option<String>,
}

impl Kill {
    /// Never closes the connection that asks.
    pub(super) async fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let filters =
            [("ADDR", &self.addr), ("LADDR", &self.laddr), ("TYPE", &self.client_type), ("USER", &self.logged_in_as)];
        let filters: Vec<_> =
            filters.into_iter().filter_map(|(filter, value)| Some((filter, value.as_deref()?))).collect();
        let ids: Vec<_> = self.ids.iter().map(|id| (*id, "")).collect();
        let request = if ids.is_empty() { requests::kill_fitting(&filters) } else { requests::kill(&ids) };
        let replies = session.run(request.called("kill")).await?;
        let closed = replies.iter().filter_map(Value::as_u64).fold(0, u64::saturating_add);
        let gone = self.ids.iter().zip(&replies).filter(|(_, reply)| reply.as_u64() == Some(0));
        let gone: Vec<String> = gone.map(|(id, _)| id.to_string()).collect();
        let missing = if gone.is_empty() { String::new() } else { format!("; there is no {}", gone.join(", ")) };
        match closed {
            0 => Err(Failure::Refused("kill: there is no such connection".into())),
            1 => session.tell(&format!("closed 1 connection{missing}")),
            closed => session.tell(&format!("closed {closed} connections{missing}")),
        }
    }
}
