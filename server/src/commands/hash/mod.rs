//! Commands on hashes.

mod hdel;
mod hexists;
mod hget;
mod hgetall;
mod hincrby;
mod hincrbyfloat;
mod hkeys;
mod hlen;
mod hmget;
mod hrandfield;
mod hscan;
mod hset;
mod hsetnx;
mod hstrlen;
mod hvals;

use crate::command::spec::Command;

pub(super) static COMMANDS: &[&[Command]] = &[
    hdel::COMMANDS,
    hexists::COMMANDS,
    hget::COMMANDS,
    hgetall::COMMANDS,
    hincrby::COMMANDS,
    hincrbyfloat::COMMANDS,
    hkeys::COMMANDS,
    hlen::COMMANDS,
    hmget::COMMANDS,
    hrandfield::COMMANDS,
    hscan::COMMANDS,
    hset::COMMANDS,
    hsetnx::COMMANDS,
    hstrlen::COMMANDS,
    hvals::COMMANDS,
];
