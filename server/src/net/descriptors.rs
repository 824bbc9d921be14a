//! The limit of open descriptors: raised to what `maxclients` asks for, as far as the system permits, as in the reference.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors the process needs beside those of its clients, as in the reference: listeners, files, the HTTP endpoint.
const RESERVED: u64 = 32;
/// What each worker has open beside its clients: pollers, wakers, its runtime's own.
const PER_WORKER: u64 = 8;

/// What the limit came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Descriptors {
    /// It was high enough.
    Enough,
    /// It is now.
    Raised {
        /// The limit before.
        from: u64,
        /// The limit now.
        to: u64,
    },
    /// There are too few, whatever was tried.
    Short {
        /// The limit now.
        limit: u64,
        /// What would be needed.
        needed: u64,
        /// Clients that can be served with it.
        clients_max: u32,
        /// Why the system gives no more.
        cause: String,
    },
}

/// Makes sure, if the system permits, that so many clients can have a descriptor each. The limit is never lowered.
pub(crate) fn provide(maxclients: u32, workers: usize) -> Descriptors {
    let reserved = RESERVED + PER_WORKER * workers as u64;
    let needed = u64::from(maxclients) + reserved;
    let before = getrlimit(Resource::Nofile);
    // No limit is none to raise.
    let Some(from) = before.current.filter(|&current| current < needed) else { return Descriptors::Enough };
    let set = |limit: u64| {
        // A privileged process may raise the bound for itself as well.
        let maximum = before.maximum.map(|maximum| maximum.max(limit));
        setrlimit(Resource::Nofile, Rlimit { current: Some(limit), maximum })
    };
    let cause = match set(needed) {
        Ok(()) => return Descriptors::Raised { from, to: needed },
        Err(cause) => std::io::Error::from(cause),
    };
    // The bounds of the whole system and of this process, the larger first.
    let system = fs::read_to_string("/proc/sys/fs/nr_open").ok().and_then(|text| text.trim().parse().ok());
    let bounds = [system, before.maximum].into_iter().flatten().filter(|&bound| from < bound && bound < needed);
    let limit = bounds.into_iter().find(|&bound| set(bound).is_ok()).unwrap_or(from);
    let clients_max = u32::try_from(limit.saturating_sub(reserved)).unwrap_or(u32::MAX);
    Descriptors::Short { limit, needed, clients_max, cause: crate::config::system_text(&cause) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_system_permits_is_told_with_what_it_does() {
        let Descriptors::Short { limit, needed, clients_max, cause } = provide(u32::MAX, 2) else {
            panic!("four billion descriptors");
        };
        assert_eq!((needed, clients_max), (u64::from(u32::MAX) + 48, u32::try_from(limit - 48).expect("is less")));
        assert_eq!(cause, "Operation not permitted");
        assert_eq!(getrlimit(Resource::Nofile).current, Some(limit));
        assert_eq!(provide(1, 2), Descriptors::Enough, "and it is not lowered again");
    }
}
