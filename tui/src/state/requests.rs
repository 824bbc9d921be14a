//! What is sent to change a server: one function for each change. The dialogs (`actions`), the screens and the sub-commands all
//! send these, and only these, so that the dashboard and the command line do a thing in the same way.

use super::keyspace::Keyspace;
use super::msg::Request;
use crate::format;

/// What the server's 0 means where a key was to be renamed or copied.
const NOT_DONE: &str = "not done: there is a key of that name already, or this one is gone";

/// Saves everything in the background.
pub fn background_save() -> Request {
    Request::change("background save", ["BGSAVE"]).in_background()
}

/// Saves everything and waits.
pub fn save() -> Request {
    Request::change("save", ["SAVE"]).patient()
}

/// Sets what is counted to zero.
pub fn reset_statistics() -> Request {
    Request::change("reset statistics", ["CONFIG", "RESETSTAT"])
}

/// Changes a setting. The label does not tell the value, which may be a password.
pub fn set(name: &str, value: &str) -> Request {
    Request::change(format!("CONFIG SET {name}"), ["CONFIG", "SET", name, value])
}

/// Writes the settings to the server's file.
pub fn rewrite() -> Request {
    Request::change("CONFIG REWRITE", ["CONFIG", "REWRITE"])
}

/// Changes settings of the slowlog, one after another: names and values.
pub fn set_slowlog(settings: &[(&str, String)]) -> Request {
    let commands = settings.iter().map(|(name, value)| vec!["CONFIG", "SET", name, value]);
    Request::changes("change the slowlog", commands)
}

/// Empties the slowlog.
pub fn clear_slowlog() -> Request {
    Request::change("clear slowlog", ["SLOWLOG", "RESET"])
}

