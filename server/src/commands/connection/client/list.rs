//! `CLIENT LIST [TYPE type | ID id …]` and `CLIENT INFO`.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::command::prelude::*;
use crate::command::table::CommandTable;
use crate::session::{Address, ClientInfo};

pub(super) fn info(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mut text = Vec::new();
    write_line(&mut text, &ctx.session.info, ctx.now_ms, Some(args));
    reply.verbatim(b"txt", &text);
    Ok(())
}

pub(super) fn list(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let clients = if args.is_empty() {
        ctx.server.clients.all()
    } else if args.remaining() == 2 && args.option("TYPE") {
        match ClientType::parse(args.bytes()?)? {
            ClientType::Normal => ctx.server.clients.all(),
            _ => Vec::new(),
        }
    } else if args.remaining() > 1 && args.option("ID") {
        let mut clients: Vec<Arc<ClientInfo>> = Vec::new();
        while !args.is_empty() {
            let id = args.integer().map_err(|_| CommandError::Other("ERR Invalid client ID"))?;
            clients.extend(u64::try_from(id).ok().and_then(|id| ctx.server.clients.find(id)));
        }
        clients
    } else {
        return Err(CommandError::Syntax);
    };
    let own_id = ctx.session.info.id;
    let mut text = Vec::new();
    for client in clients.iter().filter(|client| !client.killed.load(Relaxed)) {
        write_line(&mut text, client, ctx.now_ms, (client.id == own_id).then_some(&*args));
    }
    reply.verbatim(b"txt", &text);
    Ok(())
}

/// What kind of client one asks for. This server has normal ones alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientType {
    /// Sends requests, gets replies.
    Normal,
    /// A master this server follows.
    Master,
    /// A replica that follows this server.
    Replica,
    /// Waits for messages of channels.
    PubSub,
}

impl ClientType {
    /// Reads a type's name.
    pub(super) fn parse(name: &[u8]) -> Result<Self, CommandError> {
        const NAMES: [(&str, ClientType); 5] = [
            ("normal", ClientType::Normal),
            ("slave", ClientType::Replica),
            ("replica", ClientType::Replica),
            ("pubsub", ClientType::PubSub),
            ("master", ClientType::Master),
        ];
        // The reference compares C strings here.
        NAMES
            .into_iter()
            .find(|(known, _)| until_nul(name).eq_ignore_ascii_case(known.as_bytes()))
            .map(|(_, client_type)| client_type)
            .ok_or_else(|| echoing("ERR Unknown client type '", name, "'"))
    }
}

/// Appends the line that describes a client. `own_request` is the request being served if it is the client's own: the
/// registry learns of that one only when its turn ends.
fn write_line(text: &mut Vec<u8>, client: &ClientInfo, now_ms: u64, own_request: Option<&Args<'_>>) {
    let names = client.names();
    let age_s = now_ms.saturating_sub(client.connected_at_ms) / 1000;
    let idle_s = match own_request {
        Some(_) => 0,
        None => now_ms.saturating_sub(client.active_at_ms.load(Relaxed)) / 1000,
    };
    let argument_bytes: usize = own_request.map_or(0, |args| args.whole().map(<[u8]>::len).sum());
    let command = match own_request {
        Some(args) => CommandTable::of_server()
            .lookup(args.name())
            .map(|command| args.at(1).and_then(|name| command.subcommand(name)).unwrap_or(command)),
        None => {
            let index = client.command.load(Relaxed) as usize;
            index.checked_sub(1).and_then(|index| CommandTable::of_server().commands().get(index).copied())
        }
    };
    let output_bytes = client.output_bytes.load(Relaxed);
    let output_memory_bytes = client.output_memory_bytes.load(Relaxed);
    // Replies up to one buffer's size are held in place; what goes beyond it is counted as the reference's reply list.
    const BUFFER_BYTES: usize = 16 << 10;
    let buffered_bytes = output_bytes.min(BUFFER_BYTES);
    let listed_bytes = if output_bytes > BUFFER_BYTES { output_memory_bytes } else { 0 };
    // Writing into memory does not fail.
    let _ = writeln!(
        text,
        "id={} addr={} laddr={} fd={} name={} age={age_s} idle={idle_s} flags={} db={} sub=0 psub=0 ssub=0 multi={} \
         qbuf={} qbuf-free={} argv-mem={argument_bytes} multi-mem={} rbs={output_memory_bytes} \
         rbp={output_memory_bytes} obl={buffered_bytes} oll={} omem={listed_bytes} tot-mem={} events={} cmd={} \
         user=default redir=-1 resp={} lib-name={} lib-ver={}",
        client.id,
        client.peer,
        client.local,
        client.fd,
        String::from_utf8_lossy(&names.name),
        flags(client),
        client.db.load(Relaxed),
        client.queued.load(Relaxed),
        client.input_bytes.load(Relaxed),
        client.input_free_bytes.load(Relaxed),
        client.multi_bytes.load(Relaxed),
        (output_bytes - buffered_bytes).div_ceil(BUFFER_BYTES),
        client.memory_bytes.load(Relaxed),
        if output_bytes > 0 { "rw" } else { "r" },
        command.map_or("NULL", Command::full_name),
        client.resp.load(Relaxed),
        String::from_utf8_lossy(&names.lib_name),
        String::from_utf8_lossy(&names.lib_ver),
    );
}

/// One letter for each thing that is special about a client, `N` if nothing is.
fn flags(client: &ClientInfo) -> String {
    let all = [
        ('x', client.queued.load(Relaxed) >= 0),
        ('b', client.blocked.load(Relaxed)),
        ('c', client.closing.load(Relaxed)),
        ('U', matches!(client.peer, Address::Unix(_))),
        ('e', client.no_evict.load(Relaxed)),
        ('T', client.no_touch.load(Relaxed)),
    ];
    let flags: String = all.into_iter().filter(|(_, holds)| *holds).map(|(letter, _)| letter).collect();
    if flags.is_empty() { "N".into() } else { flags }
}
