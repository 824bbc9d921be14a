//! Closing connections.

use super::super::dialog::Dialog;
use super::super::msg::Request;
use super::super::requests;
use super::super::sample::Client;
use super::run;

/// Clients that a dialog names before it only counts them.
const NAMED_MAX: usize = 3;

/// Closes the connection of a client.
pub fn kill(client: &Client, finish: impl Fn(Request) -> Request + Send + Sync + 'static) -> Dialog {
    let id = client.id();
    let address = client.address().to_owned();
    Dialog::confirm("Kill client", "Kill", move |_| Ok(vec![run(finish(requests::kill(&[(id, &address)])))]))
        .line("client", format!("{id}, {}", who(client)))
        .line("doing", format!("{}, idle for {} s", client.text("cmd"), client.text("idle")))
        .line("effect", "its connection is closed; most clients connect again")
        .line("cost", "what it waits for is lost, and so is what it queued in MULTI")
}

/// Closes the connections of all clients that a filter shows. Without a filter their number must be typed.
pub fn kill_matching(
    filter: &str,
    clients: &[&Client],
    total: usize,
    finish: impl Fn(Request) -> Request + Send + Sync + 'static,
) -> Dialog {
    let killed: Vec<(u64, String)> = clients.iter().map(|client| (client.id(), client.address().to_owned())).collect();
    let count = killed.len();
    let mut named: Vec<String> = clients.iter().take(NAMED_MAX).map(|client| who(client)).collect();
    if count > named.len() {
        named.push(format!("and {} more", count - named.len()));
    }
    let verb = format!("Kill {count}");
    let confirm = move |_: &[String]| {
        let killed: Vec<(u64, &str)> = killed.iter().map(|(id, address)| (*id, address.as_str())).collect();
        Ok(vec![run(finish(requests::kill(&killed)))])
    };
    let dialog = Dialog::confirm("Kill clients", verb, confirm)
        .line("filter", if filter.is_empty() { "none: EVERY client" } else { filter })
        .line("clients", format!("{count} of {total}, never this dashboard"))
        .line("", named.join(", "))
        .line("effect", "their connections are closed; most clients connect again at once")
        .line("cost", "what they wait for is lost, and so is what they queued in MULTI");
    if filter.is_empty() { dialog.must_type(count.to_string()) } else { dialog.destructive() }
}

fn who(client: &Client) -> String {
    let (address, name) = (client.text("addr"), client.text("name"));
    if name.is_empty() { address.to_owned() } else { format!("{address} {name}") }
}