/// Closes connections by id and, where it is not empty, by address as well: a server that was started anew gives its ids to others.
/// The connection it is sent over never is among them. Each reply is how many were closed: 0 or 1.
pub fn kill(clients: &[(u64, &str)]) -> Request {
    let label = match clients {
        [(id, _)] => format!("kill client {id}"),
        _ => format!("kill {} clients", clients.len()),
    };
    let command = |(id, address): &(u64, &str)| {
        let id = id.to_string();
        let address = ["ADDR", address].into_iter().filter(|_| !address.is_empty());
        let words = ["CLIENT", "KILL", "ID", &id].into_iter().chain(address).chain(["SKIPME", "YES"]);
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    Request::changes(label, clients.iter().map(command))
}

/// Closes the connections that fit all of these filters of CLIENT KILL, but not the one it is sent over. The reply is how many.
pub fn kill_fitting(filters: &[(&str, &str)]) -> Request {
    let filters = filters.iter().flat_map(|(filter, value)| [*filter, *value]);
    Request::change("kill clients", ["CLIENT", "KILL"].into_iter().chain(filters).chain(["SKIPME", "YES"]))
}

/// What a new namespace is to be like; the server chooses what is not said.
#[derive(Clone, Debug, Default)]
pub struct NewNamespace {
    /// The database index that SELECT takes.
    pub db: Option<u64>,
    /// How many shards.
    pub shards: Option<u64>,
    /// Limit of its keys.
    pub max_keys: Option<u64>,
    /// Limit of a value: bytes, also with a unit that the server knows.
    pub max_value_size: Option<String>,
    /// Limit of its memory: bytes, also with a unit that the server knows.
    pub maxmemory: Option<String>,
    /// Which keys make room at that limit.
    pub maxmemory_policy: Option<String>,
}

/// Makes a namespace.
pub fn create_namespace(name: &str, new: NewNamespace) -> Request {
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let options = [
        ("DB", number(new.db)),
        ("SHARDS", number(new.shards)),
        ("MAXKEYS", number(new.max_keys)),
        ("MAXVALUESIZE", new.max_value_size),
        ("MAXMEMORY", new.maxmemory),
        ("MAXMEMORYPOLICY", new.maxmemory_policy),
    ];
    let mut words = ["NAMESPACE", "CREATE", name].map(str::to_owned).to_vec();
    for (option, value) in options {
        words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
    }
    Request::change(format!("create {name}"), words)
}

/// Removes a namespace with everything in it.
pub fn delete_namespace(name: &str) -> Request {
    Request::change(format!("delete {name}"), ["NAMESPACE", "DELETE", name]).patient()
}

/// Deletes all keys of a keyspace.
pub fn flush(keyspace: Keyspace) -> Request {
    Request::change(format!("flush {keyspace}"), ["FLUSHDB", "ASYNC"]).in_keyspace(keyspace)
}

/// Changes limits of a namespace: names and values; `what` tells in words which.
pub fn set_limits(namespace: &str, limits: &[(&str, u64)], what: &str) -> Request {
    let mut words = ["NAMESPACE", "CONFIG", "SET", namespace].map(str::to_owned).to_vec();
    words.extend(limits.iter().flat_map(|(limit, value)| [(*limit).to_owned(), value.to_string()]));
    Request::change(format!("{namespace}: {what}"), words)
}

/// Changes the number of shards of a namespace.
pub fn resize(namespace: &str, shards: u64) -> Request {
    let words = ["NAMESPACE", "RESIZE", namespace, &shards.to_string()];
    Request::change(format!("resize {namespace} to {shards} shards"), words).in_background()
}

/// Takes a change of the number of shards back.
pub fn cancel_resize(namespace: &str) -> Request {
    let words = ["NAMESPACE", "RESIZE", namespace, "CANCEL"];
    Request::change(format!("cancel the resize of {namespace}"), words).in_background()
}

/// Saves one namespace; without a file, to one that is called like it.
pub fn save_namespace(namespace: &str, file: Option<&str>) -> Request {
    let words = ["NAMESPACE", "SAVE", namespace].into_iter().chain(file);
    Request::change(format!("save {namespace}"), words).patient()
}

/// Loads a namespace from a file; without a name it is called as in the file.
pub fn load_namespace(file: &str, name: Option<&str>) -> Request {
    let words = ["NAMESPACE", "LOAD", file].into_iter().chain(name.into_iter().flat_map(|name| ["AS", name]));
    Request::change(format!("load {file}"), words).patient()
}

/// Saves a namespace at intervals and keeps so many files, or all with 0. Without a pattern the server chooses what they are called.
pub fn set_autosave(namespace: &str, seconds: u64, keep: u64, pattern: Option<&str>) -> Request {
    let (interval, keep) = (seconds.to_string(), keep.to_string());
    let words = ["NAMESPACE", "AUTOSAVE", "SET", namespace, "SECONDS", &interval, "KEEP", &keep];
    let pattern = pattern.into_iter().flat_map(|pattern| ["PATTERN", pattern]);
    Request::change(format!("autosave {namespace} every {seconds} s"), words.into_iter().chain(pattern))
}

/// Saves a namespace at intervals no longer.
pub fn stop_autosave(namespace: &str) -> Request {
    Request::change(format!("stop the autosave of {namespace}"), ["NAMESPACE", "AUTOSAVE", "STOP", namespace])
}

/// A key: where it is, and how its name is spelled for people.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Where it is.
    pub keyspace: &'a Keyspace,
    /// Its exact name.
    pub name: &'a [u8],
    /// The same as text, harmless and not too long.
    pub shown: &'a str,
}

impl Key<'_> {
    fn change(self, what: &str, words: &[&[u8]]) -> Request {
        Request::change(format!("{what} {}", self.shown), words).in_keyspace(self.keyspace.clone())
    }
}

/// Deletes a key. The reply is how many were there: 0 or 1.
pub fn delete_key(key: Key<'_>) -> Request {
    key.change("delete", &[b"UNLINK", key.name])
}

/// Deletes keys of a keyspace; `left` is how many more are to follow. Each reply is how many were there: 0 or 1.
pub fn delete_keys(keyspace: Keyspace, names: &[&[u8]], left: usize) -> Request {
    let label = match left {
        0 => format!("delete {} keys", names.len()),
        left => format!("delete {} keys, {} are left", names.len(), format::exact(left as u64)),
    };
    Request::changes(label, names.iter().map(|name| [b"UNLINK".as_slice(), name])).in_keyspace(keyspace)
}

