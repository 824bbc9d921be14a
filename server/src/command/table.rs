//! Finding a command by its name.

use std::sync::LazyLock;

use super::spec::{Command, Derived};

/// All commands, laid out once at start.
///
/// Lookup is an open-addressing table, at most a quarter full, whose slots hold what identifies a name of up to 16 bytes: its
/// first and last eight bytes and its length. A hit is one probe that never looks at the name itself, takes about 5 ns and
/// allocates nothing.
#[derive(Debug)]
pub struct CommandTable {
    /// Commands and subcommands by [`Command::index`].
    commands: Vec<&'static Command>,
    /// How many of them are no subcommands; these come first.
    top_level_count: usize,
    slots: Box<[Slot]>,
}

/// A place for one command; empty while the length of its name is 0.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    ends: Ends,
    /// Whether the ends determine the name: it is no longer than they are, and of letters only, so that nothing else has
    /// the same bytes once the case bit is set.
    exact: bool,
    /// Position in [`CommandTable::commands`].
    position: u16,
}

static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(crate::commands::GROUPS));

impl CommandTable {
    /// The table of this server's commands, built on first use.
    pub fn of_server() -> &'static Self {
        &TABLE
    }

    /// Lays out the commands of `groups` with everything derived. What it allocates stays for the life of the process.
    ///
    /// # Panics
    ///
    /// When two commands have one name.
    pub fn new(groups: &[&[&[Command]]]) -> Self {
        let mut top_level: Vec<Command> = groups.iter().copied().flatten().copied().flatten().copied().collect();
        let top_level_count = top_level.len();
        let mut next_index = top_level_count;
        for (index, command) in top_level.iter_mut().enumerate() {
            fill_in(command, index, command.name);
            let mut subcommands = command.subcommands.to_vec();
            for subcommand in &mut subcommands {
                let full_name = Box::leak(format!("{}|{}", command.name, subcommand.name).into_boxed_str());
                fill_in(subcommand, next_index, full_name);
                next_index += 1;
            }
            command.subcommands = subcommands.leak();
        }
        let top_level: &'static [Command] = top_level.leak();
        let subcommands = top_level.iter().flat_map(|command| command.subcommands);
        let mut table = Self {
            commands: top_level.iter().chain(subcommands).collect(),
            top_level_count,
            slots: vec![Slot::default(); (top_level_count * 4).next_power_of_two()].into(),
        };
        for (index, command) in top_level.iter().enumerate() {
            let name = command.name.as_bytes();
            assert!(table.lookup(name).is_none(), "the command {} is declared twice", command.name);
            let ends = Ends::of(name);
            let mut slot = table.first_slot(ends);
            while table.slots[slot].ends.len != 0 {
                slot = table.next_slot(slot);
            }
            let exact = name.len() <= ENDS_LEN && name.iter().all(u8::is_ascii_alphabetic);
            let position = u16::try_from(index).expect("there are fewer than 65,536 commands");
            table.slots[slot] = Slot { ends, exact, position };
        }
        table
    }

    /// The command of that name, in any letter case. Subcommands are found by [`Command::subcommand`].
    #[inline]
    pub fn lookup(&self, name: &[u8]) -> Option<&'static Command> {
        let ends = Ends::of(name);
        let mut index = self.first_slot(ends);
        loop {
            let slot = &self.slots[index];
            if slot.ends == ends {
                let command = self.commands[usize::from(slot.position)];
                if slot.exact || command.name.as_bytes().eq_ignore_ascii_case(name) {
                    return Some(command);
                }
            } else if slot.ends.len == 0 {
                return None;
            }
            index = self.next_slot(index);
        }
    }

    /// The command or subcommand written as `get` or `client|list`, in any letter case.
    pub fn lookup_full_name(&self, name: &[u8]) -> Option<&'static Command> {
        match name.iter().position(|&byte| byte == b'|') {
            Some(bar) => self.lookup(&name[..bar])?.subcommand(&name[bar + 1..]),
            None => self.lookup(name),
        }
    }

    /// All commands and subcommands; each is at its [`Command::index`].
    pub fn commands(&self) -> &[&'static Command] {
        &self.commands
    }

    /// The commands without the subcommands.
    pub fn top_level(&self) -> &[&'static Command] {
        &self.commands[..self.top_level_count]
    }

    #[inline]
    fn first_slot(&self, ends: Ends) -> usize {
        ends.hash() as usize & (self.slots.len() - 1)
    }

    #[inline]
    fn next_slot(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }
}

/// Works out what follows from the declaration.
fn fill_in(command: &mut Command, index: usize, full_name: &'static str) {
    let categories = command.derived_categories();
    let flags = command.derived_flags();
    let (legacy_range, _) = command.keys.legacy_range();
    let index = u16::try_from(index).expect("there are fewer than 65,536 commands");
    command.flags = flags;
    command.derived = Derived { index, full_name, categories, legacy_range };
}

/// Bytes of a name that [`Ends`] can tell.
const ENDS_LEN: usize = 16;

/// A name's first and last bytes, overlapping if it is short, with the case bit of every byte set; and its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    len: usize,
}

impl Ends {
    #[inline]
    fn of(name: &[u8]) -> Self {
        const CASE_BITS: u64 = 0x2020_2020_2020_2020;
        let (first, last) = if let (Some(&first), Some(&last)) = (name.first_chunk(), name.last_chunk()) {
            (u64::from_le_bytes(first), u64::from_le_bytes(last))
        } else if let (Some(&first), Some(&last)) = (name.first_chunk(), name.last_chunk()) {
            (u32::from_le_bytes(first).into(), u32::from_le_bytes(last).into())
        } else if let [first, .., last] = *name {
            (u64::from(first) | u64::from(name[name.len() / 2]) << 8, last.into())
        } else {
            (name.first().map_or(0, |&byte| byte.into()), 0)
        };
        Self { first: first | CASE_BITS, last: last | CASE_BITS, len: name.len() }
    }

