//! The names of commands, all or a selection: `COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]`.

use rkvs_engine::glob;

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Categories;
use crate::command::spec::Command;
use crate::command::table::CommandTable;

/// Which commands are listed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filter<'a> {
    /// All.
    All,
    /// None: no command comes from a module, or no such category exists.
    Nothing,
    /// Those of an ACL category.
    Category(Categories),
    /// Those whose full names match a glob pattern, in any letter case.
    Pattern(&'a [u8]),
}

impl<'a> Filter<'a> {
    /// Reads the arguments after COMMAND LIST.
    ///
    /// # Errors
    ///
    /// When they are neither nothing nor one whole filter.
    pub(super) fn read(args: &mut Args<'a>) -> Result<Self, CommandError> {
        if args.is_empty() {
            return Ok(Self::All);
        }
        if !args.option("filterby") {
            return Err(CommandError::Syntax);
        }
        let (kind, argument) = (args.bytes()?, args.bytes()?);
        args.end()?;
        if kind.eq_ignore_ascii_case(b"module") {
            Ok(Self::Nothing)
        } else if kind.eq_ignore_ascii_case(b"aclcat") {
            Ok(Categories::by_name(argument).map_or(Self::Nothing, Self::Category))
        } else if kind.eq_ignore_ascii_case(b"pattern") {
            Ok(Self::Pattern(argument))
        } else {
            Err(CommandError::Syntax)
        }
    }

    /// The full names of the commands and subcommands that pass.
    pub(super) fn names(&self, table: &CommandTable) -> Vec<&'static str> {
        let with_subcommands = table.top_level().iter().flat_map(|&top| std::iter::once(top).chain(top.subcommands));
        with_subcommands.filter(|command| self.passes(command)).map(Command::full_name).collect()
    }

    fn passes(&self, command: &Command) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Category(category) => command.derived.categories.contains(*category),
            Self::Pattern(pattern) => glob::matches(pattern, command.full_name().as_bytes(), true),
        }
    }
}