/// Lets a key expire in so many seconds.
pub fn expire_key(key: Key<'_>, seconds: u64) -> Request {
    key.change(&format!("expire in {seconds} s:"), &[b"EXPIRE", key.name, seconds.to_string().as_bytes()])
}

/// Lets a key expire no more.
pub fn persist_key(key: Key<'_>) -> Request {
    key.change("never expire:", &[b"PERSIST", key.name])
}

/// Gives a key another name, unless there is one of it. The second reply is that name.
pub fn rename_key(key: Key<'_>, new: &[u8]) -> Request {
    key.change("rename", &[b"RENAMENX", key.name, new]).or_zero(NOT_DONE).and([b"ECHO".as_slice(), new])
}

/// Copies a key to another name, unless there is one of it. The second reply is that name.
pub fn copy_key(key: Key<'_>, new: &[u8]) -> Request {
    key.change("copy", &[b"COPY", key.name, new]).or_zero(NOT_DONE).and([b"ECHO".as_slice(), new])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::msg::Effect;
    use crate::testing::sent;

    const KEYSPACE: &Keyspace = &Keyspace::Numbered(3);
    const KEY: Key<'static> = Key { keyspace: KEYSPACE, name: b"a\xff", shown: "a\\xff" };

    /// What is said of a request, and the commands that go to the server.
    fn told(request: &Request) -> (&str, Vec<String>) {
        (&request.label, sent(&[Effect::Run(request.clone())]))
    }

    #[test]
    fn each_sends_these_words() {
        let sizes = NewNamespace { max_value_size: Some("1mb".into()), maxmemory: Some("0".into()), ..<_>::default() };
        let numbers = NewNamespace {
            db: Some(7),
            shards: Some(4),
            max_keys: Some(9),
            maxmemory_policy: Some("allkeys-lru".into()),
            ..<_>::default()
        };
        let limits = [("max_keys", 10), ("maxmemory", 0)];
        for (request, label, commands) in [
            (background_save(), "background save", &["BGSAVE"][..]),
            (save(), "save", &["SAVE"]),
            (reset_statistics(), "reset statistics", &["CONFIG RESETSTAT"]),
            (set("requirepass", "x"), "CONFIG SET requirepass", &["CONFIG SET requirepass x"]),
            (rewrite(), "CONFIG REWRITE", &["CONFIG REWRITE"]),
            (
                set_slowlog(&[("slowlog-log-slower-than", "-1".into()), ("slowlog-max-len", "64".into())]),
                "change the slowlog",
                &["CONFIG SET slowlog-log-slower-than -1", "CONFIG SET slowlog-max-len 64"],
            ),
            (clear_slowlog(), "clear slowlog", &["SLOWLOG RESET"]),
            (kill(&[(7, "1.2.3.4:5")]), "kill client 7", &["CLIENT KILL ID 7 ADDR 1.2.3.4:5 SKIPME YES"]),
            (
                kill(&[(7, ""), (8, "[::1]:5")]),
                "kill 2 clients",
                &["CLIENT KILL ID 7 SKIPME YES", "CLIENT KILL ID 8 ADDR [::1]:5 SKIPME YES"],
            ),
            (
                kill_fitting(&[("ADDR", "1.2.3.4:5"), ("USER", "ann")]),
                "kill clients",
                &["CLIENT KILL ADDR 1.2.3.4:5 USER ann SKIPME YES"],
            ),
            (create_namespace("a", NewNamespace::default()), "create a", &["NAMESPACE CREATE a"]),
            (
                create_namespace("a", numbers),
                "create a",
                &["NAMESPACE CREATE a DB 7 SHARDS 4 MAXKEYS 9 MAXMEMORYPOLICY allkeys-lru"],
            ),
            (create_namespace("a", sizes), "create a", &["NAMESPACE CREATE a MAXVALUESIZE 1mb MAXMEMORY 0"]),
            (delete_namespace("a"), "delete a", &["NAMESPACE DELETE a"]),
            (flush(Keyspace::Named("a".into())), "flush a", &["a> FLUSHDB ASYNC"]),
            (flush(Keyspace::Numbered(20)), "flush 20", &["20> FLUSHDB ASYNC"]),
            (
                set_limits("a", &limits, "max keys 9 to 10"),
                "a: max keys 9 to 10",
                &["NAMESPACE CONFIG SET a max_keys 10 maxmemory 0"],
            ),
            (resize("a", 64), "resize a to 64 shards", &["NAMESPACE RESIZE a 64"]),
            (cancel_resize("a"), "cancel the resize of a", &["NAMESPACE RESIZE a CANCEL"]),
            (save_namespace("a", None), "save a", &["NAMESPACE SAVE a"]),
            (save_namespace("a", Some("x.rkvs")), "save a", &["NAMESPACE SAVE a x.rkvs"]),
            (load_namespace("x.rkvs", None), "load x.rkvs", &["NAMESPACE LOAD x.rkvs"]),
            (load_namespace("x.rkvs", Some("b")), "load x.rkvs", &["NAMESPACE LOAD x.rkvs AS b"]),
            (set_autosave("a", 60, 3, None), "autosave a every 60 s", &["NAMESPACE AUTOSAVE SET a SECONDS 60 KEEP 3"]),
            (
                set_autosave("a", 60, 0, Some("{ns}.x")),
                "autosave a every 60 s",
                &["NAMESPACE AUTOSAVE SET a SECONDS 60 KEEP 0 PATTERN {ns}.x"],
            ),
            (stop_autosave("a"), "stop the autosave of a", &["NAMESPACE AUTOSAVE STOP a"]),
            (delete_keys(KEYSPACE.clone(), &[b"a", b"b"], 0), "delete 2 keys", &["3> UNLINK a", "3> UNLINK b"]),
            (delete_keys(KEYSPACE.clone(), &[b"a"], 1_200), "delete 1 keys, 1,200 are left", &["3> UNLINK a"]),
        ] {
            let commands = commands.iter().map(|words| (*words).to_owned()).collect();
            assert_eq!(told(&request), (label, commands));
            assert!(request.is_change, "{label}");
        }
    }

    #[test]
    fn names_of_keys_are_sent_byte_for_byte() {
        let new: &[u8] = b"b\xfe";
        for (request, label, commands) in [
            (delete_key(KEY), "delete a\\xff", &[&[b"UNLINK".as_slice(), KEY.name][..]][..]),
            (expire_key(KEY, 90), "expire in 90 s: a\\xff", &[&[b"EXPIRE", KEY.name, b"90"]]),
            (persist_key(KEY), "never expire: a\\xff", &[&[b"PERSIST", KEY.name]]),
            (rename_key(KEY, new), "rename a\\xff", &[&[b"RENAMENX", KEY.name, new], &[b"ECHO", new]]),
            (copy_key(KEY, new), "copy a\\xff", &[&[b"COPY", KEY.name, new], &[b"ECHO", new]]),
        ] {
            assert_eq!((request.label.as_str(), request.keyspace.as_ref()), (label, Some(KEYSPACE)));
            assert_eq!(request.commands, commands, "{label}");
            assert_eq!(request.zero_means.is_some(), commands.len() == 2, "{label}: 0 is a refusal");
        }
    }

    #[test]
    fn what_takes_long_is_waited_for_and_what_goes_on_is_only_begun() {
        for request in [save(), save_namespace("a", None), load_namespace("x", None), delete_namespace("a")] {
            assert!(request.time_limit_s >= 3_600 && !request.only_begins, "{}", request.label);
        }
        for request in [background_save(), resize("a", 2), cancel_resize("a")] {
            assert!(request.time_limit_s < 3_600 && request.only_begins, "{}", request.label);
        }
    }
}
