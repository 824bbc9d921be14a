//! `OBJECT ENCODING | FREQ | IDLETIME | REFCOUNT key`, `OBJECT HELP`

use rkvs_tests::{expect::*, script, script_of_ours};

#[test]
fn encoding_names_how_a_string_is_kept() {
    let (short, long) = ("x".repeat(44), "x".repeat(45));
    script! {
        "OBJECT ENCODING k" => nil(),
        "SET k 9223372036854775807" => ok(),
        "OBJECT ENCODING k" => bulk("int"),
        "SET k 9223372036854775808" => ok(),
        "OBJECT ENCODING k" => bulk("embstr"),
        format!("SET k {short}") => ok(),
        "OBJECT ENCODING k" => bulk("embstr"),
        format!("SET k {long}") => ok(),
        "object encoding k" => bulk("raw"),
        "SET k v PXAT 1" => ok(),
        "OBJECT ENCODING k" => nil(),
    }
}

#[test]
fn encoding_names_how_a_hash_is_kept() {
    let long = "x".repeat(65);
    script! {
        "HSET h f v" => int(1),
        "OBJECT ENCODING h" => bulk("listpack"),
        format!("HSET h f {long}") => int(0),
        "OBJECT ENCODING h" => bulk("hashtable"),
        "OBJECT REFCOUNT h" => int(1),
    }
}

#[test]
fn refcount_is_one_but_for_small_integers() {
    script! {
        "OBJECT REFCOUNT k" => nil(),
        "SET k v" => ok(),
        "OBJECT REFCOUNT k" => int(1),
        "SET k 0" => ok(),
        "OBJECT REFCOUNT k" => int(2_147_483_647),
        "SET k 9999" => ok(),
        "OBJECT REFCOUNT k" => int(2_147_483_647),
        "SET k 10000" => ok(),
        "OBJECT REFCOUNT k" => int(1),
        "SET k -1" => ok(),
        "OBJECT REFCOUNT k" => int(1),
    }
}

#[test]
fn idletime_is_not_made_up() {
    script! { "OBJECT IDLETIME k" => nil() }
    script_of_ours! {
        "SET k v" => ok(),
        "OBJECT IDLETIME k"
            => error("ERR Idle time not tracked: this server keeps an access frequency for each key instead."),
    }
}

#[test]
fn freq_needs_a_policy_that_counts() {
    script! {
        "OBJECT FREQ k" => nil(),
        "SET k v" => ok(),
        "OBJECT FREQ k" => error(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
             between policies at runtime LRU and LFU data will take some time to adjust."
        ),
    }
}

#[test]
fn help_and_wrong_requests() {
    script! {
        "OBJECT HELP" => satisfies("lines of help", |reply| reply.items().is_some_and(|lines| {
            lines[0].text().as_deref() == Some("OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
        })),
        "OBJECT" => wrong_arity("object"),
        "OBJECT ENCODING" => wrong_arity("object|encoding"),
        "OBJECT ENCODING a b" => wrong_arity("object|encoding"),
        "OBJECT FREQ" => wrong_arity("object|freq"),
        "OBJECT IDLETIME" => wrong_arity("object|idletime"),
        "OBJECT REFCOUNT" => wrong_arity("object|refcount"),
        "OBJECT FOO k" => error("ERR unknown subcommand 'FOO'. Try OBJECT HELP."),
    }
}
