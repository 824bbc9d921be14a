//! `HELLO [protover [AUTH username password] [SETNAME clientname]]`; see also the tests of the protocol's handshake.

use rkvs_tests::{Value, expect::*, script};

/// The value of a field in the reply of HELLO, be it a map or a list.
fn field<'a>(reply: &'a Value, name: &str) -> Option<&'a Value> {
    let parts = reply.items()?;
    let at = parts.iter().step_by(2).position(|part| part.text().as_deref() == Some(name))?;
    parts.get(at * 2 + 1).copied()
}

#[test]
fn tells_who_answers_in_the_protocol_asked_for() {
    let of_protocol_2 = satisfies("a list with proto 2", |reply| {
        matches!(reply, Value::Array(_)) && field(reply, "proto") == Some(&int(2))
    });
    let of_protocol_3 = satisfies("a map with proto 3", |reply| {
        matches!(reply, Value::Map(_)) && field(reply, "proto") == Some(&int(3))
    });
    let named = |name: &'static str| bulk(name);
    script! {
        "HELLO 2" => of_protocol_2.clone(),
        "HELLO 3" => of_protocol_3.clone(),
        "HELLO" => of_protocol_3.clone(),
        "HELLO 2 SETNAME me" => of_protocol_2.clone(),
        "CLIENT GETNAME" => named("me"),
        "HELLO 3 AUTH default anything SETNAME you" => of_protocol_3,
        "CLIENT GETNAME" => named("you"),
        "HELLO 2" => of_protocol_2,
        "HELLO 4" => error("NOPROTO unsupported protocol version"),
        "HELLO x" => error("ERR Protocol version is not an integer or out of range"),
        "HELLO 3 NOSUCH" => error("ERR Syntax error in HELLO option 'NOSUCH'"),
        "CLIENT GETNAME" => named("you"),
    }
}