    #[inline]
    fn hash(self) -> u64 {
        // A multiplication carries upwards only, so the well-mixed bits are the high ones.
        (self.first ^ self.last.rotate_left(23) ^ self.len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::flags::{READONLY, WRITE};
    use crate::command::keys::{KeySpec, Keys};
    use crate::command::spec::{Arity, Group};

    #[test]
    fn every_declaration_is_sound() {
        for command in CommandTable::of_server().commands() {
            let name = command.full_name();
            let least = command.arity.number().unsigned_abs() as usize;
            assert_eq!(command.name, command.name.to_ascii_lowercase(), "{name}: not in lower case");
            assert!(!command.name.contains(['|', ' ']), "{name}: a separator in the name");
            for (what, text) in [("summary", command.summary), ("since", command.since)] {
                assert!(!text.is_empty(), "{name}: no {what}");
            }
            assert_eq!(command.since.split('.').filter(|part| part.parse::<u16>().is_ok()).count(), 3, "{name}: since");
            assert!(command.is_container() || command.has_handler(), "{name}: neither handler nor subcommands");
            assert!(least > usize::from(name.contains('|')), "{name}: arity leaves no room for the name");
            if let Some(index) = command.keys.only() {
                assert!((1..least).contains(&index), "{name}: arity does not guarantee its key");
            }
            assert!(!command.flags.contains(READONLY.with(WRITE)), "{name}: reads only, yet writes");
            let spec_count = command.keys.specs().len();
            let mut args: Vec<_> = command.args.iter().collect();
            while let Some(arg) = args.pop() {
                let known = arg.key_spec_index.is_none_or(|index| usize::from(index) < spec_count);
                assert!(known, "{name}: {} names no key specification", arg.name);
                args.extend(arg.members);
            }
            for (index, subcommand) in command.subcommands.iter().enumerate() {
                let twice = command.subcommands[..index].iter().any(|other| other.name == subcommand.name);
                assert!(!twice, "{name}: two subcommands named {}", subcommand.name);
            }
        }
    }

    #[test]
    fn every_command_is_found_in_any_letter_case_and_at_its_index() {
        let table = CommandTable::of_server();
        for (index, command) in table.commands().iter().enumerate() {
            assert_eq!(command.index(), index);
            for name in [command.full_name().to_owned(), command.full_name().to_ascii_uppercase()] {
                let found = table.lookup_full_name(name.as_bytes()).expect("declared");
                assert!(std::ptr::eq(found, *command), "{name} finds {}", found.full_name());
            }
        }
    }

    #[test]
    fn unknown_names_are_not_found() {
        let table = CommandTable::of_server();
        for name in ["", "g", "ge", "gett", "no-such-command", "client|", "|", "client|no-such", "\0get", "g\u{7}t"] {
            assert!(table.lookup_full_name(name.as_bytes()).is_none(), "{name:?}");
        }
        assert!(table.lookup(&[0xff; 600]).is_none());
    }

    #[test]
    fn a_name_is_told_from_any_other_that_differs_in_one_byte() {
        let names = [
            "x",
            "ge",
            "get",
            "echo",
            "hmget",
            "hgetall",
            "flushall",
            "hincrbyfloat",
            "zrevrangebyscore",
            "sort_ro",
            "georadiusbymember_ro",
            "restore-asking",
            "a1b2c3d4e5",
        ];
        let group: &[Command] = names.map(|name| Command { name, ..Command::DEFAULT }).to_vec().leak();
        let table = CommandTable::new(&[&[group]]);
        for name in names {
            for position in 0..name.len() {
                for byte in 0..=u8::MAX {
                    let mut other = name.as_bytes().to_vec();
                    other[position] = byte;
                    let found = table.lookup(&other).map(|command| command.name);
                    let expected = names.into_iter().find(|name| name.as_bytes().eq_ignore_ascii_case(&other));
                    assert_eq!(found, expected, "{}", other.escape_ascii());
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "declared twice")]
    fn a_name_declared_twice_is_refused() {
        static PING: &[Command] = &[Command { name: "ping", ..Command::DEFAULT }];
        CommandTable::new(&[&[PING], &[PING]]);
    }

    #[test]
    fn flags_categories_and_range_are_derived() {
        static GROUP: &[Command] = &[
            Command {
                name: "move2",
                group: Group::List,
                arity: Arity::Exactly(3),
                flags: WRITE,
                keys: Keys::one(1).and(KeySpec::at(2, crate::command::keys::FindKeys::ONE)),
                ..Command::DEFAULT
            },
            Command { name: "merge", group: Group::Set, keys: Keys::counted(1), flags: READONLY, ..Command::DEFAULT },
        ];
        let table = CommandTable::new(&[&[GROUP]]);
        let names = |name: &str| {
            let command = table.lookup(name.as_bytes()).expect("declared");
            let categories = crate::command::flags::Categories::NAMES;
            let categories = categories.iter().filter(|(bit, _)| command.derived.categories.contains(*bit));
            let movable = command.flags.contains(crate::command::flags::MOVABLEKEYS);
            let range = command.derived.legacy_range;
            let categories: Vec<_> = categories.map(|(_, name)| *name).collect();
            (categories, movable, (range.first, range.last, range.step))
        };
        assert_eq!(names("move2"), (vec!["write", "list", "slow"], false, (1, 2, 1)));
        assert_eq!(names("merge"), (vec!["read", "set", "slow"], true, (0, 0, 0)));
    }
}
