//! `NAMESPACE SAVE name [file]` and `NAMESPACE LOAD file [AS name]`: one namespace goes to the disk and comes back.

use rkvs_engine::persistence::Format;
use rkvs_engine::snapshot::file::{FileName, NameError, NamePattern};

use super::{find, name_text};
use crate::command::prelude::*;
use crate::persistence::{self, RDB_SUFFIX};

pub(super) const SAVE: Command = Command {
    name: "save",
    summary: "Saves a namespace; answers when it is on the disk.",
    since: "0.4.0",
    complexity: "O(N), N being the number of its keys",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: ADMIN.with(NOSCRIPT).with(NO_MULTI),
    args: &[Arg::string("name"), Arg::string("file").optional()],
    run: save,
    ..Command::DEFAULT
};

pub(super) const LOAD: Command = Command {
    name: "load",
    summary: "Loads a namespace that was saved, as it is called in the file or under another name.",
    since: "0.4.0",
    complexity: "O(N), N being the number of keys in the file",
    group: Group::Server,
    arity: Arity::AtLeast(3),
    flags: ADMIN.with(NOSCRIPT).with(NO_MULTI).with(WRITE).with(DENYOOM),
    args: &[Arg::string("file"), Arg::string("name").token("AS").optional()],
    run: load,
    ..Command::DEFAULT
};

/// The file lies in `dir` and has our suffix, which need not be given; without one it is called like the namespace. The file that
/// everything is saved to is nobody else's.
fn save(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let saved = ctx.wait_for(|ctx| {
        let namespace = find(ctx, args.bytes()?)?;
        let name = match args.is_empty() {
            false => FileName::from_client(args.bytes()?).map_err(|error| bad_name(&error))?,
            true => NamePattern::parse("{ns}").map_err(|error| bad_name(&error))?.name(namespace.name(), ctx.now_ms),
        };
        args.end()?;
        let name = in_its_form(ctx, name)?;
        if name == *ctx.settings.dbfilename.file_name() {
            return Err(CommandError::Other("ERR this file holds everything: see SAVE"));
        }
        Ok(ctx.server.persistence.save_namespace(namespace, name)?)
    })?;
    saved.map_err(|reason| CommandError::Message(format!("ERR {reason}").into_bytes().into()))?;
    reply.ok();
    Ok(())
}

/// The name with the suffix of the form that is written.
fn in_its_form(ctx: &Context<'_>, name: FileName) -> Result<FileName, CommandError> {
    match persistence::format(ctx.settings, &name) {
        Format::Native(_) => Ok(name),
        Format::Rdb(_) => {
            let stem = name.as_str();
            let stem = stem.strip_suffix(".rkvs").unwrap_or(stem);
            let stem = stem.strip_suffix(RDB_SUFFIX).unwrap_or(stem);
            FileName::from_operator(format!("{stem}{RDB_SUFFIX}").as_bytes()).map_err(|error| bad_name(&error))
        }
    }
}

/// The whole file is read before the namespace is there; when anything is wrong, nothing has changed.
fn load(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let loaded = ctx.wait_for(|ctx| {
        let file = FileName::from_client(args.bytes()?).map_err(|error| bad_name(&error))?;
        let as_name = match args.is_empty() {
            true => None,
            false if args.option("AS") && !args.is_empty() => Some(name_text(args.bytes()?)?.to_owned()),
            false => return Err(CommandError::Syntax),
        };
        args.end()?;
        Ok(ctx.server.persistence.load_namespace(in_its_form(ctx, file)?, as_name)?)
    })?;
    loaded.map_err(|reason| CommandError::Message(reason.into_bytes().into()))?;
    reply.ok();
    Ok(())
}

fn bad_name(error: &NameError) -> CommandError {
    CommandError::Message(format!("ERR {error}").into_bytes().into())
}
