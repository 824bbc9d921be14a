//! Commands on keys, whatever they hold, and on whole databases.
//!
//! A command on named keys finds their shards locked. One over a whole database goes from shard to shard, and in a large
//! shard from slice to slice, with no more than one lock held; inside a transaction it finds all of them locked.

mod copy;
mod dbsize;
mod del;
mod dump;
mod exists;
mod expire;
mod flush;
mod keys;
mod r#move;
mod names;
mod object;
mod persist;
mod randomkey;
mod rename;
mod restore;
mod scan;
mod swapdb;
mod touch;
mod ttl;
mod r#type;

use crate::command::error::CommandError;
use crate::command::spec::Command;

pub(super) static COMMANDS: &[&[Command]] = &[
    copy::COMMANDS,
    dbsize::COMMANDS,
    del::COMMANDS,
    dump::COMMANDS,
    exists::COMMANDS,
    expire::COMMANDS,
    flush::COMMANDS,
    keys::COMMANDS,
    r#move::COMMANDS,
    object::COMMANDS,
    persist::COMMANDS,
    randomkey::COMMANDS,
    rename::COMMANDS,
    restore::COMMANDS,
    scan::COMMANDS,
    swapdb::COMMANDS,
    touch::COMMANDS,
    ttl::COMMANDS,
    r#type::COMMANDS,
];

/// The error of MOVE and COPY from a key to itself.
const SAME_OBJECT: CommandError = CommandError::Other("ERR source and destination objects are the same");
