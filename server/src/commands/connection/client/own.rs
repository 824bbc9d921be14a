//! What a connection says about itself: `CLIENT ID`, `GETNAME`, `SETNAME`, `SETINFO`, `REPLY`, `NO-EVICT`, `NO-TOUCH`.

use std::sync::atomic::Ordering::Relaxed;

use super::super::is_plain;
use crate::command::prelude::*;
use crate::session::ReplyMode;

pub(super) fn id(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    reply.integer(ctx.session.info.id as i64);
    Ok(())
}

pub(super) fn getname(ctx: &mut Context<'_>, _: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let names = ctx.session.info.names();
    if names.name.is_empty() {
        reply.null()
    } else {
        reply.bulk(&names.name)
    }
    Ok(())
}

pub(super) fn setname(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let name = args.bytes()?;
    if !is_plain(name) {
        return Err(CommandError::InvalidName("Client names"));
    }
    ctx.session.info.update_names(|names| names.name = name.into());
    reply.ok();
    Ok(())
}

pub(super) fn setinfo(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let attribute = args.bytes()?;
    let value = args.bytes()?;
    let is_name = attribute.eq_ignore_ascii_case(b"lib-name");
    if !is_name && !attribute.eq_ignore_ascii_case(b"lib-ver") {
        return Err(echoing("ERR Unrecognized option '", attribute, "'"));
    }
    if !is_plain(value) {
        return Err(echoing("ERR ", attribute, " cannot contain spaces, newlines or special characters."));
    }
    ctx.session.info.update_names(|names| {
        let changed = if is_name { &mut names.lib_name } else { &mut names.lib_ver };
        *changed = value.into();
    });
    reply.ok();
    Ok(())
}

pub(super) fn reply(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let mode = &mut ctx.session.reply_mode;
    if args.option("ON") {
        *mode = ReplyMode::On;
        reply.ok();
    } else if args.option("OFF") {
        *mode = ReplyMode::Off;
    } else if args.option("SKIP") {
        // Who gets no replies at all does not get one back by skipping the next.
        if *mode != ReplyMode::Off {
            *mode = ReplyMode::SkipNext;
        }
    } else {
        return Err(CommandError::Syntax);
    }
    Ok(())
}

pub(super) fn no_evict(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let on = on_or_off(args)?;
    ctx.session.info.no_evict.store(on, Relaxed);
    reply.ok();
    Ok(())
}

pub(super) fn no_touch(ctx: &mut Context<'_>, args: &mut Args<'_>, reply: &mut Reply<'_>) -> CommandResult {
    let on = on_or_off(args)?;
    ctx.session.no_touch = on;
    ctx.session.info.no_touch.store(on, Relaxed);
    reply.ok();
    Ok(())
}

fn on_or_off(args: &mut Args<'_>) -> Result<bool, CommandError> {
    if args.option("ON") {
        Ok(true)
    } else if args.option("OFF") {
        Ok(false)
    } else {
        Err(CommandError::Syntax)
    }
}
