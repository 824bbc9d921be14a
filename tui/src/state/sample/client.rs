//! Who is connected.

use serde::{Deserialize, Serialize};

use super::CLIENTS_MAX;

/// CLIENT LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clients {
    /// How many there are; more than `clients` holds when there are too many.
    pub total: usize,
    /// The first `CLIENTS_MAX` of them, in the server's order.
    pub clients: Vec<Client>,
}

/// A connected client: its line of CLIENT LIST. Fields are found when they are asked for, so that ten thousand clients cost ten
/// thousand strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Client {
    line: Box<str>,
}

impl Clients {
    /// Reads CLIENT LIST; lines without an id are passed over.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| line.starts_with("id="));
        let clients = lines.clone().take(CLIENTS_MAX).map(|line| Client { line: line.into() }).collect();
        Self { total: lines.count(), clients }
    }

    /// A client by id. `O(n)`.
    pub fn by_id(&self, id: u64) -> Option<&Client> {
        self.clients.iter().find(|client| client.id() == id)
    }
}

impl Client {
    /// The number it is killed by.
    pub fn id(&self) -> u64 {
        self.count("id").unwrap_or(0)
    }

    /// A field as it came, such as `addr`, `name`, `lib-name`, `flags`, `cmd`; empty when there is none.
    pub fn text(&self, name: &str) -> &str {
        self.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }

    /// A field as a number, such as `age`, `idle`, `db`, `omem`.
    pub fn count(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }

    /// All fields. A value holds no spaces, so that a line is its fields separated by them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.line.split(' ').filter_map(|field| field.split_once('='))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_clients() {
        let clients = Clients::parse(
            "id=8 addr=127.0.0.1:38202 laddr=127.0.0.1:7391 fd=8 name= age=0 idle=3 flags=N db=0 cmd=client|list\n\
             garbage\n\
             id=9 addr=[::1]:5 name=a=b multi=-1\n",
        );
        assert_eq!(clients.total, 2);
        assert_eq!((clients.clients[0].id(), clients.clients[0].text("cmd")), (8, "client|list"));
        assert_eq!((clients.clients[0].text("name"), clients.clients[0].count("idle")), ("", Some(3)));
        assert_eq!((clients.clients[1].text("name"), clients.clients[1].count("multi")), ("a=b", None));
        assert_eq!(clients.by_id(9).map(Client::id), Some(9));
    }

    #[test]
    fn clients_beyond_the_bound_are_counted() {
        let clients = Clients::parse(&"id=1 a=b\n".repeat(CLIENTS_MAX + 5));
        assert_eq!((clients.clients.len(), clients.total), (CLIENTS_MAX, CLIENTS_MAX + 5));
    }
}
