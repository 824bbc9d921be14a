//! Clients: who is connected.

use super::{Reading, View};
use crate::output::entry::{Entry, bytes, count, seconds, text, words};
use crate::state::sample::{Client, Wants};
use crate::state::tab::Tab;

pub(super) static VIEW: View = View {
    tab: Tab::Clients,
    meaning: "a row for each connection in the server's order, 20,000 at most; this one is among them",
    wants: |_| Wants { clients: true, ..Wants::default() },
    has_rates: false,
    is_one_row: false,
    rows,
    fields: || row(&Client::default()),
};

fn rows(reading: &Reading<'_>) -> Option<Vec<Vec<Entry>>> {
    Some(reading.now.clients.as_deref()?.clients.iter().map(row).collect())
}

fn row(client: &Client) -> Vec<Entry> {
    vec![
        count("id", client.id(), "the number it is killed by").always().column("ID"),
        words("addr", client.text("addr"), "its address").column("ADDR"),
        words("laddr", client.text("laddr"), "the server's address it connected to"),
        words("name", client.text("name"), "as it called itself").column("NAME"),
        words("user", client.text("user"), "as it logged in").column("USER"),
        count("db", client.count("db"), "its database").column("DB"),
        seconds("age_s", client.count("age"), "since it connected").column("AGE"),
        seconds("idle_s", client.count("idle"), "since its last command").column("IDLE"),
        words("flags", client.text("flags"), "as in CLIENT LIST").column("FLAGS"),
        words("command", client.text("cmd"), "its last command").column("COMMAND"),
        count("subscriptions", client.count("sub"), "channels it listens to"),
        count("pattern_subscriptions", client.count("psub"), "patterns it listens to"),
        count("resp", client.count("resp"), "the protocol's version"),
        bytes("input_buffer_bytes", client.count("qbuf"), "what it sent and is not run yet"),
        bytes("output_buffer_bytes", client.count("omem"), "what it has not taken yet").column("OUT"),
        bytes("total_bytes", client.count("tot-mem"), "memory for it"),
        text("library", library(client).as_deref(), "its client library and version").column("LIBRARY"),
    ]
}

fn library(client: &Client) -> Option<String> {
    let (name, version) = (client.text("lib-name"), client.text("lib-ver"));
    (!name.is_empty()).then(|| if version.is_empty() { name.to_owned() } else { format!("{name} {version}") })
}
