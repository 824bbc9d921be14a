//! `CLIENT KILL address` and `CLIENT KILL filter value …`.

use std::sync::atomic::Ordering::Relaxed;

use super::list::ClientType;
use crate::command::prelude::*;
use crate::session::ClientInfo;

/// Which clients to end: those that pass everything that is set.
#[derive(Default)]
struct Filter<'a> {
    id: Option<u64>,
    client_type: Option<ClientType>,
    address: Option<&'a [u8]>,
    local_address: Option<&'a [u8]>,
    /// Whether the client that asks is left alone.
    skip_own: bool,
}

pub(super) fn kill(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    if args.remaining() == 1 {
        let filter = Filter { address: Some(args.bytes()?), ..Filter::default() };
        if kill_all(ctx, &filter) == 0 {
            return Err(CommandError::Other("ERR No such client"));
        }
        reply.ok();
    } else {
        let filter = Filter::parse(args)?;
        reply.integer(kill_all(ctx, &filter));
    }
    Ok(())
}

impl<'a> Filter<'a> {
    fn parse(args: &mut Args<'a>) -> Result<Self, CommandError> {
        let mut filter = Filter { skip_own: true, ..Self::default() };
        while !args.is_empty() {
            if args.remaining() < 2 {
                return Err(CommandError::Syntax);
            }
            if args.option("ID") {
                let id = args.integer().ok().and_then(|id| u64::try_from(id).ok()).filter(|&id| id > 0);
                filter.id = Some(id.ok_or(CommandError::Other("ERR client-id should be greater than 0"))?);
            } else if args.option("TYPE") {
                filter.client_type = Some(ClientType::parse(args.bytes()?)?);
            } else if args.option("ADDR") {
                filter.address = Some(args.bytes()?);
            } else if args.option("LADDR") {
                filter.local_address = Some(args.bytes()?);
            } else if args.option("USER") {
                // Everyone is the default user, so this one filters nobody.
                let user = args.bytes()?;
                if user != b"default" {
                    return Err(echoing("ERR No such user '", user, "'"));
                }
            } else if args.option("SKIPME") {
                filter.skip_own = match args.bytes()? {
                    word if word.eq_ignore_ascii_case(b"yes") => true,
                    word if word.eq_ignore_ascii_case(b"no") => false,
                    _ => return Err(CommandError::Syntax),
                };
            } else {
                return Err(CommandError::Syntax);
            }
        }
        Ok(filter)
    }

    fn accepts(&self, client: &ClientInfo) -> bool {
        let is_at = |address: &dyn std::fmt::Display, wanted: &[u8]| address.to_string().as_bytes() == wanted;
        self.id.is_none_or(|id| id == client.id)
            && self.client_type.is_none_or(|client_type| client_type == ClientType::Normal)
            && self.address.is_none_or(|wanted| is_at(&client.peer, wanted))
            && self.local_address.is_none_or(|wanted| is_at(&client.local, wanted))
    }
}

/// Ends the clients that pass the filter; returns how many there were. The client that asks gets its reply first.
fn kill_all(ctx: &mut Context<'_>, filter: &Filter<'_>) -> i64 {
    let own_id = ctx.session.info.id;
    let candidates = match filter.id {
        Some(id) => ctx.server.clients.find(id).into_iter().collect(),
        None => ctx.server.clients.all(),
    };
    let mut killed = 0;
    for client in candidates.iter().filter(|client| filter.accepts(client)) {
        if client.id == own_id {
            if filter.skip_own {
                continue;
            }
            ctx.session.close();
        } else if client.killed.load(Relaxed) {
            continue;
        } else {
            client.kill();
        }
        killed += 1;
    }
    killed
}
