//! Commands on keys, whatever they hold, and on whole databases.

mod copy;
mod dbsize;
mod del;
mod exists;
mod expire;
mod expireat;
mod expiretime;
mod flushall;
mod flushdb;
mod keys;
mod r#move;
mod object;
mod persist;
mod pexpire;
mod pexpireat;
mod pexpiretime;
mod pttl;
mod randomkey;
mod rename;
mod renamenx;
mod scan;
mod swapdb;
mod touch;
mod ttl;
mod r#type;
mod unlink;
