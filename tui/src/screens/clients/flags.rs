//! The letters of CLIENT LIST's `flags`, in words.

/// A letter, its word, and what it means.
pub(super) struct Flag {
    pub(super) letter: char,
    pub(super) word: &'static str,
    pub(super) meaning: &'static str,
}

const fn flag(letter: char, word: &'static str, meaning: &'static str) -> Flag {
    Flag { letter, word, meaning }
}

/// Those of Redis 7 and 8 (<https://redis.io/docs/latest/commands/client-list/>).
static FLAGS: [Flag; 21] = [
    flag('N', "normal", "nothing special"),
    flag('b', "blocked", "waits in a blocking command"),
    flag('x', "multi", "queues commands for EXEC"),
    flag('d', "dirty", "a watched key has changed: EXEC will fail"),
    flag('P', "pubsub", "is subscribed to channels"),
    flag('O', "monitor", "is told every command (MONITOR)"),
    flag('S', "replica", "is a replica of this server"),
    flag('M', "master", "is the master of this server"),
    flag('t', "tracking", "is told when keys that it read change"),
    flag('B', "broadcast", "tracks keys by prefix"),
    flag('R', "redirect", "the client that tracking goes to is gone"),
    flag('u', "unblocked", "was just unblocked"),
    flag('U', "unix", "is connected through a Unix socket"),
    flag('r', "readonly", "only reads from a node of a cluster"),
    flag('e', "no-evict", "is not closed when memory is short"),
    flag('T', "no-touch", "uses keys without marking them as used"),
    flag('c', "closing", "is closed once its reply is sent"),
    flag('A', "closing-now", "is closed as soon as possible"),
    flag('C', "watching", "has keys that it watches"),
    flag('I', "import", "sends keys for an import"),
    flag('i', "vm", "waits for a slow disk (old servers)"),
];

/// The flag of a letter.
pub(super) fn of(letter: char) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| flag.letter == letter)
}

/// The words of some letters.
pub(super) fn words(letters: &str) -> String {
    let words: Vec<_> = letters.chars().filter_map(of).map(|flag| flag.word).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_has_one_meaning() {
        for (index, flag) in FLAGS.iter().enumerate() {
            assert!(FLAGS[index + 1..].iter().all(|other| other.letter != flag.letter && other.word != flag.word));
        }
        assert_eq!(words("bUé"), "blocked unix");
    }
}
