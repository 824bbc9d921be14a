//! One conversation in bytes: what is sent, what must come back, what becomes of the connection.

use rkvs_tests::{Server, binary};

/// What a connection does after its last reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It answers the next request.
    Serves,
    /// It is closed by the server.
    Closes,
    /// It waits for the rest of an unfinished request.
    Waits,
}

/// A conversation on a connection of its own.
pub(crate) struct Case {
    sent: Vec<u8>,
    answer: Vec<u8>,
    then: Then,
    /// Whether the connection is still to authenticate at the end.
    locked: bool,
}

/// A conversation: `sent` is answered by exactly `answer`.
pub(crate) fn case(sent: impl AsRef<[u8]>, answer: impl AsRef<[u8]>, then: Then) -> Case {
    Case { sent: sent.as_ref().to_vec(), answer: answer.as_ref().to_vec(), then, locked: false }
}

/// Holds the conversations with the server under test and with the reference, both started with `flags`.
pub(crate) fn check(flags: &[&str], cases: &[Case]) {
    on_both(flags, |name, server| {
        for case in cases {
            case.check(name, server);
        }
        assert!(server.is_alive(), "{name} died:\n{}", server.log_tail());
    });
}

/// Runs `test` against the server under test and, where it is installed, the reference.
pub(crate) fn on_both(flags: &[&str], test: impl Fn(&str, &mut Server)) {
    test("the server under test", &mut Server::rkvs_with(flags));
    if !binary::rkvs_is_the_reference()
        && let Some(mut redis) = Server::redis_with(flags)
    {
        test("the reference (so the test is wrong)", &mut redis);
    }
}

impl Case {
    /// The same conversation where the server wants a password and has not got it.
    pub(crate) fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    fn check(&self, name: &str, server: &Server) {
        const PROBE: &[u8] = b"*2\r\n$4\r\nECHO\r\n$5\r\nprobe\r\n";
        const PROBED: &[u8] = b"$5\r\nprobe\r\n";
        const REFUSED: &[u8] = b"-NOAUTH Authentication required.\r\n";
        let mut client = server.client();
        // The server may close before it has taken everything.
        let _ = client.try_raw(&self.sent);
        let mut expected = self.answer.clone();
        match self.then {
            Then::Serves => {
                let _ = client.try_raw(PROBE);
                expected.extend_from_slice(if self.locked { REFUSED } else { PROBED });
                client.finish_sending();
            }
            Then::Waits => client.finish_sending(),
            Then::Closes => {}
        }
        let (got, broken) = client.try_rest();
        assert!(
            broken.is_none() && got == expected,
            "on {name}, sent {}\n  expected {}, then it {:?}\n  answered {}, then {broken:?}",
            cut(&self.sent),
            cut(&expected),
            self.then,
            cut(&got),
        );
    }
}

/// Bytes as text, at a length one can read.
pub(crate) fn cut(bytes: &[u8]) -> String {
    let text = bytes[..bytes.len().min(300)].escape_ascii().to_string();
    if bytes.len() > 300 { format!("{text}… ({} bytes)", bytes.len()) } else { text }
}
